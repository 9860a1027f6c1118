"""Gradual global magnitude pruning with plain masks.

Sparsity is the fraction of zeros among the weights that may be pruned: those of all convolutions and linear layers but
the first and the last, never biases or normalisation.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pietools.errors import TrainingError

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


def prunable_weights(network: nn.Module) -> list[Tensor]:
    """List the weights that may be pruned, in the order of definition; TrainingError if there are none."""
    weights = _inner_weights(network)
    if not weights:
        raise TrainingError("the network has no convolution or linear layer between its first and its last to prune.")
    return weights


def _inner_weights(network: nn.Module) -> list[Tensor]:
    return [layer.weight for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)][1:-1]


def keep_all(weights: list[Tensor]) -> list[Tensor]:
    """Return masks that keep every weight."""
    return [torch.ones_like(weight, dtype=torch.bool) for weight in weights]


@torch.no_grad()
def prune_smallest(weights: list[Tensor], masks: list[Tensor], sparsity: float) -> list[Tensor]:
    """Return masks that drop exactly round(sparsity · n) of all n weights, the smallest magnitudes of all layers first.

    What `masks` dropped before stays dropped, and equal magnitudes are dropped in the order of the network's
    definition, so the result depends neither on the device's sort nor on the weights that are already zero.
    """
    magnitudes = torch.cat(
        [weight.abs().masked_fill(~mask, -1).flatten() for weight, mask in zip(weights, masks, strict=True)]
    )
    n_pruned = max(round(sparsity * len(magnitudes)), sum(int((~mask).sum()) for mask in masks))
    is_kept = torch.ones_like(magnitudes, dtype=torch.bool)
    is_kept[torch.argsort(magnitudes, stable=True)[:n_pruned]] = False
    pieces = is_kept.split([weight.numel() for weight in weights])
    return [piece.view_as(weight) for piece, weight in zip(pieces, weights, strict=True)]


@torch.no_grad()
def apply_masks(weights: list[Tensor], masks: list[Tensor]) -> None:
    """Set the dropped weights to zero in place; needed after every step, because momentum moves them again."""
    for weight, mask in zip(weights, masks, strict=True):
        weight.masked_fill_(~mask, 0)


def realised_sparsity(network: nn.Module) -> float:
    """Return the fraction of zeros among the prunable weights; 0 for a network in which none may be pruned."""
    weights = _inner_weights(network)
    n_weights = sum(weight.numel() for weight in weights)
    return sum(int((weight == 0).sum()) for weight in weights) / n_weights if n_weights else 0.0
