"""Charts, as specifications: what is on which axis, in which unit, and what the legend says."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pietools import charts
from pietools.drawing.files import svg
from pietools.drawing.style import NOTHING, AnyChart, shortened
from tests.result_frames import classes_frame, flips_row, frame, pies_row, table

COMPARISON = {"reference": "dense", "compressed": "pruned", "dataset": "toy/test"}
HOSTILE = "</script>\"'\\ datum['x']||alert(1) \x00 \U0001f600"


def rows_of(specification: dict[str, Any]) -> list[dict[str, Any]]:
    """Data of a chart."""
    (rows,) = specification["datasets"].values()
    return rows


def values_of(specification: dict[str, Any], key: str) -> list[Any]:
    """Everything that stands under a key, at any depth outside the data."""
    found = [specification[key]] if key in specification else []
    for name, part in specification.items():
        parts = part if isinstance(part, list) else [part]
        if name != "datasets":
            found += [value for inner in parts if isinstance(inner, dict) for value in values_of(inner, key)]
    return found


def legend_of(specification: dict[str, Any]) -> list[str]:
    """Names in the legend, in order."""
    return next(color["scale"]["domain"] for color in values_of(specification, "color") if "scale" in color)


def sparsities(*levels: float, **changes: Any) -> list[dict[str, Any]]:
    """A comparison per sparsity."""
    return [pies_row(f"magnitude-{level}", sparsity=level, method="magnitude", **changes) for level in levels]


def test_sparsity_is_numeric_where_every_comparison_has_one() -> None:
    """Sparsity in percent is on the x axis, PIEs in percent of the examples on the y axis."""
    drawn = charts.sparsity_curve(frame(*sparsities(0.5, 0.9))).to_dict()
    x, y = values_of(drawn, "x")[0], values_of(drawn, "y")[0]
    assert (x["field"], x["type"], x["title"]) == ("sparsity", "quantitative", "Sparsity (% of prunable weights)")
    assert (y["type"], y["title"]) == ("quantitative", "PIEs (% of examples)")
    assert {row["sparsity"] for row in rows_of(drawn)} == {50.0, 90.0}


@pytest.mark.parametrize(
    "rows",
    [
        [pies_row("int8")],
        sparsities(0.9),
        [*sparsities(0.5, 0.9), pies_row("int8")],
        [*sparsities(0.5, 0.9), *sparsities(0.5, reference="other")],
    ],
    ids=["no sparsity", "one sparsity", "some without", "one twice"],
)
def test_comparisons_are_named_where_sparsity_does_not_order_them(rows: list[dict[str, Any]]) -> None:
    """Without a sparsity for each, or with two comparisons at one, the axis holds their names in the order of the frame."""
    drawn = charts.sparsity_curve(frame(*rows)).to_dict()
    y = values_of(drawn, "y")[0]
    assert (y["field"], y["type"]) == ("comparison", "nominal")
    assert values_of(drawn, "x")[0]["title"] == "PIEs (% of examples)"
    assert len(y["sort"]) == len(rows)


def test_the_null_is_drawn_and_named() -> None:
    """The band of the null spans its 95 %, beside the observed share, and all are in the legend."""
    drawn = charts.sparsity_curve(frame(pies_row())).to_dict()
    by_series = {row["series"]: row for row in rows_of(drawn)}
    assert legend_of(drawn) == ["PIEs", "of which forgotten", NOTHING] == list(by_series)
    assert (by_series[NOTHING]["low"], by_series[NOTHING]["high"]) == pytest.approx((3.0, 5.0))  # 30 and 50 of 1,000
    assert (by_series["PIEs"]["percent"], by_series["PIEs"]["low"]) == (pytest.approx(9.0), None)  # 90 of 1,000


def test_without_labels_nothing_is_forgotten() -> None:
    """Directions are null where there are no labels: neither a point nor an entry of the legend."""
    drawn = charts.sparsity_curve(frame(pies_row(forgotten=None, recovered=None, moved=None))).to_dict()
    assert legend_of(drawn) == ["PIEs", NOTHING]


def test_regimes_and_data_sets_are_panels() -> None:
    """A panel per data set and regime, in the order of the frame, named by what differs."""
    rows = [
        row
        for regime in ("supervised", "simclr")
        for dataset in ("test", "train")
        for row in sparsities(0.5, 0.9, regime=regime, dataset=dataset)
    ]
    drawn = charts.sparsity_curve(frame(*rows)).to_dict()
    assert drawn["facet"]["sort"] == ["test · supervised", "test · simclr", "train · supervised", "train · simclr"]
    assert drawn["columns"] == 2


def test_classes_are_sorted_and_marked() -> None:
    """The default test, from the lowest estimate to the highest, in points, with what is significant after correction."""
    drawn = charts.class_change(classes_frame(5)).to_dict()
    assert values_of(drawn, "y")[0]["scale"]["domain"] == [f"class {i}" for i in range(5)]
    assert "percentage points" in next(x["title"] for x in values_of(drawn, "x") if "title" in x)
    estimates = [row for row in rows_of(drawn) if row["kind"] != "raw change"]
    assert [row["change"] for row in estimates] == pytest.approx([-10, -9, -8, -7, -6])
    assert [row["is_significant"] for row in estimates] == [True, True, True, False, False]
    raw = [row["change"] for row in rows_of(drawn) if row["kind"] == "raw change"]
    assert raw == pytest.approx([-12, -11, -10, -9, -8])


def test_of_many_classes_the_most_extreme_are_drawn() -> None:
    """Of 1,000 classes 15 at each end are drawn; axis and subtitle say so."""
    drawn = charts.class_change(classes_frame(1000)).to_dict()
    rows = values_of(drawn, "y")[0]["scale"]["domain"]
    assert rows[14:17] == ["class 14", "… 970 between …", "class 985"]
    assert len({row["class"] for row in rows_of(drawn)}) == 30
    # −10 to −8 points are 3 classes, +8 to +989 are 982.
    assert drawn["title"]["subtitle"][1] == (
        "985 of 1,000 tested classes significant (adjusted p ≤ 0.05); shown: 15 lowest, 15 highest"
    )


def test_two_classes_of_one_name_keep_a_row_each() -> None:
    """ImageNet has two cranes: their labels tell them apart."""
    drawn = charts.class_change(classes_frame(3, ["crane", "crane", "heron"])).to_dict()
    assert values_of(drawn, "y")[0]["scale"]["domain"] == ["crane (0)", "crane (1)", "heron"]


def test_classes_of_several_comparisons_are_refused() -> None:
    """One chart is about one comparison."""
    rows = classes_frame(3)
    both = rows.vstack(rows.with_columns(compressed=rows["compressed"] + "-2"))
    with pytest.raises(ValueError, match="one comparison"):
        charts.class_change(both)


def test_flips_are_stacked_by_kind() -> None:
    """Three kinds, in percent, harmful first."""
    drawn = charts.flips(frame(flips_row())).to_dict()
    assert legend_of(drawn) == ["harmful", "beneficial", "wrong to another wrong"]
    assert [row["percent"] for row in rows_of(drawn)] == pytest.approx([6.0, 2.0, 4.0])
    assert "% of examples" in values_of(drawn, "x")[0]["title"]


def test_flips_without_labels_are_one_total() -> None:
    """Where no kind is known the bar is the total."""
    drawn = charts.flips(frame(flips_row(harmful=None, beneficial=None, wrong_to_wrong=None))).to_dict()
    assert legend_of(drawn) == ["any (no labels)"]
    assert [row["percent"] for row in rows_of(drawn)] == pytest.approx([12.0])


def estimates(name: str, *rows: dict[str, Any]) -> pl.DataFrame:
    """Rows of a result table about one comparison: −2 points, from −3 to −1, unless they say otherwise."""
    usual = COMPARISON | {"estimate": -0.02, "conf_low": -0.03, "conf_high": -0.01, "p_value": 0.01}
    return table(name, [usual | row for row in rows])


def x_titles(drawn: dict[str, Any]) -> set[str]:
    """Titles of the x axis."""
    return {x["title"] for x in values_of(drawn, "x") if "title" in x}


def test_a_change_of_accuracy_stands_over_its_margin() -> None:
    """In points, with the interval, the margin as a band, and whether the change is shown to be within it."""
    rows = estimates(
        "accuracy_change",
        {"margin": 0.01, "p_equivalent": 0.9},
        {"compressed": "int8", "margin": 0.01, "p_equivalent": 0.01},
    )
    drawn = charts.accuracy_change(rows).to_dict()
    first, second = rows_of(drawn)
    numbers = [first[name] for name in ("estimate", "conf_low", "conf_high", "lower", "upper")]
    assert numbers == pytest.approx([-2, -3, -1, -1, 1])
    assert (first["kind"], second["kind"]) == ("not shown to be within it", "within the margin (equivalence, p ≤ 0.05)")
    assert x_titles(drawn) == {"Change of accuracy (percentage points, 95 % interval)"}
    assert drawn["title"]["subtitle"] == ["toy/test · shaded: the margin of ±1 percentage points"]
    assert drawn["layer"][0]["mark"]["type"] == "rect"


def test_an_interval_that_is_missing_is_not_drawn() -> None:
    """A point without an interval: the rules leave out what has none, and no number is NaN."""
    rows = estimates("accuracy_change", {"margin": 0.01, "conf_low": None, "conf_high": None, "p_value": None})
    drawn = charts.accuracy_change(rows).to_dict()
    (row,) = rows_of(drawn)
    assert (row["estimate"], row["conf_low"], row["conf_high"]) == (-2.0, None, None)
    (rules,) = [layer for layer in drawn["layer"] if "x2" in layer["encoding"] and layer["mark"]["type"] == "rule"]
    assert rules["transform"] == [{"filter": "isValid(datum.conf_low)"}]
    assert "Did accuracy change?" in svg(charts.accuracy_change(rows))


def test_an_interval_ends_where_no_change_can_be() -> None:
    """Two networks give intervals beyond ±100 points, which would press all else together."""
    drawn = charts.accuracy_change(estimates("accuracy_change", {"margin": 0.01, "conf_low": -3.0, "conf_high": 2.5}))
    (row,) = rows_of(drawn.to_dict())
    assert (row["conf_low"], row["conf_high"]) == (-100, 100)


def test_each_data_set_has_its_own_rows() -> None:
    """A panel per data set, and in it only the comparisons that were made there."""
    rows = [{"margin": 0.01}, {"margin": 0.01, "dataset": "toy/other", "compressed": "int8"}]
    drawn = charts.accuracy_change(estimates("accuracy_change", *rows)).to_dict()
    assert drawn["facet"]["sort"] == ["toy/test", "toy/other"]
    assert drawn["resolve"] == {"scale": {"y": "independent"}}


def test_of_many_rows_those_with_the_smallest_p_are_drawn() -> None:
    """40 of 51, in the order they came, one without p the last; the subtitle says so, and how many have no estimate."""
    rows = [{"compressed": f"c{i}", "margin": 0.01, "p_value": 1 - i / 50} for i in range(50)]
    without = {"compressed": "alone", "margin": 0.01, "estimate": None, "p_value": None}
    untested = {"compressed": "untested", "margin": 0.01, "p_value": None}
    drawn = charts.accuracy_change(estimates("accuracy_change", without, untested, *rows)).to_dict()
    assert [row["name"] for row in rows_of(drawn)] == [f"c{i}" for i in range(10, 50)]
    assert drawn["title"]["subtitle"][0].endswith("without an estimate: 1 · shown: 40 of 51, those with the smallest p")


def calibration(population: str, *, start: float = 0.55) -> list[dict[str, Any]]:
    """Three bins of a population that is right 5 points less often than it is confident."""
    confidences = [start + 0.2 * i for i in range(3)]
    return [
        {"population": population, "dataset": "toy/test", "bin": i, "n": 333.3, "confidence": confidence}
        | {"accuracy": confidence - 0.05, "conf_low": confidence - 0.1, "conf_high": confidence}
        for i, confidence in enumerate(confidences)
    ]


def test_accuracy_stands_against_confidence() -> None:
    """Both in percent on axes of the same length, a panel per population, and the line on which they are equal."""
    rows = [*calibration("dense"), *calibration("pruned", start=0.5)]
    drawn = charts.reliability(table("accuracy_calibration", rows)).to_dict()
    x, y = values_of(drawn, "x")[0], values_of(drawn, "y")[0]
    assert (x["field"], x["title"], y["field"]) == ("confidence", "Mean confidence (%)", "confidence")
    assert y["title"] == "Accuracy (%, 95 % interval)"
    assert x["scale"] == y["scale"] == {"domain": [40.0, 100], "nice": False}
    assert drawn["facet"]["sort"] == ["dense", "pruned"]
    assert rows_of(drawn)[0]["accuracy"] == pytest.approx(50)


def test_the_excess_is_a_share_of_the_examples() -> None:
    """44 (31 to 57) of 1,000 examples, without a legend; a comparison of too few networks is counted, not drawn."""
    rows = frame(pies_row(), pies_row("int8", excess_pies=None, excess_conf_low=None, excess_conf_high=None))
    drawn = charts.excess(rows).to_dict()
    (row,) = rows_of(drawn)
    assert [row[name] for name in ("estimate", "conf_low", "conf_high")] == pytest.approx([4.4, 3.1, 5.7])
    assert x_titles(drawn) == {"Excess PIEs (% of examples, 95 % interval)"}
    assert values_of(drawn, "legend")[-1] is None
    assert drawn["title"]["subtitle"] == [
        "toy/test · networks in each of the disjoint sets: 3 · without an estimate: 1"
    ]


def replicates(**changes: Any) -> list[dict[str, Any]]:
    """Counts of one comparison by 1, 2 and 4 networks; of 4 there are no disjoint sets."""
    counts = {"n_pies": 90.0, "between": 120.0, "reference_baseline": 100.0, "compressed_baseline": 110.0}
    disjoint = dict.fromkeys(("between", "reference_baseline", "compressed_baseline"))
    rows = [COMPARISON | {"n_networks": n} | counts for n in (1, 2)]
    return [row | changes for row in (*rows, COMPARISON | {"n_networks": 4, "n_pies": 70.0} | disjoint)]


def test_counts_stand_against_the_number_of_networks() -> None:
    """On an axis that doubles, with PIEs and the three kinds of disjoint sets; what is missing is left out."""
    drawn = charts.by_replicates(table("pies_by_replicates", replicates())).to_dict()
    x, y = values_of(drawn, "x")[0], values_of(drawn, "y")[0]
    assert (x["field"], x["scale"]["type"], x["scale"]["base"]) == ("n_networks", "log", 2)
    assert x["axis"]["values"] == [1, 2, 4]
    assert y["title"] == "PIEs (examples)"
    assert legend_of(drawn) == [
        "PIEs",
        "disjoint sets: dense against compressed",
        "disjoint sets: dense against dense",
        "disjoint sets: compressed against compressed",
    ]
    assert [row["sets"] for row in rows_of(drawn) if row["n_networks"] == 4] == ["PIEs"]


def right(reference: int, compressed: int, *, n: int = 1) -> list[dict[str, Any]]:
    """So many examples on which so many of ten networks are right."""
    row = COMPARISON | {"n_right_reference": reference, "n_right_compressed": compressed}
    return [row | {"estimate": (compressed - reference) / 10}] * n


def test_examples_are_counted_by_how_many_networks_are_right() -> None:
    """A cell per pair of numbers, with its number of examples and its direction; what is not in it is said."""
    rows = pl.DataFrame([*right(9, 3, n=5), *right(2, 4, n=2), *right(9, 8)])
    drawn = charts.networks_right(rows).to_dict()
    cells = {(row["n_right_reference"], row["n_right_compressed"]): row for row in rows_of(drawn)}
    assert {cell: row["n"] for cell, row in cells.items()} == {(9, 3): 5, (2, 4): 2, (9, 8): 1}
    assert cells[9, 3]["direction"] == "right less often after compression"
    assert cells[2, 4]["direction"] == "right more often"
    x, y = values_of(drawn, "x")[0], values_of(drawn, "y")[0]
    assert (x["title"], y["title"]) == ("Networks that are right, reference", "Networks that are right, compressed")
    assert (x["scale"]["domain"], y["scale"]["domain"]) == ([-0.5, 9.5], [-0.5, 8.5])
    assert drawn["title"]["subtitle"][1] == "without the examples on which it is as many as before"


def test_many_networks_share_cells() -> None:
    """200 networks would make 40,000 cells: five numbers share one."""
    rows = pl.DataFrame([row for k in range(200) for row in right(k, k + 1)])
    drawn = charts.networks_right(rows).to_dict()
    assert sum(row["n"] for row in rows_of(drawn)) == 200
    assert len({row["n_right_reference"] for row in rows_of(drawn)}) == 40
    assert drawn["title"]["subtitle"][-1] == "a cell spans 5 numbers of networks"


def group(name: str, property_name: str = "writer", **changes: Any) -> dict[str, Any]:
    """A group whose accuracy changed."""
    return {"property": property_name, "group": name, "rate": "accuracy", "p_adjusted": 0.02} | changes


def test_groups_stand_under_their_property() -> None:
    """A panel per property, in points, with what is significant after correction, in the order of the groups."""
    rows = [group("b"), group("a", p_adjusted=0.06), group("old", "age", p_adjusted=None)]
    drawn = charts.group_change(estimates("subgroups", *rows)).to_dict()
    assert [(row["panel"], row["name"]) for row in rows_of(drawn)] == [("writer", "b"), ("writer", "a"), ("age", "old")]
    kinds = ["changed (adjusted p ≤ 0.05)", "not significant", "not significant"]
    assert [row["kind"] for row in rows_of(drawn)] == kinds
    assert x_titles(drawn) == {"Change of accuracy (percentage points, unadjusted 95 % interval)"}
    assert drawn["title"]["subtitle"] == ["pruned against dense, toy/test"]


def test_a_single_property_is_named() -> None:
    """Without panels the subtitle says which property it is, and the axis says which rate."""
    drawn = charts.group_change(estimates("subgroups", group("a", rate="false_positive_rate"))).to_dict()
    assert drawn["title"]["subtitle"] == ["pruned against dense, toy/test", "writer"]
    assert x_titles(drawn) == {"Change of false positive rate (percentage points, unadjusted 95 % interval)"}


def test_a_property_with_many_groups_does_not_displace_another() -> None:
    """Of 60 sites the 40 with the smallest p, beside both writers."""
    sites = [group(f"site {i}", "site", p_value=i / 100) for i in range(60)]
    drawn = charts.group_change(estimates("subgroups", group("a", p_value=0.9), group("b"), *sites)).to_dict()
    assert [row["panel"] for row in rows_of(drawn)].count("writer") == 2
    assert [row["name"] for row in rows_of(drawn)][2:] == [f"site {i}" for i in range(40)]
    assert drawn["title"]["subtitle"][-1] == "shown: 42 of 62, those with the smallest p"


def test_groups_of_several_comparisons_or_rates_are_refused() -> None:
    """One chart is about one comparison and one rate."""
    rows = estimates("subgroups", group("a"), group("a", rate="false_positive_rate"))
    with pytest.raises(ValueError, match="one reference, compressed, dataset, rate"):
        charts.group_change(rows)
    with pytest.raises(ValueError, match="one reference, compressed, dataset:"):
        charts.composition(shares(group("a"), group("a", compressed="int8")))


def shares(*rows: dict[str, Any]) -> pl.DataFrame:
    """Groups with 60 % of the PIEs and 50 % of the other examples."""
    usual = {"share_pies": 0.6, "share_pies_low": 0.5, "share_pies_high": 0.7}
    usual |= {"share_others": 0.5, "share_others_low": 0.49, "share_others_high": 0.51}
    return estimates("subgroups_pies", *(usual | row for row in rows))


def test_shares_of_the_pies_stand_beside_those_of_the_others() -> None:
    """Two points a group, in percent, each with its interval."""
    drawn = charts.composition(shares(group("a"))).to_dict()
    pies, others = rows_of(drawn)
    assert [pies[name] for name in ("estimate", "conf_low", "conf_high")] == pytest.approx([60, 50, 70])
    assert [others[name] for name in ("estimate", "conf_low", "conf_high")] == pytest.approx([50, 49, 51])
    assert legend_of(drawn) == ["of the PIEs", "of the other examples"] == [pies["kind"], others["kind"]]
    assert x_titles(drawn) == {"Share that belongs to the group (%, 95 % interval)"}


def test_the_average_over_unseen_data_is_told_apart() -> None:
    """A row per unseen data set, and the average last, in its own colour and shape."""
    rows = [{"unseen": None, "p_value": 0.9}, {"unseen": "toy/blur"}, {"unseen": "toy/noise"}]
    drawn = charts.excess_error(estimates("unseen", *rows)).to_dict()
    assert [row["name"] for row in rows_of(drawn)] == ["toy/blur", "toy/noise", "average over all"]
    assert legend_of(drawn) == ["one data set", "average over all"]
    assert len(values_of(drawn, "shape")) == 1
    assert x_titles(drawn) == {"Excess error (percentage points, 95 % interval)"}
    assert drawn["title"]["subtitle"] == ["toy/test · pruned"]


def test_the_average_is_drawn_beside_the_clearest_of_many() -> None:
    """41 rows of 60 unseen data sets."""
    rows = [{"unseen": f"toy/{i}", "p_value": i / 100} for i in range(60)]
    drawn = charts.excess_error(estimates("unseen", *rows, {"unseen": None, "p_value": 0.9})).to_dict()
    assert [row["name"] for row in rows_of(drawn)][-2:] == ["toy/39", "average over all"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["short", "x" * 20], ["short", "x" * 20]),
        (["a" * 30, "b" * 30], ["a" * 10 + "…" + "a" * 10, "b" * 10 + "…" + "b" * 10]),
        (["a" * 15 + "1" + "a" * 15, "a" * 15 + "2" + "a" * 15], ["a" * 15 + "1aaaa…", "a" * 15 + "2aaaa…"]),
        (["a" * 40 + f"{i}" + "a" * 40 for i in (1, 2)], ["1 " + "a" * 20 + "…", "2 " + "a" * 20 + "…"]),
        (["a\x00b", "a\x01b"], ["1 a□b…", "2 a□b…"]),
    ],
    ids=["short", "middle", "end", "numbered", "undrawable"],
)
def test_long_names_are_cut_where_they_still_differ(names: list[str], expected: list[str]) -> None:
    """Two names never become one row."""
    assert shortened(pl.Series(names), 20).to_list() == expected


HOSTILE_CHARTS: dict[str, Callable[[], AnyChart]] = {
    "accuracy_change": lambda: charts.accuracy_change(
        estimates("accuracy_change", {"compressed": HOSTILE, "margin": 0.01})
    ),
    "reliability": lambda: charts.reliability(
        table("accuracy_calibration", [*calibration(HOSTILE), *calibration("dense")])
    ),
    "excess": lambda: charts.excess(frame(pies_row(HOSTILE), pies_row(dataset=HOSTILE))),
    "by_replicates": lambda: charts.by_replicates(
        table("pies_by_replicates", [*replicates(compressed=HOSTILE), *replicates()])
    ),
    "networks_right": lambda: charts.networks_right(pl.DataFrame(right(9, 3)).with_columns(dataset=pl.lit(HOSTILE))),
    "group_change": lambda: charts.group_change(estimates("subgroups", group(HOSTILE), group("a", HOSTILE))),
    "composition": lambda: charts.composition(shares(group(HOSTILE), group("a", HOSTILE))),
    "excess_error": lambda: charts.excess_error(estimates("unseen", {"unseen": HOSTILE}, {"unseen": None})),
    "class_change": lambda: charts.class_change(classes_frame(2, [HOSTILE, "b"])),
}


@pytest.mark.parametrize("name", HOSTILE_CHARTS)
def test_each_chart_is_drawn_and_names_are_text(name: str) -> None:
    """The drawing is XML without scripts, and says what the name says, but for what cannot be drawn."""
    drawn = ET.fromstring(svg(HOSTILE_CHARTS[name]()))
    assert not {element.tag for element in drawn.iter() if element.tag.endswith(("script", "foreignObject"))}
    assert "'x']||alert(1) □ □" in " ".join(drawn.itertext())
