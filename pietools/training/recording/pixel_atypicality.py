"""How unlike the training pictures is a picture? Measured on the pixels, so that no network has to keep its features."""

import numpy as np
import torch
from torch import Tensor

from pietools.errors import TrainingError
from pietools.statistics.properties.atypicality import atypicality, pixel_components
from pietools.training.data.images import ImageData
from pietools.training.recording.layer_probes import choose_probe_data

ATYPICALITY, PIXELS = "atypicality", "pixels"
"""The property, and its source."""
MAX_PIXELS = 12_288
"""Numbers per picture, 64 x 64 in colour: the covariance of more does not fit a small machine."""


def pixel_atypicality(data: ImageData, train: ImageData, seed: int) -> np.ndarray:
    """Return -max_c log N(x; mean_c, covariance) of the principal components of the pixels, in nats, shape (n,).

    Fitted to at most 10,000 of the training examples, chosen by the seed. Raises TrainingError if the pictures are large.
    """
    n_channels, height, width = data.image_shape
    if (n_pixels := n_channels * height * width) > MAX_PIXELS:
        raise TrainingError(
            f"[collect] pixel_atypicality: pictures of {width} x {height} have {n_pixels} numbers, more than {MAX_PIXELS}: "
            "crop them, or collect features instead."
        )
    chosen = choose_probe_data(train, seed).indices
    pixels, training = pixel_components(_flat(data, torch.arange(len(data))), _flat(train, chosen))
    values = atypicality([pixels], [training], train.labels[chosen].numpy())
    return values.fill_null(np.nan).to_numpy()


def _flat(data: ImageData, indices: Tensor) -> np.ndarray:
    """Pixels in [0, 1], shape (examples, numbers), float32."""
    return data.images.read(indices).flatten(1).float().div_(255).numpy()
