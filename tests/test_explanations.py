"""Why these examples, and are they the same in another regime? Whole studies in which the reason is known."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import Result

from pietools.analysis import analyze
from pietools.errors import StudyError
from pietools.report.as_json import analysis_json
from pietools.results.analysis import Analysis
from pietools.statistics.tools.scalars import scalars_from_logits
from pietools.study import Study
from pietools.study.records import Dataset, Evaluation, Model, Population
from tests.conftest import add_labels, make_study, simulate
from tests.regime_study import BLURRED, NOISY, TEST, N, make_regimes
from tests.result_frames import TABLES
from tests.statistics.characterization_worlds import few_half_samples
from tests.test_analysis import CONTRACT

HARD = {"magnitude-0.9": 1.0}
TOPICS = ("properties", "characterize", "regimes")


@pytest.fixture(scope="module", autouse=True)
def rough_errors() -> Iterator[None]:
    """Errors from 40 half-samples instead of 200: rough, and five times as fast."""
    with pytest.MonkeyPatch.context() as patch:
        few_half_samples(patch)
        yield


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two regimes, whose compressed networks lose examples of high texture."""
    path = tmp_path_factory.mktemp("regimes") / "regimes.duckdb"
    with make_regimes(path) as study:
        study.add_property(TEST, "writer", np.array(list("abcd") * (N // 4)))
    return path


@pytest.fixture(scope="module")
def study(path: Path) -> Iterator[Study]:
    """It, open for reading."""
    with Study.open(path, read_only=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def analysis(study: Study) -> Analysis:
    """All that is found in it."""
    return analyze(study, everything=True, permutations=200, theories=["texture", "margin"], store=False)


@pytest.mark.slow
def test_the_reason_is_found(analysis: Analysis) -> None:
    """The planted property hurts staying right in each comparison; difficulty does not, at equal difficulty."""
    terms = analysis.characterize.filter(dataset=TEST)
    assert set(terms["term"]) == {"(compression)", "loss", "label_noise", "texture"}
    planted = terms.filter(term="texture")
    assert planted.height == 4
    assert (planted["conf_high"] < 0).all()
    assert (planted["p_adjusted"] < 0.05).all()
    assert (terms.filter(pl.col("term").is_in(["loss", "label_noise"]))["p_adjusted"] > 0.05).all()
    assert set(terms["measured_on"]) == {"supervised/dense-2", "simclr/dense-2"}


@pytest.mark.slow
def test_pies_stand_beside_dense_against_dense(analysis: Analysis) -> None:
    """Difficulty makes PIEs of both kinds alike; the planted property makes only those of compression."""
    joint = analysis.characterize_pies.filter(outcome="pie", model="joint", compressed="supervised/magnitude-0.9")
    found = {(row["side"], row["property"]): row for row in joint.to_dicts()}
    assert found["baseline", "label_noise"]["p_value"] < 0.001
    assert found["difference", "label_noise"]["p_value"] > 0.05
    assert found["difference", "texture"]["conf_low"] > 0
    assert found["plain", "texture"]["estimate"] > 0
    assert {row["side"] for row in joint.to_dicts()} == {"compressed", "baseline", "difference", "plain"}


def test_what_predicts_pies(analysis: Analysis) -> None:
    """Scores out of fold, their calibration and the shapes of the effects are there for every comparison."""
    scores = analysis.characterize_scores.filter(compressed="supervised/magnitude-0.9", score="auc")
    found = {row["contrast"]: row["estimate"] for row in scores.to_dicts()}
    assert found["compressed"] > found["compressed-alone"] > 0.5
    assert set(analysis.characterize_calibration["compressed"]) == set(analysis.characterize["compressed"])
    shape = analysis.characterize_shapes.filter(
        compressed="supervised/magnitude-0.9", property="texture", model="conditional"
    )
    assert shape["estimate"][-6] < -1 < shape["estimate"][0]


def test_the_same_examples_in_both_regimes(study: Study, analysis: Analysis) -> None:
    """The change in error rate is correlated beyond what the networks' noise hides; the overlap is that of the macro."""
    of = pl.col("compression") == "magnitude-0.9"
    row = analysis.regimes.row(by_predicate=of, named=True)
    assert (row["pairing"], row["difficulty"], row["n_networks"]) == ("paired", "held-out", 8)
    assert row["conf_low"] > 0.5
    assert row["raw"] < row["attenuation"] < 1
    assert row["p_value"] < 0.001
    row = analysis.regimes_overlap.row(by_predicate=of, named=True)
    asked = study.overlap("supervised/dense", "supervised/magnitude-0.9", "simclr/dense", "simclr/magnitude-0.9")
    assert asked.select("n_pies_a", "n_pies_b", "n_both").row(0) == (row["n_pies_a"], row["n_pies_b"], row["n_both"])
    assert asked["jaccard"].item() == pytest.approx(row["jaccard"])
    assert row["n_both"] > row["null_conf_high"]
    sides = analysis.regimes_pies.filter(of)
    assert sides["side"].to_list() == ["compressed", "baseline"]


def test_transitions_add_up(study: Study, analysis: Analysis) -> None:
    """Each example is lost in all regimes, in one, or in none; those that are lost are named."""
    for (compression,), rows in analysis.regimes_transitions.group_by("compression"):
        assert rows["n"].sum() == study.labels(TEST).shape[0]
        named = analysis.regimes_examples.filter(compression=compression)
        assert named.filter(group="all").height == rows.filter(group="all")["n"].item()
        assert named.height == rows.filter(pl.col("group") != "none")["n"].sum()
    lost = analysis.regimes_examples.filter(compression="magnitude-0.9", regimes="supervised")["key"]
    forgotten = study.pies("supervised/dense", "supervised/magnitude-0.9").filter(direction="forgotten")["key"]
    assert set(lost) < set(forgotten)


def test_neither_regime_loses_more(analysis: Analysis) -> None:
    """The same damage in both: no count and no coefficient differs clearly; a loss beyond the other's ladder is refused."""
    counts = analysis.regimes_counts
    assert set(counts["equal"]) == {"compression", "points", "relative"}
    assert (counts["p_value"].drop_nulls() > 0.01).all()
    assert "extrapolation" in counts["flag"].to_list()
    joint = analysis.regimes_coefficients.filter(term="(joint)")
    assert joint.height == 4
    assert (joint["p_value"] > 0.01).all()
    assert (joint["df"] == 3).all()


def test_theories(analysis: Analysis) -> None:
    """The planted reason explains the change out of fold, beyond difficulty; difficulty itself adds nothing."""
    found = {(row["compressed"], row["property"]): row for row in analysis.regimes_theory.to_dicts()}
    for regime in ("supervised", "simclr"):
        assert found[f"{regime}/magnitude-0.9", "texture"]["conf_low"] > 0.2
        assert abs(found[f"{regime}/magnitude-0.9", "margin"]["estimate"]) < 0.1


def test_planted_label_noise_is_found(study: Study, analysis: Analysis) -> None:
    """In the copy whose labels were replaced, and counted as they were."""
    rows = analysis.properties_planted
    assert {"supervised/dense", "simclr/dense"} <= set(rows["population"])
    n_planted = int((study.labels(NOISY) != study.labels(TEST)).sum())
    assert set(rows["n_planted"]) == {n_planted}
    assert (rows["auc"] > 0.9).all()
    assert (rows["average_precision"] > 3 * rows["prevalence"]).all()


def test_properties_of_groups(study: Study, analysis: Analysis) -> None:
    """Counts are those of the PIEs, means those of the values that are stored."""
    rows = analysis.properties_groups.filter(compressed="supervised/magnitude-0.9", property="texture")
    pies = study.pies("supervised/dense", "supervised/magnitude-0.9")
    counts = dict(pies.group_by("direction").len().rows())
    assert dict(rows.filter(pl.col("group") != "other").select("group", "n").rows()) == counts
    forgotten = pies.filter(direction="forgotten")["example_id"].to_numpy()
    values = study.property("texture")["number"].to_numpy()
    assert rows.filter(group="forgotten")["mean"].item() == pytest.approx(values[forgotten].mean())
    stored = analysis.properties.filter(population="supervised/dense", dataset=TEST, property="loss")
    assert stored["value"].to_numpy() == pytest.approx(study.scalar_matrix("supervised/dense", "loss").mean(axis=0))


def test_copies_are_not_asked_why(analysis: Analysis) -> None:
    """Altered copies have no characterization; those with altered inputs have no properties."""
    assert set(analysis.characterize["dataset"]) == set(analysis.regimes["dataset"]) == {TEST}
    assert set(analysis.properties["dataset"]) == {TEST, NOISY}


def test_json_says_it_all(analysis: Analysis) -> None:
    """Every list holds the rows of its table, every key that ever was is there, and nothing that JSON cannot say."""
    answer = analysis_json(analysis)
    for table in TABLES.values():
        if table.json is not None and table.json.kind == "rows":
            assert len(answer[table.json.key]) == analysis.tables[table.name].height
    assert set(CONTRACT) <= paths_of(answer)
    robust = [row["robustness_estimate"] for row in answer["unseen_regimes"] if row["dataset"] == BLURRED]
    assert robust == analysis.unseen_robustness.filter(dataset=BLURRED)["estimate"].to_list() != []
    json.dumps(answer, allow_nan=False)


def paths_of(part: object, above: str = "") -> set[str]:
    """Every key at any depth, as ``comparisons.null.mean``."""
    if isinstance(part, list):
        return {path for one in part for path in paths_of(one, above)}
    if not isinstance(part, dict):
        return set()
    own = {f"{above}{key}" for key in part}
    return own.union(*(paths_of(value, f"{above}{key}.") for key, value in part.items()))


@pytest.mark.slow
def test_the_commands_show_their_tables(run: Callable[..., Result], path: Path, study: Study) -> None:
    """What people see names the property and the regimes."""
    for topic, (options, words) in {
        "properties": ((), ("label_noise", "Label noise that was planted")),
        "characterize": (("--explain", "texture"), ("texture", "at equal difficulty")),
        "regimes": (("--explain", "texture", "--permutations", 5), ("simclr", "without the networks' noise")),
    }.items():
        result = run(topic, path, "--no-store", *options)
        assert result.exit_code == 0, result.output
        assert all(word in result.output for word in words)


def test_one_regime_has_an_answer(run: Callable[..., Result], tmp_path: Path) -> None:
    """Nothing to compare with: empty tables and a sentence that says so."""
    with make_regimes(tmp_path / "one.duckdb", ("supervised",), n_networks=3) as one:
        found = analyze(one, topics=["regimes"])
        assert all(table.height == 0 for table in found.tables.values())
        path = one.path
    assert "No compression was done in two regimes" in run("regimes", path).output


@pytest.mark.slow
def test_without_a_second_dense_population(tmp_path: Path) -> None:
    """Properties are cross-fitted, difficulty comes from half of the networks, and the reason is still found."""
    with make_regimes(tmp_path / "halves.duckdb", compressed=HARD, second=False) as halves:
        topics = ["characterize", "regimes"]
        found = analyze(halves, topics=topics, everything=True, explain=["loss", "texture"], permutations=5)
    terms = found.characterize.filter(compressed="supervised/magnitude-0.9")
    assert set(terms["measured_on"]) == {"cross-fitted"}
    assert terms.filter(term="texture")["conf_high"].item() < 0
    assert set(found.regimes["difficulty"]) == {"half"}
    assert (found.regimes["n_networks"] == 4).all()


@pytest.mark.slow
def test_too_few_networks_for_held_out_difficulty(tmp_path: Path) -> None:
    """With three networks nothing is held out: no theory of a network property, flags in place of errors."""
    with make_regimes(tmp_path / "few.duckdb", compressed=HARD, second=False, n_networks=3) as few:
        topics = ["characterize", "regimes"]
        found = analyze(few, topics=topics, everything=True, theories=["loss", "texture"], permutations=5)
    assert found.regimes["difficulty"].null_count() == found.regimes.height
    assert set(found.regimes["flag"]) <= {"few-networks", "no-change"}
    assert set(found.regimes_theory["property"]) == {"texture"}
    assert any("loss is no theory" in warning for warning in found.warnings)
    assert set(found.regimes_counts["flag"]) == {"few-networks"}
    assert found.characterize["p_value"].null_count() == found.characterize.height


def test_populations_that_are_the_same(tmp_path: Path) -> None:
    """No PIEs at all: no regression, an overlap of 0 with p = 1, and nothing that cannot be said."""
    labels, populations = simulate(3, n_networks=4)
    same = {"dense": populations["dense"], "copy": populations["dense"]}
    with make_study(tmp_path / "same.duckdb", labels, same) as study:
        study.add_property("toy/test", "size", np.arange(len(labels)))
        found = analyze(study, topics=TOPICS, everything=True, permutations=5)
    plain = found.characterize_pies.filter(side="plain")
    assert set(plain["flag"]) == {"no-pies"}
    assert found.characterize.filter(term="size")["estimate"].item() == pytest.approx(0, abs=1e-9)
    assert analysis_json_is_finite(found)


def analysis_json_is_finite(found: Analysis) -> bool:
    """Whether no table holds what JSON cannot say."""
    json.dumps({name: frame.to_dicts() for name, frame in found.tables.items()}, allow_nan=False)
    return True


@pytest.mark.parametrize(
    ("values", "flag"),
    [
        (np.ones(400), "constant"),
        (np.where(np.arange(400) % 3 == 0, np.nan, np.arange(400)), None),
        (np.where(np.arange(400) == 7, 1.0, np.nan), "constant"),
    ],
    ids=["constant", "missing values", "one value"],
)
def test_awkward_properties(tmp_path: Path, values: np.ndarray, flag: str | None) -> None:
    """A constant is refused by name, examples without a value are left out."""
    labels, populations = simulate(4, n_networks=4)
    with make_study(tmp_path / "s.duckdb", labels, populations) as study:
        study.add_property("toy/test", "odd", values)
        found = analyze(study, topics=["characterize"], explain=["odd"])
    term = found.characterize.filter(term="odd").row(0, named=True)
    assert term["flag"] == flag
    assert (term["estimate"] is None) == (flag is not None)
    assert analysis_json_is_finite(found)


def test_a_property_that_separates(tmp_path: Path) -> None:
    """Firth's fit in the published form, and said; the primary model has none."""
    labels, populations = simulate(9, n_networks=4)
    with make_study(tmp_path / "s.duckdb", labels, populations) as study:
        is_pie = np.isin(np.arange(len(labels)), study.pies("dense", "pruned")["example_id"].to_numpy())
        study.add_property("toy/test", "given away", is_pie)
        found = analyze(study, topics=["characterize"], everything=True)
    plain = found.characterize_pies.filter(side="plain", outcome="pie", model="alone").row(0, named=True)
    assert plain["flag"] == "separated"
    assert 3 < plain["estimate"] < 20
    assert plain["conf_low"] > 0


def test_names_that_nobody_knows(study: Study) -> None:
    """A misspelt property says which there are; a text is no number."""
    for option in ("explain", "theories"):
        with pytest.raises(StudyError, match=r"no property is named 'los'\. Of networks: loss, .*as numbers: texture"):
            analyze(study, topics=["characterize", "regimes"], store=False, **{option: ["los"]})
        with pytest.raises(
            StudyError, match=r"prediction_depth could not be measured: not-recorded\. Of networks: loss, "
        ):
            analyze(study, topics=["characterize", "regimes"], store=False, **{option: ["prediction_depth"]})


def test_what_the_recipe_asks_and_nobody_measured_is_left_out(tmp_path: Path) -> None:
    """With a warning; topics that do not look at properties measure no networks for them, and refuse nothing."""
    with make_regimes(tmp_path / "s.duckdb", ("one",), compressed=HARD, n_networks=4) as study:
        study.set_recipe({"analyze": {"explain": ["loss", "prediction_depth"], "theories": ["prediction_depth"]}})
        analyze(study, topics=["pies"], explain=["prediction_depth"], permutations=5, store=False)
        found = analyze(study, topics=["characterize", "regimes"], everything=True, store=False, permutations=5)
    assert set(found.characterize["term"]) == {"(compression)", "loss"}
    assert any("has no prediction_depth: not-recorded" in note for note in found.warnings)
    assert any("no theory of it: not-recorded" in note for note in found.warnings)


def test_training_examples_have_no_label_noise(tmp_path: Path) -> None:
    """What needs unseen examples is refused for those that the networks were trained on, and says why."""
    rng = np.random.default_rng(0)
    labels, logits = rng.integers(0, 3, 60), rng.normal(size=(2, 60, 3)).astype(np.float32)
    with Study.create(tmp_path / "s.duckdb") as study:
        study.add_dataset(Dataset("toy/train", [f"e{i}" for i in range(60)], labels, ["a", "b", "c"], "train"))
        study.add_population(Population("dense", "dense"))
        for k, scores in enumerate(logits):
            evaluation = Evaluation("toy/train", "logits", f"digest {k}")
            scalars = scalars_from_logits(scores, labels)
            study.add_evaluation(Model("dense", str(k)), evaluation, scalars, scores, "float32")
        found = analyze(study, topics=["properties"], everything=True)
    flags = dict(found.properties_summary.select("property", "flag").rows())
    assert (flags["label_noise"], flags["loss"], flags["atypicality"]) == ("training-examples", None, "not-recorded")
    assert "label_noise" not in found.properties["property"].to_list()


@pytest.mark.slow
def test_no_order_changes_an_explanation(tmp_path: Path) -> None:
    """Folds and sums do not depend on the order of the examples in the file."""
    labels, populations = simulate(5, n_networks=4)
    size = np.random.default_rng(1).normal(size=len(labels))
    with make_study(tmp_path / "a.duckdb", labels, populations) as study:
        study.add_property("toy/test", "size", size)
        expected = analysis_json(analyze(study, everything=True, permutations=5))
    order = np.random.default_rng(0).permutation(len(labels))
    with Study.create(tmp_path / "b.duckdb") as study:
        classes = [f"class {c}" for c in range(5)]
        study.add_dataset(Dataset("toy/test", [f"e{i}" for i in order], labels[order], classes))
        study.add_population(Population("dense", "dense"))
        study.add_population(Population("pruned", "compressed", reference="dense"))
        for name in ("dense", "pruned"):
            add_labels(study, name, "toy/test", populations[name][:, order], [str(k) for k in range(4)])
        study.add_property("toy/test", "size", size[order])
        assert analysis_json(analyze(study, everything=True, permutations=5)) == expected
