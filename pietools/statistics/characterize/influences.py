"""What single examples, and single networks on them, do to the coefficients of the primary model.

Half-samples of networks say how coefficients would differ with other networks on the same examples. If compression hits examples
for reasons that are not in the model, coefficients would also differ with other examples: by chance the hit ones have more of a
property, or less. Both together are the two-way clustered variance

    V = V_networks + V_examples − V_both

of Cameron, Gelbach & Miller (2011, doi:10.1198/jbes.2010.07136), where V_both is what a network does to one example: V_examples
contains it, and V_networks too. V_examples − V_both is what examples differ by beyond the chance of their networks.
"""

from dataclasses import dataclass

import numpy as np

from pietools.statistics.characterize.conditional_logistic import Tables, expected_right_compressed


@dataclass(frozen=True)
class Influences:
    """Influences on q coefficients.

    ``examples`` (m,), rising: their numbers. ``of_examples`` (m, q): by how much each moves the coefficients.
    ``of_networks`` (N, m, q): by how much that changes with each network, or pair of matched ones, so scaled that the sum of
    squares over networks is the variance of ``of_examples``.
    """

    examples: np.ndarray
    of_examples: np.ndarray
    of_networks: np.ndarray

    def minus(self, other: "Influences", *, paired: bool) -> "Influences":
        """Influences on the differences of coefficients. ``paired``: network k of one belongs to network k of the other."""
        examples = np.union1d(self.examples, other.examples)
        (of_examples, of_networks), (others, of_others) = (one._among(examples) for one in (self, other))
        networks = of_networks - of_others if paired else np.concatenate([of_networks, -of_others])
        return Influences(examples, of_examples - others, networks)

    def _among(self, examples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same with zeros for examples that have no influence."""
        rows = np.searchsorted(examples, self.examples)
        n_networks, _, q = self.of_networks.shape
        of_examples = np.zeros((len(examples), q))
        of_networks = np.zeros((n_networks, len(examples), q), dtype=self.of_networks.dtype)
        of_examples[rows], of_networks[:, rows] = self.of_examples, self.of_networks
        return of_examples, of_networks

    def times(self, factor: float) -> "Influences":
        """Influences on so many times the coefficients."""
        return Influences(self.examples, factor * self.of_examples, np.float32(factor) * self.of_networks)

    def on(self, columns: slice) -> "Influences":
        """Influences on some of the coefficients."""
        return Influences(self.examples, self.of_examples[:, columns], self.of_networks[:, :, columns])

    def covariance_beyond_networks(self) -> np.ndarray:
        """V_examples − V_both, (q, q), without the directions in which examples differ less than by chance."""
        of_networks = self.of_networks.reshape(-1, self.of_examples.shape[1]).astype(np.float64)
        beyond = self.of_examples.T @ self.of_examples - of_networks.T @ of_networks
        values, vectors = np.linalg.eigh(beyond)
        return (vectors * values.clip(min=0)) @ vectors.T


def influences(
    right_reference: np.ndarray,
    right_compressed: np.ndarray,
    properties: np.ndarray,
    coefficients: np.ndarray,
    *,
    paired: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Influences of examples, (n, q), and of networks on these, (K, n, q) if ``paired``, else (K_D + K_C, n, q).

    An example's is I⁻¹ x_i (c_i − E[c_i | t_i]), with I the information. A network's is the jackknife's: what the example's
    would be without the network, less the mean of these over networks, times √(K / (K − 1)).

    Parameters
    ----------
    right_reference, right_compressed
        Whether each network is right, boolean, (K_D, n) and (K_C, n), with two networks or more in each.
    properties
        Standardized, (n, p).
    coefficients
        Of compression and of the properties, q = 1 + p.
    """
    sizes = len(right_reference), len(right_compressed)
    n_compressed = right_compressed.sum(axis=0, dtype=np.int64)
    n_right = n_compressed + right_reference.sum(axis=0, dtype=np.int64)
    _, _, information = Tables.of(n_right, n_compressed, properties, sizes).derivatives(coefficients)
    design = np.column_stack([np.ones(len(properties)), properties])
    # Where some log odds are beyond all bounds the information is singular: nothing moves them.
    moves = design @ np.linalg.pinv(information, hermitian=True)

    def residuals(reference: np.ndarray, compressed: np.ndarray, left: tuple[int, int]) -> np.ndarray:
        """Right compressed networks beyond expectation, without some: whether those are right, (n,) or 0 for none."""
        others = n_right - reference - compressed
        return n_compressed - compressed - expected_right_compressed(others, design @ coefficients, left)

    nobody = np.zeros((), dtype=np.int64)
    if paired:
        left = sizes[0] - 1, sizes[1] - 1
        dropped = [[residuals(d, c, left) for d, c in zip(right_reference, right_compressed, strict=True)]]
    else:
        dropped = [
            [residuals(d, nobody, (sizes[0] - 1, sizes[1])) for d in right_reference],
            [residuals(nobody, c, (sizes[0], sizes[1] - 1)) for c in right_compressed],
        ]
    of_networks = np.concatenate([_jackknifed(np.array(those)) for those in dropped])
    return residuals(nobody, nobody, sizes)[:, None] * moves, of_networks[:, :, None] * moves.astype(np.float32)


def _jackknifed(without: np.ndarray) -> np.ndarray:
    """Deviations (K, n), whose sum of squares is the variance of a total, from totals without each of K networks."""
    k = len(without)
    return ((without - without.mean(axis=0)) * (k / (k - 1)) ** 0.5).astype(np.float32)
