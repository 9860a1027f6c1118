"""The answer in sentences, made of hand-made results."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from pietools.report.cost_table import cost_columns, cost_rows
from pietools.report.costs import Certainty, certainty, costs
from pietools.report.headlines import headlines
from pietools.results.analysis import Analysis
from pietools.settings import AnalysisSettings
from tests.result_frames import dataset_row, frame, table

Row = dict[str, Any]


def comparison(regime: str | None, compressed: str, role: str = "compressed", **changes: Any) -> Row:
    """A comparison with the dense networks of its regime."""
    prefix = f"{regime}/" if regime else ""
    row = {"reference": f"{prefix}dense", "compressed": f"{prefix}{compressed}", "dataset": "toy/test", "role": role}
    return row | {"regime": regime, "method": None, "sparsity": None, "bits": None} | changes


def control(regime: str | None) -> Row:
    """A second dense population."""
    return comparison(regime, "dense-2", role="control", method="second-dense")


FELL = {
    "estimate": -0.0125,
    "std_error": 0.0007,
    "conf_low": -0.014,
    "conf_high": -0.011,
    "p_value": 1e-8,
    "p_equivalent": 0.99,
}
KEPT = {
    "estimate": 0.0002,
    "std_error": 0.0005,
    "conf_low": -0.001,
    "conf_high": 0.0014,
    "p_value": 0.7,
    "p_equivalent": 1e-4,
}
OPEN = {
    "estimate": -0.01,
    "std_error": 0.0177,
    "conf_low": -0.05,
    "conf_high": 0.03,
    "p_value": 0.4,
    "p_equivalent": 0.5,
}
MORE = {"more": 0.0096, "more_std_error": 0.0004, "more_conf_low": 0.0087, "more_conf_high": 0.0106}
SAME = {"more": 0.0001, "more_std_error": 0.0002, "more_conf_low": -0.0003, "more_conf_high": 0.0005}


def result(row: Row, change: Row, answers: Row, **hits: Any) -> tuple[Row, Row, Row, Row]:
    """A comparison with its rows of results."""
    names = {name: row[name] for name in ("reference", "compressed", "dataset")}
    found = {"method": "log-odds", "n_examples": 10_000, "n_tested": 10_000, "n_hit": 0, "n_spared": 0, "flag": None}
    tested = {"test": "paired", "n_reference": 10, "n_compressed": 10, "margin": 0.01, "df": 9.0}
    of_answers = names | {"again": 0.05, "replaced": 0.06, "df": 9.0} | answers
    return row, names | tested | change, of_answers, names | found | {"control_n_found": 0} | hits


def analysis(*results: tuple[Row, Row, Row, Row], **more: pl.DataFrame) -> Analysis:
    """What was found of several comparisons."""
    rows, changes, answers, hits = zip(*results, strict=True)
    comparisons = pl.DataFrame(
        list(rows), schema_overrides={"regime": pl.String, "method": pl.String}, infer_schema_length=None
    )
    tables = {
        "accuracy_change": table("accuracy_change", list(changes)),
        "flips_churn": table("flips_churn", list(answers)),
        "examples_hits": table("examples_hits", list(hits)),
    }
    return Analysis(AnalysisSettings(), frame(dataset_row(n_examples=10_000)), comparisons, tables | more, [])


def test_something_was_found() -> None:
    """Each with its interval, and what the control says."""
    found = analysis(
        result(comparison(None, "pruned"), FELL, MORE, n_hit=222, n_spared=177, n_lost=66),
        result(control(None), KEPT, SAME),
    )
    assert headlines(found) == [
        "pruned: accuracy falls by 1.25 points (95 % 1.10 to 1.40). Training again already changes 500 of 10,000 "
        "answers; this changes 96 (95 % 87 to 106) more. 222 of 10,000 examples are hit (their right answer lost more probability "
        "than that of examples equally hard before). Lost (the share of networks that are wrong rose by at least 10 points): 66.",
        "The control, dense networks that were trained again and not compressed, shows no example hit and no change of accuracy, "
        "as it should.",
    ]


def test_nothing_was_found() -> None:
    """Never said to be no effect: how much there may be."""
    assert headlines(analysis(result(comparison(None, "int8"), KEPT, SAME))) == [
        "int8: accuracy changes by less than 1 point. It was not shown to change more answers than training again, at most 6 of "
        "10,000. No example was shown to be hit."
    ]


def test_too_little_was_measured() -> None:
    """What may still be, and what it would take."""
    nothing = dict.fromkeys(("more", "more_std_error", "more_conf_low", "more_conf_high", "df"))
    row = comparison(None, "int8")
    names = {name: row[name] for name in ("reference", "compressed", "dataset")}
    needed = table("examples_summary", [names | {"is_possible": False, "replicates_needed": 8}])
    found = analysis(result(row, OPEN, nothing, method="votes"), examples_summary=needed)
    assert headlines(found) == [
        "int8: no change of accuracy was shown, it may be anything from −5.00 to +3.00 points. Whether it changes more "
        "answers than training again could not be tested. With so few networks no single "
        "example can be shown to be hit; 8 a side could do."
    ]
    untested = analysis(result(row, OPEN, nothing, flag="few-networks", n_hit=None, n_spared=None))
    assert headlines(untested)[0].endswith("Single examples could not be tested: there are too few networks.")


def test_a_control_that_contradicts_is_said() -> None:
    """Of single examples beside them, and of accuracy in a sentence of its own."""
    found = analysis(
        result(comparison(None, "pruned"), FELL, MORE, n_hit=30, control_n_found=20),
        result(control(None), FELL, SAME, n_hit=20),
    )
    said = headlines(found)
    assert (
        "But the same test finds 20 between dense networks, where nothing was compressed: do not rely on it." in said[0]
    )
    assert said[1] == (
        "The control, dense networks that were trained again and not compressed, shows 20 examples hit and accuracy 1.25 "
        "points lower: as much happens without compression."
    )


def test_many_regimes_are_one_sentence() -> None:
    """The range where all agree, names where they do not; a compression that did nothing anywhere is one row."""
    regimes = ("supervised", "simclr", "supcon")
    results = [
        result(comparison(regime, "pruned"), FELL | {"estimate": -0.01 * (k + 1)}, MORE, n_hit=20 * k)
        for k, regime in enumerate(regimes)
    ]
    results += [result(comparison(regime, "int8"), KEPT, SAME) for regime in regimes]
    results += [result(control(regime), KEPT, SAME) for regime in regimes]
    found = analysis(*results)
    pruned, int8, of_control = headlines(found)
    assert pruned == (
        "pruned: accuracy falls by 1 to 3 points in all 3 regimes. Training again already changes 500 of 10,000 answers; "
        "this changes 96 more in all 3 regimes. Examples that are hit (their right answer lost more probability than that of "
        "examples equally hard before): 40 in supcon and 20 in simclr; none was shown in supervised."
    )
    assert int8.endswith("No example was shown to be hit in any regime.")
    assert of_control.endswith("in all 3 regimes, as it should.")
    rows = cost_rows(costs(found, "toy/test"))
    assert [(row["compression"], row["regime"], row["hit"]) for row in rows] == [
        ("pruned", "supervised", "0"),
        ("", "simclr", "20"),
        ("", "supcon", "40"),
        ("int8", "all 3", "0"),
        ("dense-2 (control)", "all 3", "0"),
    ]
    assert [column.title for column in cost_columns(rows)][:2] == ["compression", "regime"]


def test_regimes_are_named_where_they_are_not_all() -> None:
    """Also where one regime alone has a compression, or a population has no regime, or two references."""
    alone = analysis(
        result(comparison("simclr", "pruned"), FELL, MORE), result(comparison("supcon", "int8"), KEPT, SAME)
    )
    assert [said.split(":")[0] for said in headlines(alone)] == ["simclr/pruned", "supcon/int8"]
    mixed = analysis(result(comparison("simclr", "pruned"), FELL, MORE), result(comparison(None, "pruned"), KEPT, SAME))
    assert [said.split(":")[0] for said in headlines(mixed)] == ["simclr/pruned", "pruned"]
    twice = analysis(
        result(comparison("a", "pruned"), FELL, MORE), result(comparison("a", "pruned", reference="other"), FELL, MORE)
    )
    assert [said.split(":")[0] for said in headlines(twice)] == ["a/pruned against a/dense", "a/pruned against other"]
    some = analysis(
        result(comparison("a", "pruned"), FELL, MORE),
        result(comparison("b", "pruned"), KEPT, SAME),
        result(comparison("c", "pruned"), KEPT, SAME),
    )
    (said,) = headlines(some)
    assert "falls by 1.25 points (95 % 1.10 to 1.40) in a; accuracy changes by less than 1 point in b and c." in said
    assert "this changes 96 (95 % 87 to 106) more in a." in said


def test_what_was_tested_in_some_regimes_is_not_claimed_of_others() -> None:
    """Of two regimes by votes one has too few networks."""
    few, many = comparison("a", "pruned"), comparison("b", "pruned")
    names = {name: few[name] for name in ("reference", "compressed", "dataset")}
    needed = table("examples_summary", [names | {"is_possible": False, "replicates_needed": 13}])
    found = analysis(
        result(few, KEPT, SAME, method="votes"), result(many, KEPT, SAME, method="votes"), examples_summary=needed
    )
    assert headlines(found)[0].endswith("No example was shown to be hit in b; a could not be tested.")
    assert [row["hit"] for row in cost_rows(costs(found, "toy/test"))] == ["–"]


def test_pairs_of_single_networks_are_summed_up() -> None:
    """Several of one comparison are one sentence, with p-values over all of them."""
    pair = {"reference": "dense", "compressed": "one", "dataset": "toy/test", "estimate": -0.01}
    rows = [pair | {"p_one_sided": p, "p_better": 1 - p, "estimate": -p} for p in (0.001, 0.04, 0.5)]
    found = analysis(result(comparison(None, "a"), KEPT, SAME), pairs=table("pairs", rows))
    assert headlines(found)[0] == (
        "one against dense on toy/test: 3 pairs of single networks; shown to be worse: 1, better: 0 (exact McNemar, Holm); "
        "accuracy changes by −50.00 to −0.10 points."
    )


def test_a_control_that_was_not_tested_shows_nothing() -> None:
    """Neither hits nor accuracy were asked: nothing is as it should."""
    nothing = dict.fromkeys(("estimate", "std_error", "conf_low", "conf_high", "p_value", "p_equivalent"))
    found = analysis(result(control(None), nothing, SAME, flag="no-labels", n_hit=None, n_spared=None))
    assert headlines(found) == [
        "The control, dense networks that were trained again and not compressed, could not be tested."
    ]


@pytest.mark.parametrize(
    ("change", "p_holm", "expected"),
    [
        (FELL, 0.04, Certainty.FELL),
        (FELL | {"estimate": 0.0125}, 0.04, Certainty.ROSE),
        (FELL, 0.06, Certainty.OPEN),
        (KEPT, 0.7, Certainty.KEPT),
        (KEPT, 0.01, Certainty.ROSE),
        (OPEN, 0.4, Certainty.OPEN),
        (OPEN | {"p_equivalent": None}, None, Certainty.OPEN),
    ],
)
def test_certainty_has_one_rule(change: Row, p_holm: float | None, expected: Certainty) -> None:
    """A change at 5 % over all comparisons, else none at 5 %, else neither."""
    assert certainty(change | {"p_holm": p_holm}) is expected


def test_several_comparisons_are_asked_at_once() -> None:
    """A p of 0.03 is a change where one is asked, and none where four are."""
    doubtful = FELL | {"p_value": 0.03}
    assert "falls" in headlines(analysis(result(comparison(None, "a"), doubtful, SAME)))[0]
    others = [result(comparison(None, name), KEPT, SAME) for name in "bcd"]
    assert (
        "no change of accuracy was shown"
        in headlines(analysis(result(comparison(None, "a"), doubtful, SAME), *others))[0]
    )


def test_without_the_tables_nothing_is_said() -> None:
    """An analysis of one topic has its tables, and no answer to the whole."""
    whole = analysis(result(comparison(None, "a"), KEPT, SAME))
    del whole.tables["flips_churn"]
    assert headlines(whole) == []


def test_pictures_are_called_pictures() -> None:
    """Where the study has them; examples elsewhere."""
    found = analysis(
        result(comparison(None, "pruned"), FELL, MORE, n_hit=222, n_spared=177),
        result(control(None), KEPT, SAME, n_hit=1, control_n_found=0),
    )
    said = headlines(replace(found, pictured=frozenset(["toy/test"])))
    assert "222 of 10,000 pictures are hit" in said[0]
    assert "shows 1 picture hit: as much happens" in said[1]
    assert "example" not in " ".join(said)
    assert "picture" not in " ".join(headlines(found))


def test_other_controls_stand_beside_the_answer() -> None:
    """Dense networks that were trained for less may show as much as pruned ones: that is said, and is in the table."""
    shorter = comparison(None, "dense-shorter", role="control", method="shorter-dense")
    again = comparison(None, "pruned-2", role="control", method="magnitude", sparsity=0.9)
    found = analysis(
        result(comparison(None, "pruned", sparsity=0.9), FELL, MORE, n_hit=222, n_lost=66),
        result(shorter, FELL, MORE, n_hit=284, n_lost=151),
        result(again, FELL, MORE, n_hit=233, n_lost=62),
        result(control(None), KEPT, SAME),
    )
    said = headlines(found)
    assert [sentence.partition(": ")[0] for sentence in said[:2]] == [
        "pruned (90 % of the weights are zero)",
        "dense-shorter, a control (dense networks that were trained for less)",
    ]
    assert "284 of 10,000 examples are hit. Lost: 151. That is not the work of compression." in said[1]
    assert said[2].startswith("The control, dense networks")
    rows = cost_rows(costs(found, "toy/test"))
    assert [(row["compression"], row["hit"], row["lost"]) for row in rows] == [
        ("pruned", "222", "66"),
        ("dense-shorter (control)", "284", "151"),
        ("pruned-2 (control)", "233", "62"),
        ("dense-2 (control)", "0", "–"),
    ]
    assert rows[0]["accuracy"] == "−1.25 ± 0.15"


def test_only_what_was_not_compressed_is_no_work_of_compression() -> None:
    """Weights that were removed at random were removed."""
    row = comparison(None, "random-0.9", role="control", method="random", sparsity=0.9)
    (said,) = headlines(analysis(result(row, FELL, MORE, n_hit=5, n_lost=1)))
    assert said.startswith("random-0.9, a control (weights removed at random): ")
    assert "work of compression" not in said
