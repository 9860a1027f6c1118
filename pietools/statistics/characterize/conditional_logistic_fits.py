"""Fits of the primary model to networks in their roles."""

from dataclasses import dataclass

import numpy as np

from pietools.statistics.characterize.conditional_logistic import fit_conditional
from pietools.statistics.characterize.cross_fitting import Properties, Sets
from pietools.statistics.characterize.design_matrix import Design
from pietools.statistics.characterize.influences import Influences, influences
from pietools.statistics.tools.populations import Populations


@dataclass(frozen=True)
class ConditionalFits:
    """The statistic of a split: q coefficients, their variances by the information, marginal effects, mean θ(1 − θ), and n.

    θ is the chance of a compressed network to be right, n the number of informative examples.
    """

    right: Populations  # of the examples below: the others are informative for no networks
    properties: Properties
    design: Design
    examples: np.ndarray

    @classmethod
    def of(cls, right: Populations, properties: Properties, design: Design) -> "ConditionalFits":
        """Of the examples that have all properties and are informative for some networks."""
        n_right = right.reference.sum(axis=0, dtype=np.int32) + right.compressed.sum(axis=0, dtype=np.int32)
        is_told = (n_right > 0) & (n_right < sum(right.sizes))
        examples = np.flatnonzero(design.is_kept & is_told)
        return cls(right.on(examples), properties, design, examples)

    def __call__(self, sets: Sets) -> np.ndarray:
        """The statistic of one split, 3q + 2 numbers, NaN where the likelihood has no finite maximum."""
        reference, compressed = sets.reference[0], sets.compressed[0]
        n_compressed = self.right.compressed[compressed].sum(axis=0, dtype=np.int32)
        n_right = self.right.reference[reference].sum(axis=0, dtype=np.int32) + n_compressed
        k = len(compressed)
        fit = fit_conditional(n_right, n_compressed, self._standardized(sets), (len(reference), k))
        if not fit.is_finite:
            return np.full(3 * len(fit.coefficients) + 2, np.nan)
        pairs = k * (k - 1) * len(self.design.values)
        spread = (n_compressed * (k - n_compressed)).sum() / pairs if pairs else np.nan
        variances = (
            np.full(len(fit.coefficients), np.nan) if self.properties.needs_networks else np.diag(fit.covariance)
        )
        return np.concatenate([fit.coefficients, variances, fit.coefficients * spread, [spread, fit.n_informative]])

    def influences(self, splits: list[Sets], coefficients: np.ndarray) -> Influences:
        """Mean over splits of the influences of examples, and of networks on these."""
        n_reference, paired = self.right.sizes[0], self.right.paired
        n_networks = n_reference if paired else sum(self.right.sizes)
        of_examples = np.zeros((len(self.examples), len(coefficients)))
        of_networks = np.zeros((n_networks, *of_examples.shape), dtype=np.float32)
        for sets in splits:
            reference, compressed = sets.reference[0], sets.compressed[0]
            right = self.right.reference[reference], self.right.compressed[compressed]
            one, networks = influences(*right, self._standardized(sets), coefficients, paired=paired)
            of_examples += one / len(splits)
            rows = reference if paired else np.concatenate([reference, n_reference + compressed])
            of_networks[rows] += networks / np.float32(len(splits))
        return Influences(self.examples, of_examples, of_networks)

    def _standardized(self, sets: Sets) -> np.ndarray:
        return self.design.standardize(self.properties.of(sets.properties)[self.examples])[:, self.design.joint]
