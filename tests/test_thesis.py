"""What a thesis takes from a study: the stored answer, figures at the width of a page, tables, and LaTeX that compiles."""

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import Result

import pietools
from pietools.analysis import last_analysis
from pietools.drawing.files import written
from pietools.drawing.fitted import fitted, points_of
from pietools.errors import StudyError
from pietools.report.as_json import analysis_json
from pietools.report.choices import choices
from pietools.report.figures import Sheet, figures
from pietools.report.named_tables import NamedTable, named_tables
from pietools.report.page import page
from pietools.report.table_files import WRITERS, csv_text, latex, latex_text, markdown
from pietools.report.thesis import chosen_tables, write_thesis_figures
from pietools.results.analysis import Analysis
from pietools.results.rounding import to_uncertainty
from pietools.results.shown import text
from pietools.study import Study
from tests.regime_study import make_regimes

HOSTILE = [
    "\\input{/etc/passwd}",
    '=HYPERLINK("http://x")',
    "</script><img onerror=1>",
    "a\u202eb\u2066c",
    "[x] & 5 % #$_^~",
    "@SUM(A1)",
]


@pytest.fixture(scope="module")
def stored(answered: Path) -> Iterator[Analysis]:
    """The analysis as the study has it."""
    with Study.open(answered, read_only=True) as study:
        yield last_analysis(study)


def test_a_stored_analysis_is_the_one_that_was_computed(tmp_path: Path) -> None:
    """Report and JSON to the byte, notes among them; as long as predictions and results are those."""
    with make_regimes(tmp_path / "s.duckdb", second=False) as study:
        with pytest.raises(StudyError, match="has no answer yet: run 'pietools analyze"):
            last_analysis(study)
        computed = pietools.analyze(study, permutations=20, topics=["accuracy", "pies", "flips", "examples", "classes"])
        found = last_analysis(study)
        assert analysis_json(found) == analysis_json(computed)
        assert page(found) == page(computed)
        assert study.summary().tables.keys() == computed.tables.keys()
        pietools.analyze(study, permutations=20, topics=["examples"], delta=0.3)
        with pytest.raises(StudyError, match="computed with other settings since"):
            last_analysis(study)


def test_report_is_written_without_computing(run: Callable[..., Result], answered: Path, tmp_path: Path) -> None:
    """The command writes the page of the stored answer, and leaves the study as it is."""
    before = answered.read_bytes()
    done = run("report", answered, "--out", tmp_path / "r.html")
    assert done.exit_code == 0, done.output
    assert "What did compression forget?" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert answered.read_bytes() == before


@pytest.mark.parametrize(
    ("width", "points"),
    [
        pytest.param("ieee-column", 251.059, marks=pytest.mark.slow),
        pytest.param("thesis", 425.197, marks=pytest.mark.slow),
        pytest.param("12cm", 340.157, marks=pytest.mark.slow),
        pytest.param("4.5in", 324, marks=pytest.mark.slow),
    ],
)
def test_figures_have_exactly_the_width(stored: Analysis, width: str, points: float) -> None:
    """As SVG says and PDF has it, whatever the chart; letters have their size unless a panel would vanish; no title."""
    assert points_of(width) == pytest.approx(points, abs=1e-3)
    for figure in figures(stored):
        spec, svg = fitted(figure.spec, points_of(width), 9)
        found = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt" viewBox="(-?[\d.]+) 0 ([\d.]+)', svg)
        assert found is not None
        assert float(found[1]) == pytest.approx(points, abs=0.01)
        assert float(found[1]) / float(found[4]) == pytest.approx(9 / 12, rel=0.35)
        assert "title" not in spec
        pdf = written(spec, svg, "pdf")
        box = re.search(rb"/MediaBox ?\[ ?0 0 ([\d.]+)", pdf)
        assert box is not None
        assert float(box[1]) == pytest.approx(points, abs=0.6)


@pytest.mark.parametrize("width", ["", "12", "cm", "-3cm", "1e9cm", "3furlongs", "0.1cm", "300cm", "thesis "])
def test_what_is_no_width_is_said(width: str) -> None:
    """A name or a number with a unit, of a page."""
    with pytest.raises(ValueError, match=r"no width|out of range"):
        points_of(width)


