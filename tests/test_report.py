"""The report: the sentences, the rounding, and that nothing in it runs."""

import re
from base64 import b64encode
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from pietools.cli.summary import print_summary
from pietools.report import output_folder
from pietools.report.figures import drawn_comparisons, figures, write_figures
from pietools.report.output_folder import write_outputs
from pietools.report.page import page, write_report
from pietools.results import rounding
from pietools.results.analysis import Analysis
from pietools.results.gallery import Entry, Strip
from pietools.topics.catalogue import TOPICS
from tests.result_frames import accuracy_row, counts_row, dataset_row, frame, make_analysis, pies_row

HOSTILE = "</script></style><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """Elements, images and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.sources: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the element."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.sources += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data: str) -> None:
        """Remember the text."""
        self.text += data


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (rounding.count(4517), "4,517"),
        (rounding.percent(0.09034), "9.0"),
        (rounding.percent_and_sd(0.615764, 0.087823), "61.58 ± 8.78"),
        (rounding.percent_and_sd(0.615764, None), "61.58"),
        (rounding.points(-0.0441), "−4.41"),
        (rounding.points(0.0441), "+4.41"),
        (rounding.points_interval(-0.06, -0.028), "−6.00 to −2.80"),
        (rounding.points_interval(None, None), "–"),
        (rounding.p_value(2 / 1001), "0.002"),
        (rounding.p_value(1e-9), "< 0.001"),
        (rounding.decimal(-0.625, 2), "−0.62"),
        (rounding.count(None), "–"),
        (rounding.percent(None), "–"),
        (rounding.points(None), "–"),
        (rounding.p_value(None), "–"),
    ],
)
def test_numbers_are_rounded_for_people(written: str, expected: str) -> None:
    """Thousands are separated, minus is a minus sign, small p are below a bound, missing is a dash."""
    assert written == expected


def test_the_page_holds_every_part() -> None:
    """Accuracy, PIEs, flips, classes, notes, settings and terms, and the numbers that matter."""
    text = Page(page(make_analysis())).text
    for part in ("What was analyzed", "PIEs", "Flips", "Classes", "Notes (1)", "mind the gap", "Settings", "Terms"):
        assert part in text
    for number in ("90 (9.0 %)", "81.25 ± 1.25", "12.00 ± 1.00", "44 (31 to 57)"):
        assert number in text


def test_no_name_becomes_markup() -> None:
    """A class or a population named like a script is text, in the tables and in the drawings."""
    hostile = page(
        make_analysis(
            [HOSTILE, "b", "c"],
            accuracy=frame(accuracy_row(HOSTILE)),
            pies=frame(pies_row(HOSTILE)),
            datasets=frame(dataset_row(name=HOSTILE)),
        )
    )
    parsed = Page(hostile)
    assert not parsed.tags & {"script", "iframe", "object", "svg"}
    assert not {name for name in parsed.attributes if name.startswith("on")}
    assert HOSTILE in parsed.text
    assert all(source.startswith(("data:image/svg+xml;base64,", "#")) for source in parsed.sources)


def test_examples_are_shown_with_their_pictures() -> None:
    """The class, what most networks answer, how many are right; where there is no picture its name. All of it is text."""
    entries = (
        Entry("9461", "Sandal", (10, 8), (10, 10), ("Sandal", "Sandal"), -1.8, (0.9, 0.5), ("pruned", "int8"), b"PNG"),
        Entry(HOSTILE, "Shirt", (9, 0), (10, 10), ("Shirt", HOSTILE), None, None, (), None),
    )
    parsed = Page(page(replace(make_analysis(), gallery=(Strip("pruned", "dense", "toy/test", "hit", 1184, entries),))))
    for part in (
        "pruned: 2 of 1,184",
        "still Sandal",
        "10 of 10 → 8 of 10 right",
        f"Shirt → {HOSTILE}",
        "9 of 10 → 0 of 10",
    ):
        assert part in parsed.text
    assert f"data:image/png;base64,{b64encode(b'PNG').decode()}" in parsed.sources
    assert not parsed.tags & {"script", "iframe", "object", "svg"}


def test_the_page_forbids_what_it_does_not_carry() -> None:
    """The policy allows nothing but drawings in the page and its own style."""
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page(make_analysis()))
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert "http" not in policy[1]


def test_several_data_sets_have_a_table_each() -> None:
    """Tables are headed by the name of the data set where there are several."""
    rows = frame(pies_row(), pies_row(dataset="toy/train"))
    text = page(make_analysis(pies=rows))
    assert "PIEs: examples on which the modal labels differ · toy/test</h3>" in text
    assert "PIEs: examples on which the modal labels differ · toy/train</h3>" in text


