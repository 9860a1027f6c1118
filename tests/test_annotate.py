"""Coding by hand: which examples, that nobody is told which were hit, that nothing that was said is lost, and what follows."""

import http.client
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from scipy import stats

import pietools
from pietools.annotation.codebook import read_codebook
from pietools.annotation.coding import Coding
from pietools.annotation.sampling import sample_of
from pietools.annotation.server import Server
from pietools.errors import StudyError
from pietools.exchange.study_folder import export_folder, import_folder
from pietools.report.annotation_page import annotation_page
from pietools.study import Category, Sample, Study
from tests.test_report import HOSTILE, Page

ODD = Category("odd", "looks odd")
BLURRED = Category("blurred", "is blurred")


@pytest.fixture
def study(answered: Path, tmp_path: Path) -> Iterator[Study]:
    """A copy of the analyzed study, to write to."""
    shutil.copyfile(answered, tmp_path / "s.duckdb")
    with Study.open(tmp_path / "s.duckdb") as opened:
        yield opened


def test_a_hit_example_is_matched_with_one_as_hard_that_was_not(study: Study) -> None:
    """Of its class, among those that nothing happened to, so that pairs differ least in log odds; no example twice."""
    sample = sample_of(study, n=12)
    changes = study.results("examples_changes").filter(compressed=sample.compressed)
    hit = set(changes.filter(finding="hit")["example_id"])
    assert sample.compressed == "supervised/magnitude-0.9" or sample.compressed == "simclr/magnitude-0.9"
    examples = [one for pair in sample.pairs for one in pair]
    assert 9 <= len(sample.pairs) <= 12
    assert len(set(examples)) == len(examples)
    labels = study.labels(sample.dataset)
    scalars = study.sql(
        """select p.example_id, avg(p.label_log_odds) as log_odds from predictions as p join models as m using (model_id)
           join populations as o using (population_id) where o.name = ? and p.dataset_id = 1 group by all order by all""",
        [sample.reference],
    )["log_odds"].to_numpy()
    changed = set(changes.filter(changes["finding"].is_not_null() | changes["turned"].is_not_null())["example_id"])
    differences = []
    for first, other in sample.pairs:
        assert first in hit
        assert other not in changed
        assert labels[first] == labels[other]
        differences.append(abs(scalars[other] - scalars[first]))
    assert max(differences) <= 0.2 * scalars.std() + 1e-6
    taken: set[int] = set()
    nearest = []  # one after another, as somebody would choose them
    for first, _ in sample.pairs:
        free = [one for one in range(len(labels)) if labels[one] == labels[first] and one not in changed | taken]
        other = min(free, key=lambda one: abs(scalars[one] - scalars[first]))
        taken.add(other)
        nearest.append(abs(scalars[other] - scalars[first]))
    assert sum(differences) <= sum(nearest) + 1e-5


def test_the_sample_stays_as_it_was_drawn(study: Study) -> None:
    """Another person, another day: the same examples and categories; others are refused with what to do."""
    first = sample_of(study, n=5, codebook=[ODD])
    assert sample_of(study, n=40, seed=7) == first
    with pytest.raises(StudyError, match="have other categories, odd: leave --codebook out to go on"):
        sample_of(study, codebook=[BLURRED])
    with pytest.raises(StudyError, match=r"'nosuch' has no hit examples. There are some in s"):
        sample_of(study, "nosuch")
    assert len(study.samples()) == 1


def test_who_codes_is_not_told_which_were_hit(study: Study) -> None:
    """Each person has an order of their own, in which hit ones are no sooner and no later; an item says nothing of it."""
    sample = sample_of(study, n=12)
    hit = {one for one, _ in sample.pairs}
    orders = [Coding(study, sample, f"person {k}")._order for k in range(60)]
    assert len({tuple(order) for order in orders}) == 60
    places = [np.mean([place for place, one in enumerate(order) if one in hit]) for order in orders]
    assert stats.ttest_1samp(places, 11.5).pvalue > 0.001
    item = Coding(study, sample, "anna").item(0)
    assert set(item) == {"label", "picture", "said", "text"}
    assert item["picture"].startswith("data:image/png;base64,")


