"""Numbers for people: rounded here and nowhere else. Missing is an en dash, minus is a minus sign."""

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


def p_value(value: float | None) -> str:
    """``0.002`` or ``< 0.001``."""
    if value is None:
        return MISSING
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def _signed(written: str) -> str:
    """A minus sign for the hyphen; zero has no sign."""
    return written.replace("-", "−") if written.strip("+-0.,") else written.lstrip("+-")
