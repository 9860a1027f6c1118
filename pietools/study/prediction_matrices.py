"""Predictions of a population as arrays: a row per network, a column per example."""

import numpy as np
import polars as pl

from pietools.errors import StudyError
from pietools.study.adding_datasets import labels_of
from pietools.study.database import Database
from pietools.study.macros import Macros
from pietools.study.network_order import network_signatures


class Matrices(Macros):
    """Labels and predictions as arrays: a row per network, a column per example."""

    def labels(self, dataset: str | None = None) -> np.ndarray:
        """Given labels in example order, shape (n,), int32; −1 where there is none."""
        return labels_of(self._database, dataset)

    def keys(self, dataset: str | None = None) -> pl.Series:
        """Keys in example order."""
        query = "select key from examples where dataset_id = dataset_id_of(?) order by example_id"
        return self.sql(query, [dataset])["key"]

    def label_matrix(self, population: str, dataset: str | None = None) -> tuple[pl.DataFrame, np.ndarray]:
        """Networks (model_id, replicate) and their predicted labels, shape (networks, examples), int32.

        Networks are ordered by replicate name. Without names they are ordered by what they predict, so that the order in which
        networks or examples were added changes no seeded relabelling.
        """
        networks, matrix = _matrix(self._database, population, dataset, "predicted_label", np.int32)
        names = networks["replicate"].to_list()
        if None in names or len(set(names)) < len(names):
            order = _order_by_predictions(self._database, matrix, dataset)
        else:
            order = sorted(range(len(names)), key=names.__getitem__)
        return networks[order], matrix[order]

    def scalar_matrix(self, population: str, column: str, dataset: str | None = None) -> np.ndarray:
        """A number of each prediction, shape (networks, examples), rows as :meth:`label_matrix`; NaN where it is not known.

        ``column``: loss, confidence, margin, entropy, brier, label_rank, label_log_odds or logit_margin.
        """
        ordered, _ = self.label_matrix(population, dataset)
        networks, matrix = _matrix(self._database, population, dataset, column, np.float64)
        row_of = {model_id: row for row, model_id in enumerate(networks["model_id"])}
        return matrix[[row_of[model_id] for model_id in ordered["model_id"]]]


def _matrix(
    database: Database, population: str, dataset: str | None, column: str, dtype: type
) -> tuple[pl.DataFrame, np.ndarray]:
    """Networks, and a column of their predictions in the same order; a missing number is NaN."""
    networks = database.sql("select model_id, replicate from evaluated_models(?, dataset := ?)", [population, dataset])
    model_ids = networks["model_id"].to_numpy()
    row_of = np.zeros(model_ids.max() + 1, dtype=np.int64)
    row_of[model_ids] = np.arange(len(model_ids))
    found = database.arrays(
        f"select model_id, example_id, {column} as value from population_predictions(?, dataset := ?)",
        [population, dataset],
    )
    n = database.value("select n_examples from datasets where dataset_id = dataset_id_of(?)", [dataset])
    values, rows = found["value"], row_of[found["model_id"]]
    is_filled = np.zeros((len(model_ids), n), dtype=bool)
    is_filled[rows, found["example_id"]] = True
    if len(values) != is_filled.size or not is_filled.all():
        raise StudyError(
            f"a network of '{population}' lacks predictions of examples, or has some twice: the study is damaged."
        )
    matrix: np.ndarray = np.empty(is_filled.shape, dtype=dtype)
    matrix[rows, found["example_id"]] = values.filled(np.nan) if np.ma.isMA(values) else values
    return networks, matrix


def _order_by_predictions(database: Database, matrix: np.ndarray, dataset: str | None) -> list[int]:
    """Order of networks that have no names: by signature, and where these are equal by predictions in the order of the keys."""
    query = "select example_id from examples where dataset_id = dataset_id_of(?) order by key"
    by_key = database.arrays(query, [dataset])["example_id"]
    signatures = network_signatures(labels_of(database, dataset), matrix)
    return sorted(range(len(matrix)), key=lambda k: (signatures[k], matrix[k][by_key].tobytes()))
