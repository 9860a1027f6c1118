"""Logits and features, labels of layers' probes and of epochs: how they come back as arrays, and all but logits into a study."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pyarrow as pa

from pietools.errors import StudyError
from pietools.study.adding_networks import example_keys, stored_model
from pietools.study.evaluation_rows import vectors_column
from pietools.study.prediction_matrices import Matrices
from pietools.study.records import EpochPredictions, LayerPredictions, Model, Recording

LOGITS, FEATURES, LAYERS, EPOCHS = "logits", "features", "layer_predictions", "epoch_predictions"


class Recordings(Matrices):
    """What was recorded beyond the predictions; networks come in the order of :meth:`label_matrix`.

    Reading raises StudyError if a network of the population has nothing of the kind.
    """

    def recordings(self, population: str, dataset: str | None = None) -> set[str]:
        """Which of the tables logits, features, layer_predictions and epoch_predictions hold every network of the population."""
        networks = self._evaluated_models(population, dataset)
        of_these = (
            f"dataset_id = {networks['dataset_id'][0]} and model_id in ({', '.join(map(str, networks['model_id']))})"
        )
        return {
            table
            for table in (LOGITS, FEATURES, LAYERS, EPOCHS)
            if self._database.value(f"select count(distinct model_id) from {table} where {of_these}") == networks.height
        }

    def each_logits(self, population: str, dataset: str | None = None) -> Iterator[np.ndarray]:
        """Logits of one network after another, shape (examples, classes), float32."""
        return (_vectors(rows, LOGITS) for rows in self._rows(population, dataset, LOGITS))

    def each_features(self, population: str, dataset: str | None = None) -> Iterator[np.ndarray]:
        """What the last linear layer receives, of one network after another, shape (examples, width), float32."""
        return (_vectors(rows, FEATURES) for rows in self._rows(population, dataset, FEATURES))

    def features(self, population: str, dataset: str | None = None) -> np.ndarray:
        """The same of all networks, shape (networks, examples, width)."""
        return np.stack([*self.each_features(population, dataset)])

    def layer_predictions(self, population: str, dataset: str | None = None) -> LayerPredictions:
        """Names of the layers, and labels that their probes predict, shape (networks, layers, examples), int32."""
        names: list[str] = []
        labels = []
        for rows in self._rows(population, dataset, LAYERS):
            names = rows["layer_name"].unique(maintain_order=True).to_list()
            labels.append(rows["predicted_label"].to_numpy().reshape(len(names), -1))
        return LayerPredictions(names, np.stack(labels))

    def epoch_predictions(self, population: str, dataset: str | None = None) -> EpochPredictions:
        """Labels, int32, and EL2N, float32, after each epoch of training, shape (networks, epochs, examples)."""
        labels, el2n = [], []
        for rows in self._rows(population, dataset, EPOCHS):
            n_epochs = rows["epoch"].n_unique()
            labels.append(rows["predicted_label"].to_numpy().reshape(n_epochs, -1))
            el2n.append(rows["el2n"].to_numpy().reshape(n_epochs, -1))
        return EpochPredictions(np.stack(labels), np.stack(el2n))

    def recorded(self, model: Model, dataset: str) -> set[str]:
        """Which of the tables features, layer_predictions and epoch_predictions hold this network on the data set."""
        stored = stored_model(self._database, model)
        if stored is None:
            return set()
        where = [stored["model_id"], self._database.value("select dataset_id_of(?)", [dataset])]
        return {
            table
            for table in (FEATURES, LAYERS, EPOCHS)
            if self._database.value(f"select 1 from {table} where model_id = ? and dataset_id = ? limit 1", where)
        }

    def add_recording(
        self, model: Model, dataset: str, recording: Recording, features_dtype: str = "float32"
    ) -> list[str]:
        """Add what was recorded of a network beyond its predictions, in one transaction; what is stored stays as it is.

        Parameters
        ----------
        features_dtype
            ``float32`` or ``float16``.

        Returns
        -------
        list of str
            The tables that were added to.

        Raises
        ------
        StudyError
            If the network has no predictions on the data set, or the recording is of another number of examples.
        """
        database = self._database
        stored = stored_model(database, model)
        dataset_id = database.value("select dataset_id_of(?)", [dataset])
        where = [stored["model_id"] if stored else None, dataset_id]
        is_there = database.value("select 1 from evaluations where model_id = ? and dataset_id = ?", where)
        if stored is None or not is_there:
            raise StudyError(f"a network of '{model.population}' has no predictions on '{dataset}' to record more of.")
        n = database.value("select n_examples from datasets where dataset_id = ?", [dataset_id])
        _check_recorded(
            recording,
            dataset,
            len(database.value("select class_names from datasets where dataset_id = ?", [dataset_id])),
        )
        present = self.recorded(model, dataset)
        added = {name: rows for name, rows in _columns(recording, features_dtype, n).items() if name not in present}
        with database.transaction():
            for table, rows in added.items():
                database.append(
                    table, pa.table(rows | example_keys(stored["model_id"], dataset_id, rows["example_id"]))
                )
        return list(added)

    def _rows(self, population: str, dataset: str | None, table: str) -> Iterator[pl.DataFrame]:
        """Rows of each network in the order of label_matrix, by layer or epoch and example; StudyError if one has none."""
        step = {LAYERS: "layer,", EPOCHS: "epoch,"}.get(table, "")
        networks, _ = self.label_matrix(population, dataset)
        for model_id, replicate, dataset_id, _ in networks.iter_rows():
            where = f"model_id = {model_id} and dataset_id = {dataset_id}"
            rows = self.sql(f"select * from {table} where {where} order by {step} example_id")
            if not rows.height:
                who = (
                    f"a network of '{population}'"
                    if replicate is None
                    else f"replicate '{replicate}' of '{population}'"
                )
                where = f"'{dataset}'" if dataset else "the primary data set"
                raise StudyError(
                    f"{who} has no {table} on {where}: ask for them in the STUDY.toml, then pietools collect."
                )
            yield rows


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


def _check_recorded(recording: Recording, dataset: str, n_classes: int) -> None:
    """Raise StudyError for a class that is not there, or numbers that are not finite."""
    for what, steps in (("layers", recording.layers), ("epochs", recording.epochs)):
        if steps is not None and steps.labels.size and not 0 <= steps.labels.min() <= steps.labels.max() < n_classes:
            raise StudyError(
                f"{what} predict classes from {steps.labels.min()} to {steps.labels.max()}; '{dataset}' has {n_classes}."
            )
    if recording.layers is not None and len(recording.layers.names) != len(recording.layers.labels):
        raise StudyError(f"there are {len(recording.layers.names)} names for {len(recording.layers.labels)} layers.")
    if recording.epochs is not None and not np.isfinite(recording.epochs.el2n).all():
        raise StudyError("EL2N of epochs is no finite number.")


def _check_length(table: str, found: int, n: int) -> None:
    if found != n:
        raise StudyError(f"the data set has {n} examples, found {found} in what is to be added to {table}.")


def _per_step(labels: np.ndarray) -> tuple[pa.Array, dict[str, pa.Array]]:
    """Position of the layer or epoch, from 0, and example_id and predicted_label, for labels of shape (steps, n)."""
    steps, examples = np.indices(labels.shape, dtype=np.int32)
    predicted = pa.array(np.asarray(labels, dtype=np.int32).ravel())
    return pa.array(steps.ravel()), {"example_id": pa.array(examples.ravel()), "predicted_label": predicted}


def _vectors(rows: pl.DataFrame, column: str) -> np.ndarray:
    """Logits or features of one network, shape (n, width), float32."""
    if rows[column].null_count():
        half = np.frombuffer(b"".join(rows[f"{column}_half"]), dtype="<f2")
        return half.astype(np.float32).reshape(rows.height, -1)
    return rows[column].explode().to_numpy().reshape(rows.height, -1)
