"""The pages as a browser shows them: what can be chosen, that nothing is asked of a network, who can read them, how they print."""

import re
from pathlib import Path
from typing import Any

import pytest

from pietools.analysis import last_analysis
from pietools.gallery import found_examples
from pietools.report.gallery_page import gallery_page
from pietools.report.page import write_report
from pietools.study import Study

SIZES = [(1100, "light"), (390, "dark")]


@pytest.fixture(scope="module")
def pages(answered: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Report and gallery of a study of two regimes."""
    folder = tmp_path_factory.mktemp("pages")
    with Study.open(answered, read_only=True) as study:
        write_report(last_analysis(study), folder / "report.html")
        (folder / "gallery.html").write_text(gallery_page("s", found_examples(study)), encoding="utf-8")
    return {"report": folder / "report.html", "gallery": folder / "gallery.html"}


def opened(browser: Any, path: Path, width: int = 1100, scheme: str = "light", **context: Any) -> tuple[Any, list[str]]:
    """A page and what it says that it should not: messages on the console, requests that leave the file."""
    page = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, **context).new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request", lambda request: None if request.url.startswith(("file:", "data:")) else wrong.append(request.url)
    )
    page.goto(path.as_uri())
    return page, wrong


def unreadable(browser: Any, path: Path, width: int, scheme: str) -> list[str]:
    """What axe finds serious or critical; everything is unfolded."""
    from axe_playwright_python.sync_playwright import Axe

    page, _ = opened(browser, path, width, scheme, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        pytest.param("report", *SIZES[1], marks=pytest.mark.slow),
        ("gallery", *SIZES[0]),
        pytest.param("report", *SIZES[0], marks=pytest.mark.slow),
        pytest.param("gallery", *SIZES[1], marks=pytest.mark.slow),
    ],
)
def test_pages_can_be_read(browser: Any, pages: dict[str, Path], name: str, width: int, scheme: str) -> None:
    """Nothing serious for axe, nothing wider than a phone, no request, a clean console."""
    page, wrong = opened(browser, pages[name], width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert unreadable(browser, pages[name], width, scheme) == []
    assert wrong == []


def test_a_regime_and_a_compression_are_chosen(browser: Any, pages: dict[str, Path]) -> None:
    """Rows, figures and pictures of others go; what is of none stays; a reload keeps the choice, and all can be had again."""
    page, wrong = opened(browser, pages["report"])

    def rows() -> list[list[str]]:
        found = page.locator("section.shown tbody tr:visible")
        return [found.nth(n).locator("td").all_inner_texts()[:2] for n in range(found.count())]

    everything = rows()
    assert len({regime for _, regime in everything}) >= 2
    page.locator("select[name=regime]").select_option("simclr")
    assert {regime for _, regime in rows()} <= {"simclr", "all 2"}
    page.locator("select[name=compression]").select_option("magnitude-0.9")
    assert rows() == [["magnitude-0.9", "simclr"]]
    page.reload()
    assert rows() == [["magnitude-0.9", "simclr"]]
    page.locator("summary", has_text="Classes").click()
    texts = page.locator("details[open] .shown td.text:visible").all_inner_texts()
    assert texts
    assert not [text for text in texts if text.startswith("supervised/")]
    page.locator("select[name=regime]").select_option("")
    page.locator("select[name=compression]").select_option("")
    assert rows() == everything
    assert wrong == []


def test_the_report_is_read_without_scripts(browser: Any, pages: dict[str, Path]) -> None:
    """What would not work is not there."""
    page, _ = opened(browser, pages["report"], java_script_enabled=False)
    assert not page.locator(".filters").is_visible()
    assert page.locator(".answer p").count() > 1


def test_a_folder_is_opened_by_keyboard(browser: Any, pages: dict[str, Path]) -> None:
    """Tab goes to a topic, Enter opens it."""
    page, _ = opened(browser, pages["report"])
    topic = page.locator("details.topic > summary").first
    topic.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.topic").first.get_attribute("open") is not None
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") != "BODY"


@pytest.mark.slow
def test_the_report_of_the_demo_fits(browser: Any, tmp_path: Path) -> None:
    """At most 3 MB, 6,000 pixels and 8 printed pages; readable by axe on a phone, too."""
    from click.testing import CliRunner

    from pietools.cli import main

    assert CliRunner().invoke(main, ["demo", "--out", str(tmp_path)]).exit_code == 0
    report = tmp_path / "report.html"
    assert report.stat().st_size <= 3_000_000
    for width, scheme in SIZES:
        assert unreadable(browser, report, width, scheme) == []
    page, wrong = opened(browser, report)
    assert page.evaluate("document.documentElement.scrollHeight") <= 6_000
    assert len(re.findall(rb"/Type ?/Page\b", page.pdf(format="A4"))) <= 8
    assert page.evaluate("document.querySelectorAll('details[open]').length") == 1
    assert wrong == []
