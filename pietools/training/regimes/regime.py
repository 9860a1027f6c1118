"""What all regimes have in common."""

from abc import ABC, abstractmethod

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from pietools.study_file import regime_facts
from pietools.training.regimes.task import Task


class Regime(ABC):
    """A loss, and what it is minimised over.

    `facts` are the keys of the regime with their defaults; `images_per_step` pass through the network in a step.
    `projection` is a head that training needs and the network lacks; `average` follows the weights after every step and
    replaces them in the end. `has_classifier` says whether the network's outputs are trained as logits.
    """

    has_classifier = True
    projection: nn.Module | None = None
    average: AveragedModel | None = None

    def __init__(self, task: Task) -> None:
        self.task = task
        self.facts = regime_facts(task.settings, task.regime)
        self.images_per_step: int = self.facts["images_per_step"]

    def parameters(self) -> list[nn.Parameter]:
        """Return what is trained."""
        return list(self.task.network.parameters())

    @abstractmethod
    def loss(self) -> Tensor:
        """Draw the next batch and return its loss, a scalar."""
