"""k-NN probes of the layers of a network (Baldock et al. 2021, arXiv 2106.09647, section 2.1).

A probe predicts the label of an example from the training examples that are nearest to it in what a layer receives.
The labels of all layers tell from which one on they agree: the prediction depth.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pietools.training.data.images import ImageData
from pietools.training.recording.layer_inputs import watch_layers

N_NEIGHBOURS = 30
N_TRAINING = 10_000
"""Training examples that a probe compares with: a seeded subset where there are more."""


@dataclass(frozen=True)
class ProbeData:
    """The training examples that all networks' probes compare with: those of `data` at `indices`, ascending."""

    data: ImageData
    indices: Tensor


@dataclass(frozen=True)
class LayerProbes:
    """The probes of one network, by the names that `watch_layers` gives its layers.

    `training` is what a layer received for the training examples less `means`, shape (examples, width): far from zero,
    where activations are, distances would be less exact.
    """

    data: ProbeData
    means: dict[str, Tensor]
    training: dict[str, Tensor]


def choose_probe_data(data: ImageData, seed: int) -> ProbeData:
    """Choose `N_TRAINING` of the training examples at random, the same for the same seed; or take all there are."""
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
    return ProbeData(data, order[:N_TRAINING].sort().values)


def fit_probes(network: nn.Module, data: ProbeData, predict: Callable[[ImageData, Tensor], Tensor]) -> LayerProbes:
    """Run the network over the training examples and keep what its layers receive: 40 MB for one of width 1,024."""
    batches: list[dict[str, Tensor]] = []
    with watch_layers(network, batches.append):
        predict(data.data, data.indices)
    means, training = {}, {}
    for name in list(batches[0]):
        embedded = torch.cat([batch.pop(name) for batch in batches])
        means[name] = embedded.mean(0)
        training[name] = embedded - means[name]
    return LayerProbes(data, means, training)


def classify(probes: LayerProbes, embedded: dict[str, Tensor], own: Tensor | None) -> Tensor:
    """Return the labels that the probes predict for a batch of examples, int64 on the CPU, shape (layers, n).

    `embedded` is what the layers received for them. For training examples `own` says which ones they are, as indices
    into the training data, shape (n,), so that none is its own neighbour.
    """
    labels = probes.data.data.labels[probes.data.indices]
    is_own = None if own is None else own[:, None] == probes.data.indices
    predicted = []
    for name, training in probes.training.items():
        # Not the product of matrices by hand, which autocast would round.
        distances = torch.cdist(embedded[name] - probes.means[name], training)
        if is_own is not None:
            distances = distances.masked_fill(is_own.to(distances.device), torch.inf)
        predicted.append(vote(distances, labels.to(distances.device)).cpu())
    return torch.stack(predicted)


def vote(distances: Tensor, labels: Tensor, k: int = N_NEIGHBOURS) -> Tensor:
    """Return the most frequent label among the `k` nearest candidates, the lowest label on a tie; shape (n,).

    `distances` has shape (n, candidates), infinite where a candidate may not vote; `labels` has shape (candidates,).
    Candidates at the same distance count in their order; where there are fewer than `k`, all vote.
    """
    n_candidates = distances.shape[1]
    k = min(k, n_candidates)
    nearest, indices = distances.topk(min(k + 1, n_candidates), largest=False)
    indices = indices[:, :k]
    if k < n_candidates:
        # topk takes any of those that are as far away as the last.
        is_ambiguous = nearest[:, k - 1] == nearest[:, k]
        indices[is_ambiguous] = distances[is_ambiguous].argsort(dim=1, stable=True)[:, :k]
    is_allowed = distances.gather(1, indices).isfinite().long()
    votes = torch.zeros(len(distances), int(labels.max()) + 1, dtype=torch.int64, device=distances.device)
    return votes.scatter_add_(1, labels[indices], is_allowed).argmax(1)
