"""The answer in sentences: what compression cost, how sure that is, and what could not be shown."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import polars as pl

from pietools.conventions import LEVEL
from pietools.report.costs import Certainty, Cost, answers_at_most, costs, holm
from pietools.report.sentences import comparison_name, pair_headline
from pietools.results.analysis import Analysis
from pietools.results.rounding import count, percent, points

CONTROLS = {
    "shorter-dense": "dense networks that were trained for less",
    "longer-dense": "dense networks that were trained for longer",
    "random": "weights removed at random",
    "probe-refit": "the head fitted again",
    "label-noise": "trained with some wrong labels",
}
"""What a control is, by its method."""
UNCOMPRESSED = ("shorter-dense", "longer-dense")
"""Of which nothing that is found is the work of compression."""
Row = dict[str, Any]
UNTESTED = {
    "few-networks": "there are too few networks",
    "few-examples": "there are too few examples",
    "no-labels": "no labels are given",
    "no-variance": "all networks of a side say the same",
    "no-order": "a network does not tell easy from hard examples",
}
"""Why single examples were not tested, by flag."""


def headlines(analysis: Analysis) -> list[str]:
    """The answer: a sentence or two for each compression, one of the controls, one for each pair of single networks."""
    pairs = analysis.tables.get("pairs", pl.DataFrame()).to_dicts()
    said = [_pairs(name, rows) for name, rows in groupby(pairs, comparison_name)]
    datasets = analysis.comparisons["dataset"].unique(maintain_order=True).to_list()
    for dataset in datasets:
        on = f"On {dataset}: " if len(datasets) > 1 else ""
        found = costs(analysis, dataset)
        # What was compressed a second time is the same again: it stands in the table.
        told = [cost for cost in found if cost.other_control in (None, *CONTROLS)]
        compressions = dict.fromkeys(cost.compression for cost in told if not cost.is_control)
        for number, compression in enumerate(compressions):
            alike = [cost for cost in found if cost.compression == compression and not cost.is_control]
            said.append(
                f"{on}{compression}{_what(alike)}: {_accuracy(alike)}. {_answers(alike)}{_hits(alike, is_first=number == 0)}"
            )
        if controls := [cost for cost in found if cost.is_control]:
            said.append(f"{on}{_control(controls)}")
    return said


def _what(alike: Sequence[Cost]) -> str:
    """`` (90 % of the weights are zero)``, or what a control is."""
    control, sparsities = alike[0].other_control, {cost.sparsity for cost in alike}
    if control is not None:
        return f", a control ({CONTROLS[control]})"
    (sparsity, *others) = sparsities
    return f" ({percent(sparsity, 0)} % of the weights are zero)" if sparsity and not others else ""


def _pairs(name: str, of_comparison: Iterable[Row]) -> str:
    """One pair of single networks, or what all pairs of a comparison have in common."""
    rows = list(of_comparison)
    if len(rows) == 1 or any(row["estimate"] is None for row in rows):
        return (
            f"{name}: {pair_headline(rows[0])}" if len(rows) == 1 else f"{name}: {len(rows)} pairs of single networks."
        )
    n_worse, n_better = (
        sum(p is not None and p <= LEVEL for p in holm([row[side] for row in rows]))
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
        most = answers_at_most(known)
        return f"It was not shown to change more answers than training again, at most {count(max(most, 0))} of {n}. "
    sizes = [cost.more_answers or (0, 0, 0) for cost in more]
    _, low, high = sizes[0]
    several = _range(count(sizes[0][0]), count(sizes[-1][0]))
    said = several if len(sizes) > 1 else f"{several} (95 % {count(low)} to {count(high)})"
    again = sorted(cost.again or 0 for cost in more)
    return (
        f"Training again already changes {_range(count(again[0]), count(again[-1]))} of {n} answers; this changes {said} more"
        f"{_where(more, alike)}. "
    )


def _hits(alike: Sequence[Cost], *, is_first: bool) -> str:
    """How many examples were hit, and lost; what that means is said the first time."""
    tested = [cost for cost in alike if cost.n_hit is not None]
    needed = max((cost.n_needed for cost in alike if cost.n_needed), default=None)
    if not tested and needed:
        return f"With so few networks no single {alike[0].one} can be shown to be hit; {count(needed)} a side could do."
    if not tested:
        return f"Single {alike[0].noun} could not be tested: {_why_not(alike)}."
    found = sorted((cost for cost in tested if cost.n_hit), key=lambda cost: -(cost.n_hit or 0))
    untested = [cost for cost in alike if cost.n_hit is None]
    rest = f"; {_listed(cost.regime for cost in untested)} could not be tested" if untested else ""
    if not found:
        return f"No {alike[0].one} was shown to be hit{_nowhere(tested, alike)}{rest}."
    by_votes = all(cost.hits and cost.hits["method"] == "votes" for cost in found)
    noun = alike[0].noun
    what = (
        "they are wrong more often"
        if by_votes
        else f"their right answer lost more probability than that of {noun} equally hard before"
    )
    meaning = f" ({what})" if is_first else ""
    if len(alike) == 1:
        n_examples = found[0].hits["n_examples"] if found[0].hits else 0
        said = f"{count(found[0].n_hit)} of {count(n_examples)} {noun} are hit{meaning}"
    else:
        numbers = _listed(f"{count(cost.n_hit)} in {cost.regime}" for cost in found)
        said = f"{noun.capitalize()} that are hit{meaning}: {numbers}"
        if nothing := [cost for cost in tested if not cost.n_hit]:
            said += f"; none was shown in {_listed(cost.regime for cost in nothing)}"
    said += rest + ("" if by_votes else _lost(alike, is_first=is_first))
    if doubtful := [cost for cost in found if _n_in_control(cost) * 2 >= (cost.n_hit or 0)]:
        said += (
            f". But the same test finds {count(max(map(_n_in_control, doubtful)))} between dense networks"
            f"{_where(doubtful, alike)}, where nothing was compressed: do not rely on it"
        )
    if alike[0].other_control in UNCOMPRESSED:
        said += ". That is not the work of compression"
    return f"{said}."


def _lost(alike: Sequence[Cost], *, is_first: bool) -> str:
    """How many are wrong more often, which is more than being hit."""
    known = [cost for cost in alike if cost.n_lost is not None]
    lost = sorted((cost for cost in known if cost.n_lost), key=lambda cost: -(cost.n_lost or 0))
    meaning = (
        f" (the share of networks that are wrong rose by at least {_digits(alike[0].delta)} points)" if is_first else ""
    )
    if not lost:
        return f"; none was shown to be lost{meaning}" if known else ""
    one = len(alike) == 1 or alike[0].n_regimes == 1
    numbers = count(lost[0].n_lost) if one else _listed(f"{count(cost.n_lost)} in {cost.regime}" for cost in lost)
    return f". Lost{meaning}: {numbers}"


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
    hit = [
        f"{count(cost.n_hit)} {cost.one if cost.n_hit == 1 else cost.noun} hit{names[id(cost)]}"
        for cost in controls
        if cost.n_hit
    ]
    moved = [
        f"accuracy {_size(cost.accuracy['estimate'])} {'lower' if cost.certainty is Certainty.FELL else 'higher'}{names[id(cost)]}"
        for cost in controls
        if cost.accuracy and cost.certainty in (Certainty.FELL, Certainty.ROSE)
    ]
    lead = "The control, dense networks that were trained again and not compressed,"
    has_hits, has_accuracy = (any(known) for known in zip(*(cost.is_tested for cost in controls), strict=True))
    nothing = [
        *([f"no {controls[0].one} hit"] if has_hits else []),
        *(["no change of accuracy"] if has_accuracy else []),
    ]
    if not nothing:
        return f"{lead} could not be tested."
    if not moved and not hit:
        tested = [cost for cost in controls if any(cost.is_tested)]
        return f"{lead} shows {_listed(nothing)}{_where(tested, controls)}, as it should."
    but = f"no {controls[0].one} hit, but " if has_hits and not hit else ""
    return f"{lead} shows {but}{_listed([*hit, *moved])}: as much happens without compression."


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
