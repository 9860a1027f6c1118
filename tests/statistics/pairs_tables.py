"""What the tests of one pair of networks share: the values of pairs.R, the counts that are likely in a sample."""

import math
from pathlib import Path

import numpy as np
import polars as pl
from scipy import stats

REFERENCE = Path(__file__).parents[1] / "reference"


def r_pairs() -> list[dict[str, float]]:
    """Counts of each pair of pairs.R, and what R makes of them; NaN where it was not asked."""
    values = [pl.read_csv(REFERENCE / name, null_values="NA") for name in ("pairs_input.csv", "pairs.csv")]
    rows = pl.concat(values, how="horizontal").fill_null(math.nan).to_dicts()
    return [{**row, "n": sum(row[name] for name in ("lost", "gained", "both_right", "both_wrong"))} for row in rows]


def likely_tables(n: int, share_lost: float, share_gained: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lost and gained examples, and the probability of each pair of counts that has more than 10⁻⁷."""
    lost, gained = (
        np.arange(int(stats.binom.ppf(1e-9, n, share)), int(stats.binom.isf(1e-9, n, share)) + 2)
        for share in (share_lost, share_gained)
    )
    lost, gained = (grid.ravel() for grid in np.meshgrid(lost, gained))
    fits = lost + gained <= n
    counts = np.column_stack([lost, gained, n - lost - gained])[fits]
    p = stats.multinomial.pmf(counts, n, [share_lost, share_gained, 1 - share_lost - share_gained])
    return counts[p > 1e-7, 0], counts[p > 1e-7, 1], p[p > 1e-7]


def r_values(start: str) -> dict[str, float]:
    """Values of pairs.R whose name begins so, by the rest of the name."""
    rows = pl.read_csv(REFERENCE / "pairs_values.csv").iter_rows()
    return {name.removeprefix(start): value for name, value in rows if name.startswith(start)}


def within_drawing(p: float, exact: float) -> bool:
    """Whether a p-value of 9,999 draws is within four of its errors."""
    return abs(p - exact) <= 4 * math.sqrt(exact * (1 - exact) / 10_000) + 1e-4
