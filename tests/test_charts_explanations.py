"""Charts of properties, of what goes with being lost, and of regimes, as specifications; and the figures they become."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pietools import charts
from pietools.drawing.files import svg
from pietools.drawing.style import NOTHING, AnyChart
from pietools.report.figures import figures
from tests.explanation_frames import (
    bin_row,
    coefficient_row,
    count_row,
    explanations,
    group_row,
    odds,
    overlap_row,
    pair_row,
    shape_row,
    side_row,
    term_row,
    transition_rows,
)
from tests.result_frames import make_analysis, table
from tests.test_charts import HOSTILE, legend_of, rows_of, values_of, x_titles


def estimates_of(specification: dict[str, Any]) -> dict[str, float]:
    """Estimate of each kind."""
    return {row["kind"]: row["estimate"] for row in rows_of(specification)}


def test_each_property_has_its_own_axis() -> None:
    """A panel per property, with its unit; in it the quantiles of each group, the forgotten first."""
    rows = [group_row("other"), group_row(), group_row(property="texture"), group_row("other", property="texture")]
    drawn = charts.property_groups(table("properties_groups", rows)).to_dict()
    assert drawn["facet"]["sort"] == ["loss (nats)", "texture"]
    assert drawn["resolve"] == {"scale": {"x": "independent"}}
    y = values_of(drawn, "y")[0]
    assert (y["field"], y["sort"]) == ("group", ["forgotten", "other"])
    assert [layer["encoding"]["x"]["field"] for layer in drawn["spec"]["layer"]] == ["q05", "q25", "q50", "mean"]
    assert [x["field"] for x in values_of(drawn, "x2")] == ["q95", "q75"]
    assert drawn["title"]["subtitle"][1] == "examples · forgotten: 20 · other: 20"


def test_a_single_property_names_the_axis() -> None:
    """Without panels the axis says which property it is, and its unit."""
    drawn = charts.property_groups(table("properties_groups", [group_row(), group_row("other", n=7)])).to_dict()
    assert x_titles(drawn) == {"loss (nats)"}


def test_odds_ratios_stand_by_regime_under_their_compression() -> None:
    """On a logarithmic axis around 1; a regime is what precedes the last slash; the row of compression itself is left out."""
    other = {"reference": "simclr/dense", "compressed": "simclr/int8"}
    rows = [term_row("(compression)"), term_row(estimate=-1.0), term_row(**other), term_row(compressed="lost/me/p-0.9")]
    drawn = charts.odds_ratios(table("characterize", rows)).to_dict()
    found = [(row["panel"], row["kind"], row["name"]) for row in rows_of(drawn)]
    assert found == [("int8", "supervised", "loss"), ("int8", "simclr", "loss"), ("p-0.9", "lost/me", "loss")]
    row = rows_of(drawn)[0]
    expected = [0.36788, 0.22313, 0.60653]  # exp(−1), exp(−1.5), exp(−0.5)
    assert [row[name] for name in ("estimate", "conf_low", "conf_high")] == pytest.approx(expected, abs=1e-5)
    assert {x["scale"]["type"] for x in values_of(drawn, "x") if "scale" in x} == {"log"}
    assert {"datum": 1} in values_of(drawn, "x")
    assert x_titles(drawn) == {"Odds ratio (log scale, 95 % interval)"}
    assert values_of(drawn, "yOffset")[0]["field"] == "kind"


def test_names_without_a_regime_need_no_legend() -> None:
    """One kind, a panel for each comparison; a second reference is named."""
    rows = [term_row(compressed="int8", reference=name) for name in ("dense", "other")]
    drawn = charts.odds_ratios(table("characterize", rows)).to_dict()
    assert drawn["facet"]["sort"] == ["int8 against dense", "int8 against other"]
    assert {color["legend"] for color in values_of(drawn["spec"], "color") if isinstance(color, dict)} == {None}
    assert not values_of(drawn, "yOffset")


def test_an_interval_that_explodes_is_cut() -> None:
    """Where the others end, 0.5 from 1 in log odds; what is missing is left out, and counted."""
    rows = [*(term_row(f"p{i}") for i in range(4)), term_row("wide", half_width=200.0), term_row("none", estimate=None)]
    drawn = charts.odds_ratios(table("characterize", rows)).to_dict()
    wide = rows_of(drawn)[-1]
    assert (wide["name"], wide["estimate"]) == ("wide", 1)
    assert [wide["conf_low"], wide["conf_high"]] == pytest.approx([0.606531, 1.648721], abs=1e-5)  # exp(∓½)
    assert (
        drawn["title"]["subtitle"][0]
        == "toy/test · int8 · longer intervals end at 0.61 and 1.6 · without an estimate: 1"
    )


def test_odds_of_pies_stand_beside_those_between_dense_networks() -> None:
    """Three sides of the joint model in a row; neither single properties nor the published form."""
    sides = ("compressed", "baseline", "difference")
    rows = [*map(side_row, sides), side_row("plain"), side_row("compressed", model="alone", property="x")]
    drawn = charts.pie_odds_ratios(table("characterize_pies", rows)).to_dict()
    assert legend_of(drawn) == ["dense against compressed", "dense against dense", "ratio of the two"]
    assert {(row["side"], row["name"]) for row in rows_of(drawn)} == {(side, "loss") for side in sides}
    assert drawn["title"]["text"] == "What goes with being a PIE?"


def test_curves_end_at_a_tenfold() -> None:
    """A panel per property and question, with an axis that neither curve nor band stretches; what was not fitted is counted."""
    rows = [shape_row(value, **odds(0.1, 300.0)) for value in (1.0, 2.0)]
    rows += [shape_row(value, model="compressed", **odds(9.0, None)) for value in (1.0, 2.0)]
    rows += [shape_row(1.0, model="baseline", **odds(None))]
    drawn = charts.effect_shapes(table("characterize_shapes", rows)).to_dict()
    assert drawn["facet"]["sort"] == ["loss (nats): being right, compressed against dense", "loss (nats): being a PIE"]
    assert drawn["resolve"]["scale"]["x"] == "independent"
    domains = [y["scale"]["domain"] for y in values_of(drawn, "y") if "scale" in y]
    assert domains == [pytest.approx([0.1, 10])] * 2
    assert {y["title"] for y in values_of(drawn, "y") if "title" in y} == {"Odds ratio (log scale)"}
    assert all(layer["mark"]["clip"] for layer in drawn["spec"]["layer"][1:])
    assert drawn["title"]["subtitle"][1].endswith("curves without an interval: 1 · curves that could not be fitted: 1")
    assert rows_of(drawn)[0]["odds_ratio_conf_high"] == 1e12


def test_predicted_stands_against_observed() -> None:
    """Both in percent, on axes of the same length, beside the diagonal."""
    drawn = charts.calibration(table("characterize_calibration", [bin_row(0, 0.1), bin_row(1, 0.62)])).to_dict()
    x, y = values_of(drawn, "x")[0], values_of(drawn, "y")
    assert x["title"] == "Predicted, out of fold (% of examples)"
    assert [one["field"] for one in y] == ["predicted", "conf_low", "observed"]
    assert y[0]["title"] == "Observed PIEs (% of examples, 95 % interval)"
    assert x["scale"] == y[0]["scale"] == {"domain": [0, 70], "nice": False, "type": "sqrt"}
    assert rows_of(drawn)[1]["observed"] == pytest.approx(31)


def test_the_corrected_correlation_stands_beside_the_others() -> None:
    """As observed, and what would be if it were 1; an interval is cut at 1.5."""
    drawn = charts.change_correlations(table("regimes", [pair_row(conf_low=-3.0)])).to_dict()
    assert list(estimates_of(drawn).values()) == [0.9, 0.3, 0.4]
    assert legend_of(drawn) == [
        "change in error rate, corrected for noise",
        "as observed",
        "as observed, if it were 1",
    ]
    first, raw = rows_of(drawn)[:2]
    assert (first["name"], first["conf_low"], first["conf_high"]) == ("supervised – simclr", -1.5, 1.1)
    assert raw["conf_low"] is None
    assert x_titles(drawn) == {"Correlation over examples (95 % interval)"}
    assert drawn["title"]["subtitle"] == ["toy/test · int8 · longer intervals end at ±1.5"]


def test_pairs_that_differ_between_panels_have_their_own_rows() -> None:
    """Three regimes at one compression, two at the other: no empty rows."""
    rows = [overlap_row(), overlap_row(compression="p-0.9"), overlap_row(regime_b="supcon")]
    assert charts.overlaps(table("regimes_overlap", rows)).to_dict()["resolve"] == {"scale": {"y": "independent"}}
    assert "resolve" not in charts.overlaps(table("regimes_overlap", rows[:2])).to_dict()


def test_the_overlap_stands_over_its_null() -> None:
    """In examples: the count, and the range if compression did nothing."""
    drawn = charts.overlaps(table("regimes_overlap", [overlap_row()])).to_dict()
    assert estimates_of(drawn) == {NOTHING: 12, "PIEs in both (95 %)": 20}
    null = next(row for row in rows_of(drawn) if row["kind"] == NOTHING)
    assert (null["conf_low"], null["conf_high"]) == (5, 18)
    assert x_titles(drawn) == {"PIEs in both regimes (examples)"}


def test_losses_are_compared_at_equal_compression_and_at_equal_loss() -> None:
    """A line per way of matching, in examples, around 0; a pair that is matched the other way round is turned."""
    turned = {"regime_a": "simclr", "regime_b": "supervised", "estimate": 3.0, "conf_low": 1.0, "conf_high": 4.0}
    rows = [count_row(), count_row(equal="points", **turned), count_row(equal="relative", estimate=None)]
    drawn = charts.losses(table("regimes_counts", rows)).to_dict()
    assert drawn["title"]["text"] == "Does one regime have more excess PIEs?"
    (points,) = [row for row in rows_of(drawn) if row["equal"] == "points"]
    assert [points[name] for name in ("name", "estimate", "conf_low", "conf_high")] == [
        "supervised − simclr",
        -3,
        -4,
        -1,
    ]
    assert legend_of(drawn) == ["at equal compression", "at equal loss of accuracy (points)"]
    assert x_titles(drawn) == {"Difference (examples, 95 % interval)"}
    assert {"datum": 0} in values_of(drawn, "x")
    assert {row["name"] for row in rows_of(drawn)} == {"supervised − simclr"}
    with pytest.raises(ValueError, match="one measure"):
        charts.losses(table("regimes_counts", [count_row(), count_row(measure="forgotten")]))


def test_differences_of_coefficients_are_marked() -> None:
    """What is significant after correction; marginal effects are in points; the joint test has no estimate."""
    joint = {"term": "(joint)", "estimate": None}
    rows = [coefficient_row(), coefficient_row(term="texture", p_adjusted=0.2), coefficient_row(**joint)]
    drawn = charts.coefficient_differences(table("regimes_coefficients", rows)).to_dict()
    found = [(row["name"], row["kind"]) for row in rows_of(drawn)]
    assert found == [("loss", "differs (p ≤ 0.05, adjusted over the properties)"), ("texture", "not significant")]
    assert x_titles(drawn) == {"Difference of log odds ratios (95 % interval)"}
    effects = table("regimes_coefficients", [coefficient_row(effect="marginal effect")])
    points = charts.coefficient_differences(effects).to_dict()
    assert rows_of(points)[0]["estimate"] == 50
    assert x_titles(points) == {"Difference (percentage points, 95 % interval)"}


def test_the_lost_are_bars_over_what_chance_gives() -> None:
    """In all, and in each regime only; not the many that none lost."""
    drawn = charts.transitions(table("regimes_transitions", transition_rows())).to_dict()
    lost = {row["name"]: row["estimate"] for row in rows_of(drawn) if row["kind"] == "lost"}
    assert lost == {"in all": 6, "only in supervised": 5, "only in simclr": 4}
    null = [(row["conf_low"], row["conf_high"]) for row in rows_of(drawn) if row["kind"] == NOTHING]
    assert null == [(0, 6), (0, 5), (0, 4)]
    assert [layer["mark"]["type"] for layer in drawn["layer"]] == ["bar", "rule", "tick"]
    assert x_titles(drawn) == {"Lost examples"}


@pytest.mark.parametrize(
    ("draw", "rows", "what"),
    [
        (charts.property_groups, table("properties_groups", [group_row(), group_row(dataset="b")]), "one comparison"),
        (charts.effect_shapes, table("characterize_shapes", [shape_row(1), shape_row(1, compressed="b")]), "one comp"),
        (
            charts.pie_odds_ratios,
            table("characterize_pies", [side_row("baseline"), side_row("baseline", outcome="forgotten")]),
            "one outcome",
        ),
        (charts.coefficient_differences, explanations()["regimes_coefficients"], "one effect"),
    ],
)
def test_rows_of_several_are_refused(draw: Callable[[pl.DataFrame], AnyChart], rows: pl.DataFrame, what: str) -> None:
    """A chart of one comparison, outcome or effect says so."""
    with pytest.raises(ValueError, match=what):
        draw(rows)


HOSTILE_CHARTS: dict[str, Callable[[], AnyChart]] = {
    "property_groups": lambda: charts.property_groups(table("properties_groups", [group_row(property=HOSTILE)])),
    "odds_ratios": lambda: charts.odds_ratios(table("characterize", [term_row(HOSTILE, compressed=f"a/{HOSTILE}")])),
    "pie_odds_ratios": lambda: charts.pie_odds_ratios(
        table("characterize_pies", [side_row("compressed", property=HOSTILE)])
    ),
    "effect_shapes": lambda: charts.effect_shapes(
        table("characterize_shapes", [shape_row(value, property=HOSTILE) for value in (1.0, 2.0)])
    ),
    "calibration": lambda: charts.calibration(
        table("characterize_calibration", [bin_row(0, 0.1), bin_row(0, 0.1, dataset=HOSTILE)])
    ),
    "change_correlations": lambda: charts.change_correlations(table("regimes", [pair_row(compression=HOSTILE)])),
    "overlaps": lambda: charts.overlaps(table("regimes_overlap", [overlap_row(compression=HOSTILE)])),
    "losses": lambda: charts.losses(table("regimes_counts", [count_row(compression=HOSTILE)])),
    "coefficient_differences": lambda: charts.coefficient_differences(
        table("regimes_coefficients", [coefficient_row(term=HOSTILE)])
    ),
    "transitions": lambda: charts.transitions(
        table("regimes_transitions", [row | {"compression": HOSTILE} for row in transition_rows()])
    ),
}


@pytest.mark.parametrize("name", HOSTILE_CHARTS)
def test_each_chart_is_drawn_and_names_are_text(name: str) -> None:
    """The drawing is XML without scripts, and says what the name says, but for what cannot be drawn."""
    drawn = ET.fromstring(svg(HOSTILE_CHARTS[name]()))
    assert not {element.tag for element in drawn.iter() if element.tag.endswith(("script", "foreignObject"))}
    assert "alert(1) □ □" in " ".join(drawn.itertext())


def test_every_explanation_has_its_figures() -> None:
    """One per data set, comparison or effect, each with a caption that is one sentence."""
    drawn = [one for one in figures(make_analysis(**explanations())) if one.topic not in ("pies", "flips", "classes")]
    comparison = "supervised_int8-supervised_dense-toy_test"
    assert [(figure.topic, figure.stem) for figure in drawn] == [
        ("properties", f"properties-{comparison}"),
        ("characterize", "odds-ratios-toy_test"),
        ("characterize", "odds-ratios-pie-toy_test"),
        ("characterize", f"shapes-{comparison}"),
        ("characterize", "calibration-toy_test"),
        ("regimes", "correlations-toy_test"),
        ("regimes", "overlaps-toy_test"),
        ("regimes", "regime-losses-excess-toy_test"),
        ("regimes", "regime-effects-log_odds_ratio-int8-toy_test"),
        ("regimes", "regime-effects-marginal_effect-int8-toy_test"),
        ("regimes", "transitions-toy_test"),
    ]
    assert len({figure.caption for figure in drawn}) == len(drawn)
    assert all(figure.caption.endswith(".") and ". " not in figure.caption for figure in drawn)


def test_explanations_that_found_nothing_are_not_drawn() -> None:
    """Rows without an estimate, the row of compression alone, the published form alone: no figures."""
    nothing = {
        "characterize": table("characterize", [term_row("(compression)"), term_row(estimate=None)]),
        "characterize_pies": table("characterize_pies", [side_row("plain"), side_row("baseline", **odds(None))]),
        "characterize_shapes": table("characterize_shapes", [shape_row(1.0, **odds(None))]),
        "regimes_counts": table("regimes_counts", [count_row(estimate=None)]),
        "regimes_coefficients": table("regimes_coefficients", [coefficient_row(estimate=None)]),
    }
    topics = {figure.topic for figure in figures(make_analysis(**nothing))}
    assert topics == {"pies", "flips", "classes"}
