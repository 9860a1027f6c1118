"""Rates with standard errors, held against what each method claims."""

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import polars as pl

from pietools.validation.log_odds_hits import HIT_WORLDS
from pietools.validation.log_odds_reasons import REASON_WORLDS
from pietools.validation.log_odds_regimes import REGIME_WORLDS
from pietools.validation.margin_worlds import MARGIN_WORLDS
from pietools.validation.methods import (
    ASYMPTOTIC,
    ASYMPTOTIC_AT_MOST,
    AT_MOST,
    CAUTIOUS,
    EIGHTY,
    FALSE_FLAGS,
    INTERVAL,
    MODAL,
    MODAL_AT_NOTHING,
    POWER,
    RARE,
)
from pietools.validation.running import ALL_WORLDS, NUMBERS, Results

CLAIMS = {
    ASYMPTOTIC: (0.042, 0.058),
    ASYMPTOTIC_AT_MOST: (0.0, 0.058),
    AT_MOST: (0.0, 0.05),
    INTERVAL: (0.93, 0.97),
    MODAL: (0.91, 0.98),
    MODAL_AT_NOTHING: (0.91, 1.0),
    POWER: (-0.02, 0.02),
    FALSE_FLAGS: (0.0, 0.1),
    RARE: (0.0, 0.001),
    CAUTIOUS: (0.93, 1.0),
    EIGHTY: (0.75, 0.9),
}
ERRORS_ALLOWED = 3
N_EXPECTED = 4  # columns of what answers.Expected keeps, with the number of the data set
WITHIN, NEAR, MISSED = "within", "within 3 se", "missed"
PAIR = "pair"  # the design of one network against another
COLUMNS = {
    **dict.fromkeys(("method", "measure", "world", "design"), pl.String),
    "n_networks": pl.Int64,
    "claim": pl.String,
    **dict.fromkeys(("target_low", "target_high", "observed", "std_error"), pl.Float64),
    "n_studies": pl.Int64,
    "verdict": pl.String,
    "n_examples": pl.Int64,
}


def rates(results: Results) -> pl.DataFrame:
    """One row per method, measure, world, design, number of networks and, where it is the cell's own, number of examples.

    Returns
    -------
    polars.DataFrame
        ``claim`` names the range from ``target_low`` to ``target_high``, all null if nothing is claimed. ``observed`` is a
        ratio of sums over ``n_studies`` simulated studies, and ``std_error`` counts studies, never classes or examples.
        ``verdict``: ``within`` the range, outside it but ``within 3 se`` of it, or ``missed``. ``n_examples`` is null but in
        worlds of log odds and of one pair.
    """
    rows = []
    for (cell, method, measure, claim), found in results.items():
        counts = _covered_expectations(found) if found.shape[1] == N_EXPECTED else found[:, 1:]
        if counts[:, 1].sum():
            name = (method, measure, cell.world, cell.design, cell.n_networks)
            rows.append((*name, claim or None, *_rate(counts, CLAIMS.get(claim)), cell.n_examples))
    return _ordered(pl.DataFrame(rows, schema=COLUMNS, orient="row"))


def _covered_expectations(found: np.ndarray) -> np.ndarray:
    """Whether each interval holds the mean estimate of its data set, from rows of data set, estimate, low, high."""
    data_set, estimate, low, high = found.T
    number = data_set.astype(int)
    sizes = np.maximum(np.bincount(number), 1)
    mean = (np.bincount(number, weights=estimate) / sizes)[number]
    return np.column_stack([(low <= mean) & (mean <= high), np.ones(len(mean))])


def _rate(counts: np.ndarray, target: tuple[float, float] | None) -> tuple[float | int | str | None, ...]:
    """Target, rate, error, number of studies and verdict, from what was counted and out of how many in each study (S, 2)."""
    total, n_studies = counts[:, 1].sum(), len(counts)
    observed = counts[:, 0].sum() / total
    residuals = counts[:, 0] - observed * counts[:, 1]
    std_error = float(np.sqrt((residuals**2).sum() * n_studies / max(n_studies - 1, 1)) / total)
    verdict = None if target is None else _verdict(observed, std_error, total, *target)
    return *(target or (None, None)), float(observed), std_error, n_studies, verdict


