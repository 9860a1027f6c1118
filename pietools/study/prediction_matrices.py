"""Predictions of a population as arrays: a row per network, a column per example."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pietools.errors import StudyError
from pietools.study.adding_datasets import labels_of
from pietools.study.database import Database
from pietools.study.macros import Macros
from pietools.study.network_order import network_signatures

_NETWORKS = """
    select m.model_id, m.replicate, d.dataset_id, d.n_examples
    from populations as p
    join models as m on m.population_id = p.population_id
    join evaluations as e on e.model_id = m.model_id
    join datasets as d on d.dataset_id = e.dataset_id
    where p.name = $population and case when $dataset is null then d.is_primary else d.name = $dataset end
    order by m.model_id
"""
"""The macro ``evaluated_models`` without the subqueries that say what is wrong: a third of the time, asked for every population."""
_EXPRESSIONS = {"label_log_odds": "coalesce(label_log_odds, log_odds_of_loss(loss))"}
"""As the macro ``population_predictions`` has them."""


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
        """Networks (model_id, replicate, dataset_id, n_examples) and their predicted labels, shape (networks, examples), int32.

        Networks are ordered by replicate name. Without names they are ordered by what they predict, so that the order in which
        networks or examples were added changes no seeded relabelling.
        """
        networks = self._evaluated_models(population, dataset)
        matrix = _matrices(self._database, networks, population, ["predicted_label"], np.int32)["predicted_label"]
        names = networks["replicate"].to_list()
        if None in names or len(set(names)) < len(names):
            order = _order_by_predictions(self._database, matrix, dataset)
        else:
            order = sorted(range(len(names)), key=names.__getitem__)
        return networks[order], matrix[order]

    def scalar_matrix(
        self, population: str, column: str, dataset: str | None = None, *, networks: pl.DataFrame | None = None
    ) -> np.ndarray:
        """A number of each prediction, shape (networks, examples), rows as :meth:`label_matrix`; NaN where it is not known.

        ``column``: loss, confidence, margin, entropy, brier, label_rank, label_log_odds or logit_margin. ``networks``: those of
        :meth:`label_matrix`, if they are known.
        """
        return self.scalar_matrices(population, (column,), dataset, networks=networks)[column]

    def scalar_matrices(
        self,
        population: str,
        columns: Sequence[str],
        dataset: str | None = None,
        *,
        networks: pl.DataFrame | None = None,
    ) -> dict[str, np.ndarray]:
        """Several numbers of each prediction, likewise, read at once; by column."""
        ordered = self.label_matrix(population, dataset)[0] if networks is None else networks
        return _matrices(self._database, ordered, population, columns)

    def _evaluated_models(self, population: str, dataset: str | None) -> pl.DataFrame:
        """Networks of a population that were run on the data set: model_id, replicate, dataset_id and its n_examples."""
        names = {"population": population, "dataset": dataset}
        found = self.sql(_NETWORKS, names)
        # Where there is none the macro says what is wrong.
        return found if found.height else self.sql("from evaluated_models($population, dataset := $dataset)", names)


def _matrices(
    database: Database, networks: pl.DataFrame, population: str, columns: Sequence[str], dtype: type = np.float64
) -> dict[str, np.ndarray]:
    """Numbers of the predictions of networks on a data set, a row each; a missing number is NaN."""
    model_ids = networks["model_id"].to_numpy()
    row_of = np.zeros(model_ids.max() + 1, dtype=np.int64)
    row_of[model_ids] = np.arange(len(model_ids))
    dataset_id, n = networks.select("dataset_id", "n_examples").row(0)
    # Numbers in the query, and no subquery: so DuckDB reads the rows of these networks and no others.
    read = ", ".join(f"{_EXPRESSIONS.get(column, column)} as {column}" for column in columns)
    found = database.arrays(
        f"select model_id, example_id, {read} from predictions "
        f"where dataset_id = {dataset_id} and model_id in ({', '.join(map(str, model_ids))})"
    )
    place = row_of[found["model_id"]] * n + found["example_id"]
    is_filled = np.zeros(len(model_ids) * n, dtype=bool)
    is_filled[place] = True
    if len(place) != len(is_filled) or not is_filled.all():
        raise StudyError(
            f"a network of '{population}' lacks predictions of examples, or has some twice: the study is damaged."
        )
    return {column: _placed(found[column], place, dtype).reshape(-1, n) for column in columns}


def _placed(values: np.ndarray, place: np.ndarray, dtype: type) -> np.ndarray:
    if np.ma.isMA(values) and values.mask.all():
        # What is known of no prediction takes no room.
        return np.broadcast_to(np.nan, place.shape)
    matrix: np.ndarray = np.empty(place.shape, dtype)
    matrix[place] = np.ma.filled(values.astype(dtype), np.nan) if np.ma.isMA(values) else values
    return matrix


def _order_by_predictions(database: Database, matrix: np.ndarray, dataset: str | None) -> list[int]:
    """Order of networks that have no names: by signature, and where these are equal by predictions in the order of the keys."""
    query = "select example_id from examples where dataset_id = dataset_id_of(?) order by key"
    by_key = database.arrays(query, [dataset])["example_id"]
    signatures = network_signatures(labels_of(database, dataset), matrix)
    return sorted(range(len(matrix)), key=lambda k: (signatures[k], matrix[k][by_key].tobytes()))
