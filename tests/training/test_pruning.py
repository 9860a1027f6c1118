"""Masks: exact, stable, cumulative, and the same as those of torch.nn.utils.prune."""

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from pietools.errors import TrainingError
from pietools.study_file import Pruning
from pietools.training.compression.pruning import (
    CubicSchedule,
    Pruner,
    apply_masks,
    drop_lowest,
    keep_all,
    keep_two_of_four,
    prunable_weights,
    realised_sparsity,
)
from pietools.training.networks import small_cnn


def inner_layers(network: nn.Sequential) -> list[nn.Module]:
    """The layers that may be pruned."""
    return [layer for layer in network if isinstance(layer, nn.Conv2d | nn.Linear)][1:-1]


def test_global_masks_are_those_of_torch() -> None:
    """Global magnitude masks equal those of torch.nn.utils.prune.global_unstructured."""
    torch.manual_seed(0)
    network = small_cnn(10, 1)
    pruner = Pruner(network, Pruning("magnitude", 0.7), seed=0)
    layers = inner_layers(small_cnn(10, 1))
    for layer, weight in zip(layers, pruner.weights, strict=True):
        layer.load_state_dict({"weight": weight})
    prune.global_unstructured([(layer, "weight") for layer in layers], prune.L1Unstructured, amount=0.7)
    pruner.prune(0.7)
    for layer, weight, mask in zip(layers, pruner.weights, pruner.masks, strict=True):
        assert torch.equal(mask, layer.weight_mask.bool())
        assert torch.equal(weight, layer.weight)


def test_layer_wise_masks_are_those_of_torch() -> None:
    """In every layer by itself, masks equal those of torch.nn.utils.prune.l1_unstructured."""
    torch.manual_seed(0)
    network = small_cnn(10, 1)
    pruner = Pruner(network, Pruning("magnitude", 0.83, scope="layer-wise"), seed=0)
    wanted = [prune.L1Unstructured(amount=0.83).compute_mask(w, torch.ones_like(w)).bool() for w in pruner.weights]
    pruner.prune(0.83)
    assert all(torch.equal(mask, other) for mask, other in zip(pruner.masks, wanted, strict=True))
    assert [int((~mask).sum()) for mask in pruner.masks] == [round(0.83 * 16 * 32 * 9), round(0.83 * 32 * 64 * 9)]


@pytest.mark.parametrize("sparsity", [0.1, 1 / 3, 0.5, 0.901])
def test_sparsity_is_exact_when_all_weights_tie(sparsity: float) -> None:
    """Of equal magnitudes exactly round(s · n) are dropped, the first of the definition first."""
    weights = [torch.full((3, 5), 1.0), torch.full((4, 4), 1.0)]
    kept = torch.cat([mask.flatten() for mask in drop_lowest(weights, keep_all(weights), sparsity, "global")])
    n_pruned = round(sparsity * 31)
    assert not kept[:n_pruned].any()
    assert kept[n_pruned:].all()


def test_what_was_dropped_stays_dropped() -> None:
    """A weight that happens to be zero does not take the place of one that was dropped."""
    weights = [torch.tensor([0.0, 3.0, 2.0, 1.0, 5.0])]
    masks = drop_lowest([torch.tensor([9.0, 9.0, 9.0, 1.0, 9.0])], keep_all(weights), 0.2, "global")
    apply_masks(weights, masks)
    masks = drop_lowest(weights, masks, 0.2, "global")
    assert masks[0].tolist() == [True, True, True, False, True]
    assert drop_lowest(weights, masks, 0.4, "global")[0].tolist() == [False, True, True, False, True]
    assert drop_lowest(weights, masks, 0.0, "global")[0].tolist() == [True, True, True, False, True]


@pytest.mark.parametrize("scope", ["global", "layer-wise"])
def test_random_masks_are_exact_nested_and_blind_to_magnitudes(scope: str) -> None:
    """The same seed drops the same weights of any network, and what is dropped at 0.3 is among what is at 0.6."""
    masks = []
    for scale in (1.0, 7.0):
        torch.manual_seed(int(scale))
        pruner = Pruner(small_cnn(10, 1), Pruning("random", 0.6, scope=scope), seed=3)
        pruner.prune(0.3)
        early = [mask.clone() for mask in pruner.masks]
        pruner.prune(0.6)
        assert all((now <= then).all() for now, then in zip(pruner.masks, early, strict=True))
        assert sum(int((~mask).sum()) for mask in pruner.masks) == pytest.approx(0.6 * 23_040, abs=1)
        masks.append(pruner.masks)
    assert all(torch.equal(one, other) for one, other in zip(*masks, strict=True))
    other = Pruner(small_cnn(10, 1), Pruning("random", 0.6, scope=scope), seed=4)
    other.prune(0.6)
    assert not torch.equal(other.masks[0], masks[0][0])


def test_two_of_four_by_hand() -> None:
    """In every four neighbours along the input channels the two smallest go, of equal ones the first."""
    row = torch.tensor([1.0, -4.0, 3.0, -2.0, 5.0, 5.0, 5.0, 5.0])
    assert keep_two_of_four(row[None]).tolist() == [[False, True, True, False, False, False, True, True]]
    # A convolution: the four neighbours are input channels at the same place of the kernel.
    kernel = torch.stack([row[:4], row[:4].flip(0)], dim=1).view(1, 4, 1, 2)
    assert keep_two_of_four(kernel)[0, :, 0, 0].tolist() == [False, True, True, False]
    assert keep_two_of_four(kernel)[0, :, 0, 1].tolist() == [False, True, True, False]


def test_two_of_four_leaves_layers_of_other_widths() -> None:
    """Six inputs are no groups of four: all weights stay, and the report of the layers shows it."""
    network = nn.Sequential(nn.Linear(3, 8), nn.Linear(8, 6), nn.Linear(6, 4), nn.Linear(4, 2))
    pruner = Pruner(network, Pruning("2:4", 0.5), seed=0)
    pruner.prune(0.5)
    assert [float((weight == 0).float().mean()) for weight in pruner.weights] == [0.5, 0.0]


def test_first_and_last_layers_are_kept() -> None:
    """Of the small network only the two inner convolutions are pruned: 16·32·9 + 32·64·9 = 23,040 weights."""
    network = small_cnn(10, 1)
    assert {name: weight.numel() for name, weight in prunable_weights(network).items()} == {
        "3.weight": 16 * 32 * 9,
        "6.weight": 32 * 64 * 9,
    }
    Pruner(network, Pruning("magnitude", 0.9), seed=0).prune(0.9)
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


def test_weights_that_layers_share_count_once() -> None:
    """Random scores are drawn once for a tied weight, so that the sparsity is exact."""
    shared = nn.Linear(8, 8)
    network = nn.Sequential(nn.Linear(4, 8), shared, nn.ReLU(), shared, nn.Linear(8, 8), nn.Linear(8, 2))
    network.add_module("tied", nn.Linear(8, 8))
    network.tied.weight = shared.weight
    network.add_module("last", nn.Linear(8, 2))
    pruner = Pruner(network, Pruning("random", 0.5), seed=0)
    pruner.prune(0.5)
    assert len(pruner.weights) == 3
    assert realised_sparsity(network) == 0.5
