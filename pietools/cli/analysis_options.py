"""Options of the commands that analyze, made of the declared settings: a flag each, with type, range and default."""

import typing
from collections.abc import Iterable
from typing import Any

import annotated_types
import click
from pydantic.fields import FieldInfo

from pietools.settings import AnalysisSettings

# What every analysis has, whatever its topics.
COMMON = ("seed", "comparisons")


class Fraction(click.FloatRange):
    """A number of a range, which is a fraction: who gives percent is told so."""

    name = "fraction"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        try:
            return float(super().convert(value, param, ctx))
        except click.BadParameter as error:
            self.fail(f"{error.message} It is a fraction: 0.01 is one percentage point.", param, ctx)


def settings_options(names: Iterable[str]) -> list[click.Option]:
    """Options of the settings of these names, in the order in which they are declared, those of every analysis among them."""
    wanted = {*names, *COMMON}
    return [_option(name, field) for name, field in AnalysisSettings.model_fields.items() if name in wanted]


def asked(options: dict[str, Any]) -> dict[str, Any]:
    """What the options say: one that may be repeated and was not given says nothing."""
    return {name: value for name, value in options.items() if value not in ((), None)}


def _option(name: str, field: FieldInfo) -> click.Option:
    extra = typing.cast(dict[str, str], field.json_schema_extra)
    is_list = "metavar" in extra
    default = "the study's" if field.default is None or is_list else f"the study's, else {field.default}"
    more: dict[str, Any] = {"multiple": True, "metavar": extra["metavar"]} if is_list else {"type": _range(field)}
    if name == "comparisons":
        more["nargs"] = 2
    text = str(field.description).replace("; every property unless given", "")
    repeated = "; may be repeated" if is_list else ""
    return click.Option(
        [extra["flag"], name], help=f"{text[0].upper()}{text[1:]}{repeated}.  [default: {default}]", **more
    )


def _range(field: FieldInfo) -> click.ParamType:
    """Range of a number, as it is declared."""
    bounds: dict[str, Any] = {}
    for bound in field.metadata:
        match bound:
            case annotated_types.Ge(ge=low):
                bounds["min"] = low
            case annotated_types.Gt(gt=low):
                bounds |= {"min": low, "min_open": True}
            case annotated_types.Le(le=high):
                bounds["max"] = high
            case annotated_types.Lt(lt=high):
                bounds |= {"max": high, "max_open": True}
    if field.annotation is int:
        return click.IntRange(**bounds)
    return Fraction(**bounds) if bounds["max"] <= 1 else click.FloatRange(**bounds)