def code_all(study: Study, sample: Sample, annotator: str, applies: Callable[[int, bool], dict[str, bool]]) -> None:
    """Code every example; ``applies`` is told the pair and whether it is the hit one."""
    for pair, examples in enumerate(sample.pairs):
        for example, is_hit in zip(examples, (True, False), strict=True):
            study.code(sample, example, annotator, applies(pair, is_hit))


def test_what_was_coded_is_tested(study: Study) -> None:
    """By pairs, with what more than half of the annotators say; Holm over the categories; agreement beside it."""
    sample = sample_of(study, n=12, codebook=[ODD, BLURRED])
    code_all(study, sample, "anna", lambda pair, is_hit: {"odd": is_hit and pair < 9, "blurred": pair % 3 == 0})
    code_all(study, sample, "ben", lambda pair, is_hit: {"odd": is_hit and pair < 9, "blurred": pair % 2 == 0})
    code_all(study, sample, "cleo", lambda pair, is_hit: {"odd": is_hit and pair < 3, "blurred": pair % 2 == 0})
    found = pietools.analyze(study, topics=["annotations"], everything=True)
    odd, blurred = found.annotations.to_dicts()
    assert (odd["n_pairs"], odd["n_annotators"], odd["n_only_hit"], odd["n_only_other"]) == (12, 3, 9, 0)
    assert odd["p_value"] == pytest.approx(stats.binomtest(9, 9).pvalue)
    assert odd["p_adjusted"] == pytest.approx(2 * odd["p_value"])
    assert (odd["share_hit"], odd["share_other"], odd["estimate"]) == (0.75, 0.0, 0.75)
    assert 0.3 < odd["conf_low"] < 0.75 < odd["conf_high"] < 1
    assert (blurred["p_value"], blurred["estimate"]) == (1.0, 0.0)
    agreement = found.annotations_agreement
    assert agreement.filter(category="odd", annotator_a="anna", annotator_b="ben")["estimate"].item() == 1
    assert agreement.filter(category="odd").height == 4
    assert agreement.filter(agreement["annotator_a"].is_null())["n_examples"].to_list() == [24, 24]


def test_an_answer_takes_the_place_of_the_one_before(study: Study) -> None:
    """And results that were made of the old ones go, so that nobody reads them for those of the new ones."""
    sample = sample_of(study, n=4, codebook=[ODD])
    code_all(study, sample, "anna", lambda pair, is_hit: {"odd": is_hit})
    pietools.analyze(study, topics=["annotations"], everything=True)
    assert study.results("annotations").height == 1
    study.code(sample, sample.pairs[0][0], "anna", {"odd": False})
    assert study.results("annotations").height == 0
    assert study.sql("select count(*) as n from results.annotations")["n"].item() == 0
    assert study.coded(sample).filter(example_id=sample.pairs[0][0])["is_present"].to_list() == [False]
    assert study.headline()
    for example, annotator, present in (
        (399, "anna", {"odd": True}),
        (sample.pairs[0][0], "anna", {}),
        (sample.pairs[0][0], " ", {"odd": True}),
    ):
        with pytest.raises(StudyError):
            study.code(sample, example, annotator, present)


def test_annotations_are_exported_and_go_with_their_data_set(study: Study, tmp_path: Path) -> None:
    """A folder of Parquet has them; a removed population leaves them, a removed data set does not."""
    sample = sample_of(study, "supervised/magnitude-0.9", n=4, codebook=[ODD])
    code_all(study, sample, "anna", lambda pair, is_hit: {"odd": is_hit})
    export_folder(study, tmp_path / "folder")
    import_folder(tmp_path / "folder", tmp_path / "again.duckdb")
    with Study.open(tmp_path / "again.duckdb") as again:
        assert again.samples() == study.samples()
        assert again.coded(sample).equals(study.coded(sample))
        again.remove(population="supervised/magnitude-0.9")
        assert again.coded(sample).height == 8
        for name in ("toy/test/blur", "toy/test/label-noise", "toy/test"):
            again.remove(dataset=name)
        assert again.samples() == []


