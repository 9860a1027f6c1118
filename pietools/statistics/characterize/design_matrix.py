"""Properties as columns of a regression: one common scale, and what stands in the way of fitting them."""

from dataclasses import dataclass

import numpy as np

from pietools.flags import Flag
from pietools.statistics.characterize.cross_fitting import Properties

HIGHEST_VIF = 10.0
EVENTS_PER_TERM = 10
# Below these a spread, or what earlier columns leave of a column, is rounding.
_NO_SPREAD = 1e-12
_ALIASED = 1e-7


@dataclass(frozen=True)
class Design:
    """Properties of the examples that have them all, and how each fares as a column.

    ``is_kept``: examples (n,) whose properties are all finite; ``mean`` and ``sd`` (p,) are over them and make the common
    scale. ``flags``: ``constant``, ``collinear`` (determined by the properties before it), ``high-vif`` (variance inflation
    factor above 10: still fitted) or None. ``vif`` (p,) is NaN for what is not fitted together with the others.
    """

    names: tuple[str, ...]
    values: np.ndarray  # standardized, (kept examples, p); a constant property is 0
    is_kept: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    vif: np.ndarray
    flags: tuple[str | None, ...]

    @classmethod
    def of(cls, properties: np.ndarray, names: tuple[str, ...]) -> "Design":
        """Design of properties (n, p); infinite values count as missing.

        Raises
        ------
        ValueError
            If there are not as many names as properties.
        """
        if properties.ndim != 2 or properties.shape[1] != len(names):
            raise ValueError(f"{len(names)} names do not fit properties of shape {properties.shape}")
        is_kept = np.isfinite(properties).all(axis=1)
        kept = properties[is_kept].astype(np.float64)
        # A spread beyond what numbers can hold is none to fit by.
        with np.errstate(over="ignore", under="ignore"):
            mean, sd = (
                (kept.mean(axis=0), kept.std(axis=0)) if len(kept) else (np.zeros(len(names)), np.zeros(len(names)))
            )
        sd = np.where(np.isfinite(sd), sd, 0.0)
        varies = sd > _NO_SPREAD * np.abs(kept).max(axis=0, initial=0)
        sd = np.where(varies, sd, 0.0)
        values = np.where(varies, (kept - mean) / np.where(varies, sd, 1), 0.0)
        centred = values - values.mean(axis=0) if len(values) else values
        status = _status(centred)
        vif = _variance_inflation(centred, status)
        flags = tuple(
            why or (Flag.HIGH_VIF if factor > HIGHEST_VIF else None) for why, factor in zip(status, vif, strict=True)
        )
        return cls(names, values, is_kept, mean, sd, vif, flags)

    @property
    def n_missing(self) -> int:
        """Examples that lack a property."""
        return int((~self.is_kept).sum())

    @property
    def refusals(self) -> list[str | None]:
        """Why a property cannot be fitted together with the others: ``constant``, ``collinear`` or None."""
        return [None if flag == Flag.HIGH_VIF else flag for flag in self.flags]

    @property
    def varying(self) -> list[int]:
        """Columns that can be fitted on their own."""
        return [j for j, flag in enumerate(self.flags) if flag != Flag.CONSTANT]

    @property
    def joint(self) -> list[int]:
        """Columns that can be fitted together."""
        return [j for j, why in enumerate(self.refusals) if why is None]

    def values_by(self, properties: Properties, networks: np.ndarray) -> np.ndarray:
        """Values (kept examples, p) that the properties have by some networks, on the same scale."""
        if not properties.needs_networks:
            return self.values
        return self.standardize(properties.of(networks)[self.is_kept])

    def standardize(self, properties: np.ndarray) -> np.ndarray:
        """Other values (m, p) of the same properties, of examples that are kept, on the same scale.

        Raises
        ------
        ValueError
            If one is missing: the design has it.
        """
        if not np.isfinite(properties).all():
            raise ValueError("some networks lack a property of an example that all together have")
        return (properties - self.mean) / np.where(self.sd > 0, self.sd, np.inf)


def few_events(n_events: int, n_others: int, n_terms: int) -> bool:
    """Whether there are fewer than ten of the rarer outcome per term.

    Peduzzi et al. (1996), A simulation study of the number of events per variable, doi:10.1016/S0895-4356(96)00236-3.
    """
    return min(n_events, n_others) < EVENTS_PER_TERM * n_terms


def _status(centred: np.ndarray) -> list[str | None]:
    """Of each column ``constant``, ``collinear`` or None: what is left of it beside those before it."""
    found: list[str | None] = []
    used: list[int] = []
    for j, column in enumerate(centred.T):
        size = float(np.linalg.norm(column))
        if size <= _ALIASED * len(column) ** 0.5:
            found.append(Flag.CONSTANT)
            continue
        before = centred[:, used]
        left = column - before @ np.linalg.lstsq(before, column, rcond=None)[0]
        found.append(Flag.COLLINEAR if np.linalg.norm(left) <= _ALIASED * size else None)
        used += [j] if found[-1] is None else []
    return found


def _variance_inflation(centred: np.ndarray, status: list[str | None]) -> np.ndarray:
    """Variance inflation factors 1 / (1 − R²), the diagonal of the inverse correlation matrix; NaN where not in use."""
    vif = np.full(centred.shape[1], np.nan)
    used = [j for j, why in enumerate(status) if why is None]
    if used:
        scaled = centred[:, used] / np.linalg.norm(centred[:, used], axis=0)
        vif[used] = np.diag(np.linalg.inv(scaled.T @ scaled))
    return vif
