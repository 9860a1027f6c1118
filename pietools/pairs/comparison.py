"""What the comparison of two networks found: counts, tests and tables, all from the answers that were read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from pietools.pairs.examples import CHANGED, FORGOTTEN, examples_of
from pietools.pairs.found import Accuracy, Population, Regrouping
from pietools.pairs.pair import COUNTS, Pair
from pietools.pairs.tasks import Task, Tasks
from pietools.statistics.pairs.confidence_bands import confidence_bands
from pietools.statistics.pairs.difference import (
    PairedChange,
    clustered_change,
    detectable_drop,
    paired_change,
    wilson_interval,
)
from pietools.statistics.pairs.groups import group_tests, n_testable
from pietools.statistics.pairs.margin import MarginTest, clustered_margin_test, margin_test
from pietools.statistics.pairs.mcnemar import McNemar, mcnemar
from pietools.statistics.pairs.reruns import Floor, rerun_floor, retraining_p
from pietools.statistics.pairs.scores import (
    Divergence,
    MeanChange,
    calibration_error,
    divergence,
    mean_change,
)
from pietools.statistics.pairs.tasks import TaskTests, exchange_p, task_tests
from pietools.statistics.tools.multiplicity import adjust

CLASS = "class"  # the grouping by given label
MOST_CLASSES = 2_000


@dataclass(frozen=True, repr=False)
class Comparison:
    """What was found; computed on first use, as the report asks for more than the first screen.

    ``read`` is what the files hold; ``margin`` the largest fall of accuracy that would not matter, set beforehand; ``seed`` that of
    all that is drawn. Frames are polars.
    """

    read: Tasks
    margin: float
    seed: int = 0

    def __repr__(self) -> str:
        return f"<Comparison: {self.headline}>"

    @property
    def headline(self) -> str:
        """The answer in words."""
        from pietools.pairs.sentences import headline

        return headline(self)

    @cached_property
    def pairs(self) -> list[Pair]:
        """Every pair of networks on every task."""
        return [
            Pair(task, *both) for task in self.read.tasks for both in zip(task.reference, task.compressed, strict=True)
        ]

    def pairs_of(self, task: Task) -> list[Pair]:
        """Those on one task."""
        return [pair for pair in self.pairs if pair.task is task]

    # How large it is

    @property
    def n_networks(self) -> int:
        """Networks of each side."""
        return len(self.read.tasks[0].reference)

    @property
    def n_examples(self) -> int:
        """Examples of all tasks."""
        return sum(len(task.labels) for task in self.read.tasks)

    @property
    def n_classes(self) -> int:
        """Classes of the task that has most."""
        return max(len(task.dataset.class_names) for task in self.read.tasks)

    @property
    def n(self) -> int:
        """Answers of each side: examples times networks."""
        return sum(len(pair.changed) for pair in self.pairs)

    @property
    def n_unlabelled(self) -> int:
        """Answers to examples without a given label."""
        return self.n - self.counts["n"]

    @property
    def is_labelled(self) -> bool:
        """Whether any example has a given label."""
        return self.counts["n"] > 0

    # Did it get worse?

    @cached_property
    def counts(self) -> dict[str, int]:
        """Counts of :class:`Pair`, summed."""
        return _summed([pair.counts for pair in self.pairs])

    @cached_property
    def n_changed(self) -> int:
        """Answers that differ."""
        return sum(int(pair.changed.sum()) for pair in self.pairs)

    @cached_property
    def accuracies(self) -> tuple[Accuracy, Accuracy]:
        """Of both sides."""
        found = []
        for name, column in zip(self.read.names, ("reference_correct", "compressed_correct"), strict=True):
            if not self.is_labelled:
                found.append(Accuracy(name))
                continue
            share = self.counts[column] / self.counts["n"]
            # Answers of several networks to one example are not independent: the interval counts examples.
            n = self.counts["n"] // self.n_networks
            found.append(Accuracy(name, share, *wilson_interval(share * n, n)))
        return found[0], found[1]

    @cached_property
    def change(self) -> PairedChange | None:
        """Change of accuracy; None without labels."""
        if not self.is_labelled:
            return None
        if self.n_networks > 1:
            return clustered_change(self._net_of_examples, self.n_networks)
        return paired_change(self.counts["lost"], self.counts["gained"], self.counts["n"])

    @cached_property
    def tests(self) -> McNemar | None:
        """Exact tests of lost against gained answers, each taken as independent; None without labels."""
        return mcnemar(self.counts["lost"], self.counts["gained"]) if self.is_labelled else None

    @cached_property
    def p_worse(self) -> float | None:
        """One-sided p that it got worse, which the first screen tells: of several networks on the same examples, by example."""
        if self.tests is None:
            return None
        return self.p_by_example if self.n_networks > 1 else float(self.tests.one_sided)

    @cached_property
    def p_better(self) -> float | None:
        """The same of the other direction."""
        if self.tests is None:
            return None
        if self.n_networks > 1:
            return exchange_p(-self._answers["net"], self._answers["item"], seed=self.seed)
        return float(mcnemar(self.counts["gained"], self.counts["lost"]).one_sided)

    @cached_property
    def p_by_example(self) -> float | None:
        """One-sided p with all answers to one example exchanged together; None for one network, or without labels."""
        if self.n_networks < 2 or not self.is_labelled:
            return None
        return exchange_p(self._answers["net"], self._answers["item"], seed=self.seed)

    @cached_property
    def margin_test(self) -> MarginTest | None:
        """Worse by more than the margin, within it, or not to be said; None without labels."""
        if not self.is_labelled:
            return None
        if self.n_networks > 1:
            test = clustered_margin_test(self._net_of_examples, self.n_networks, self.margin)
            return replace(test, p_worse=max(test.p_worse, self.p_by_example or 0.0))
        return margin_test(self.counts["lost"], self.counts["gained"], self.counts["n"], self.margin)

    @cached_property
    def detectable(self) -> float | None:
        """Smallest fall that so many examples show with 80 % power; None without labels, or of several networks."""
        if not self.is_labelled or self.n_networks > 1:
            return None
        return detectable_drop(self.counts["lost"] + self.counts["gained"], self.counts["n"])

    @property
    def error_change(self) -> float | None:
        """Relative change of the error rate: 0.2 is a fifth more errors; None if there were none, or without labels."""
        wrong = self.counts["n"] - self.counts["reference_correct"]
        return (self.counts["lost"] - self.counts["gained"]) / wrong if wrong else None

    @cached_property
    def _answers(self) -> dict[str, np.ndarray]:
        """Per labelled answer the change, the task, and a number of its example that no other task has."""
        parts, start = [], 0
        for number, task in enumerate(self.read.tasks):
            for pair in self.pairs_of(task):
                rows = np.flatnonzero(pair.is_labelled)
                parts.append((pair.net[rows].astype(np.int64), np.full(len(rows), number), start + rows))
            start += len(task.labels)
        return dict(zip(("net", "task", "item"), map(np.concatenate, zip(*parts, strict=True)), strict=True))

    @cached_property
    def _net_of_examples(self) -> np.ndarray:
        """Gained less lost answers to each labelled example, shape (examples,)."""
        _, number = np.unique(self._answers["item"], return_inverse=True)
        return np.bincount(number, weights=self._answers["net"])

    # Where?

    @cached_property
    def task_tests(self) -> TaskTests | None:
        """Pooled, worst and combined tests of several tasks; None for one task, or without labels."""
        if len(self.read.tasks) < 2 or not self.is_labelled:
            return None
        answers = self._answers
        return task_tests(answers["net"], answers["task"], answers["item"], len(self.read.tasks), seed=self.seed)

    @cached_property
    def tasks(self) -> pl.DataFrame:
        """A row per task: its counts over all networks, and the exact one-sided test; p is null without labels.

        ``p_holm`` of several networks is that of ``task_tests``, which counts examples, not answers.
        """
        rows = [
            {"name": task.dataset.name, **_summed([pair.counts for pair in self.pairs_of(task)])}
            for task in self.read.tasks
        ]
        tested = _tested(rows, ("name",))
        return tested if self.task_tests is None else tested.with_columns(p_holm=pl.Series(self.task_tests.p_holm))

    @cached_property
    def networks(self) -> pl.DataFrame:
        """A row per task and pair of networks, where there are several: likewise."""
        rows = [
            {"task": pair.task.dataset.name, "name": pair.reference.replicate, **pair.counts} for pair in self.pairs
        ]
        return _tested(rows if self.n_networks > 1 else [], ("task", "name"))

    @cached_property
    def groupings(self) -> list[Regrouping]:
        """Groups of examples against the rest, by class and by each column that was named; none without labels.

        The tests count an example once, as what most pairs of networks say of it.
        """
        found = []
        for name in self._grouping_names() if self.is_labelled else ():
            counts = self._group_counts(name)
            if counts.height > 1:
                tests = group_tests(*(counts[column].to_numpy() for column in ("lost_examples", "gained_examples")))
                tested = counts.drop("lost_examples", "gained_examples").hstack(tests)
                found.append(Regrouping(name, tested, n_testable(tested["smallest_p"].to_numpy())))
        return found

    def _grouping_names(self) -> Iterator[str]:
        if 1 < self.n_classes <= MOST_CLASSES:
            yield CLASS
        yield from dict.fromkeys(name for task in self.read.tasks for name in task.groups)

    def _group_counts(self, name: str) -> pl.DataFrame:
        """Labelled, lost and gained answers by group; and examples that more pairs lost than gained, and the reverse."""
        parts = []
        for task in self.read.tasks:
            pairs = self.pairs_of(task)
            net = np.stack([pair.net for pair in pairs]).astype(np.int64)
            part = pl.DataFrame(
                {
                    "value": _classes_of(task) if name == CLASS else task.groups[name],
                    "n": len(pairs),
                    "lost": (net < 0).sum(axis=0),
                    "gained": (net > 0).sum(axis=0),
                    "lost_examples": net.sum(axis=0) < 0,
                    "gained_examples": net.sum(axis=0) > 0,
                }
            )
            parts.append(part.filter(pl.Series(task.labels >= 0)))
        grouped = pl.concat(parts).drop_nulls("value").group_by("value", maintain_order=True)
        return grouped.agg(pl.all().sum().cast(pl.Int64)).sort("value")

    @cached_property
    def bands(self) -> pl.DataFrame | None:
        """Answers by the confidence of the reference; None where it is not known."""
        known = [(pair, pair.confidences[0]) for pair in self.pairs]
        if any(confidence is None for _, confidence in known):
            return None
        confidence = np.concatenate([one for _, one in known if one is not None])
        changed = np.concatenate([pair.changed for pair in self.pairs])
        net = np.concatenate([pair.net for pair in self.pairs]) if self.is_labelled else None
        return confidence_bands(confidence, changed, net)

    @cached_property
    def confusions(self) -> pl.DataFrame:
        """From which class to which answers changed, the most frequent first: ``reference``, ``compressed``, ``n``."""
        parts = []
        for pair in self.pairs:
            names = np.array(pair.task.dataset.class_names, dtype=object)
            rows = pair.changed
            parts.append(
                pl.DataFrame(
                    {
                        "reference": pl.Series(names[pair.reference.predicted[rows]].tolist(), dtype=pl.String),
                        "compressed": pl.Series(names[pair.compressed.predicted[rows]].tolist(), dtype=pl.String),
                    }
                )
            )
        counted = pl.concat(parts).group_by("reference", "compressed").agg(pl.len().cast(pl.Int64).alias("n"))
        return counted.sort("n", "reference", "compressed", descending=[True, False, False])

    # Probabilities

    @cached_property
    def log_odds(self) -> MeanChange | None:
        """Change of the log odds of the label, per example the mean over networks; None without scores or labels."""
        changes = [pair.log_odds for pair in self.pairs]
        if not self.is_labelled or any(one is None for one in changes):
            return None
        per_answer = np.concatenate([one[1] - one[0] for one in changes if one is not None])
        _, number = np.unique(self._answers["item"], return_inverse=True)
        return mean_change(np.bincount(number, weights=per_answer) / np.bincount(number))

    @cached_property
    def divergence(self) -> Divergence | None:
        """Kullback–Leibler divergence from the reference to the compressed network; None without scores."""
        scores = [(pair.reference.logits, pair.compressed.logits) for pair in self.pairs]
        known = [(first, second) for first, second in scores if first is not None and second is not None]
        if len(known) < len(scores):
            return None
        width = max(first.shape[1] for first, _ in known)
        first, second = (np.concatenate([_padded(both[side], width) for both in known]) for side in (0, 1))
        return divergence(first, second)

    @cached_property
    def calibration(self) -> tuple[float, float] | None:
        """Expected calibration errors of both sides; None without confidences or labels."""
        if not self.is_labelled or any(one is None for pair in self.pairs for one in pair.confidences):
            return None
        errors = []
        for side in (0, 1):
            confidence = [pair.confidences[side] for pair in self.pairs]
            known = np.concatenate(
                [one[pair.is_labelled] for one, pair in zip(confidence, self.pairs, strict=True) if one is not None]
            )
            right = np.concatenate([pair.right[side][pair.is_labelled] for pair in self.pairs])
            errors.append(calibration_error(known, right))
        return errors[0], errors[1]

    @cached_property
    def confidence_change(self) -> MeanChange | None:
        """Change of the confidence; None where it is not known."""
        if any(one is None for pair in self.pairs for one in pair.confidences):
            return None
        changes = [after - before for before, after in (pair.confidences for pair in self.pairs)]  # type: ignore[operator]
        return mean_change(np.concatenate(changes))

    # A floor

    @cached_property
    def floor(self) -> Floor | None:
        """Re-runs of the reference over all tasks; None without."""
        if not self.read.tasks[0].reruns:
            return None
        first, second, labels = (
            np.concatenate(parts)
            for parts in zip(
                *((pair.reference.predicted, pair.compressed.predicted, pair.task.labels) for pair in self.pairs),
                strict=True,
            )
        )
        n_runs = min(len(task.reruns) for task in self.read.tasks)
        runs = np.stack([np.concatenate([task.reruns[k].predicted for task in self.read.tasks]) for k in range(n_runs)])
        return rerun_floor(first, second, runs, labels, seed=self.seed)

    @cached_property
    def retraining(self) -> dict[str, Any] | None:
        """Against one more network of the dense recipe: shares of answers that differ from it, and the test; None without."""
        others = [task.reference_again for task in self.read.tasks]
        if any(one is None for one in others):
            return None
        other = np.concatenate([one.predicted for one in others if one is not None])
        first = np.concatenate([pair.reference.predicted for pair in self.pairs])
        second = np.concatenate([pair.compressed.predicted for pair in self.pairs])
        return {
            "reference_churn": float((first != other).mean()),
            "compressed_churn": float((second != other).mean()),
            "p_further": retraining_p(second, first, other),
        }

    # Several networks

    @cached_property
    def population(self) -> Population | None:
        """The networks of each side as a population; None if there is one, or several tasks."""
        if self.n_networks < 2 or len(self.read.tasks) > 1:
            return None
        from pietools.pairs.population import population_of

        return population_of(self.read.tasks[0], seed=self.seed)

    # Which examples?

    @cached_property
    def examples(self) -> pl.DataFrame:
        """A row per answer, in the order of the files: what it was, what it is, and what that is called (``tag``)."""
        several = {"of_several_tasks": len(self.read.tasks) > 1, "of_several_networks": self.n_networks > 1}
        return pl.concat([examples_of(pair, **several) for pair in self.pairs])

    @cached_property
    def regressions(self) -> pl.DataFrame:
        """Lost answers, without labels changed ones, the clearest first.

        By the fall of the label's log odds, else by how sure the reference was.
        """
        lost = self.examples.filter(pl.col("tag") == (FORGOTTEN if self.is_labelled else CHANGED))
        if lost["log_odds_change"].null_count() < lost.height:
            return lost.sort("log_odds_change", nulls_last=True, maintain_order=True)
        return lost.sort("reference_confidence", descending=True, nulls_last=True, maintain_order=True)


def _classes_of(task: Task) -> pl.Series:
    """Names of the given labels, null where there is none."""
    names = np.array([*task.dataset.class_names, None], dtype=object)
    return pl.Series(names[task.labels].tolist(), dtype=pl.String)


def _summed(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    return {name: sum(one[name] for one in counts) for name in COUNTS}


def _tested(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> pl.DataFrame:
    schema = {**dict.fromkeys(names, pl.String), **dict.fromkeys(COUNTS, pl.Int64)}
    frame = pl.DataFrame(rows, schema=schema)
    p = mcnemar(frame["lost"].to_numpy(), frame["gained"].to_numpy()).one_sided.astype(float)
    p = np.where(frame["n"].to_numpy() > 0, p, np.nan)
    tests = {"p_one_sided": p, "p_holm": adjust(p, "holm")}
    return frame.with_columns(pl.Series(name, values).fill_nan(None) for name, values in tests.items())


def _padded(scores: np.ndarray, width: int) -> np.ndarray:
    return np.pad(scores, ((0, 0), (0, width - scores.shape[1])), constant_values=-np.inf)
