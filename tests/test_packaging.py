"""sql/ and data/ are found from a checkout and from an installed wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pietools.study.shipped_files import resource

ROOT = Path(__file__).parents[1]


def test_resources_are_found_in_the_checkout() -> None:
    """And a missing one is an error that says what is wrong."""
    assert resource("sql", "macros.sql").read_text().startswith("--")
    with pytest.raises(FileNotFoundError, match=r"installed without sql/nothing\.sql"):
        resource("sql", "nothing.sql")


def test_the_wheel_works(tmp_path: Path) -> None:
    """Built, unpacked elsewhere and used with nothing of the checkout on the path."""
    hatchling = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", hatchling, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    wheel = tmp_path / built.stdout.split()[-1]
    unpacked = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(unpacked)
    assert {
        "pietools/sql/schema.sql",
        "pietools/sql/macros.sql",
        "pietools/data/fashion-mnist/study/manifest.json",
        "pietools/report/page.html",
        "pietools/report/style.css",
    } <= set(names)
    assert not [name for name in names if name.startswith(("tests", "docs"))]
    code = f"""
import sys
sys.path.insert(0, {str(unpacked)!r})
import pietools
assert pietools.__file__.startswith({str(unpacked)!r})
from pathlib import Path
from pietools.cli import main
from pietools.exchange.study_folder import import_folder
from pietools.study.shipped_files import resource
import_folder(resource("data", "fashion-mnist", "study"), Path("study.duckdb"))
main(["flips", "study.duckdb", "--json"])
"""
    answer = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert '"supervised/magnitude-0.9"' in answer.stdout
