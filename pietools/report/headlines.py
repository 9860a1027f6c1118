"""The answer in sentences: what compression cost, how sure that is, and what could not be shown.

How sure is said by one rule, :func:`certainty`, from a change's interval, its p-value and the margin.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from pietools.conventions import LEVEL
from pietools.report.sentences import comparison_name, pair_headline
from pietools.results.analysis import Analysis
from pietools.results.rounding import MISSING, count, points
from pietools.results.shown import ShownColumn, count_and_interval, text
from pietools.statistics.tools.multiplicity import adjust

NEEDED = ("accuracy_change", "examples_hits", "flips_churn")
"""Result tables that the answer is made of; where one was not computed there is none."""
SECOND_DENSE = "second-dense"
UNTESTED = {
    "few-networks": "there are too few networks",
    "few-examples": "there are too few examples",
    "no-labels": "no labels are given",
    "no-variance": "all networks of a side say the same",
    "no-order": "a network does not tell easy from hard examples",
}
"""Why single examples were not tested, by flag."""
Row = dict[str, Any]


class Certainty(StrEnum):
    """What is known of a change."""

    FELL = "fell"
    ROSE = "rose"
    KEPT = "kept"  # within the margin
    OPEN = "open"  # neither a change nor its absence was shown


def certainty(change: Row) -> Certainty:
    """What is known of a change that has a p-value, an interval and a p-value of being within the margin, a row of accuracy_change.

    A change is shown at 5 % over all comparisons that are asked alike (Holm).
    """
    if change["p_holm"] is not None and change["p_holm"] <= LEVEL:
        return Certainty.FELL if change["estimate"] < 0 else Certainty.ROSE
    is_kept = change["p_equivalent"] is not None and change["p_equivalent"] <= LEVEL
    return Certainty.KEPT if is_kept else Certainty.OPEN


@dataclass(frozen=True)
class Cost:
    """What one compression cost in one regime: rows of result tables, None where there is none.

    ``n_needed``: networks a side with which votes could show that an example was hit, where there are too few. ``p_answers``: of H0
    that it changes as many answers as training again, over all comparisons that are asked alike (Holm), and ``most_answers`` the
    upper end of an interval that holds for all of them at once. ``n_regimes``: regimes that are compared on the data set.
    """

    compression: str
    regime: str | None
    names: Row
    is_control: bool
    accuracy: Row | None
    answers: Row | None
    hits: Row | None
    hardest: tuple[str, float] | None
    n_examples: int
    n_regimes: int = 1
    n_needed: int | None = None
    p_answers: float | None = None
    most_answers: float | None = None

    @property
    def certainty(self) -> Certainty:
        """What is known of the change of accuracy."""
        return Certainty.OPEN if self.accuracy is None else certainty(self.accuracy)

    @property
    def n_hit(self) -> int | None:
        """Examples that were hit; None where they could not be tested."""
        is_untested = self.hits is None or self.hits["flag"] is not None or self.n_needed is not None
        return None if is_untested or self.hits is None else self.hits["n_hit"]

    @property
    def more_answers(self) -> tuple[float, float, float] | None:
        """Answers that change beyond what training again changes, and the ends of the interval; None without an interval."""
        if self.answers is None or self.answers["more_conf_low"] is None:
            return None
        more, low, high = (self.n_examples * self.answers[name] for name in ("more", "more_conf_low", "more_conf_high"))
        return more, low, high

    @property
    def changes_more(self) -> bool:
        """Whether it was shown to change more answers than training again."""
        return self.p_answers is not None and self.p_answers <= LEVEL and (self.answers or {})["more"] > 0

    @property
    def is_shown(self) -> bool:
        """Whether anything was shown to change."""
        n_spared = self.hits["n_spared"] if self.n_hit is not None and self.hits else 0
        return bool(self.certainty in (Certainty.FELL, Certainty.ROSE) or self.n_hit or n_spared or self.changes_more)


def costs(analysis: Analysis, dataset: str) -> list[Cost]:
    """What each compression cost, and the same between dense networks, on one data set."""
    if any(name not in analysis.tables for name in NEEDED):
        return []
    accuracy, hits, answers = (_by_name(analysis.tables[name]) for name in NEEDED)
    hardest = _hardest(analysis.tables.get("classes", pl.DataFrame()))
    n_examples = dict(analysis.datasets.select("name", "n_examples").iter_rows()).get(dataset, 0)
    by_votes = analysis.tables.get("examples_summary", pl.DataFrame()).to_dicts()
    n_needed = {comparison_name(row): row["replicates_needed"] for row in by_votes if not row["is_possible"]}
    found = []
    here = analysis.comparisons.filter(dataset=dataset).to_dicts()
    labels, n_regimes = compression_labels(here), len({row["regime"] for row in here})
    for row in here:
        name, is_control = comparison_name(row), row["method"] == SECOND_DENSE
        if name in answers and (is_control or row["role"] == "compressed"):
            compression = labels[row["reference"], row["compressed"]]
            names = {key: row[key] for key in ("reference", "compressed", "dataset")}
            rows = accuracy.get(name), answers[name], hits.get(name), hardest.get(name)
            found.append(
                Cost(compression, row["regime"], names, is_control, *rows, n_examples, n_regimes, n_needed.get(name))
            )
    return [one for kind in (False, True) for one in _over_all([cost for cost in found if cost.is_control is kind])]


def compression_labels(comparisons: Sequence[Row]) -> dict[tuple[str, str], str]:
    """What a compression is called: its name without the regime where several regimes have it once each, else its whole name."""
    short = {_pair(row): str(row["compressed"]).removeprefix(f"{row['regime']}/") for row in comparisons}
    labels = {}
    for row in comparisons:
        regimes = [other["regime"] for other in comparisons if short[_pair(other)] == short[_pair(row)]]
        is_shared = len(regimes) > 1 and None not in regimes and len(set(regimes)) == len(regimes)
        against = sum(other["compressed"] == row["compressed"] for other in comparisons) > 1
        whole = f"{row['compressed']} against {row['reference']}" if against else row["compressed"]
        labels[_pair(row)] = short[_pair(row)] if is_shared else whole
    return labels


def _pair(row: Row) -> tuple[str, str]:
    return row["reference"], row["compressed"]


def _over_all(alike: Sequence[Cost]) -> list[Cost]:
    """Costs that are asked alike, with their p-values over all of them."""
    accuracy = _holm([cost.accuracy["p_value"] if cost.accuracy else None for cost in alike])
    answers = _holm([_p_of_answers(cost.answers) for cost in alike])
    n, found = len(alike), []
    for cost, p, p_answers in zip(alike, accuracy, answers, strict=True):
        row, most = cost.accuracy, None
        if row is not None:
            least_and_most = dict(zip(("least", "most"), _ends(row, "estimate", "std_error", n), strict=True))
            row = row | {"p_holm": p} | least_and_most
        if cost.answers is not None:
            most = _ends(cost.answers, "more", "more_std_error", n)[1]
        found.append(replace(cost, accuracy=row, p_answers=p_answers, most_answers=most))
    return found


def _ends(row: Row, estimate: str, std_error: str, n: int) -> tuple[float | None, float | None]:
    """Ends of an interval that holds for n estimates at once at 95 % (Bonferroni): it holds 0 where Holm shows nothing."""
    if row[estimate] is None or row[std_error] is None or row["df"] is None:
        return None, None
    half = float(stats.t.isf(LEVEL / 2 / n, row["df"])) * row[std_error]
    return row[estimate] - half, row[estimate] + half


def _holm(p_values: Sequence[float | None]) -> list[float | None]:
    known = np.array([np.nan if p is None else p for p in p_values], dtype=float)
    return [None if np.isnan(p) else float(p) for p in adjust(known, "holm")]


def _p_of_answers(answers: Row | None) -> float | None:
    if answers is None or not answers["more_std_error"] or answers["df"] is None:
        return None
    return float(2 * stats.t.sf(abs(answers["more"] / answers["more_std_error"]), answers["df"]))


def _by_name(frame: pl.DataFrame) -> dict[str, Row]:
    return {comparison_name(row): row for row in frame.to_dicts()}


def _hardest(classes: pl.DataFrame) -> dict[str, tuple[str, float]]:
    """Per comparison the class that fell most of those that fell more than accuracy did, and its change."""
    if not classes.height:
        return {}
    default = classes.filter("is_default")
    keys = ["reference", "compressed", "dataset", "label"]
    fell = default.filter(
        pl.col("scale").eq("shifted"), pl.col("estimate") < 0, pl.col("p_adjusted").fill_null(1) <= LEVEL
    )
    changes = default.filter(scale="raw").join(fell.select(keys), on=keys).sort("estimate")
    rows = changes.group_by(keys[:3], maintain_order=True).first().to_dicts()
    return {comparison_name(row): (row["class_name"], row["estimate"]) for row in rows}


def headlines(analysis: Analysis) -> list[str]:
    """The answer: a sentence or two for each compression, one of the controls, one for each pair of single networks."""
    pairs = analysis.tables.get("pairs", pl.DataFrame()).to_dicts()
    said = [_pairs(name, rows) for name, rows in groupby(pairs, comparison_name)]
    datasets = analysis.comparisons["dataset"].unique(maintain_order=True).to_list()
    for dataset in datasets:
        on = f"On {dataset}: " if len(datasets) > 1 else ""
        found = costs(analysis, dataset)
        compressions = dict.fromkeys(cost.compression for cost in found if not cost.is_control)
        for compression in compressions:
            alike = [cost for cost in found if cost.compression == compression and not cost.is_control]
            said.append(f"{on}{compression}: {_accuracy(alike)}. {_answers(alike)}{_hits(alike)}")
        if controls := [cost for cost in found if cost.is_control]:
            said.append(f"{on}{_control(controls)}")
    return said


def _pairs(name: str, of_comparison: Iterable[Row]) -> str:
    """One pair of single networks, or what all pairs of a comparison have in common."""
    rows = list(of_comparison)
    if len(rows) == 1 or any(row["estimate"] is None for row in rows):
        return (
            f"{name}: {pair_headline(rows[0])}" if len(rows) == 1 else f"{name}: {len(rows)} pairs of single networks."
        )
    n_worse, n_better = (
        sum(p is not None and p <= LEVEL for p in _holm([row[side] for row in rows]))
        for side in ("p_one_sided", "p_better")
    )
    sizes = sorted(row["estimate"] for row in rows)
    return (
        f"{name}: {len(rows)} pairs of single networks; shown to be worse: {n_worse}, better: {n_better} (exact McNemar, "
        f"Holm); accuracy changes by {points(sizes[0])} to {points(sizes[-1])} points."
    )


def _accuracy(alike: Sequence[Cost]) -> str:
    tested = [cost for cost in alike if cost.accuracy is not None and cost.accuracy["least"] is not None]
    if not tested:
        if any(cost.accuracy is not None and cost.accuracy["estimate"] is not None for cost in alike):
            return "the change of accuracy could not be tested, as the networks do not vary or are too few"
        return "without several networks and given labels nothing can be said of accuracy"
    parts = []
    for kind, verb in ((Certainty.FELL, "falls"), (Certainty.ROSE, "rises")):
        if moved := [cost for cost in tested if cost.certainty is kind]:
            parts.append(f"accuracy {verb} by {_sizes(moved)}{_where(moved, alike)}")
    kept = [cost for cost in tested if cost.certainty is Certainty.KEPT]
    if kept:
        margin = _size(kept[0].accuracy["margin"]) if kept[0].accuracy else ""
        parts.append(f"accuracy changes by less than {margin}{_where(kept, alike)}")
    if unknown := [cost for cost in tested if cost.certainty is Certainty.OPEN]:
        low = min(cost.accuracy["least"] for cost in unknown if cost.accuracy)
        high = max(cost.accuracy["most"] for cost in unknown if cost.accuracy)
        where = _nowhere(unknown, alike)
        parts.append(
            f"no change of accuracy was shown{where}, it may be anything from {points(low)} to {points(high)} points"
        )
    return "; ".join(parts)


def _sizes(moved: Sequence[Cost]) -> str:
    """``1.3 points (95 % 1.1 to 1.4)``, of several ``0.9 to 2.0 points``."""
    rows = [cost.accuracy for cost in moved if cost.accuracy is not None]
    if len(rows) == 1:
        ends = sorted(abs(rows[0][name]) for name in ("conf_low", "conf_high"))
        return f"{_size(rows[0]['estimate'])} (95 % {_digits(ends[0])} to {_digits(ends[1])})"
    sizes = sorted(abs(row["estimate"]) for row in rows)
    return _range(_digits(sizes[0]), _size(sizes[-1]))


def _range(least: str, most: str) -> str:
    """``0.9 to 2.0 points``; one number where both are the same."""
    return most if least == most.split()[0] else f"{least} to {most}"


def _size(fraction: float) -> str:
    """``1.25 points``."""
    return f"{_digits(fraction)} {'point' if _digits(fraction) == '1' else 'points'}"


def _digits(fraction: float) -> str:
    written = points(abs(fraction)).lstrip("+−")
    return written.removesuffix(".00")


def _answers(alike: Sequence[Cost]) -> str:
    known = [cost for cost in alike if cost.more_answers is not None]
    if not known:
        return "Whether it changes more answers than training again could not be tested. "
    n = count(known[0].n_examples)
    more = sorted((cost for cost in known if cost.changes_more), key=lambda cost: cost.more_answers or ())
    if not more:
        most = _most_answers(known)
        return f"It was not shown to change more answers than training again, at most {count(max(most, 0))} of {n}. "
    sizes = [cost.more_answers or (0, 0, 0) for cost in more]
    _, low, high = sizes[0]
    several = _range(count(sizes[0][0]), count(sizes[-1][0]))
    said = several if len(sizes) > 1 else f"{several} (95 % {count(low)} to {count(high)})"
    return f"It changes {said} of {n} answers more than training again{_where(more, alike)}. "


def _most_answers(known: Sequence[Cost]) -> float:
    """Answers that change beyond training again at most, in whatever regime."""
    return max(0.0, *(cost.n_examples * (cost.most_answers or 0) for cost in known))


def _hits(alike: Sequence[Cost]) -> str:
    tested = [cost for cost in alike if cost.n_hit is not None]
    needed = max((cost.n_needed for cost in alike if cost.n_needed), default=None)
    if not tested and needed:
        return f"With so few networks no single example can be shown to be hit; {count(needed)} a side could do."
    if not tested:
        return f"Single examples could not be tested: {_why_not(alike)}."
    found = sorted((cost for cost in tested if cost.n_hit), key=lambda cost: -(cost.n_hit or 0))
    untested = [cost for cost in alike if cost.n_hit is None]
    rest = f"; {_listed(cost.regime for cost in untested)} could not be tested" if untested else ""
    if not found:
        return f"No example was shown to be hit{_nowhere(tested, alike)}{rest}."
    by_votes = all(cost.hits and cost.hits["method"] == "votes" for cost in found)
    what = "are wrong more often" if by_votes else "lose more than others as hard as they"
    if len(alike) == 1:
        n_examples = found[0].hits["n_examples"] if found[0].hits else 0
        said = f"{count(found[0].n_hit)} of {count(n_examples)} examples are hit: they {what}"
    else:
        numbers = _listed(f"{count(cost.n_hit)} in {cost.regime}" for cost in found)
        said = f"Examples that are hit, which {what}: {numbers}"
        if nothing := [cost for cost in tested if not cost.n_hit]:
            said += f"; none was shown in {_listed(cost.regime for cost in nothing)}"
    said += rest
    if doubtful := [cost for cost in found if _n_in_control(cost) * 2 >= (cost.n_hit or 0)]:
        said += (
            f". But the same test finds {count(max(map(_n_in_control, doubtful)))} between dense networks"
            f"{_where(doubtful, alike)}, where nothing was compressed: do not rely on it"
        )
    return f"{said}."


def _why_not(alike: Sequence[Cost]) -> str:
    flags = {str(cost.hits["flag"]) for cost in alike if cost.hits is not None}
    elsewhere = "pietools examples says why"
    return UNTESTED.get(flags.pop(), elsewhere) if len(flags) == 1 else elsewhere


def _n_in_control(cost: Cost) -> int:
    return 0 if cost.hits is None else cost.hits["control_n_found"] or 0


def _control(controls: Sequence[Cost]) -> str:
    """What the same tests find where nothing was compressed."""
    several = len({cost.regime for cost in controls}) < len(controls)
    names = {id(cost): f" in {cost.names['compressed']}" if several else _where([cost], controls) for cost in controls}
    hit = [f"{count(cost.n_hit)} examples hit{names[id(cost)]}" for cost in controls if cost.n_hit]
    moved = [
        f"accuracy {_size(cost.accuracy['estimate'])} {'lower' if cost.certainty is Certainty.FELL else 'higher'}{names[id(cost)]}"
        for cost in controls
        if cost.accuracy and cost.certainty in (Certainty.FELL, Certainty.ROSE)
    ]
    lead = "The control, dense networks that were trained again and not compressed,"
    has_hits, has_accuracy = (any(known) for known in zip(*map(_is_tested, controls), strict=True))
    nothing = [*(["no example hit"] if has_hits else []), *(["no change of accuracy"] if has_accuracy else [])]
    if not nothing:
        return f"{lead} could not be tested."
    if not moved and not hit:
        tested = [cost for cost in controls if any(_is_tested(cost))]
        return f"{lead} shows {_listed(nothing)}{_where(tested, controls)}, as it should."
    but = "no example hit, but " if has_hits and not hit else ""
    return f"{lead} shows {but}{_listed([*hit, *moved])}: take no smaller effect for one of compression."


def _is_tested(cost: Cost) -> tuple[bool, bool]:
    """Whether single examples were tested, and accuracy."""
    return cost.n_hit is not None, cost.accuracy is not None and cost.accuracy["p_value"] is not None


def _where(some: Sequence[Cost], alike: Sequence[Cost]) -> str:
    """`` in all 4 regimes``, `` in supcon``; nothing where there is one."""
    regimes, n = dict.fromkeys(cost.regime for cost in some), alike[0].n_regimes
    is_named = len(alike) == 1 and not alike[0].is_control  # by the whole name of the population
    if n == 1 or is_named or None in regimes:
        return ""
    if len(regimes) == n:
        return f" in all {n} regimes" if n > 2 else " in both regimes"
    return f" in {_listed(regimes)}"


def _nowhere(some: Sequence[Cost], alike: Sequence[Cost]) -> str:
    """The same behind a negation: `` in any regime``."""
    where = _where(some, alike)
    return " in any regime" if where.endswith(" regimes") else where


def _listed(names: Iterable[str | None]) -> str:
    """``a, b and c``."""
    *first, last = map(str, names)
    return f"{', '.join(first)} and {last}" if first else last


# The same as a table


def legend(found: Sequence[Cost]) -> str:
    """What the columns of the table mean."""
    by_votes = all(cost.hits is None or cost.hits["method"] == "votes" for cost in found)
    hit = "are wrong more often" if by_votes else "lose more than others as hard"
    return f"answers: more than by training again; hit: examples that {hit}; the rest in points"


COST = (
    text("compression"),
    text("regime"),
    text("answers", "answers changed (95 %)"),
    ShownColumn("hit", lambda row: row["hit"]),
    ShownColumn("accuracy", lambda row: row["accuracy"]),
    text("hardest", "hardest hit"),
)


def cost_rows(found: Sequence[Cost], *, is_repeated: bool = False) -> list[Row]:
    """Rows of the table of what compression cost; where nothing was shown in any regime there is one row.

    ``is_repeated``: each row says which compression it is of, not only the first.
    """
    rows: list[Row] = []
    ordered = [cost for cost in found if not cost.is_control] + [cost for cost in found if cost.is_control]
    for compression in dict.fromkeys(cost.compression for cost in ordered):
        alike = [cost for cost in ordered if cost.compression == compression]
        if len(alike) > 1 and not any(cost.is_shown for cost in alike):
            rows.append(_nothing_shown(compression, alike))
        else:
            rows += [_cost_row(cost, is_named=is_repeated or number == 0) for number, cost in enumerate(alike)]
    return rows


def _nothing_shown(compression: str, alike: Sequence[Cost]) -> Row:
    known = [cost for cost in alike if cost.more_answers is not None]
    has_hits, has_accuracy = (all(known) for known in zip(*map(_is_tested, alike), strict=True))
    return {
        "compression": _label(alike[0]),
        "regime": f"all {len(alike)}",
        "answers": f"at most {count(_most_answers(known))}" if known else MISSING,
        "hit": "0" if has_hits else MISSING,
        "accuracy": "none shown" if has_accuracy else MISSING,
        "hardest": MISSING,
    }


def _cost_row(cost: Cost, *, is_named: bool) -> Row:
    more = cost.more_answers
    answers = MISSING
    if more is not None:
        answers = count_and_interval(dict(zip(("estimate", "conf_low", "conf_high"), more, strict=True)))
    hits = cost.hits if cost.n_hit is not None else None
    return {
        "compressed": cost.names["compressed"],
        "compression": _label(cost) if is_named else "",
        "regime": cost.regime or MISSING,
        "answers": answers,
        "hit": MISSING if hits is None else count(hits["n_hit"]),
        "accuracy": MISSING if cost.accuracy is None else points(cost.accuracy["estimate"]),
        "hardest": MISSING if cost.hardest is None else f"{cost.hardest[0]} {points(cost.hardest[1])}",
    }


def _label(cost: Cost) -> str:
    return f"{cost.compression} (control)" if cost.is_control else cost.compression


def cost_columns(rows: Iterable[Row]) -> Iterator[ShownColumn]:
    """Columns of the table; without regimes there is none of them."""
    has_regimes = any(row["regime"] not in ("", MISSING) for row in rows)
    return (column for column in COST if has_regimes or column.title != "regime")
