"""Functions that a user names as `python:MODULE:FUNCTION`."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pietools.errors import TrainingError
from pietools.training.boundary import boundary


def call_user_function(name: str, folder: Path, argument: object) -> Any:
    """Call the function of `python:MODULE:FUNCTION` with one argument; TrainingError if it cannot be had or fails."""
    function = load_user_function(name, folder)
    with boundary(f"'{name}' was called with {argument!r} and failed"):
        return function(argument)


def load_user_function(name: str, folder: Path) -> Callable[..., Any]:
    """Import the function of `python:MODULE:FUNCTION`; a module in `folder` (that of the STUDY.toml) is found first.

    Raises TrainingError if there is no such module or function, or the module itself fails.
    """
    _, module_name, function_name = name.split(":")
    _forget_namesake(module_name, folder)
    sys.path.insert(0, str(folder.resolve()))
    try:
        with boundary(f"'{name}': the module cannot be imported"):
            module = importlib.import_module(module_name)
    finally:
        sys.path.pop(0)
    function = getattr(module, function_name, None)
    if not callable(function):
        raise TrainingError(f"'{name}': the module '{module_name}' has no function '{function_name}'.")
    return function


def _forget_namesake(module_name: str, folder: Path) -> None:
    """Drop a module of the same name that was imported for a study in another folder."""
    own = folder.resolve() / f"{module_name}.py"
    imported = getattr(sys.modules.get(module_name), "__file__", None)
    if own.is_file() and imported is not None and Path(imported).resolve() != own:
        del sys.modules[module_name]
