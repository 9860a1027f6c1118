"""What compression cost as one table: a row for each compression and regime, or one where nothing was shown in any."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pietools.report.costs import Cost, answers_at_most
from pietools.results.rounding import MISSING, count, points
from pietools.results.shown import ShownColumn, count_and_interval, text

Row = dict[str, Any]


def legend(found: Sequence[Cost]) -> str:
    """What the columns of the table mean."""
    by_votes = all(cost.hits is None or cost.hits["method"] == "votes" for cost in found)
    hit = "are wrong more often" if by_votes else "lose more than others as hard"
    return f"answers: more than by training again; hit: {found[0].noun if found else 'examples'} that {hit}; the rest in points"


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
    has_hits, has_accuracy = (all(known) for known in zip(*(cost.is_tested for cost in alike), strict=True))
    return {
        "compression": _label(alike[0]),
        "chosen_as": alike[0].compression,
        "regime": f"all {len(alike)}",
        "answers": f"at most {count(answers_at_most(known))}" if known else MISSING,
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
