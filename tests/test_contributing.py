"""docs/contributing.md is true: the topic that it adds, in a folder and one line, is a topic in every place."""

import importlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from click.testing import CliRunner

import pietools.topics
from pietools.analysis import analyze
from pietools.cli.summary import print_summary
from pietools.report.as_json import analysis_json, topic_json
from pietools.report.figures import figures
from pietools.report.page import page
from pietools.results.table import Column
from pietools.statistics.accuracy import change as change_module
from pietools.statistics.accuracy.change import Change
from pietools.study import Study
from pietools.topics.accuracy import fill, tables
from pietools.topics.catalogue import TOPICS
from pietools.topics.topic import Topic

PAGE = (Path(__file__).parents[1] / "docs" / "contributing.md").read_text(encoding="utf-8")


@pytest.fixture
def ties(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Topic]:
    """The topic of the page: its files as the page shows them, and its line in the catalogue."""
    files = re.findall(
        r"`pietools/topics/ties/(\w+\.py)`[^`]*?(?:`[^`\n]*`[^`]*?)*```python\n(.*?)```", PAGE, flags=re.DOTALL
    )
    assert {name for name, _ in files} == {"__init__.py", "tables.py", "fill.py", "charts.py"}
    (tmp_path / "ties").mkdir()
    for name, code in files:
        (tmp_path / "ties" / name).write_text(re.sub(r"^   ", "", code, flags=re.MULTILINE), encoding="utf-8")
    monkeypatch.setattr(pietools.topics, "__path__", [*pietools.topics.__path__, str(tmp_path)])
    topic = importlib.import_module("pietools.topics.ties").TOPIC
    monkeypatch.setitem(TOPICS, "ties", topic)
    yield topic
    for name in [name for name in sys.modules if name.startswith("pietools.topics.ties")]:
        del sys.modules[name]


def test_the_topic_of_the_page_is_one_everywhere(ties: Topic, toy: Study, capsys: pytest.CaptureFixture[str]) -> None:
    """It is analyzed, printed, reported and in both JSON objects, and its table can be created, from its folder alone."""
    analysis = analyze(toy, topics=["ties"], store=False)
    assert analysis.ties["n_tied"].to_list() == [0]
    print_summary(analysis, ties)
    assert "Ties after compression" in capsys.readouterr().out
    assert ">Ties</summary>" in page(analysis)
    assert [figure.stem for figure in figures(analysis)] == ["ties"]
    assert analysis_json(analysis)["ties"] == topic_json(analysis, "ties")["ties"]
    with duckdb.connect() as connection:
        connection.execute("create schema results")
        connection.execute(ties.tables[0].ddl())
        assert connection.sql("select count(*) from results.ties").fetchall() == [(0,)]


def test_the_command_of_the_page_follows(ties: Topic, toy: Study) -> None:
    """``pietools ties STUDY`` asks the topic's question, with the options that it names."""
    from pietools.cli.topics import topic_command

    path = toy.path
    toy.close()
    answer = CliRunner().invoke(topic_command(ties), [str(path), "--no-store", "--json"])
    assert answer.exit_code == 0
    assert json.loads(answer.output)["schema"] == "pietools/ties/2"
    assert ties.question in CliRunner().invoke(topic_command(ties), ["--help"]).output


def test_the_number_of_the_page_takes_a_field_and_a_column(toy: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a statistic says more is in the table, its DDL and the JSON once the column is declared; before that it is refused."""

    @dataclass(frozen=True, kw_only=True)
    class WithNumber(Change):
        n_fell: int | None = None

    def accuracy_change(reference: np.ndarray, compressed: np.ndarray, **settings: Any) -> WithNumber:
        change = change_module.accuracy_change(reference, compressed, **settings)
        return WithNumber(**vars(change), n_fell=int((compressed < reference).sum()))

    monkeypatch.setattr(fill, "accuracy_change", accuracy_change)
    with pytest.raises(ValueError, match=r"results\.accuracy_change: not declared: \['n_fell'\]"):
        analyze(toy, topics=["accuracy"], store=False)
    column = Column("n_fell", int, "pairs of networks in which accuracy fell; null if unpaired")
    declared = replace(tables.CHANGE_OF_ACCURACY, columns=(*tables.CHANGE_OF_ACCURACY.columns, column))
    monkeypatch.setattr(tables, "TABLES", (tables.ACCURACY, declared))
    monkeypatch.setitem(fill.FILL, declared, fill.changes)
    analysis = analyze(toy, topics=["accuracy"], store=False)
    # Right answers of the three networks: 2, 3 and 1 before, 3, 3 and 3 after.
    assert analysis.accuracy_change["n_fell"].to_list() == [0]
    assert analysis_json(analysis)["comparisons"][0]["accuracy_change"]["n_fell"] == 0
    assert "n_fell integer" in declared.ddl()
