"""Where the study and the statistics meet: run topics on a study, and store what they find."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from threadpoolctl import threadpool_limits

from pietools.conventions import TIE_RULE
from pietools.errors import StudyError
from pietools.results.analysis import Analysis
from pietools.settings import resolve
from pietools.study import Study
from pietools.topics.catalogue import TOPICS
from pietools.topics.study_reader import StudyReader
from pietools.topics.topic import Topic
from pietools.version import __version__

Step = Callable[[int, int], None]


def analyze(
    study: Study,
    *,
    topics: Sequence[str] = tuple(TOPICS),
    everything: bool = False,
    comparisons: Iterable[tuple[str, str]] = (),
    store: bool = True,
    on_step: Step = lambda done, total: None,
    **settings: Any,
) -> Analysis:
    """Run topics, by default every one, on every population and every comparison of a study.

    Parameters
    ----------
    topics
        Names of topics.
    everything
        All result tables of the topics, not only their answers.
    comparisons
        Pairs (reference, compressed) besides each population's own reference and those of the recipe.
    store
        Replace the study's results in the tables that are computed.
    on_step
        Called with (done, total): hundredths of a result table that are filled, and that there are in all.
    **settings
        ``permutations``, ``seed``, ``margin``, ``delta``, ``subgroups``, ``explain``, ``theories``: see
        :class:`pietools.settings.AnalysisSettings`. By default what the study's recipe says, else the defaults.

    Returns
    -------
    Analysis
        Its result frames are attributes: ``analysis.pies``.

    Raises
    ------
    pietools.errors.StudyError
        If the study has no predictions, not a population, property or topic that is named, or a setting is out of range.
    """
    if unknown := [topic for topic in topics if topic not in TOPICS]:
        raise StudyError(f"no topic is named '{unknown[0]}'. There are: {', '.join(TOPICS)}.")
    asked: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()
    }
    asked["comparisons"] = [list(pair) for pair in comparisons]
    resolved = resolve((study.recipe() or {}).get("analyze", {}), asked)
    chosen = [TOPICS[name] for name in topics]
    tables = [(table, topic.fill[table]) for topic in chosen for table in topic.tables if everything or table.is_answer]
    progress = _Progress(on_step, len(tables))
    reader = StudyReader(study, resolved, progress.item, everything=everything)
    _check_properties(reader, chosen, [*(asked.get("explain") or ()), *(asked.get("theories") or ())])
    frames = {}
    # The matrices are small: several threads of a product cost more than they save, and add in another order.
    with threadpool_limits(1, user_api="blas"):
        for table, fill in tables:
            frames[table.name] = table.frame(fill(reader))
            progress.table()
    analysis = Analysis(
        resolved,
        reader.datasets,
        reader.described_comparisons(),
        frames,
        reader.warnings,
        everything=everything,
        compression=study.sql("from compression_details"),
        regime_differences=study.sql("from regime_differences"),
    )
    if store:
        used = resolved.model_dump() | {"tie_rule": TIE_RULE}
        study.store_results(frames, settings=used, seed=used.pop("seed"), version=__version__)
    return analysis


def _check_properties(reader: StudyReader, topics: Sequence[Topic], now: Sequence[str]) -> None:
    """Refuse properties that are not known, and those named now that were not measured; of the recipe's a warning says so."""
    from pietools.topics.characterize.explanation import check_known, check_measured

    for name in (*(reader.settings.explain or ()), *reader.settings.theories):
        check_known(reader, name)
    if any("explain" in topic.settings for topic in topics):
        for name in now:
            check_measured(reader, name)


class _Progress:
    """Takes shares of a table that are done, and passes on how much is done in all, in percent of a table."""

    def __init__(self, on_step: Step, n_tables: int) -> None:
        self._on_step, self._n_tables = on_step, n_tables
        self._tables, self._share = 0, 0.0

    def item(self, share: float) -> None:
        """A share of the table that is being filled is done."""
        self._share = min(self._share + share, 1.0)
        self._on_step(round(100 * (self._tables + self._share)), 100 * self._n_tables)

    def table(self) -> None:
        """A table is done."""
        self._tables, self._share = self._tables + 1, 0.0
        self.item(0.0)
