"""Masks: exact, stable, cumulative, and the same as those of torch.nn.utils.prune."""

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from pietools.errors import TrainingError
from pietools.training.networks import small_cnn
from pietools.training.pruning import (
    CubicSchedule,
    apply_masks,
    keep_all,
    prunable_weights,
    prune_smallest,
    realised_sparsity,
)


def test_masks_are_those_of_torch() -> None:
    """Global magnitude masks equal those of torch.nn.utils.prune.global_unstructured."""
    torch.manual_seed(0)
    network = small_cnn(10, 1)
    weights = prunable_weights(network)
    masks = prune_smallest(weights, keep_all(weights), 0.7)
    layers = [layer for layer in network if isinstance(layer, nn.Conv2d | nn.Linear)][1:-1]
    prune.global_unstructured([(layer, "weight") for layer in layers], prune.L1Unstructured, amount=0.7)
    assert all(torch.equal(mask, layer.weight_mask.bool()) for mask, layer in zip(masks, layers, strict=True))


@pytest.mark.parametrize("sparsity", [0.1, 1 / 3, 0.5, 0.901])
def test_sparsity_is_exact_when_all_weights_tie(sparsity: float) -> None:
    """Of equal magnitudes exactly round(s · n) are dropped, the first of the definition first."""
    weights = [torch.full((3, 5), -1.0), torch.full((4, 4), 1.0)]
    masks = prune_smallest(weights, keep_all(weights), sparsity)
    kept = torch.cat([mask.flatten() for mask in masks])
    n_pruned = round(sparsity * 31)
    assert not kept[:n_pruned].any()
    assert kept[n_pruned:].all()


def test_what_was_dropped_stays_dropped() -> None:
    """A weight that happens to be zero does not take the place of one that was dropped."""
    weights = [torch.tensor([0.0, 3.0, 2.0, 1.0, 5.0])]
    masks = prune_smallest([torch.tensor([9.0, 9.0, 9.0, 1.0, 9.0])], keep_all(weights), 0.2)
    apply_masks(weights, masks)
    masks = prune_smallest(weights, masks, 0.2)
    assert masks[0].tolist() == [True, True, True, False, True]
    assert prune_smallest(weights, masks, 0.4)[0].tolist() == [False, True, True, False, True]
    assert prune_smallest(weights, masks, 0.0)[0].tolist() == [True, True, True, False, True]


def test_first_and_last_layers_are_kept() -> None:
    """Of the small network only the two inner convolutions are pruned: 16·32·9 + 32·64·9 = 23,040 weights."""
    network = small_cnn(10, 1)
    weights = prunable_weights(network)
    assert sum(weight.numel() for weight in weights) == 23_040
    apply_masks(weights, prune_smallest(weights, keep_all(weights), 0.9))
    assert realised_sparsity(network) == 0.9
    assert not (network[0].weight == 0).any()
    assert not (network[-1].weight == 0).any()


def test_a_network_without_inner_layers_is_refused() -> None:
    """Two layers leave nothing to prune."""
    with pytest.raises(TrainingError, match="between its first and its last"):
        prunable_weights(nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)))
    assert realised_sparsity(nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))) == 0


def test_cubic_schedule_by_hand() -> None:
    """Sparsity follows s (1 − (1 − p)³): halfway 0.8 · (1 − 1/8) = 0.7, and the end is a pruning step."""
    schedule = CubicSchedule.in_window(0.8, (0.2, 0.6), 1000)
    assert (schedule.begin, schedule.end) == (200, 600)
    assert [schedule.sparsity_at(step) for step in (0, 200, 600, 1000)] == [0, 0, 0.8, 0.8]
    assert schedule.sparsity_at(400) == pytest.approx(0.7)
    steps = [step for step in range(1, 1001) if schedule.is_pruning_step(step)]
    assert (len(steps), steps[0], steps[-1]) == (50, 208, 600)


@pytest.mark.parametrize("n_steps", [1, 2, 3, 7])
def test_short_trainings_reach_the_sparsity_too(n_steps: int) -> None:
    """However few steps there are, the last pruning step asks for the whole sparsity."""
    schedule = CubicSchedule.in_window(0.9, (0.25, 0.75), n_steps)
    steps = [step for step in range(1, n_steps + 1) if schedule.is_pruning_step(step)]
    assert schedule.sparsity_at(steps[-1]) == 0.9
