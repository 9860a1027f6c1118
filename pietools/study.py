"""A study: one DuckDB file with the examples, the models, every model's predictions, and the results."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import polars as pl
import pyarrow as pa

from pietools.database import Database, to_json
from pietools.errors import StudyError
from pietools.records import ROLES, Dataset, Evaluation, Model, Population

__all__ = ["Dataset", "Evaluation", "Model", "Population", "Study"]


class Study:
    """An open study.

    Frames come back as polars. ``dataset=None`` means the primary data set, the first that was added. A name that the study
    does not have raises :class:`pietools.errors.StudyError`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = tempfile.TemporaryDirectory()
    >>> with Study.create(pathlib.Path(folder.name) / "empty.duckdb") as study:
    ...     study.populations().height
    0
    """

    def __init__(self, database: Database, *, is_new: bool = False) -> None:
        self._database = database
        self._is_new = is_new

    @classmethod
    def create(cls, path: str | PathLike[str]) -> Self:
        """Create a study; refuses a path that exists."""
        if Path(path).exists():
            raise StudyError(f"{path} exists: open it, or choose another name.")
        return cls(Database.create(Path(path)), is_new=True)

    @classmethod
    def open(cls, path: str | PathLike[str], *, read_only: bool = False) -> Self:
        """Open an existing study."""
        return cls(Database.open(Path(path), read_only=read_only))

    @classmethod
    def open_or_create(cls, path: str | PathLike[str]) -> Self:
        """Open a study for writing, creating it if there is none."""
        return cls.open(path) if Path(path).exists() else cls.create(path)

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._database.path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the file; one that was created and then failed before anything was added is removed."""
        is_abandoned = error is not None and self._is_new and not self._database.value("select count(*) from datasets")
        self.close()
        if is_abandoned:
            self.path.unlink()

    def close(self) -> None:
        """Close the file; others may write to it then."""
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is stored at once or not at all."""
        with self._database.transaction():
            yield

    def sql(self, query: str, params: Sequence[Any] | dict[str, Any] | None = None) -> pl.DataFrame:
        """Result of a query of your own; the macros of docs/schema.md are there."""
        return self._database.sql(query, params)

    # What the study holds

    def datasets(self) -> pl.DataFrame:
        """One row per data set, the primary one first."""
        return self.sql(
            """select d.*, len(d.class_names) as n_classes,
                   (select count(x.label) from examples as x where x.dataset_id = d.dataset_id) as n_labelled
               from datasets as d order by d.dataset_id"""
        )

    def dataset(self, name: str) -> Dataset | None:
        """The data set of that name with its keys and labels, or None."""
        stored = self.sql("select * from datasets where name = ?", [name])
        if not stored.height:
            return None
        row = stored.row(0, named=True)
        keys = self.sql("select key from examples where dataset_id = ? order by example_id", [row["dataset_id"]])["key"].to_list()
        return Dataset(name, keys, self.labels(name), row["class_names"], row["split"], row["content_digest"])

    def populations(self) -> pl.DataFrame:
        """One row per population, in the order in which they were added."""
        return self.sql("select * from population_details")

    def evaluated(self) -> pl.DataFrame:
        """One row per population and data set that it has predictions on: population, dataset, evidence, n_models, n_near_ties."""
        return self.sql(
            """select p.name as population, d.name as dataset, min(e.evidence) as evidence, count(*) as n_models,
                   sum(e.n_near_ties) as n_near_ties
               from evaluations as e
               join models as m on m.model_id = e.model_id
               join populations as p on p.population_id = m.population_id
               join datasets as d on d.dataset_id = e.dataset_id
               group by p.population_id, p.name, d.dataset_id, d.name
               order by d.dataset_id, p.population_id"""
        )

    def recipe(self) -> dict[str, Any] | None:
        """The resolved STUDY.toml that the study was made from, or None."""
        return self._database.fact("recipe")

    def set_recipe(self, recipe: dict[str, Any]) -> None:
        """Store the resolved STUDY.toml."""
        self._database.set_fact("recipe", recipe)

    def input_digest(self) -> str:
        """SHA-256 over all that an analysis depends on, whatever the order in which it was added."""
        rows = self.sql(
            """select p.name, p.role, reference.name as reference, m.replicate, d.name as dataset, d.is_primary,
                   d.labels_digest, e.evaluation_digest
               from evaluations as e
               join models as m on m.model_id = e.model_id
               join populations as p on p.population_id = m.population_id
               left join populations as reference on reference.population_id = p.reference_id
               join datasets as d on d.dataset_id = e.dataset_id
               order by all"""
        )
        return f"sha256:{sha256(rows.write_csv().encode()).hexdigest()}"

    # The questions of sql/macros.sql

    def accuracy(self, population: str, dataset: str | None = None) -> pl.DataFrame:
        """One row per network: top1, top5, mean_loss (nats), mean_confidence."""
        return self._ask("accuracy", population, dataset=dataset)

    def class_recall(self, population: str, dataset: str | None = None) -> pl.DataFrame:
        """One row per network and class: recall."""
        return self._ask("class_recall", population, dataset=dataset)

    def votes(self, population: str, dataset: str | None = None) -> pl.DataFrame:
        """One row per example and predicted class: n_votes."""
        return self._ask("votes", population, dataset=dataset)

    def modal_labels(self, population: str, dataset: str | None = None) -> pl.DataFrame:
        """One row per example: modal_label (ties: the lowest class), n_votes, is_tied, is_correct."""
        return self._ask("modal_labels", population, dataset=dataset)

    def pies(self, reference: str, compressed: str, dataset: str | None = None) -> pl.DataFrame:
        """One row per pruning identified exemplar, with direction, is_tied and taxicab distance."""
        return self._ask("pies", reference, compressed, dataset=dataset)

    def flips(self, reference: str, compressed: str, dataset: str | None = None) -> pl.DataFrame:
        """One row per pair of networks: harmful, beneficial, wrong_to_wrong and total share of flips."""
        return self._ask("flips", reference, compressed, dataset=dataset)

    def vote_sums(self, population: str, dataset: str | None = None) -> pl.DataFrame:
        """One row per predicted class: n_votes, and sum_squared_votes per example."""
        return self._ask("vote_sums", population, dataset=dataset)

    def is_paired(self, reference: str, compressed: str, dataset: str | None = None) -> bool:
        """Whether the replicate names of both populations are given and equal."""
        return bool(self._ask("pairing", reference, compressed, dataset=dataset)["is_paired"].item())

    def _ask(self, macro: str, *names: str, dataset: str | None) -> pl.DataFrame:
        marks = ", ".join("?" * len(names))
        return self.sql(f"select * from {macro}({marks}, dataset := ?)", [*names, dataset])

    def labels(self, dataset: str | None = None) -> np.ndarray:
        """Given labels in example order, shape (n,); −1 where there is none."""
        query = "select coalesce(label, -1) as label from examples where dataset_id = dataset_id_of(?) order by example_id"
        return self._database.arrays(query, [dataset])["label"].astype(np.int32)

    def label_matrix(self, population: str, dataset: str | None = None) -> tuple[pl.DataFrame, np.ndarray]:
        """Networks (model_id, replicate) and their predicted labels, shape (networks, examples), int32.

        Networks are ordered by replicate name. Without names they are ordered by their table of given and predicted labels, so
        that neither the order in which they were added nor the order of the examples changes a seeded relabelling.
        """
        networks = self.sql("select model_id, replicate from evaluated_models(?, dataset := ?)", [population, dataset])
        labels = self.labels(dataset)
        model_ids = networks["model_id"].to_numpy()
        row_of = np.zeros(model_ids.max() + 1, dtype=np.int64)
        row_of[model_ids] = np.arange(len(model_ids))
        predictions = self._database.arrays(
            "select model_id, example_id, predicted_label from population_predictions(?, dataset := ?)", [population, dataset]
        )
        matrix = np.empty((len(model_ids), len(labels)), dtype=np.int32)
        matrix[row_of[predictions["model_id"]], predictions["example_id"]] = predictions["predicted_label"]
        names = networks["replicate"].fill_null("").to_list()
        # A confusion table is only asked for where the name does not decide.
        is_named = len(set(names)) == len(names)
        order = sorted(range(len(names)), key=lambda k: (names[k], b"" if is_named else _confusions(labels, matrix[k])))
        return networks[order], matrix[order]

    # What is added

    def add_dataset(self, dataset: Dataset) -> int:
        """Add a data set and return its dataset_id; one that is there already must be the same."""
        stored = self.sql("select * from datasets where name = ?", [dataset.name])
        if stored.height:
            return self._same_dataset(dataset, stored.row(0, named=True))
        if len(set(dataset.keys)) != len(dataset.keys):
            twice = next(key for key, count in Counter(dataset.keys).items() if count > 1)
            raise StudyError(f"data set '{dataset.name}' has two examples with the key '{twice}'.")
        dataset_id = self._database.value("select coalesce(max(dataset_id), 0) + 1 from datasets")
        n = len(dataset.keys)
        with self.transaction():
            self._database.execute(
                """insert into datasets by name select ? as dataset_id, ? as name, ? as split, ? as is_primary, ? as n_examples,
                   ? as class_names, ? as labels_digest, ? as content_digest""",
                [dataset_id, dataset.name, dataset.split, dataset_id == 1, n, list(dataset.class_names),
                 dataset.labels_digest, dataset.content_digest],
            )  # fmt: skip
            self._database.append(
                "examples",
                pa.table(
                    {
                        "dataset_id": pa.repeat(pa.scalar(dataset_id, pa.int32()), n),
                        "example_id": pa.array(np.arange(n, dtype=np.int32)),
                        "key": pa.array(list(dataset.keys), pa.string()),
                        "label": pa.array(dataset.labels, pa.int32(), mask=np.asarray(dataset.labels) < 0),
                    }
                ),
            )
        return int(dataset_id)

    def _same_dataset(self, dataset: Dataset, stored: dict[str, Any]) -> int:
        name = dataset.name
        if stored["n_examples"] != len(dataset.keys):
            raise StudyError(f"data set '{name}' is stored with {stored['n_examples']} examples, found {len(dataset.keys)}.")
        if stored["class_names"] != list(dataset.class_names):
            raise StudyError(
                f"data set '{name}' is stored with {len(stored['class_names'])} classes, found {len(dataset.class_names)}"
                f"{' of other names' if len(stored['class_names']) == len(dataset.class_names) else ''}."
            )
        if stored["labels_digest"] != dataset.labels_digest:
            raise StudyError(f"data set '{name}': the labels or keys contradict the stored ones{self._difference(dataset)}.")
        if None not in (stored["content_digest"], dataset.content_digest) and stored["content_digest"] != dataset.content_digest:
            raise StudyError(f"data set '{name}' is stored with other inputs: give the changed one another name.")
        return int(stored["dataset_id"])

    def _difference(self, dataset: Dataset) -> str:
        stored = self.labels(dataset.name)
        differs = np.flatnonzero(stored != dataset.labels)
        if not len(differs):
            return ""
        first = differs[0]
        return f" on {len(differs)} examples, first {dataset.keys[first]!r}: stored {stored[first]}, found {dataset.labels[first]}"

    def add_population(self, population: Population) -> int:
        """Add a population and return its population_id; one that is there already must be described the same."""
        if population.role not in ROLES:
            raise StudyError(f"population '{population.name}' has role '{population.role}'. Allowed: {', '.join(ROLES)}.")
        row = {
            "name": population.name,
            "role": population.role,
            "regime": population.regime,
            "method": population.method,
            "sparsity": population.sparsity,
            "bits": population.bits,
            "reference_id": self._population_id(population.reference),
            "parent_id": self._population_id(population.parent),
            "recipe": None if population.recipe is None else to_json(population.recipe),
        }
        stored = self.sql("select * from populations where name = ?", [population.name])
        if stored.height:
            _refuse_other(f"population '{population.name}'", stored.row(0, named=True), row)
            return int(stored["population_id"].item())
        return self._insert_numbered("populations", "population_id", row)

    def _population_id(self, name: str | None) -> int | None:
        return None if name is None else self._database.value("select population_id_of(?)", [name])

    def unnamed_evaluations(self, population: str, dataset: str) -> list[str]:
        """Digests of the predictions of the population's networks that have no replicate name."""
        return self.sql(
            """select e.evaluation_digest from evaluations as e join models as m on m.model_id = e.model_id
               where m.population_id = population_id_of(?) and e.dataset_id = dataset_id_of(?) and m.replicate is null""",
            [population, dataset],
        )["evaluation_digest"].to_list()

    def has_evaluation(self, model_digest: str, evaluation_digest: str) -> bool:
        """Whether this model's predictions of this evaluation are stored."""
        count = self._database.value(
            """select count(*) from evaluations as e join models as m on m.model_id = e.model_id
               where m.model_digest = ? and e.evaluation_digest = ?""",
            [model_digest, evaluation_digest],
        )
        return bool(count)

    def add_evaluation(
        self,
        model: Model,
        evaluation: Evaluation,
        predictions: pl.DataFrame,
        logits: np.ndarray | None = None,
        logits_dtype: str = "none",
    ) -> bool:
        """Add one network's predictions on one data set, in one transaction.

        Parameters
        ----------
        predictions
            One row per example in the order of the data set; columns as
            :func:`pietools.statistics.scalars.scalars_from_logits` gives them.
        logits
            Shape (n, m), kept as ``logits_dtype``: ``float32``, ``float16`` or ``none``.

        Returns
        -------
        bool
            False if exactly this is stored already and nothing was added.
        """
        dataset_id = self._database.value("select dataset_id_of(?)", [evaluation.dataset])
        n = self._database.value("select n_examples from datasets where dataset_id = ?", [dataset_id])
        if predictions.height != n:
            raise StudyError(f"data set '{evaluation.dataset}' has {n} examples, found {predictions.height} predictions.")
        with self.transaction():
            model_id = self._model_id(model)
            stored = self._database.value(
                "select evaluation_digest from evaluations where model_id = ? and dataset_id = ?", [model_id, dataset_id]
            )
            if stored == evaluation.evaluation_digest:
                return False
            if stored is not None:
                raise StudyError(
                    f"replicate '{model.replicate}' of '{model.population}' is stored with other predictions on "
                    f"'{evaluation.dataset}': another transform, dtype or autocast, or another file."
                )
            self._append_evaluation(model_id, dataset_id, evaluation)
            keys = {name: pa.repeat(pa.scalar(value, pa.int32()), n) for name, value in
                    (("model_id", model_id), ("dataset_id", dataset_id))}  # fmt: skip
            keys["example_id"] = pa.array(np.arange(n, dtype=np.int32))
            self._database.append("predictions", pa.table(keys | dict(zip(predictions.columns, predictions.to_arrow().columns, strict=True))))
            if logits is not None and logits_dtype != "none":
                self._database.append("logits", pa.table(keys | _logits_column(logits, logits_dtype)))
        return True

    def _append_evaluation(self, model_id: int, dataset_id: int, evaluation: Evaluation) -> None:
        row = {
            "model_id": model_id,
            "dataset_id": dataset_id,
            **{name: getattr(evaluation, name) for name in
               ("evidence", "evaluation_digest", "n_near_ties", "transform", "dtype", "autocast", "device", "batch_size")},
            "versions": to_json(evaluation.versions),
        }  # fmt: skip
        self._insert("evaluations", row)

    def _model_id(self, model: Model) -> int:
        """model_id of a stored network or of one that is added now."""
        population_id = self._population_id(model.population)
        row = {
            "population_id": population_id,
            "replicate": model.replicate,
            "seed": model.seed,
            "model_digest": model.model_digest,
            "train_dataset_id": None
            if model.train_dataset is None
            else self._database.value("select dataset_id_of(?)", [model.train_dataset]),
            "realised_sparsity": model.realised_sparsity,
            "n_bytes": model.n_bytes,
        }
        if model.model_digest is not None:
            self._refuse_shared_checkpoint(model)
        stored = self.sql("select * from models where population_id = ? and replicate = ?", [population_id, model.replicate])
        if stored.height:
            _refuse_other(f"replicate '{model.replicate}' of '{model.population}'", stored.row(0, named=True), row)
            return int(stored["model_id"].item())
        return self._insert_numbered("models", "model_id", row)

    def _refuse_shared_checkpoint(self, model: Model) -> None:
        other = self.sql(
            """select p.name, m.replicate from models as m join populations as p on p.population_id = m.population_id
               where m.model_digest = ? and (p.name <> ? or m.replicate is distinct from ?)""",
            [model.model_digest, model.population, model.replicate],
        )
        if other.height:
            name, replicate = other.row(0)
            raise StudyError(
                f"replicate '{model.replicate}' of '{model.population}' is the same network as replicate '{replicate}' of '{name}': "
                "a network counts once."
            )

    def _insert_numbered(self, table: str, key: str, row: dict[str, Any]) -> int:
        number = self._database.value(f"select coalesce(max({key}), 0) + 1 from {table}")
        self._insert(table, {key: number, **row})
        return int(number)

    def _insert(self, table: str, row: dict[str, Any]) -> None:
        columns = ", ".join(f"? as {name}" for name in row)
        self._database.execute(f"insert into {table} by name select {columns}", list(row.values()))

    # Whole tables

    def table(self, name: str) -> pa.Table:
        """Every row of a table as Arrow, in the order in which it was added."""
        return self.sql(f"select * from {name}").to_arrow()

    def append_table(self, name: str, rows: pa.Table) -> None:
        """Append the rows of a whole table that :meth:`table` gave."""
        self._database.append(name, rows)

    # Results

    def store_results(self, tables: dict[str, pl.DataFrame], *, settings: dict[str, Any], seed: int, version: str) -> None:
        """Replace the rows of each topic by these, in one transaction, with one row in results.runs each."""
        digest = self.input_digest()
        with self.transaction():
            run_id = self._database.value("select coalesce(max(run_id), 0) + 1 from results.runs")
            for topic, frame in tables.items():
                self._database.execute("delete from results.runs where topic = ?", [topic])
                self._database.execute(f"delete from results.{topic}")
                self._database.execute(
                    "insert into results.runs values (?, ?, ?, ?, ?, ?, now())",
                    [run_id, topic, to_json(settings), seed, version, digest],
                )
                self._database.append(f"results.{topic}", frame.with_columns(run_id=pl.lit(run_id, pl.Int32)).to_arrow())

    def results(self, topic: str) -> pl.DataFrame:
        """Stored rows of a topic, with ``is_stale``: whether the predictions have changed since."""
        return self.sql(
            f"""select t.*, r.input_digest <> ? as is_stale from results.{topic} as t
                join results.runs as r on r.run_id = t.run_id and r.topic = ?""",
            [self.input_digest(), topic],
        )


