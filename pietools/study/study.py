"""A study: one DuckDB file with the examples, the models, every model's predictions, and the results."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import polars as pl
import pyarrow as pa

from pietools.errors import PietoolsError, StudyError
from pietools.study import adding_datasets, adding_networks, adding_properties, annotations, texts, thumbnails
from pietools.study.adding_networks import network_name
from pietools.study.database import Database, OlderVersionError, damaged_log, to_json
from pietools.study.evaluation_rows import EvaluationRows, stored_rows
from pietools.study.inherited import owner
from pietools.study.new_paths import has_log
from pietools.study.recordings import EPOCHS, FEATURES, LAYERS, Recordings
from pietools.study.records import (
    Dataset,
    Evaluation,
    Model,
    Population,
    Sample,
)
from pietools.study.removing import Removed, remove

SORTED_CLASSES = "sorted_classes"
HEADLINE = "headline"
# What makes two runs of a topic give the same rows.
RUN = "settings::text as settings, seed, version, input_digest"


class Study(Recordings):
    """An open study.

    Frames come back as polars. ``dataset=None`` means the primary data set, the first that was added. A name that the study
    does not have raises :class:`pietools.errors.StudyError`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder, Study.create(pathlib.Path(folder) / "empty.duckdb") as study:
    ...     study.populations().height
    0
    """

    @classmethod
    def create(cls, path: str | PathLike[str], *, wait: float = 0) -> Self:
        """Create a study; refuses a path that exists."""
        return cls(Database.create(Path(path), wait=wait))

    @classmethod
    @contextmanager
    def create_whole(cls, path: str | PathLike[str]) -> Iterator[Self]:
        """A new study that is at ``path`` when the block ends, checked; after an error or a kill there is nothing."""
        with Database.make(Path(path)) as database:
            yield cls(database)
            database.check()

    @classmethod
    def open(cls, path: str | PathLike[str], *, read_only: bool = False, wait: float = 0) -> Self:
        """Open an existing study, checked.

        ``wait``: seconds for which it is tried again while another process has the study open. Any number may read it at once,
        or one write to it.
        """
        path = Path(path)
        if has_log(path):
            cls._refuse_altered(path, wait)
        return cls(Database.open(path, read_only=read_only, wait=wait))

    @classmethod
    def _refuse_altered(cls, path: Path, wait: float) -> None:
        """Raise StudyError if a log, which a kill left, has other rows than were stored, before they come into the file.

        DuckDB's checksum of it does not notice where equal values became zeros, or changed places.
        """
        try:
            database = Database.open(path, read_only=True, wait=wait)
        except OlderVersionError:
            return
        with cls(database) as replayed:
            # That of a command that still ran is gone by now.
            if has_log(path) and (changed := replayed.changed_evaluations() or replayed.changed_datasets()):
                raise StudyError(damaged_log(path, f"it alters {changed[0]}"))

    @classmethod
    def open_or_create(cls, path: str | PathLike[str], *, wait: float = 0) -> Self:
        """Open a study for writing, creating it if there is none; ``wait`` as in :meth:`open`."""
        if not Path(path).exists():
            try:
                return cls.create(path, wait=wait)
            except StudyError:
                if not Path(path).exists():
                    raise
        # It was there, or somebody else has made it meanwhile.
        return cls.open(path, wait=wait)

    def __repr__(self) -> str:
        if not self._database.is_open:
            return f"<Study {self.path}, closed>"
        datasets, populations = (", ".join(frame["name"]) or "none" for frame in (self.datasets(), self.populations()))
        return f"<Study {self.path}, data sets: {datasets}, populations: {populations}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from pietools import as_html

        return str(as_html(self))

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._database.path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file; one that was created, failed, and certainly holds nothing that was measured is removed."""
        try:
            if error is not None:
                self._database.remove_if_empty()
            self.close()
        except StudyError as not_closed:
            if error is None:
                raise
            if isinstance(error, PietoolsError):
                raise StudyError(f"{error} {not_closed}") from error
            error.add_note(str(not_closed))

    def close(self) -> None:
        """Close the file; others may write to it then."""
        self._database.close()

    def checkpoint(self) -> None:
        """Bring what was stored into the file, before somebody is told that it is there. Closing does it, too."""
        self._database.checkpoint()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is stored at once or not at all."""
        with self._database.transaction():
            yield

    # What the study holds

    def datasets(self) -> pl.DataFrame:
        """One row per data set, the primary one first."""
        return self.sql(
            """select d.*, source.name as source, len(d.class_names) as n_classes,
                   (select count(x.label) from examples as x where x.dataset_id = d.dataset_id) as n_labelled
               from datasets as d left join datasets as source on source.dataset_id = d.source_dataset_id
               order by d.dataset_id"""
        )

    def dataset(self, name: str) -> Dataset | None:
        """The data set of that name with its keys and labels, or None."""
        stored = self.datasets().filter(name=name)
        if not stored.height:
            return None
        row = stored.row(0, named=True)
        keys = self.sql("select key from examples where dataset_id = ? order by example_id", [row["dataset_id"]])[
            "key"
        ].to_list()
        described = {column: row[column] for column in adding_datasets.DESCRIBED}
        return Dataset(name, keys, self.labels(name), row["class_names"], **described)

    def properties(self) -> pl.DataFrame:
        """One row per property that was measured outside: dataset, property, source, n (examples with a value), is_numeric."""
        return self.sql(
            """select d.name as dataset, e.property, e.source, count(*) as n, bool_and(e.number is not null) as is_numeric
               from example_properties as e join datasets as d on d.dataset_id = e.dataset_id
               group by d.dataset_id, d.name, e.property, e.source
               order by d.dataset_id, e.property, e.source"""
        )

    def properties_of(self, dataset: str, examples: Sequence[int]) -> dict[int, dict[str, float | str]]:
        """What was measured elsewhere of some examples, by position and name of the property; of a copy what its source has."""
        rows = self.sql(
            """select e.example_id, e.property, e.number, e.text from example_properties as e
               where e.dataset_id = (select coalesce(d.source_dataset_id, d.dataset_id) from datasets as d
                                     where d.dataset_id = dataset_id_of($dataset))
                   and list_contains($examples, e.example_id)
               order by e.example_id, e.property, e.source""",
            {"dataset": dataset, "examples": [int(one) for one in examples]},
        )
        found: dict[int, dict[str, float | str]] = {}
        for example, name, number, text in rows.iter_rows():
            found.setdefault(example, {}).setdefault(name, text if number is None else number)
        return found

    def property_series(self, dataset: str, name: str, source: str) -> pl.Series:
        """Values of a property in the order of the data set, numbers or texts, null where there is none."""
        rows = self.sql(
            """select p.number, p.text from examples as e
               left join example_properties as p on p.dataset_id = e.dataset_id and p.example_id = e.example_id
                   and p.property = $name and p.source = $source
               where e.dataset_id = dataset_id_of($dataset) order by e.example_id""",
            {"dataset": dataset, "name": name, "source": source},
        )
        return rows["text"] if rows["number"].null_count() == rows.height else rows["number"]

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
        digest = sha256(rows.write_csv().encode())
        for more in (self._described_datasets(), self._property_digests(), self._recorded()):
            digest.update(more.write_csv().encode() if more.height else b"")
        return f"sha256:{digest.hexdigest()}"

    def _described_datasets(self) -> pl.DataFrame:
        """What is said of data sets beyond their examples."""
        return self.sql(
            """select d.name, d.split, source.name as source, d.alteration, d.severity
               from datasets as d left join datasets as source on source.dataset_id = d.source_dataset_id
               where coalesce(d.split, d.alteration) is not null order by all"""
        )

    def _recorded(self) -> pl.DataFrame:
        """Which evaluations have more than predictions."""
        return pl.concat(
            self.sql(
                f"""select '{table}' as recorded, e.evaluation_digest from evaluations as e
                    where exists (from {table} as t where t.model_id = e.model_id and t.dataset_id = e.dataset_id)
                    order by all"""
            )
            for table in (FEATURES, LAYERS, EPOCHS)
        )

    def _property_digests(self) -> pl.DataFrame:
        return self.sql(
            """select d.name, e.property, e.source,
                   sha256(string_agg(concat_ws(' ', e.example_id, e.number, e.text), chr(0) order by e.example_id)) as digest
               from example_properties as e join datasets as d on d.dataset_id = e.dataset_id
               group by d.name, e.property, e.source order by all"""
        )

    def unnamed_evaluations(self, population: str, dataset: str) -> list[str]:
        """Digests of the predictions of the population's networks that have no replicate name."""
        return self.sql(
            """select e.evaluation_digest from evaluations as e join models as m on m.model_id = e.model_id
               where m.population_id = population_id_of(?) and e.dataset_id = dataset_id_of(?) and m.replicate is null""",
            [population, dataset],
        )["evaluation_digest"].to_list()

    # What is added (pietools.study.adding_networks)

    def add_dataset(self, dataset: Dataset) -> int:
        """Add a data set and return its dataset_id; one that is there already must be the same."""
        return adding_datasets.add_dataset(self._database, dataset)

    def add_classes(self, dataset: str, names: Sequence[str]) -> None:
        """Put classes that were not seen before at the end of a data set's list, and of the lists of its altered copies.

        Raises
        ------
        StudyError
            If one is there already, or networks with a score for each class are stored.
        """
        adding_datasets.add_classes(self._database, dataset, names)

    @property
    def sorted_classes(self) -> list[str]:
        """Data sets whose classes are in the order of their names because nobody gave another: a number names none of them."""
        return list(self._database.fact(SORTED_CLASSES) or [])

    @sorted_classes.setter
    def sorted_classes(self, datasets: Sequence[str]) -> None:
        self._database.set_fact(SORTED_CLASSES, sorted(datasets))

    def add_property(
        self, dataset: str, name: str, values: np.ndarray | pl.Series, source: str = adding_properties.IMPORTED
    ) -> int:
        """Add a property measured outside and return how many values were added: 0 if exactly these are stored already.

        Parameters
        ----------
        name
            Not ``class``, and without ``*`` and ``@``.
        values
            Numbers, booleans (kept as 0 and 1) or text, shape (n,), in the order of the data set; null, NaN or an empty text
            where there is none.
        source
            Where they come from. The same property may have several sources.

        Raises
        ------
        StudyError
            If the data set is not there, has another length, or other values are stored under this name and source.
        """
        return adding_properties.add_property(self._database, dataset, name, values, source)

    def add_thumbnails(self, dataset: str, pictures: Sequence[bytes]) -> bool:
        """Add a small picture (PNG) of every example, in the order of the data set; False if exactly these are stored already.

        Raises
        ------
        StudyError
            If the data set is not there, has another number of examples or other thumbnails, or something is no PNG.
        """
        return thumbnails.add_thumbnails(self._database, dataset, pictures)

    def thumbnails(self, dataset: str | None = None, examples: Sequence[int] | None = None) -> list[bytes]:
        """Small pictures (PNG) of the examples in the order of the data set, of an altered copy those of its source; or none.

        ``examples``: their positions in the data set, if only some are wanted; the pictures come in the same order.
        """
        return thumbnails.thumbnails(self._database, dataset, examples)

    def seen(self, dataset: str) -> tuple[int, int]:
        """How many examples of a data set have a small picture, and how many a text; of an altered copy also its source's."""
        pictures, said = (
            self._database.value(
                f"select count(*) from {table} where dataset_id = {owner(table)}", {"dataset": dataset}
            )
            for table in ("thumbnails", "texts")
        )
        return pictures, said

    def pictured(self) -> list[str]:
        """Names of the data sets that have thumbnails, altered copies by their sources."""
        return self.sql(
            """select d.name from datasets as d
               where coalesce(d.source_dataset_id, d.dataset_id) in (select t.dataset_id from thumbnails as t)
                   or d.dataset_id in (select t.dataset_id from thumbnails as t) order by d.dataset_id"""
        )["name"].to_list()

    def add_texts(self, dataset: str, said: Mapping[int, str]) -> bool:
        """Add what examples say, by their position in the data set; False if exactly these are stored already.

        Raises
        ------
        StudyError
            If the data set is not there or has other texts, or a position is no example.
        """
        return texts.add_texts(self._database, dataset, said)

    def texts(self, dataset: str | None = None, examples: Sequence[int] | None = None) -> dict[int, str]:
        """Texts of the examples that have one, of an altered copy those of its source; ``examples``: of these positions only."""
        return texts.texts(self._database, dataset, examples)

    # What people coded by hand (pietools.study.annotations)

    def samples(self) -> list[Sample]:
        """Samples of examples that are coded by hand, in the order in which they were drawn."""
        return annotations.samples(self._database)

    def add_sample(self, sample: Sample) -> int:
        """Store which examples of a comparison are to be coded; returns the sample's id."""
        return annotations.add_sample(self._database, sample)

    def code(self, sample: Sample, example: int, annotator: str, present: Mapping[str, bool]) -> None:
        """Store what an annotator says of an example (its position), each category; it takes the place of what was said before.

        Raises
        ------
        StudyError
            If the example is not in the sample, or the categories are not those of its codebook.
        """
        annotations.code(self._database, sample, example, annotator, present)

    def predictions_digest(self, sample: Sample) -> str:
        """SHA-256 of what the networks that a sample compares predict on its data set now."""
        rows = self.sql(
            """select p.name, e.evaluation_digest from evaluations as e join models as m on m.model_id = e.model_id
               join populations as p on p.population_id = m.population_id
               join datasets as d on d.dataset_id = e.dataset_id
               where d.name = ? and p.name in (?, ?) order by all""",
            [sample.dataset, sample.reference, sample.compressed],
        )
        return f"sha256:{sha256(rows.write_csv().encode()).hexdigest()}"

    def annotators(self) -> list[str]:
        """Names of those who coded."""
        return self.sql("select distinct annotator from annotations order by 1")["annotator"].to_list()

    def coded(self, sample: Sample) -> pl.DataFrame:
        """What was said: annotator, example_id, category, is_present."""
        return annotations.coded(self._database, sample)

    def add_population(self, population: Population) -> int:
        """Add a population and return its population_id; one that is there already must be described the same."""
        return adding_networks.add_population(self._database, population)

    def has_evaluation(self, model: Model, evaluation: Evaluation, logits_dtype: str) -> bool:
        """Whether exactly this network's predictions of this evaluation are stored, with the logits kept in this form.

        Raises StudyError if it contradicts what is stored: the network under another name, another network under this name,
        another evaluation on the data set, or another form of the logits.
        """
        return adding_networks.has_evaluation(self._database, model, evaluation, logits_dtype)

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
            :func:`pietools.statistics.tools.scalars.scalars_from_logits` gives them.
        logits
            Shape (n, m), kept as ``logits_dtype``: ``float32``, ``float16`` or ``none``.

        Returns
        -------
        bool
            False if exactly this is stored already and nothing was added.
        """
        return adding_networks.add_evaluation(
            self._database, model, evaluation, EvaluationRows.of(predictions, logits, logits_dtype)
        )

    def add_rows(self, model: Model, evaluation: Evaluation, rows: EvaluationRows) -> bool:
        """The same as :meth:`add_evaluation`, of columns as they are stored."""
        return adding_networks.add_evaluation(self._database, model, evaluation, rows)

    def stored_evaluation(self, model: Model, dataset: str) -> tuple[EvaluationRows, int]:
        """What is stored of a network on a data set, and how many of its answers are near ties; it must be there."""
        found = self.sql(
            """select m.model_id, e.dataset_id, coalesce(e.n_near_ties, 0) as n_near_ties
               from evaluations as e join models as m using (model_id) join populations as p using (population_id)
               where p.name = ? and m.replicate is not distinct from ? and m.model_digest is not distinct from ?
                   and e.dataset_id = dataset_id_of(?)""",
            [model.population, model.replicate, model.model_digest, dataset],
        ).row(0, named=True)
        return self._stored_rows(found["model_id"], found["dataset_id"]), found["n_near_ties"]

    # What is taken out (pietools.study.removing)

    def remove(self, *, dataset: str | None = None, population: str | None = None) -> Removed:
        """Take out a data set with all that was said of it, a population, or the evaluations of the one on the other.

        Networks that have no evaluation left go, and populations that have no network left and that no other refers to.

        Raises
        ------
        StudyError
            If neither is named, one is not there, the data set has altered copies, or others refer to the population.
        """
        return remove(self._database, dataset=dataset, population=population)

    # Whole tables

    def table(self, name: str) -> pa.Table:
        """Every row of a table as Arrow, in the order in which it was added."""
        return self.sql(f"select * from {name}").to_arrow()

    def append_table(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Append the rows of a whole table as :meth:`table` gave them, at once or in pieces."""
        self._database.append(name, rows)

    def read_through(self) -> None:
        """Read every value of every table; StudyError if one cannot be read."""
        tables = self.sql(
            "select schema_name || '.' || table_name as name from duckdb_tables() where not temporary and not internal"
        )["name"]
        for table in tables:
            self._database.value(f"select bit_xor(hash(t)) from {table} as t")

    def changed_evaluations(self) -> list[str]:
        """Of which networks predictions or logits are not what was added: "replicate 'K' of 'POPULATION' on 'DATASET'"."""
        evaluations = self.sql(
            """select p.name as population, m.replicate, d.name as dataset, e.model_id, e.dataset_id, e.content_digest
               from evaluations as e join models as m using (model_id) join populations as p using (population_id)
               join datasets as d on d.dataset_id = e.dataset_id
               where e.content_digest is not null order by e.model_id, e.dataset_id"""
        )
        return [
            f"{network_name(row['population'], row['replicate'])} on '{row['dataset']}'"
            for row in evaluations.iter_rows(named=True)
            if self._stored_rows(row["model_id"], row["dataset_id"]).content_digest != row["content_digest"]
        ]

    def changed_datasets(self) -> list[str]:
        """Which data sets have other examples or labels than were added: "data set 'NAME'"."""
        return [
            f"data set '{name}'"
            for name, digest in self.datasets().select("name", "labels_digest").iter_rows()
            if (stored := self.dataset(name)) is not None and stored.labels_digest != digest
        ]

    def _stored_rows(self, model_id: int, dataset_id: int) -> EvaluationRows:
        return stored_rows(
            [
                self.sql(
                    f"""select * exclude (model_id, dataset_id, example_id) from {table}
                        where model_id = ? and dataset_id = ? order by example_id""",
                    [model_id, dataset_id],
                ).to_arrow()
                for table in ("predictions", "logits")
            ]
        )

    # Results

    def _refuse_other_results(self) -> None:
        if not self._database.has_current_results():
            raise StudyError(f"the results in {self.path} are another version's: run 'pietools analyze {self.path}'.")

    def store_results(
        self, tables: dict[str, pl.DataFrame], *, settings: dict[str, Any], seed: int, version: str
    ) -> None:
        """Replace the rows of each topic by these, in one transaction, with one row in results.runs each."""
        self._refuse_other_results()
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
                self._database.append(
                    f"results.{topic}", frame.with_columns(run_id=pl.lit(run_id, pl.Int32)).to_arrow()
                )

    def summary(self) -> Any:
        """The last analysis as it is stored, see :func:`pietools.last_analysis`; a notebook shows its sentences and figures."""
        import pietools

        return pietools.last_analysis(self)

    def store_headline(self, sentences: Sequence[str], tables: Sequence[str], notes: Sequence[str] = ()) -> None:
        """Keep the answer of the analysis that was just stored in sentences, the tables that it is made of, and its notes."""
        run = self.sql(f"select {RUN} from results.runs where topic = ?", [tables[0]]).row(0, named=True)
        self._database.set_fact(
            HEADLINE, {"sentences": list(sentences), "tables": list(tables), "notes": list(notes), "run": run}
        )

    def headline(self) -> list[str]:
        """The answer of the last analysis in sentences: what each compression cost, how sure that is, and what the control says.

        Raises
        ------
        StudyError
            If the study was not analyzed, or has other predictions or results of other settings since.
        """
        return [str(sentence) for sentence in self._answer()["sentences"]]

    def last_analysis(self) -> tuple[list[str], list[str]]:
        """Names of the result tables of the last analysis, and its notes.

        Tables that a single topic computed with the same settings are among them.

        Raises
        ------
        StudyError
            As :meth:`headline` does.
        """
        answer = self._answer()
        return self._tables_of(answer["run"]), [str(note) for note in answer["notes"]]

    def _answer(self) -> dict[str, Any]:
        """What was kept of the last analysis beside its results; StudyError if it is not of what the study holds now."""
        self._refuse_other_results()
        answer: dict[str, Any] | None = self._database.fact(HEADLINE)
        if answer is None or "run" not in answer:
            raise StudyError(f"{self.path} has no answer yet: run 'pietools analyze {self.path}'.")
        if answer["run"]["input_digest"] != self.input_digest():
            raise StudyError(
                f"{self.path} has other predictions than when it was analyzed: run 'pietools analyze {self.path}'."
            )
        if others := [name for name in answer["tables"] if name not in self._tables_of(answer["run"])]:
            raise StudyError(
                f"results.{others[0]} in {self.path} was computed with other settings since its last analysis: run "
                f"'pietools analyze {self.path}'."
            )
        return answer

    def _tables_of(self, run: dict[str, Any]) -> list[str]:
        """Result tables that were computed with these settings, of these predictions, by this version: whoever asked for them."""
        rows = self.sql(f"select topic, {RUN} from results.runs order by topic").to_dicts()
        return [row["topic"] for row in rows if {name: row[name] for name in run} == run]

    def _refuse_stale(self, run: pl.DataFrame) -> None:
        """Raise StudyError unless a row of results.runs is of the predictions as they are."""
        advice = f"run 'pietools analyze {self.path}'."
        if not run.height:
            raise StudyError(f"{self.path} has no answer yet: {advice}")
        if run["input_digest"].item() != self.input_digest():
            raise StudyError(f"{self.path} has other predictions than when it was analyzed: {advice}")

    def settings_of(self, table: str) -> dict[str, Any]:
        """Settings with which a result table was computed, of the predictions as they are.

        Raises
        ------
        StudyError
            If it was not, or of other predictions.
        """
        self._refuse_other_results()
        run = self.sql("select run_id, input_digest, settings, seed from results.runs where topic = ?", [table])
        self._refuse_stale(run)
        return {**json.loads(run["settings"].item()), "seed": run["seed"].item()}

    def results(self, topic: str) -> pl.DataFrame:
        """Stored rows of a topic, with ``is_stale``: whether the predictions have changed since.

        Raises
        ------
        StudyError
            If there is no such topic, or the results are those of another version of pietools.
        """
        self._refuse_other_results()
        return self.sql(
            f"""select t.*, r.input_digest <> ? as is_stale from results.{topic} as t
                join results.runs as r on r.run_id = t.run_id and r.topic = ?
                order by t.rowid""",
            [self.input_digest(), topic],
        )
