"""The result table about single pairs of networks, and how it reads."""

from pietools.results.column_runs import COMPARISON, interval
from pietools.results.rounding import count, p_value, percent, points
from pietools.results.shown import AGAINST, CHANGE, COMPRESSED, INTERVAL, Row, Shown, ShownColumn, number
from pietools.results.table import Column, Json, Table

WORDS = {"worse": "worse", "within": "within", "cannot-say": "cannot be said"}


def _verdict(row: Row) -> str:
    """Whether accuracy fell by more than the margin, in words."""
    return WORDS.get(row["verdict"], "–")


PAIRS = Table(
    "pairs",
    "comparison, data set and pair of networks, where a side has a single network",
    "what changed between the two, on these examples and more like them",
    (
        *COMPARISON,
        Column("reference_network", str, "replicate of the reference; null if it has no name", is_key=True),
        Column("compressed_network", str, "replicate of the compressed network; likewise", is_key=True),
        Column("n", int, "examples", required=True),
        Column("n_unlabelled", int, "those without a given label", required=True),
        Column("reference_accuracy", float, "of the labelled examples; null without labels, as all that needs them"),
        Column("compressed_accuracy", float, "likewise"),
        Column("estimate", float, "change of accuracy"),
        *interval("the change: Tango's score interval"),
        Column("lost", int, "right before, wrong now"),
        Column("gained", int, "wrong before, right now"),
        Column("changed_wrong", int, "from wrong to another wrong"),
        Column("agree", int, "the same answer", required=True),
        Column("churn", float, "share of examples whose answer changed", required=True),
        Column("p_one_sided", float, "exact McNemar: more lost than gained"),
        Column("p_better", float, "the same of the other direction"),
        Column("p_two_sided", float, "that they differ"),
        Column("p_mid", float, "two-sided mid-p"),
        Column("margin", float, "largest fall of accuracy that would not matter, a fraction", required=True),
        Column("p_worse", float, "small: accuracy fell by more than the margin"),
        Column("p_within", float, "small: it fell by less, or rose"),
        Column("verdict", str, "worse, within or cannot-say"),
        Column(
            "n_needed", int, "examples of this kind that would tell in 80 % of samples; null where the answer is known"
        ),
        Column("detectable", float, "smallest fall that so many examples show with 80 % power"),
    ),
    is_answer=True,
    shown=(
        Shown(
            "One network against one: what changed",
            (
                COMPRESSED,
                AGAINST,
                ShownColumn("before, %", lambda r: percent(r["reference_accuracy"])),
                ShownColumn("after, %", lambda r: percent(r["compressed_accuracy"])),
                CHANGE,
                INTERVAL,
                number("lost", "lost", count),
                number("gained", "gained", count),
                number("wrong to other wrong", "changed_wrong", count),
                ShownColumn("changed, %", lambda r: percent(r["churn"])),
                number("worse, p", "p_one_sided", p_value),
                ShownColumn("margin", lambda r: points(r["margin"]).lstrip("+")),
                ShownColumn("worse by more?", _verdict, is_text=True),
            ),
        ),
    ),
    json=Json("list", "pairs"),
)

TABLES = (PAIRS,)
