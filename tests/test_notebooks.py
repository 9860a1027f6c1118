"""What a notebook shows, and the two examples, which are run as they stand."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pietools
from pietools.study import Study
from tests.conftest import make_study, simulate
from tests.result_frames import dataset_row, frame, make_analysis
from tests.test_report import HOSTILE, Page

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"


@pytest.mark.slow
def test_a_study_shows_its_answer(answered: Path) -> None:
    """The sentences, the table, the figures: as the summary does."""
    with Study.open(answered, read_only=True) as study:
        shown, said = study._repr_html_(), study.headline()
        assert shown == study.summary()._repr_html_() == pietools.as_html(study)
        assert study.summary().pies.height
    parsed = Page(shown)
    assert all(sentence in parsed.text for sentence in said)
    assert "answers changed (95 %)" in parsed.text
    assert sum(source.startswith("data:image/svg+xml") for source in parsed.sources) >= 3
    assert "script" not in parsed.tags


def test_without_an_answer_it_shows_what_it_holds(tmp_path: Path) -> None:
    """Data sets and populations; an analysis of one topic says what was computed."""
    labels, populations = simulate(3)
    with make_study(tmp_path / "s.duckdb", labels, populations) as study:
        text = Page(study._repr_html_()).text
        assert "toy/test" in text
        assert "pruned" in text
        assert "Computed: flips" in Page(pietools.analyze(study, topics=["flips"])._repr_html_()).text


def test_names_are_text_in_a_notebook() -> None:
    """Nothing of a name becomes markup."""
    shown = make_analysis(datasets=frame(dataset_row(name=HOSTILE)))._repr_html_()
    assert "<img src=x" not in shown


@pytest.mark.slow
@pytest.mark.parametrize("example", ["forgotten.ipynb", "forgotten_marimo.py"])
def test_the_examples_run(answered: Path, tmp_path: Path, example: str) -> None:
    """From the first cell to the last, on a study in the place of the demo's; Jupyter's shows tables, pictures and a chart."""
    (tmp_path / "demo").mkdir()
    shutil.copyfile(answered, tmp_path / "demo" / "study.duckdb")
    if example.endswith(".py"):
        subprocess.run([sys.executable, str(EXAMPLES / example)], cwd=tmp_path, check=True, timeout=300)
        return
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(EXAMPLES / example, as_version=4)
    assert not [cell for cell in notebook.cells if cell.get("outputs")]
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    kinds = {kind for cell in notebook.cells for output in cell.get("outputs", []) for kind in output.get("data", {})}
    assert {"text/html", "image/png"} <= kinds