@pytest.mark.slow
def test_figures_of_every_format(run: Callable[..., Result], answered: Path, tmp_path: Path) -> None:
    """Those that are asked for and no other; what can be pointed at needs no network; LaTeX gets captions."""
    out = tmp_path / "f"
    done = run(
        "figures", answered, "--only", "accuracy,pies", "--format", "svg,pdf", "--format", "png,html,vega", "--out", out
    )
    assert done.exit_code == 0, done.output
    names = {path.name for path in out.iterdir()}
    assert names == {
        f"{stem}.{end}" for stem in ("accuracy", "pies") for end in ("svg", "pdf", "png", "html", "vl.json")
    } | {"figures.tex"}
    assert json.loads((out / "pies.vl.json").read_text(encoding="utf-8"))["$schema"].startswith(
        "https://vega.github.io"
    )
    whole = (out / "pies.html").read_text(encoding="utf-8")
    assert "<script src" not in whole
    assert "<link" not in whole
    assert "n = 400 examples, K = 8 networks of a population." in (out / "figures.tex").read_text(encoding="utf-8")
    (tmp_path / "g").mkdir()
    done = run("figures", answered, "--only", "nosuch", "--out", tmp_path / "g")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "no figure is named 'nosuch'. There are: accuracy" in done.output
    assert list((tmp_path / "g").iterdir()) == []
    assert (
        "needs 'pietools analyze --all'" in run("figures", answered, "--only", "shapes", "--out", tmp_path / "h").output
    )
    assert not (tmp_path / "h").exists()


def test_no_name_ends_the_script_of_a_figure(stored: Analysis, tmp_path: Path, browser: Any) -> None:
    """An interactive figure holds names in a script: they stay data there."""
    hostile = "</script><script>document.title = 'mine'</script>"
    changed = stored.accuracy_change.with_columns(compressed=pl.col("compressed") + hostile)
    analysis = Analysis(
        stored.settings, stored.datasets, stored.comparisons, stored.tables | {"accuracy_change": changed}, []
    )
    write_thesis_figures(analysis, tmp_path, Sheet(400, 9, ("html",)), only=["accuracy"])
    page = browser.new_page()
    page.goto((tmp_path / "accuracy.html").as_uri())
    page.locator("svg").first.wait_for(timeout=20_000)
    assert page.title() != "mine"


def test_the_published_table_says_what_the_results_say(stored: Analysis) -> None:
    """Each comparison once, by regime and sparsity, its counts beside null and interval."""
    (published,) = (table for table in named_tables(stored) if table.name == "published")
    assert [row["compressed"].split("/")[0] for row in published.rows] == ["supervised"] * 3 + ["simclr"] * 3
    assert [row["sparsity"] for row in published.rows[:3]] == [0.5, 0.9, None]
    shown = {column.title: column.show for column in published.columns}
    for row in published.rows:
        names = {name: row[name] for name in ("reference", "compressed", "dataset")}
        pies = stored.pies.filter(**names).row(0, named=True)
        counts = stored.classes_counts.filter(**names, test="hooker").row(0, named=True)
        assert shown["PIEs"](row) == f"{pies['n_pies']:,}"
        assert shown["after shuffling"](row).startswith(f"{pies['null_mean']:.0f} (")
        assert shown["classes (by chance)"](row) == f"{counts['n_significant']} ({counts['n_expected_by_chance']:.1f})"
        accuracy = stored.accuracy.filter(population=row["compressed"], dataset=row["dataset"]).row(0, named=True)
        assert shown["top-1, %"](row).startswith(f"{100 * accuracy['top1_mean']:.2f}")


