"""Single examples, why these, and the same ones elsewhere by log odds: on a simulated study with planted hits, in all its forms."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import Result

import pietools
from pietools.errors import StudyError
from pietools.report.as_json import analysis_json
from pietools.report.figures import figures
from pietools.report.headlines import headlines
from pietools.report.page import page
from pietools.results.analysis import Analysis
from pietools.statistics.tools.scalars import kept_scalars, scalars_from_labels, scalars_from_logits
from pietools.study import Dataset, Evaluation, Model, Population, Study

N, K, N_CLASSES = 400, 8, 4
IS_HIT = np.arange(N) % 10 == 0
LABELS = np.arange(N) % N_CLASSES
COMPARISON = ("a/dense", "a/pruned", "toy/test")


def draw_logits(rng: np.random.Generator, ease: np.ndarray, shared: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """Logits (K, n, classes) whose log odds of the label are ease and noise, of which ``shared`` (K, n) is half the variance."""
    log_odds = scale * (ease + 0.5**0.5 * (shared + rng.normal(size=(len(shared), N))))
    logits = rng.normal(size=(len(shared), N, N_CLASSES)) * 0.3
    logits[:, np.arange(N), LABELS] = -np.inf
    others = np.log(np.exp(logits).sum(axis=2))
    logits[:, np.arange(N), LABELS] = others + log_odds
    return logits


def make_study(
    path: Path,
    scalars: Callable[[np.ndarray, np.ndarray], pl.DataFrame] = scalars_from_logits,
    *,
    n_networks: int = K,
    regimes: str = "a",
    has_labels: bool = True,
    keeps_logits: bool = False,
    hit: float = 2.5,
    has_second: bool = True,
) -> Study:
    """Per regime dense, pruned (all logits times 0.8, a tenth of the examples hit); again dense, and that pruned."""
    rng = np.random.default_rng(3)
    study = Study.create(path)
    labels = LABELS if has_labels else np.full(N, -1)
    study.add_dataset(Dataset("toy/test", [f"{i:03}" for i in range(N)], labels, list("wxyz")))
    common = np.where(rng.random(N) < 0.6, rng.normal(4, 1.5, N), rng.normal(0.5, 1.5, N))
    for regime in regimes:
        ease = common + 0.3 * rng.normal(size=N)
        dense, again = f"{regime}/dense", f"{regime}/dense-2"
        study.add_population(Population(dense, "dense", regime))
        study.add_population(Population(f"{regime}/pruned", "compressed", regime, "magnitude", 0.9, reference=dense))
        pairs = [((dense, f"{regime}/pruned"), 0)]
        if has_second:
            study.add_population(Population(again, "control", regime, "second-dense", reference=dense))
            study.add_population(Population(f"{regime}/pruned-2", "control", regime, "magnitude", 0.9, reference=again))
            pairs.append(((again, f"{regime}/pruned-2"), 1000))
        for pair, first in pairs:
            shared = rng.normal(size=(n_networks, N))
            for population, fall, scale in ((pair[0], 0.0, 1.0), (pair[1], hit, 0.8)):
                for k, logits in enumerate(draw_logits(rng, ease - fall * IS_HIT, shared, scale)):
                    evaluation = Evaluation("toy/test", "logits", f"{population}-{k}")
                    kept = (logits.astype(np.float32), "float32") if keeps_logits else (None, "none")
                    study.add_evaluation(Model(population, str(first + k)), evaluation, scalars(logits, labels), *kept)
    return study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Two regimes with all scalars."""
    return make_study(tmp_path_factory.mktemp("hits") / "toy.duckdb", regimes="ab")


@pytest.fixture(scope="module")
def analysis(study: Study) -> Analysis:
    """The answers of all topics."""
    return pietools.analyze(study, permutations=50)


def row_of(frame: pl.DataFrame, comparison: tuple[str, ...] = COMPARISON) -> dict:  # type: ignore[type-arg]
    """The one row of a comparison."""
    reference, compressed, dataset = comparison
    return frame.filter(reference=reference, compressed=compressed, dataset=dataset).row(0, named=True)


