"""What an analysis found: the frames of its result tables, and what they are about."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import polars as pl

from pietools.results.gallery import Strip
from pietools.settings import AnalysisSettings


@dataclass(frozen=True)
class Analysis:
    """What topics found: ``tables`` holds their result frames by name, each also an attribute: ``analysis.pies``.

    Parameters
    ----------
    settings
        What was asked for.
    datasets
        The data sets of the study, one row each.
    comparisons
        One row per comparison and data set: reference, compressed, dataset, and what was done to the compressed networks.
    tables
        The result frames that were computed, by the name of their table.
    warnings
        Sentences that a reader should know.
    everything
        Whether all tables of the topics were asked for, not only their answers.
    compression, regime_differences
        How the networks came about, where the study knows: the views compression_details and regime_differences.
    gallery
        Examples that were hit, with their pictures.
    pictured
        Data sets that have pictures.
    """

    settings: AnalysisSettings
    datasets: pl.DataFrame
    comparisons: pl.DataFrame
    tables: dict[str, pl.DataFrame]
    warnings: list[str]
    everything: bool = False
    compression: pl.DataFrame = field(default_factory=pl.DataFrame)
    regime_differences: pl.DataFrame = field(default_factory=pl.DataFrame)
    gallery: tuple[Strip, ...] = ()
    pictured: frozenset[str] = frozenset()

    def __getattr__(self, name: str) -> pl.DataFrame:
        """The result frame of that name."""
        # What copies and pickles ask for before there is anything.
        if name.startswith("__") or name == "tables":
            raise AttributeError(name)
        if name not in self.tables:
            raise AttributeError(
                f"'{name}' was not computed. There are: {', '.join(self.tables)}. For all: analyze(study, everything=True)."
            )
        return self.tables[name]

    def only(self, populations: Collection[str]) -> "Analysis":
        """The same of some compressed populations: rows of their comparisons, of them and of their references."""
        kept = self.comparisons.filter(pl.col("compressed").is_in(list(populations)))
        named = [*populations, *kept["reference"]]
        called = [name.partition("/")[2] or name for name in populations]
        which = {"compressed": list(populations), "population": named, "compression": called}

        def of(frame: pl.DataFrame) -> pl.DataFrame:
            for kind, names in which.items():
                columns = [name for name in (kind, f"{kind}_a", f"{kind}_b") if name in frame.columns]
                if columns:
                    return frame.filter(pl.any_horizontal(pl.col(columns).is_in(names)))
            return frame

        return replace(self, comparisons=kept, tables={name: of(frame) for name, frame in self.tables.items()})

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from pietools import as_html

        return str(as_html(self))

    @property
    def copies(self) -> list[str]:
        """Names of the altered copies, which unseen data sum up."""
        return self.datasets.filter(pl.col("alteration").is_not_null())["name"].to_list()
