"""Tables in a terminal: no word is cut, no row loses its name, whatever the width."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from pietools.cli import main
from pietools.cli.grids import print_grid
from pietools.results.shown import COMPRESSED, Row, ShownColumn, text


def printed(columns: list[ShownColumn], rows: list[Row], width: int) -> str:
    """What a console of so many columns shows."""
    console = Console(file=io.StringIO(), width=width)
    print_grid(console, columns, rows)
    return console.file.getvalue()  # type: ignore[attr-defined]


def table_of(values: list[list[str]]) -> tuple[list[ShownColumn], list[Row]]:
    """Columns of texts, the first of which names the row."""
    names = [f"column{n}" for n in range(len(values[0]))]
    return [text(name) for name in names], [dict(zip(names, row, strict=True)) for row in values]


@given(
    st.lists(
        st.lists(st.from_regex(r"[a-z中文]{1,12}", fullmatch=True), min_size=6, max_size=6), min_size=1, max_size=5
    ),
    st.integers(40, 120),
)
def test_no_word_is_cut(values: list[list[str]], width: int) -> None:
    """Each value stands in one line, no line is longer than the console, and each part has the names of the rows."""
    shown = printed(*table_of([[f"row{n}", *row] for n, row in enumerate(values)]), width)
    words = re.findall(r"[a-z0-9中文]+", shown)
    for n, row in enumerate(values):
        assert words.count(f"row{n}") >= 1
        assert all(value in words for value in row)
    assert all(cell_len(line.rstrip()) <= width for line in shown.splitlines())
    parts = sum(line.split()[:1] == ["column0"] for line in shown.splitlines())
    assert words.count("row0") == parts


def test_populations_stand_under_their_regimes() -> None:
    """Where they are named so; otherwise as they are called."""

    def rows(*names: str) -> list[list[str]]:
        shown = printed([COMPRESSED], [{"compressed": name} for name in names], 60)
        return [line.split() for line in shown.splitlines()]

    assert rows("a/x", "a/y", "b/x") == [["compressed"], ["a"], ["x"], ["y"], ["b"], ["x"]]
    assert rows("a/x", "y", "a/z") == [["compressed"], ["a/x"], ["y"], ["a/z"]]
    assert rows("a/x", "b/y") == [["compressed"], ["a/x"], ["b/y"]]
    assert rows("[bold]", "x") == [["compressed"], ["[bold]"], ["x"]]


def test_one_population_alone_is_printed(run: Callable[..., Result], answered: Path) -> None:
    """Of what was computed for all; a name that is not there is one line."""
    done = run("pies", answered, "--only", "simclr/magnitude-0.9", "--no-store")
    assert done.exit_code == 0, done.output
    assert "simclr/magnitude-0.9" in done.output
    assert "supervised" not in done.output
    done = run("pies", answered, "--only", "dense", "--no-store")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "no population 'dense' is compared with another. There are: supervised/magnitude-0.5" in done.output


@pytest.mark.parametrize("is_there", [False, True])
def test_a_folder_that_was_made_for_nothing_goes(tmp_path: Path, is_there: bool) -> None:
    """After an error, one that was there stays."""
    out = tmp_path / "out"
    if is_there:
        out.mkdir()
    done = CliRunner().invoke(main, ["analyze", str(tmp_path / "nosuch.duckdb"), "--out", str(out)])
    assert done.exit_code == 1
    assert out.exists() == is_there


def test_what_is_not_stored_is_advised_nothing(run: Callable[..., Result], answered: Path) -> None:
    """Without a stored answer there is no gallery of it, and the demo's advice is the demo's."""
    done = run("analyze", answered, "--no-store")
    assert done.exit_code == 0, done.output
    assert "pietools demo" not in done.output
    assert "pietools gallery" not in done.output