def test_planted_hits_are_found_and_nothing_between_dense_networks(analysis: Analysis) -> None:
    """Nearly all forty, hardly any other; the second dense population as control, and as a comparison of its own."""
    hits = row_of(analysis.examples_hits)
    assert (hits["method"], hits["of"], hits["delta"], hits["delta_reason"]) == ("log-odds", "label", 0.1, None)
    assert (hits["n_tested"], hits["n_unknown"], hits["control"]) == (N, 0, "a/dense-2")
    assert hits["control_n_found"] == 0
    changes = analysis.examples_changes.filter(compressed="a/pruned")
    found = set(changes.filter(finding="hit")["example_id"])
    assert len(found) == hits["n_hit"]
    assert len(found & set(np.flatnonzero(IS_HIT))) >= 36
    assert len(found - set(np.flatnonzero(IS_HIT))) <= 4
    assert hits["n_large_change"] <= hits["n_hit"] + hits["n_spared"] <= hits["n_any_change"]
    assert hits["hit_error_compressed"] > hits["hit_error_reference"] + 0.1
    assert row_of(analysis.examples_hits, ("a/dense", "a/dense-2", "toy/test"))["n_hit"] == 0


def test_every_tested_example_has_a_row(analysis: Analysis) -> None:
    """What adds up: estimate is change less trend, intervals hold it, findings follow from adjusted p."""
    changes = analysis.examples_changes.filter(compressed="a/pruned")
    assert changes["example_id"].to_list() == list(range(N))
    assert changes["estimate"].to_list() == pytest.approx((changes["change"] - changes["trend"]).to_list())
    assert changes.select(pl.col("estimate").is_between("conf_low", "conf_high").all()).item()
    assert changes.filter(pl.col("p_adjusted") <= 0.05)["finding"].null_count() == 0
    assert changes.filter(pl.col("p_adjusted") > 0.05)["finding"].null_count() == (changes["p_adjusted"] > 0.05).sum()
    assert changes.filter(finding="hit")["estimate"].max() < -0.1  # type: ignore[operator]
    hits = row_of(analysis.examples_hits)
    assert changes["turned"].value_counts().filter(turned="lost")["count"].sum() == hits["n_lost"] > 0
    assert 0 < hits["turned_lost"] < 60
    assert hits["n_pies"] == changes["is_pie"].sum()


def test_sql_reads_the_stored_answer(study: Study, analysis: Analysis, tmp_path: Path) -> None:
    """The clearest first; a name that is not there, and a comparison that was not analyzed, are errors and no empty table."""
    found = study.sql("from hit_examples('a/dense', 'a/pruned')")
    stored = analysis.examples_changes.filter(pl.col("finding").is_not_null(), compressed="a/pruned")
    assert found.height == stored.height > 0
    assert found["example_id"][0] == stored.sort("p_value")["example_id"][0]
    with pytest.raises(StudyError, match="no population is named 'a/prune'"):
        study.sql("from hit_examples('a/dense', 'a/prune')")
    with pytest.raises(StudyError, match="is in no result: run pietools analyze first"):
        study.sql("from hit_examples('b/dense', 'a/pruned')")
    with make_study(tmp_path / "new.duckdb", n_networks=3) as new, pytest.raises(StudyError, match="is in no result"):
        new.sql("from hit_examples('a/dense', 'a/pruned')")


def test_json_has_an_object_per_comparison(analysis: Analysis) -> None:
    """With the keys of the design; the lists of votes are empty where log odds are known, and excess churn has its parts."""
    whole = analysis_json(analysis)
    one = next(row for row in whole["comparisons"] if row["compressed"] == "a/pruned")
    wanted = {
        "method",
        "delta",
        "n_tested",
        "n_hit",
        "n_spared",
        "control_n_found",
        "n_any_change",
        "trend_nonlinearity",
    }
    assert wanted <= set(one["examples"])
    assert one["examples"]["n_hit"] == row_of(analysis.examples_hits)["n_hit"]
    churn = one["excess_churn"]
    assert (
        churn["replaced"] - churn["again"]
        == pytest.approx(churn["more"])
        == pytest.approx(churn["estimate"] + churn["less_agreement"])
    )
    assert whole["examples"] == whole["characterize"] == whole["regimes"] == []
    assert len(whole["regimes_changes"]) == 3
    assert json.loads(json.dumps(whole, allow_nan=False)) == whole


