"""How data sets come into a study: what is there already must be the same, and an altered copy has the examples of its source."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from pietools.errors import StudyError
from pietools.study.adding_networks import insert, refuse_other
from pietools.study.database import Database
from pietools.study.records import LABEL_NOISE, MAX_CLASSES, Dataset

# What is said of a data set beyond its examples; an altered copy has its own.
DESCRIBED = ("split", "content_digest", "source", "alteration", "severity", "seed")


def add_dataset(database: Database, dataset: Dataset) -> int:
    """Add a data set and return its dataset_id; one that is there already must be the same."""
    stored = database.sql(
        """select d.*, source.name as source from datasets as d
           left join datasets as source on source.dataset_id = d.source_dataset_id where d.name = ?""",
        [dataset.name],
    )
    if stored.height:
        return _same_dataset(database, dataset, stored.row(0, named=True))
    _check(dataset)
    row = _dataset_row(database, dataset)
    with database.transaction():
        insert(database, "datasets", row)
        database.append("examples", _examples(row["dataset_id"], dataset))
    return int(row["dataset_id"])


def add_classes(database: Database, dataset: str, names: Sequence[str]) -> None:
    """Put classes at the end of the list of a data set and of its altered copies: see :meth:`pietools.study.Study.add_classes`."""
    dataset_id = database.value("select dataset_id_of(?)", [dataset])
    stored = database.value("select class_names from datasets where dataset_id = ?", [dataset_id])
    if len({*stored, *names}) < len(stored) + len(names) or len(stored) + len(names) > MAX_CLASSES:
        raise StudyError(
            f"data set '{dataset}' cannot have the classes {', '.join(names[:5])} added: they are there, or too many."
        )
    scored = database.value(
        """select count(*) from evaluations join datasets using (dataset_id)
           where evidence in ('logits', 'log-odds', 'probabilities') and (dataset_id = ? or source_dataset_id = ?)""",
        [dataset_id, dataset_id],
    )
    if scored:
        raise StudyError(
            f"data set '{dataset}' has networks with a score for each of its {len(stored)} classes, and no more."
        )
    database.execute(
        "update datasets set class_names = ? where dataset_id = ? or source_dataset_id = ?",
        [[*stored, *names], dataset_id, dataset_id],
    )


def _check(dataset: Dataset) -> None:
    """Raise StudyError if a new data set breaks a rule of studies (:mod:`pietools.study.integrity`)."""
    if not dataset.name:
        raise StudyError("a data set needs a name.")
    if len(dataset.class_names) > MAX_CLASSES:
        raise StudyError(
            f"data set '{dataset.name}' has {len(dataset.class_names):,} classes. Allowed: {MAX_CLASSES:,}."
        )
    if pl.Series(dataset.keys, dtype=pl.String).n_unique() != len(dataset.keys):
        twice = next(key for key, count in Counter(dataset.keys).items() if count > 1)
        raise StudyError(f"data set '{dataset.name}' has two examples with the key '{twice}'.")
    if len(set(dataset.class_names)) != len(dataset.class_names):
        raise StudyError(f"data set '{dataset.name}' has two classes of one name.")
    labels = np.asarray(dataset.labels)
    if labels.shape != (len(dataset.keys),) or (
        len(labels) and not -1 <= labels.min() <= labels.max() < len(dataset.class_names)
    ):
        raise StudyError(
            f"data set '{dataset.name}' needs a label for each of its {len(dataset.keys)} keys: a class from 0 to "
            f"{len(dataset.class_names) - 1}, or -1 for none."
        )


def _dataset_row(database: Database, dataset: Dataset) -> dict[str, Any]:
    dataset_id = database.value("select coalesce(max(dataset_id), 0) + 1 from datasets")
    said = ("name", "split", "labels_digest", "content_digest", "alteration", "severity", "seed")
    return {
        "dataset_id": dataset_id,
        **{column: getattr(dataset, column) for column in said},
        "is_primary": dataset_id == 1,
        "n_examples": len(dataset.keys),
        "class_names": list(dataset.class_names),
        "source_dataset_id": _source_id(database, dataset),
    }


def _source_id(database: Database, dataset: Dataset) -> int | None:
    """dataset_id of what an altered copy is a copy of: the same examples in order, and labels but for label noise."""
    what = f"data set '{dataset.name}'"
    said = [dataset.alteration, dataset.severity, dataset.seed]
    if (dataset.alteration is None) if dataset.source else any(value is not None for value in said):
        raise StudyError(f"{what}: an altered copy has both a data set that it is a copy of and an alteration.")
    if dataset.severity is not None and not 1 <= dataset.severity <= 5:
        raise StudyError(f"{what} has severity {dataset.severity}. Allowed: 1 to 5.")
    if dataset.source is None:
        return None
    source_id = database.value("select dataset_id_of(?)", [dataset.source])
    source = database.sql("select * from datasets where dataset_id = ?", [source_id]).row(0, named=True)
    if source["source_dataset_id"] is not None:
        raise StudyError(f"{what} cannot be a copy of '{dataset.source}', which is an altered copy itself.")
    nothing: dict[str, Any] = dict.fromkeys(DESCRIBED)
    labels = labels_of(database, dataset.source) if dataset.alteration == LABEL_NOISE else dataset.labels
    as_source = replace(dataset, name=dataset.source, labels=labels, **nothing)
    try:
        _same_dataset(database, as_source, {**source, "source": None})
    except StudyError as error:
        raise StudyError(f"{what} is no copy of '{dataset.source}': {error}") from None
    return int(source_id)


def _examples(dataset_id: int, dataset: Dataset) -> pa.Table:
    n = len(dataset.keys)
    return pa.table(
        {
            "dataset_id": pa.repeat(pa.scalar(dataset_id, pa.int32()), n),
            "example_id": pa.array(np.arange(n, dtype=np.int32)),
            "key": pa.array(list(dataset.keys), pa.string()),
            "label": pa.array(dataset.labels, pa.int32(), mask=np.asarray(dataset.labels) < 0),
        }
    )


def _same_dataset(database: Database, dataset: Dataset, stored: dict[str, Any]) -> int:
    name = dataset.name
    if stored["n_examples"] != len(dataset.keys):
        raise StudyError(
            f"data set '{name}' is stored with {stored['n_examples']} examples, found {len(dataset.keys)}."
        )
    if stored["class_names"] != list(dataset.class_names):
        raise StudyError(
            f"data set '{name}' is stored with {len(stored['class_names'])} classes, found {len(dataset.class_names)}"
            f"{' of other names' if len(stored['class_names']) == len(dataset.class_names) else ''}."
        )
    if stored["labels_digest"] != dataset.labels_digest:
        raise StudyError(
            f"data set '{name}': the labels or keys contradict the stored ones{_difference(database, dataset)}."
        )
    if (
        None not in (stored["content_digest"], dataset.content_digest)
        and stored["content_digest"] != dataset.content_digest
    ):
        raise StudyError(f"data set '{name}' is stored with other inputs: give the changed one another name.")
    said = {column: getattr(dataset, column) for column in DESCRIBED if column != "content_digest"}
    refuse_other(f"data set '{name}'", stored, said)
    return int(stored["dataset_id"])


def labels_of(database: Database, dataset: str | None) -> np.ndarray:
    """Given labels in example order, shape (n,), int32; −1 where there is none."""
    query = "select coalesce(label, -1) as label from examples where dataset_id = dataset_id_of(?) order by example_id"
    return database.arrays(query, [dataset])["label"].astype(np.int32)


def _difference(database: Database, dataset: Dataset) -> str:
    stored = labels_of(database, dataset.name)
    differs = np.flatnonzero(stored != dataset.labels)
    if not len(differs):
        return ""
    first = differs[0]
    return f" on {len(differs)} examples, first {dataset.keys[first]!r}: stored {stored[first]}, found {dataset.labels[first]}"
