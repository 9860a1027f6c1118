"""Rows of the tables that explain what is lost, written by hand, for the tests of charts and figures."""

from math import exp
from typing import Any

import polars as pl

from tests.result_frames import table

COMPARISON = {"reference": "supervised/dense", "compressed": "supervised/int8", "dataset": "toy/test"}
PAIR = {"dataset": "toy/test", "compression": "int8", "regime_a": "supervised", "regime_b": "simclr"}


def group_row(group: str = "forgotten", **changes: Any) -> dict[str, Any]:
    """20 examples whose losses lie around 1."""
    quantiles = {"q05": 0.5, "q25": 0.8, "q50": 1.0, "q75": 1.3, "q95": 2.0}
    row = COMPARISON | {"property": "loss", "source": "networks", "group": group, "n": 20, "mean": 1.1, "sd": 0.3}
    return row | quantiles | changes


def odds(estimate: float | None = 0.0, half_width: float | None = 0.5) -> dict[str, Any]:
    """A log odds ratio with its interval, and the odds ratio."""
    low, high = (None if estimate is None or half_width is None else estimate + sign * half_width for sign in (-1, 1))
    logs = {"estimate": estimate, "conf_low": low, "conf_high": high}
    names = ("odds_ratio", "odds_ratio_conf_low", "odds_ratio_conf_high")
    ratios = {name: None if log is None else exp(log) for name, log in zip(names, logs.values(), strict=True)}
    return logs | ratios | {"p_value": 0.01}


def term_row(
    term: str = "loss", *, estimate: float | None = 0.0, half_width: float | None = 0.5, **changes: Any
) -> Any:
    """A property of the primary model."""
    return COMPARISON | {"design": "paired", "term": term} | odds(estimate, half_width) | changes


def side_row(side: str, **changes: Any) -> dict[str, Any]:
    """A property of the regression of PIEs."""
    return COMPARISON | {"outcome": "pie", "side": side, "model": "joint", "property": "loss"} | odds() | changes


def shape_row(value: float, **changes: Any) -> dict[str, Any]:
    """A point of a curve."""
    return COMPARISON | {"property": "loss", "model": "conditional", "value": value} | odds() | changes


def bin_row(number: int, predicted: float, **changes: Any) -> dict[str, Any]:
    """A bin of 40 examples in which half as many are PIEs as was predicted."""
    row = COMPARISON | {"bin": number, "n": 40, "predicted": predicted, "observed": predicted / 2}
    return row | {"conf_low": 0.0, "conf_high": predicted} | changes


def pair_row(**changes: Any) -> dict[str, Any]:
    """Two regimes with 20 PIEs in both, where 12 (5 to 18) would be if compression did nothing."""
    names = {f"{name}_{side}": f"{name}-{side}" for name in ("reference", "compressed") for side in "ab"}
    row = PAIR | names | {"design": "matched", "estimate": 0.9, "conf_low": 0.7, "conf_high": 1.1, "p_value": 0.001}
    row |= {"raw": 0.3, "attenuation": 0.4, "pies_estimate": 0.8, "pies_conf_low": 0.7, "pies_conf_high": 0.9}
    row |= {"baseline_estimate": 0.6, "baseline_conf_low": 0.5, "baseline_conf_high": 0.7}
    row |= {"n_both": 20, "n_both_conf_low": 15.0, "n_both_conf_high": 25.0, "overlap_p": 0.01}
    return row | {"null_mean": 12.0, "null_conf_low": 5.0, "null_conf_high": 18.0, "expected": 4.0} | changes


def count_row(**changes: Any) -> dict[str, Any]:
    """One regime has 8 more excess PIEs than the other."""
    row = PAIR | {"equal": "compression", "measure": "excess", "estimate": 8.0, "conf_low": 2.0, "conf_high": 14.0}
    return row | {"p_value": 0.02} | changes


def coefficient_row(**changes: Any) -> dict[str, Any]:
    """A property whose log odds ratio is larger in one regime."""
    row = PAIR | {"effect": "log odds ratio", "term": "loss", "estimate": 0.5, "conf_low": 0.1, "conf_high": 0.9}
    return row | {"p_value": 0.01, "p_adjusted": 0.02} | changes


def transition_rows() -> list[dict[str, Any]]:
    """Of 100 examples 6 are lost in both regimes, 5 and 4 in one only."""
    groups = [("all", None, 6), ("only", "supervised", 5), ("only", "simclr", 4), ("none", None, 85)]
    return [
        {"dataset": "toy/test", "compression": "int8", "group": group, "regime": regime, "n": n}
        | {"expected": n / 2, "conf_low": 0.0, "conf_high": float(n)}
        for group, regime, n in groups
    ]


def explanations() -> dict[str, pl.DataFrame]:
    """A frame of each table, by name, that something can be drawn of."""
    rows: dict[str, list[dict[str, Any]]] = {
        "properties_groups": [group_row(), group_row("other")],
        "characterize": [term_row("(compression)"), term_row()],
        "characterize_pies": [side_row(side) for side in ("compressed", "baseline", "difference", "plain")],
        "characterize_shapes": [shape_row(1.0), shape_row(2.0, **odds(0.4))],
        "characterize_calibration": [bin_row(0, 0.1), bin_row(1, 0.6)],
        "regimes": [pair_row()],
        "regimes_counts": [count_row()],
        "regimes_coefficients": [coefficient_row(), coefficient_row(effect="marginal effect", estimate=0.01)],
        "regimes_transitions": transition_rows(),
    }
    return {name: table(name, some) for name, some in rows.items()}
