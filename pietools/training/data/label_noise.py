"""Wrong labels, planted on purpose at a known rate."""

import numpy as np
import torch
from torch import Tensor

from pietools.errors import TrainingError


def plant_label_noise(labels: Tensor, n_classes: int, rate: float, seed: int) -> Tensor:
    """Give exactly round(rate · n) of n examples, chosen at random, one of the other classes, each as likely.

    `labels` are class indices from 0, shape (n,); they are left as they are, and where the result differs is the truth.
    Uniform noise as in Zhang et al. (2017), arXiv 1611.03530, but never by chance the right class. With the same seed a
    higher rate plants all that a lower one does, and more. Raises TrainingError if there is nothing to plant.
    """
    n_planted = round(rate * len(labels))
    if n_planted == 0 or n_classes < 2:
        raise TrainingError(
            f"label noise of {rate:g} in {len(labels)} labels of {n_classes} classes plants nothing: raise the rate."
        )
    generator = np.random.Generator(np.random.Philox(seed))
    chosen = generator.permutation(len(labels))[:n_planted]
    shifts = generator.integers(1, n_classes, size=len(labels))
    noisy = labels.clone()
    noisy[chosen] = (labels[chosen] + torch.from_numpy(shifts[chosen])) % n_classes
    return noisy
