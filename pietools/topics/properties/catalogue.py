"""What each property needs and what its numbers mean: for those who compute them all, and for the docs."""

from dataclasses import dataclass
from math import inf, sqrt


@dataclass(frozen=True, kw_only=True)
class Property:
    """A property of examples; its function has its name.

    ``needs``: what must be recorded of the networks: ``predictions`` (their labels alone), ``logits``, ``features``,
    ``layers`` or ``epochs``. The atypicalities need the features of training examples too, or take ``pixel_components``
    instead of features. ``needs_label``: null where an example has no given label. ``low``, ``high``: its range,
    inclusive, in ``unit``. ``unseen_only``: wrong for examples that the networks were trained on, which the caller
    refuses.
    """

    needs: str
    meaning: str
    low: float = 0
    high: float = inf
    unit: str = ""
    needs_label: bool = False
    unseen_only: bool = False


PROPERTIES = {
    "loss": Property(
        needs="logits",
        needs_label=True,
        unit="nats",
        meaning="mean loss of the given label: how surprising the label is",
    ),
    "margin": Property(
        needs="logits",
        needs_label=True,
        low=-1,
        high=1,
        meaning="probability of the given label less that of the likeliest other: below 0 the label loses",
    ),
    "el2n": Property(
        needs="logits",
        needs_label=True,
        high=sqrt(2),
        meaning="length of the error p − onehot(y): far from sure and right",
    ),
    "entropy": Property(
        needs="logits",
        unit="nats",
        meaning="entropy of the mean probabilities: how undecided the networks are together",
    ),
    "agreement": Property(needs="predictions", high=1, meaning="share of the networks that predict the modal label"),
    "label_noise": Property(
        needs="logits",
        needs_label=True,
        high=1,
        unseen_only=True,
        meaning="whether the given label looks wrong: above ½ another class is likelier on average",
    ),
    "is_label_issue": Property(
        needs="logits",
        needs_label=True,
        high=1,
        unseen_only=True,
        meaning="whether confident learning counts the given label among the wrong ones",
    ),
    "atypicality": Property(
        needs="features",
        low=-inf,
        unit="nats",
        meaning="−log density at the nearest class of training examples: far from all classes",
    ),
    "atypicality_knn": Property(
        needs="features",
        unseen_only=True,
        meaning="mean distance to the 10 nearest training examples, in units of the features' spread",
    ),
    "atypicality_lof": Property(
        needs="features",
        unseen_only=True,
        meaning="how much sparser it is here than around the neighbours; 1 is typical",
    ),
    "prediction_depth": Property(
        needs="layers",
        unit="layers",
        meaning="layer from which on probes agree with the network: how late it is decided",
    ),
    "label_depth": Property(
        needs="layers", needs_label=True, unit="layers", meaning="layer from which on probes agree with the given label"
    ),
    "q_score": Property(
        needs="features", meaning="how much one unit stands out in the features: low is poorly represented"
    ),
    "forgetting_events": Property(
        needs="epochs",
        needs_label=True,
        unit="events",
        meaning="how often training turned it from right to wrong; all epochs if it was never right",
    ),
    "never_learned": Property(
        needs="epochs", needs_label=True, high=1, meaning="share of the networks that were right after no epoch"
    ),
    "el2n_early": Property(
        needs="epochs", needs_label=True, high=sqrt(2), meaning="length of the error after a tenth of training"
    ),
}
