"""Puts properties that were measured elsewhere into a study: one value per example, aligned, checked, all or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pietools.errors import ImportFileError, StudyError
from pietools.exchange.example_values import placed, read_values
from pietools.exchange.files.opening import readable
from pietools.study import Study


@dataclass(frozen=True)
class ImportedProperties:
    """What an import found and added: by property how many examples have a value, and how many values are new."""

    dataset: str
    source: str
    n_examples: int
    n_values: dict[str, int]
    n_added: dict[str, int]


def import_properties(
    study: Study,
    path: Path,
    columns: Mapping[str, str],
    *,
    dataset: str,
    source: str,
    examples: str | None = None,
) -> ImportedProperties:
    """Add properties from a file with one value per example, all or nothing.

    Parameters
    ----------
    columns
        Column of a table, or array of an npz, by name of the property. An npy file is one property, whatever its column.
    dataset
        Name of a data set of the study.
    source
        Where the values come from.
    examples
        Column or array with the keys of the examples; one that the file does not name has no value. Without it rows are taken as
        they stand.

    Raises
    ------
    ImportFileError, StudyError
        If the file cannot be read or does not fit, or other values are stored; nothing is added then.
    """
    with readable(path):
        found = read_values(path, list(columns.values()))
        names = None if examples is None else read_values(path, [examples])[0]
    target = study.dataset(dataset)
    if target is None:
        others = ", ".join(study.datasets()["name"]) or "none"
        raise StudyError(f"no data set is named '{dataset}'. The study has: {others}.")
    n = len(target.keys)
    fitted = [values if names is None else placed(path, names, values, target) for values in found]
    if (other := next((len(one) for one in fitted if len(one) != n), None)) is not None:
        raise ImportFileError(f"{path}: {other} values, but data set '{dataset}' has {n} examples.")
    with study.transaction():
        n_added = {
            name: study.add_property(dataset, name, values, source)
            for name, values in zip(columns, fitted, strict=True)
        }
    stored = study.properties().filter(dataset=dataset, source=source)
    n_values = dict(stored.select("property", "n").rows())
    return ImportedProperties(dataset, source, n, {name: n_values[name] for name in columns}, n_added)
