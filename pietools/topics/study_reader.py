"""What the topics read from a study, each thing once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np
import polars as pl

from pietools.errors import StudyError
from pietools.statistics.pies.excess import Excess, pie_excess
from pietools.statistics.tools.populations import Populations
from pietools.topics.properties.catalogue import PROPERTIES
from pietools.study import LABEL_NOISE, SECOND_DENSE, Study
from pietools.topics.network_properties import NetworkProperties, measure

N_LISTED = 4  # things that a warning names


Found = TypeVar("Found")


@dataclass(frozen=True)
class Settings:
    """What an analysis is asked for.

    ``margin`` is the change of accuracy that still counts as none, ``delta`` the rise of an example's error rate that counts as
    forgotten; both are fractions. ``comparisons`` are pairs (reference, compressed) besides each population's own reference,
    ``properties`` the subgroups to look at: None means every property of the study. ``explain`` are the properties that may
    explain what is lost: None means loss, label_noise and atypicality as far as they are known and every number measured outside;
    ``theories`` those of them whose worth beyond difficulty is asked.
    """

    permutations: int = 1000
    seed: int = 0
    margin: float = 0.01
    delta: float = 0.1
    comparisons: tuple[tuple[str, str], ...] = ()
    properties: tuple[str, ...] | None = None
    explain: tuple[str, ...] | None = None
    theories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no analysis can be run with; NaN is in no range."""
        ranges = {
            "permutations": (self.permutations >= 1, "at least 1"),
            "seed": (self.seed >= 0, "at least 0"),
            "margin": (0 < self.margin <= 1, "a fraction above 0, up to 1"),
            "delta": (0 <= self.delta < 1, "a fraction from 0, below 1"),
        }
        for name, (is_fine, allowed) in ranges.items():
            if not is_fine:
                raise StudyError(f"{name} is {getattr(self, name)}, and must be {allowed}.")


@dataclass(frozen=True)
class Comparison:
    """A compressed population against its reference, on one data set."""

    reference: str
    compressed: str
    dataset: str

    def __str__(self) -> str:
        return f"{self.compressed} against {self.reference} on {self.dataset}"

    def seed(self, seed: int) -> list[int]:
        """Seed of its own, whatever else is analyzed."""
        name = "\0".join((self.reference, self.compressed, self.dataset))
        return [seed, int.from_bytes(sha256(name.encode()).digest()[:8], "big")]


