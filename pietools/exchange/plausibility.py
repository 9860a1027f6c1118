"""Whether predictions can be what they are said to be: what agrees with the labels no better than chance was read wrongly."""

from pathlib import Path

import numpy as np

from pietools.errors import ImportFileError
from pietools.exchange.files.tables import listed

MIN_LABELLED = 100  # below this chance is too uncertain to say anything but "never"
MIN_NEVER = 10
# A network that says one class for nearly all, or for half of the examples and twice as often as it is right, is bad, not misread.
COLLAPSED, NEARLY_ALL = 0.5, 0.9
MANY_CLASSES = 2000  # beyond this a matching of classes takes too long
ACCEPT = "If they are right, say --accept-chance."


def refuse_implausible(path: Path, predicted: np.ndarray, labels: np.ndarray, class_names: list[str]) -> str | None:
    """Raise ImportFileError if predictions, shape (networks, examples), match the labels no better than chance by a likely cause.

    Returns a note if they match hardly better.

    ``labels``, shape (examples,), are class indices, −1 where there is none.
    """
    is_labelled = labels >= 0
    n = int(is_labelled.sum())
    if n < MIN_NEVER or len(np.unique(labels[is_labelled])) < 2:
        return None
    given, said = labels[is_labelled], predicted[:, is_labelled]
    accuracy = float((said == given).mean())
    counts = np.zeros((len(class_names), len(class_names)), dtype=np.int64)
    if len(class_names) <= MANY_CLASSES:
        np.add.at(counts, (said, np.broadcast_to(given, said.shape)), 1)
    share_said = np.bincount(said.ravel(), minlength=len(class_names)) / said.size
    share_given = np.bincount(given, minlength=len(class_names)) / n
    chance = float(share_said @ share_given)
    what = f"{path}: the predictions match the labels on {accuracy:.1%} of {n:,} examples, where {chance:.1%} would be chance"
    if accuracy > 0.5 + chance / 2:
        return None
    for step, cause in ((1, "0 and labels from 1"), (-1, "1 and labels from 0")):
        if len(class_names) > 2 and float((said + step == given).mean()) > max(0.3, 2 * accuracy, 2 * chance):
            raise ImportFileError(
                f"{what}: predictions seem to count classes from {cause}. Let both count from 0. {ACCEPT}"
            )
    is_low = accuracy < max(1 / 3, chance)
    if is_low and n >= MIN_LABELLED and len(np.unique(given)) * 10 <= n and len(class_names) <= MANY_CLASSES:
        _refuse_other_order(what, counts, accuracy, chance, n, class_names)
    if accuracy == 0 or (n >= MIN_LABELLED and accuracy <= chance and not _is_collapsed(share_said, share_given)):
        raise ImportFileError(
            f"{what}: are the rows in another order than the labels (name the examples: --examples), or are these other classes, "
            f"or another column? {ACCEPT}"
        )
    if (
        n >= MIN_LABELLED
        and accuracy <= chance + 3 * (chance * (1 - chance) / n) ** 0.5
        and not _is_collapsed(share_said, share_given)
    ):
        return f"{what}, which is hardly better: are the rows in the order of the labels?"
    return None


def _is_collapsed(said: np.ndarray, given: np.ndarray) -> bool:
    """Whether a network says one class far more often than it is there; shares of the classes as predicted and as given."""
    most = int(said.argmax())
    return bool(said[most] >= NEARLY_ALL or (said[most] >= COLLAPSED and said[most] >= 2 * given[most]))


def _refuse_other_order(
    what: str, counts: np.ndarray, accuracy: float, chance: float, n: int, class_names: list[str]
) -> None:
    """Raise if predictions match the labels well once each predicted class has the name of another.

    ``counts``: how often each class is predicted (rows) where each is given (columns).
    """
    from scipy.optimize import linear_sum_assignment

    said, given = linear_sum_assignment(-counts)
    matched = float(counts[said, given].sum() / counts.sum())
    error = 4 * (chance * (1 - chance) / n) ** 0.5
    if matched > max(0.4, 3 * accuracy, 2.5 * chance) or (accuracy < chance - error and matched > chance + error):
        pairs = [
            f"what is predicted '{class_names[a]}' is mostly labelled '{class_names[b]}'"
            for a, b in zip(said, given, strict=True)
            if a != b and counts[a, b]
        ]
        raise ImportFileError(
            f"{what}: the classes seem to be in another order: {listed(pairs, 2)}. Name them in the right order "
            f"(--class-names), or name the columns of scores by class. {ACCEPT}"
        )
