"""Figures: which charts an analysis has, what their files are called, and where they stand in the report."""

from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import pytest
from markupsafe import escape

from pietools import charts
from pietools.drawing.figure import Figure, file_stem
from pietools.drawing.files import svg
from pietools.report.figures import figures, write_figures
from pietools.report.page import page
from pietools.results.analysis import Analysis
from tests.result_frames import classes_frame, dataset_row, frame, make_analysis, pies_row

COMPARISON = {"reference": "dense", "compressed": "pruned", "dataset": "toy/test"}
CHANGE = COMPARISON | {"estimate": -0.02, "conf_low": -0.03, "conf_high": -0.01, "p_value": 0.01}
TESTED = CHANGE | {"margin": 0.01, "n_reference": 10, "n_compressed": 10}
GROUP = CHANGE | {"property": "writer", "group": "a", "rate": "accuracy", "scale": "raw"}
SHARES = CHANGE | {"property": "writer", "group": "a", "share_pies": 0.6, "share_others": 0.5}
BIN = {"population": "dense", "dataset": "toy/test", "bin": 0, "n": 500.0, "confidence": 0.9}


def full(**frames: pl.DataFrame) -> Analysis:
    """An analysis that found something for every figure."""
    tables = {
        "accuracy_change": frame(TESTED),
        "pairs": frame(CHANGE | {"margin": 0.01, "p_one_sided": 0.01}),
        "accuracy_calibration": frame(BIN | {"accuracy": 0.85, "conf_low": 0.8, "conf_high": 0.9}),
        "pies_by_replicates": frame(COMPARISON | {"n_networks": 1, "n_pies": 90.0}),
        "examples": frame(CHANGE | {"n_right_reference": 9, "n_right_compressed": 3}),
        "subgroups": frame(GROUP, GROUP | {"rate": "false_positive_rate"}),
        "subgroups_pies": frame(SHARES),
        "unseen": frame(CHANGE | {"unseen": "toy/blur", "alteration": "blur"}, CHANGE | {"unseen": None}),
    }
    return make_analysis(**(tables | frames))


def stems(analysis: Analysis) -> list[str]:
    """Stems of the figures."""
    return [figure.stem for figure in figures(analysis)]


def test_every_topic_has_its_figures() -> None:
    """One per analysis, data set or comparison, each with a caption that is one sentence."""
    drawn = figures(full())
    assert [(figure.topic, figure.stem) for figure in drawn] == [
        ("accuracy", "accuracy"),
        ("accuracy", "reliability-toy_test"),
        ("pairs", "pairs-toy_test"),
        ("pies", "pies"),
        ("pies", "excess"),
        ("pies", "replicates-toy_test"),
        ("flips", "flips"),
        ("examples", "examples-toy_test"),
        ("classes", "classes-pruned-dense-toy_test"),
        ("subgroups", "subgroups-accuracy-pruned-dense-toy_test"),
        ("subgroups", "subgroups-false_positive_rate-pruned-dense-toy_test"),
        ("subgroups", "composition-pruned-dense-toy_test"),
        ("unseen", "unseen-toy_test"),
    ]
    assert len({figure.caption for figure in drawn}) == len(drawn)
    assert all(figure.caption.endswith(".") and ". " not in figure.caption for figure in drawn)


def test_what_was_not_found_is_not_drawn() -> None:
    """Empty tables, tables without an estimate, and tables of topics that were not run have no figures."""
    unknown: dict[str, Any] = dict.fromkeys(("estimate", "conf_low", "conf_high", "p_value"))
    nothing = make_analysis(
        pies=frame(pies_row(excess_pies=None)),
        accuracy_change=frame(CHANGE | unknown | {"margin": 0.01}),
        subgroups=frame(GROUP | unknown),
        unseen=frame(CHANGE | unknown | {"unseen": "toy/blur"}),
    )
    assert stems(nothing) == ["pies", "flips", "classes-pruned-dense-toy_test"]
    run = {name: nothing.tables[name] for name in ("pies", "flips", "classes")}
    alone = Analysis(nothing.settings, nothing.datasets, nothing.comparisons, run, [], everything=True)
    assert stems(alone) == stems(nothing)


