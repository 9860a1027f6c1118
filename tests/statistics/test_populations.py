"""Two populations' predictions: what is refused, and what is derived from them."""

import numpy as np
import pytest

from pietools.statistics.tools.ballots import Ballots
from pietools.statistics.tools.populations import Populations, check_paired

LABELS = np.array([0, 1, -1])
VOTES = Populations(np.array([[0, 1, 1], [0, 0, 1]]), np.array([[1, 1, 0], [0, 1, 0]]), True, LABELS)


def test_populations_that_do_not_fit_are_refused() -> None:
    """Pairs need equally many networks, and everything speaks of the same examples."""
    with pytest.raises(ValueError, match="not 2 and 1"):
        Populations(VOTES.reference, VOTES.compressed[:1], paired=True)
    assert Populations(VOTES.reference, VOTES.compressed[:1], paired=False).sizes == (2, 1)
    with pytest.raises(ValueError, match="do not fit"):
        Populations(VOTES.reference, VOTES.compressed[:, :2], paired=False)
    with pytest.raises(ValueError, match="do not fit"):
        Populations(VOTES.reference, VOTES.compressed, False, LABELS[:2])
    with pytest.raises(ValueError, match="not 3 and 2"):
        check_paired([1, 2, 3], [1, 2], paired=True)


def test_right_is_asked_of_labelled_examples() -> None:
    """The third example has no label; without any labels nothing is right or wrong."""
    assert VOTES.right.reference.tolist() == [[True, True], [True, False]]
    assert VOTES.right.compressed.tolist() == [[False, True], [True, True]]
    with pytest.raises(ValueError, match="no labels are given"):
        _ = Populations(VOTES.reference, VOTES.compressed, True).right


def test_some_examples_keep_their_labels() -> None:
    """In the order that is asked for."""
    chosen = VOTES.on(np.array([2, 0]))
    assert (chosen.reference.tolist(), chosen.labels.tolist()) == ([[1, 0], [1, 0]], [-1, 0])


def test_ballots_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often they are asked for, also those of the undecided examples."""
    calls = []
    count = Ballots.count
    monkeypatch.setattr(Ballots, "count", lambda labels: calls.append(labels) or count(labels))
    votes = VOTES.on(np.arange(3))
    assert votes.undecided(2, 1) is votes.undecided(2, 1)
    assert votes.ballots.n_networks == 4
    assert len(calls) == 1


def test_changes_add_up_to_the_change_in_error_rate() -> None:
    """Differences within pairs, or rows of two samples with the sign of the compressed ones turned."""
    rows, groups = VOTES.right.changes()
    assert (rows.tolist(), groups.tolist()) == ([[1, 0], [0, -1]], [0, 0])
    right = VOTES.right
    rows, groups = Populations(right.reference, right.compressed, False).changes()
    assert (rows.tolist(), groups.tolist()) == ([[1, 1], [1, 0], [0, -1], [-1, -1]], [0, 0, 1, 1])
