"""The settings of an analysis, each declared once: type, range, default, flag, meaning.

The command line, ``analyze()``, ``[analyze]`` of a STUDY.toml, the check of a stored recipe and the report read them here.
"""

import reprlib
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from pietools.errors import StudyError

# More relabellings than this tell nothing more, and fill the memory.
MOST_PERMUTATIONS = 1_000_000


class Settings(BaseModel):
    """A table of settings: exact types, known keys only, never changed after reading."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


def _named_once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in names))


def _no_pair_of_one(pairs: list[list[str]]) -> list[list[str]]:
    if twice := next((one for one, other in pairs if one == other), None):
        raise ValueError(f"'{twice}' is to be compared with itself: name two populations")
    return pairs


Names = Annotated[list[str], AfterValidator(_named_once)]
Pair = Annotated[list[str], Field(min_length=2, max_length=2)]


def _flag(name: str, **more: str) -> dict[str, Any]:
    """How the setting is asked for on the command line; any name of several is given by repeating the flag."""
    return {"flag": f"--{name}", **more}


class AnalysisSettings(Settings):
    """[analyze]: what an analysis is asked for; options of `pietools analyze` override it."""

    permutations: Annotated[int, Field(ge=1, le=MOST_PERMUTATIONS, json_schema_extra=_flag("permutations"))] = 1000
    """relabellings of each null"""
    seed: Annotated[int, Field(ge=0, lt=2**63, json_schema_extra=_flag("seed"))] = 0
    """seed of all that is random"""
    margin: Annotated[float, Field(gt=0, le=0.5, json_schema_extra=_flag("margin"))] = 0.01
    """largest change of accuracy that you would ignore, a fraction (0.01 is one percentage point); set it before looking"""
    delta: Annotated[float, Field(ge=0, lt=1, json_schema_extra=_flag("delta"))] = 0.1
    """rise of an example's error rate that counts as forgotten, a fraction"""
    delta_log_odds: Annotated[float | None, Field(ge=0, le=10, json_schema_extra=_flag("delta-log-odds"))] = None
    """change of an example's log odds (nats), beyond that of examples as hard, that you would ignore; set it before looking. 0.1 \
unless given, or 0.5 with five networks a side or fewer, or where the trend is far from a line"""
    comparisons: Annotated[
        list[Pair],
        AfterValidator(_no_pair_of_one),
        Field(json_schema_extra=_flag("compare", metavar="REFERENCE COMPRESSED")),
    ] = []
    """pairs [reference, compressed] besides those that the references make"""
    subgroups: Annotated[Names | None, Field(json_schema_extra=_flag("subgroup", metavar="NAME"))] = None
    """what groups examples: a property, class, or a crossing such as sex*age; every property unless given"""
    explain: Annotated[Names | None, Field(json_schema_extra=_flag("explain", metavar="NAME"))] = None
    """properties that may explain what is lost, of networks or imported numbers; loss, label_noise, atypicality and every number \
that all examples have unless given"""
    theories: Annotated[Names, Field(json_schema_extra=_flag("theory", metavar="NAME"))] = []
    """properties whose worth beyond difficulty is asked, out of fold"""


def resolve(recipe: Mapping[str, Any], asked: Mapping[str, Any]) -> AnalysisSettings:
    """Settings of an analysis: what is asked for now, else what the study's recipe says, else the defaults.

    Parameters
    ----------
    recipe
        The table ``[analyze]`` of the STUDY.toml that the study was made from.
    asked
        Settings by name; None says nothing. Comparisons are added to those of the recipe.

    Raises
    ------
    StudyError
        If a setting has a wrong type or is out of range: in one line, with where it stands.
    """
    stored = _checked(dict(recipe), "the study's recipe, [analyze]")
    said = {name: value for name, value in asked.items() if value is not None}
    now = _checked(said, "the analysis")
    merged = {name: getattr(now if name in said else stored, name) for name in AnalysisSettings.model_fields}
    return AnalysisSettings(**merged | {"comparisons": [*stored.comparisons, *now.comparisons]})


def used_settings(stored: Mapping[str, Any]) -> AnalysisSettings:
    """Settings of an analysis as its results were stored with them, among other facts."""
    return AnalysisSettings(**{name: value for name, value in stored.items() if name in AnalysisSettings.model_fields})


def _checked(values: dict[str, Any], where: str) -> AnalysisSettings:
    try:
        return AnalysisSettings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "extra_forbidden":
            there_are = ", ".join(AnalysisSettings.model_fields)
            raise StudyError(f"{where} has no setting '{first['loc'][0]}'. There are: {there_are}.") from None
        name = first["loc"][0] if first["loc"] else "a key"
        what = first["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
        meaning = str(AnalysisSettings.model_fields[str(name)].description).partition(";")[0]
        raise StudyError(f"{where}: {name} = {reprlib.repr(first['input'])}: {what} ({meaning}).") from None
