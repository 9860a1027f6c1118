"""Properties of examples as the networks of one population give them, of all networks or of some."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import RLock

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.properties import atypicality, difficulty, forgetting, label_noise, prediction_depth, q_score
from pietools.statistics.properties.network_means import mean_over_networks
from pietools.study import Study
from pietools.topics.properties.catalogue import PROPERTIES

# Training examples that atypicality looks at; more change the ranks little.
N_TRAINING = 10_000
# Probabilities of more bytes than this are not kept for every network, but only their mean.
MAX_BYTES = 2**30
# Values of sets of networks that are kept.
N_KEPT = 128
SCALARS = {
    "loss": ("loss", difficulty.loss),
    "margin": ("margin", difficulty.margin),
    "el2n": ("brier", difficulty.el2n),
}
"""Properties of single numbers of a prediction: their column, and how they are measured."""


@dataclass
class NetworkProperties:
    """Properties of the n examples of a data set by the K networks of a population, each measured when it is first asked for.

    ``of_several`` gives properties that are no means over networks for the networks of some numbers. ``flags`` says why a property
    is absent. ``large`` are read anew for every set of networks, too slow for many sets.
    """

    n_networks: int
    of_several: dict[str, Callable[[np.ndarray], pl.Series]] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)
    large: set[str] = field(default_factory=set)
    _measures: dict[str, Callable[[], np.ndarray]] = field(default_factory=dict)
    _measured: dict[str, np.ndarray] = field(default_factory=dict)
    _values: dict[tuple[str, bytes], pl.Series] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    @property
    def names(self) -> list[str]:
        """What can be measured, in the order of the catalogue."""
        return [name for name in PROPERTIES if name in self._measures or name in self.of_several]

    def by_network(self, name: str) -> np.ndarray | None:
        """A property that is a mean over networks, by each of them, (K, n), NaN where one has none; None if it is not known."""
        with self._lock:
            if name not in self._measured and name in self._measures:
                self._measured[name] = self._measures[name]()
            return self._measured.get(name)

    def values(self, name: str, networks: np.ndarray | None = None) -> pl.Series:
        """A property by the networks of these numbers, by default by all; null where there is none.

        The comparisons with one reference, and its controls, ask for the same sets of networks: the last of them are kept.
        """
        chosen = np.arange(self.n_networks) if networks is None else networks
        key = name, np.asarray(chosen, dtype=np.int64).tobytes()
        with self._lock:
            if key not in self._values:
                if len(self._values) >= N_KEPT:
                    del self._values[next(iter(self._values))]
                self._values[key] = self._of(name, chosen)
            return self._values[key]

    def _of(self, name: str, chosen: np.ndarray) -> pl.Series:
        if name in self.of_several:
            return self.of_several[name](chosen).cast(pl.Float64)
        values = self.by_network(name)
        assert values is not None
        return mean_over_networks(name, values[chosen])

    def is_known_by_some(self, name: str, n_networks: int) -> bool:
        """Whether so many networks are enough for a property: one agrees with itself and nobody."""
        return self.values(name, np.arange(n_networks)).is_not_null().any()

    def is_known_by_all(self, name: str) -> np.ndarray:
        """Which examples every network has a value of, (n,)."""
        values = self.by_network(name)
        if values is None:
            return self.values(name).is_not_null().to_numpy()
        return np.asarray(np.isfinite(values).all(axis=0))

    def add(self, name: str, measure_all: Callable[[], np.ndarray]) -> None:
        """Take how a property's values by network (K, n) are measured."""
        self._measures[name] = measure_all

    def leave_out(self, name: str, why: str) -> None:
        """Forget a property, and say why."""
        self._measures.pop(name, None)
        self.of_several.pop(name, None)
        self.flags[name] = why