def test_the_same_examples_in_both_regimes_and_in_one_twice(analysis: Analysis) -> None:
    """The true correlation is 1: of two regimes, by ranks, and of each regime with itself, whose interval is wider."""
    found = analysis.regimes_changes
    assert found.select("regime_a", "regime_b", "difficulty").rows() == [
        ("a", "b", "held-out"),
        ("a", "a", "half"),
        ("b", "b", "half"),
    ]
    assert found.select(pl.lit(1).is_between("conf_low", "conf_high").all()).item()
    assert found["rank_estimate"][0] == pytest.approx(1, abs=0.25)
    first = found.row(0, named=True)
    assert first["n_hit_both"] > 3 * first["null_conf_high"]
    assert (first["overlap_p"] < 1e-6, first["p_holm"] < 0.01, found["p_holm"][1]) == (True, True, None)
    groups = {(row["group"], row["regime"]): row for row in analysis.regimes_hits.to_dicts()}
    assert sum(row["n"] for row in groups.values()) == pytest.approx(N)
    assert groups["all", None]["n"] > 4 * groups["all", None]["expected"]


def test_one_regime_is_compared_with_itself(tmp_path: Path) -> None:
    """Without any other regime, where its second dense networks were compressed; nothing else is said of regimes then."""
    with make_study(tmp_path / "toy.duckdb") as study:
        found = pietools.analyze(study, topics=["regimes"], store=False)
    row = found.regimes_changes.row(0, named=True)
    assert (found.regimes_changes.height, row["regime_a"], row["regime_b"]) == (1, "a", "a")
    assert (row["compressed_a"], row["compressed_b"]) == ("a/pruned", "a/pruned-2")
    assert row["conf_low"] < 1 < row["conf_high"]
    assert found.regimes_hits.height == 0


def test_why_is_asked_of_log_odds(tmp_path: Path) -> None:
    """An imported property that marks the hit examples explains, one that says nothing does not, and neither does dense again."""
    with make_study(tmp_path / "toy.duckdb") as study:
        rng = np.random.default_rng(0)
        study.add_property("toy/test", "target", IS_HIT.astype(float))
        study.add_property("toy/test", "nothing", rng.normal(size=N))
        rows = {
            row["term"]: row
            for row in pietools.analyze(study, topics=["characterize"])
            .characterize_changes.filter(compressed="a/pruned")
            .to_dicts()
        }
    assert set(rows) == {"difficulty", "nothing", "target"}
    target = rows["target"]
    # All logits are times 0.8: a fall of 2.5 is one of 2 there.
    assert target["conf_low"] < -2 * IS_HIT.std() < target["conf_high"] < 0
    assert (target["measured_on"], target["n"], target["reliability"]) == ("a/dense-2", N, pytest.approx(1))
    assert target["r2_gain"] > 0.5
    assert rows["nothing"]["p_value"] > 0.01
    assert target["control_conf_low"] < 0 < target["control_conf_high"]
    assert rows["difficulty"]["estimate"] < 0, "easy examples lose more log odds where all are times 0.8"


@pytest.mark.parametrize("form", ["loss alone", "labels alone", "log odds alone"])
def test_what_a_study_holds_decides(tmp_path: Path, form: str) -> None:
    """An older study has the loss, from which log odds come where it has digits; labels are asked by votes; log odds do alone."""

    def scalars(logits: np.ndarray, labels: np.ndarray) -> pl.DataFrame:
        if form == "labels alone":
            return scalars_from_labels(logits.argmax(axis=1))
        if form == "log odds alone":
            return kept_scalars(logits, labels, "log-odds", "float16")
        gone = [pl.lit(None, pl.Float32).alias(name) for name in ("label_log_odds", "logit_margin")]
        return scalars_from_logits(logits, labels).with_columns(gone)

    with make_study(tmp_path / "toy.duckdb", scalars) as study:
        found = pietools.analyze(study, topics=["examples", "characterize"], permutations=20)
        everything = pietools.analyze(study, topics=["examples"], permutations=20, everything=True)
    hits = row_of(found.examples_hits)
    if form == "labels alone":
        assert (hits["method"], hits["delta"], hits["n_hit"]) == ("votes", None, 0)
        assert found.examples_summary.height == 3
        assert found.examples_changes.height == found.characterize_changes.height == 0
    else:
        assert hits["n_hit"] >= 30
        assert found.examples_summary.height == 0
        assert (hits["n_lost"] is None) == (form == "loss alone")
        assert (hits["n_unknown"] > 0) == (form == "loss alone" and hits["n_tested"] < N)
    assert everything.examples_summary.height == 3


