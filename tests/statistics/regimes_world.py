"""Two regimes of simulated networks that are right or wrong with known probabilities, and what R made of two small ones."""

from pathlib import Path

import numpy as np
import polars as pl
from scipy.special import ndtr

from pietools.statistics.tools.populations import Populations

REFERENCE = Path(__file__).parents[1] / "reference"


def r_regimes(*, paired: bool) -> tuple[Populations, Populations]:
    """Right answers of the two regimes that regimes.R made."""
    table = pl.read_csv(REFERENCE / "regimes_input.csv")
    right = {
        name: table.filter(pl.col("population") == name).drop("population").to_numpy().astype(bool)
        for name in table["population"].unique()
    }
    a, b = (Populations(right[f"dense_{r}"], right[f"compressed_{r}"], paired) for r in "ab")
    return a, b


def r_examples() -> pl.DataFrame:
    """Properties x and z, class and fold of the examples that regimes.R made."""
    return pl.read_csv(REFERENCE / "regimes_examples.csv")


def r_weights() -> pl.DataFrame:
    """Weights of the examples that R computed, of paired and of unpaired populations."""
    return pl.read_csv(REFERENCE / "regimes_weights.csv")


def r_values() -> dict[str, float]:
    """What R computed."""
    return dict(pl.read_csv(REFERENCE / "regimes.csv").iter_rows())


class World:
    """Margins of n examples in two regimes that share their difficulty, and what compression takes off in each.

    ``hit_a``, ``hit_b``: taken off the margin, shapes (n,). Pairs share 0.6 of the variance of the noise; in matched
    regimes half of that is common to all four networks of a replicate.
    """

    def __init__(self, rng: np.random.Generator, n: int, hit_a: np.ndarray, hit_b: np.ndarray) -> None:
        self.rng, self.n, self.hits = rng, n, (hit_a, hit_b)
        difficulty = 1.4 + rng.normal(0, 1.3, n)
        self.margins = tuple(difficulty + rng.normal(0, 0.3, n) for _ in range(2))

    @property
    def rho(self) -> float:
        """The true correlation of the changes."""
        changes = [ndtr(margin) - ndtr(margin - hit) for margin, hit in zip(self.margins, self.hits, strict=True)]
        return float(np.corrcoef(*changes)[0, 1])

    def draw(self, k: int, *, paired: bool, matched: bool) -> tuple[Populations, Populations]:
        """Right answers of k networks in each of the four populations."""
        seed = self._noise(k)
        a, b = (
            self._regime(k, margin, hit, seed if matched else self._noise(k), paired=paired)
            for margin, hit in zip(self.margins, self.hits, strict=True)
        )
        return a, b

    def _regime(self, k: int, margin: np.ndarray, hit: np.ndarray, seed: np.ndarray, *, paired: bool) -> Populations:
        own = 0.5**0.5 * (seed + self._noise(k))
        share = 0.6 if paired else 0
        noise = [share**0.5 * own + (1 - share) ** 0.5 * self._noise(k) for _ in range(2)]
        return Populations(noise[0] < margin, noise[1] < margin - hit, paired)

    def _noise(self, k: int) -> np.ndarray:
        return self.rng.normal(size=(k, self.n))


def labels_of(right: Populations, given_labels: np.ndarray, n_classes: int = 5) -> Populations:
    """Predicted labels of networks that name the next class where they are wrong."""
    reference, compressed = (
        np.where(side, given_labels, (given_labels + 1) % n_classes) for side in (right.reference, right.compressed)
    )
    return Populations(reference, compressed, right.paired)
