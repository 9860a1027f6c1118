"""How the tables about training and compression read."""

import polars as pl

from pietools.results.rounding import count, percent
from pietools.results.shown import Row, ShownColumn

NO_LAYERS = "none"

COMPRESSION = (
    ShownColumn("population", lambda row: str(row["population"]), is_text=True),
    ShownColumn("zero weights, %", lambda row: percent(row["realised_sparsity"], 2)),
    ShownColumn("bits", lambda row: "–" if row["bits"] is None else str(row["bits"])),
    ShownColumn("kB on disk", lambda row: count(None if row["n_bytes"] is None else row["n_bytes"] / 1000)),
    ShownColumn("compressed layers", lambda row: ", ".join(row["compressed_layers"]) or NO_LAYERS, is_text=True),
    ShownColumn("other layers", lambda row: ", ".join(row["other_layers"]) or NO_LAYERS, is_text=True),
)


def regime_rows(differences: pl.DataFrame) -> list[Row]:
    """Turn the view regime_differences into one row per fact, with a key per regime."""
    return differences.pivot(on="regime", index="fact", values="value").to_dicts()


def regime_columns(rows: list[Row]) -> list[ShownColumn]:
    """Return the columns of these rows: the fact, then the regimes."""
    return [
        ShownColumn(name.replace("_", " "), lambda row, name=name: _plain(row[name]), is_text=True)  # type: ignore[misc]
        for name in rows[0]
    ]


def _plain(value: str | None) -> str:
    """Show a list of JSON without its brackets, and nothing as a dash."""
    if value is None:
        return "–"
    return value.strip("[]").replace('"', "").replace(",", ", ").replace("_", " ") or "none"
