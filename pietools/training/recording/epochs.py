"""Predicted labels and EL2N after every epoch of training, beside the weights."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
import torch
from torch import Tensor, nn

from pietools.bounds import no_file
from pietools.errors import CollectError
from pietools.study import EpochPredictions
from pietools.training.boundary import boundary
from pietools.training.data.images import ImageData
from pietools.training.prediction import predict_logits
from pietools.whole_files import write_whole

SUFFIX = ".epochs.safetensors"
LABEL, EL2N = "predicted_label", "el2n"


class EpochRecorder:
    """Keeps the predicted label and EL2N of every example of some data sets, epoch by epoch.

    EL2N is ‖softmax − onehot‖₂ with the label that the data set gives (Paul et al. 2021, arXiv 2107.07075). Without data
    sets it does nothing, so that a training loop need not ask. It leaves no trace in the training: weights, batch
    normalisation, modes and random states are as before.
    """

    def __init__(self, datasets: Sequence[ImageData], *, batch_size: int, device: torch.device) -> None:
        self._datasets = [replace(data, images=data.images.to(device)) for data in datasets]
        self._batch_size, self._device = batch_size, device
        self._labels: dict[str, list[np.ndarray]] = {data.name: [] for data in datasets}
        self._el2n: dict[str, list[np.ndarray]] = {data.name: [] for data in datasets}

    def after_epoch(self, network: nn.Module) -> None:
        """Run the network, on the device of the recorder, over the data sets in evaluation mode and float32.

        To be called where `ends_epoch` says so. Raises CollectError if the network fails.
        """
        if not self._datasets:
            return
        with _as_before(network, self._device):
            for data in self._datasets:
                everything = torch.arange(len(data))
                self.keep(
                    data,
                    predict_logits(network, data, everything, batch_size=self._batch_size, device=self._device),
                )

    def keep(self, data: ImageData, logits: Tensor) -> None:
        """Add an epoch from the logits of all examples of a data set, float32 on the CPU, shape (n, classes)."""
        smallest = np.min_scalar_type(len(data.class_names) - 1)
        self._labels[data.name].append(logits.argmax(1).numpy().astype(smallest))
        self._el2n[data.name].append(el2n(logits, data.labels).numpy())

    def save(self, path: Path) -> dict[str, Any]:
        """Write the epochs beside the weights at `path`; to be called before the sidecar is written.

        Returns what the sidecar is to say of them: the key "epochs" with data sets, number of epochs and checksum, or
        nothing where nothing was recorded. Raises TrainingError if they cannot be written.
        """
        kept = {name: labels for name, labels in self._labels.items() if labels}
        if not kept:
            return {}
        tensors = {f"{name}.{LABEL}": np.stack(labels) for name, labels in kept.items()}
        tensors |= {f"{name}.{EL2N}": np.stack(self._el2n[name]) for name in kept}
        content = safetensors.numpy.save(tensors)
        with boundary(f"{epochs_path(path)} cannot be written"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(epochs_path(path), content)
        n_epochs = len(next(iter(kept.values())))
        return {"epochs": {"datasets": list(kept), "n_epochs": n_epochs, "sha256": sha256(content).hexdigest()}}


def ends_epoch(step: int, n_steps: int, n_examples: int, batch_size: int) -> bool:
    """Whether the network is to be asked after this step, from 1: it ends an epoch, without its incomplete last batch, or all."""
    return step == n_steps or step % (n_examples // min(batch_size, n_examples)) == 0


def epochs_path(path: Path) -> Path:
    """Return where the epochs of the weights at `path` are."""
    return path.with_suffix(SUFFIX)


def el2n(logits: Tensor, labels: Tensor) -> Tensor:
    """Return ‖softmax − onehot‖₂ of each example, in [0, √2], from logits of shape (n, classes) and labels of shape (n,)."""
    errors = logits.softmax(1) - nn.functional.one_hot(labels, logits.shape[1])
    return errors.norm(dim=1)


def recorded_datasets(sidecar: dict[str, Any]) -> list[str]:
    """List the data sets of which the epochs were recorded."""
    return list((sidecar.get("epochs") or {}).get("datasets", []))


def read_epochs(path: Path, sidecar: dict[str, Any], dataset: str) -> EpochPredictions:
    """Read the epochs of a data set that the sidecar of the weights at `path` names.

    Raises CollectError if they are missing or are not those that the sidecar describes.
    """
    epochs = epochs_path(path)
    advice = "Move both away, and the network is trained again."
    with boundary(f"{epochs} cannot be read", CollectError):
        if (reason := no_file(epochs, may_be_absent=True)) is not None:
            raise CollectError(f"{reason}, beside {path.name}. {advice}")
        content = epochs.read_bytes()
        if sha256(content).hexdigest() != sidecar["epochs"]["sha256"]:
            raise CollectError(f"{epochs} is not what {path.with_suffix('.json').name} describes. {advice}")
        tensors = safetensors.numpy.load(content)
    return EpochPredictions(tensors[f"{dataset}.{LABEL}"], tensors[f"{dataset}.{EL2N}"])


@contextmanager
def _as_before(network: nn.Module, device: torch.device) -> Iterator[None]:
    """Give every module its mode back, also those that are frozen in evaluation mode, and torch its random states."""
    modes = [(module, module.training) for module in network.modules()]
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield
    for module, mode in modes:
        module.training = mode
