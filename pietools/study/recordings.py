"""Logits and features, labels of layers' probes and of epochs: how they come back as arrays, and all but logits into a study."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pyarrow as pa

from pietools.errors import StudyError
from pietools.study.adding_networks import stored_model, vectors_column
from pietools.study.database import Database
from pietools.study.prediction_matrices import label_matrix
from pietools.study.records import EpochPredictions, LayerPredictions, Model, Recording

LOGITS, FEATURES, LAYERS, EPOCHS = "logits", "features", "layer_predictions", "epoch_predictions"


def recorded(database: Database, model: Model, dataset: str) -> set[str]:
    """Tables that hold a recording of the network on the data set: see :meth:`pietools.study.Study.recorded`."""
    stored = stored_model(database, model)
    if stored is None:
        return set()
    where = [stored["model_id"], database.value("select dataset_id_of(?)", [dataset])]
    return {
        table
        for table in (FEATURES, LAYERS, EPOCHS)
        if database.value(f"select 1 from {table} where model_id = ? and dataset_id = ? limit 1", where)
    }


def of_population(database: Database, population: str, dataset: str | None) -> set[str]:
    """Tables that hold every network of a population: see :meth:`pietools.study.Study.recordings`."""
    return {
        table
        for table in (LOGITS, FEATURES, LAYERS, EPOCHS)
        if database.value(
            f"""select bool_and(exists (
                    select 1 from {table} as t where t.model_id = k.model_id and t.dataset_id = dataset_id_of($dataset)
                ))
                from evaluated_models($population, dataset := $dataset) as k""",
            {"population": population, "dataset": dataset},
        )
    }


def add_recording(
    database: Database, model: Model, dataset: str, recording: Recording, features_dtype: str
) -> list[str]:
    """Add what is not stored yet and return the tables: see :meth:`pietools.study.Study.add_recording`."""
    stored = stored_model(database, model)
    dataset_id = database.value("select dataset_id_of(?)", [dataset])
    where = [stored["model_id"] if stored else None, dataset_id]
    if not database.value("select 1 from evaluations where model_id = ? and dataset_id = ?", where):
        raise StudyError(f"a network of '{model.population}' has no predictions on '{dataset}' to record more of.")
    n = database.value("select n_examples from datasets where dataset_id = ?", [dataset_id])
    present = recorded(database, model, dataset)
    added = {name: rows for name, rows in _columns(recording, features_dtype, n).items() if name not in present}
    with database.transaction():
        for table, rows in added.items():
            keys = dict(zip(("model_id", "dataset_id"), where, strict=True))
            columns = {
                key: pa.repeat(pa.scalar(value, pa.int32()), len(rows["example_id"])) for key, value in keys.items()
            }
            database.append(table, pa.table(columns | rows))
    return list(added)


def _columns(recording: Recording, features_dtype: str, n: int) -> dict[str, dict[str, pa.Array]]:
    """Columns of each table that there is something for; StudyError if it is not of n examples."""
    columns: dict[str, dict[str, pa.Array]] = {}
    if recording.features is not None:
        _check_length(FEATURES, len(recording.features), n)
        columns[FEATURES] = {"example_id": pa.array(np.arange(n, dtype=np.int32))}
        columns[FEATURES] |= vectors_column("features", recording.features, features_dtype)
    if recording.layers is not None:
        _check_length(LAYERS, recording.layers.labels.shape[1], n)
        layer, columns[LAYERS] = _per_step(recording.layers.labels)
        names = pa.array(list(recording.layers.names), pa.string())
        columns[LAYERS] |= {"layer": layer, "layer_name": pa.DictionaryArray.from_arrays(layer, names)}
    if recording.epochs is not None:
        _check_length(EPOCHS, recording.epochs.labels.shape[1], n)
        epoch, columns[EPOCHS] = _per_step(recording.epochs.labels)
        el2n = pa.array(np.asarray(recording.epochs.el2n, dtype=np.float32).ravel())
        columns[EPOCHS] |= {"epoch": pa.array(epoch.to_numpy() + 1), "el2n": el2n}
    return columns


def _check_length(table: str, found: int, n: int) -> None:
    if found != n:
        raise StudyError(f"the data set has {n} examples, found {found} in what is to be added to {table}.")


def _per_step(labels: np.ndarray) -> tuple[pa.Array, dict[str, pa.Array]]:
    """Position of the layer or epoch, from 0, and example_id and predicted_label, for labels of shape (steps, n)."""
    steps, examples = np.indices(labels.shape, dtype=np.int32)
    predicted = pa.array(np.asarray(labels, dtype=np.int32).ravel())
    return pa.array(steps.ravel()), {"example_id": pa.array(examples.ravel()), "predicted_label": predicted}


def each_logits(database: Database, population: str, dataset: str | None) -> Iterator[np.ndarray]:
    """Logits of each network: see :meth:`pietools.study.Study.each_logits`."""
    return (_vectors(rows, LOGITS) for rows in _rows(database, population, dataset, LOGITS))


def each_features(database: Database, population: str, dataset: str | None) -> Iterator[np.ndarray]:
    """What the last linear layer receives: see :meth:`pietools.study.Study.each_features`."""
    return (_vectors(rows, FEATURES) for rows in _rows(database, population, dataset, FEATURES))


def layer_predictions(database: Database, population: str, dataset: str | None) -> LayerPredictions:
    """Labels that the layers' probes predict: see :meth:`pietools.study.Study.layer_predictions`."""
    names: list[str] = []
    labels = []
    for rows in _rows(database, population, dataset, LAYERS):
        names = rows["layer_name"].unique(maintain_order=True).to_list()
        labels.append(rows["predicted_label"].to_numpy().reshape(len(names), -1))
    return LayerPredictions(names, np.stack(labels))


def epoch_predictions(database: Database, population: str, dataset: str | None) -> EpochPredictions:
    """Labels and EL2N after each epoch: see :meth:`pietools.study.Study.epoch_predictions`."""
    labels, el2n = [], []
    for rows in _rows(database, population, dataset, EPOCHS):
        n_epochs = rows["epoch"].n_unique()
        labels.append(rows["predicted_label"].to_numpy().reshape(n_epochs, -1))
        el2n.append(rows["el2n"].to_numpy().reshape(n_epochs, -1))
    return EpochPredictions(np.stack(labels), np.stack(el2n))


def _rows(database: Database, population: str, dataset: str | None, table: str) -> Iterator[pl.DataFrame]:
    """Rows of each network in the order of label_matrix, by layer or epoch and example; StudyError if one has none."""
    step = {LAYERS: "layer,", EPOCHS: "epoch,"}.get(table, "")
    networks, _ = label_matrix(database, population, dataset)
    for model_id, replicate in networks.select("model_id", "replicate").iter_rows():
        rows = database.sql(
            f"""select * from {table} where model_id = ? and dataset_id = dataset_id_of(?)
                order by {step} example_id""",
            [model_id, dataset],
        )
        if not rows.height:
            who = f"a network of '{population}'" if replicate is None else f"replicate '{replicate}' of '{population}'"
            where = f"'{dataset}'" if dataset else "the primary data set"
            raise StudyError(f"{who} has no {table} on {where}: ask for them in the STUDY.toml, then pietools collect.")
        yield rows


def _vectors(rows: pl.DataFrame, column: str) -> np.ndarray:
    """Logits or features of one network, shape (n, width), float32."""
    if rows[column].null_count():
        half = np.frombuffer(b"".join(rows[f"{column}_half"]), dtype="<f2")
        return half.astype(np.float32).reshape(rows.height, -1)
    return rows[column].explode().to_numpy().reshape(rows.height, -1)
