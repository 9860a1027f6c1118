"""What all regimes have in common."""

from torch import Tensor, nn

from pietools.study_file import regime_facts
from pietools.training.task import Task


class Regime:
    """A loss, and what it is minimised over; `facts` are the keys of the regime with their defaults.

    `has_classifier` says whether the network's outputs are trained as logits.
    """

    has_classifier = True

    def __init__(self, task: Task) -> None:
        self.task = task
        self.facts = regime_facts(task.settings, task.regime)
        self.images_per_step: int = self.facts["images_per_step"]

    def parameters(self) -> list[nn.Parameter]:
        """Return what is trained: the network, and perhaps a head that is thrown away."""
        return list(self.task.network.parameters())

    def loss(self) -> Tensor:
        """Draw the next batch and return its loss, a scalar."""
        raise NotImplementedError

    def after_step(self) -> None:
        """Follow the weights, where the regime keeps an average of them."""

    def finish(self) -> None:
        """Leave in the network the weights that are kept."""

    def extra_weights(self) -> dict[str, Tensor]:
        """Return what is needed to train on and is not in the network."""
        return {}

    def load_extra_weights(self, weights: dict[str, Tensor]) -> None:
        """Take up what `extra_weights` returned."""
