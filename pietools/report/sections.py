"""The sections of the report: per topic its figures and shown tables, as data that the template writes down."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from pietools.conventions import CORRECTION, LEVEL, TIE_RULE
from pietools.drawing.figure import COMPARISON, Figure
from pietools.report.choices import Choices
from pietools.report.cost_table import cost_columns, cost_rows, legend
from pietools.report.costs import costs
from pietools.report.figures import FEW_COMPARISONS, caption, drawn_comparisons
from pietools.report.sentences import dataset_sentence
from pietools.report.training_tables import COMPRESSION, regime_columns, regime_rows
from pietools.results.analysis import Analysis
from pietools.results.rounding import count, points
from pietools.results.shown import LONG, Row, Shown, ShownColumn, shown_columns, text
from pietools.results.table import Table
from pietools.topics.catalogue import TOPICS
from pietools.version import __version__

SELECTION = (
    f"Figures of single comparisons are of the {FEW_COMPARISONS} with the most PIEs beyond what the networks' chance makes (95 %), "
    "or with too few networks to say; pietools analyze --all draws them all."
)
REGIMES_NOTE = (
    "All that differs between the regimes besides what follows from it; the rest is the same in the STUDY.toml."
)


@dataclass(frozen=True)
class ShownRows:
    """A table on the page; ``of``: the regime and compression of a row, see :class:`pietools.report.choices.Choices`."""

    title: str
    columns: list[ShownColumn]
    rows: list[Row]
    is_folded: bool = False
    note: str = ""
    of: Callable[[Row], str] = lambda row: ""

    @property
    def n_rows(self) -> str:
        """How many rows it has."""
        return count(len(self.rows))


@dataclass(frozen=True)
class Picture:
    """A drawing with its caption. As an image it is cut off from the page: nothing in it can run or clash."""

    caption: str
    source: str
    of: str = ""


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    question: str = ""
    command: str = ""
    items: list[str] = field(default_factory=list)
    figures: list[Picture] = field(default_factory=list)
    tables: list[ShownRows] = field(default_factory=list)


def sections(analysis: Analysis, drawn: Sequence[Figure], choices: Choices) -> list[Section]:
    """Sections of the topics that found something, in the order of the catalogue; how the networks came about after the first."""
    topics = [
        Section(
            topic.title,
            question=topic.question,
            command=topic.name,
            items=_datasets(analysis) if topic.name == "accuracy" else [],
            figures=[pictured(figure, analysis, choices) for figure in drawn if figure.topic == topic.name],
            tables=[*_tables(analysis, topic.tables, choices)],
        )
        for topic in TOPICS.values()
    ]
    every = [topics[0], Section("Training and compression", tables=_training(analysis, choices)), *topics[1:]]
    return [section for section in every if section.items or section.figures or section.tables]


def costs_of_compression(analysis: Analysis, choices: Choices) -> list[ShownRows]:
    """Per data set what each compression cost."""
    datasets = analysis.comparisons["dataset"].unique(maintain_order=True).to_list()
    found = {dataset: costs(analysis, dataset) for dataset in datasets}
    tables = {dataset: cost_rows(of_dataset, is_repeated=choices.are_any) for dataset, of_dataset in found.items()}
    return [
        ShownRows(
            f"What compression cost: {dataset}",
            list(cost_columns(rows)),
            rows,
            note=legend(found[dataset]),
            of=choices.of,
        )
        for dataset, rows in tables.items()
        if rows
    ]


def selection(analysis: Analysis) -> str:
    """Which comparisons have figures of their own, if not all have."""
    return "" if drawn_comparisons(analysis) is None else SELECTION


def datasets_analyzed(analysis: Analysis) -> list[str]:
    """Names of the data sets that there are predictions on."""
    accuracy = analysis.tables.get("accuracy")
    names = analysis.datasets["name"] if accuracy is None else accuracy["dataset"]
    return names.unique(maintain_order=True).to_list()


def originals_analyzed(analysis: Analysis) -> list[str]:
    """Those of them that are no altered copy, or all if all are."""
    names = datasets_analyzed(analysis)
    return [name for name in names if name not in analysis.copies] or names


def settings(analysis: Analysis) -> dict[str, str]:
    """What it takes to get the same numbers again."""
    return {
        "pietools": __version__,
        "seed": str(analysis.settings.seed),
        "relabellings": f"{count(analysis.settings.permutations)}; all of them where there are no more",
        "ties of the modal label": TIE_RULE,
        "margin of accuracy": f"{points(analysis.settings.margin).lstrip('+')} points",
        "rise of an error rate that counts as forgotten": f"{points(analysis.settings.delta).lstrip('+')} points",
        "level of the tests": f"{LEVEL}, corrected by {CORRECTION.title()}",
    }


def _datasets(analysis: Analysis) -> list[str]:
    names = set(datasets_analyzed(analysis))
    return [dataset_sentence(row) for row in analysis.datasets.to_dicts() if row["name"] in names]


def picture(caption: str, svg: str, of: str = "") -> Picture:
    """A drawing as the page holds it."""
    return Picture(caption, "data:image/svg+xml;base64," + b64encode(svg.encode()).decode(), of)


def pictured(figure: Figure, analysis: Analysis, choices: Choices) -> Picture:
    """A figure of an analysis as the page holds it."""
    names = dict(zip(COMPARISON, figure.comparison, strict=False))
    return picture(caption(figure, analysis), figure.svg, choices.of(names))


def frame_rows(title: str, frame: pl.DataFrame) -> ShownRows:
    """A frame as a table on a page, as it is."""
    columns = [text(name, name.replace("_", " ")) for name in frame.columns]
    return ShownRows(title, columns, frame.to_dicts())


def _tables(analysis: Analysis, tables: Iterable[Table], choices: Choices) -> Iterator[ShownRows]:
    """Shown tables that were computed and asked for, one per data set, named if there are several."""
    for table in tables:
        frame = analysis.tables.get(table.name)
        if frame is not None:
            for shown in table.shown:
                if shown.is_answer or analysis.everything:
                    yield from _by_dataset(analysis, shown, frame, choices)


def _by_dataset(analysis: Analysis, shown: Shown, frame: pl.DataFrame, choices: Choices) -> Iterator[ShownRows]:
    """Folded if long, or of a copy that is summed up."""
    parts = frame.partition_by("dataset", maintain_order=True)
    for part in parts:
        dataset, rows = part["dataset"][0], shown.rows(part)
        if rows:
            title = shown.title if len(parts) == 1 else f"{shown.title} · {dataset}"
            is_folded = len(rows) > LONG or (not shown.of_copies and dataset in analysis.copies)
            yield ShownRows(title, shown_columns(shown.columns, rows), rows, is_folded, of=choices.of)


def _training(analysis: Analysis, choices: Choices) -> list[ShownRows]:
    """How sparse and large the networks are, which layers were compressed, and what differs between the regimes."""
    tables = []
    if analysis.compression.height:
        rows = analysis.compression.to_dicts()
        tables.append(ShownRows("Compression", shown_columns(COMPRESSION, rows), rows, of=choices.of))
    if analysis.regime_differences.height:
        rows = regime_rows(analysis.regime_differences)
        tables.append(ShownRows("Regimes", regime_columns(rows), rows, note=REGIMES_NOTE))
    return tables
