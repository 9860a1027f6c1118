"""Who may import whom: the layers of the package, read from its source."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pietools"

# A library, and the only rooms that may import it.
ONLY = {
    "duckdb": {"study"},
    "torch": {"training"},
    "torchvision": {"training"},
    "pytorch_metric_learning": {"training"},
    "timm": {"training"},
    "distributed": {"training"},
    "submitit": {"training"},
    "fsspec": {"shards"},
    "sklearn": {"training", "statistics"},
    "cleanlab": {"statistics"},
    "firthmodels": {"statistics"},
    "altair": {"drawing", "topics"},
    "jinja2": {"report"},
    "click": {"cli"},
    "rich": {"cli"},
    "pydantic": {"settings", "study_file", "cli", "shards"},
    "annotated_types": {"cli"},
    "tomllib": {"annotation", "study_file"},
}
# A room, and all that it may import from the others. Who is above whom is read off here: nothing points back up.
LAYERS: dict[str, set[str]] = {
    "version": set(),
    "cores": set(),
    "crew": set(),
    "errors": set(),
    "bounds": set(),
    "pictures": {"bounds"},
    "conventions": set(),
    "flags": set(),
    "orphans": set(),
    "seal": set(),
    "whole_files": set(),
    "settings": {"errors"},
    "statistics": {"conventions", "flags"},
    "study": {"bounds", "errors", "whole_files"},
    "results": {"conventions", "settings"},
    "study_file": {"bounds", "errors", "settings", "study"},
    "exchange": {"bounds", "errors", "pictures", "seal", "statistics", "study", "version"},
    "pairs": {"conventions", "errors", "exchange", "results", "statistics", "study", "version"},
    "shards": {"bounds", "errors", "seal", "study", "version", "whole_files"},
    "training": {
        "bounds",
        "cores",
        "errors",
        "orphans",
        "pictures",
        "seal",
        "shards",
        "statistics",
        "study",
        "study_file",
        "version",
        "whole_files",
    },
    "drawing": {"conventions"},
    "topics": {"conventions", "crew", "drawing", "errors", "flags", "results", "settings", "statistics", "study"},
    "charts": {"topics"},
    "analysis": {
        "conventions",
        "cores",
        "crew",
        "errors",
        "report",
        "results",
        "settings",
        "study",
        "topics",
        "version",
    },
    "gallery": {"conventions", "errors", "results", "settings", "study", "topics"},
    "annotation": {"bounds", "errors", "gallery", "report", "study", "topics"},
    "report": {
        "bounds",
        "conventions",
        "errors",
        "drawing",
        "pairs",
        "results",
        "statistics",
        "study",
        "topics",
        "version",
    },
    "validation": {"conventions", "orphans", "statistics"},
}


def room_of(path: Path) -> str:
    """Top-level module or package that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[tuple[str, str]]:
    """Every (library, room of pietools or nothing) that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        else:
            continue
        for name in names:
            library, _, rest = name.partition(".")
            found.add((library, rest.split(".")[0]))
    return found


# The public names, and what calls everything.
TOP = {"__init__", "__main__", "cli"}
FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_room_imports_only_what_it_may(path: Path) -> None:
    """Libraries have one door each, and data flows one way."""
    room = room_of(path)
    for library, inner in imports(path):
        assert room in ONLY.get(library, {room}), f"{room} imports {library}"
        if library == "pietools" and inner and room not in TOP:
            assert inner in LAYERS[room] | {room}, f"{room} imports pietools.{inner}"
