"""What pydantic found wrong, said in one line of a person's language."""

import difflib
import reprlib
import types
import typing
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pietools.study_file.settings import StudyTables

KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text in quotes",
    "list_type": "a list in [ ]",
    "model_type": "a table",
}
TYPES = {bool: "true or false", int: "a whole number", float: "a number", str: "text", list: "a list", dict: "a table"}


def suggestion(name: str, names: list[str]) -> str:
    """Return " Did you mean 'steps'?", or nothing where no name is near."""
    near = difflib.get_close_matches(name, names, n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


def describe(error: ErrorDetails) -> str:
    """Say the table and key, what was found, what is allowed."""
    location, kind, found = error["loc"], error["type"], error["input"]
    table, key = _table_of(location), next((part for part in location[1:] if isinstance(part, str)), None)
    if kind == "extra_forbidden":
        return _unknown_key(table, str(location[-1]), location)
    if kind == "missing":
        where = f"{table} lacks the key '{location[-1]}'." if key else f"the table [{location[0]}] is missing."
        return where if key is None else f"{where} Allowed: {', '.join(_keys_of(location))}."
    subject = f"{table} {key}" if key else table
    if kind in KINDS:
        return f"{subject} must be {KINDS[kind]}, and {_shortened(found)} is {TYPES.get(type(found), type(found).__name__)}."
    return f"{subject} = {_shortened(found)}: {_requirement(error)}."


def _shortened(found: Any) -> str:
    """What was found, as Python writes it; what is long or deeply nested is shortened."""
    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = 80
    return brief.repr(found)


def _table_of(location: tuple[int | str, ...]) -> str:
    is_array = len(location) > 1 and isinstance(location[1], int)
    return f"[[{location[0]}]]" if is_array else f"[{location[0]}]"


def _unknown_key(table: str, key: str, location: tuple[int | str, ...]) -> str:
    allowed = _keys_of(location)
    subject = f"{table} has no key '{key}'" if len(location) > 1 else f"there is no table [{key}]"
    return f"{subject}.{suggestion(key, allowed)} Allowed: {', '.join(allowed)}."


def _keys_of(location: tuple[int | str, ...]) -> list[str]:
    """List the keys of the table in which the location lies."""
    model: type[BaseModel] = StudyTables
    if len(location) > 1:
        model = _table_model(StudyTables.model_fields[str(location[0])].annotation)
    return list(model.model_fields)


def _table_model(annotation: Any) -> type[BaseModel]:
    """Return the settings class inside `X`, `X | None` or `list[X]`."""
    if typing.get_origin(annotation) in (list, types.UnionType):
        annotation = typing.get_args(annotation)[0]
    return typing.cast(type[BaseModel], annotation)


def _requirement(error: ErrorDetails) -> str:
    if error["type"] == "literal_error":
        return f"Allowed: {error['ctx']['expected']}"
    return error["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