def test_a_study_without_comparisons_has_a_report(tmp_path: Path) -> None:
    """Dense networks alone: accuracy, and a sentence that says why there is no more."""
    whole = make_analysis()
    analysis = make_analysis(pies=whole.pies.clear(), flips=whole.flips.clear(), classes=whole.classes.clear())
    write_report(analysis, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "No population is compared with another." in text
    assert write_figures(figures(analysis), tmp_path) == []


COUNTED = "Classes whose recall changed otherwise than accuracy did, p ≤ 0.05"


def test_classes_that_could_not_be_tested_have_no_chart() -> None:
    """One network a population: the table of how many changed says that none was tested, and nothing is drawn."""
    classes = make_analysis().classes.with_columns(p_value=None, p_adjusted=None)
    analysis = make_analysis(classes=classes, classes_counts=frame(counts_row(n_tested=0)), everything=False)
    text = Page(page(analysis)).text
    assert COUNTED in text
    assert "pruned" + "0" in text.partition(COUNTED)[2]
    assert not [figure for figure in figures(analysis) if figure.topic == "classes"]


@pytest.mark.parametrize("everything", [False, True])
def test_only_answers_are_on_the_page_unless_all_are_asked_for(everything: bool) -> None:
    """Among the tables, too, those that were computed because something else needs them."""
    analysis = make_analysis(classes_counts=frame(counts_row()), everything=everything)
    text = Page(page(analysis)).text
    assert COUNTED in text
    assert ("Classes with the smallest p" in text) == everything


def test_sections_are_topics() -> None:
    """In the order of the catalogue, those that found something; how the networks came about after the first."""
    names = {"reference": "dense", "compressed": "pruned", "dataset": "toy/test"}
    analysis = make_analysis(unseen=frame(names | {"unseen": "toy/blur", "estimate": 0.01}))
    compression = {"population": "pruned", "realised_sparsity": 0.9, "bits": None, "n_bytes": 2000}
    layers = {"compressed_layers": ["a", "b"], "other_layers": []}
    trained = replace(analysis, compression=frame(compression | layers))
    titles = re.findall(r'<summary id="topic-\d+">(.*?)</summary>', page(trained))
    topics = [TOPICS[name].title for name in ("accuracy", "pies", "flips", "classes", "unseen")]
    assert titles == [topics[0], "Training and compression", *topics[1:]]


def test_the_same_analysis_gives_the_same_bytes() -> None:
    """Neither time nor place is in the page."""
    assert page(make_analysis()) == page(make_analysis())


def test_each_figure_is_written_in_the_formats_that_are_wanted(tmp_path: Path) -> None:
    """PIEs and their excess, flips, and the classes of each comparison; SVG unless others are named."""
    stems = ("pies", "excess", "flips", "classes-pruned-dense-toy_test")
    for formats in (("svg",), ("pdf", "png")):
        names = {path.name for path in write_figures(figures(make_analysis()), tmp_path, formats)}
        assert names == {f"{stem}.{suffix}" for stem in stems for suffix in formats}


@pytest.mark.parametrize(("excess_conf_low", "is_drawn"), [(-1.0, False), (5.0, True), (None, True)])
def test_of_many_comparisons_those_beyond_chance_have_figures(excess_conf_low: float | None, is_drawn: bool) -> None:
    """Of nine comparisons the one that has a chart of classes shows it unless its PIEs may be chance; a note says so."""
    others = [pies_row(compressed=f"other-{number}", excess_conf_low=-1.0) for number in range(8)]
    analysis = make_analysis(everything=False, pies=frame(pies_row(excess_conf_low=excess_conf_low), *others))
    text = page(analysis)
    assert ("<figcaption>Change of recall per class: pruned" in text) == is_drawn
    assert "Figures of single comparisons are of the 8" in text
    assert "Figures of single comparisons" not in page(make_analysis())


def test_of_many_comparisons_eight_have_figures() -> None:
    """Those with the largest excess, in the order of the study; controls where there is room."""
    rows = [pies_row(compressed=f"pruned-{number}", excess_pies=float(number % 7)) for number in range(12)]
    rows += [pies_row(compressed="dense-2", role="control", excess_pies=99.0)]
    chosen = drawn_comparisons(make_analysis(everything=False, pies=frame(*rows)))
    assert chosen is not None
    assert chosen["compressed"].to_list() == [f"pruned-{number}" for number in (2, 3, 4, 5, 6, 9, 10, 11)]


def test_long_tables_are_folded() -> None:
    """A table of more rows than one reads waits behind its number of rows."""
    rows = frame(*(pies_row(compressed=f"pruned-{number}") for number in range(51)))
    assert "<details><summary>51 rows</summary>" in page(make_analysis(pies=rows))
    assert "rows</summary>" not in page(make_analysis())


def test_tables_of_copies_that_are_summed_up_are_folded() -> None:
    """The accuracy of a copy waits; that of the data set it is of does not."""
    datasets = pl.DataFrame([dataset_row(), dataset_row(name="toy/test/blur", alteration="gaussian-blur")])
    accuracy = frame(accuracy_row("dense"), accuracy_row("dense", dataset="toy/test/blur"))
    text = page(make_analysis(datasets=datasets, accuracy=accuracy))
    title = "Accuracy and agreement, mean ± sd over networks"
    assert f"{title} · toy/test/blur</h3><details>" in text
    assert f"{title} · toy/test</h3><div" in text


def test_the_summary_of_all_topics_leaves_out_long_tables(capsys: pytest.CaptureFixture[str]) -> None:
    """Their place is taken by the command that prints them; that one prints them whole, or their first rows."""
    rows = frame(*(pies_row(compressed=f"pruned-{number}") for number in range(51)))
    print_summary(make_analysis(pies=rows))
    assert "51 rows: pietools pies STUDY" in capsys.readouterr().out
    print_summary(make_analysis(pies=rows), TOPICS["pies"])
    assert "pruned-50" in capsys.readouterr().out
    longer = frame(*(pies_row(compressed=f"pruned-{number}") for number in range(151)))
    print_summary(make_analysis(pies=longer), TOPICS["pies"])
    printed = capsys.readouterr().out
    assert "pruned-19" in printed
    assert "pruned-20" not in printed
    assert "The first 20 of 151 rows" in printed


# What analyze --out writes


def contents(folder: Path) -> dict[str, bytes]:
    """Bytes of every file, PDFs aside, which hold the time."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pdf")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def without_classes() -> Analysis:
    """An analysis whose classes have no chart."""
    return make_analysis(classes=make_analysis().classes.clear())


def test_outputs_replace_those_of_the_run_before(tmp_path: Path) -> None:
    """Figures that this run did not draw, or in other formats, go, other files stay, and nothing else is left behind."""
    write_outputs(make_analysis(), "{}", tmp_path, ("svg", "png"))
    assert (tmp_path / "figures" / "classes-pruned-dense-toy_test.svg").exists()
    (tmp_path / "figures" / "mine.svg").write_text("mine")
    (tmp_path / "notes.txt").write_text("mine, too")
    write_outputs(without_classes(), '{"new": 1}', tmp_path)
    drawn = {f"figures/{stem}.svg" for stem in ("pies", "excess", "flips")}
    mine = {"notes.txt", "figures/mine.svg"}
    found = contents(tmp_path)
    assert set(found) == drawn | mine | {"figures/figures.json", "analysis.json", "report.html"}
    assert found["analysis.json"] == b'{"new": 1}\n'
    assert found["report.html"].decode() == page(without_classes())
    assert {path.name for path in tmp_path.iterdir()} == {"figures", "notes.txt", "analysis.json", "report.html"}


@pytest.mark.parametrize("step", ["write_report", "write_figures"])
def test_a_failure_leaves_the_outputs_of_the_run_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A full disk while the new ones are written: every file is as it was, and no other is there."""
    write_outputs(make_analysis(), "{}", tmp_path)
    before = contents(tmp_path)

    def fail(*arguments: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(output_folder, step, fail)
    with pytest.raises(OSError, match="no space"):
        write_outputs(without_classes(), '{"new": 1}', tmp_path)
    assert contents(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {"figures", "analysis.json", "report.html"}


@pytest.mark.parametrize("listed", ['["../notes.txt", "/notes.txt", 3]', "no list", '{"a": 1}'])
def test_only_figures_of_the_folder_go(tmp_path: Path, listed: str) -> None:
    """A list of figures that somebody changed deletes nothing elsewhere, and is no obstacle."""
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "figures.json").write_text(listed)
    write_outputs(without_classes(), "{}", tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_control_characters_of_a_name_do_not_reach_the_page() -> None:
    """They move a terminal's cursor, and are no HTML."""
    written = page(make_analysis(pies=frame(pies_row("pru\x1b[31mned"))))
    assert "\x1b" not in written
    assert "pru [31mned" in written


def test_an_excess_below_nothing_is_no_headline() -> None:
    """Networks that belong together and have no names give one; a note of the analysis names the cure."""
    row = pies_row(excess_pies=-26.0, excess_conf_low=-37.0, excess_conf_high=-15.0)
    written = page(make_analysis(pies=frame(row)))
    assert "−26" not in written