def test_answers_are_drawn_unless_all_are_asked_for() -> None:
    """Among them is none that a person must ask for."""
    drawn = {figure.stem.partition("-")[0] for figure in figures(make_analysis(**full().tables, everything=False))}
    assert drawn == {"accuracy", "pairs", "pies", "excess", "flips", "classes", "subgroups", "unseen"}


def test_altered_copies_are_drawn_as_unseen_data_only() -> None:
    """A hundred copies do not make hundreds of figures."""
    copy = {"dataset": "toy/blur"}
    more = full(
        datasets=frame(dataset_row(), dataset_row(name="toy/blur", alteration="blur")),
        accuracy_change=frame(TESTED, TESTED | copy),
        examples=frame(*(CHANGE | {"n_right_reference": 9, "n_right_compressed": 3} | where for where in ({}, copy))),
        subgroups=frame(GROUP, GROUP | {"rate": "false_positive_rate"}, GROUP | copy),
    )
    assert stems(more) == stems(full())
    assert "toy/blur" not in svg(figures(more)[0].chart)


def test_many_unseen_rows_are_a_figure_per_comparison() -> None:
    """Two comparisons on 50 copies."""
    rows = [
        CHANGE | {"compressed": name, "unseen": f"toy/{i}", "alteration": "blur"}
        for name in ("pruned", "int8")
        for i in range(50)
    ]
    assert stems(full(unseen=frame(*rows)))[-2:] == ["unseen-pruned-dense-toy_test", "unseen-int8-dense-toy_test"]


def test_names_that_look_alike_as_files_have_a_file_and_a_chart_each() -> None:
    """``a/b``, ``a_b`` and ``A_b`` are three populations: three stems, and each its own drawing in the report."""
    both = [classes_frame(3).with_columns(compressed=pl.lit(name)) for name in ("a/b", "a_b", "A_b")]
    analysis = make_analysis(classes=pl.concat(both))
    stem = "classes-a_b-dense-toy_test"
    assert stems(analysis)[-3:] == [stem, f"{stem}-2", "classes-A_b-dense-toy_test-3"]
    written = page(analysis)
    for name in ("a/b", "a_b", "A_b"):
        caption = f"Change of recall per class: {name} against dense on toy/test."
        assert written.count(f"<figcaption>{caption}") == 1


def test_the_report_shows_the_figures_of_accuracy() -> None:
    """Under what was analyzed, before the tables."""
    whole = full()
    nothing = {name: whole.tables[name].clear() for name in ("pies", "flips", "classes")}
    found = {name: whole.tables[name] for name in ("accuracy_change", "accuracy_calibration")}
    analysis = make_analysis(**nothing, **found)
    written = page(analysis)
    positions = [written.find(f"<figcaption>{escape(figure.caption)}") for figure in figures(analysis)]
    assert len(positions) == 2
    assert min(positions) > written.index("What was analyzed")
    assert max(positions) < written.index("Accuracy and agreement")


def test_a_chart_becomes_three_files(tmp_path: Path) -> None:
    """SVG with its text, PDF and PNG; the same chart gives the same SVG."""
    rows = frame(*(pies_row(f"magnitude-{level}", sparsity=level, method="magnitude") for level in (0.5, 0.9)))
    figure = Figure("pies", "pies", "A caption.", charts.sparsity_curve(rows))
    paths = write_figures([figure], tmp_path / "figures", ("svg", "pdf", "png"))
    assert [path.name for path in paths] == ["pies.svg", "pies.pdf", "pies.png"]
    drawn, pdf, png = (path.read_bytes() for path in paths)
    assert b"PIEs (% of examples)" in drawn
    assert (pdf[:5], png[:4]) == (b"%PDF-", b"\x89PNG")
    assert drawn == svg(charts.sparsity_curve(rows)).encode()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("classes", "simclr/int8", "../a b"), "classes-simclr_int8-.._a_b"),
        (("unseen", "é" * 300), "unseen-" + "é" * 116),
    ],
)
def test_names_of_files_hold_no_folders(names: tuple[str, ...], expected: str) -> None:
    """Slashes and blanks of a name do not reach the file system, nor more bytes than it takes."""
    assert file_stem(*names) == expected


def test_charts_of_many_rows_are_drawn() -> None:
    """Altair refuses more than 5,000 by default."""
    rows = pl.DataFrame({"x": range(5_001)})
    assert svg(alt.Chart(rows).mark_point().encode(x="x:Q")).startswith("<svg")
