"""How well do properties predict which examples are PIEs? Only examples that had no part in the fit count."""

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.accuracy.calibration import calibration_curve
from pietools.statistics.characterize.design_matrix import Design
from pietools.statistics.characterize.logistic import AlikeFits, Observations, event_probabilities
from pietools.statistics.characterize.newton import TOLERANCE

N_FOLDS = 5
N_BINS = 10
SCORES = ("auc", "average_precision")


def out_of_fold(
    is_event: np.ndarray, properties: np.ndarray, names: tuple[str, ...], *, seed: int | list[int]
) -> np.ndarray:
    """Logistic regression on properties, fitted to four fifths of the examples, and what it says of the fifth, in turn.

    Random: nothing, but for the folds; how far it carries to other networks is for :func:`cross_fitted_scores` to say.

    Parameters
    ----------
    is_event
        Boolean, shape (n,).
    properties
        Shape (n, p), with ``names``; examples with a missing one are left out, constant and collinear ones not used.
    seed
        Of the folds, which have equally many events.

    Returns
    -------
    numpy.ndarray
        Probabilities from folds without the example, shape (n,): NaN where it lacks a property, and all NaN with fewer than
        five of either outcome, nothing to predict with, or a fold without a finite fit.
    """
    design = Design.of(properties, names)
    predicted = np.full(len(is_event), np.nan)
    if design.joint:
        kept, fits = is_event[design.is_kept], AlikeFits(TOLERANCE)
        predicted[design.is_kept], _ = predictions(design.values[:, design.joint], kept, seed, fits)
    return predicted


def predictions(
    values: np.ndarray, is_event: np.ndarray, seed: int | list[int], fits: AlikeFits
) -> tuple[np.ndarray, str | None]:
    """Probabilities (n,) from the other folds, and why there are none."""
    nothing = np.full(len(is_event), np.nan)
    if min(is_event.sum(), (~is_event).sum()) < N_FOLDS:
        return nothing, Flag.FEW_EVENTS
    folds = stratified_folds(is_event, np.random.default_rng(seed))
    log_odds = nothing.copy()
    for fold in range(N_FOLDS):
        others, held_out = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        reached = fits.fit(Observations.of(values.take(others, axis=0), is_event[others]))
        if reached is None:
            return nothing, Flag.SEPARATED
        log_odds[held_out] = values.take(held_out, axis=0) @ reached[:-1] + reached[-1]
    return event_probabilities(log_odds)[0], None


def stratified_folds(is_event: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Fold of each example, shape (n,): events, and the others, dealt out evenly in random order."""
    folds = np.empty(len(is_event), dtype=np.int8)
    for rows in (np.flatnonzero(is_event), np.flatnonzero(~is_event)):
        folds[rng.permutation(rows)] = np.arange(len(rows)) % N_FOLDS
    return folds


def scores(is_event: np.ndarray, probabilities: np.ndarray) -> tuple[float, float]:
    """Area under the ROC curve and average precision (Σ (recall_t − recall_{t−1}) · precision_t over thresholds t).

    Equal probabilities share a threshold. scikit-learn gives the same, but takes milliseconds to check its arguments.
    """
    thresholds, found = np.unique(probabilities[is_event], return_counts=True)
    # Sorting values is several times as fast as sorting positions, and events are few.
    ranked = np.sort(probabilities)
    below, up_to = (np.searchsorted(ranked, thresholds, side) for side in ("left", "right"))
    n_true = np.cumsum(found[::-1])[::-1]
    n_events, n = n_true[0], len(is_event)
    others_below, others_tied = below - (n_events - n_true), up_to - below - found
    auc = found @ (others_below + others_tied / 2) / (n_events * (n - n_events))
    return float(auc), float(found @ (n_true / (n - below)) / n_events)


def predicted_against_observed(is_event: np.ndarray, probabilities: np.ndarray) -> pl.DataFrame:
    """Calibration curve of out-of-fold probabilities, in ten bins of equally many examples.

    Parameters
    ----------
    is_event
        Boolean, shape (n,).
    probabilities
        Of :func:`out_of_fold`, shape (n,), NaN where there is none.

    Returns
    -------
    polars.DataFrame
        A row per bin that is not empty: ``bin``, ``n``, ``predicted`` (mean probability), ``observed`` (share of events),
        ``conf_low``, ``conf_high`` (Wilson's 95 % interval; the examples are random there). No rows where there are no
        probabilities.
    """
    known = np.isfinite(probabilities)
    curve = calibration_curve(probabilities[None, known], is_event[None, known], n_bins=N_BINS)
    return curve.rename({"mean_confidence": "predicted", "accuracy": "observed"})
