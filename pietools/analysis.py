"""Where the study and the statistics meet: run topics on a study, and store what they find."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from pietools.conventions import TIE_RULE
from pietools.errors import StudyError
from pietools.study import Study
from pietools.topics import TOPICS
from pietools.topics.characterize.explanation import check_known, check_measured
from pietools.topics.study_reader import Settings, StudyReader
from pietools.version import __version__

# Topics that look at the properties that may explain what is lost.
EXPLAINING = {"characterize", "regimes"}


@dataclass(frozen=True)
class Analysis:
    """What topics found: ``tables`` holds their result frames by name, each also an attribute: ``analysis.pies``.

    ``compression`` and ``regime_differences`` say how the networks came about, where the study knows: the views
    compression_details and regime_differences.
    """

    settings: Settings
    datasets: pl.DataFrame
    tables: dict[str, pl.DataFrame]
    warnings: list[str]
    compression: pl.DataFrame = field(default_factory=pl.DataFrame)
    regime_differences: pl.DataFrame = field(default_factory=pl.DataFrame)

    def __getattr__(self, name: str) -> pl.DataFrame:
        """The result frame of that name."""
        # What copies and pickles ask for before there is anything.
        if name.startswith("__") or name == "tables":
            raise AttributeError(name)
        if name not in self.tables:
            raise AttributeError(f"no result table is named '{name}'. There are: {', '.join(self.tables)}.")
        return self.tables[name]


def analyze(
    study: Study,
    *,
    topics: Sequence[str] = tuple(TOPICS),
    permutations: int | None = None,
    seed: int | None = None,
    margin: float | None = None,
    delta: float | None = None,
    comparisons: Iterable[tuple[str, str]] = (),
    properties: Sequence[str] | None = None,
    explain: Sequence[str] | None = None,
    theories: Sequence[str] | None = None,
    store: bool = True,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> Analysis:
    """Run topics, by default every one, on every population and every comparison of a study.

    Parameters
    ----------
    permutations, seed
        Relabellings of each null and seed of all that is random; by default what the study's recipe says, else 1000 and 0.
    margin
        Change of accuracy that still counts as none, a fraction; default 0.01. Set it before looking.
    delta
        Rise of an example's error rate that counts as forgotten, a fraction; default 0.1.
    comparisons
        Pairs (reference, compressed) besides each population's own reference.
    properties
        Subgroups to look at, such as ``sex`` or ``sex*age``; by default every property of the study.
    explain
        Properties that may explain what is lost, of networks (``loss``) or measured outside as numbers; by default what the
        study's recipe says, else loss, label_noise and atypicality where they are known and every number that all examples have.
    theories
        Properties whose worth beyond difficulty is asked; by default those of the recipe, else none.
    store
        Replace the study's results of these topics.
    on_step
        Called with (done, total), in percent of a topic.

    Raises
    ------
    pietools.errors.StudyError
        If the study has no predictions, not a population, property or topic that is named, or a setting is out of range.
    """
    if unknown := [topic for topic in topics if topic not in TOPICS]:
        raise StudyError(f"no topic is named '{unknown[0]}'. There are: {', '.join(TOPICS)}.")
    recipe = (study.recipe() or {}).get("analyze", {})
    asked: dict[str, Any] = {"permutations": permutations, "seed": seed, "margin": margin, "delta": delta}
    asked |= {"explain": _names(explain), "theories": _names(theories)}
    known = {name: value if value is not None else recipe.get(name) for name, value in asked.items()}
    wanted = (*map(tuple, recipe.get("comparisons", [])), *comparisons)
    given = {
        name: tuple(value) if isinstance(value, list) else value for name, value in known.items() if value is not None
    }
    settings = Settings(**given | {"comparisons": wanted, "properties": _names(properties)})
    chosen = (*(_names(explain) or ()), *(_names(theories) or ()))
    analysis = _run(study, topics, settings, chosen, on_step)
    if store:
        stored: dict[str, Any] = asdict(settings) | {"tie_rule": TIE_RULE}
        study.store_results(analysis.tables, settings=stored, seed=stored.pop("seed"), version=__version__)
    return analysis


def _names(names: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(dict.fromkeys(name.strip() for name in names))


def _run(
    study: Study,
    topics: Sequence[str],
    settings: Settings,
    chosen: Sequence[str],
    on_step: Callable[[int, int], None],
) -> Analysis:
    """``chosen`` are the properties that were named now: where one is missing that the recipe names, a warning says so."""
    done = 0.0

    def on_item(share: float) -> None:
        nonlocal done
        done += share
        on_step(round(100 * done), 100 * len(topics))

    reader = StudyReader(study, settings, on_item)
    for name in (*(settings.explain or ()), *settings.theories):
        check_known(reader, name)
    for name in chosen if EXPLAINING & set(topics) else ():
        check_measured(reader, name)
    tables: dict[str, pl.DataFrame] = {}
    for topic in topics:
        tables |= TOPICS[topic](reader)
    return Analysis(
        settings,
        reader.datasets,
        tables,
        reader.warnings,
        compression=study.sql("from compression_details"),
        regime_differences=study.sql("from regime_differences"),
    )
