"""The sections of the report, each from the frames of one topic."""

from collections.abc import Iterable

import polars as pl

from pietools.analysis import Analysis
from pietools.conventions import CORRECTION, LEVEL
from pietools.report.figures import COMPARISON, Figure, svg
from pietools.report.markup import bullets, element, figure, folded, section, table, wrap
from pietools.report.sentences import comparison_name, dataset_sentence, headline, significant_classes
from pietools.report.terms import TERMS
from pietools.report.training_tables import COMPRESSION, regime_columns, regime_rows
from pietools.results.rounding import count, points
from pietools.results.shown import LONG, ShownTable, shown_columns
from pietools.statistics.classes.tests import count_significant
from pietools.topics.classes.tables import CLASSES, DISTORTION
from pietools.topics.shown_tables import TABLES
from pietools.version import __version__

CLASS_ROWS = 10


def findings(analysis: Analysis, *, is_selected: bool) -> str:
    """One sentence per comparison, and which of them have figures of their own."""
    entries = "".join(
        element("dt", comparison_name(row)) + element("dd", headline(row)) for row in analysis.pies.to_dicts()
    )
    if not entries:
        return element("p", "No population is compared with another.")
    selected = (
        "Figures of single comparisons are of those with more PIEs than the networks' chance makes (95 %), "
        "or with too few networks to say."
    )
    return wrap("dl", entries, class_="findings") + (element("p", selected, class_="note") if is_selected else "")


def analyzed(analysis: Analysis, drawn: list[Figure]) -> str:
    """The data sets, and the accuracy of every population on each."""
    names = set(analysis.accuracy["dataset"])
    datasets = bullets(dataset_sentence(row) for row in analysis.datasets.to_dicts() if row["name"] in names)
    return section("What was analyzed", datasets, *_figures(drawn), *_shown(analysis, TABLES["accuracy"]))


def training(analysis: Analysis) -> str:
    """How sparse and large the networks are, which layers were compressed, and what differs between the regimes."""
    parts = []
    if analysis.compression.height:
        rows = analysis.compression.to_dicts()
        parts += [element("h3", "Compression"), table(shown_columns(COMPRESSION, rows), rows)]
    if analysis.regime_differences.height:
        rows = regime_rows(analysis.regime_differences)
        note = (
            "All that differs between the regimes besides what follows from it; the rest is the same in the STUDY.toml."
        )
        parts += [element("h3", "Regimes"), table(regime_columns(rows), rows), element("p", note, class_="note")]
    return section("Training and compression", *parts)


def topic(analysis: Analysis, name: str, title: str, drawn: list[Figure]) -> str:
    """Figures and tables of a topic; nothing if it found nothing."""
    shown = [table for table in TABLES[name] if table.in_report]
    return section(title, *_figures(drawn), *_shown(analysis, shown))


def classes(analysis: Analysis, drawn: list[Figure]) -> str:
    """Per comparison: how many classes changed otherwise than accuracy, the clearest ones, and the chart."""
    if not analysis.classes.height:
        return ""
    by_comparison = analysis.classes.partition_by(COMPARISON, maintain_order=True)
    figures = {one.comparison: one for one in drawn}
    parts = [_comparison(rows, figures.get(rows.select(COMPARISON).row(0))) for rows in by_comparison]
    return section("Classes", *parts, *_shown(analysis, [DISTORTION]))


def warnings(analysis: Analysis) -> str:
    """What the reader should know before believing."""
    return section("Warnings", bullets(analysis.warnings)) if analysis.warnings else ""


def settings(analysis: Analysis) -> str:
    """What it takes to get the same numbers again."""
    ties = ", ".join(analysis.pies["tie_rule"].unique().sort()) if analysis.pies.height else "lowest"
    chosen = {
        "pietools": __version__,
        "seed": str(analysis.settings.seed),
        "relabellings": f"{count(analysis.settings.permutations)}; all of them where there are no more",
        "ties of the modal label": ties,
        "margin of accuracy": f"{points(analysis.settings.margin).lstrip('+')} points",
        "rise of an error rate that counts as forgotten": f"{points(analysis.settings.delta).lstrip('+')} points",
        "level of the class tests": f"{LEVEL}, corrected by {CORRECTION.title()}",
    }
    return section("Settings", _definitions(chosen))


def terms() -> str:
    """What the words mean."""
    return section("Terms", _definitions(TERMS))


def _comparison(rows: pl.DataFrame, chart: Figure | None) -> str:
    """How many classes differ; the chart and the clearest classes, if any could be tested."""
    tested = rows.filter("is_default")
    clearest = tested.sort("p_adjusted", "p_value", "label", nulls_last=True).head(CLASS_ROWS)
    parts = [
        element("h3", comparison_name(rows.row(0, named=True))),
        bullets(significant_classes(test, tested["test"][0]) for test in count_significant(rows).to_dicts()),
    ]
    if chart is None:
        return "\n".join(parts)
    parts += [*_figures([chart]), table(shown_columns(CLASSES.columns, clearest.to_dicts()), clearest.to_dicts())]
    if tested.height > CLASS_ROWS:
        shown = f"The {CLASS_ROWS} of {count(tested.height)} with the smallest p, by the {tested['test'][0]} test."
        parts.append(element("p", shown, class_="note"))
    return "\n".join(parts)


def _shown(analysis: Analysis, tables: Iterable[ShownTable]) -> list[str]:
    """Each table under its title, one per data set, named if there are several; folded if long, or of a copy that is summed up."""
    parts = []
    copies = set(analysis.datasets.filter(pl.col("alteration").is_not_null())["name"])
    for shown in tables:
        by_dataset = analysis.tables[shown.table].partition_by("dataset", maintain_order=True)
        for frame in by_dataset:
            rows = shown.rows(frame)
            title = shown.title if len(by_dataset) == 1 else f"{shown.title} · {frame['dataset'][0]}"
            rendered = table(shown_columns(shown.columns, rows), rows)
            is_folded = len(rows) > LONG or (not shown.of_copies and frame["dataset"][0] in copies)
            parts.append(
                element("h3", title) + (folded(f"{count(len(rows))} rows", rendered) if is_folded else rendered)
            )
    return parts


def _figures(drawn: list[Figure]) -> list[str]:
    return [figure(svg(one.chart), one.caption) for one in drawn]


def _definitions(entries: dict[str, str]) -> str:
    return wrap("dl", "".join(element("dt", name) + element("dd", text) for name, text in entries.items()))
