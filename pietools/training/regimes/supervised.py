"""Cross-entropy on labels."""

from torch import Tensor, nn

from pietools.training.boundary import boundary
from pietools.training.regimes.regime import Regime
from pietools.training.regimes.task import Task


class Supervised(Regime):
    """The regimes supervised and supervised-few, and fine-tuning: only images at `examples` are seen, all unless given."""

    def __init__(self, task: Task, examples: Tensor | None = None) -> None:
        super().__init__(task)
        self.images_per_step = task.settings.batch_size
        self._stream = task.stream(task.seeds.order, task.settings.batch_size, examples)

    def loss(self) -> Tensor:
        """See `Regime`."""
        images, labels = self._stream.draw()
        logits = self.task.run(self.task.weakly_augmented(images, self._stream.generator))
        with boundary(f"the network fails on {self.task.data.name}"):
            return nn.functional.cross_entropy(logits, labels)
