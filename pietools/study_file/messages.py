"""What pydantic found wrong, said in one line of a person's language."""

import difflib
import reprlib
import types
import typing
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pietools.study_file.line_numbers import Location
from pietools.study_file.settings import StudyTables

KINDS = {
    "bool_type": "true or false",
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
    table, model, inside = _innermost(location)
    key = next((part for part in inside if isinstance(part, str)), None)
    if kind == "extra_forbidden":
        return _unknown_key(table, model, str(location[-1]))
    if kind == "missing":
        where = f"{table} lacks the key '{key}'." if key else f"the table {table} is missing."
        return where if key is None else f"{where} Allowed: {', '.join(_keys(model))}."
    subject = f"{table} {key}" if key else table
    if kind in KINDS:
        return f"{subject} must be {KINDS[kind]}, and {_shortened(found)} is {TYPES.get(type(found), type(found).__name__)}."
    if kind == "too_long":
        said = error["ctx"]
        return f"{subject} has {said['actual_length']:,} entries. Allowed: {said['max_length']:,}."
    if kind == "string_too_long":
        return f"{subject} has {len(found):,} letters. Allowed: {error['ctx']['max_length']:,}."
    return f"{subject} = {_shortened(found)}: {_requirement(error)}."


def _shortened(found: Any) -> str:
    """What was found, as Python writes it; what is long or deeply nested is shortened."""
    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = 80
    return brief.repr(found)


def _innermost(location: Location) -> tuple[str, type[BaseModel], Location]:
    """Return the header of the innermost table, its settings (those of the file outside all), and where in it: [[data.copy]]."""
    names: list[str] = []
    model: type[BaseModel] = StudyTables
    is_array = False
    while location and (inner := _table_model(_keys(model).get(str(location[0])))):
        names.append(str(location[0]))
        model = inner
        is_array = len(location) > 1 and isinstance(location[1], int)
        location = location[2 if is_array else 1 :]
    name = ".".join(names)
    return f"[[{name}]]" if is_array else f"[{name}]", model, location


def _unknown_key(table: str, model: type[BaseModel], key: str) -> str:
    allowed = list(_keys(model))
    subject = f"there is no table [{key}]" if model is StudyTables else f"{table} has no key '{key}'"
    return f"{subject}.{suggestion(key, allowed)} Allowed: {', '.join(allowed)}."


def _keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of a table by their keys in the file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _table_model(field: FieldInfo | None) -> type[BaseModel] | None:
    """Return the settings class inside `X`, `X | None` or `list[X]`, None where the field is no table."""
    annotation: Any = field.annotation if field else None
    if typing.get_origin(annotation) in (list, types.UnionType):
        annotation = typing.get_args(annotation)[0]
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _requirement(error: ErrorDetails) -> str:
    if error["type"] == "literal_error":
        return f"Allowed: {error['ctx']['expected']}"
    return error["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
