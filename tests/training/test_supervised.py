"""The training loop: order, augmentation, masks that hold."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

from pietools.errors import TrainingError
from pietools.study_file import DataSettings, TrainingSettings
from pietools.training.augmentation import random_crop, random_flip
from pietools.training.datasets import load_dataset
from pietools.training.networks import small_cnn
from pietools.training.pruning import CubicSchedule, prunable_weights, realised_sparsity
from pietools.training.supervised import batches, train_supervised

CPU = torch.device("cpu")


def test_an_epoch_shows_every_image_once() -> None:
    """Ten images in batches of four: two batches without repetition, then a new order."""
    settings = TrainingSettings(steps=5, batch_size=4)
    drawn = list(batches(10, settings, torch.Generator().manual_seed(0)))
    assert [len(batch) for batch in drawn] == [4] * 5
    assert len(set(torch.cat(drawn[:2]).tolist())) == 8
    assert torch.cat(drawn[:2]).tolist() != torch.cat(drawn[2:4]).tolist()


def test_a_batch_is_no_larger_than_the_data() -> None:
    """Three images make batches of three."""
    drawn = list(batches(3, TrainingSettings(steps=2, batch_size=4), torch.Generator().manual_seed(0)))
    assert [sorted(batch.tolist()) for batch in drawn] == [[0, 1, 2], [0, 1, 2]]


def test_flips_mirror_half_of_the_images() -> None:
    """Each image is itself or its mirror image."""
    images = torch.arange(2 * 400, dtype=torch.uint8).reshape(200, 1, 2, 2)
    flipped = random_flip(images, torch.Generator().manual_seed(0))
    is_same = (flipped == images).flatten(1).all(1)
    assert torch.equal(flipped[~is_same], images[~is_same].flip(3))
    assert 70 < is_same.sum() < 130


def test_crops_are_shifted_images() -> None:
    """A single bright pixel moves by at most the padding, each image by its own way, channels alike."""
    images = torch.zeros(100, 2, 5, 7, dtype=torch.uint8)
    images[:, :, 2, 3] = 9
    cropped = random_crop(images, 2, torch.Generator().manual_seed(0))
    assert cropped.shape == images.shape
    _, _, rows, columns = (cropped == 9).nonzero(as_tuple=True)
    assert set(rows.tolist()) == {0, 1, 2, 3, 4}
    assert set(columns.tolist()) == {1, 2, 3, 4, 5}
    assert torch.equal(cropped[:, 0], cropped[:, 1])


def test_pruned_weights_stay_zero_after_every_step() -> None:
    """Neither momentum nor weight decay moves a weight that was pruned."""
    data = load_dataset(DataSettings(name="digits"), "train", Path())
    torch.manual_seed(0)
    network = small_cnn(10, 1)
    history = []
    train_supervised(
        network,
        data,
        TrainingSettings(steps=30, batch_size=32, momentum=0.9, weight_decay=0.1),
        CubicSchedule.in_window(0.9, (0.2, 0.6), 30),
        order_seed=0,
        device=CPU,
        on_step=lambda: history.append([(weight == 0).clone() for weight in prunable_weights(network)]),
    )
    assert len(history) == 30
    for before, after in pairwise(history):
        assert all((now | ~then).all() for then, now in zip(before, after, strict=True))
    assert [sum(int(zeros.sum()) for zeros in step) for step in (history[5], history[17], history[29])] == [
        0,
        20736,
        20736,
    ]
    assert realised_sparsity(network) == 0.9


def test_a_loss_that_is_not_finite_stops_the_training() -> None:
    """A learning rate that is far too large is named as the cause."""
    data = load_dataset(DataSettings(name="digits"), "train", Path())
    settings = TrainingSettings(steps=5, learning_rate=1e30)
    with pytest.raises(TrainingError, match=r"at step 5: lower \[training\] learning_rate"):
        train_supervised(small_cnn(10, 1), data, settings, None, 0, CPU, lambda: None)


def test_a_network_that_fails_is_one_line() -> None:
    """A forward pass that does not work names the data set."""
    data = load_dataset(DataSettings(name="digits"), "train", Path())
    network = nn.Sequential(nn.Flatten(), nn.Linear(63, 10))
    with pytest.raises(
        TrainingError, match=r"the network fails on digits/train: RuntimeError: .*mat1 and mat2"
    ) as caught:
        train_supervised(network, data, TrainingSettings(steps=5), None, 0, CPU, lambda: None)
    assert "\n" not in str(caught.value)


def test_one_cycle_trains_too() -> None:
    """The one-cycle schedule takes exactly the steps that there are."""
    data = load_dataset(DataSettings(name="digits"), "train", Path())
    steps = []
    settings = TrainingSettings(steps=12, schedule="one-cycle")
    train_supervised(small_cnn(10, 1), data, settings, None, 0, CPU, lambda: steps.append(1))
    assert len(steps) == 12