def test_a_study_in_which_nothing_was_hit_has_nothing_to_code(run: Callable[..., Result], toy: Study) -> None:
    """Nor one that was not analyzed: in one line each."""
    toy.close()
    for expected in ("has no answer yet: run 'pietools analyze", "no example was shown to be hit"):
        done = run("annotate", toy.path, "--annotator", "anna", "--no-browser")
        assert (done.exit_code, done.output.count("\n")) == (1, 1)
        assert expected in done.output
        run("analyze", toy.path)
    assert "Nothing was coded by hand: run 'pietools annotate STUDY'." in run("annotations", toy.path).output


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("x = 1", "it has x, and needs"),
        ("", "it has nothing, and needs"),
        ("category = 3", "is no codebook"),
        ('[[category]]\nname = "a"', "and must be"),
        ('[[category]]\nname = "a"\nmeaning = " "', "and must be"),
        ('[[category]]\nname = "a"\nmeaning = "b"\n' * 2, "each with a name of its own"),
        ("[[category", "is no TOML"),
        ("\xff", "is no TOML"),
    ],
)
def test_what_is_no_codebook_is_said(tmp_path: Path, content: str, expected: str) -> None:
    """In one line, with what it should be."""
    (tmp_path / "c.toml").write_text(content, encoding="latin-1")
    with pytest.raises(StudyError, match=expected):
        read_codebook(tmp_path / "c.toml")
    with pytest.raises(StudyError, match="cannot read"):
        read_codebook(tmp_path / "nosuch.toml")


def test_a_codebook_is_read(tmp_path: Path) -> None:
    """Names and meanings, in order."""
    (tmp_path / "c.toml").write_text(
        '[[category]]\nname = "a"\nmeaning = "b"\n[[category]]\nname = "c"\nmeaning = "d"\n'
    )
    assert read_codebook(tmp_path / "c.toml") == (Category("a", "b"), Category("c", "d"))


# The server


@pytest.fixture
def served(study: Study) -> Iterator[Server]:
    """The page of an annotator, served in a thread."""
    sample = sample_of(study, n=4, codebook=[ODD, BLURRED])
    with Server(Coding(study, sample, "anna")) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server: Server, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers of a reply."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    reply = connection.getresponse()
    return reply.status, reply.read().decode(), {name.lower(): value for name, value in reply.getheaders()}


def test_only_the_page_itself_may_ask(served: Server) -> None:
    """Not without the token, not under another host's name, not from another page; nothing is allowed to others."""
    token = f"token={served.token}"
    assert served.server_address[0] == "127.0.0.1"
    assert ask(served, "GET", f"/?{token}")[0] == 200
    for path in ("/", "/said", "/item?place=0", "/?token=", f"/?token={served.token}x", "/?token=%F0%9F%98%80"):
        assert ask(served, "GET", path)[0] == 403
    assert ask(served, "POST", "/code", {"place": 0, "present": {}})[0] == 403
    assert ask(served, "GET", f"/said?{token}", Host="evil.example")[0] == 403
    assert ask(served, "GET", f"/said?{token}", Origin="https://evil.example")[0] == 403
    assert ask(served, "GET", f"/said?{token}", Origin=f"http://127.0.0.1:{served.server_port}")[0] == 200
    _, _, headers = ask(served, "GET", f"/?{token}")
    assert "access-control-allow-origin" not in headers
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "x",
        {"place": 99, "present": {}, "before": None},
        {"place": 1e999, "present": {}, "before": None},
        {"place": 0, "present": {"odd": True}, "before": None},
        {"place": 0, "present": {"odd": True, "x": 1}, "before": None},
        {"place": 0, "present": {"odd": True, "blurred": True}, "before": {"odd": True, "blurred": True}},
    ],
)
def test_a_wrong_request_stores_nothing(served: Server, body: Any) -> None:
    """It is refused, and the next right one is stored."""
    token = f"token={served.token}"
    assert ask(served, "POST", f"/code?{token}", body)[0] == 400
    assert ask(served, "GET", f"/item?{token}&place=x")[0] == 400
    assert ask(served, "GET", f"/nosuch?{token}")[0] == 404
    assert served.coding.said() == [None] * 8
    assert (
        ask(served, "POST", f"/code?{token}", {"place": 3, "before": None, "present": {"odd": True, "blurred": False}})[
            0
        ]
        == 200
    )
    assert served.coding.said()[3] == {"odd": True, "blurred": False}