class StudyReader:
    """A study as the topics see it; what several of them need is read once."""

    def __init__(self, study: Study, settings: Settings, on_item: Callable[[float], None] = lambda share: None) -> None:
        self.study = study
        self.settings = settings
        self.datasets = study.datasets()
        self.populations = study.populations()
        self.evaluated = study.evaluated()
        if not self.evaluated.height:
            raise StudyError(f"{study.path} has no predictions: collect or import some first.")
        self._warnings: dict[str, list[Any]] = {}
        self.comparisons = self._comparisons()
        self.label_matrix = cache(study.label_matrix)
        self.labels = cache(study.labels)
        self.recalls = cache(self._recalls)
        self.keys = cache(study.keys)
        self.by_key = cache(self._by_key)
        self.churn = cache(study.churn)
        self.groups = cache(study.subgroups)
        self.subgroup_rates = cache(study.subgroup_rates)
        self.accuracies = cache(self._accuracies)
        self.votes = cache(self._votes)
        self.excess = cache(self._excess)
        self.network_properties = cache(self._network_properties)
        self.outside_numbers = cache(self._outside_numbers)
        self._pairing = cache(study.is_paired)
        self._confidences = lru_cache(maxsize=1)(study.scalar_matrix)
        self._on_item = on_item
        self._computed: dict[Any, Any] = {}

    def each(self, items: Sequence[Any]) -> Iterator[Any]:
        """The items of a topic, one after another; each one that is done is progress."""
        for item in items:
            yield item
            self._on_item(1 / len(items))

    def once(self, key: Any, compute: Callable[[], Found]) -> Found:
        """What several topics compute the same way, computed by the first that asks."""
        if key not in self._computed:
            self._computed[key] = compute()
        return self._computed[key]

    def warn(self, text: str, about: object = None) -> None:
        """Keep a note for the reader of the results, once; the same one about several things is one note."""
        known = self._warnings.setdefault(text, [])
        if about is not None and about not in known:
            known.append(about)

    @property
    def warnings(self) -> list[str]:
        """The notes, with what they are about in front."""
        return [f"{_listed(about)}: {text}" if about else text for text, about in self._warnings.items()]

    def frame(self, table: str, rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
        """Rows with the columns and types of the table results.TABLE, also if there are none; what the table lacks is left out."""
        schema = self.study.result_schema(table)
        return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)

    def is_paired(self, comparison: Comparison) -> bool:
        """Whether the replicate names of both populations are given and equal."""
        paired = self._pairing(comparison.reference, comparison.compressed, comparison.dataset)
        # A second dense population has fresh seeds: that it is not matched is its purpose.
        if not paired and self.describe(comparison.compressed, "method")["method"] != SECOND_DENSE:
            self.warn("unpaired tests, because replicate names are missing or differ.", comparison)
        return paired

    def predicted(self, comparison: Comparison) -> tuple[np.ndarray, np.ndarray]:
        """Predicted labels of both populations, (K_D, n) and (K_C, n); rows match if the comparison is paired."""
        names = comparison.reference, comparison.compressed
        (_, reference), (_, compressed) = (self.label_matrix(name, comparison.dataset) for name in names)
        return reference, compressed

    def replicates(self, population: str, dataset: str) -> list[str]:
        """Names of the networks in the order of :meth:`predicted`."""
        return self.label_matrix(population, dataset)[0]["replicate"].to_list()

    def right(self, population: str, dataset: str) -> np.ndarray:
        """Whether each network is right on each labelled example, (K, number of labelled examples)."""
        labels = self.labels(dataset)
        return self.label_matrix(population, dataset)[1][:, labels >= 0] == labels[labels >= 0]

    def confidences(self, population: str, dataset: str) -> np.ndarray:
        """Largest probability of each network on each labelled example; NaN where it is not known."""
        return self._confidences(population, "confidence", dataset)[:, self.labels(dataset) >= 0]

    def n_labelled(self, dataset: str) -> int:
        """Examples with a given label."""
        return int(self.dataset(dataset)["n_labelled"])

    def labelled(self, dataset: str) -> np.ndarray:
        """Positions of the examples with a given label, in the order of their keys: folds do not depend on the order of a file."""
        order = self.by_key(dataset)
        return order[self.labels(dataset)[order] >= 0]

    def right_by_key(self, population: str, dataset: str) -> np.ndarray:
        """Whether each network is right on each of the :meth:`labelled` examples, (K, number of labelled examples)."""
        rows = self.labelled(dataset)
        return self.label_matrix(population, dataset)[1][:, rows] == self.labels(dataset)[rows]

    def _by_key(self, dataset: str) -> np.ndarray:
        """Positions of all examples in the order of their keys."""
        return self.keys(dataset).arg_sort().to_numpy().astype(np.int64)

    def dataset(self, name: str) -> dict[str, Any]:
        """What the study says of a data set."""
        return self.datasets.row(by_predicate=pl.col("name") == name, named=True)

    def describe(self, population: str, *columns: str) -> dict[str, Any]:
        """What the study says of a population."""
        row = self.populations.row(by_predicate=pl.col("name") == population, named=True)
        return {name: row[name] for name in columns}

    def is_evaluated(self, population: str, dataset: str) -> bool:
        """Whether there are predictions of the population on the data set."""
        return (population, dataset) in self._available

    def is_altered(self, dataset: str) -> bool:
        """Whether the inputs of a data set were altered: properties are those of the examples as they were."""
        return self.is_copy(dataset) and self.dataset(dataset)["alteration"] != LABEL_NOISE

    def is_copy(self, dataset: str) -> bool:
        """Whether inputs or labels of a data set were altered."""
        return self.dataset(dataset)["alteration"] is not None

    def originals(self) -> list[Comparison]:
        """Comparisons on data that are no altered copy: of copies only accuracy and excess error are asked."""
        return [one for one in self.comparisons if not self.is_copy(one.dataset)]

    def compressions(self) -> list[Comparison]:
        """Those of them with something compressed: of which it is asked why examples are lost."""
        return [one for one in self.originals() if self.describe(one.compressed, "method")["method"] != SECOND_DENSE]

    def explainable(self) -> list[Comparison]:
        """Those of them that have labels."""
        return [one for one in self.compressions() if self.n_labelled(one.dataset)]

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

    def training_data(self, dataset: str) -> str | None:
        """Training data of the same classes as a data set, if the study has some."""
        described = self.dataset(dataset)
        same = self.datasets.filter(pl.col("split") == "train", pl.col("source").is_null())
        names = (row["name"] for row in same.to_dicts() if row["class_names"] == described["class_names"])
        return next(names, None)

    def _network_properties(self, population: str, dataset: str) -> NetworkProperties:
        train = self.training_data(dataset)
        if train is not None and not self.is_evaluated(population, train):
            train = None
        described = self.dataset(dataset)
        source = described["source"] if described["alteration"] == LABEL_NOISE else None
        inputs = source if source is not None and self.is_evaluated(population, source) else dataset
        is_training = described["split"] == "train"
        return measure(self.study, population, dataset, inputs=inputs, train=train, is_training=is_training)

    def _outside_numbers(self, dataset: str) -> dict[str, tuple[str, np.ndarray]]:
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

    def _accuracies(self, population: str, dataset: str) -> pl.DataFrame:
        """The macro ``accuracy``, rows in the order of :meth:`label_matrix`."""
        networks, _ = self.label_matrix(population, dataset)
        found = self.study.accuracy(population, dataset).drop("replicate")
        return networks.join(found, on="model_id", how="left", maintain_order="left")

    def _excess(self, comparison: Comparison) -> Excess:
        return pie_excess(self.votes(comparison), seed=comparison.seed(self.settings.seed))

    def _votes(self, comparison: Comparison) -> Populations:
        """Predicted labels of both populations beside the given ones, in the order of the data set."""
        return Populations(*self.predicted(comparison), self.is_paired(comparison), self.labels(comparison.dataset))

    def _recalls(self, population: str, dataset: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Labels that occur (m,), their numbers of examples (m,) and the recalls (networks, m) in the order of label_matrix."""
        networks, _ = self.label_matrix(population, dataset)
        recalls = self.study.class_recall(population, dataset)
        classes = recalls.unique(["label"]).sort("label")
        wide = networks.select("model_id").join(
            recalls.pivot("label", index="model_id", values="recall"), on="model_id", how="left"
        )
        by_label = wide.select(str(label) for label in classes["label"]).to_numpy()
        return classes["label"].to_numpy(), classes["n_examples"].to_numpy(), by_label

    def _comparisons(self) -> list[Comparison]:
        pairs = self.populations.filter(pl.col("reference").is_not_null()).select("reference", "name").rows()
        extra = self.settings.comparisons
        known = set(self.populations["name"])
        for name in (name for pair in extra for name in pair if name not in known):
            raise StudyError(f"no population is named '{name}'. The study has: {', '.join(self.populations['name'])}.")
        if twice := next((name for name, other in extra if name == other), None):
            raise StudyError(f"'{twice}' is to be compared with itself: name two populations.")
        self._available = set(self.evaluated.select("population", "dataset").rows())
        compared = {compressed for _, compressed in [*pairs, *extra]}
        alone = self.populations.filter((pl.col("role") == "compressed") & ~pl.col("name").is_in(compared))
        for name in alone["name"]:
            self.warn("compared with nothing, since there is no reference.", name)
        comparisons = []
        for reference, compressed in dict.fromkeys([*pairs, *extra]):
            shared = [
                name for name in self.datasets["name"] if {(reference, name), (compressed, name)} <= self._available
            ]
            if not shared:
                self.warn(f"{compressed} is not compared with {reference}: no data set has predictions of both.")
            comparisons += [Comparison(reference, compressed, dataset) for dataset in shared]
        return comparisons


def _listed(things: Sequence[object]) -> str:
    """All of a few, the first of many."""
    shown = things if len(things) <= N_LISTED else things[: N_LISTED - 1]
    more = len(things) - len(shown)
    return "; ".join(map(str, shown)) + (f"; and {more} more" if more else "")
