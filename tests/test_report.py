"""The report: the sentences, the rounding, and that nothing in it runs."""

import re
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from pietools.cli.summary import print_summary
from pietools.report import write_report
from pietools.report.figures import write_figures
from pietools.report.page import page
from pietools.report.sentences import headline
from pietools.results import rounding
from tests.result_frames import accuracy_row, dataset_row, frame, make_analysis, pies_row

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


def test_the_headline_says_what_was_found_beside_what_chance_does() -> None:
    """Counts, share, null with its 95 %, p, excess, directions, untied."""
    assert headline(pies_row()) == (
        "90 of 1,000 examples (9.0 %) are PIEs; 40 (95 %: 30–50) would be if compression did nothing; p < 0.001. "
        "Excess over disjoint sets of 3 networks: 44 (95 %: 31 to 57). 50 forgotten, 25 recovered, 15 moved; 60 untied."
    )


def test_the_headline_without_labels_has_no_directions() -> None:
    """What is not known is not said."""
    row = pies_row(forgotten=None, recovered=None, moved=None, p_value=0.25, excess_pies=None)
    assert headline(row).endswith("p = 0.250. 60 untied.")


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
    """Findings, accuracy, PIEs, flips, classes, warnings, settings and terms, and the four numbers that matter."""
    text = Page(page(make_analysis())).text
    for part in ("What was analyzed", "PIEs", "Flips", "Classes", "Warnings", "mind the gap", "Settings", "Terms"):
        assert part in text
    for number in ("90 of 1,000 examples (9.0 %)", "81.25 ± 1.25", "12.00 ± 1.00", "44 (31 to 57)"):
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
    assert all(source.startswith("data:image/svg+xml;base64,") for source in parsed.sources)


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
    assert write_figures(analysis, tmp_path) == []


def test_classes_that_could_not_be_tested_have_no_chart(tmp_path: Path) -> None:
    """One network a population: a sentence, no chart and no table of dashes."""
    classes = make_analysis().classes.with_columns(p_value=None, p_adjusted=None)
    analysis = make_analysis(classes=classes)
    assert "no class could be tested" in page(analysis)
    assert "with the smallest p" not in page(analysis)
    assert not [path for path in write_figures(analysis, tmp_path) if path.name.startswith("classes")]


def test_the_same_analysis_gives_the_same_bytes() -> None:
    """Neither time nor place is in the page."""
    assert page(make_analysis()) == page(make_analysis())


def test_each_figure_is_written_in_three_formats(tmp_path: Path) -> None:
    """PIEs and their excess, flips, and the classes of each comparison."""
    names = {path.name for path in write_figures(make_analysis(), tmp_path)}
    stems = ("pies", "excess", "flips", "classes-pruned-dense-toy_test")
    assert names == {f"{stem}.{suffix}" for stem in stems for suffix in ("svg", "pdf", "png")}


@pytest.mark.parametrize(("excess_conf_low", "is_drawn"), [(-1.0, False), (5.0, True), (None, True)])
def test_of_many_comparisons_those_beyond_chance_have_figures(excess_conf_low: float | None, is_drawn: bool) -> None:
    """Of nine comparisons the one that has a chart of classes shows it unless its PIEs may be chance; a note says so."""
    others = [pies_row(compressed=f"other-{number}") for number in range(8)]
    text = page(make_analysis(pies=frame(pies_row(excess_conf_low=excess_conf_low), *others)))
    assert ("<figcaption>Change of recall per class: pruned" in text) == is_drawn
    assert "Figures of single comparisons are of those" in text
    assert "Figures of single comparisons" not in page(make_analysis())


def test_long_tables_are_folded() -> None:
    """A table of more rows than one reads waits behind its number of rows."""
    rows = frame(*(pies_row(compressed=f"pruned-{number}") for number in range(51)))
    assert "<details><summary>51 rows</summary>" in page(make_analysis(pies=rows))
    assert "<details>" not in page(make_analysis())


def test_tables_of_copies_that_are_summed_up_are_folded() -> None:
    """The accuracy of a copy waits; that of the data set it is of does not."""
    datasets = pl.DataFrame([dataset_row(), dataset_row(name="toy/test/blur", alteration="gaussian-blur")])
    accuracy = frame(accuracy_row("dense"), accuracy_row("dense", dataset="toy/test/blur"))
    text = page(make_analysis(datasets=datasets, accuracy=accuracy))
    title = "Accuracy and agreement, mean ± sd over networks"
    assert f"{title} · toy/test/blur</h3><details>" in text
    assert f"{title} · toy/test</h3><div" in text


def test_the_summary_of_all_topics_leaves_out_long_tables(capsys: pytest.CaptureFixture[str]) -> None:
    """Their place is taken by the command that prints them; that one prints them whole."""
    rows = frame(*(pies_row(compressed=f"pruned-{number}") for number in range(51)))
    print_summary(make_analysis(pies=rows))
    assert "51 rows: pietools pies STUDY" in capsys.readouterr().out
    print_summary(make_analysis(pies=rows), "pies")
    assert "pruned-50" in capsys.readouterr().out
