"""Log odds of several networks on one scale: what moves or stretches all of a network's alike says nothing of single examples."""

from dataclasses import dataclass

import numpy as np

from pietools.statistics.log_odds.robust_regression import huber_lines

LEAST_SLOPE = 0.05
"""A network whose log odds rise by less than this with the others' says nothing of which examples are easy."""


@dataclass(frozen=True)
class Normalised:
    """Log odds of both populations, (K_D, n) and (K_C, n), on the scale of their common profile.

    ``profile``: mean log odds of an example over both populations, (n,). ``slopes``: of each network's line against it, the
    reference's first, (K_D + K_C,).
    """

    reference: np.ndarray
    compressed: np.ndarray
    profile: np.ndarray
    slopes: np.ndarray

    @property
    def is_possible(self) -> bool:
        """Whether every network tells easy from hard examples, at least a little."""
        return bool((self.slopes >= LEAST_SLOPE).all())


def normalise(reference: np.ndarray, compressed: np.ndarray) -> Normalised:
    """Bring every network's log odds (K, n) to the common profile: s ← (s − intercept) / slope, by Huber's robust line.

    The profile counts both populations alike, whatever their sizes. A line and not a curve: a curve through each network was too
    liberal in simulated studies, and so were medians alone (docs/methods/examples.md). Shifts of a network leave no trace; its own
    stretch leaves little, as the profile is the mean of the log odds as they are.
    """
    profile = (reference.mean(axis=0) + compressed.mean(axis=0)) / 2
    (of_reference, slope_d), (of_compressed, slope_c) = (huber_lines(profile, side) for side in (reference, compressed))
    return Normalised(
        _without_line(reference, of_reference, slope_d),
        _without_line(compressed, of_compressed, slope_c),
        profile,
        np.concatenate([slope_d, slope_c]),
    )


def _without_line(side: np.ndarray, intercept: np.ndarray, slope: np.ndarray) -> np.ndarray:
    return (side - intercept[:, None]) / np.where(slope >= LEAST_SLOPE, slope, 1.0)[:, None]