def test_without_labels_answers_are_those_of_the_majority(tmp_path: Path) -> None:
    """Log odds of the reference's majority label, where logits are kept; where not, nothing, and the flag says so."""
    with make_study(tmp_path / "logits.duckdb", has_labels=False, keeps_logits=True) as study:
        hits = row_of(pietools.analyze(study, topics=["examples"]).examples_hits)
    assert (hits["of"], hits["flag"], hits["error_reference"]) == ("modal label", None, None)
    assert hits["n_hit"] >= 25
    with make_study(tmp_path / "none.duckdb", has_labels=False) as study:
        hits = row_of(pietools.analyze(study, topics=["examples"]).examples_hits)
    assert (hits["method"], hits["flag"], hits["n_hit"]) == ("votes", "no-labels", None)


@pytest.mark.parametrize(
    ("n_networks", "delta", "reason", "flag"), [(2, None, None, "few-networks"), (5, 0.5, "few-networks", None)]
)
def test_few_networks(
    tmp_path: Path, n_networks: int, delta: float | None, reason: str | None, flag: str | None
) -> None:
    """Two pairs tell nothing of single examples; with five the change that is ignored is the large one."""
    with make_study(tmp_path / "toy.duckdb", n_networks=n_networks) as study:
        analysis = pietools.analyze(study, permutations=20)
    hits = row_of(analysis.examples_hits)
    assert (hits["delta"], hits["delta_reason"], hits["flag"]) == (delta, reason, flag)
    assert (hits["n_hit"] is None) == (flag is not None)


def test_regimes_need_other_networks_to_say_what_is_hard(tmp_path: Path) -> None:
    """Without them smaller logits alone correlate: no correlation; the overlap of hits is within tenths of difficulty anyway."""
    with make_study(tmp_path / "toy.duckdb", n_networks=6, regimes="ab", has_second=False) as study:
        row = pietools.analyze(study, topics=["regimes"], store=False).regimes_changes.row(0, named=True)
    assert (row["flag"], row["difficulty"], row["estimate"], row["p_value"]) == ("no-difficulty", None, None, None)
    assert row["n_hit_both"] > row["null_conf_high"]


def test_a_second_dense_population_of_labels_measures_nothing(tmp_path: Path) -> None:
    """Halves of the reference do then."""
    with make_study(tmp_path / "toy.duckdb") as study:
        of_second = "(select model_id from models join populations using (population_id) where name = 'a/dense-2')"
        gone = ", ".join(f"{name} = null" for name in ("label_log_odds", "logit_margin", "loss"))
        study._database.execute(f"update predictions set {gone} where model_id in {of_second}")
        found = pietools.analyze(study, topics=["characterize"], store=False).characterize_changes
    assert set(found["measured_on"]) == {"cross-fitted"}
    assert found.filter(compressed="a/pruned", term="difficulty")["estimate"].null_count() == 0


def test_a_property_that_two_networks_cannot_measure_is_named(tmp_path: Path) -> None:
    """Agreement takes two, and each is left out once."""
    with make_study(tmp_path / "toy.duckdb", n_networks=2) as study:
        found = pietools.analyze(study, topics=["characterize"], explain=["agreement"], store=False)
    rows = found.characterize_changes.filter(compressed="a/pruned")
    flags = dict(rows.select("term", "flag").rows())
    assert rows.filter(term="difficulty")["estimate"].null_count() == 0
    assert flags == {"agreement": "few-networks", "difficulty": "few-networks"}


