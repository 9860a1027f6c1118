"""What is packed, and that it works where it is installed."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from pietools.cli import TORCH_EXTRA
from pietools.study.shipped_files import resource

ROOT = Path(__file__).parents[1]


def test_resources_are_found_in_the_checkout() -> None:
    """And a missing one is an error that says what is wrong."""
    assert resource("sql", "macros.sql").read_text().startswith("--")
    with pytest.raises(FileNotFoundError, match=r"installed without sql/nothing\.sql"):
        resource("sql", "nothing.sql")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that this checkout makes."""
    return built("wheel", tmp_path_factory.mktemp("wheel"))


def built(kind: str, folder: Path) -> Path:
    """Make a wheel or an sdist of the checkout with what pip would call."""
    hatchling = f"import sys; from hatchling.build import build_{kind}; print(build_{kind}(sys.argv[1]))"
    output = subprocess.check_output([sys.executable, "-c", hatchling, str(folder)], cwd=ROOT, text=True)
    return folder / output.split()[-1]


def in_git(*paths: str) -> set[str]:
    """The files below the paths that git knows."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    return set(subprocess.check_output(["git", "ls-files", "-z", *paths], cwd=ROOT, text=True).split("\0")) - {""}


def test_the_wheel_has_the_files_of_the_package(wheel: Path) -> None:
    """All that git has of package, sql and data, and nothing else: hatchling leaves out what .gitignore names."""
    wanted = {
        path if path.startswith("pietools/") else f"pietools/{path}" for path in in_git("pietools", "sql", "data")
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == wanted


def test_the_sdist_has_the_files_of_the_checkout(tmp_path: Path) -> None:
    """The same, with tests and docs; .gitignore as well, so that a wheel made of it is the same."""
    paths = ["pietools", "sql", "data", "tests", "docs", "README.md", "LICENSE", "constraints.txt"]
    wanted = in_git(*paths, "pyproject.toml", ".gitignore")
    with tarfile.open(built("sdist", tmp_path)) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    assert names == wanted | {"PKG-INFO"}


@pytest.mark.slow
def test_the_wheel_works(wheel: Path, tmp_path: Path) -> None:
    """Unpacked elsewhere and used with nothing of the checkout on the path."""
    unpacked = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
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
main(["compare", "--demo", "--out", "report"], standalone_mode=False)
assert "Worse." in Path("report/report.html").read_text(encoding="utf-8")
main(["flips", "study.duckdb", "--json"])
"""
    answer = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert '"supervised/magnitude-0.9"' in answer.stdout


def test_the_extra_torch_is_known_to_the_command_line() -> None:
    """What pyproject.toml has in it is what a message about a missing module looks for."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    packages = [re.match(r"[\w-]+", requirement) for requirement in extras["torch"]]
    assert {package[0].replace("-", "_") for package in packages if package} == TORCH_EXTRA
