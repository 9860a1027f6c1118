"""Pruning with plain masks: by magnitude, at random, or two of every four weights.

Sparsity is the fraction of zeros among the weights that may be pruned: those of all convolutions and linear layers but
the first and the last, never biases or normalisation.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pietools.errors import TrainingError
from pietools.study_file import Pruning

N_PRUNINGS = 50
"""How often the masks are renewed in the window: pruning at every step would sort all weights as often."""


@dataclass(frozen=True)
class CubicSchedule:
    """Sparsity after a step: 0 until `begin`, `sparsity` from `end` on (Zhu & Gupta 2017, arXiv 1710.01878)."""

    sparsity: float
    begin: int
    end: int

    @classmethod
    def in_window(cls, sparsity: float, window: tuple[float, float], n_steps: int) -> "CubicSchedule":
        """Lay the window, in fractions of training, over `n_steps` steps."""
        end = max(1, round(window[1] * n_steps))
        return cls(sparsity, min(round(window[0] * n_steps), end - 1), end)

    def sparsity_at(self, step: int) -> float:
        """s_t = s (1 − (1 − (t − t0)/(t1 − t0))³) within the window."""
        progress = min(max((step - self.begin) / (self.end - self.begin), 0.0), 1.0)
        return self.sparsity * (1 - (1 - progress) ** 3)

    def is_pruning_step(self, step: int) -> bool:
        """Whether the masks are renewed after this step; always so at the end of the window."""
        interval = max(1, (self.end - self.begin) // N_PRUNINGS)
        return self.begin < step <= self.end and (self.end - step) % interval == 0


class Pruner:
    """The masks of one network, which stay on while it is trained.

    `seed` decides which weights go where the criterion is random. Raises TrainingError if no weight may be pruned.
    """

    def __init__(self, network: nn.Module, pruning: Pruning, seed: int) -> None:
        self.pruning = pruning
        self.weights = list(prunable_weights(network).values())
        self.masks = keep_all(self.weights)
        self._random_scores: list[Tensor] = []
        if pruning.criterion == "random":
            # Drawn once, so that what was dropped early is among what is dropped late.
            generator = torch.Generator().manual_seed(seed)
            self._random_scores = [
                torch.rand(weight.shape, generator=generator).to(weight.device) for weight in self.weights
            ]

    def prune(self, sparsity: float) -> None:
        """Renew the masks and set what they drop to zero."""
        if self.pruning.criterion == "2:4":
            self.masks = [keep_two_of_four(weight) for weight in self.weights]
        else:
            scores = self._random_scores or [weight.detach().abs() for weight in self.weights]
            self.masks = drop_lowest(scores, self.masks, sparsity, self.pruning.scope)
        self.apply()

    def after_step(self, step: int, schedule: CubicSchedule | None) -> None:
        """Renew the masks if it is time to, and set what they drop to zero: momentum has moved it."""
        if schedule and schedule.is_pruning_step(step):
            self.prune(schedule.sparsity_at(step))
        else:
            self.apply()

    def apply(self) -> None:
        """Set the dropped weights to zero in place."""
        apply_masks(self.weights, self.masks)


def prunable_weights(network: nn.Module) -> dict[str, Tensor]:
    """Return the weights that may be pruned by name, in the order of definition.

    Raises TrainingError if there are none, or one is not a parameter.
    """
    weights = inner_weights(network)
    if not weights:
        raise TrainingError("the network has no convolution or linear layer between its first and its last to prune.")
    for name, weight in weights.items():
        if not isinstance(weight, nn.Parameter):
            raise TrainingError(f"{name} is computed by a parametrization, and what is set to zero would come back.")
    return weights


def inner_weights(network: nn.Module) -> dict[str, Tensor]:
    """Return the weights of all convolutions and linear layers but the first and the last, by name."""
    layers = [(name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    inner = {f"{name}.weight": layer.weight for name, layer in layers[1:-1]}
    # A weight that layers share counts once.
    first = {id(weight): name for name, weight in reversed(inner.items())}
    return {name: weight for name, weight in inner.items() if first[id(weight)] == name}


def keep_all(weights: list[Tensor]) -> list[Tensor]:
    """Return masks that keep every weight."""
    return [torch.ones_like(weight, dtype=torch.bool) for weight in weights]


def drop_lowest(scores: list[Tensor], masks: list[Tensor], sparsity: float, scope: str) -> list[Tensor]:
    """Return masks that drop exactly round(sparsity · n) of n weights, those of the lowest scores (≥ 0) first.

    n counts all layers together where the scope is "global", and each by itself where it is "layer-wise". What `masks`
    dropped before stays dropped, and equal scores are dropped in the order of the network's definition, so the result
    depends neither on the device's sort nor on the weights that are already zero.
    """
    if scope == "layer-wise":
        return [drop_lowest([score], [mask], sparsity, "global")[0] for score, mask in zip(scores, masks, strict=True)]
    ranked = torch.cat([score.masked_fill(~mask, -1).flatten() for score, mask in zip(scores, masks, strict=True)])
    n_pruned = max(round(sparsity * len(ranked)), sum(int((~mask).sum()) for mask in masks))
    is_kept = torch.ones_like(ranked, dtype=torch.bool)
    is_kept[torch.argsort(ranked, stable=True)[:n_pruned]] = False
    pieces = is_kept.split([score.numel() for score in scores])
    return [piece.view_as(score) for piece, score in zip(pieces, scores, strict=True)]


@torch.no_grad()
def keep_two_of_four(weight: Tensor) -> Tensor:
    """Return a mask that drops the two smallest magnitudes of every four neighbours along the input channels.

    The groups are those of NVIDIA's 2:4 sparsity (Mishra et al. 2021, arXiv 2104.08378); of equal magnitudes the first
    ones are dropped. A layer whose inputs do not come in fours keeps all its weights.
    """
    if weight.shape[1] % 4:
        return torch.ones_like(weight, dtype=torch.bool)
    inputs_last = weight.abs().movedim(1, -1)
    groups = inputs_last.reshape(-1, 4)
    lowest = torch.argsort(groups, dim=1, stable=True)[:, :2]
    is_kept = torch.ones_like(groups, dtype=torch.bool).scatter_(1, lowest, False)
    return is_kept.reshape(inputs_last.shape).movedim(-1, 1)


@torch.no_grad()
def apply_masks(weights: list[Tensor], masks: list[Tensor]) -> None:
    """Set the dropped weights to zero in place; needed after every step, because momentum moves them again."""
    for weight, mask in zip(weights, masks, strict=True):
        weight.masked_fill_(~mask, 0)


def realised_sparsity(network: nn.Module) -> float:
    """Return the fraction of zeros among the prunable weights; 0 for a network in which none may be pruned."""
    weights = inner_weights(network).values()
    n_weights = sum(weight.numel() for weight in weights)
    return sum(int((weight == 0).sum()) for weight in weights) / n_weights if n_weights else 0.0
