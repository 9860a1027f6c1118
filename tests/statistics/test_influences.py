"""What examples add to errors: little where compression does the same to all, much where it hits some, and never less than 0."""

import numpy as np
import pytest

from pietools.statistics.characterize.conditional_logistic_model import ConditionalModel, conditional_model
from pietools.statistics.characterize.cross_fitting import Properties
from pietools.statistics.characterize.influences import Influences
from pietools.statistics.tools.populations import Populations
from tests.statistics.characterization_worlds import eases, latent


def drawn(seed: int, *, share_hit: float, by: float, paired: bool = True) -> ConditionalModel:
    """The model of 8 dense and 8 compressed networks on new examples, some of them hit, and of a property of no meaning."""
    rng = np.random.default_rng(seed)
    ease, x = eases(rng, 400), rng.normal(size=(400, 1))
    shift = by * (rng.random(400) < share_hit)
    dense, compressed = latent(rng, ease, 8) > 0, latent(rng, ease - shift, 8) > 0
    return conditional_model(Populations(dense, compressed, paired=paired), Properties.fixed(x, ("x",)), seed=1)


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.slow
def test_scattered_hits_are_in_the_errors(paired: bool) -> None:
    """Over 40 data sets the estimates vary as the errors say, and by half more than networks alone would let them."""
    found = [drawn(seed, share_hit=0.25, by=4.0, paired=paired).terms.row(1, named=True) for seed in range(40)]
    spread = np.std([row["estimate"] for row in found], ddof=1)
    both, networks = (np.mean([row[name] for row in found]) for name in ("std_error", "std_error_networks"))
    assert spread / networks > 1.4
    assert 0.75 < spread / both < 1.25


def test_the_same_for_all_examples_adds_little() -> None:
    """Where compression takes the same from the log odds of all examples, errors are those of the networks to a few percent."""
    found = [drawn(seed, share_hit=1.0, by=0.7).terms for seed in range(20)]
    ratio = np.array([terms["std_error"] / terms["std_error_networks"] for terms in found])
    assert (ratio >= 1).all()
    assert ratio.mean() < 1.08


def test_differences_are_of_the_same_examples_and_networks() -> None:
    """What both do to an example cancels, and of matched networks what both do to it; of others it adds up. By hand."""
    one = Influences(np.array([1, 4]), np.array([[2.0], [3.0]]), np.array([[[1.0], [0.0]], [[-1.0], [0.0]]]))
    other = Influences(np.array([4, 6]), np.array([[1.0], [2.0]]), np.array([[[0.0], [0.5]], [[0.0], [-0.5]]]))
    matched, unmatched = (one.minus(other, paired=is_matched) for is_matched in (True, False))
    assert matched.examples.tolist() == [1, 4, 6]
    assert matched.of_examples[:, 0].tolist() == [2, 2, -2]
    assert matched.of_networks[:, :, 0].tolist() == [[1, 0, -0.5], [-1, 0, 0.5]]
    assert unmatched.of_networks[:, :, 0].tolist() == [[1, 0, 0], [-1, 0, 0], [0, 0, -0.5], [0, 0, 0.5]]
    assert matched.covariance_beyond_networks().item() == pytest.approx(12 - 2.5)
    itself = one.minus(one, paired=True)
    assert not itself.of_examples.any()
    assert not itself.of_networks.any()


def test_less_than_by_chance_adds_nothing() -> None:
    """Examples that differ less than their networks' chance would make them add no negative variance."""
    few = Influences(np.arange(2), np.full((2, 1), 0.1), np.array([[[1.0], [1.0]], [[-1.0], [-1.0]]]))
    assert few.covariance_beyond_networks().item() == 0
