"""Which tables people see, on the command line and in the report, and how each column reads. Nothing is computed here."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import polars as pl

from pietools.rounding import (
    count,
    decimal,
    p_value,
    percent,
    percent_and_sd,
    points,
    points_interval,
)

Row = dict[str, Any]
# A table of single examples or classes goes no further than this; the whole is in the study.
MAX_ROWS = 20


class Column(NamedTuple):
    """A column of a table: its heading and what it shows of a row, as plain text. Numbers stand on the right."""

    title: str
    show: Callable[[Row], str]
    is_text: bool = False


class ShownTable(NamedTuple):
    """A result table as people see it; ``select`` picks and orders its rows, ``in_summary`` says whether ``analyze`` prints it."""

    table: str
    title: str
    columns: tuple[Column, ...]
    select: Callable[[pl.DataFrame], pl.DataFrame] = lambda frame: frame
    in_summary: bool = True

    def rows(self, frame: pl.DataFrame) -> list[Row]:
        """Rows to show of the result frame."""
        return self.select(frame).to_dicts()


def _first_of_each(frame: pl.DataFrame) -> pl.DataFrame:
    """The first rows of each comparison."""
    return frame.group_by("reference", "compressed", maintain_order=True).head(MAX_ROWS)


def _text(name: str, title: str | None = None) -> Column:
    return Column(title or name, lambda row: "–" if row[name] is None else str(row[name]), is_text=True)


def _interval(low: float | None, high: float | None) -> str:
    return "–" if low is None else f"{count(low)} to {count(high)}"


def _interval_of_count(low: float | None, high: float | None) -> str:
    return _interval(None if low is None else max(low, 0), high)


def _estimate_and_interval(row: Row, name: str, low: str, high: str) -> str:
    return count(row[name]) if row[low] is None else f"{count(row[name])} ({_interval(row[low], row[high])})"


def _of_null(row: Row) -> str:
    return f"{count(row['null_mean'])} ({count(row['null_conf_low'])}–{count(row['null_conf_high'])})"


COMPRESSED = _text("compressed")
AGAINST = _text("reference", "against")
P = Column("p", lambda r: p_value(r["p_value"]))
P_ADJUSTED = Column("adjusted p", lambda r: p_value(r["p_adjusted"]))
CHANGE = Column("change, points", lambda r: points(r["estimate"]))
INTERVAL = Column("95 %", lambda r: points_interval(r["conf_low"], r["conf_high"]))
ACCURACY = ShownTable(
    "accuracy",
    "Accuracy and agreement, mean ± sd over networks",
    (
        _text("population"),
        Column("networks", lambda r: count(r["n_models"])),
        Column("top-1 %", lambda r: percent_and_sd(r["top1_mean"], r["top1_sd"])),
        Column("top-5 %", lambda r: percent_and_sd(r["top5_mean"], r["top5_sd"])),
        Column("ECE %", lambda r: percent(r["ece_mean"], 2)),
        Column("Brier", lambda r: decimal(r["brier_mean"], 4)),
        Column("Fleiss' kappa", lambda r: decimal(r["kappa"], 3)),
        Column("tied modes", lambda r: count(r["n_tied"])),
    ),
)
ACCURACY_CHANGE = ShownTable(
    "accuracy_change",
    "Change of accuracy, and p-values of the claims that it is within the margin",
    (
        COMPRESSED,
        AGAINST,
        CHANGE,
        INTERVAL,
        P,
        Column("margin", lambda r: points(r["margin"]).lstrip("+")),
        Column("not worse, p", lambda r: p_value(r["p_not_worse"])),
        Column("equivalent, p", lambda r: p_value(r["p_equivalent"])),
        Column("no class worse, p", lambda r: p_value(r["p_worst_class"])),
    ),
)
ON_PIES = ShownTable(
    "accuracy_on_pies",
    "Top-1 accuracy (%) on PIEs that were named without the network in question",
    (
        COMPRESSED,
        AGAINST,
        _text("population", "networks of"),
        *(
            Column(subset, lambda r, subset=subset: percent(r[subset], 2))  # type: ignore[misc]
            for subset in ("pies", "non-pies", "random", "all")
        ),
    ),
    lambda frame: frame.pivot(
        "subset", index=["reference", "compressed", "dataset", "population"], values="accuracy_mean"
    ),
    in_summary=False,
)
PIES = ShownTable(
    "pies",
    "PIEs: examples on which the modal labels differ",
    (
        COMPRESSED,
        AGAINST,
        Column("PIEs", lambda r: f"{count(r['n_pies'])} ({percent(r['n_pies'] / r['n_examples'])} %)"),
        Column("untied", lambda r: count(r["n_pies_untied"])),
        Column("forgotten", lambda r: count(r["forgotten"])),
        Column("recovered", lambda r: count(r["recovered"])),
        Column("moved", lambda r: count(r["moved"])),
        Column("if it did nothing", _of_null),
        P,
        Column(
            "excess PIEs", lambda r: _estimate_and_interval(r, "excess_pies", "excess_conf_low", "excess_conf_high")
        ),
    ),
)
STABILITY = ShownTable(
    "pies",
    "How far the PIEs can be trusted: expected count, baseline, overlap of halves, other statistics",
    (
        COMPRESSED,
        AGAINST,
        Column("PIEs, 95 %", lambda r: _interval_of_count(r["n_pies_conf_low"], r["n_pies_conf_high"])),
        Column("dense vs dense", lambda r: f"{count(r['baseline_n_pies'])} (K = {count(r['baseline_n_networks'])})"),
        Column("split-half Jaccard", lambda r: decimal(r["split_half_jaccard"], 3)),
        Column("of nothing", lambda r: decimal(r["jaccard_null_mean"], 3)),
        Column("direction, p", lambda r: p_value(r["net_forgotten_p"])),
        Column("taxicab", lambda r: decimal(r["taxicab_mean"], 3)),
        Column("taxicab, p", lambda r: p_value(r["taxicab_p"])),
    ),
    in_summary=False,
)
BY_REPLICATES = ShownTable(
    "pies_by_replicates",
    "PIEs by number of networks; in the last three columns of disjoint sets",
    (
        COMPRESSED,
        AGAINST,
        Column("networks", lambda r: count(r["n_networks"])),
        Column("PIEs", lambda r: count(r["n_pies"])),
        Column("dense vs compressed", lambda r: count(r["between"])),
        Column("dense vs dense", lambda r: count(r["reference_baseline"])),
        Column("compressed vs compressed", lambda r: count(r["compressed_baseline"])),
    ),
    in_summary=False,
)
FLIPS = ShownTable(
    "flips",
    "Flips: share of predictions that differ (%), mean over pairs of networks",
    (
        COMPRESSED,
        AGAINST,
        Column("right to wrong", lambda r: percent(r["harmful"], 2)),
        Column("wrong to right", lambda r: percent(r["beneficial"], 2)),
        Column("wrong to other wrong", lambda r: percent(r["wrong_to_wrong"], 2)),
        Column("total ± sd", lambda r: percent_and_sd(r["total"], r["total_sd"])),
        Column("two reference networks", lambda r: percent(r["reference_churn"], 2)),
    ),
)
EXAMPLES = ShownTable(
    "examples_summary",
    "Single examples: significant after Benjamini–Hochberg, and likely by empirical Bayes (probability ≥ 0.9)",
    (
        COMPRESSED,
        AGAINST,
        _text("test"),
        Column("tested", lambda r: count(r["n_tested"])),
        Column("forgotten", lambda r: count(r["n_forgotten"])),
        Column("recovered", lambda r: count(r["n_recovered"])),
        Column(
            "Westfall–Young",
            lambda r: f"{count(r['n_forgotten_westfall_young'])} + {count(r['n_recovered_westfall_young'])}",
        ),
        Column("likely forgotten", lambda r: count(r["n_likely_forgotten"])),
        Column("likely recovered", lambda r: count(r["n_likely_recovered"])),
        Column("networks needed", lambda r: count(r["replicates_needed"])),
    ),
)
CLEAREST_EXAMPLES = ShownTable(
    "examples",
    f"The clearest {MAX_ROWS} examples; all are in results.examples",
    (
        COMPRESSED,
        AGAINST,
        _text("key"),
        Column("right, reference", lambda r: count(r["n_right_reference"])),
        Column("right, compressed", lambda r: count(r["n_right_compressed"])),
        P,
        P_ADJUSTED,
        Column("P(forgotten)", lambda r: decimal(r["p_forgotten"], 3)),
        Column("P(recovered)", lambda r: decimal(r["p_recovered"], 3)),
    ),
    lambda frame: _first_of_each(
        frame.sort("p_value", pl.col("estimate").abs(), "example_id", descending=[False, True, False])
    ),
    in_summary=False,
)
CLASSES = ShownTable(
    "classes",
    f"The {MAX_ROWS} classes with the smallest p, by the test that the design calls for",
    (
        COMPRESSED,
        AGAINST,
        _text("class_name", "class"),
        Column("examples", lambda r: count(r["n"])),
        Column("raw change, points", lambda r: points(r["raw_change"])),
        Column("against the other classes", lambda r: points(r["effect"])),
        Column("95 %", lambda r: points_interval(r["effect_conf_low"], r["effect_conf_high"])),
        P,
        Column("BH", lambda r: p_value(r["p_adjusted"])),
        Column("Holm", lambda r: p_value(r["p_holm"])),
        Column("logit scale, p", lambda r: p_value(r["logit_p_value"])),
    ),
    lambda frame: _first_of_each(frame.filter("is_default").sort("p_value", "label", nulls_last=True)),
    in_summary=False,
)
DISTORTION = ShownTable(
    "classes_summary",
    "Do the differences between classes grow?",
    (
        COMPRESSED,
        AGAINST,
        Column("intensification", lambda r: decimal(r["intensification"], 2)),
        Column(
            "95 %",
            lambda r: (
                "–"
                if r["intensification_conf_low"] is None
                else f"{decimal(r['intensification_conf_low'], 2)} to {decimal(r['intensification_conf_high'], 2)}"
            ),
        ),
        Column("CEV", lambda r: decimal(r["cev"], 3)),
        Column("SDE", lambda r: decimal(r["sde"], 3)),
    ),
    in_summary=False,
)
GAPS = ShownTable(
    "subgroups_gaps",
    "Subgroups: did compression pull them apart? (gap of the changes, points)",
    (
        COMPRESSED,
        AGAINST,
        _text("property"),
        _text("rate"),
        Column("groups", lambda r: count(r["n_groups"])),
        _text("hit_most", "hit most"),
        Column("gap", lambda r: points(r["gap_of_changes_estimate"])),
        Column("if it did nothing", lambda r: points(r["gap_of_changes_null_mean"])),
        Column("p", lambda r: p_value(r["gap_of_changes_p_value"])),
    ),
)
GROUPS = ShownTable(
    "subgroups",
    "Subgroups: change of each group's rate",
    (
        COMPRESSED,
        AGAINST,
        _text("property"),
        _text("group"),
        _text("rate"),
        Column("examples", lambda r: count(r["n"])),
        Column("before %", lambda r: percent(r["mean_reference"], 2)),
        Column("after %", lambda r: percent(r["mean_compressed"], 2)),
        CHANGE,
        INTERVAL,
        P,
        P_ADJUSTED,
    ),
    in_summary=False,
)
WHO_ARE_PIES = ShownTable(
    "subgroups_pies",
    "Subgroups: who are the PIEs? Share of each group among PIEs and among other examples (%, 95 %)",
    (
        COMPRESSED,
        AGAINST,
        _text("property"),
        _text("group"),
        Column("among PIEs", lambda r: _share(r, "share_pies")),
        Column("among others", lambda r: _share(r, "share_others")),
        Column("risk ratio", lambda r: decimal(r["risk_ratio"], 2)),
        P_ADJUSTED,
    ),
)
UNSEEN = ShownTable(
    "unseen",
    "Unseen data: change of error beyond that on clean data (excess error)",
    (
        COMPRESSED,
        AGAINST,
        Column("on", lambda r: r["unseen"] or "average", is_text=True),
        Column("before %", lambda r: percent(r["accuracy_reference"], 2)),
        Column("after %", lambda r: percent(r["accuracy_compressed"], 2)),
        Column("excess error, points", lambda r: points(r["estimate"])),
        INTERVAL,
        P,
        P_ADJUSTED,
    ),
)
GENERALIZATION = ShownTable(
    "unseen_gaps",
    "Generalization gap: accuracy on training data minus test data",
    (
        _text("population"),
        Column("change from", lambda r: r["reference"] or "–", is_text=True),
        _text("train_dataset", "training data"),
        Column("gap, points", lambda r: points(r["estimate"])),
        INTERVAL,
        P,
    ),
)
REGIMES = ShownTable(
    "unseen_regimes",
    "Does one regime generalize better? Difference of dense populations, error for networks and examples",
    (
        _text("population_a", "population"),
        _text("population_b", "minus"),
        Column("difference, points", lambda r: points(r["estimate"])),
        INTERVAL,
        P,
        Column("beyond clean accuracy, points", lambda r: points(r["robustness_estimate"])),
        Column("p", lambda r: p_value(r["robustness_p_value"])),
    ),
)
POWER = ShownTable(
    "power",
    "Power 0.8: networks per population needed, and what those at hand would find",
    (
        COMPRESSED,
        AGAINST,
        _text("question"),
        Column("to be found", lambda r: _difference(r, "difference")),
        Column("at hand", lambda r: count(r["n_networks"])),
        Column("needed", lambda r: count(r["replicates_needed"])),
        Column("detectable", lambda r: _difference(r, "detectable")),
    ),
    in_summary=False,
)
TABLES: dict[str, tuple[ShownTable, ...]] = {
    "accuracy": (ACCURACY, ACCURACY_CHANGE, ON_PIES),
    "pies": (PIES, STABILITY, BY_REPLICATES),
    "flips": (FLIPS,),
    "examples": (EXAMPLES, CLEAREST_EXAMPLES),
    "classes": (CLASSES, DISTORTION),
    "subgroups": (GAPS, GROUPS, WHO_ARE_PIES),
    "unseen": (UNSEEN, GENERALIZATION, REGIMES),
    "power": (POWER,),
}


def shown_columns(columns: Iterable[Column], rows: list[Row]) -> list[Column]:
    """Columns to show; ``against`` only where the comparisons have several references."""
    is_one = len({row.get("reference") for row in rows}) < 2
    return [column for column in columns if not (is_one and column is AGAINST)]


def _share(row: Row, name: str) -> str:
    if row[name] is None:
        return "–"
    return f"{percent(row[name])} ({percent(row[f'{name}_low'])}–{percent(row[f'{name}_high'])})"


def _difference(row: Row, name: str) -> str:
    is_count = row["question"].startswith("excess")
    return count(row[name]) if is_count else points(row[name]).lstrip("+")