def test_every_data_set_and_column_is_in_a_table(stored: Analysis) -> None:
    """Rows of both of two data sets, as many as each alone has, labelled alike; each column has a title of its own."""
    two = {
        name: pl.concat([frame, frame.filter(dataset="toy/test").with_columns(dataset=pl.lit("other/test"))])
        if "dataset" in frame.columns
        else frame
        for name, frame in stored.tables.items()
    }
    comparisons = pl.concat(
        [stored.comparisons, stored.comparisons.filter(dataset="toy/test").with_columns(dataset=pl.lit("other/test"))]
    )
    both = Analysis(stored.settings, stored.datasets, comparisons, two, [])
    alone = {table.name: table for table in named_tables(stored)}
    for table in named_tables(both):
        of_one = [row for row in alone[table.name].rows if row["dataset"] == "toy/test"]
        assert len([row for row in table.rows if row["dataset"] == "toy/test"]) == len(of_one), table.name
        assert len([row for row in table.rows if row["dataset"] == "other/test"]) >= len(of_one), table.name
        titles = [column.title for column in table.columns]
        assert len(set(titles)) == len(titles)
    published = next(table for table in named_tables(both) if table.name == "published")
    assert {row["compression"] for row in published.rows} == {"magnitude-0.5", "magnitude-0.9", "dense-2"}


def test_only_some_populations_are_kept(stored: Analysis) -> None:
    """In every table, whatever its columns are called; what says nothing of populations stays."""
    kept = stored.only(["simclr/magnitude-0.9"])
    for name, frame in kept.tables.items():
        if "compressed" in frame.columns:
            assert set(frame["compressed"]) <= {"simclr/magnitude-0.9"}, name
        if "compression" in frame.columns and "compressed" not in frame.columns:
            assert set(frame["compression"]) <= {"magnitude-0.9"}, name
    assert set(kept.accuracy["population"]) == {"simclr/magnitude-0.9", "simclr/dense"}


def test_a_choice_knows_the_reference(stored: Analysis) -> None:
    """Of a population that is compared with two others each comparison is chosen alone."""
    again = stored.comparisons.filter(compressed="simclr/magnitude-0.9").with_columns(
        reference=pl.lit("simclr/dense-2")
    )
    found = choices(replace(stored, comparisons=pl.concat([stored.comparisons, again])))
    rows = [{"compressed": "simclr/magnitude-0.9", "reference": f"simclr/{name}"} for name in ("dense", "dense-2")]
    first, second = (found.of(row) for row in rows)
    assert first != second
    assert found.compressions[int(first.partition(",")[2])] == "simclr/magnitude-0.9 against simclr/dense"
    assert found.of({"population": "simclr/magnitude-0.9"}).endswith(",")


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((-1.2483, -1.4113, -1.0853), "−1.25 (−1.41 to −1.09)"),
        ((96.34, 87.0, 105.7), "96.3 (87.0 to 105.7)"),
        ((1184.2, 1034.0, 1334.4), "1,184 (1,034 to 1,334)"),
        ((0.02, 0.02, 0.02), "0.02"),
        ((0.5, None, None), "0.50"),
        ((None, None, None), "–"),
        ((0.0004, -0.0011, 0.0019), "0.0004 (−0.0011 to 0.0019)"),
        ((0.5, 0.4005, 0.5995), "0.50 (0.40 to 0.60)"),
        ((0.5, float("-inf"), 0.6), "0.50"),
    ],
)
def test_numbers_are_rounded_to_their_uncertainty(numbers: tuple[float | None, ...], expected: str) -> None:
    """Two digits of half the interval."""
    assert to_uncertainty(*numbers) == expected


def table_of(names: list[str]) -> NamedTable:
    """A table with these names in it."""
    return NamedTable(
        "t", names[0], [text("name", names[0]), text("n")], [{"name": name, "n": "−1.5"} for name in names]
    )


def test_names_are_text_in_every_format() -> None:
    """No command of LaTeX, no formula, no markup, and nothing that turns the direction of writing."""
    table = table_of(HOSTILE)
    tex = latex(table)
    assert "\\input" not in tex
    assert tex.count("\\\\") == len(HOSTILE) + 1
    assert "\n{}[x]" in tex
    for written_by in (latex, markdown):
        assert not set("\u202e\u2066") & set(written_by(table))
    assert re.search(r"(?<!\\)<", markdown(table)) is None
    rows = list(csv.reader(StringIO(csv_text(table))))
    assert all(not cell.startswith(("=", "@")) for row in rows for cell in row)
    assert rows[1][1] == "-1.5"
    ranges = NamedTable(
        "t", "c", [text("n")], [{"n": one} for one in ("−0.06 to +0.02", "−1.25 (−1.41 to −1.09)", "−1.2 ± 0.3")]
    )
    assert "'" not in csv_text(ranges)
    assert json.loads(WRITERS["json"][1](table))["rows"][1][HOSTILE[0]] == HOSTILE[1]


