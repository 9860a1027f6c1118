"""Batches, and the labelled fraction."""

import pytest
import torch
from torch import Tensor

from pietools.training.data.images import ArrayImages
from pietools.training.data.labelled import labelled_examples
from pietools.training.data.streams import ImageStream, batches

CPU = torch.device("cpu")


def drawn(n: int, n_batches: int) -> list[Tensor]:
    """Batches of four of n images."""
    stream = batches(n, 4, torch.Generator().manual_seed(0))
    return [next(stream) for _ in range(n_batches)]


def test_an_epoch_shows_every_image_once() -> None:
    """Ten images in batches of four: two batches without repetition, then a new order."""
    found = drawn(10, 5)
    assert [len(batch) for batch in found] == [4] * 5
    assert len(set(torch.cat(found[:2]).tolist())) == 8
    assert torch.cat(found[:2]).tolist() != torch.cat(found[2:4]).tolist()


def test_a_batch_is_no_larger_than_the_data() -> None:
    """Three images make batches of three."""
    assert [sorted(batch.tolist()) for batch in drawn(3, 2)] == [[0, 1, 2], [0, 1, 2]]


def test_a_stream_draws_from_its_examples_only() -> None:
    """Images and labels belong together, and none but those at the examples appear."""
    pixels = torch.arange(20, dtype=torch.uint8).view(20, 1, 1, 1)
    stream = ImageStream(ArrayImages(pixels), torch.arange(20) * 10, 2, 0, CPU, torch.tensor([3, 5, 7, 11]))
    images, labels = zip(*(stream.draw() for _ in range(4)), strict=True)
    assert sorted(torch.cat(images).flatten().tolist()) == [3, 3, 5, 5, 7, 7, 11, 11]
    assert torch.equal(torch.cat(images).flatten() * 10, torch.cat(labels))


@pytest.mark.parametrize("fraction", [0.001, 0.1, 0.5, 1.0])
def test_every_class_keeps_its_share_of_labels(fraction: float) -> None:
    """Of classes of 100, 40 and 3 examples round(fraction · n) are labelled, and at least one."""
    labels = torch.tensor([0] * 100 + [1] * 40 + [2] * 3)[
        torch.randperm(143, generator=torch.Generator().manual_seed(1))
    ]
    chosen = labelled_examples(labels, fraction, seed=7)
    assert labels[chosen].bincount().tolist() == [max(1, round(fraction * n)) for n in (100, 40, 3)]
    assert chosen.tolist() == sorted(set(chosen.tolist()))
    assert torch.equal(chosen, labelled_examples(labels, fraction, seed=7))


def test_another_seed_labels_other_examples() -> None:
    """The labelled examples are a random sample."""
    labels = torch.arange(200) % 4
    assert labelled_examples(labels, 0.1, 0).tolist() != labelled_examples(labels, 0.1, 1).tolist()
