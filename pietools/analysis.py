"""Where the study and the statistics meet: read from the study, call, store."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np
import polars as pl

from pietools import __version__
from pietools.errors import StudyError
from pietools.statistics.accuracy import fleiss_kappa, mean_and_sd
from pietools.statistics.classes import LEVEL, class_tests, default_test
from pietools.statistics.relabelling import RelabellingNull, relabelling_null
from pietools.study import Study

TIE_RULE = "lowest"
PERMUTATIONS = 1000


@dataclass(frozen=True)
class Analysis:
    """Result frames of all topics, as they are stored in the study under results.TOPIC."""

    seed: int
    permutations: int
    datasets: pl.DataFrame
    accuracy: pl.DataFrame
    pies: pl.DataFrame
    flips: pl.DataFrame
    classes: pl.DataFrame
    warnings: list[str]

    @property
    def topics(self) -> dict[str, pl.DataFrame]:
        """Result frame of each topic."""
        return {"accuracy": self.accuracy, "pies": self.pies, "flips": self.flips, "classes": self.classes}


@dataclass(frozen=True)
class Comparison:
    """A compressed population against its reference, on one data set."""

    reference: str
    compressed: str
    dataset: str

    def seed(self, seed: int) -> list[int]:
        """Seed of its own, whatever else is analyzed."""
        name = "\0".join((self.reference, self.compressed, self.dataset))
        return [seed, int.from_bytes(sha256(name.encode()).digest()[:8], "big")]


def analyze(
    study: Study,
    *,
    permutations: int | None = None,
    seed: int | None = None,
    comparisons: Iterable[tuple[str, str]] = (),
    store: bool = True,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> Analysis:
    """Run every topic on every population and every comparison of a study.

    Parameters
    ----------
    permutations, seed
        Relabellings of each null and seed of all that is random; by default what the study's recipe says, else 1000 and 0.
    comparisons
        Pairs (reference, compressed) besides each population's own reference.
    store
        Replace the study's results by these.
    on_step
        Called with (done, total) after each population and comparison.

    Raises
    ------
    pietools.errors.StudyError
        If the study has no predictions, or not a population that is named.
    """
    settings = (study.recipe() or {}).get("analyze", {})
    permutations = permutations if permutations is not None else settings.get("permutations", PERMUTATIONS)
    seed = seed if seed is not None else settings.get("seed", 0)
    wanted = [*map(tuple, settings.get("comparisons", [])), *comparisons]
    analysis = _Topics(study, permutations, seed).run(wanted, on_step)
    if store:
        asked = {"permutations": permutations, "tie_rule": TIE_RULE, "comparisons": [list(pair) for pair in wanted]}
        study.store_results(analysis.topics, settings=asked, seed=seed, version=__version__)
    return analysis


class _Topics:
    """One run over a study; what several comparisons share is read once."""

    def __init__(self, study: Study, permutations: int, seed: int) -> None:
        self.study = study
        self.permutations = permutations
        self.seed = seed
        self.datasets = study.datasets()
        self.populations = study.populations()
        self.warnings: list[str] = []
        self.label_matrix = cache(study.label_matrix)
        self.recalls = cache(self._recalls)

    def run(self, extra: list[tuple[str, str]], on_step: Callable[[int, int], None]) -> Analysis:
        evaluated = self.study.evaluated()
        if not evaluated.height:
            raise StudyError(f"{self.study.path} has no predictions: collect or import some first.")
        comparisons = self._comparisons(evaluated, extra)
        total = evaluated.height + len(comparisons)
        accuracy, found = [], []
        for row in evaluated.iter_rows(named=True):
            accuracy.append(self._accuracy(row))
            on_step(len(accuracy), total)
        for comparison in comparisons:
            found.append(self._compare(comparison))
            on_step(len(accuracy) + len(found), total)
        pies, flips, classes = zip(*found, strict=True) if found else ((), (), ())
        return Analysis(
            self.seed,
            self.permutations,
            self.datasets,
            self._frame("accuracy", accuracy),
            self._frame("pies", pies),
            self._frame("flips", flips),
            pl.concat([self._frame("classes", []), *classes]),
            self.warnings,
        )

    def _frame(self, topic: str, rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
        """Rows with the columns and types of the table results.TOPIC, also if there are none."""
        return pl.DataFrame(list(rows), schema=self.study.result_schema(topic))

    def _comparisons(self, evaluated: pl.DataFrame, extra: list[tuple[str, str]]) -> list[Comparison]:
        pairs = self.populations.filter(pl.col("reference").is_not_null()).select("reference", "name").rows()
        known = set(self.populations["name"])
        for name in (name for pair in extra for name in pair if name not in known):
            raise StudyError(f"no population is named '{name}'. The study has: {', '.join(self.populations['name'])}.")
        if twice := next((name for name, other in extra if name == other), None):
            raise StudyError(f"'{twice}' is to be compared with itself: name two populations.")
        available = set(evaluated.select("population", "dataset").rows())
        compared = {compressed for _, compressed in [*pairs, *extra]}
        alone = self.populations.filter((pl.col("role") == "compressed") & ~pl.col("name").is_in(compared))
        self.warnings += [f"{name} is compared with nothing: it has no reference." for name in alone["name"]]
        comparisons = []
        for reference, compressed in dict.fromkeys([*pairs, *extra]):
            shared = [name for name in self.datasets["name"] if {(reference, name), (compressed, name)} <= available]
            if not shared:
                self.warnings.append(
                    f"{compressed} is not compared with {reference}: no data set has predictions of both."
                )
            comparisons += [Comparison(reference, compressed, dataset) for dataset in shared]
        return comparisons

    def _accuracy(self, evaluated: dict[str, Any]) -> dict[str, Any]:
        population, dataset = evaluated["population"], evaluated["dataset"]
        networks = self.study.accuracy(population, dataset)
        n_examples = self._dataset(dataset)["n_examples"]
        top1_mean, top1_sd = _over_networks(networks["top1"])
        top5_mean, top5_sd = _over_networks(networks["top5"])
        sums = self.study.vote_sums(population, dataset)
        n_votes, sum_squared = (sums[name].cast(pl.Float64).to_numpy() for name in ("n_votes", "sum_squared_votes"))
        return {
            "population": population,
            "dataset": dataset,
            **self._description(population, "role", "reference", "regime", "method", "sparsity", "bits"),
            "evidence": evaluated["evidence"],
            "n_models": evaluated["n_models"],
            "n_examples": n_examples,
            "top1_mean": top1_mean,
            "top1_sd": top1_sd,
            "top5_mean": top5_mean,
            "top5_sd": top5_sd,
            "kappa": fleiss_kappa(n_votes, sum_squared, n_examples, evaluated["n_models"]),
            "n_tied": self.study.modal_labels(population, dataset)["is_tied"].sum(),
            "n_near_ties": evaluated["n_near_ties"],
        }

    def _compare(self, comparison: Comparison) -> tuple[dict[str, Any], dict[str, Any], pl.DataFrame]:
        paired = self.study.is_paired(comparison.reference, comparison.compressed, comparison.dataset)
        if not paired:
            self.warnings.append(
                f"{comparison.compressed} and {comparison.reference} on {comparison.dataset}: unpaired tests, "
                "because their replicate names are missing or differ."
            )
        return self._pies(comparison, paired=paired), self._flips(comparison), self._classes(comparison, paired=paired)

    def _pies(self, comparison: Comparison, *, paired: bool) -> dict[str, Any]:
        names = comparison.reference, comparison.compressed
        pies = self.study.pies(*names, comparison.dataset)
        (_, reference), (_, compressed) = (self.label_matrix(name, comparison.dataset) for name in names)
        null = relabelling_null(
            reference, compressed, paired=paired, n_permutations=self.permutations, seed=comparison.seed(self.seed)
        )
        if null.smallest_p > LEVEL:
            self.warnings.append(
                f"{comparison.compressed} against {comparison.reference} on {comparison.dataset}: p cannot be below "
                f"{null.smallest_p:.3f} with so few networks."
            )
        is_labelled = self._dataset(comparison.dataset)["n_labelled"] > 0
        directions = {name: int((pies["direction"] == name).sum()) for name in ("forgotten", "recovered", "moved")}
        return {
            **vars(comparison),
            **self._description(comparison.compressed, "role", "regime", "method", "sparsity", "bits"),
            "n_examples": reference.shape[1],
            "n_reference": len(reference),
            "n_compressed": len(compressed),
            "n_pairs": len(reference) if paired else None,
            "tie_rule": TIE_RULE,
            "n_pies": pies.height,
            "n_pies_untied": pies.height - int(pies["is_tied"].sum()),
            **(directions if is_labelled else dict.fromkeys(directions)),
            **_null_columns(null),
        }

    def _flips(self, comparison: Comparison) -> dict[str, Any]:
        pairs = self.study.flips(comparison.reference, comparison.compressed, comparison.dataset)
        means = {name: _over_networks(pairs[name])[0] for name in ("harmful", "beneficial", "wrong_to_wrong", "total")}
        return {**vars(comparison), "n_pairs": pairs.height, **means, "total_sd": _over_networks(pairs["total"])[1]}

    def _classes(self, comparison: Comparison, *, paired: bool) -> pl.DataFrame:
        dataset = self._dataset(comparison.dataset)
        if not dataset["n_labelled"]:
            return self._frame("classes", [])
        labels, n, reference = self.recalls(comparison.reference, comparison.dataset)
        _, _, compressed = self.recalls(comparison.compressed, comparison.dataset)
        weights = n / n.sum()
        tests = class_tests(reference, compressed, reference @ weights, compressed @ weights, paired=paired)
        names = np.array(dataset["class_names"])[labels]
        classes = pl.DataFrame({"class_index": np.arange(len(labels)), "label": labels, "class_name": names, "n": n})
        schema = self.study.result_schema("classes")
        return (
            tests.join(classes, on="class_index")
            .with_columns(pl.lit(value).alias(name) for name, value in vars(comparison).items())
            .with_columns(is_default=pl.col("test") == default_test(paired=paired))
            .select(schema.names())
            .cast(schema)
        )

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

    def _description(self, population: str, *columns: str) -> dict[str, Any]:
        row = self.populations.row(by_predicate=pl.col("name") == population, named=True)
        return {name: row[name] for name in columns}

    def _dataset(self, name: str) -> dict[str, Any]:
        return self.datasets.row(by_predicate=pl.col("name") == name, named=True)


def _over_networks(values: pl.Series) -> tuple[float | None, float | None]:
    """Mean and sd of a column, the same to the last bit whatever the order of its rows."""
    return mean_and_sd(np.sort(values.cast(pl.Float64).fill_null(float("nan")).to_numpy()))


def _null_columns(null: RelabellingNull) -> dict[str, Any]:
    low, high = np.quantile(null.counts, [0.025, 0.975])
    mean = float(null.counts.mean())
    return {
        "design": null.design,
        "n_permutations": len(null.counts),
        "is_exact": null.is_exact,
        "null_mean": mean,
        "null_sd": null.sd,
        "null_conf_low": float(low),
        "null_conf_high": float(high),
        "null_difference": null.observed - mean,
        "p_value": null.p_value,
        "smallest_p": null.smallest_p,
    }
