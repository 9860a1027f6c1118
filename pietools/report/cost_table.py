"""What compression cost as one table: a row for each compression and regime, or one where nothing was shown in any."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pietools.report.costs import Cost, answers_at_most
from pietools.results.rounding import MISSING, count, decimal, points
from pietools.results.shown import ShownColumn, count_and_interval, text

Row = dict[str, Any]


def legend(found: Sequence[Cost]) -> str:
    """What the columns of the table mean."""
    by_votes = all(cost.hits is None or cost.hits["method"] == "votes" for cost in found)
    noun, delta = (found[0].noun, found[0].delta) if found else ("examples", 0.1)
    hit = (
        "that are wrong more often"
        if by_votes
        else "whose right answer lost more probability than that of others equally hard before"
    )
    return (
        f"answers changed: more than by training again; hit: {noun} {hit}, at most 5 % of them by chance; lost: the share of "
        f"networks that are wrong rose by at least {100 * delta:g} points (probability 0.9); accuracy (± 95 %) and recall of the "
        "class hit hardest: points"
    )


COST = (
    text("compression"),
    text("regime"),
    text("answers", "answers changed (95 %)"),
    ShownColumn("hit", lambda row: row["hit"]),
    ShownColumn("lost", lambda row: row["lost"]),
    ShownColumn("accuracy", lambda row: row["accuracy"]),
    text("hardest", "class hit hardest"),
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
    has_hits, has_accuracy = (all(known) for known in zip(*(cost.is_tested for cost in alike), strict=True))
    return {
        "compression": _label(alike[0]),
        "chosen_as": alike[0].compression,
        "regime": f"all {len(alike)}",
        "answers": f"at most {count(answers_at_most(known))}" if known else MISSING,
        "hit": "0" if has_hits else MISSING,
        "lost": count(max((cost.n_lost or 0 for cost in alike), default=0)) if has_hits else MISSING,
        "accuracy": _range_of(alike) if has_accuracy else MISSING,
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
        "reference": cost.names["reference"],
        "compression": _label(cost) if is_named else "",
        "regime": cost.regime or MISSING,
        "answers": answers,
        "hit": MISSING if hits is None else count(hits["n_hit"]),
        "lost": MISSING if hits is None else count(cost.n_lost),
        "accuracy": _accuracy(cost),
        "hardest": MISSING if cost.hardest is None else f"{cost.hardest[0]} {points(cost.hardest[1])}",
    }


def _accuracy(cost: Cost) -> str:
    """``−1.25 ± 0.16``."""
    row = cost.accuracy
    if row is None or row["conf_low"] is None:
        return MISSING if row is None else points(row["estimate"])
    return f"{points(row['estimate'])} ± {decimal(50 * (row['conf_high'] - row['conf_low']), 2)}"


def _range_of(alike: Sequence[Cost]) -> str:
    """``−0.08 to 0.00``."""
    estimates = sorted(cost.accuracy["estimate"] for cost in alike if cost.accuracy is not None)
    return f"{points(estimates[0])} to {points(estimates[-1])}"


def _label(cost: Cost) -> str:
    return f"{cost.compression} (control)" if cost.is_control or cost.other_control else cost.compression


def cost_columns(rows: Iterable[Row]) -> Iterator[ShownColumn]:
    """Columns of the table; without regimes there is none of them."""
    has_regimes = any(row["regime"] not in ("", MISSING) for row in rows)
    return (column for column in COST if has_regimes or column.title != "regime")
