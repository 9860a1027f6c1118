"""An analysis as the object that ``pietools analyze --json`` prints: schema ``pietools/analyze/1``.

Where each result table stands is said in its declaration. What is not computed, because only the answers were asked for, is null.
New keys keep the version; a key that changes its meaning gets another one. docs/json.md describes every key.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from pietools.conventions import CORRECTION
from pietools.report.headlines import headlines
from pietools.results.analysis import Analysis
from pietools.results.table import Column, Table
from pietools.topics.catalogue import TOPICS
from pietools.topics.classes.tables import DISTORTION, SIGNIFICANT
from pietools.topics.regimes.tables import CHANGE, OVERLAP
from pietools.topics.regimes.tables import PIES as REGIMES_PIES
from pietools.topics.subgroups.tables import GAPS, GROUPS, MODAL, RAW, SHIFTED
from pietools.topics.unseen.tables import GENERALIZES, ROBUSTNESS
from pietools.version import __version__

SCHEMA = "pietools/analyze/1"
DATASET = ("name", "split", "is_primary", "n_examples", "n_classes", "n_labelled", "source", "alteration", "severity")
# What earlier versions computed and nobody read: null, since keys stay.
GONE = (
    "n_pies_unanimous",
    "null.net_forgotten_p",
    "stability.null_mean",
    "stability.null_conf_low",
    "stability.null_conf_high",
)
GONE_OF_REGIMES: tuple[str, ...] = (
    "expected_within",
    "odds_ratio",
    "odds_ratio_conf_low",
    "odds_ratio_conf_high",
)
GONE_OF_REGIMES += ("cmh_p", "homogeneity_p", "n_strata")
Row = dict[str, Any]


def analysis_json(analysis: Analysis) -> Row:
    """The object as plain dicts, lists, numbers and None."""
    lists = dict(_lists(analysis))
    return {
        **_head(analysis, SCHEMA),
        "headline": headlines(analysis),
        "datasets": analysis.datasets.select(DATASET).to_dicts(),
        "populations": lists.pop("populations"),
        "comparisons": [_comparison(analysis, row) for row in analysis.comparisons.to_dicts()],
        **lists,
        "characterize_averaged": None,
    }


def _lists(analysis: Analysis) -> Iterator[tuple[str, list[Row] | None]]:
    """The lists of rows, in the order in which the tables are declared."""
    of_several = {GROUPS: _subgroups, GAPS: _gaps, GENERALIZES: _generalization, CHANGE: _regimes}
    for table in _tables():
        if table in of_several:
            yield table.name, of_several[table](analysis)
        elif table.json and table.json.kind == "rows":
            yield table.json.key, _rows(analysis, table)


def topic_json(analysis: Analysis, topic: str) -> Row:
    """What one topic found: the rows of each of its result tables, under the schema ``pietools/TOPIC/2``."""
    tables = {name: frame.to_dicts() for name, frame in analysis.tables.items()}
    return {**_head(analysis, f"pietools/{topic}/2"), **tables}


def _head(analysis: Analysis, schema: str) -> Row:
    return {
        "schema": schema,
        "version": __version__,
        "seed": analysis.settings.seed,
        "warnings": analysis.warnings,
    }


def _tables() -> Iterator[Table]:
    return (table for topic in TOPICS.values() for table in topic.tables)


def _rows(analysis: Analysis, table: Table, names: Row | None = None) -> list[Row] | None:
    """Rows of a table under the keys of the JSON, all or those of a comparison without its names; None if not computed."""
    frame = analysis.tables.get(table.name)
    if frame is None:
        return None
    columns = [column for column in table.columns if names is None or column.name not in names]
    of = frame if names is None else frame.filter(_is(names))
    return [_placed(row, columns) for row in of.to_dicts()]


def _is(names: Row) -> pl.Expr:
    return pl.all_horizontal(pl.col(name) == value for name, value in names.items())


def _placed(row: Row, columns: Iterable[Column]) -> Row:
    """Values of some columns under their keys; ``null.mean`` is a key of an inner object."""
    placed: Row = {}
    for column in columns:
        _put(placed, column.json or column.name, row[column.name])
    return placed


def _put(placed: Row, path: str, value: Any) -> None:
    *outer, key = path.split(".")
    for name in outer:
        placed = placed.setdefault(name, {})
    placed[key] = value


def _comparison(analysis: Analysis, row: Row) -> Row:
    """One comparison: what was done to its networks, and what each topic says of it."""
    names = {name: row[name] for name in ("reference", "compressed", "dataset")}
    found: Row = dict(row)
    for table in _tables():
        if table.json is not None and table.json.kind != "rows":
            _add(found, analysis, table, names)
    for path in GONE:
        _put(found, path, None)
    if found["accuracy_change"]:
        found["accuracy_change"]["p_spread"] = None
    found["excess_pies"] = found["excess"]["estimate"]
    found["split_half_jaccard"] = found["stability"]["jaccard"]
    found["dense_baseline"] = found["dense_baseline"] if found["dense_baseline"]["n_pies"] is not None else None
    return found | {"classes": _classes(analysis, names)}


def _add(found: Row, analysis: Analysis, table: Table, names: Row) -> None:
    """Put the rows that a table has of a comparison where its declaration says."""
    json, rows = table.json, _rows(analysis, table, names)
    assert json is not None
    if json.kind == "merged":
        columns = [column for column in table.columns if column.name not in names]
        _merge(found, rows[0] if rows else _placed({column.name: None for column in columns}, columns))
    elif json.kind == "object":
        found[json.key] = rows[0] if rows else None
    elif json.kind == "list" or rows is None:
        found[json.key] = rows
    else:
        by = next(column.name for column in table.columns if column.name not in names)
        found[json.key] = {row.pop(by): row for row in rows}


def _merge(found: Row, more: Row) -> None:
    for key, value in more.items():
        if isinstance(value, dict):
            _merge(found.setdefault(key, {}), value)
        else:
            found[key] = value


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def _classes(analysis: Analysis, names: Row) -> Row | None:
    """Numbers of significant classes, those of the default test first; None without labels."""
    rows = _rows(analysis, SIGNIFICANT, names)
    if not rows:
        return None
    default = next(row["test"] for row in rows if row["is_default"])
    tests = {row["test"]: _without(row, "test", "is_default") for row in rows}
    counts = {"paired": None, **tests}
    return {
        "test": default,
        "correction": CORRECTION,
        **tests[default],
        "tests": counts,
        "distortion": _distortion(_rows(analysis, DISTORTION, names)),
    }


def _distortion(rows: list[Row] | None) -> Row | None:
    """Intensification, CEV and SDE in one object; intensification has neither a published value nor classes left out."""
    if not rows:
        return None
    found = {row["measure"]: row for row in rows}
    cev, slope = found["cev"], found["intensification"]
    return {
        **_prefixed("intensification", slope, "std_error", "conf_low", "conf_high"),
        **_prefixed("cev", cev, "published", "conf_low", "conf_high", "flag"),
        **_prefixed("sde", found["sde"], "published", "conf_low", "conf_high", "flag"),
        "n_classes": cev["n_classes"],
        "n_left_out": cev["n_left_out"],
        "flag": slope["flag"],
    }


def _prefixed(name: str, row: Row, *columns: str) -> Row:
    return {name: row["estimate"], **{f"{name}_{column}": row[column] for column in columns}}


def _subgroups(analysis: Analysis) -> list[Row] | None:
    """A row per group and rate: the raw scale, the shifted one behind a prefix, and the modal labels' accuracy."""
    rows = _rows(analysis, GROUPS)
    if rows is None:
        return None
    keys = GROUPS.keys
    shifted = {_key(row, keys): row for row in rows if row["scale"] == SHIFTED}
    modal = {(*_key(row, MODAL.keys), row["population"]): row for row in _rows(analysis, MODAL) or []}
    found = []
    for row in rows:
        if row["scale"] == RAW:
            numbers = ("estimate", "std_error", "statistic", "df", "p_value", "p_adjusted", "conf_low", "conf_high")
            other = shifted[_key(row, keys)]
            more = {f"shifted_{name}": other[name] for name in numbers}
            for side in ("reference", "compressed"):
                of_side = modal.get((*_key(row, MODAL.keys), side)) if row["rate"] == "accuracy" else None
                more[f"modal_{side}"] = of_side["estimate"] if of_side else None
                more |= {
                    f"modal_{side}_{name}": of_side[name] if of_side else None for name in ("conf_low", "conf_high")
                }
            found.append(_without(row, "scale") | more)
    return found


