"""The report on one pair of networks, as one page that needs neither network nor scripts."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pietools.conventions import CONFIDENCE, LEVEL
from pietools.drawing.files import svg
from pietools.drawing.pairs import change_of_accuracy, changed_by_confidence
from pietools.pairs.as_json import comparison_json
from pietools.pairs.comparison import Comparison
from pietools.pairs.sentences import sentences, short_names, title, verdict_word
from pietools.report.page import rendered
from pietools.report.sections import Picture, Section, ShownRows, picture
from pietools.results.rounding import count, decimal, p_value, percent, points
from pietools.results.shown import LONG, Row, ShownColumn, number, text
from pietools.statistics.pairs.difference import paired_change
from pietools.version import __version__

REPORT, JSON = "report.html", "compare.json"
MOST_ROWS = 500
MOST_DRAWN = 30
NO_EXAMPLE_IS_SIGNIFICANT = (
    "A list to look at. With one network on each side no single example is significant: another run of the same network changes "
    "some answers, too. Re-runs (--rerun) say how many; replicates, several networks a side, say which."
)
COUNTS = (
    number("examples", "n", count),
    number("lost", "lost", count),
    number("gained", "gained", count),
)
CHANGE = (
    ShownColumn("before, %", lambda row: percent(row["reference_correct"] / row["n"]) if row["n"] else "–"),
    ShownColumn("after, %", lambda row: percent(row["compressed_correct"] / row["n"]) if row["n"] else "–"),
    number("wrong to another wrong", "changed_wrong", count),
    number("p", "p_one_sided", p_value),
    number("adjusted p (Holm)", "p_holm", p_value),
)
GROUPS = (
    *COUNTS,
    number("p", "p", p_value),
    number("adjusted p (BH)", "p_bh", p_value),
    number("Holm", "p_holm", p_value),
)


def write_pair_report(comparison: Comparison, out: Path) -> None:
    """Write report.html and compare.json into a folder, which exists; each is replaced whole."""
    found = json.dumps(comparison_json(comparison), indent=2, allow_nan=False) + "\n"
    with tempfile.TemporaryDirectory(prefix=".pietools-", dir=out) as temporary:
        for name, content in ((REPORT, pair_page(comparison)), (JSON, found)):
            made = Path(temporary) / name
            made.write_text(content, encoding="utf-8")
            os.replace(made, out / name)


def pair_page(comparison: Comparison) -> str:
    """The report as text."""
    return rendered(
        "pair.html.jinja",
        title=title(comparison),
        headline=f"{verdict_word(comparison)}." if comparison.is_labelled else verdict_word(comparison),
        sentences=sentences(comparison),
        warnings=comparison.read.warnings,
        sections=[section for section in _sections(comparison) if section.items or section.figures or section.tables],
        settings=_settings(comparison),
    )


def _sections(comparison: Comparison) -> Iterator[Section]:
    yield Section("By how much", figures=list(_change_figure(comparison)), tables=list(_parts(comparison)))
    yield Section("Which groups", tables=list(_groups(comparison)))
    yield Section(
        "How sure the reference was", figures=list(_bands_figure(comparison)), tables=list(_bands(comparison))
    )
    yield Section("Which examples", items=[NO_EXAMPLE_IS_SIGNIFICANT], tables=list(_examples(comparison)))


# By how much


def _change_figure(comparison: Comparison) -> Iterator[Picture]:
    if not comparison.is_labelled or comparison.change is None:
        return
    is_one = comparison.n_networks == 1 and len(comparison.read.tasks) == 1
    overall = {
        "name": title(comparison).partition(" · ")[0] if is_one else "all",
        **{name: getattr(comparison.change, name) for name in ("estimate", "conf_low", "conf_high")},
        "p_value": comparison.p_worse,
    }
    rows = [overall, *(_with_interval(name, row) for name, row in _single_pairs(comparison))]
    frame = pl.DataFrame(rows, infer_schema_length=None)
    shown = f" The first {MOST_DRAWN} of {len(rows)}." if len(rows) > MOST_DRAWN else ""
    caption = (
        "Change of accuracy, compressed less reference, with 95 % intervals: Tango's score interval of a pair; over several "
        f"networks on the same examples the same interval of counts per example.{shown}"
    )
    yield picture(caption, svg(change_of_accuracy(frame.head(MOST_DRAWN), comparison.margin)))


def _single_pairs(comparison: Comparison) -> Iterator[tuple[str, Row]]:
    """What is of two networks on one task, of several: tasks, or pairs of networks."""
    if comparison.n_networks > 1:
        for row in comparison.networks.to_dicts():
            yield f"{row['task']} {row['name']}" if len(comparison.read.tasks) > 1 else row["name"], row
    elif len(comparison.read.tasks) > 1:
        for row in comparison.tasks.to_dicts():
            yield row["name"], row


def _with_interval(name: str, row: Row) -> Row:
    interval = paired_change(row["lost"], row["gained"], max(row["n"], 1))
    ends = {end: getattr(interval, end) for end in ("estimate", "conf_low", "conf_high")}
    return {"name": name, **ends, "p_value": row["p_one_sided"]}


def _parts(comparison: Comparison) -> Iterator[ShownRows]:
    if not comparison.is_labelled:
        return
    if len(comparison.read.tasks) > 1:
        rows = comparison.tasks.sort("p_one_sided", nulls_last=True).to_dicts()
        yield _shown("Tasks", [text("name", "task"), *COUNTS, *CHANGE], rows)
    if comparison.n_networks > 1:
        rows = comparison.networks.sort("p_one_sided", nulls_last=True).to_dicts()
        columns = [
            *([text("task")] if len(comparison.read.tasks) > 1 else []),
            text("name", "network"),
            *COUNTS,
            *CHANGE,
        ]
        yield _shown("Pairs of networks", columns, rows)


def _shown(heading: str, columns: list[ShownColumn], rows: list[Row], note: str = "") -> ShownRows:
    if len(rows) > MOST_ROWS:
        note = f"{note} The first {count(MOST_ROWS)} of {count(len(rows))}: --json and --tags have all.".strip()
    return ShownRows(heading, columns, rows[:MOST_ROWS], is_folded=len(rows) > LONG, note=note)


# Where


def _groups(comparison: Comparison) -> Iterator[ShownRows]:
    for grouping in comparison.groupings:
        note = (
            f"{count(grouping.n_testable)} of {count(grouping.tests.height)} groups have so many changes that they could be "
            "significant. Fisher's exact test of lost against gained, in the group and in all others: what loses alike everywhere "
            "is no finding."
        )
        columns = [text("value", grouping.group), *GROUPS]
        yield _shown(f"By {grouping.group}", columns, grouping.tests.sort("p", "value").to_dicts(), note)


def _bands_figure(comparison: Comparison) -> Iterator[Picture]:
    if comparison.bands is not None:
        caption = (
            f"Answers that changed, by the probability that {short_names(comparison)[0]} gave them "
            f"({count(comparison.n)} answers)."
        )
        yield picture(caption, svg(changed_by_confidence(comparison.bands)))


def _bands(comparison: Comparison) -> Iterator[ShownRows]:
    if comparison.bands is None:
        return
    columns = [
        ShownColumn("probability", lambda row: f"{row['low']:g} to {row['high']:g}", is_text=True),
        number("answers", "n", count),
        number("changed", "changed", count),
        ShownColumn("%", lambda row: percent(row["changed"] / row["n"])),
    ]
    labelled = [number("lost", "lost", count), number("gained", "gained", count)] if comparison.is_labelled else []
    yield ShownRows("By probability", [*columns, *labelled], comparison.bands.to_dicts())


# Which


def _examples(comparison: Comparison) -> Iterator[ShownRows]:
    rows = comparison.regressions
    known = [column.name for column in rows if column.null_count() < rows.height and column.name != "tag"]
    columns = [_example_column(name) for name in known]
    if rows.height:
        yield _shown("Lost, the clearest first" if comparison.is_labelled else "Changed", columns, rows.to_dicts())
    confused = comparison.confusions
    if confused.height:
        columns = [text("reference", "from"), text("compressed", "to"), number("answers", "n", count)]
        yield _shown("From which answer to which", columns, confused.to_dicts())


def _example_column(name: str) -> ShownColumn:
    heading = name.replace("_", " ")
    if name.endswith(("confidence", "log_odds", "log_odds_change")):
        return number(heading, name, decimal, 2)
    return text(name, heading)


def _settings(comparison: Comparison) -> dict[str, str]:
    """What it takes to get the same numbers again, and what they mean."""
    return {
        "pietools": __version__,
        "read as": " · ".join(dict.fromkeys(comparison.read.understood)),
        "margin": f"{points(comparison.margin).lstrip('+')} points",
        "level": f"{LEVEL} one-sided; intervals {percent(CONFIDENCE, 0)} %",
        "seed": str(comparison.seed),
        "random": "The examples: a sample of more such examples. The networks are fixed: nothing is said of another training run.",
    }
