"""The comparison of two networks in words: what a person reads first."""

from collections.abc import Iterator

import polars as pl

from pietools.conventions import LEVEL
from pietools.pairs.comparison import CLASS, Comparison
from pietools.pairs.found import Regrouping
from pietools.pairs.tasks import UNNAMED
from pietools.results.rounding import count, decimal, p_value, percent
from pietools.statistics.pairs.difference import PairedChange
from pietools.statistics.pairs.margin import MarginTest, Verdict

MOST_NAMED = 3
FEWEST_CONFUSED = 5
FEWEST_IN_BAND = 10
SMALL = 0.0005  # a fraction that one decimal of a percent makes 0
LONGEST_NAME = 60
BY_EXAMPLE = "permutation test by example"
ONE_CHECKPOINT = "Not asked: would another run change as many answers? Add --rerun FILE or --reference-again FILE."


def verdict_word(comparison: Comparison) -> str:
    """``Worse``, ``Better``, ``Not shown to be worse``; of answers without labels how many changed."""
    if comparison.p_worse is None or comparison.p_better is None:
        return f"{percent(comparison.n_changed / comparison.n)} % of the answers changed"
    return word_of(comparison.p_worse, comparison.p_better)


def word_of(p_worse: float, p_better: float) -> str:
    """What two one-sided p-values say of a change."""
    if p_worse <= LEVEL:
        return "Worse"
    return "Better" if p_better <= LEVEL else "Not shown to be worse"


def title(comparison: Comparison) -> str:
    """``int4 against fp16 on mmlu · 975 examples, matched by name``."""
    reference, compressed = short_names(comparison)
    tasks = comparison.read.tasks
    names = [task.dataset.name for task in tasks if task.dataset.name != UNNAMED]
    on = f" on {_some(names)}" if names else ""
    networks = f", {comparison.n_networks} networks each" if comparison.n_networks > 1 else ""
    how = "matched by name" if all(task.is_matched_by_name for task in tasks) else "matched by position"
    n = comparison.n_examples
    labelled = comparison.counts["n"] // comparison.n_networks
    few = f" ({count(labelled)} with a label)" if 0 < labelled < n else ""
    return f"{compressed} against {reference}{on} · {count(n)} example{'' if n == 1 else 's'}{few}{networks}, {how}"


def headline(comparison: Comparison) -> str:
    """The answer in one sentence or two."""
    return f"{verdict_word(comparison)}. {_change(comparison)}"


def sentences(comparison: Comparison) -> list[tuple[str, str]]:
    """What is said below the title: a word for what it is about, and a sentence or two."""
    found = [(verdict_word(comparison), _change(comparison))]
    for about, said in (
        ("Margin", margin_in_words(comparison.margin_test)),
        ("Tasks", _tasks(comparison)),
        ("Networks", _population(comparison)),
        ("Floor", _floor(comparison)),
        ("Where", " ".join(_where(comparison))),
        ("Scores", _scores(comparison)),
        ("Look at", _look_at(comparison)),
    ):
        if said:
            found.append((about, said))
    return found


def short_names(comparison: Comparison) -> tuple[str, str]:
    """Names of both sides without what they begin and end with alike: ``fp16`` of ``pred:*/fp16``."""
    first, second = comparison.read.names
    marks = "/:_.- *"
    start = 0
    for i, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b:
            break
        start = i + 1 if a in marks else start
    first, second = first[start:], second[start:]
    end = 0
    for i, (a, b) in enumerate(zip(reversed(first), reversed(second), strict=False)):
        if a != b:
            break
        end = i + 1 if a in marks else end
    cut = [name[: len(name) - end] for name in (first, second)]
    if not all(cut) or not all(any(letter.isalnum() for letter in name) for name in cut):
        return comparison.read.names
    return cut[0], cut[1]


# Sentences


