"""The sections of the report, each from the frames of one topic."""

import polars as pl

from pietools import __version__
from pietools.analysis import Analysis
from pietools.figures import Figure, class_stem, svg
from pietools.report.markup import Column, bullets, element, figure, section, table, wrap
from pietools.report.sentences import comparison_name, dataset_sentence, headline, relabellings, significant_classes
from pietools.report.terms import TERMS
from pietools.rounding import count, decimal, p_value, percent, percent_and_sd, points, points_interval
from pietools.statistics.classes import CORRECTION, LEVEL, count_significant

CLASS_ROWS = 10
COMPARISON = [
    Column("compressed", lambda r: r["compressed"], is_text=True),
    Column("against", lambda r: r["reference"], is_text=True),
]
ACCURACY = [
    Column("population", lambda r: r["population"], is_text=True),
    Column("networks", lambda r: count(r["n_models"])),
    Column("top-1, %", lambda r: percent_and_sd(r["top1_mean"], r["top1_sd"])),
    Column("top-5, %", lambda r: percent_and_sd(r["top5_mean"], r["top5_sd"])),
    Column("kappa", lambda r: decimal(r["kappa"], 3)),
    Column("tied", lambda r: count(r["n_tied"])),
]
PIES = [
    *COMPARISON,
    Column("PIEs", lambda r: count(r["n_pies"])),
    Column("%", lambda r: percent(r["n_pies"] / r["n_examples"])),
    Column("if nothing", lambda r: count(r["null_mean"])),
    Column("95 %", lambda r: f"{count(r['null_conf_low'])}–{count(r['null_conf_high'])}"),
    Column("p", lambda r: p_value(r["p_value"])),
    Column("forgotten", lambda r: count(r["forgotten"])),
    Column("recovered", lambda r: count(r["recovered"])),
    Column("moved", lambda r: count(r["moved"])),
    Column("untied", lambda r: count(r["n_pies_untied"])),
    Column("null", lambda r: f"{r['design']}, {relabellings(r)}", is_text=True),
]
FLIPS = [
    *COMPARISON,
    Column("pairs", lambda r: count(r["n_pairs"])),
    Column("harmful, %", lambda r: percent(r["harmful"], 2)),
    Column("beneficial, %", lambda r: percent(r["beneficial"], 2)),
    Column("wrong to wrong, %", lambda r: percent(r["wrong_to_wrong"], 2)),
    Column("total, %", lambda r: percent_and_sd(r["total"], r["total_sd"])),
]
CLASSES = [
    Column("class", lambda r: r["class_name"], is_text=True),
    Column("examples", lambda r: count(r["n"])),
    Column("raw change, points", lambda r: points(r["raw_change"])),
    Column("minus accuracy, points", lambda r: points(r["estimate"])),
    Column("95 %, unadjusted", lambda r: points_interval(r["conf_low"], r["conf_high"])),
    Column("p", lambda r: p_value(r["p_value"])),
    Column("adjusted p", lambda r: p_value(r["p_adjusted"])),
]


def findings(analysis: Analysis) -> str:
    """One sentence per comparison."""
    entries = "".join(
        element("dt", comparison_name(row)) + element("dd", headline(row)) for row in analysis.pies.to_dicts()
    )
    return (
        wrap("dl", entries, class_="findings") if entries else element("p", "No population is compared with another.")
    )


def analyzed(analysis: Analysis) -> str:
    """The data sets, and the accuracy of every population on each."""
    names = set(analysis.accuracy["dataset"])
    datasets = bullets(dataset_sentence(row) for row in analysis.datasets.to_dicts() if row["name"] in names)
    return section("What was analyzed", datasets, *_tables(ACCURACY, analysis.accuracy))


def pies(analysis: Analysis, drawn: list[Figure]) -> str:
    """PIEs and their null."""
    return section("PIEs", *_figures(drawn), *_tables(PIES, analysis.pies))


def flips(analysis: Analysis, drawn: list[Figure]) -> str:
    """Flips of single networks."""
    return section("Flips", *_figures(drawn), *_tables(FLIPS, analysis.flips))


def classes(analysis: Analysis, drawn: list[Figure]) -> str:
    """Per comparison: how many classes changed otherwise than accuracy, the clearest ones, and the chart."""
    if not analysis.classes.height:
        return ""
    by_comparison = analysis.classes.partition_by("compressed", "reference", "dataset", maintain_order=True)
    by_stem = {one.stem: one for one in drawn}
    parts = [_comparison(rows, by_stem.get(class_stem(rows))) for rows in by_comparison]
    return section("Classes", *parts)


def warnings(analysis: Analysis) -> str:
    """What the reader should know before believing."""
    return section("Warnings", bullets(analysis.warnings)) if analysis.warnings else ""


def settings(analysis: Analysis) -> str:
    """What it takes to get the same numbers again."""
    ties = ", ".join(analysis.pies["tie_rule"].unique().sort()) if analysis.pies.height else "lowest"
    chosen = {
        "pietools": __version__,
        "seed": str(analysis.seed),
        "relabellings": f"{count(analysis.permutations)}; all of them where there are no more",
        "ties of the modal label": ties,
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
    parts += [*_figures([chart]), table(CLASSES, clearest.to_dicts())]
    if tested.height > CLASS_ROWS:
        shown = f"The {CLASS_ROWS} of {count(tested.height)} with the smallest p, by the {tested['test'][0]} test."
        parts.append(element("p", shown, class_="note"))
    return "\n".join(parts)


def _tables(columns: list[Column], frame: pl.DataFrame) -> list[str]:
    """A table per data set, named if there are several."""
    by_dataset = frame.partition_by("dataset", maintain_order=True)
    if len(by_dataset) == 1:
        return [table(columns, frame.to_dicts())]
    return [element("h3", rows["dataset"][0]) + table(columns, rows.to_dicts()) for rows in by_dataset]


def _figures(drawn: list[Figure]) -> list[str]:
    return [figure(svg(one.chart), one.caption) for one in drawn]


def _definitions(entries: dict[str, str]) -> str:
    return wrap("dl", "".join(element("dt", name) + element("dd", text) for name, text in entries.items()))
