"""The gallery: which examples it shows, that its page filters and sorts them, and that names are text in it."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from pietools.analysis import analyze
from pietools.errors import StudyError
from pietools.gallery import found_examples
from pietools.report.gallery_page import gallery_page
from pietools.results.gallery import KINDS, Entry, Strip
from pietools.study import Study
from tests.conftest import make_study, simulate
from tests.regime_study import TEST, N, make_regimes
from tests.test_report import HOSTILE, Page

CHROMIUM = shutil.which("chromium")
TOPICS = ("accuracy", "flips", "examples")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """Two regimes in which compression hits the same examples; each example has a picture of its own."""
    made = make_regimes(tmp_path_factory.mktemp("gallery") / "s.duckdb", second=False)
    made.add_thumbnails(TEST, [PNG + bytes([n // 256, n % 256]) for n in range(N)])
    analyze(made, topics=TOPICS, permutations=20)
    yield made
    made.close()


def test_it_shows_what_was_found(study: Study) -> None:
    """As many of each kind as the results say, the largest fall first, with the right picture, votes and probabilities."""
    found = found_examples(study, most=5)
    counted = study.sql("select compressed, finding, count(*) as n from results.examples_changes group by all")
    hit = {row["compressed"]: row["n"] for row in counted.filter(finding="hit").to_dicts()}
    shown = {one.compressed: one for one in found if one.kind == "hit"}
    assert {name: one.n_found for name, one in shown.items()} == hit
    assert all(len(one.entries) <= 5 for one in found)
    strip = next(iter(shown.values()))
    keys = study.keys(TEST).to_list()
    labels, names = study.labels(TEST), study.datasets().filter(name=TEST)["class_names"].item().to_list()
    before, after = (study.label_matrix(name, TEST)[1] for name in (strip.reference, strip.compressed))
    for entry in strip.entries:
        example = keys.index(entry.key)
        assert entry.png == PNG + bytes([example // 256, example % 256])
        assert entry.label == names[labels[example]]
        assert entry.n_right == tuple(int((side[:, example] == labels[example]).sum()) for side in (before, after))
        assert entry.answers[1] == names[np.bincount(after[:, example]).argmax()]
        assert entry.p_label is not None
        assert entry.p_label[0] > entry.p_label[1]
        assert strip.compressed in entry.hit_in
    (only,) = {one.compressed for one in found_examples(study, only=[strip.compressed])}
    assert only == strip.compressed
    both = {one.compressed for one in found_examples(study, only=["magnitude-0.9"])}
    assert both == {"supervised/magnitude-0.9", "simclr/magnitude-0.9"}


def test_networks_of_labels_alone_have_examples_whose_majority_turned(tmp_path: Path) -> None:
    """Of log odds that nobody knows there is nothing to say; those that exact tests found are hit."""
    labels, populations = simulate(3, n_networks=20, damage=2.0)
    with make_study(tmp_path / "s.duckdb", labels, populations) as study:
        said = analyze(study, topics=TOPICS, permutations=20).examples_hits.row(0, named=True)
        found = found_examples(study)
        pies = study.pies("dense", "pruned")
    shown = {one.kind: one.n_found for one in found}
    assert said["n_hit"] > 0
    assert (shown["hit"], shown.get("spared", 0)) == (said["n_hit"], said["n_spared"])
    for kind in ("forgotten", "recovered"):
        assert shown.get(kind, 0) == pies.filter(direction=kind).height
    assert all(entry.estimate is None and entry.png is None for one in found for entry in one.entries)


def test_what_cannot_be_shown_is_one_line(run: Callable[..., Result], study: Study, toy: Study, tmp_path: Path) -> None:
    """A study without an answer, and a population that is not there; no page is left."""
    toy.close()
    refused = run("gallery", toy.path, "--out", tmp_path / "g.html")
    assert (refused.exit_code, refused.output.count("\n")) == (1, 1)
    assert "has no answer yet: run 'pietools analyze" in refused.output
    with pytest.raises(
        StudyError, match=r"no compressed population is named 'supervised/dense'. There are: supervised/"
    ):
        found_examples(study, only=["supervised/dense"])
    assert not (tmp_path / "g.html").exists()


def test_nothing_is_lost_by_a_wrong_place(run: Callable[..., Result], study: Study, tmp_path: Path) -> None:
    """The study itself, another file, a folder and one that is not there are refused before the work; a page is replaced."""
    before = study.path.read_bytes()
    (tmp_path / "notes.txt").write_text("mine")
    for out in (study.path, tmp_path / "notes.txt", tmp_path, tmp_path / "none" / "g.html"):
        refused = run("gallery", study.path, "--out", out)
        assert (refused.exit_code, refused.output.count("\n")) == (1, 1)
    assert study.path.read_bytes() == before
    assert (tmp_path / "notes.txt").read_text() == "mine"
    (tmp_path / "g.html").write_text("<!doctype html>", encoding="utf-8")
    study.close()
    assert run("gallery", study.path, "--out", tmp_path / "g.html").exit_code == 0
    assert "Which examples changed?" in (tmp_path / "g.html").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def strip(label: str = "b", key: str = "x") -> Strip:
    """Two examples of two classes; the first one's votes fell more, the second was hit twice."""
    entries = (
        Entry(key, "a", (9, 0), (10, 10), ("a", label), -2.5, (0.9, 0.1), ("pruned",), PNG),
        Entry("y", label, (10, 8), (10, 10), (label, label), -1.0, None, ("pruned", "int8"), None),
    )
    return Strip("pruned", "dense", "toy/test", "hit", 222, entries)


def test_no_name_becomes_markup() -> None:
    """A class, an example or a study named like a script is text; the one script is the page's own, by its hash."""
    text = gallery_page(HOSTILE, [strip(HOSTILE, HOSTILE)])
    parsed = Page(text)
    assert text.count("<script>") == 1
    assert not {name for name in parsed.attributes if name.startswith("on")}
    assert HOSTILE in parsed.text
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert "unsafe" not in policy[1]
    assert "script-src 'sha256-" in policy[1]
    assert set(re.findall(r"<dt>(.*?)</dt>", text)) == {"hit"} < set(KINDS)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ("", ["x", "y"]),
        ("#label=b", ["y"]),
        ("#hit=2", ["y"]),
        ("#kind=hit&compressed=pruned", ["x", "y"]),
        ("#order=label", ["x", "y"]),
        ("#label=a&hit=2", []),
        ("#label=%22%3E%3Cimg%20onerror%3D1%3E", ["x", "y"]),
    ],
)
def test_a_browser_shows_what_is_asked_for(tmp_path: Path, asked: str, keys: list[str]) -> None:
    """The script runs under the policy of the page, and a reload keeps what the address says."""
    (tmp_path / "g.html").write_text(gallery_page("s", [strip()]), encoding="utf-8")
    address = (tmp_path / "g.html").as_uri() + asked
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    shown = subprocess.run([*command, "--dump-dom", address], capture_output=True, text=True, check=True, timeout=120)
    cards = re.findall(r'<figure class="card"([^>]*)>', shown.stdout)
    visible = [re.search(r'data-key="(.*?)"', card) for card in cards if " hidden" not in card]
    assert [match[1] for match in visible if match] == keys
    assert f"<output>{len(keys)} shown</output>" in shown.stdout
