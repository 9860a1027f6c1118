"""What is found out before anything is trained."""

from pathlib import Path

import pytest

from pietools.errors import PietoolsError
from pietools.training.checks import check_units
from pietools.training.train_study import plan_units
from tests.training.studies import regimes_study, write_study

NETWORKS = """
import torch
from torch import nn

def layers(width, last):
    convolutions = [nn.Conv2d(1, width, 3), nn.ReLU(), nn.Conv2d(width, width, 3), nn.Conv2d(width, width, 3)]
    return nn.Sequential(*convolutions, nn.AdaptiveAvgPool2d(1), nn.Flatten(), last)

def sixes(n_classes):
    return layers(6, nn.Linear(6, n_classes))

def no_bias(n_classes):
    return layers(4, nn.Linear(4, n_classes, bias=False))

class Cut(nn.Sequential):
    def forward(self, inputs):
        return super().forward(inputs)[:, :10]

def cut(n_classes):
    return Cut(*layers(4, nn.Linear(4, n_classes + 5)))

def uncut(n_classes):
    return layers(4, nn.Linear(4, n_classes + 5))

class HeadFirst(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.head, self.inner = nn.Linear(4, n_classes), nn.Linear(4, 4)
        self.layers = layers(4, nn.Identity())

    def forward(self, inputs):
        return self.head(self.inner(self.layers(inputs)))

def head_first(n_classes):
    return HeadFirst(n_classes)

class Pair(nn.Sequential):
    def forward(self, inputs):
        return super().forward(inputs), 0

def pair(n_classes):
    return Pair(nn.Flatten(), nn.Linear(64, n_classes))

def normed(n_classes):
    network = layers(4, nn.Linear(4, n_classes))
    torch.nn.utils.parametrizations.weight_norm(network[2])
    return network
"""
STUDY = """\
[study]
file = "s.duckdb"
replicates = 1
network = "python:nets:{network}"
[data]
name = "digits"
[training]
steps = 3
[[regime]]
name = "{regime}"
{more}
"""
NO_ENCODER = "the network's last linear layer does not give its logits"


@pytest.mark.parametrize(
    ("network", "regime", "more", "expected"),
    [
        ("no_bias", "simclr", "", "last linear layer has no bias"),
        ("no_bias", "supervised", '[[control]]\nmethod = "probe-refit"', "last linear layer has no bias"),
        ("cut", "supcon", "", NO_ENCODER),
        ("head_first", "simclr", "", NO_ENCODER),
        ("pair", "supervised", "", "returns tuple; digits/test needs logits"),
        ("uncut", "supervised", "", r"returns shape \(1, 15\); digits/test needs logits of shape \(1, 10\)"),
        ("sixes", "supervised", '[[compression]]\nmethod = "2:4"', "2:4 needs a prunable layer whose input channels"),
        (
            "normed",
            "supervised",
            '[[compression]]\nmethod = "random"\nsparsity = 0.5',
            "2.weight is computed by a parametr",
        ),
        ("sixes", "supervised", '[[control]]\nmethod = "label-noise"\nrate = 1e-4', "plants nothing: raise the rate"),
        ("sixes", "supervised", '[[data.copy]]\nof = "test"\nlabel_noise = 1e-4', "plants nothing: raise the rate"),
    ],
)
def test_what_cannot_be_trained_is_one_line_beforehand(
    tmp_path: Path, network: str, regime: str, more: str, expected: str
) -> None:
    """Layers, outputs, groups of four, and noise that would plant nothing."""
    (tmp_path / "nets.py").write_text(NETWORKS)
    study_file = write_study(tmp_path, STUDY.format(network=network, regime=regime, more=more))
    with pytest.raises(PietoolsError, match=expected) as caught:
        check_units(plan_units(study_file))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("network", ["cut", "no_bias", "normed", "head_first"])
def test_what_the_regime_does_not_need_is_not_asked_for(tmp_path: Path, network: str) -> None:
    """Without a probe and pruning such networks can be trained."""
    (tmp_path / "nets.py").write_text(NETWORKS)
    check_units(plan_units(write_study(tmp_path, STUDY.format(network=network, regime="supervised", more=""))))


def test_a_whole_study_passes_and_leaves_nothing(tmp_path: Path) -> None:
    """All regimes, compressions and controls of the small study are in order."""
    study_file = regimes_study(tmp_path)
    check_units(plan_units(study_file))
    assert [path.name for path in tmp_path.iterdir()] == ["STUDY.toml"]
