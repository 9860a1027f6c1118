"""The docs say what the program does (their generated parts are compared by ``python docs/generate.py --check``)."""

import doctest
import re
import tomllib
from pathlib import Path

import pytest

import pietools.study
from pietools.cli import COMMANDS, command_of
from pietools.study_file.settings import StudyTables
from pietools.topics.catalogue import TOPICS
from tests.result_frames import TABLES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "data").rglob("*.md"))]


def text(name: str) -> str:
    """A page."""
    return (ROOT / name).read_text(encoding="utf-8")


def test_examples_in_docstrings_run() -> None:
    """What a docstring shows is what happens."""
    assert doctest.testmod(pietools.study).failed == 0


def test_every_command_is_documented() -> None:
    """With its options."""
    page = text("docs/commands.md")
    for name in COMMANDS:
        assert f"## pietools {name}" in page
        for parameter in command_of(name).params:
            assert all(option in page for option in parameter.opts if option.startswith("--")), (name, parameter.name)


def test_every_macro_and_view_is_documented() -> None:
    """And has a comment in the file itself."""
    page = text("docs/schema.md")
    for sql in ("sql/macros.sql", "sql/views.sql"):
        for kind, name in re.findall(r"create or replace (macro|view) (\w+)", text(sql)):
            assert re.search(rf"comment on (macro table|macro|view) {name} is", text(sql)), name
            assert f"`{name}(" in page or f"### {name}" in page, (kind, name)


def test_every_table_and_column_of_the_results_is_documented() -> None:
    """In the schema, with its meaning; each topic is on the list of methods."""
    page = text("docs/schema.md")
    for name, table in TABLES.items():
        _, _, section = page.partition(f"### results.{name}\n")
        rows = section.partition("\n### ")[0]
        assert all(f"| `{column.name}` | " in rows and column.meaning in rows for column in table.columns), name
    for topic in TOPICS:
        assert f"]({topic}.md)" in text("docs/methods/README.md")


def test_every_key_of_a_study_file_is_documented() -> None:
    """With its meaning."""
    page = text("docs/study-file.md")
    for table in StudyTables.model_fields:
        assert f"### [{table}]" in page or f"### [[{table}]]" in page


def test_the_first_two_blocks_of_the_readme_are_the_two_commands() -> None:
    """Newcomers paste them; CI runs the second."""
    first, second = re.findall(r"```sh\n(.*?)```", text("README.md"), flags=re.DOTALL)[:2]
    assert "pietools demo" in first
    assert "pytest" in second
    assert "fence == 3" in text(".ci/run")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links name files that exist."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_toml_in_the_docs_is_a_study_file(tmp_path: Path) -> None:
    """Every whole STUDY.toml that a page shows can be read."""
    from pietools.study_file import read_study_file

    for block in re.findall(r"```toml\n(.*?)```", text("docs/study-file.md"), flags=re.DOTALL):
        assert "study" in tomllib.loads(block)
        (tmp_path / "STUDY.toml").write_text(block)
        assert read_study_file(tmp_path / "STUDY.toml").populations