def _confusions(labels: np.ndarray, predicted: np.ndarray) -> bytes:
    """Sorted (label, predicted label) pairs of one network as bytes: the same whatever the order of the examples."""
    return np.sort(labels.astype(np.int64) << 32 | predicted).astype(">i8").tobytes()


def _logits_column(logits: np.ndarray, dtype: str) -> dict[str, pa.Array]:
    n, m = logits.shape
    if dtype == "float32":
        offsets = pa.array(np.arange(0, n * m + 1, m, dtype=np.int32))
        return {"logits": pa.ListArray.from_arrays(offsets, pa.array(np.ascontiguousarray(logits, np.float32).ravel()))}
    if dtype == "float16":
        half = np.ascontiguousarray(logits, dtype="<f2")
        return {"logits_half": pa.Array.from_buffers(pa.binary(2 * m), n, [None, pa.py_buffer(half)])}
    raise ValueError(f"logits are kept as float32, float16 or none, not {dtype}")


def _refuse_other(what: str, stored: dict[str, Any], found: dict[str, Any]) -> None:
    """Raise if a stored row differs from what is said of it now, naming the first difference; None says nothing."""
    for column, value in found.items():
        if value is not None and stored[column] != value:
            raise StudyError(f"{what} is stored with {column} {stored[column]}, found {value}.")

