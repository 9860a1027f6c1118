"""What uneven compression does to the primary model's coefficient of the loss, where the loss has nothing to do with the hits.

    python benchmarks/uneven.py

The world explain-scattered of pietools.validation: log odds of a random fifth of 20,000 examples fall by 2. Prints the share of
the information that the hit examples have, by ease, with 10 networks a population; and with 100 networks the coefficients of the
exact expected loss and of noise.
"""

import numpy as np

from pietools.statistics.characterize.conditional_logistic import Tables, fit_conditional
from pietools.validation.margin_worlds import ExplainedStudy, draw_explained_study

N_EXAMPLES = 20_000


def main() -> None:
    """Print what the docstring says."""
    few = draw_explained_study([0], "explain-scattered", 10, N_EXAMPLES, paired=False)
    information = information_of(few)
    ease, is_hit = few.examples.ease[0], few.examples.targets[0]
    for name, of in (("ease below 0", ease < 0), ("ease above 4", ease > 4)):
        print(
            f"{name}: hit examples have {information[of & is_hit].sum() / information[of].sum():.2f} of the information"
        )
    many = draw_explained_study([1], "explain-scattered", 100, N_EXAMPLES, paired=False)
    columns = np.column_stack([many.examples.expected_loss, many.examples.noise])
    n_right, n_compressed = counts(many)
    fit = fit_conditional(n_right, n_compressed, columns, (100, 100))
    print(f"with 100 networks: loss {fit.coefficients[1]:+.2f}, noise {fit.coefficients[2]:+.2f}")


def counts(study: ExplainedStudy) -> tuple[np.ndarray, np.ndarray]:
    """How many of all networks, and of the compressed ones, are right on each example."""
    right = study.regimes[0].right
    n_compressed = right.compressed.sum(axis=0)
    return right.reference.sum(axis=0) + n_compressed, n_compressed


def information_of(study: ExplainedStudy) -> np.ndarray:
    """Information of each example at the fit of compression alone, (n,), 0 where all networks agree."""
    (n_right, n_compressed), sizes = counts(study), study.regimes[0].right.sizes
    nothing = np.empty((len(n_right), 0))
    coefficients = fit_conditional(n_right, n_compressed, nothing, (sizes[0], sizes[1])).coefficients
    found = np.zeros(len(n_right))
    for i in np.flatnonzero((n_right > 0) & (n_right < sum(sizes))):
        one = Tables.of(n_right[[i]], n_compressed[[i]], nothing[[i]], (sizes[0], sizes[1]))
        found[i] = one.derivatives(coefficients)[2].item()
    return found


if __name__ == "__main__":
    main()
