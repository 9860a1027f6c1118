"""Logistic regression on counts with errors clustered both ways: R's sandwich and statsmodels on rows."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm

from pietools.statistics.characterize.cells import COLUMNS, Population, clustered_logistic

REFERENCE = Path(__file__).parents[1] / "reference"
NAMES = ("first", "second", "a", "more_a")


def r_populations() -> list[Population]:
    """The three populations of characterization.R, two of them matched."""
    rows = pl.read_csv(REFERENCE / "characterization_cells_input.csv")
    found = []
    for population in range(3):
        part = rows.filter(population=population)
        networks = part["network"].unique(maintain_order=True).to_numpy()
        a = part["a"].to_numpy()[:50]
        design = np.column_stack([np.full(50, population == 1), np.full(50, population == 2), a, (population > 0) * a])
        right = part["right"].to_numpy().reshape(len(networks), 50) > 0
        found.append(Population(right, design.astype(float), networks))
    return found


def on_rows(populations: list[Population]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, design with intercept, and network and example, of every row."""
    outcome = np.concatenate([one.right.ravel() for one in populations]).astype(float)
    design = np.concatenate([np.tile(one.design, (len(one.right), 1)) for one in populations])
    networks = np.concatenate([np.repeat(one.networks, one.right.shape[1]) for one in populations])
    examples = np.concatenate([np.tile(np.arange(one.right.shape[1]), len(one.right)) for one in populations])
    return outcome, sm.add_constant(design), np.column_stack([networks, examples])


def test_agrees_with_r() -> None:
    """Estimates and errors, one way and both, are those of glm and sandwich on rows, to 1e-6; matched networks are a cluster."""
    found = clustered_logistic(r_populations(), NAMES)
    expected = pl.read_csv(REFERENCE / "characterization.csv").filter(case="cells")
    for row in expected.iter_rows(named=True):
        value = found.filter(term=row["term"])[row["name"]].item()
        assert value == pytest.approx(row["value"], rel=1e-6), row
    assert (found["n"][0], found["df"][0], found["flag"][0]) == (400, 4, None)


@pytest.mark.parametrize("matched", [False, True])
def test_equals_statsmodels_on_rows(matched: bool) -> None:
    """Cells give what statsmodels gives on rows: coefficients, and errors clustered both ways and each way."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 2))
    ease = rng.normal(1, 1, 60)
    populations = []
    for number, k in enumerate((4, 5, 4)):
        skill = rng.normal(size=(k, 1))
        right = rng.logistic(size=(k, 60)) + ease + skill + 0.3 * x[:, 0] - 0.5 * number * x[:, 1] > 0
        design = np.column_stack([np.full(60, number), x, number * x[:, 1]])
        populations.append(Population(right, design, np.arange(k) + (0 if matched else 10 * number)))
    found = clustered_logistic(populations, ("c", "x", "y", "cy"))
    outcome, design, groups = on_rows(populations)
    for name, of in (("std_error", groups), ("std_error_networks", groups[:, 0]), ("std_error_examples", groups[:, 1])):
        expected = sm.Logit(outcome, design).fit(disp=0, tol=1e-12, cov_type="cluster", cov_kwds={"groups": of})
        np.testing.assert_allclose(found["estimate"], expected.params, rtol=1e-8)
        np.testing.assert_allclose(found[name].fill_null(np.nan), expected.bse, rtol=1e-8)
    assert found["flag"].to_list() == [None if error else "not-positive" for error in found["std_error"]]


def test_the_intercept_of_one_population_by_hand() -> None:
    """Without columns the estimate is the logit of the share right, and errors by network come from each network's share."""
    right = np.array([[1, 1, 1, 0], [1, 0, 1, 0], [1, 1, 1, 1]], dtype=bool)
    row = clustered_logistic([Population(right, np.empty((4, 0)), np.arange(3))], ()).row(0, named=True)
    assert row["estimate"] == pytest.approx(np.log(9 / 3))
    # Scores 3 − 3, 2 − 3, 4 − 3, of a share 3/4 whose information is 12 · 3/16; three clusters, twelve rows, one term.
    assert row["std_error_networks"] == pytest.approx((2 * (3 / 2) * (11 / 11)) ** 0.5 / (12 * 3 / 16))
    # Scores by example: 3 − 9/4, 2 − 9/4, 3 − 9/4, 1 − 9/4.
    scores = 2 * 0.75**2 + 0.25**2 + 1.25**2
    assert row["std_error_examples"] == pytest.approx((scores * 4 / 3) ** 0.5 / (12 * 3 / 16))


def test_order_does_not_matter() -> None:
    """Networks and examples in another order give the same numbers."""
    populations = r_populations()
    rng = np.random.default_rng(2)
    order = rng.permutation(50)
    shuffled = []
    for one in populations[::-1]:
        rows = rng.permutation(len(one.right))
        shuffled.append(Population(one.right[rows][:, order], one.design[order], one.networks[rows]))
    one, other = (clustered_logistic(found, NAMES).drop("flag", "term").to_numpy() for found in (populations, shuffled))
    np.testing.assert_allclose(one, other, rtol=1e-7)


def test_degenerate_input_is_flagged() -> None:
    """Separated and collinear columns have no fit, one cluster no error; nothing is NaN."""
    rng = np.random.default_rng(3)
    right = rng.random((3, 20)) < 0.6
    x = rng.normal(size=(20, 1))

    def flag(right: np.ndarray, design: np.ndarray, networks: np.ndarray) -> str | None:
        names = tuple("abc"[: design.shape[1]])
        found = clustered_logistic([Population(right, design, networks)], names)
        assert found.columns == list(COLUMNS)
        assert not found.select(pl.col(pl.Float64).is_nan().any()).to_numpy().any()
        return found["flag"][0]

    assert flag(right, np.hstack([x, 2 - x]), np.arange(3)) == "collinear"
    assert flag(right | True, x, np.arange(3)) == "separated"
    assert flag(np.tile(x[:, 0] > 0, (3, 1)), x, np.arange(3)) == "separated"
    assert flag(right, x, np.zeros(3, dtype=int)) == "one-network"
    assert flag(np.array([[True], [False], [True]]), np.empty((1, 0)), np.arange(3)) == "one-example"
    both = [Population(right, x, np.arange(3)), Population(right[:, :9], x[:9], np.arange(3))]
    with pytest.raises(ValueError, match="numbers of examples"):
        clustered_logistic(both, ("x",))