@pytest.mark.parametrize(
    "form", ["latex", "csv", *(pytest.param(one, marks=pytest.mark.slow) for one in ("markdown", "json"))]
)
def test_tables_of_every_format(run: Callable[..., Result], answered: Path, tmp_path: Path, form: str) -> None:
    """Two unless others are asked for, with all rows."""
    done = run("tables", answered, "--format", form, "--out", tmp_path / "t")
    assert done.exit_code == 0, done.output
    ending = WRITERS[form][0]
    assert {path.name for path in (tmp_path / "t").iterdir()} == {f"published.{ending}", f"cost.{ending}"}
    assert all("magnitude-0.9" in path.read_text(encoding="utf-8") for path in (tmp_path / "t").iterdir())
    assert (
        "There are: published, cost, accuracy" in run("tables", answered, "--only", "nosuch", "--out", tmp_path).output
    )


def test_what_was_written_before_stays_where_nothing_can_be_written(
    run: Callable[..., Result], answered: Path, tmp_path: Path
) -> None:
    """A file in the folder's place is refused in one line."""
    (tmp_path / "t").write_text("mine")
    done = run("tables", answered, "--out", tmp_path / "t")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert (tmp_path / "t").read_text() == "mine"


PDFLATEX = shutil.which("pdflatex")
DOCUMENT = re.search(
    r"```latex\n(.*?)```", (Path(__file__).parents[1] / "docs" / "thesis.md").read_text(encoding="utf-8"), re.S
)


@pytest.mark.skipif(PDFLATEX is None, reason="no TeX: apt install texlive-latex-recommended")
@pytest.mark.parametrize("is_hostile", [pytest.param(False, marks=pytest.mark.slow), True])
def test_the_document_of_the_docs_compiles(stored: Analysis, tmp_path: Path, is_hostile: bool) -> None:
    """Figures and tables, whatever names are in them, nothing wider than the page."""
    assert DOCUMENT is not None
    analysis = renamed(stored) if is_hostile else stored
    for folder in ("figures", "tables"):
        (tmp_path / folder).mkdir()
    drawn = write_thesis_figures(analysis, tmp_path / "figures", Sheet(points_of("thesis"), 9, ("pdf",)))
    assert len(drawn) >= 3
    for table in chosen_tables(analysis):
        (tmp_path / "tables" / f"{table.name}.tex").write_text(latex(table), encoding="utf-8")
    (tmp_path / "thesis.tex").write_text(DOCUMENT[1], encoding="utf-8")
    command = [str(PDFLATEX), "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "thesis.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=300)
    log = done.stdout.decode(errors="replace")
    assert done.returncode == 0, log[-2000:]
    assert "Output written on thesis.pdf" in log
    assert "Overfull \\hbox" not in log


def renamed(analysis: Analysis) -> Analysis:
    """The analysis with names of populations and of the data set that LaTeX would take for commands."""
    marks = {"magnitude": HOSTILE[0], "toy/test": HOSTILE[4]}

    def of(frame: pl.DataFrame) -> pl.DataFrame:
        texts = [name for name in ("compressed", "reference", "population", "dataset", "name") if name in frame.columns]
        for old, new in marks.items():
            frame = frame.with_columns(pl.col(texts).str.replace_all(old, new, literal=True))
        return frame

    tables = {name: of(frame) for name, frame in analysis.tables.items()}
    return Analysis(analysis.settings, of(analysis.datasets), of(analysis.comparisons), tables, [])


def test_latex_prints_what_stands_there() -> None:
    """Signs that pietools itself writes are among what LaTeX's own fonts have; no ligature makes another sign of a name."""
    assert latex_text('int8--fast a---b ?`x "q"') == r"int8-{}-fast a-{}-{}-b ?{}`x \textquotedbl{}q\textquotedbl{}"
    assert "?" not in latex_text("−1.25 (−1.41 to +3) – 5 % ± 2 ≤ → κ δ é ü …").replace("\\?", "")