def test_names_are_text_on_the_page() -> None:
    """Of categories and people; one script runs, by its hash."""
    text = annotation_page([Category(HOSTILE, HOSTILE)], HOSTILE, 4)
    parsed = Page(text)
    assert text.count("<script>") == 1
    assert not {name for name in parsed.attributes if name.startswith("on")}
    assert parsed.text.count(HOSTILE) == 3
    assert "unsafe" not in text


@pytest.mark.slow
def test_a_person_codes_in_a_browser(served: Server, browser: Any) -> None:
    """By keys and by mouse; what was saved is there after a reload, and can be changed; the console stays clean."""
    from axe_playwright_python.sync_playwright import Axe

    page, said = browser.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))

    def at(place: int, coded: int) -> None:
        page.locator(".place").get_by_text(f"example {place} of 8, {coded} coded").wait_for(timeout=10_000)

    page.goto(served.address)
    at(1, 0)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    at(2, 1)
    page.get_by_label("blurred").check()
    page.get_by_role("button", name="Save and next").click()
    at(3, 2)
    assert served.coding.said()[:3] == [{"odd": True, "blurred": False}, {"odd": False, "blurred": True}, None]
    page.reload()
    at(3, 2)
    page.keyboard.press("ArrowLeft")
    at(2, 2)
    assert page.get_by_label("blurred").is_checked()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    at(3, 2)
    for place in range(3, 9):
        at(place, place - 1)
        page.keyboard.press("Enter")
    page.get_by_text("All 8 are coded.").wait_for(timeout=10_000)
    assert served.coding.said()[1] == {"odd": False, "blurred": False}
    assert None not in served.coding.said()
    assert said == []
    checked = browser.new_context(bypass_csp=True).new_page()
    checked.goto(served.address)
    assert Axe().run(checked).response["violations"] == []


def test_an_answer_that_was_not_stored_is_not_said_to_be(served: Server, browser: Any) -> None:
    """The study says no: the page says so and stays."""
    page = browser.new_page()
    page.goto(served.address)
    page.locator(".place").get_by_text("example 1 of 8, 0 coded").wait_for(timeout=10_000)
    page.route("**/code*", lambda route: route.fulfill(status=400, body="no room"))
    page.keyboard.press("Enter")
    page.get_by_text("not saved or shown: no room").wait_for(timeout=10_000)
    assert "example 1 of 8, 0 coded" in page.locator(".place").inner_text()


def test_nothing_is_said_of_an_example_that_nobody_has_seen(served: Server, browser: Any) -> None:
    """A double click and a key that is held down code one example; where the next one does not come, nothing is coded."""
    page = browser.new_page()
    page.goto(served.address)
    page.locator(".place").get_by_text("example 1 of 8, 0 coded").wait_for(timeout=10_000)
    page.route("**/item*", lambda route: (sleep(0.3), route.continue_()))
    page.keyboard.press("1")
    page.get_by_role("button", name="Save and next").dblclick()
    page.locator(".place").get_by_text("example 2 of 8, 1 coded").wait_for(timeout=10_000)
    page.keyboard.down("Enter")
    for _ in range(5):
        page.keyboard.down("Enter")  # repeated, as a key that is held
    page.locator(".place").get_by_text("example 3 of 8, 2 coded").wait_for(timeout=10_000)
    sleep(1)
    assert [one is not None for one in served.coding.said()].count(True) == 2
    page.unroute("**/item*")
    page.route("**/item*", lambda route: route.abort())
    page.keyboard.up("Enter")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.get_by_text("not saved or shown").wait_for(timeout=10_000)
    page.keyboard.press("Enter")
    sleep(0.5)
    assert served.coding.said()[2:4] == [{"odd": False, "blurred": True}, None]


