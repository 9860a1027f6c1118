"""Numbers for people: rounded here and nowhere else. Missing is an en dash, minus is a minus sign."""

import math

MISSING = "–"


def count(value: float | None) -> str:
    """``4,517``."""
    return decimal(value, 0)


def decimal(value: float | None, digits: int) -> str:
    """``0.63``."""
    return MISSING if value is None else _signed(f"{value:,.{digits}f}")


def percent(fraction: float | None, digits: int = 1) -> str:
    """``9.0`` for 0.09; the unit is for the sentence or the heading."""
    return MISSING if fraction is None else decimal(100 * fraction, digits)


def percent_and_sd(fraction: float | None, sd: float | None) -> str:
    """``61.58 ± 8.78``; without the sd where there is none."""
    return percent(fraction, 2) if sd is None else f"{percent(fraction, 2)} ± {percent(sd, 2)}"


def points(fraction: float | None) -> str:
    """Signed percentage points: ``−4.42``."""
    return MISSING if fraction is None else _signed(f"{100 * fraction:+.2f}")


def points_interval(low: float | None, high: float | None) -> str:
    """``−6.02 to −2.81``."""
    return MISSING if low is None else f"{points(low)} to {points(high)}"


def to_uncertainty(estimate: float | None, low: float | None, high: float | None, *, signed: bool = False) -> str:
    """An estimate with its interval, ``−1.25 (−1.41 to −1.09)``: two digits of the interval's half, the same for all three.

    Without an interval, or one of no width, two decimals.
    """
    if estimate is None or low is None or high is None or not 0 < high - low < math.inf:
        return MISSING if estimate is None else _written(estimate, 2, signed=signed)
    half = float(f"{(high - low) / 2:.1e}")  # 0.0995 is 0.10, with two digits
    digits = max(0, 1 - math.floor(math.log10(half)))
    shown = (_written(value, digits, signed=signed) for value in (estimate, low, high))
    return "{} ({} to {})".format(*shown)


def _written(value: float, digits: int, *, signed: bool) -> str:
    return _signed(f"{value:{'+' if signed else ''},.{digits}f}")


def p_value(value: float | None) -> str:
    """``0.002`` or ``< 0.001``."""
    if value is None:
        return MISSING
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def _signed(written: str) -> str:
    """A minus sign for the hyphen; zero has no sign."""
    return written.replace("-", "−") if written.strip("+-0.,") else written.lstrip("+-")