def measure(
    study: Study,
    population: str,
    dataset: str,
    evaluated: tuple[pl.DataFrame, np.ndarray],
    *,
    inputs: str,
    train: str | None,
    is_training: bool,
) -> NetworkProperties:
    """Say what can be measured of whatever the study holds enough for.

    Parameters
    ----------
    evaluated
        Networks and their predicted labels, (K, n), of :meth:`pietools.study.Study.label_matrix`.
    inputs
        Data set with the same inputs, whose logits are taken: of a copy with other labels its source, else the data set itself.
    train
        Data set of the training examples whose features atypicality compares with, if there is one.
    is_training
        Whether the networks were trained on the data set: what needs unseen examples is left out then.
    """
    networks, predicted = evaluated
    labels = study.labels(dataset)
    found = NetworkProperties(len(predicted))
    recorded = study.recordings(population, dataset)
    scalars = study.scalar_matrices(population, [column for column, _ in SCALARS.values()], dataset, networks=networks)
    for name, (column, measure_one) in SCALARS.items():
        if np.isfinite(scalars[column]).any():
            found.add(name, partial(_each_scalar, measure_one, column, scalars[column]))
    if len(predicted) > 1:
        found.of_several["agreement"] = lambda networks: difficulty.agreement(predicted[networks])
    else:
        found.flags["agreement"] = Flag.ONE_NETWORK
    if "logits" in (recorded if inputs == dataset else study.recordings(population, inputs)):
        _add_of_probabilities(found, study, population, inputs, labels)
    if "features" in recorded:
        _add_of_features(found, study, population, dataset, train)
    if "layer_predictions" in recorded:
        probes = study.layer_predictions(population, dataset).labels
        found.add("prediction_depth", lambda: _each(prediction_depth.prediction_depth, probes, predicted))
        found.add("label_depth", lambda: _each_with(prediction_depth.label_depth, probes, labels))
    if "epoch_predictions" in recorded:
        epochs = study.epoch_predictions(population, dataset)
        found.add("forgetting_events", lambda: _each_with(forgetting.forgetting_events, epochs.labels, labels))
        found.add("never_learned", lambda: _each_with(forgetting.never_learned, epochs.labels, labels))
        found.add("el2n_early", lambda: _each_with(forgetting.el2n_early, epochs.el2n, labels))
    _leave_out(found, is_training=is_training, has_labels=bool((labels >= 0).any()))
    return found


def _leave_out(found: NetworkProperties, *, is_training: bool, has_labels: bool) -> None:
    """Drop what may not be said of these examples, and say why each absent property is absent."""
    for name, described in PROPERTIES.items():
        if is_training and described.unseen_only:
            found.leave_out(name, Flag.TRAINING_EXAMPLES)
        elif described.needs_label and not has_labels:
            found.leave_out(name, Flag.NO_LABELS)
        elif name not in found.names:
            found.leave_out(name, found.flags.get(name, Flag.NOT_RECORDED))


def _each_scalar(measure_one: Callable[..., pl.Series], column: str, values: np.ndarray) -> np.ndarray:
    frames = (pl.DataFrame({column: row}, nan_to_null=True) for row in values)
    return np.stack([measure_one([frame]).to_numpy() for frame in frames])


def _add_of_probabilities(
    found: NetworkProperties, study: Study, population: str, dataset: str, labels: np.ndarray
) -> None:
    n_classes = len(next(study.each_logits(population, dataset))[0])
    is_large = found.n_networks * len(labels) * n_classes * 4 > MAX_BYTES
    mean = _mean_probabilities(study, population, dataset, is_large=is_large)
    of_probabilities: dict[str, Callable[[np.ndarray], pl.Series]] = {
        "entropy": lambda networks: difficulty.entropy(mean(networks)),
        "label_noise": lambda networks: label_noise.label_noise(mean(networks), labels),
        "is_label_issue": lambda networks: label_noise.is_label_issue(mean(networks), labels),
    }
    found.of_several |= of_probabilities
    found.large |= of_probabilities.keys() if is_large else set()


def _mean_probabilities(
    study: Study, population: str, dataset: str, *, is_large: bool
) -> Callable[[np.ndarray], np.ndarray]:
    """Gives the mean probabilities (n, m) of the networks of some numbers; those of single networks are kept unless large."""
    if is_large:
        return lambda networks: difficulty.mean_probabilities(
            logits for k, logits in enumerate(study.each_logits(population, dataset)) if k in networks
        )
    every = np.stack(
        [difficulty.mean_probabilities([one]).astype(np.float32) for one in study.each_logits(population, dataset)]
    )
    return lambda networks: every[networks].mean(axis=0, dtype=np.float64)


def _add_of_features(found: NetworkProperties, study: Study, population: str, dataset: str, train: str | None) -> None:
    def features(of: str) -> Iterator[np.ndarray]:
        return study.each_features(population, of)

    found.add("q_score", lambda: np.stack([q_score.q_score([one]).to_numpy() for one in features(dataset)]))
    if train is None or "features" not in study.recordings(population, train):
        return
    labels = study.labels(train)
    chosen = np.sort(np.random.default_rng(0).permutation(len(labels))[:N_TRAINING])

    def each(measure_one: Callable[..., pl.Series], *more: np.ndarray) -> np.ndarray:
        both = zip(features(dataset), features(train), strict=True)
        return np.stack([measure_one([evaluated], [trained[chosen]], *more).to_numpy() for evaluated, trained in both])

    found.add("atypicality", partial(each, atypicality.atypicality, labels[chosen]))
    found.add("atypicality_knn", partial(each, atypicality.atypicality_knn))
    found.add("atypicality_lof", partial(each, atypicality.atypicality_lof))


def _each(measure_one: Callable[..., pl.Series], values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """A property by each network, from two arrays with a row per network."""
    return np.stack([measure_one([one], [other]).to_numpy() for one, other in zip(values, others, strict=True)])


def _each_with(measure_one: Callable[..., pl.Series], values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """A property by each network, from an array with a row per network and the given labels."""
    return np.stack([measure_one([one], labels).to_numpy() for one in values])
