"""Who may import whom: the layers of the package, read from its source."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pietools"

# A library, and the only modules that may import it.
ONLY = {
    "duckdb": {"database"},
    "torch": {"training"},
    "torchvision": {"training"},
    "lightly": {"training"},
    "pytorch_metric_learning": {"training"},
    "timm": {"training"},
    "sklearn": {"training", "statistics"},
    "cleanlab": {"statistics"},
    "firthmodels": {"statistics"},
    "altair": {"charts", "figures", "report"},
    "click": {"cli"},
    "rich": {"cli"},
    "pydantic": {"study_file"},
    "tomllib": {"study_file"},
}
# A part of pietools, and all that it may import from the others.
LAYERS: dict[str, set[str]] = {
    "statistics": set(),
    "errors": set(),
    "resources": set(),
    "records": set(),
    "database": {"errors", "resources"},
    "adding": {"database", "errors", "records"},
    "signatures": set(),
    "matrices": {"adding_datasets", "database", "signatures"},
    "questions": {"database"},
    "adding_datasets": {"adding", "database", "errors", "records"},
    "adding_properties": {"database", "errors"},
    "recordings": {"adding", "database", "errors", "matrices", "records"},
    "study": {
        "adding",
        "adding_datasets",
        "adding_properties",
        "database",
        "errors",
        "records",
        "matrices",
        "questions",
        "recordings",
    },
    "reading": {"errors"},
    "class_labels": {"errors", "reading", "records"},
    "importing": {"class_labels", "errors", "reading", "records", "statistics", "study"},
    "importing_properties": {"errors", "reading", "study"},
    "exporting": {"errors", "study"},
    "topics": {"errors", "statistics", "study"},
    "analysis": {"errors", "study", "topics"},
    "analysis_json": {"analysis", "statistics"},
    "validation": {"statistics"},
    "rounding": set(),
    "shown_tables": {"rounding"},
    "shown_training": {"rounding", "shown_tables"},
    "charts": {"statistics"},
    "figures": {"analysis", "charts"},
    "report": {"analysis", "figures", "rounding", "shown_tables", "shown_training", "statistics", "topics"},
    "study_file": {"errors", "records"},
    "training": {"errors", "records", "statistics", "study", "study_file"},
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
