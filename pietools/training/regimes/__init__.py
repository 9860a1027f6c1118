"""The regimes: what each makes of images and labels, step by step."""

from collections.abc import Callable

from pietools.training.regimes.contrastive import Contrastive
from pietools.training.regimes.fixmatch import FixMatch
from pietools.training.regimes.regime import Regime
from pietools.training.regimes.supervised import Supervised
from pietools.training.regimes.task import Task

REGIMES: dict[str, Callable[[Task], Regime]] = {
    "supervised": Supervised,
    "supervised-few": lambda task: Supervised(task, task.labelled),
    "simclr": Contrastive,
    "supcon": Contrastive,
    "fixmatch": FixMatch,
}

__all__ = ["REGIMES", "Regime", "Supervised"]
