"""What is left of values per example once an intercept, a design matrix and the classes have explained what they can."""

from dataclasses import dataclass, replace

import numpy as np

_ROUNDING = 1e-10  # a direction of scaled covariates that is shorter than this, per example, is rounding


@dataclass(frozen=True)
class Design:
    """An orthonormal basis of what explains: one direction per class, and those of the covariates within classes.

    ``codes`` (n,) number the classes without gaps, ``roots`` (n,) are those of the weights of the examples and ``sizes`` the
    weights of the classes; ``basis`` is of shape (rank, n). ``df`` are the degrees of freedom that are left.
    """

    codes: np.ndarray
    roots: np.ndarray
    sizes: np.ndarray
    basis: np.ndarray
    df: int

    @classmethod
    def of(
        cls, n: int, covariates: np.ndarray | None, classes: np.ndarray | None, weights: np.ndarray | None = None
    ) -> "Design":
        """Of covariates, shape (n, q), and classes, integers of shape (n,), either of which may be absent.

        Covariates that say nothing new are passed over. Classes are taken off first, from the covariates too (Frisch,
        Waugh and Lovell), so that a thousand of them need no columns. With ``weights``, (n,), residuals are those of weighted
        least squares times their roots, so that products of them are weighted sums.

        Raises
        ------
        ValueError
            If a covariate is not finite.
        """
        codes = np.zeros(n, dtype=np.int64) if classes is None else np.unique(classes, return_inverse=True)[1]
        roots = np.ones(n) if weights is None else weights**0.5
        sizes = np.bincount(codes, weights=roots**2)
        design = cls(codes, roots, sizes, np.empty((0, n)), n - len(sizes))
        if covariates is None or not covariates.shape[1]:
            return design
        if not np.isfinite(covariates).all():
            raise ValueError("covariates have to be finite")
        scaled = covariates.T / np.maximum(np.abs(covariates).max(axis=0), np.finfo(float).tiny)[:, None]
        # The directions of a small triangle are those of the long columns, turned.
        directions, triangle = np.linalg.qr(design.residuals(scaled).T)
        _, lengths, turned = np.linalg.svd(triangle.T, full_matrices=False)
        basis = (turned @ directions.T)[lengths > _ROUNDING * n**0.5]
        return replace(design, basis=basis, df=design.df - len(basis))

    def within(self, examples: np.ndarray) -> "Design":
        """The same for the products of values that are 0 but on these examples."""
        return replace(self, codes=self.codes[examples], roots=self.roots[examples], basis=self.basis[:, examples])

    def residuals(self, values: np.ndarray) -> np.ndarray:
        """Residuals of (weighted) least squares, of each row of ``values`` (rows, n)."""
        left = (values - (self._class_sums(values) / self.sizes)[:, self.codes]) * self.roots
        return left - left @ self.basis.T @ self.basis

    def products(self, values: np.ndarray) -> np.ndarray:
        """Inner products of the residuals of rows, shape (rows, rows), without making the residuals."""
        by_class = self._class_sums(values) / self.sizes**0.5
        weighted = values * self.roots
        explained = weighted @ self.basis.T
        return weighted @ weighted.T - by_class @ by_class.T - explained @ explained.T

    def _class_sums(self, values: np.ndarray) -> np.ndarray:
        weights = self.roots**2
        if len(self.sizes) == 1:
            return (values @ weights)[:, None]
        return np.stack([np.bincount(self.codes, weights=row * weights, minlength=len(self.sizes)) for row in values])
