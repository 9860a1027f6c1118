"""Where the study and the statistics meet: run topics on a study, and store what they find."""

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits

from pietools.conventions import TIE_RULE
from pietools.cores import n_cores
from pietools.crew import Crew, Step
from pietools.errors import StudyError
from pietools.report.costs import NEEDED
from pietools.report.headlines import headlines
from pietools.results.analysis import Analysis
from pietools.settings import resolve, used_settings
from pietools.study import Study
from pietools.topics.catalogue import TOPICS
from pietools.topics.gallery import strips
from pietools.topics.study_reader import StudyReader
from pietools.topics.topic import Topic
from pietools.version import __version__


def analyze(
    study: Study,
    *,
    topics: Sequence[str] = tuple(TOPICS),
    everything: bool = False,
    comparisons: Iterable[tuple[str, str]] = (),
    store: bool = True,
    jobs: int | None = None,
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
    jobs
        Threads that fill result tables, by default one per core; the results are the same.
    on_step
        Called with (done, total): hundredths of a result table that are filled, and that there are in all.
    **settings
        ``permutations``, ``seed``, ``margin``, ``delta``, ``subgroups``, ``explain``, ``theories``: see
        :class:`pietools.settings.AnalysisSettings`. By default, of some topics, those of the last analysis of all, so that their
        results belong together; else what the study's recipe says, else the defaults.

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
    before = {} if set(topics) == set(TOPICS) else _settings_before(study)
    resolved = resolve(before or (study.recipe() or {}).get("analyze", {}), asked)
    chosen = [TOPICS[name] for name in topics]
    tables = [(table, topic.fill[table]) for topic in chosen for table in topic.tables if everything or table.is_answer]
    crew = Crew(jobs or n_cores(), on_step)
    reader = StudyReader(study, resolved, crew, everything=everything)
    _check_properties(reader, chosen, [*(asked.get("explain") or ()), *(asked.get("theories") or ())])
    # The matrices are small: several threads of a product cost more than they save, and add in another order.
    with threadpool_limits(1, user_api="blas"):
        filled = crew.parts(lambda one: one[0].frame(one[1](reader)), tables)
    frames = {table.name: frame for (table, _), frame in zip(tables, filled, strict=True)}
    analysis = _gathered(reader, frames, reader.warnings, everything=everything)
    if store:
        used = resolved.model_dump() | {"tie_rule": TIE_RULE}
        study.store_results(frames, settings=used, seed=used.pop("seed"), version=__version__)
        if set(NEEDED) <= set(frames):
            answers = [table.name for table, _ in tables if table.is_answer]
            study.store_headline(headlines(analysis), answers, analysis.warnings)
    return analysis


def _settings_before(study: Study) -> dict[str, Any]:
    """Settings of the last analysis of all topics, if it is of the predictions as they are; comparisons are asked for anew."""
    try:
        study.headline()
        return used_settings(study.settings_of(NEEDED[0])).model_dump()
    except StudyError:
        return {}


def last_analysis(study: Study) -> Analysis:
    """What the last analysis of a study found, as it is stored: nothing is computed again.

    Raises
    ------
    pietools.errors.StudyError
        If the study was not analyzed, or has other predictions or other results since.
    """
    names, notes = study.last_analysis()
    stored = [table for topic in TOPICS.values() for table in topic.tables if table.name in names]
    frames = {table.name: table.frame(study.results(table.name).select(table.schema.names())) for table in stored}
    reader = StudyReader(study, used_settings(study.settings_of(NEEDED[0])))
    asked_of_people = {table.name for table in TOPICS["annotations"].tables}  # these go when somebody codes on
    every = {table.name for topic in TOPICS.values() for table in topic.tables} - asked_of_people
    everything = every <= set(names)
    return _gathered(reader, frames, notes, everything=everything)


def _gathered(reader: StudyReader, frames: dict[str, pl.DataFrame], notes: list[str], *, everything: bool) -> Analysis:
    """Result frames with what a reader of them needs from the study."""
    return Analysis(
        reader.settings,
        reader.datasets,
        reader.described_comparisons(),
        frames,
        notes,
        everything=everything,
        compression=reader.study.sql("from compression_details"),
        regime_differences=reader.study.sql("from regime_differences"),
        gallery=tuple(strips(reader, frames["examples_changes"])) if "examples_changes" in frames else (),
        pictured=frozenset(reader.study.pictured()),
    )


def _check_properties(reader: StudyReader, topics: Sequence[Topic], now: Sequence[str]) -> None:
    """Refuse properties that are not known, and those named now that were not measured; of the recipe's a warning says so."""
    from pietools.topics.characterize.explanation import check_known, check_measured

    for name in (*(reader.settings.explain or ()), *reader.settings.theories):
        check_known(reader, name)
    if any("explain" in topic.settings for topic in topics):
        for name in now:
            check_measured(reader, name)
