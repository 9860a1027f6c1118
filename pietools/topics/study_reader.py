"""What the topics read from a study, each thing once."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from threading import RLock
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import polars as pl

from pietools.crew import Crew
from pietools.errors import StudyError
from pietools.results.table import Row
from pietools.settings import AnalysisSettings
from pietools.statistics.tools.ballots import Ballots
from pietools.study import LABEL_NOISE, SECOND_DENSE, Study
from pietools.topics import answers
from pietools.topics.comparison import Comparison
from pietools.topics.network_properties import NetworkProperties, measure
from pietools.topics.properties.catalogue import PROPERTIES

N_LISTED = 4  # things that a warning names
DESCRIBED = ("role", "regime", "method", "sparsity", "bits")
Item = TypeVar("Item")
Answer = TypeVar("Answer")
Arguments = ParamSpec("Arguments")


def once(
    question: Callable[Concatenate["StudyReader", Arguments], Answer],
) -> Callable[Concatenate["StudyReader", Arguments], Answer]:
    """A question to a reader that is answered once, whoever asks; for its methods, and functions whose first argument it is."""

    @wraps(question)
    def answered(reader: "StudyReader", *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        key = (question.__qualname__, question.__module__, args, *kwargs.items())
        return reader.answer(key, lambda: question(reader, *args, **kwargs))

    return answered


class StudyReader:
    """A study as the topics see it; what several of them need is read once."""

    def __init__(
        self,
        study: Study,
        settings: AnalysisSettings,
        crew: Crew | None = None,
        *,
        everything: bool = False,
    ) -> None:
        self.study = study
        self.settings = settings
        self.everything = everything
        self._answers: dict[Hashable, Any] = {}
        self._asked: dict[Hashable, RLock] = {}
        self.datasets = study.datasets()
        self.populations = study.populations()
        self.evaluated = study.evaluated()
        if not self.evaluated.height:
            raise StudyError(f"{study.path} has no predictions: collect or import some first.")
        self._n_networks = {(row["population"], row["dataset"]): row["n_models"] for row in self.evaluated.to_dicts()}
        self._datasets, self._populations = (
            {row["name"]: row for row in frame.to_dicts()} for frame in (self.datasets, self.populations)
        )
        self._warnings: dict[str, set[object]] = {}
        self._crew = crew or Crew()
        self.comparisons = self._comparisons()

    # What is asked for, and what is said about it

    def answer(self, key: Hashable, question: Callable[[], Answer]) -> Answer:
        """The answer to a question that is asked under this name, found by the first thread that asks; the others wait for it."""
        if key not in self._answers:
            with self._asked.setdefault(key, RLock()):
                if key not in self._answers:
                    self._answers[key] = question()
        found: Answer = self._answers[key]
        return found

    def each(self, items: Sequence[Item]) -> Iterator[Item]:
        """The items of a table, one after another; each one that is done is progress."""
        for item in items:
            yield item
            self._crew.add(1 / len(items))

    def over(self, work: Callable[["StudyReader", Item], Answer], items: Sequence[Item]) -> list[Answer]:
        """What is found of each item of a table, in their order; threads that have nothing else to do help."""
        return self._crew.items(lambda item: work(self, item), items)

    def rows_of(self, work: Callable[["StudyReader", Item], Iterable[Row]], items: Sequence[Item]) -> list[Row]:
        """The same, where several rows are found of each item."""
        return [row for rows in self.over(lambda reader, item: list(work(reader, item)), items) for row in rows]

    def warn(self, text: str, about: object = None) -> None:
        """Keep a note for the reader of the results, once; the same one about several things is one note."""
        self._warnings.setdefault(text, set()).update({about} - {None})

    @property
    def warnings(self) -> list[str]:
        """The notes, with what they are about in front, in an order that is always the same."""
        place = {str(one): n for n, one in enumerate([*self.comparisons, *self.populations["name"]])}
        named = {
            text: sorted(map(str, about), key=lambda one: (place.get(one, len(place)), one))
            for text, about in sorted(self._warnings.items())
        }
        return [f"{_listed(about)}: {text}" if about else text for text, about in named.items()]

    # Comparisons

    def originals(self) -> list[Comparison]:
        """Comparisons on data that are no altered copy: of copies only accuracy and excess error are asked."""
        return [one for one in self.comparisons if not self.is_copy(one.dataset)]

    def labelled(self) -> list[Comparison]:
        """Those of them that have labels."""
        return [one for one in self.originals() if one.is_labelled]

    def tested(self) -> list[Comparison]:
        """Those of the labelled ones that have several networks on both sides, over which a test can be made."""
        return self.several(self.labelled())

    def compressions(self) -> list[Comparison]:
        """The originals of several networks with something compressed: of which it is asked why examples are lost."""
        return [one for one in self.several(self.originals()) if one.describe("method")["method"] != SECOND_DENSE]

    def explainable(self) -> list[Comparison]:
        """Those of them that have labels."""
        return [one for one in self.compressions() if one.is_labelled]

    def described_comparisons(self) -> pl.DataFrame:
        """A row per comparison on data that are no altered copy: its names, and what was done to the compressed networks."""
        schema = dict.fromkeys(("reference", "compressed", "dataset"), pl.String) | {
            name: self.populations.schema[name] for name in DESCRIBED
        }
        return pl.DataFrame([one.names | one.describe(*DESCRIBED) for one in self.originals()], schema=schema)

    def is_single(self, comparison: Comparison) -> bool:
        """Whether a side has a single network: no test over networks can be had then."""
        return 1 in (
            self._n_networks[name, comparison.dataset] for name in (comparison.reference, comparison.compressed)
        )

    def several(self, comparisons: Sequence[Comparison]) -> list[Comparison]:
        """Those of the comparisons that have several networks on both sides."""
        return [one for one in comparisons if not self.is_single(one)]

    @once
    def is_paired(self, comparison: Comparison) -> bool:
        """Whether the replicate names of both populations are given and equal."""
        paired = self.are_matched(comparison.reference, comparison.compressed, comparison.dataset)
        # A second dense population has fresh seeds: that it is not matched is its purpose.
        is_control = comparison.describe("method")["method"] == SECOND_DENSE
        if not paired and not is_control and not self.is_single(comparison):
            self.warn("unpaired tests, because replicate names are missing or differ.", comparison)
        return paired

    def are_matched(self, one: str, other: str, dataset: str) -> bool:
        """Whether the replicate names of two populations are given and equal."""
        return answers.are_matched(self.replicates(one, dataset), self.replicates(other, dataset))

    @once
    def second_dense(self, comparison: Comparison) -> str | None:
        """Another uncompressed population of the reference's regime that was run on the data set, the first one added."""
        regime = self.describe(comparison.reference, "regime")["regime"]
        others = self.populations.filter(
            pl.col("name").ne(comparison.reference)
            & pl.col("name").ne(comparison.compressed)
            & pl.col("regime").eq_missing(pl.lit(regime, pl.String))
            & (pl.col("method").is_null() | pl.col("method").eq(SECOND_DENSE))
            & pl.col("role").ne("compressed")
            & pl.col("sparsity").is_null()
            & pl.col("bits").is_null()
        )
        return next((name for name in others["name"] if self.is_evaluated(name, comparison.dataset)), None)

    def _comparisons(self) -> list[Comparison]:
        pairs = self.populations.filter(pl.col("reference").is_not_null()).select("reference", "name").rows()
        extra = [(reference, compressed) for reference, compressed in self.settings.comparisons]
        known = set(self.populations["name"])
        for name in (name for pair in extra for name in pair if name not in known):
            raise StudyError(f"no population is named '{name}'. The study has: {', '.join(self.populations['name'])}.")
        compared = {compressed for _, compressed in [*pairs, *extra]}
        alone = self.populations.filter((pl.col("role") == "compressed") & ~pl.col("name").is_in(compared))
        for name in alone["name"]:
            self.warn("compared with nothing, since there is no reference.", name)
        # Those of one reference stand together, in the order in which populations were added.
        order = {name: n for n, name in enumerate(self.populations["name"])}
        together = sorted(dict.fromkeys([*pairs, *extra]), key=lambda pair: order[pair[0]])
        return [one for pair in together for one in self._on_each_dataset(*pair)]

    def _on_each_dataset(self, reference: str, compressed: str) -> list[Comparison]:
        shared = [
            name
            for name in self.datasets["name"]
            if self.is_evaluated(reference, name) and self.is_evaluated(compressed, name)
        ]
        if not shared:
            self.warn(f"{compressed} is not compared with {reference}: no data set has predictions of both.")
        return [Comparison(self, reference, compressed, dataset) for dataset in shared]

    # Data sets and populations

    def dataset(self, name: str) -> dict[str, Any]:
        """What the study says of a data set."""
        return self._datasets[name]

    def describe(self, population: str, *columns: str) -> dict[str, Any]:
        """What the study says of a population."""
        return {name: self._populations[population][name] for name in columns}

    def is_compressed(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of results is about a compressed population, and about no control."""
        return bool(self.describe(row["compressed"], "role")["role"] == "compressed")

    def is_evaluated(self, population: str, dataset: str) -> bool:
        """Whether there are predictions of the population on the data set."""
        return (population, dataset) in self._n_networks

    def n_labelled(self, dataset: str) -> int:
        """Examples with a given label."""
        return int(self.dataset(dataset)["n_labelled"])

    def is_copy(self, dataset: str) -> bool:
        """Whether inputs or labels of a data set were altered."""
        return self.dataset(dataset)["alteration"] is not None

    def is_altered(self, dataset: str) -> bool:
        """Whether the inputs of a data set were altered: properties are those of the examples as they were."""
        return self.is_copy(dataset) and self.dataset(dataset)["alteration"] != LABEL_NOISE

    def training_data(self, dataset: str) -> str | None:
        """Training data of the same classes as a data set, if the study has some."""
        described = self.dataset(dataset)
        same = self.datasets.filter(pl.col("split") == "train", pl.col("source").is_null())
        names = (row["name"] for row in same.to_dicts() if row["class_names"] == described["class_names"])
        return next(names, None)

    # Predictions as arrays, in the order of the data set

    @once
    def networks(self, population: str, dataset: str) -> pl.DataFrame:
        """Networks (model_id, replicate) in the order of :meth:`predicted`."""
        return self._label_matrix(population, dataset)[0]

    def predicted(self, population: str, dataset: str) -> np.ndarray:
        """Predicted labels, (K, n)."""
        return self._label_matrix(population, dataset)[1]

    @once
    def _label_matrix(self, population: str, dataset: str) -> tuple[pl.DataFrame, np.ndarray]:
        return self.study.label_matrix(population, dataset)

    def replicates(self, population: str, dataset: str) -> list[str]:
        """Names of the networks in the order of :meth:`predicted`."""
        return self.networks(population, dataset)["replicate"].to_list()

    @once
    def labels(self, dataset: str) -> np.ndarray:
        """Given labels, (n,), −1 where there is none."""
        return self.study.labels(dataset)

    @once
    def keys(self, dataset: str) -> pl.Series:
        """Names of the examples."""
        return self.study.keys(dataset)

    @once
    def by_key(self, dataset: str) -> np.ndarray:
        """Positions of all examples in the order of their keys."""
        return self.keys(dataset).arg_sort().to_numpy().astype(np.int64)

    @once
    def labelled_by_key(self, dataset: str) -> np.ndarray:
        """Positions of the examples with a given label, in the order of their keys: folds do not depend on the order of a file."""
        order = self.by_key(dataset)
        return order[self.labels(dataset)[order] >= 0]

    def right(self, population: str, dataset: str) -> np.ndarray:
        """Whether each network is right on each labelled example, (K, number of labelled examples), in the order of their keys."""
        rows = self.labelled_by_key(dataset)
        return self.predicted(population, dataset)[:, rows] == self.labels(dataset)[rows]

    def confidences(self, population: str, dataset: str) -> np.ndarray:
        """Largest probability of each network on each labelled example, likewise; NaN where it is not known."""
        return self.scalars("confidence", population, dataset)

    def scalars(self, name: str, population: str, dataset: str, examples: np.ndarray | None = None) -> np.ndarray:
        """A number of each prediction of these labelled examples, (K, n), by default all of them; NaN where it is not known.

        Rows as of :meth:`networks`. Nobody may write into it: where it is of all examples it is no copy.
        """
        found = self._scalars(name, population, dataset)
        if examples is None or len(examples) == found.shape[1]:
            return found
        return found[:, np.isin(self.labelled_by_key(dataset), examples)]

    @once
    def _scalars(self, name: str, population: str, dataset: str) -> np.ndarray:
        matrix = self.study.scalar_matrix(population, name, dataset, networks=self.networks(population, dataset))
        found = matrix[:, self.labelled_by_key(dataset)]
        found.flags.writeable = False
        return found

    @once
    def by_names(self, population: str, dataset: str) -> np.ndarray:
        """Predicted labels with the examples in the order of their keys, (K, n)."""
        found = self.predicted(population, dataset)[:, self.by_key(dataset)]
        found.flags.writeable = False
        return found

    # What the answers add up to

    @once
    def accuracies(self, population: str, dataset: str) -> pl.DataFrame:
        """The macro ``accuracy``, rows in the order of :meth:`networks`."""
        networks = self.networks(population, dataset)
        scalars = self.study.scalar_matrices(population, answers.SCALARS, dataset, networks=networks)
        found = answers.accuracies(self.predicted(population, dataset), self.labels(dataset), scalars)
        return pl.concat([networks.select("model_id", "replicate"), found], how="horizontal")

    @once
    def ballots(self, population: str, dataset: str) -> Ballots:
        """Votes of the networks of a population, in the order of the data set."""
        return Ballots.count(self.predicted(population, dataset))

    @once
    def churn(self, population: str, dataset: str) -> float | None:
        """Share of predictions that differ between two networks of a population; None for a single one."""
        return answers.churn(self.ballots(population, dataset), len(self.labels(dataset)))

    @once
    def modal_labels(self, population: str, dataset: str) -> np.ndarray:
        """The class that most networks predict, ties to the lowest, (n,)."""
        return answers.modal_labels(self.ballots(population, dataset), self.predicted(population, dataset))

    @once
    def recalls(self, population: str, dataset: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Labels that occur (m,), their numbers of examples (m,) and the recalls (networks, m) in the order of networks."""
        return answers.recalls(self.predicted(population, dataset), self.labels(dataset))

    @once
    def groups(self, subgroup: str, dataset: str) -> pl.DataFrame:
        """The macro ``subgroups``."""
        return self.study.subgroups(subgroup, dataset)

    # Properties of examples, in the order of the data set

    @once
    def network_properties(self, population: str, dataset: str) -> NetworkProperties:
        """What the networks of a population say of each example."""
        train = self.training_data(dataset)
        if train is not None and not self.is_evaluated(population, train):
            train = None
        described = self.dataset(dataset)
        source = described["source"] if described["alteration"] == LABEL_NOISE else None
        inputs = source if source is not None and self.is_evaluated(population, source) else dataset
        is_training = described["split"] == "train"
        evaluated = self._label_matrix(population, dataset)
        return measure(self.study, population, dataset, evaluated, inputs=inputs, train=train, is_training=is_training)

    @once
    def outside_numbers(self, dataset: str) -> dict[str, tuple[str, np.ndarray]]:
        """Source and values (n,) of numbers measured outside, NaN where there is none; by NAME@SOURCE where NAME is ambiguous."""
        known = self.study.known_properties(dataset)
        several = known.filter(pl.col("property").is_duplicated())["property"].to_list()
        found = {}
        for row in known.to_dicts():
            full = f"{row['property']}@{row['source']}"
            name = full if row["property"] in several or row["property"] in PROPERTIES else row["property"]
            rows = self.study.property(full, dataset)
            if rows["text"].null_count() == rows.height:
                values = np.full(len(self.labels(dataset)), np.nan)
                values[rows["example_id"].to_numpy()] = rows["number"].to_numpy()
                found[name] = row["source"], values
        return found


def _listed(things: Sequence[str]) -> str:
    """All of a few, the first of many."""
    shown = things if len(things) <= N_LISTED else things[: N_LISTED - 1]
    more = len(things) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")