def test_one_network_without_log_odds_is_said(tmp_path: Path) -> None:
    """It takes them from all: votes are asked, and a warning says why."""
    with make_study(tmp_path / "toy.duckdb") as study:
        of_one = "(select max(model_id) from models join populations using (population_id) where name = 'a/pruned')"
        gone = ", ".join(f"{name} = null" for name in ("label_log_odds", "logit_margin", "loss"))
        study._database.execute(f"update predictions set {gone} where model_id = {of_one}")
        found = pietools.analyze(study, topics=["examples"], permutations=20, store=False)
    assert row_of(found.examples_hits)["method"] == "votes"
    assert any("log odds are known of 15 of 16 networks" in warning for warning in found.warnings)


def test_an_answer_that_could_not_be_had_is_no_empty_table(tmp_path: Path) -> None:
    """Two pairs of networks: the macro says why there is nothing."""
    with make_study(tmp_path / "toy.duckdb", n_networks=2) as study:
        pietools.analyze(study, topics=["examples"], permutations=20)
        with pytest.raises(StudyError, match=r"no log odds to test single examples by \(few-networks\)"):
            study.sql("from hit_examples('a/dense', 'a/pruned')")


def test_delta_is_what_was_asked_for(study: Study) -> None:
    """By the option, and out of range is one line."""
    hits = row_of(pietools.analyze(study, topics=["examples"], delta_log_odds=2.0, store=False).examples_hits)
    assert (hits["delta"], hits["delta_reason"]) == (2.0, "asked")
    assert hits["n_hit"] < hits["n_large_change"]
    with pytest.raises(StudyError, match="delta_log_odds = -1"):
        pietools.analyze(study, topics=["examples"], delta_log_odds=-1.0)


def test_rounded_probabilities_are_left_out_and_counted(tmp_path: Path) -> None:
    """A label with a probability of 1 beside zeros has no log odds; a network that collapsed has no order."""

    def rounded(logits: np.ndarray, labels: np.ndarray) -> pl.DataFrame:
        frame = scalars_from_logits(logits, labels)
        return frame.with_columns(pl.when(pl.col("label_log_odds") < 5).then(pl.col("label_log_odds")), loss=None)

    with make_study(tmp_path / "toy.duckdb", rounded) as study:
        hits = row_of(pietools.analyze(study, topics=["examples"]).examples_hits)
    assert hits["n_unknown"] + hits["n_tested"] == N
    assert 50 < hits["n_unknown"] < 350
    with make_study(
        tmp_path / "flat.duckdb", lambda logits, labels: scalars_from_logits(np.zeros_like(logits), labels)
    ) as study:
        assert row_of(pietools.analyze(study, topics=["examples"]).examples_hits)["flag"] == "no-order"


def test_people_see_it(analysis: Analysis, study: Study, run: Callable[..., Result]) -> None:
    """The sentence of the report, the charts, and the command of the topic with its option."""
    said = headlines(analysis)[0]
    assert said.startswith("pruned (90 % of the weights are zero): no change of accuracy was shown in any regime")
    n_hit = row_of(analysis.examples_hits)["n_hit"]
    assert f"{n_hit} in a" in said
    (shown, *_) = analysis.gallery
    assert (shown.compressed, shown.n_found, len(shown.entries)) == ("a/pruned", n_hit, 12)
    rises = [(entry.n_right[0] - entry.n_right[1]) / 8 for entry in shown.entries]
    assert rises[0] > 0.3
    written = page(analysis)
    assert f"a/pruned: 12 of {n_hit}</summary>" in written
    assert all(f"{entry.n_right[0]} of 8 → {entry.n_right[1]} of 8 right" in written for entry in shown.entries)
    stems = {figure.stem for figure in figures(analysis)}
    assert {"volcano-toy_test", "hit-correlations-toy_test"} <= stems
    study.close()
    shown = run("examples", study.path, "--permutations", "20", "--delta-log-odds", "0.3")
    assert shown.exit_code == 0, shown.output
    assert "Examples that were hit, or spared" in shown.output
    again = run("examples", study.path, "--permutations", "20", "--delta-log-odds", "-0.3")
    assert again.exit_code != 0
