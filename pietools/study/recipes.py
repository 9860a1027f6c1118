"""Recipes: what the networks of a population were trained with, as a STUDY.toml said it."""

import json
from typing import Any


def recipe_differences(found: dict[str, Any], wanted: dict[str, Any], prefix: str = "") -> list[str]:
    """Say key by key how two recipes differ: "training.steps was 100 and is now 200"."""
    differences = []
    for key in sorted(found.keys() | wanted.keys()):
        old, new = found.get(key), wanted.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            differences += recipe_differences(old, new, f"{prefix}{key}.")
        elif old != new:
            differences.append(f"{prefix}{key} was {json.dumps(old)} and is now {json.dumps(new)}")
    return differences
