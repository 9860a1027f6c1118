"""Chart of single examples: how many networks are right on them, before and after."""

import altair as alt
import polars as pl

from pietools.drawing.figure import FigureSpec
from pietools.drawing.style import (
    BLUE,
    INK,
    PANEL_WIDTH,
    VERMILLION,
    WIDTH,
    AnyChart,
    categories,
    comparison_names,
    finished,
    in_common,
    with_panels,
)
from pietools.topics.examples.volcano import volcano

# More networks than these share cells, which bounds the drawing whatever their number.
MAX_CELLS = 50
COUNTS = ("n_right_reference", "n_right_compressed")
LESS, MORE = "right less often after compression", "right more often"
COLORS = {LESS: VERMILLION, MORE: BLUE}


def networks_right(examples: pl.DataFrame) -> AnyChart:
    """Heat map of the examples by the number of networks that are right on them, in the reference and after compression.

    Parameters
    ----------
    examples
        Rows of ``results.examples``, which has no examples on which both populations are right equally often: the diagonal is
        empty. Each comparison and data set becomes a panel.
    """
    most: int = examples.select(pl.max_horizontal(pl.col(*COUNTS).max())).item()
    step = -(-(most + 1) // MAX_CELLS)
    frame = with_panels(_cells(examples, step), "dataset", "comparison")
    subtitle = [
        " · ".join(in_common(frame, "dataset", "comparison")),
        "without the examples on which it is as many as before",
    ]
    if step > 1:
        subtitle.append(f"a cell spans {step} numbers of networks")
    size = WIDTH if frame["panel"].n_unique() == 1 else PANEL_WIDTH
    chart = _heat_map(frame).properties(width=size, height=size)
    return finished(chart, frame, "How many networks are right on an example?", subtitle, columns=3)


def _cells(examples: pl.DataFrame, step: int) -> pl.DataFrame:
    """Row per comparison, direction and cell with its number of examples; a cell spans ``step`` numbers of networks."""
    cells = (
        examples.with_columns(comparison=comparison_names(examples))
        .group_by(
            "dataset",
            "comparison",
            *(pl.col(name) // step * step for name in COUNTS),
            direction=pl.when(pl.col("estimate") < 0).then(pl.lit(LESS)).otherwise(pl.lit(MORE)),
            maintain_order=True,
        )
        .agg(n=pl.len())
    )
    # A cell stands around its numbers: 3 from 2.5 to 3.5.
    edges = {
        f"{name}_{side}": pl.col(name) + at for name in COUNTS for side, at in (("from", -0.5), ("to", step - 0.5))
    }
    return cells.with_columns(**edges)


def _heat_map(frame: pl.DataFrame) -> AnyChart:
    x, y = (
        channel(
            f"{name}_from:Q",
            title=f"Networks that are right, {name.removeprefix('n_right_')}",
            scale=alt.Scale(domain=[-0.5, max(frame[f"{name}_to"])], nice=False),
            axis=_axis(max(frame[name])),
        )
        for channel, name in zip((alt.X, alt.Y), COUNTS, strict=True)
    )
    ends = alt.X2("n_right_reference_to"), alt.Y2("n_right_compressed_to")
    tooltip = [
        alt.Tooltip("n_right_reference:Q", title="right, reference"),
        alt.Tooltip("n_right_compressed:Q", title="right, compressed"),
        alt.Tooltip("n:Q", title="examples", format=",d"),
    ]
    color = alt.Color("direction:N", scale=categories(frame["direction"], COLORS), title=None)
    # Counts span orders of magnitude.
    most = max(10, *frame["n"])
    legend = alt.Legend(
        values=[10**power for power in range(len(str(most)))],
        labelExpr="datum.value == 1 ? '1 example' : format(datum.value, ',d')",
        title=None,
        symbolType="square",
        symbolFillColor=INK,
        symbolStrokeWidth=0,
    )
    opacity = alt.Opacity("n:Q", scale=alt.Scale(type="log", domain=[1, most], range=[0.15, 1]), legend=legend)
    return alt.Chart(frame).mark_rect(aria=False).encode(x, y, *ends, color, opacity, tooltip=tooltip)


def _axis(most: int) -> alt.Axis:
    """Axis of whole numbers."""
    return alt.Axis(grid=False, format="d", values=list(range(most + 1)) if most < 8 else alt.Undefined)


FIGURES = (
    FigureSpec(
        "examples_changes",
        volcano,
        "volcano",
        "Examples of {dataset} by how much more their log odds changed than those of examples as hard, and how sure that is.",
        test="Moderated t tests over networks, Benjamini–Hochberg over the examples.",
        by=("dataset",),
        is_answer=True,
        is_first=True,
        of_compressions=True,
    ),
    FigureSpec(
        "examples",
        networks_right,
        "examples",
        "Examples of {dataset} by the number of networks that are right on them, before and after compression.",
        by=("dataset",),
    ),
)
