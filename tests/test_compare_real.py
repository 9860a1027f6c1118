"""``pietools compare`` on real answers with known results: five language models in three precisions, sixteen MobileNets.

The files are not part of this repository; where they are absent these tests are skipped.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from tests.conftest import MOBILENET, SHARED

LLM = SHARED / "llm"
Run = Callable[..., Result]
needs_llm = pytest.mark.skipif(not LLM.is_dir(), reason="the language models' answers are not here")
needs_mobilenet = pytest.mark.skipif(not MOBILENET.is_file(), reason="the MobileNet predictions are not here")


def found(run: Run, *arguments: object) -> dict[str, Any]:
    """The JSON of a comparison, which must succeed."""
    result = run("compare", *arguments, "--json")
    assert result.exit_code == 0, result.output
    read: dict[str, Any] = json.loads(result.stdout)
    return read


def known_rows() -> list[list[str]]:
    """The table of the folder's README: what, n, correct before and after, lost, gained, other, p."""
    if not LLM.is_dir():
        return []
    lines = (LLM / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in rows if re.search(r"int\d", row[0])]


@needs_llm
@pytest.mark.parametrize("row", known_rows(), ids=lambda row: row[0])
def test_language_models(run: Run, row: list[str]) -> None:
    """Every count and p-value of the folder's README: single tasks, all tasks of a model, all models."""
    what, n, before, after, lost, gained, other, p = row
    *task_and_model, precision = what.split(", ")
    is_one_model = len(task_and_model) == 2
    task = task_and_model[0]
    model = task_and_model[1] if is_one_model else "*"
    files = sorted(LLM.glob("*.csv")) if task.startswith("all") else [LLM / f"{task}.csv"]
    sides = ("--reference", f"pred:{model}/fp16", "--compressed", f"pred:{model}/{precision}")
    said = found(run, *files, "--examples", "id", "--labels", "answer", *sides)
    assert said["n"] == int(n)
    assert (said["lost"], said["gained"]) == (int(lost), int(gained))
    assert said["p_one_sided"] == pytest.approx(float(p), rel=5e-5)
    assert said["pooled"]["p_one_sided"] == said["p_one_sided"]
    for side, right in (("reference", before), ("compressed", after)):
        if right:
            assert said[side]["accuracy"] == pytest.approx(int(right) / int(n))
    if other:
        assert said["changed_wrong"] == int(other)


@needs_llm
def test_answers_change_where_the_model_was_unsure(run: Run) -> None:
    """int4 changes 47.5 % of the answers given with a probability below 0.4, and 3.4 % of those at 0.99 or above."""
    said = found(run, *sorted(LLM.glob("*.csv")), "--reference", "pred:*/fp16", "--compressed", "pred:*/int4")
    low, high = said["confidence_bands"][0], said["confidence_bands"][-1]
    assert (low["high"], high["low"]) == (0.4, 0.99)
    assert round(low["changed"] / low["n"], 3) == 0.475
    assert round(high["changed"] / high["n"], 3) == 0.034
    assert [(row["name"], row["lost"], row["gained"]) for row in said["tasks"]] == [
        ("arc", 240, 123),
        ("csqa", 191, 148),
        ("mmlu", 307, 199),
    ]
    assert len(said["networks"]) == 15


@needs_mobilenet
@pytest.mark.slow
def test_mobilenets(run: Run) -> None:
    """All sixteen as one comparison: majority answers, flips, and each pair; each pair by itself, too."""
    file = (MOBILENET, "--reference", "dense", "--compressed", "int8", "--labels", "label", "--replicates", "models")
    said = found(run, *file)
    population = said["population"]
    assert [population[name] for name in ("n_changed", "forgotten", "recovered", "moved")] == [4517, 1272, 945, 2300]
    assert population["shuffled_mean"] / 50_000 == pytest.approx(0.0845, abs=5e-4)
    shares = [round(said[name] / said["n"], 4) for name in ("lost", "gained", "changed_wrong")]
    assert shares == [0.0472, 0.03, 0.0977]
    assert round(said["churn"], 3) == 0.175
    names = [row["name"] for row in said["networks"]]
    assert len(set(names)) == 16
    for row in said["networks"]:
        one = found(run, *file, "--network", row["name"])
        assert [one[name] for name in ("n", "lost", "gained")] == [row[name] for name in ("n", "lost", "gained")]
        assert one["change"]["method"] == "tango"
