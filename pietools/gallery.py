"""Where the study and its examples meet: those that an analysis found, to be looked at."""

from collections.abc import Sequence

import polars as pl

from pietools.conventions import LEVEL
from pietools.errors import StudyError
from pietools.results.gallery import KINDS, Strip
from pietools.settings import used_settings
from pietools.study import Study
from pietools.topics.examples.log_odds_tables import HIT, SPARED
from pietools.topics.gallery import NAMES, strips
from pietools.topics.study_reader import StudyReader

CHANGES, BY_VOTES = "examples_changes", "examples"


def found_examples(study: Study, *, only: Sequence[str] = (), most: int = 60) -> list[Strip]:
    """Examples that the last analysis of a study found, by compressed population and kind.

    Parameters
    ----------
    only
        Compressed populations, by default all.
    most
        Examples of a kind and population.

    Raises
    ------
    pietools.errors.StudyError
        If the study was not analyzed or has other predictions since, there is no such population, or there is nothing to show.
    """
    reader, found = analyzed(study)
    known = list(dict.fromkeys(one.compressed for one in reader.originals() if reader.is_compressed(one.names)))
    meant = {name: [one for one in known if name in (one, one.partition("/")[2])] for name in only}
    for name, populations in meant.items():
        if not populations:
            raise StudyError(f"no compressed population is named '{name}'. There are: {', '.join(known) or 'none'}.")
    shown = list(
        strips(
            reader, found, kinds=KINDS, most=most, only=[one for populations in meant.values() for one in populations]
        )
    )
    if not shown:
        raise StudyError(f"there is no example of {study.path} to look at: {_why_none(reader, known)}.")
    return shown


def analyzed(study: Study) -> tuple[StudyReader, pl.DataFrame]:
    """A study as the topics read it, and rows of results.examples_changes, those that exact tests found among them.

    Raises
    ------
    pietools.errors.StudyError
        If the study was not analyzed, or has other predictions since.
    """
    reader = StudyReader(study, used_settings(study.settings_of(CHANGES)))
    changes = study.results(CHANGES)
    by_votes = _by_votes(study).join(
        changes, on=NAMES, how="anti", maintain_order="left"
    )  # --all tests votes everywhere
    return reader, pl.concat([changes, by_votes], how="diagonal_relaxed")


def _by_votes(study: Study) -> pl.DataFrame:
    """Rows of results.examples as those of results.examples_changes: found by exact tests where log odds are not known."""
    rows = study.results(BY_VOTES)
    for side in ("reference", "compressed"):
        sizes = study.evaluated().select(
            "dataset", pl.col("population").alias(side), pl.col("n_models").alias(f"n_{side}")
        )
        rows = rows.join(sizes, on=["dataset", side], how="left", maintain_order="left")
    is_found = pl.col("p_adjusted") <= LEVEL
    return rows.with_columns(
        finding=pl.when(is_found & (pl.col("estimate") < 0)).then(pl.lit(HIT)).when(is_found).then(pl.lit(SPARED)),
        error_reference=1 - pl.col("n_right_reference") / pl.col("n_reference"),
        error_compressed=1 - pl.col("n_right_compressed") / pl.col("n_compressed"),
        turned=pl.lit(None, pl.String),
        estimate=pl.lit(None, pl.Float64),
    ).select(
        "reference",
        "compressed",
        "dataset",
        "example_id",
        "estimate",
        "p_value",
        "finding",
        "turned",
        "error_reference",
        "error_compressed",
    )


def _why_none(reader: StudyReader, known: Sequence[str]) -> str:
    if not known:
        return "no compressed population is compared with another"
    if not reader.labelled():
        return "without given labels nobody can say which answers are lost"
    return "none was shown to have changed"
