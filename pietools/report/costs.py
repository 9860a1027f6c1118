"""What compression cost, as data: rows of result tables by comparison, and what is known of each by one rule.

How sure a change is follows from its interval, its p-value and the margin: :func:`certainty`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from pietools.conventions import LEVEL
from pietools.report.sentences import comparison_name
from pietools.results.analysis import Analysis
from pietools.statistics.tools.multiplicity import adjust

NEEDED = ("accuracy_change", "examples_hits", "flips_churn")
"""Result tables that the answer is made of; where one was not computed there is none."""
SECOND_DENSE = "second-dense"
Row = dict[str, Any]


class Certainty(StrEnum):
    """What is known of a change."""

    FELL = "fell"
    ROSE = "rose"
    KEPT = "kept"  # within the margin
    OPEN = "open"  # neither a change nor its absence was shown


def certainty(change: Row) -> Certainty:
    """What is known of a change that has a p-value, an interval and a p-value of being within the margin, a row of accuracy_change.

    A change is shown at 5 % over all comparisons that are asked alike (Holm).
    """
    if change["p_holm"] is not None and change["p_holm"] <= LEVEL:
        return Certainty.FELL if change["estimate"] < 0 else Certainty.ROSE
    is_kept = change["p_equivalent"] is not None and change["p_equivalent"] <= LEVEL
    return Certainty.KEPT if is_kept else Certainty.OPEN


@dataclass(frozen=True)
class Cost:
    """What one compression cost in one regime: rows of result tables, None where there is none.

    ``n_needed``: networks a side with which votes could show that an example was hit, where there are too few. ``p_answers``: of H0
    that it changes as many answers as training again, over all comparisons that are asked alike (Holm), and ``most_answers`` the
    upper end of an interval that holds for all of them at once. ``n_regimes``: regimes that are compared on the data set.
    ``noun``: what examples are, pictures where these are kept. ``other_control``: the method of a control that is not the second
    dense population, which ``is_control``. ``delta``: rise of the share of wrong networks that counts as lost.
    """

    compression: str
    regime: str | None
    names: Row
    is_control: bool
    accuracy: Row | None
    answers: Row | None
    hits: Row | None
    hardest: tuple[str, float] | None
    n_examples: int
    n_regimes: int = 1
    n_needed: int | None = None
    p_answers: float | None = None
    most_answers: float | None = None
    noun: str = "examples"
    other_control: str | None = None
    sparsity: float | None = None
    delta: float = 0.1

    @property
    def one(self) -> str:
        """One of them."""
        return self.noun.removesuffix("s")

    @property
    def certainty(self) -> Certainty:
        """What is known of the change of accuracy."""
        return Certainty.OPEN if self.accuracy is None else certainty(self.accuracy)

    @property
    def is_tested(self) -> tuple[bool, bool]:
        """Whether single examples were tested, and accuracy."""
        return self.n_hit is not None, self.accuracy is not None and self.accuracy["p_value"] is not None

    @property
    def n_hit(self) -> int | None:
        """Examples that were hit; None where they could not be tested."""
        is_untested = self.hits is None or self.hits["flag"] is not None or self.n_needed is not None
        return None if is_untested or self.hits is None else self.hits["n_hit"]

    @property
    def n_lost(self) -> int | None:
        """Examples of which more networks are wrong by more than delta, probably; None where they could not be tested."""
        return None if self.n_hit is None or self.hits is None else self.hits["n_lost"]

    @property
    def again(self) -> float | None:
        """Answers that training again changes."""
        return None if self.answers is None else self.n_examples * self.answers["again"]

    @property
    def more_answers(self) -> tuple[float, float, float] | None:
        """Answers that change beyond what training again changes, and the ends of the interval; None without an interval."""
        if self.answers is None or self.answers["more_conf_low"] is None:
            return None
        more, low, high = (self.n_examples * self.answers[name] for name in ("more", "more_conf_low", "more_conf_high"))
        return more, low, high

    @property
    def changes_more(self) -> bool:
        """Whether it was shown to change more answers than training again."""
        return self.p_answers is not None and self.p_answers <= LEVEL and (self.answers or {})["more"] > 0

    @property
    def is_shown(self) -> bool:
        """Whether anything was shown to change."""
        n_spared = self.hits["n_spared"] if self.n_hit is not None and self.hits else 0
        return bool(self.certainty in (Certainty.FELL, Certainty.ROSE) or self.n_hit or n_spared or self.changes_more)


def costs(analysis: Analysis, dataset: str) -> list[Cost]:
    """What each compression cost, and the same between dense networks, on one data set."""
    if any(name not in analysis.tables for name in NEEDED):
        return []
    accuracy, hits, answers = (_by_name(analysis.tables[name]) for name in NEEDED)
    hardest = _hardest(analysis.tables.get("classes", pl.DataFrame()))
    n_examples = dict(analysis.datasets.select("name", "n_examples").iter_rows()).get(dataset, 0)
    by_votes = analysis.tables.get("examples_summary", pl.DataFrame()).to_dicts()
    n_needed = {comparison_name(row): row["replicates_needed"] for row in by_votes if not row["is_possible"]}
    found = []
    noun = "pictures" if dataset in analysis.pictured else "examples"
    here = analysis.comparisons.filter(dataset=dataset).to_dicts()
    labels, n_regimes = compression_labels(here), len({row["regime"] for row in here})
    for row in here:
        name, is_control = comparison_name(row), row["method"] == SECOND_DENSE
        if name in answers and (is_control or row["role"] in ("compressed", "control")):
            compression = labels[row["reference"], row["compressed"]]
            names = {key: row[key] for key in ("reference", "compressed", "dataset")}
            rows = accuracy.get(name), answers[name], hits.get(name), hardest.get(name)
            found.append(
                Cost(
                    compression,
                    row["regime"],
                    names,
                    is_control,
                    *rows,
                    n_examples,
                    n_regimes,
                    n_needed.get(name),
                    noun=noun,
                    other_control=None if is_control or row["role"] == "compressed" else row["method"] or "other",
                    sparsity=row["sparsity"],
                    delta=analysis.settings.delta,
                )
            )
    # Compressions, then each other control, then the second dense networks.
    kinds = dict.fromkeys((cost.is_control, cost.other_control or "") for cost in found)
    return [
        one
        for kind in sorted(kinds, key=lambda kind: (kind[0], kind[1] != ""))
        for one in _over_all([cost for cost in found if (cost.is_control, cost.other_control or "") == kind])
    ]


def compression_labels(comparisons: Sequence[Row]) -> dict[tuple[str, str], str]:
    """What a compression is called: its name without the regime where several regimes have it once each, else its whole name."""
    short = {_pair(row): str(row["compressed"]).removeprefix(f"{row['regime']}/") for row in comparisons}
    labels = {}
    for row in comparisons:
        regimes = [other["regime"] for other in comparisons if short[_pair(other)] == short[_pair(row)]]
        is_shared = len(regimes) > 1 and None not in regimes and len(set(regimes)) == len(regimes)
        against = sum(other["compressed"] == row["compressed"] for other in comparisons) > 1
        whole = f"{row['compressed']} against {row['reference']}" if against else row["compressed"]
        labels[_pair(row)] = short[_pair(row)] if is_shared else whole
    return labels


def _pair(row: Row) -> tuple[str, str]:
    return row["reference"], row["compressed"]


def _over_all(alike: Sequence[Cost]) -> list[Cost]:
    """Costs that are asked alike, with their p-values over all of them."""
    accuracy = holm([cost.accuracy["p_value"] if cost.accuracy else None for cost in alike])
    answers = holm([_p_of_answers(cost.answers) for cost in alike])
    n, found = len(alike), []
    for cost, p, p_answers in zip(alike, accuracy, answers, strict=True):
        row, most = cost.accuracy, None
        if row is not None:
            least_and_most = dict(zip(("least", "most"), _ends(row, "estimate", "std_error", n), strict=True))
            row = row | {"p_holm": p} | least_and_most
        if cost.answers is not None:
            most = _ends(cost.answers, "more", "more_std_error", n)[1]
        found.append(replace(cost, accuracy=row, p_answers=p_answers, most_answers=most))
    return found


def _ends(row: Row, estimate: str, std_error: str, n: int) -> tuple[float | None, float | None]:
    """Ends of an interval that holds for n estimates at once at 95 % (Bonferroni): it holds 0 where Holm shows nothing."""
    if row[estimate] is None or row[std_error] is None or row["df"] is None:
        return None, None
    half = float(stats.t.isf(LEVEL / 2 / n, row["df"])) * row[std_error]
    return row[estimate] - half, row[estimate] + half


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """p-values adjusted by Holm; None where there is none."""
    known = np.array([np.nan if p is None else p for p in p_values], dtype=float)
    return [None if np.isnan(p) else float(p) for p in adjust(known, "holm")]


def _p_of_answers(answers: Row | None) -> float | None:
    if answers is None or not answers["more_std_error"] or answers["df"] is None:
        return None
    return float(2 * stats.t.sf(abs(answers["more"] / answers["more_std_error"]), answers["df"]))


def _by_name(frame: pl.DataFrame) -> dict[str, Row]:
    return {comparison_name(row): row for row in frame.to_dicts()}


def _hardest(classes: pl.DataFrame) -> dict[str, tuple[str, float]]:
    """Per comparison the class that fell most of those that fell more than accuracy did, and its change."""
    if not classes.height:
        return {}
    default = classes.filter("is_default")
    keys = ["reference", "compressed", "dataset", "label"]
    fell = default.filter(
        pl.col("scale").eq("shifted"), pl.col("estimate") < 0, pl.col("p_adjusted").fill_null(1) <= LEVEL
    )
    changes = default.filter(scale="raw").join(fell.select(keys), on=keys).sort("estimate")
    rows = changes.group_by(keys[:3], maintain_order=True).first().to_dicts()
    return {comparison_name(row): (row["class_name"], row["estimate"]) for row in rows}


def answers_at_most(known: Sequence[Cost]) -> float:
    """Answers that change beyond training again at most, in whatever regime."""
    return max(0.0, *(cost.n_examples * (cost.most_answers or 0) for cost in known))