def test_a_second_window_overwrites_nothing(served: Server, browser: Any) -> None:
    """What was said in another window is shown, and not replaced by what this one has not seen."""
    first, second = browser.new_page(), browser.new_page()
    for page in (first, second):
        page.goto(served.address)
        page.locator(".place").get_by_text("example 1 of 8, 0 coded").wait_for(timeout=10_000)
    first.keyboard.press("1")
    first.keyboard.press("Enter")
    first.locator(".place").get_by_text("example 2 of 8, 1 coded").wait_for(timeout=10_000)
    second.keyboard.press("Enter")
    second.get_by_text("coded in another window meanwhile").wait_for(timeout=10_000)
    assert served.coding.said()[0] == {"odd": True, "blurred": False}


def test_an_answer_is_in_the_file_before_the_page_hears_of_it(study: Study, tmp_path: Path) -> None:
    """Whatever becomes of the log beside it."""
    coding = Coding(study, sample_of(study, n=4, codebook=[ODD]), "anna")
    coding.code(0, {"odd": True}, None)
    shutil.copyfile(study.path, tmp_path / "copy.duckdb")
    with Study.open(tmp_path / "copy.duckdb") as copy:
        assert Coding(copy, copy.samples()[0], "anna").said()[0] == {"odd": True}


def test_many_requests_at_once_store_each_answer_once(served: Server) -> None:
    """Threads share a connection: the study stays whole."""
    token = f"token={served.token}"
    bodies = [
        {"place": place, "before": None, "present": {"odd": True, "blurred": False}}
        for place in range(8)
        for _ in range(4)
    ]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda body: ask(served, "POST", f"/code?{token}", body)[0], bodies))
    assert replies.count(200) == 8
    study = served.coding._study
    assert study.coded(served.coding.sample).height == 16
    study._database.check()


def test_a_category_may_be_called_anything(study: Study, browser: Any) -> None:
    """Also like a part of the page."""
    names = ("back", "elements", "submit", "constructor", 'a b"c')
    sample = sample_of(study, n=2, codebook=[Category(name, "?") for name in names])
    with Server(Coding(study, sample, "anna")) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        page = browser.new_page()
        page.goto(server.address)
        page.locator(".place").get_by_text("example 1 of").wait_for(timeout=10_000)
        page.keyboard.press("4")
        page.keyboard.press("Enter")
        page.locator(".place").get_by_text("1 coded").wait_for(timeout=10_000)
        server.shutdown()
        thread.join()
        assert server.coding.said()[0] == {name: name == "constructor" for name in names}


def test_samples_of_other_networks_are_left_out(study: Study) -> None:
    """Networks of the same name were imported anew: what was coded says nothing of them, and nobody goes on with it."""
    sample = sample_of(study, "supervised/magnitude-0.9", n=6, codebook=[ODD])
    code_all(study, sample, "anna", lambda pair, is_hit: {"odd": is_hit})
    study.remove(population="supervised/magnitude-0.9")
    found = pietools.analyze(study, topics=["annotations"], everything=True)
    assert found.annotations.height == 0
    assert any("coded by hand for other networks" in note for note in found.warnings)
    with pytest.raises(StudyError, match="are others than when its examples were drawn"):
        sample_of(study)


def test_annotators_may_be_called_anything(study: Study, run: Callable[..., Result]) -> None:
    """Like a column, or a pattern; but one person has one name."""
    sample = sample_of(study, n=4, codebook=[ODD])
    for name in ("example_id", "*", "^.*$"):
        code_all(study, sample, name, lambda pair, is_hit: {"odd": is_hit and pair > 0})
    agreement = pietools.analyze(study, topics=["annotations"], everything=True).annotations_agreement
    assert agreement["estimate"].to_list() == [1.0] * 4
    study.close()
    done = run("annotate", study.path, "--annotator", " EXAMPLE_id", "--no-browser")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "'example_id' coded here" in done.output