def _change(comparison: Comparison) -> str:
    if comparison.change is None:
        return _without_labels(comparison)
    before, after = (side.accuracy for side in comparison.accuracies)
    counts, test = comparison.counts, "exact McNemar" if comparison.n_networks == 1 else BY_EXAMPLE
    is_better = verdict_word(comparison) == "Better"
    p = comparison.p_better if is_better else comparison.p_worse
    discordant = counts["lost"], counts["gained"]
    said = change_in_words(before, after, comparison.change, *discordant, p, test, is_better=is_better)
    if counts["changed_wrong"]:
        answers = "wrong answer" if counts["changed_wrong"] == 1 else "wrong answers"
        said += f"; {count(counts['changed_wrong'])} {answers} changed to another wrong one"
    if verdict_word(comparison) == "Not shown to be worse" and comparison.detectable is not None:
        n = count(counts["n"])
        said += f". With {n} examples a fall of {_size(comparison.detectable)} points would be found four times in five"
    return f"{said}."


def change_in_words(
    before: float | None,
    after: float | None,
    change: PairedChange,
    lost: int,
    gained: int,
    p: float | None,
    test: str,
    *,
    is_better: bool = False,
) -> str:
    """``75.3 % → 70.3 %: −5.0 points (95 % −6.9 to −3.3). 68 lost, 18 gained (one-sided exact McNemar: p < 0.001)``."""
    counted = f"{count(lost)} lost, {count(gained)} gained"
    digits = 1 if abs(change.estimate) >= SMALL or not change.estimate else 2
    sides = f"{percent(before, digits)} % → {percent(after, digits)} %"
    side = "one-sided for better, " if is_better else "one-sided "
    return f"{sides}: {_interval(change)}. {counted} ({side}{test}: {_p(p)})"


def _size(fraction: float) -> str:
    """Points without a sign, with as many digits as it takes to say something."""
    digits = 1 if fraction >= SMALL else 2 if fraction >= SMALL / 10 else 3
    return percent(fraction, digits)


def _interval(change: PairedChange) -> str:
    points, low, high = (_points(value) for value in (change.estimate, change.conf_low, change.conf_high))
    return f"{points} points (95 % {low} to {high})"


def _points(value: float) -> str:
    """Signed points with one decimal, with two where one says nothing."""
    digits = 1 if abs(value) >= SMALL or not value else 2
    text = f"{100 * value:+.{digits}f}".replace("-", "−")
    return text if text.strip("+−0.") else "0"


def _p(value: float | None) -> str:
    shown = p_value(value)
    return f"p {shown}" if shown.startswith("<") else f"p = {shown}"


def _without_labels(comparison: Comparison) -> str:
    changed = f"{count(comparison.n_changed)} of {count(comparison.n)}"
    said = f"{changed}. Without given labels nobody can say which of them are wrong now."
    change = comparison.confidence_change
    if change is None:
        return said
    by, low, high = (_points(value) for value in (change.estimate, change.conf_low, change.conf_high))
    return f"{said} Confidence changed by {by} points on average (95 % {low} to {high})."


def margin_in_words(test: MarginTest | None) -> str:
    """Whether accuracy fell by more than the margin; nothing without labels."""
    if test is None:
        return ""
    margin = f"{percent(test.margin).removesuffix('.0')} point{'' if test.margin == 0.01 else 's'}"
    if test.verdict is Verdict.WORSE:
        return f"Worse by more than {margin}: shown ({_p(test.p_worse)})."
    if test.verdict is Verdict.WITHIN:
        return f"Within {margin}: shown ({_p(test.p_within)} of a larger fall)."
    needed = (
        f"about {count(_two_digits(test.n_needed))} examples like these would tell, if the change stays as it is"
        if test.n_needed is not None
        else "what was observed lies on the margin"
    )
    return f"Whether it is worse by more than {margin} cannot be said; {needed}."


