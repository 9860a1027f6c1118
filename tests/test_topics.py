"""Topics are rooms: what each declares fits together, nothing else lists them, and one more is its folder and a line."""

import ast
import re
import runpy
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from pietools.analysis import analyze
from pietools.cli.summary import print_summary
from pietools.drawing.figure import FigureSpec
from pietools.report.as_json import analysis_json
from pietools.report.figures import figures
from pietools.report.page import page
from pietools.results.table import Table
from pietools.settings import AnalysisSettings
from pietools.study import Study
from pietools.topics.catalogue import TOPICS
from tests.result_frames import TABLES
from tests.test_architecture import FILES, PACKAGE, room_of

ROOT = Path(__file__).parents[1]
SPECS = [pytest.param(name, spec, id=spec.stem) for name, topic in TOPICS.items() for spec in topic.figures]


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_is_its_room(name: str) -> None:
    """Folder, command, page and tables have its name; each of its tables is filled; its settings are declared."""
    topic = TOPICS[name]
    assert topic.name == name
    assert (PACKAGE / "topics" / name).is_dir()
    assert (ROOT / "docs" / "methods" / f"{name}.md").exists()
    assert set(topic.fill) == set(topic.tables)
    assert all(table.name == name or table.name.startswith(f"{name}_") for table in topic.tables)
    assert set(topic.settings) <= set(AnalysisSettings.model_fields)
    assert topic.question.endswith("?")
    assert all(text.endswith((".", "?")) for text in (topic.answer, topic.nothing))


def test_names_are_unique_and_every_folder_is_a_topic() -> None:
    """Of tables; and a folder that the catalogue forgets would be dead code."""
    names = [table.name for topic in TOPICS.values() for table in topic.tables]
    assert [name for name, n in Counter(names).items() if n > 1] == []
    assert {path.parent.name for path in PACKAGE.glob("topics/*/tables.py")} == set(TOPICS)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_column_has_a_name_of_its_own_and_a_meaning(table: Table) -> None:
    """Also its place in the JSON is its own; keys come first, and what a row is about is said."""
    for of in ("name", "json"):
        values = [column.json or column.name if of == "json" else column.name for column in table.columns]
        assert len(set(values)) == len(values)
    assert all(column.meaning.strip() and not column.meaning.endswith(".") for column in table.columns)
    assert table.one_row_per
    assert re.search(r"\w\)?[.?]$", table.comment), "one mark ends the sentence"
    assert table.meaning
    assert table.keys


@pytest.mark.parametrize("table", [table for table in TABLES.values() if table.shown], ids=lambda table: table.name)
def test_how_a_table_reads_fits_its_columns(table: Table) -> None:
    """Of no rows nothing is shown, and no selection fails."""
    shown = [shown for shown in table.shown if not shown.rows(table.frame([]))]
    assert len(shown) == len(table.shown)


@pytest.mark.parametrize(("topic", "spec"), SPECS)
def test_a_figure_is_of_columns_that_are_there(topic: str, spec: FigureSpec) -> None:
    """It names a table of its topic; an answer is drawn of an answer; the caption can be filled."""
    (table,) = (table for table in TOPICS[topic].tables if table.name == spec.table)
    assert {*spec.by, *spec.by_if_long, spec.needs} <= set(table.schema)
    assert table.is_answer or not spec.is_answer
    assert spec.caption.format_map({name: name for name in table.schema}).endswith(".")
    rows = pl.DataFrame(schema=table.schema)
    assert list(spec.figures(topic, rows)) == []


def test_the_shell_has_the_tables_that_are_declared() -> None:
    """sql/results.sql is what follows from the declarations: python docs/generate.py writes it."""
    generate = runpy.run_path(str(ROOT / "docs" / "generate.py"))
    assert (ROOT / "sql" / "results.sql").read_text(encoding="utf-8") == generate["results_sql"](), (
        "run docs/generate.py --declared"
    )


@pytest.mark.parametrize("name", TOPICS)
@pytest.mark.slow
def test_any_topic_can_be_asked_alone(toy: Study, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Figures, page, JSON and summary take what was computed, all of one topic or only its answers."""
    topic = TOPICS[name]
    for everything in (True, False):
        found = analyze(toy, topics=[name], everything=everything, permutations=10, store=False)
        wanted = [table.name for table in topic.tables if everything or table.is_answer]
        assert list(found.tables) == wanted
        assert {figure.topic for figure in figures(found)} <= {name}
        assert "<h1>What did compression forget?</h1>" in page(found)
        answer = analysis_json(found)
        assert (answer["populations"] is None) == (name != "accuracy")
        for of in (topic, None):
            print_summary(found, of)
            assert "Traceback" not in capsys.readouterr().out


def test_only_answers_are_computed_unless_all_are_asked_for(toy: Study) -> None:
    """By default ``Table.is_answer``; with ``everything`` every table of every topic."""
    answers = analyze(toy, permutations=10, store=False)
    assert set(answers.tables) == {table.name for table in TABLES.values() if table.is_answer}
    whole = analyze(toy, permutations=10, store=False, everything=True)
    assert set(whole.tables) == set(TABLES)
    for name, rows in answers.tables.items():
        assert rows.equals(whole.tables[name])


def most_topics_named(path: Path) -> int:
    """How many topics a module imports, or names in one list, tuple, set or the keys of one dictionary."""
    groups: list[set[object]] = [set()]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pietools.topics."):
            groups[0].add(str(node.module).split(".")[2])
        elif isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
            parts = node.keys if isinstance(node, ast.Dict) else node.elts
            groups.append({part.value for part in parts if isinstance(part, ast.Constant)})
    return max(len(group & set(TOPICS)) for group in groups)


def test_nothing_but_the_catalogue_lists_the_topics() -> None:
    """One more topic is its folder and a line there: no module lists five or more."""
    listing = {str(path.relative_to(PACKAGE)) for path in FILES if most_topics_named(path) >= 5}
    assert listing == {"topics/catalogue.py"}


def test_no_constant_of_the_statistics_goes_elsewhere() -> None:
    """What others need of a method is its answer; simulations alone ask which constants it has."""
    found = [
        (str(path.relative_to(PACKAGE)), alias.name)
        for path in FILES
        if room_of(path) not in ("statistics", "validation")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pietools.statistics")
        for alias in node.names
        if alias.name.isupper()
    ]
    assert found == []
