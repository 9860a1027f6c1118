"""Charts, as specifications: what is on which axis, in which unit, and what the legend says."""

from pathlib import Path
from typing import Any

import pytest

from pietools import charts
from pietools.charts.pies import NULL
from pietools.figures import file_stem, save, svg
from tests.result_frames import classes_frame, flips_row, frame, pies_row


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
    assert legend_of(drawn) == ["PIEs", "of which forgotten", NULL] == list(by_series)
    assert (by_series[NULL]["low"], by_series[NULL]["high"]) == pytest.approx((3.0, 5.0))  # 30 and 50 of 1,000
    assert (by_series["PIEs"]["percent"], by_series["PIEs"]["low"]) == (pytest.approx(9.0), None)  # 90 of 1,000


def test_without_labels_nothing_is_forgotten() -> None:
    """Directions are null where there are no labels: neither a point nor an entry of the legend."""
    drawn = charts.sparsity_curve(frame(pies_row(forgotten=None, recovered=None, moved=None))).to_dict()
    assert legend_of(drawn) == ["PIEs", NULL]


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


def test_a_chart_becomes_three_files(tmp_path: Path) -> None:
    """SVG with its text, PDF and PNG; the same chart gives the same SVG."""
    rows = frame(*sparsities(0.5, 0.9))
    paths = save(charts.sparsity_curve(rows), tmp_path / "figures", "pies")
    assert [path.name for path in paths] == ["pies.svg", "pies.pdf", "pies.png"]
    drawn, pdf, png = (path.read_bytes() for path in paths)
    assert b"PIEs (% of examples)" in drawn
    assert (pdf[:5], png[:4]) == (b"%PDF-", b"\x89PNG")
    assert drawn == svg(charts.sparsity_curve(rows)).encode()


def test_names_of_files_hold_no_folders() -> None:
    """Slashes and blanks of a name do not reach the file system."""
    assert file_stem("classes", "simclr/int8", "../a b") == "classes-simclr_int8-.._a_b"