def _verdict(observed: float, std_error: float, total: float, low: float, high: float) -> str:
    if low <= observed <= high:
        return WITHIN
    bound = low if observed < low else high
    # Where nothing, or everything, was found the observed error is 0: then that of the bound counts.
    error = max(std_error, (max(bound * (1 - bound), 0) / total) ** 0.5)
    return NEAR if abs(observed - bound) <= ERRORS_ALLOWED * error else MISSED


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """By method, measure, world and design, each as first named."""
    first = {
        "method": list(NUMBERS),
        "measure": rows["measure"].unique(maintain_order=True).to_list(),
        "world": list(ALL_WORLDS),
    }
    ranks = [pl.col(name).replace_strict(values, range(len(values)), default=None) for name, values in first.items()]
    return rows.sort(*ranks, "design", "n_networks", "n_examples") if rows.height else rows


def count_within(rows: pl.DataFrame) -> tuple[int, int]:
    """Rows within their range, or within three standard errors of it, and rows with a range."""
    claimed = rows.drop_nulls("verdict")
    return int((claimed["verdict"] != MISSED).sum()), claimed.height


def wide(rows: pl.DataFrame, *, claimed: bool) -> tuple[list[str], list[list[str]]]:
    """Header and cells of a table for people: a line per method, measure, world and claim.

    It has a column per design and number of networks, or, of one pair of networks, per number of examples; in worlds of log odds a
    line per number of examples too. What missed its range has a ``!`` before it, what is outside but within three standard errors
    a ``~``. The error and the number of studies are the largest of the line.
    """
    rows = rows.filter(pl.col("claim").is_not_null() == claimed)
    in_order = rows.sort("design", "n_networks", "n_examples")
    names = list(dict.fromkeys(_column(row) for row in in_order.iter_rows(named=True)))
    by_size = bool((rows["n_examples"].is_not_null() & (rows["design"] != PAIR)).any())
    size, target = (["examples"] if by_size else []), (["target"] if claimed else [])
    header = ["method", "measure", "world", *size, *target, *names, "± se", "studies"]
    return header, list(_lines(rows, names, claimed=claimed, by_size=by_size))


def _column(row: dict[str, Any]) -> str:
    """Name of the column that a rate stands in."""
    return f"n = {row['n_examples']:,}" if row["design"] == PAIR else f"{row['design']} {row['n_networks']}"


def _lines(rows: pl.DataFrame, names: list[str], *, claimed: bool, by_size: bool) -> Iterator[list[str]]:
    keys = ["method", "measure", "world", "claim", *(["n_examples"] if by_size else [])]
    for (method, measure, world, _, *sizes), group in rows.group_by(keys, maintain_order=True):
        found = {_column(row): row for row in group.iter_rows(named=True)}
        any_row = next(iter(found.values()))
        size = [f"{n:,}" for n in sizes]
        target = [f"{any_row['target_low']:g} to {any_row['target_high']:g}"] if claimed else []
        shown = [_shown(found[name]) if name in found else "–" for name in names]
        largest = group.select("std_error", "n_studies").max().row(0)
        named = [str(method), str(measure), str(world), *size, *target]
        yield [*named, *shown, f"{largest[0]:.3f}", f"{largest[1]:,}"]


def _shown(row: dict[str, Any]) -> str:
    mark = {MISSED: "!", NEAR: "~"}.get(str(row["verdict"]), "")
    digits = 4 if row["claim"] == RARE else 3
    return f"{mark}{round(row['observed'], digits) + 0.0:.{digits}f}"  # no −0.000


def by_kind(rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """What there is of each kind of world, with titles."""
    kinds: dict[str, Collection[str]] = {
        "Why, and whether in another regime too": MARGIN_WORLDS,
        "Log odds: which examples": HIT_WORLDS,
        "Log odds: why these": REASON_WORLDS,
        "Log odds: two regimes": REGIME_WORLDS,
    }
    others = [(title, pl.col("world").is_in(list(worlds))) for title, worlds in kinds.items()]
    is_pair = pl.col("design") == PAIR
    is_other = pl.any_horizontal(is_pair, *(which for _, which in others))
    parts = [("What compression does", ~is_other), *others, ("One pair of networks", is_pair)]
    return [(title, found) for title, which in parts if (found := rows.filter(which)).height]


def markdown(rows: pl.DataFrame) -> str:
    """Tables of what is claimed and of the rest, by kind of world, and how many rows are within their range."""
    within, of = count_within(rows)
    parts = [f"{within} of {of} within their range."]
    for title, of_kind in by_kind(rows):
        parts.append(f"**{title}**")
        for claimed in (True, False):
            header, lines = wide(of_kind, claimed=claimed)
            if lines:
                rule = ["---", "---", "---", *["---:"] * (len(header) - 3)]
                parts.append("\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *lines)))
    return "\n\n".join(parts) + "\n"