def _two_digits(n: int) -> int:
    """Rounded up to two digits: what is planned by it is no more precise."""
    unit = 10 ** max(len(str(n)) - 2, 0)
    return -(-n // unit) * unit


def _tasks(comparison: Comparison) -> str:
    tests = comparison.task_tests
    if tests is None or tests.worst is None:
        return ""
    worst = comparison.tasks.row(tests.worst.index, named=True)
    name = f"{worst['name']} ({count(worst['lost'])} lost, {count(worst['gained'])} gained)"
    if tests.p_any <= LEVEL:
        n_shown = int((comparison.tasks["p_holm"] <= LEVEL).sum())
        alone = {0: "none shows it alone", 1: "one shows it alone"}.get(n_shown, f"{n_shown} show it alone")
        return f"Worse somewhere among {len(tests.p)} tasks ({_p(tests.p_any)}); {alone}; clearest in {name}."
    return f"In none of {len(tests.p)} tasks shown to be worse ({_p(tests.p_any)}); clearest in {name}."


def _population(comparison: Comparison) -> str:
    if comparison.n_networks < 2:
        return ""
    rows = comparison.networks
    worse = int((rows["p_holm"] <= LEVEL).sum())
    said = f"{worse} of {rows.height} pairs shown to be worse by themselves."
    found = comparison.population
    if found is None:
        return said
    directions = (
        f" ({count(found.forgotten)} forgotten, {count(found.recovered)} recovered, {count(found.moved)} moved)"
        if found.forgotten is not None
        else ""
    )
    return (
        f"{said} The majority answer of the {found.n_networks} differs on {count(found.n_changed)} examples{directions}; "
        f"{count(found.shuffled_mean)} do when the two of each pair change sides at random ({_p(found.p)})."
    )


def _floor(comparison: Comparison) -> str:
    parts = []
    floor, again = comparison.floor, comparison.retraining
    churn = comparison.n_changed / comparison.n
    reference, compressed = short_names(comparison)
    if floor is not None:
        runs = "A re-run" if floor.n_reruns == 1 else f"{floor.n_reruns} re-runs"
        differ = "differs" if floor.n_reruns == 1 else "differ"
        on = f"on {percent(floor.churn)} % of examples"
        further = "more than re-runs do" if floor.p_further <= LEVEL else "not shown to be more than re-runs do"
        lost = ""
        if floor.p_more_lost is not None:
            lost = ", and it loses more than they" if floor.p_more_lost <= LEVEL else ""
        ours = f"{compressed} on {percent(churn)} %"
        parts.append(f"{runs} of {reference} {differ} from it {on}, {ours}: {further} ({_p(floor.p_further)}){lost}.")
    if again is not None:
        more = "more often" if again["p_further"] <= LEVEL else "not shown to be more often"
        shares = [percent(again[f"{side}_churn"]) for side in ("reference", "compressed")]
        parts.append(
            f"From a network trained again {reference} differs on {shares[0]} %, {compressed} on {shares[1]} %: {more} "
            f"({_p(again['p_further'])}; two dense networks differ so in 8 % of cases, not 5)."
        )
    if not parts and comparison.n_networks == 1:
        parts.append(ONE_CHECKPOINT)
    return " ".join(parts)


def _where(comparison: Comparison) -> Iterator[str]:
    reference, _ = short_names(comparison)
    bands = comparison.bands
    if bands is not None and bands.height > 1:
        bands = bands.filter(pl.col("n") >= FEWEST_IN_BAND) if (bands["n"] >= FEWEST_IN_BAND).sum() > 1 else bands
        low, high = bands.row(0, named=True), bands.row(-1, named=True)
        few, many = (f"{percent(band['changed'] / band['n'])} %" for band in (low, high))
        yield (
            f"Answers that {reference} gave with a probability {_band(low)} changed in {few} "
            f"({count(low['changed'])} of {count(low['n'])}), {_band(high)} in {many}."
        )
    for grouping in comparison.groupings:
        hit = grouping.tests.filter(pl.col("p_bh") <= LEVEL).sort("p_bh", "p")
        if hit.height:
            yield from _hit_groups(grouping, hit)
        elif grouping.group != CLASS:
            yield (
                f"By {grouping.group}: no group differs from the rest; {count(grouping.n_testable)} of "
                f"{count(grouping.tests.height)} have enough changes to show it."
            )
    confused = comparison.confusions.head(MOST_NAMED)
    is_telling = confused.height > 0 and confused["n"][0] >= FEWEST_CONFUSED
    if comparison.n_classes > 2 and is_telling and len(comparison.read.tasks) == 1:
        pairs = [
            f"{_cut(row['reference'])} → {_cut(row['compressed'])} {count(row['n'])}" for row in confused.to_dicts()
        ]
        yield f"Most often {', '.join(pairs)}."


def _band(band: dict[str, float]) -> str:
    """``below 0.4``, ``from 0.4 to 0.6``, ``at 0.99 or above``."""
    if band["low"] == 0:
        return f"below {band['high']:g}"
    return f"at {band['low']:g} or above" if band["high"] == 1 else f"from {band['low']:g} to {band['high']:g}"


def _hit_groups(grouping: Regrouping, hit: pl.DataFrame) -> Iterator[str]:
    """Groups that lost a larger share of what changed than all others, and a smaller one."""
    totals = grouping.tests.select(pl.col("lost").sum(), changed=pl.col("lost").sum() + pl.col("gained").sum()).row(0)
    share = pl.col("lost") / (pl.col("lost") + pl.col("gained"))
    is_more = share > totals[0] / totals[1]
    for said, rows in (("Hit more", hit.filter(is_more)), ("Better off", hit.filter(~is_more))):
        names = [
            f"{_cut(row['value'])} ({count(row['lost'])} lost, {count(row['gained'])} gained; adjusted {_p(row['p_bh'])})"
            for row in rows.head(MOST_NAMED).to_dicts()
        ]
        others = f", and {rows.height - MOST_NAMED} more" if rows.height > MOST_NAMED else ""
        if names:
            yield f"{said} than the rest, by {grouping.group}: {'; '.join(names)}{others}."


def _scores(comparison: Comparison) -> str:
    parts = []
    change, kl, errors = comparison.log_odds, comparison.divergence, comparison.calibration
    if change is not None:
        low, high = (_signed(end) for end in (change.conf_low, change.conf_high))
        parts.append(f"log odds of the right answer {_signed(change.estimate)} (95 % {low} to {high})")
    if kl is not None:
        parts.append(
            f"divergence (KL) {decimal(kl.mean, 3)} nats on average, {decimal(kl.p99, 2)} in the worst hundredth"
        )
    if errors is not None:
        parts.append(f"calibration error {percent(errors[0])} → {percent(errors[1])} %")
    said = "; ".join(parts)
    return f"{said[0].upper()}{said[1:]}." if said else ""


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _look_at(comparison: Comparison) -> str:
    rows = comparison.regressions
    shown = []
    for row in rows.head(MOST_NAMED).to_dicts():
        before, after = (_sure(row[f"{side}_confidence"]) for side in ("reference", "compressed"))
        shown.append(
            f"{_cut(row['example'])} (was {_cut(row['reference'])}{before}, now {_cut(row['compressed'])}{after})"
        )
    return (
        "; ".join(shown) + (f"; {count(rows.height - MOST_NAMED)} more." if rows.height > MOST_NAMED else ".")
        if shown
        else ""
    )


def _sure(confidence: float | None) -> str:
    return "" if confidence is None else f" at {decimal(confidence, 2)}"


def _cut(name: str) -> str:
    """A name on one line, no longer than a person reads."""
    plain = " ".join(name.split())
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 1]}…"


def _some(names: list[str]) -> str:
    cut = [_cut(name) for name in names]
    return ", ".join(cut) if len(cut) <= 4 else f"{', '.join(cut[:3])} and {len(cut) - 3} more tasks"