def _key(row: Row, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def _generalization(analysis: Analysis) -> list[Row] | None:
    """Rows of two regimes, with effective robustness behind a prefix."""
    rows, keys = _rows(analysis, GENERALIZES), GENERALIZES.keys
    if rows is None:
        return None
    robust = {_key(row, keys): row for row in _rows(analysis, ROBUSTNESS) or []}
    columns = [column.name for column in ROBUSTNESS.columns if not column.is_key]
    return [row | {f"robustness_{name}": robust.get(_key(row, keys), {}).get(name) for name in columns} for row in rows]


def _gaps(analysis: Analysis) -> list[Row] | None:
    """The two measures of a gap in one row: what differs between them behind the name of the measure."""
    rows = _rows(analysis, GAPS)
    if rows is None:
        return None
    numbers = ("estimate", "null_mean", "null_sd", "null_conf_low", "null_conf_high", "p_value")
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        shared = found.setdefault(_key(row, GAPS.keys), _without(row, "measure", *numbers))
        shared |= {f"{row['measure']}_{name}": row[name] for name in numbers}
    return list(found.values())


def _regimes(analysis: Analysis) -> list[Row] | None:
    """A row per pair of regimes: the correlation of changes, the overlap, and the correlations of PIE indicators."""
    rows = _rows(analysis, CHANGE)
    if rows is None:
        return None
    keys = CHANGE.keys
    overlaps = {_key(row, keys): row for row in _rows(analysis, OVERLAP) or []}
    of_pies = {(*_key(row, keys), row["side"]): row for row in _rows(analysis, REGIMES_PIES) or []}
    parts = {
        ("pies", "compressed"): ("estimate", "conf_low", "conf_high", "raw", "ceiling", "set_size", "flag"),
        ("baseline", "baseline"): ("estimate", "conf_low", "conf_high", "flag"),
    }
    words = {"paired": "matched", "unpaired": "unmatched"}
    return [
        row
        | {"design": words[row["design"]]}
        | {
            f"{prefix}_{name}": of_pies.get((*_key(row, keys), side), {}).get(name)
            for (prefix, side), names in parts.items()
            for name in names
        }
        | _without(overlaps.get(_key(row, keys), {}), *keys)
        | dict.fromkeys(GONE_OF_REGIMES)
        for row in rows
    ]
