"""The questions of sql/macros.sql as methods: one row of a frame per row of a macro."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from pietools.errors import StudyError
from pietools.study.database import Database


class Macros:
    """What a database of a study answers by its macros, and by queries of your own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sql(self, query: str, params: Sequence[Any] | dict[str, Any] | None = None) -> pl.DataFrame:
        """Result of a query of your own; the macros of docs/schema.md are there."""
        return self._database.sql(query, params)

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

    def overlap(
        self, reference_a: str, compressed_a: str, reference_b: str, compressed_b: str, dataset: str | None = None
    ) -> pl.DataFrame:
        """One row: n_pies_a, n_pies_b, n_both, n_either and jaccard of the PIEs of two comparisons."""
        return self._ask("overlap", reference_a, compressed_a, reference_b, compressed_b, dataset=dataset)

    def flips(self, reference: str, compressed: str, dataset: str | None = None) -> pl.DataFrame:
        """One row per pair of networks: harmful, beneficial, wrong_to_wrong and total share of flips."""
        return self._ask("flips", reference, compressed, dataset=dataset)

    def paired_answers(self, reference: str, compressed: str, dataset: str | None = None) -> pl.DataFrame:
        """One row per pair of networks and example: both answers, and ``change``: same, lost, gained, changed_wrong or changed."""
        return self._ask("paired_answers", reference, compressed, dataset=dataset)

    def change_counts(self, reference: str, compressed: str, dataset: str | None = None) -> pl.DataFrame:
        """One row per pair of networks: n, n_unlabelled, lost, gained, changed_wrong, agree and churn."""
        return self._ask("change_counts", reference, compressed, dataset=dataset)

    def churn(self, population: str, dataset: str | None = None) -> pl.DataFrame:
        """One row: n_networks, and total, the share of predictions that differ between two networks of the population."""
        return self._ask("churn", population, dataset=dataset)

    def vote_sums(self, population: str, dataset: str | None = None) -> pl.DataFrame:
        """One row per predicted class: n_votes, and sum_squared_votes per example."""
        return self._ask("vote_sums", population, dataset=dataset)

    def is_paired(self, reference: str, compressed: str, dataset: str | None = None) -> bool:
        """Whether the replicate names of both populations are given and equal."""
        return bool(self._ask("pairing", reference, compressed, dataset=dataset)["is_paired"].item())

    def known_properties(self, dataset: str | None = None) -> pl.DataFrame:
        """One row per property and source that the data set has, or inherits as an altered copy."""
        return self._ask("known_properties", dataset=dataset)

    def property(self, name: str, dataset: str | None = None) -> pl.DataFrame:
        """One row per example that has a value of a property measured outside, NAME or NAME@SOURCE: number or text.

        Altered copies inherit. Properties of networks, such as loss, are in ``results("properties")`` after ``analyze``.
        """
        try:
            # Where the study has no property at all the other macro has no row to say so.
            self.sql("select known_property(?, ?)", [name, dataset])
            return self._ask("example_property", name, dataset=dataset)
        except StudyError as error:
            if "several sources" in str(error):
                raise
            raise StudyError(
                f"{error} (Properties computed from the networks, such as loss: results('properties') after analyze.)"
            ) from None

    def subgroups(self, property_name: str, dataset: str | None = None) -> pl.DataFrame:
        """One row per example: group_id and group by a property, by the given label (``class``), or by a crossing (``sex*age``)."""
        return self._ask("subgroups", property_name, dataset=dataset)

    def subgroup_rates(self, population: str, property_name: str, dataset: str | None = None) -> pl.DataFrame:
        """One row per network and group: accuracy, and with two classes false_positive_rate and false_negative_rate."""
        return self._ask("subgroup_rates", population, property_name, dataset=dataset)

    def _ask(self, macro: str, *names: str, dataset: str | None) -> pl.DataFrame:
        arguments = ", ".join([*("?" * len(names)), "dataset := ?"])
        return self.sql(f"select * from {macro}({arguments})", [*names, dataset])
