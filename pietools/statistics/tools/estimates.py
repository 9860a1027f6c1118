"""An estimate with its t test against 0 and its 95 % interval: the columns that results share."""

from dataclasses import dataclass

from scipy import stats

from pietools.conventions import CONFIDENCE


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """None where something cannot be had, and ``flag`` says why."""

    estimate: float | None = None
    std_error: float | None = None
    statistic: float | None = None
    df: float | None = None
    p_value: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    flag: str | None = None


def t_test(estimate: float, std_error: float, df: float) -> dict[str, float]:
    """Two-sided t test that the true value is 0, and interval, by the names of :class:`Estimate`; ``std_error`` > 0."""
    half_width = float(stats.t.isf((1 - CONFIDENCE) / 2, df)) * std_error
    return {
        "estimate": estimate,
        "std_error": std_error,
        "statistic": estimate / std_error,
        "df": float(df),
        "p_value": float(2 * stats.t.sf(abs(estimate) / std_error, df)),
        "conf_low": estimate - half_width,
        "conf_high": estimate + half_width,
    }
