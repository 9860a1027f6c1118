"""A simulated study of several regimes, whose compressed networks lose examples for a known reason."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np

from pietools.statistics.tools.scalars import scalars_from_logits
from pietools.study import Study
from pietools.study.records import LABEL_NOISE, Dataset, Evaluation, Model, Population

N, N_CLASSES, N_NETWORKS = 400, 4, 8
TEST, NOISY, BLURRED = "toy/test", "toy/test/label-noise", "toy/test/blur"
# What populations are run on besides the test set.
DATASETS = {"dense": (TEST, NOISY, BLURRED), "magnitude-0.9": (TEST, BLURRED)}
COMPRESSED = {"magnitude-0.5": 0.3, "magnitude-0.9": 1.0}


def make_regimes(
    path: Path,
    regimes: tuple[str, ...] = ("supervised", "simclr"),
    *,
    compressed: Mapping[str, float] = COMPRESSED,
    second: bool = True,
    n_networks: int = N_NETWORKS,
    damage: float = 3.0,
    seed: int = 0,
) -> Study:
    """A study of populations REGIME/dense, dense-2, and compressed ones, by the share of the damage that they take.

    Compression takes up to ``damage`` off the margin of the examples whose property ``texture`` is high, the same in all regimes.
    A copy of the data set has a tenth of its labels replaced; another has blurred inputs.
    """
    rng = np.random.default_rng(seed)
    study = Study.create(path)
    labels, texture = rng.integers(0, N_CLASSES, N), rng.normal(size=N)
    _add_datasets(study, rng, labels)
    study.add_property(TEST, "texture", texture, "people")
    ease = rng.normal(2.5, 1.5, N)
    for regime in regimes:
        of_regime = ease + rng.normal(0, 0.5, N)
        _add_population(study, rng, Population(f"{regime}/dense", "dense", regime), labels, of_regime, 0, n_networks)
        dense = f"{regime}/dense"
        for name, share in compressed.items():
            sparsity = float(name.split("-")[1])
            made = Population(f"{regime}/{name}", "compressed", regime, "magnitude", sparsity, None, dense, dense)
            hit = share * damage * np.clip(texture, 0, 1)
            _add_population(study, rng, made, labels, of_regime - hit, 0, n_networks)
        if second:
            control = Population(f"{regime}/dense-2", "control", regime, "second-dense", None, None, dense)
            _add_population(study, rng, control, labels, of_regime, 1000, n_networks)
    return study


def _add_datasets(study: Study, rng: np.random.Generator, labels: np.ndarray) -> None:
    keys, classes = [f"e{i}" for i in range(N)], [f"class {c}" for c in range(N_CLASSES)]
    study.add_dataset(Dataset(TEST, keys, labels, classes, "test"))
    replaced = np.where(rng.random(N) < 0.1, (labels + 1) % N_CLASSES, labels)
    study.add_dataset(Dataset(NOISY, keys, replaced, classes, "test", None, TEST, LABEL_NOISE, 1, 0))
    study.add_dataset(Dataset(BLURRED, keys, labels, classes, "test", None, TEST, "gaussian-blur", 3, 0))


def _add_population(
    study: Study,
    rng: np.random.Generator,
    population: Population,
    labels: np.ndarray,
    ease: np.ndarray,
    first: int,
    n_networks: int,
) -> None:
    """Networks whose logit of the label exceeds that of another class by ``ease`` on average."""
    study.add_population(population)
    for k in range(n_networks):
        logits = rng.normal(size=(N, N_CLASSES)).astype(np.float32)
        logits[np.arange(N), labels] += ease.astype(np.float32)
        for dataset in DATASETS.get(population.name.split("/")[1], (TEST,)):
            digest = sha256(f"{population.name}/{k}/{dataset}".encode()).hexdigest()
            scalars = scalars_from_logits(logits, study.labels(dataset))
            model = Model(population.name, str(first + k))
            study.add_evaluation(model, Evaluation(dataset, "logits", digest), scalars, logits, "float32")
