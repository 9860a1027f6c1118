"""Functions that a user names as `python:MODULE:FUNCTION`."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pietools.errors import TrainingError


def load_user_function(name: str, folder: Path) -> Callable[..., Any]:
    """Import the function of `python:MODULE:FUNCTION`; a module in `folder` (that of the STUDY.toml) is found first.

    Raises TrainingError if there is no such module or function, or the module itself fails.
    """
    _, module_name, function_name = name.split(":")
    _forget_namesake(module_name, folder)
    sys.path.insert(0, str(folder.resolve()))
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # whatever the user's module raises
        raise TrainingError(f"'{name}': the module cannot be imported: {type(error).__name__}: {error}") from error
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
