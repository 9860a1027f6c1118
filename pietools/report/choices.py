"""What a reader of the report can choose: a regime and a compression, and which of them a row, a figure or a picture is of."""

from dataclasses import dataclass

from pietools.report.costs import compression_labels
from pietools.results.analysis import Analysis
from pietools.results.shown import Row


@dataclass(frozen=True)
class Choices:
    """Regimes and compressions that are compared, and the place of each population among them."""

    regimes: list[str]
    compressions: list[str]
    _places: dict[tuple[str | None, str], tuple[str, str]]

    @property
    def are_any(self) -> bool:
        """Whether there is anything to choose."""
        return len(self.regimes) > 1 or len(self.compressions) > 1

    def of(self, row: Row) -> str:
        """``1,3``: a row is of the second regime and the fourth compression; without a number where it is of none or of all."""
        name, against = row.get("compressed") or row.get("population"), row.get("reference")
        place = self._places.get((str(against), str(name))) or self._places.get((None, str(name)))
        if place is not None:
            regime, compression = place
        else:
            compression = _place(self.compressions, row.get("chosen_as", row.get("compression")))
            regime = _place(self.regimes, row.get("regime"))
        return f"{regime},{compression}".strip(",") and f"{regime},{compression}"


def choices(analysis: Analysis) -> Choices:
    """What can be chosen in the report of an analysis."""
    compared = analysis.comparisons.to_dicts()
    labels = {
        (row["reference"], row["compressed"], row["dataset"]): label
        for dataset in {row["dataset"] for row in compared}
        for row, label in _labelled([row for row in compared if row["dataset"] == dataset])
    }
    regimes = list(dict.fromkeys(row["regime"] for row in compared if row["regime"] is not None))
    compressions = list(dict.fromkeys(labels[row["reference"], row["compressed"], row["dataset"]] for row in compared))
    places: dict[tuple[str | None, str], tuple[str, str]] = {}
    for row in compared:
        regime = _place(regimes, row["regime"])
        label = labels[row["reference"], row["compressed"], row["dataset"]]
        places.setdefault((None, row["reference"]), (regime, ""))
        places[row["reference"], row["compressed"]] = regime, _place(compressions, label)
        others = [
            one for one in compared if one["compressed"] == row["compressed"] and one["reference"] != row["reference"]
        ]
        places[None, row["compressed"]] = (regime, "") if others else (regime, _place(compressions, label))
    return Choices(regimes, compressions, places)


def _labelled(rows: list[Row]) -> list[tuple[Row, str]]:
    labels = compression_labels(rows)
    return [(row, labels[row["reference"], row["compressed"]]) for row in rows]


def _place(known: list[str], name: object) -> str:
    return str(known.index(name)) if name in known else ""
