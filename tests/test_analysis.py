"""Analyses of whole studies: no order changes a number, degenerate studies have an answer, known answers hold."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

import pietools
from pietools.analysis import analyze
from pietools.errors import StudyError
from pietools.report.as_json import analysis_json
from pietools.statistics.tools.scalars import scalars_from_labels
from pietools.study import Study
from pietools.study.records import Dataset, Evaluation, Model, Population
from tests.conftest import DENSE, LABELS, PRUNED, SHARED, add_labels, make_study, simulate

SCALES = ("raw", "shifted", "others", "logit")
CONTRACT = (Path(__file__).parent / "reference" / "analyze_keys.txt").read_text().split()


def found(study: Study, **options: object) -> dict:
    """The JSON object of an analysis of everything."""
    return analysis_json(analyze(study, everything=True, **options))  # type: ignore[arg-type]


def test_the_toy_study_by_hand(toy: Study) -> None:
    """Counts as conftest shows them; the null of three pairs is enumerated."""
    comparison = found(toy)["comparisons"][0]
    counts = {
        name: comparison[name] for name in ("n_pies", "n_pies_untied", "forgotten", "recovered", "moved", "n_pairs")
    }
    assert counts == {"n_pies": 5, "n_pies_untied": 4, "forgotten": 1, "recovered": 2, "moved": 1, "n_pairs": 3}
    assert comparison["null"]["is_exact"]
    assert comparison["null"]["n_permutations"] == 8
    assert comparison["churn"]["total"] == pytest.approx((5 + 4 + 3) / 18)
    assert comparison["tie_rule"] == "lowest"


def test_the_contract(toy: Study) -> None:
    """The keys that readers rely on are there, also of what was not computed, and nothing that JSON cannot say."""
    keys = {path for path in CONTRACT if "." not in path}
    for answer in (found(toy), analysis_json(analyze(toy)), analysis_json(analyze(toy, topics=["pies"]))):
        assert keys <= answer.keys()
        assert answer["schema"] == "pietools/analyze/1"
        of_comparison = {path.split(".")[1] for path in CONTRACT if path.startswith("comparisons.")}
        assert of_comparison <= answer["comparisons"][0].keys()
        json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize("named", [True, False])
def test_no_order_changes_a_number(tmp_path: Path, named: bool) -> None:
    """Examples, networks and populations in another order give the same analysis to the byte."""
    labels, populations = simulate(5, n_networks=8)
    rng = np.random.default_rng(0)
    with make_study(tmp_path / "a.duckdb", labels, populations, named=named) as study:
        expected = found(study, permutations=50)
    order = rng.permutation(len(labels))
    with Study.create(tmp_path / "b.duckdb") as study:
        study.add_dataset(
            Dataset("toy/test", [f"e{i}" for i in order], labels[order], [f"class {c}" for c in range(5)])
        )
        study.add_population(Population("dense", "dense"))
        study.add_population(Population("pruned", "compressed", reference="dense"))
        for name in ("pruned", "dense"):
            networks = rng.permutation(len(populations[name]))
            names = [str(k) if named else None for k in networks]
            add_labels(study, name, "toy/test", populations[name][networks][:, order], names)
        assert found(study, permutations=50) == expected


def test_scales_and_measures_are_rows(tmp_path: Path) -> None:
    """What a row says on one scale, by hand from another; the JSON has them side by side."""
    labels, populations = simulate(3)
    with make_study(tmp_path / "s.duckdb", labels, populations) as study:
        study.add_property("toy/test", "writer", np.array(list("aabc") * 100))
        topics = ["accuracy", "pies", "classes", "subgroups"]
        analysis = analyze(study, topics=topics, everything=True, permutations=20, subgroups=["writer"])
    change = analysis.accuracy_change["estimate"].item()
    classes = {scale: analysis.classes.filter("is_default", scale=scale).sort("label") for scale in SCALES}
    raw, n = classes["raw"]["estimate"].to_numpy(), classes["raw"]["n"].to_numpy()
    assert classes["shifted"]["estimate"].to_numpy() == pytest.approx(raw - change)
    assert classes["others"]["estimate"].to_numpy() == pytest.approx(raw - (400 * change - n * raw) / (400 - n))
    assert np.sign(classes["logit"]["estimate"]).equals(np.sign(classes["others"]["estimate"]))
    (counted,) = analysis.classes_counts.filter("is_default").to_dicts()
    p_adjusted = classes["shifted"]["p_adjusted"].to_numpy()
    assert (counted["n_tested"], counted["n_significant_adjusted"]) == (5, (p_adjusted <= 0.05).sum())
    assert analysis.classes_summary["measure"].to_list() == ["intensification", "cev", "sde"]
    groups = {scale: analysis.subgroups.filter(scale=scale)["estimate"].to_numpy() for scale in ("raw", "shifted")}
    assert groups["shifted"] == pytest.approx(groups["raw"] - change)
    gaps = {row["measure"]: row for row in analysis.subgroups_gaps.to_dicts()}
    assert gaps["gap_of_changes"]["estimate"] == pytest.approx(np.ptp(groups["raw"]))
    of_gap = gaps["change_of_gap"]
    assert of_gap["estimate"] == pytest.approx(of_gap["gap_compressed"] - of_gap["gap_reference"])
    pies = analysis.pies.row(0, named=True)
    modal = {side: analysis.subgroups_modal.filter(population=side) for side in ("reference", "compressed")}
    gained = (modal["compressed"]["estimate"] - modal["reference"]["estimate"]) @ np.array([200, 100, 100])
    assert gained == pytest.approx(pies["recovered"] - pies["forgotten"])
    assert all(pies[row["count"]] == row["estimate"] for row in analysis.pies_counts.to_dicts())
    answer = analysis_json(analysis)
    assert [row["shifted_estimate"] for row in answer["subgroups"]] == pytest.approx(groups["shifted"])
    assert answer["subgroups_gaps"][0]["change_of_gap_estimate"] == of_gap["estimate"]
    assert answer["comparisons"][0]["intervals"].keys() == set(analysis.pies_counts["count"])


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """And another seed another null."""
    labels, populations = simulate(6, n_networks=12)
    with make_study(tmp_path / "s.duckdb", labels, populations) as study:
        first, again, other = (json.dumps(found(study, permutations=50, seed=seed)) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_the_study_keeps_the_answer(tmp_path: Path) -> None:
    """In the sentences of the JSON, until its predictions change; an analysis of one topic leaves it."""
    labels, populations = simulate(6, n_networks=4)
    with make_study(tmp_path / "s.duckdb", labels, populations) as study:
        with pytest.raises(StudyError, match="has no answer yet: run 'pietools analyze"):
            study.headline()
        said = found(study, permutations=20)["headline"]
        assert said[0].startswith("pruned: ")
        assert study.headline() == said
        analyze(study, topics=["pies", "pairs"], permutations=20)
        assert study.headline() == said
        analyze(study, topics=["flips"])  # with the settings of before
        assert study.headline() == said
        analyze(study, topics=["pies"], permutations=30)
        with pytest.raises(StudyError, match="was computed with other settings since"):
            study.headline()
        analyze(study, permutations=20)
        assert study.headline() == said
        study.add_evaluation(Model("pruned", "new"), Evaluation("toy/test", "labels", "x"), scalars_from_labels(labels))
        with pytest.raises(StudyError, match="has other predictions than when it was analyzed"):
            study.headline()


def test_swapping_the_populations_swaps_the_directions(tmp_path: Path) -> None:
    """Forgotten becomes recovered; the count and p stay."""
    labels, populations = simulate(7)
    with make_study(tmp_path / "s.duckdb", labels, populations) as study:
        analysis = analyze(study, topics=["pies"], comparisons=[("pruned", "dense")])
    there, back = analysis.pies.to_dicts()
    assert (there["n_pies"], there["p_value"]) == (back["n_pies"], back["p_value"])
    assert (there["forgotten"], there["recovered"], there["moved"]) == (
        back["recovered"],
        back["forgotten"],
        back["moved"],
    )


def test_the_count_of_the_null_is_the_count_of_the_macro(tmp_path: Path) -> None:
    """SQL and bit masks agree on the observed number, whatever the ties."""
    for seed in range(5):
        labels, populations = simulate(seed, n_networks=2 + seed, n=200, n_classes=4, damage=0.8)
        with make_study(tmp_path / f"{seed}.duckdb", labels, populations) as study:
            row = analyze(study, topics=["pies"], permutations=10).pies.row(0, named=True)
            assert row["null_difference"] == pytest.approx(row["n_pies"] - row["null_mean"])


def test_unmatched_populations_are_said_to_be(tmp_path: Path) -> None:
    """The default test is Welch's, there is no paired one, and a warning says why."""
    labels, populations = simulate(8)
    with make_study(tmp_path / "s.duckdb", labels, populations, named=False) as study:
        answer = found(study, permutations=20)
    comparison = answer["comparisons"][0]
    assert comparison["null"]["design"] == "unpaired"
    assert comparison["n_pairs"] is None
    assert comparison["classes"]["test"] == "welch"
    assert comparison["classes"]["tests"]["paired"] is None
    assert any("unpaired tests" in warning for warning in answer["warnings"])


DEGENERATE = {
    "one network each": (LABELS, {"dense": DENSE[:1], "pruned": PRUNED[:1]}),
    "no labels": (np.full(6, -1), {"dense": DENSE, "pruned": PRUNED}),
    "one class": (np.zeros(6, int), {"dense": np.zeros((3, 6), int), "pruned": np.zeros((3, 6), int)}),
    "identical populations": (LABELS, {"dense": DENSE, "pruned": DENSE}),
    "one example": (LABELS[:1], {"dense": DENSE[:, :1], "pruned": PRUNED[:, :1]}),
    "another number of networks": (LABELS, {"dense": DENSE, "pruned": PRUNED[:2]}),
    "all wrong": (LABELS, {"dense": np.full((4, 6), 2), "pruned": np.full((4, 6), 1)}),
    "all tied": (LABELS, {"dense": np.tile([[0], [1], [2], [1]], 6) % 3, "pruned": np.tile([[2], [0], [1], [1]], 6)}),
    "a class without examples": (np.array([0, 0, 2, 2, 0, -1]), {"dense": DENSE, "pruned": PRUNED}),
    "two networks": (LABELS, {"dense": DENSE[:2], "pruned": PRUNED[:2]}),
    "two hundred networks": (
        LABELS,
        {"dense": np.tile(DENSE, (67, 1))[:200], "pruned": np.tile(PRUNED, (67, 1))[:200]},
    ),
}


@pytest.mark.parametrize("case", DEGENERATE)
@pytest.mark.slow
def test_degenerate_studies_have_an_answer(tmp_path: Path, case: str) -> None:
    """No NaN, no traceback, and what cannot be said is null."""
    labels, populations = DEGENERATE[case]
    with make_study(tmp_path / "s.duckdb", labels, populations) as study:
        answer = found(study, permutations=20)
    json.dumps(answer, allow_nan=False)
    comparison = answer["comparisons"][0]
    if case == "identical populations":
        assert (comparison["n_pies"], comparison["null"]["p_value"]) == (0, 1)
    if case == "no labels":
        assert comparison["forgotten"] is None
        assert comparison["classes"] is None
        assert answer["populations"][0]["top1_mean"] is None
    if case in ("one network each", "two networks"):
        assert (comparison["excess_pies"], comparison["excess"]["flag"]) == (None, "few-networks")
    if case == "one network each":
        assert answer["populations"][0]["top1_sd"] is None
        assert comparison["classes"] is None
        assert comparison["null"]["p_value"] is None
        assert comparison["pairs"][0]["lost"] == 1
        assert not any("cannot" in warning for warning in answer["warnings"])


def test_a_study_of_one_population_has_no_comparison(tmp_path: Path) -> None:
    """Accuracy alone."""
    with make_study(tmp_path / "s.duckdb", LABELS, {"dense": DENSE}) as study:
        answer = found(study)
        assert len(answer["populations"]) == 1
        assert answer["comparisons"] == []


def test_populations_that_share_no_dataset_are_named(toy: Study) -> None:
    """A reference without predictions is a warning, not a wrong number."""
    toy.add_population(Population("control", "control", reference="dense"))
    assert "control is not compared with dense: no data set has predictions of both." in found(toy)["warnings"]


def test_what_cannot_be_found_is_said(tmp_path: Path) -> None:
    """Three pairs cannot reach 0.05; a compressed population without a reference is compared with nothing."""
    with make_study(tmp_path / "s.duckdb", LABELS, {"dense": DENSE, "pruned": PRUNED}) as study:
        study.add_population(Population("lonely", "compressed"))
        answer = found(study)
    assert answer["comparisons"][0]["null"]["smallest_p"] == 0.25
    assert "lonely: compared with nothing, since there is no reference." in answer["warnings"]
    said = "pruned against dense on toy/test: with so few networks no number of PIEs could be significant: no p can be below 0.25."
    assert any(warning.startswith(said) for warning in answer["warnings"])


def test_an_empty_study_says_what_to_do(tmp_path: Path) -> None:
    """Nothing can be analyzed."""
    with Study.create(tmp_path / "s.duckdb") as study, pytest.raises(StudyError, match="collect or import some first"):
        analyze(study)


def test_what_is_asked_goes_before_the_recipe_and_that_before_the_default(toy: Study) -> None:
    """One setting of each kind; comparisons are added to those of the recipe."""
    toy.set_recipe({"analyze": {"permutations": 7, "margin": 0.02, "comparisons": [["pruned", "dense"]]}})
    analysis = analyze(toy, topics=["pies", "accuracy"], margin=0.03)
    # Three pairs have eight relabellings, which are enumerated.
    assert (analysis.pies.height, analysis.pies["n_permutations"][0]) == (2, 8)
    assert set(analysis.accuracy_change["margin"]) == {0.03}
    assert (analysis.settings.permutations, analysis.settings.margin, analysis.settings.delta) == (7, 0.03, 0.1)


@pytest.mark.parametrize("subgroups", [["writer"], []])
def test_the_recipe_sets_what_groups_examples(toy: Study, subgroups: list[str]) -> None:
    """A list of the STUDY.toml, also an empty one, and not every property of the study."""
    for name in ("writer", "other"):
        toy.add_property("toy/test", name, np.array(list("ababab")))
    toy.set_recipe({"analyze": {"subgroups": subgroups, "delta": 0.2}})
    analysis = analyze(toy, topics=["subgroups", "examples"], permutations=5)
    assert analysis.subgroups["property"].unique().to_list() == subgroups
    assert set(analysis.examples_summary["delta"]) == {0.2}
    assert set(analyze(toy, topics=["subgroups"], subgroups=["other"], permutations=5).subgroups["property"]) == {
        "other"
    }


def test_python_gives_the_stored_rows(toy: Study) -> None:
    """``pietools.analyze`` stores what it returns."""
    analysis = pietools.analyze(toy)
    for topic, frame in analysis.tables.items():
        stored = toy.results(topic).drop("run_id", "is_stale").select(frame.columns)
        assert stored.to_dicts() == frame.to_dicts()


def test_known_answers_on_real_predictions(run: Callable[..., Result], mobilenet: Path, tmp_path: Path) -> None:
    """MobileNet-v1 on ImageNet, float32 against int8: every answer that was computed elsewhere."""
    db = tmp_path / "m.duckdb"
    for name, key, more in (
        ("float32", "dense", ()),
        ("int8", "int8", ("--reference", "mobilenet-v1/float32", "--method", "int8")),
    ):
        result = run("import", mobilenet, "--db", db, "--dataset", "imagenet-val", "--population", f"mobilenet-v1/{name}",
                     "--predictions", key, "--labels", "label", "--replicates", "models", *more)  # fmt: skip
        assert result.exit_code == 0, result.output
    answer = json.loads(run("analyze", db, "--json").stdout)
    comparison = answer["comparisons"][0]
    assert (comparison["n_pies"], comparison["n_pies_untied"]) == (4517, 2410)
    assert (comparison["forgotten"], comparison["recovered"], comparison["moved"]) == (1272, 945, 2300)
    assert [population["n_tied"] for population in answer["populations"]] == [2031, 2234]
    assert [round(population["kappa"], 3) for population in answer["populations"]] == [0.628, 0.599]
    assert comparison["null"]["mean"] / 50_000 == pytest.approx(0.0845, abs=0.001)
    assert comparison["null"]["sd"] / 50_000 == pytest.approx(0.0012, abs=0.0002)
    churn = {name: round(100 * comparison["churn"][name], 2) for name in comparison["churn"] if name != "total_sd"}
    assert churn == {"harmful": 4.72, "beneficial": 3.0, "wrong_to_wrong": 9.77, "total": 17.49}
    tests = {
        name: (test["n_significant"], test["n_significant_adjusted"])
        for name, test in comparison["classes"]["tests"].items()
    }
    assert (tests["welch"], tests["paired"]) == ((28, 0), (142, 4))


@pytest.mark.slow
def test_doubtful_labels_are_more_frequent_among_pies(
    run: Callable[..., Result], mobilenet: Path, tmp_path: Path
) -> None:
    """ImageNet's reassessed labels as a property: images whose given label is not their one valid label, among PIEs and others."""
    db, n = tmp_path / "m.duckdb", 50_000
    for name, key, more in (("float32", "dense", ()), ("int8", "int8", ("--reference", "float32"))):
        run("import", mobilenet, "--db", db, "--dataset", "imagenet-val", "--population", name,
            "--predictions", key, "--labels", "label", "--replicates", "models", *more)  # fmt: skip
    labels = np.load(mobilenet)["label"]
    valid = json.loads((SHARED / "real" / "real.json").read_text())
    doubtful = np.array([list(one) != [label] for one, label in zip(valid, labels, strict=True)])
    np.savez(tmp_path / "real.npz", doubtful=doubtful)
    result = run("import", tmp_path / "real.npz", "--db", db, "--dataset", "imagenet-val", "--property", "doubtful",
                 "--source", "reassessed-imagenet", "--json")  # fmt: skip
    assert result.exit_code == 0, result.output
    with Study.open(db) as study:
        answer = analysis_json(analyze(study, topics=["pies", "subgroups"], permutations=20))
    (pies,) = (row for row in answer["subgroups_pies"] if row["group"] == "1")
    assert (pies["property"], pies["n"], pies["n_pies"] + pies["n_others"]) == (
        "doubtful",
        doubtful.sum(),
        doubtful.sum(),
    )
    assert pies["share_pies"] == pytest.approx(pies["n_pies"] / 4517)
    assert pies["share_others"] == pytest.approx(pies["n_others"] / (n - 4517))
    for share in ("share_pies", "share_others"):
        assert pies[f"{share}_low"] < pies[share] < pies[f"{share}_high"]
    assert pies["share_pies_low"] > pies["share_others_high"]
    assert pies["conf_low"] > 0.1
    excess = answer["comparisons"][0]["excess"]
    assert 60 < excess["conf_low"] < excess["estimate"] < excess["conf_high"] < 190


def two_data_sets(
    path: Path, labels: np.ndarray, on_copy: dict[str, list[str]], names: dict[str, list[str | None]]
) -> Study:
    """Dense and pruned networks on a data set, and those of ``on_copy`` on an altered copy where each is ten points worse."""
    _, populations = simulate(9, n_networks=5, n=100)
    study = Study.create(path)
    study.add_dataset(Dataset("clean", [str(i) for i in range(100)], labels, [str(c) for c in range(5)]))
    altered = Dataset(
        "copy",
        [str(i) for i in range(100)],
        labels,
        [str(c) for c in range(5)],
        source="clean",
        alteration="noise",
        severity=1,
    )
    study.add_dataset(altered)
    for name, predicted in populations.items():
        reference = None if name == "dense" else "dense"
        study.add_population(Population(name, "dense" if reference is None else "compressed", reference=reference))
        for k, row in enumerate(predicted):
            model = Model(name, names[name][k], model_digest=f"{name}{k}")
            study.add_evaluation(model, Evaluation("clean", "labels", f"{name}{k}"), scalars_from_labels(row))
            right = np.flatnonzero(row == labels)[:10]
            worse = row.copy()
            worse[right] = (row[right] + 1) % 5
            if str(k) in on_copy[name]:
                study.add_evaluation(model, Evaluation("copy", "labels", f"{name}{k}-copy"), scalars_from_labels(worse))
    return study


def test_networks_are_matched_between_data_sets(tmp_path: Path) -> None:
    """Every network loses ten points on the copy: no excess error, whether networks have names or not."""
    labels, _ = simulate(9, n_networks=5, n=100)
    everywhere = {name: list("01234") for name in ("dense", "pruned")}
    for names in ({name: list("01234") for name in everywhere}, {name: [None] * 5 for name in everywhere}):
        with two_data_sets(tmp_path / f"{names['dense'][0]}.duckdb", labels, everywhere, names) as study:
            rows = analyze(study, topics=["unseen"], store=False).unseen.to_dicts()
        assert [(round(row["estimate"], 12), row["flag"]) for row in rows] == [(0, "no-variance")] * 2


def test_networks_that_were_not_run_on_a_copy_are_said(tmp_path: Path) -> None:
    """Fewer networks on the copy: flagged, no traceback."""
    labels, _ = simulate(9, n_networks=5, n=100)
    some = {"dense": list("0123"), "pruned": list("01234")}
    with two_data_sets(tmp_path / "s.duckdb", labels, some, {name: list("01234") for name in some}) as study:
        analysis = analyze(study, topics=["unseen"], store=False)
    assert set(analysis.unseen.filter(dataset="clean")["flag"]) == {"not-evaluated"}
    assert any("not all networks that were run on clean" in warning for warning in analysis.warnings)


@pytest.mark.parametrize("values", [["model_id", "*"], ["^a$", "missing"], ["x", 'a "b" × c']])
def test_groups_may_be_called_anything(toy: Study, values: list[str]) -> None:
    """Names that mean something to polars or SQL are names; crossings that read the same stay apart."""
    toy.add_property("toy/test", "p", np.array(values * 3))
    toy.add_property("toy/test", "a", np.array(["x × y", "x"] * 3))
    toy.add_property("toy/test", "b", np.array(["z", "y × z"] * 3))
    analysis = analyze(toy, topics=["subgroups"], subgroups=["p", "a*b", "p", "class"], permutations=10)
    for name in ("p", "a*b"):
        assert analysis.subgroups.filter(property=name, rate="accuracy", scale="raw").height == 2
        assert analysis.subgroups_pies.filter(property=name).height == 2


def test_a_property_of_one_data_set_is_enough(toy: Study) -> None:
    """Another data set without it is left out and said; what no data set has is an error."""
    toy.add_property("toy/test", "sex", np.array(list("abcabc")))
    toy.add_dataset(Dataset("other", ["x"], np.array([0]), ["a", "b", "c"]))
    for name in ("dense", "pruned"):
        add_labels(toy, name, "other", np.array([[0], [0]]), ["0", "1"])
    analysis = analyze(toy, topics=["subgroups"], subgroups=["sex"], permutations=10)
    assert set(analysis.subgroups["dataset"]) == {"toy/test"}
    assert any("other has no property 'sex'" in warning for warning in analysis.warnings)
    with pytest.raises(StudyError, match="no data set has a property 'nope'"):
        analyze(toy, topics=["subgroups"], subgroups=["nope"])


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"margin": float("nan")}, "margin = nan: must be a finite number"),
        ({"margin": 0.6}, "margin = 0.6: must be less than or equal to 0.5"),
        ({"delta": 1.0}, "delta = 1.0: must be less than 1"),
        ({"permutations": 0}, "permutations = 0: must be greater than or equal to 1"),
        ({"seed": -1}, "seed = -1: must be"),
        ({"topics": ["foo"]}, "no topic is named 'foo'"),
        ({"properties": ["a"]}, "has no setting 'properties'. There are: permutations, seed"),
    ],
)
def test_settings_out_of_range_are_refused(toy: Study, asked: dict, message: str) -> None:
    """In one line, before anything is computed."""
    with pytest.raises(StudyError, match=re.escape(message)):
        analyze(toy, **asked)


def test_an_analysis_can_be_copied(toy: Study) -> None:
    """Attributes that are tables do not get in the way of pickle."""
    analysis = analyze(toy, permutations=10)
    assert copy.deepcopy(analysis).pies.equals(analysis.pies)


def test_one_network_against_several_without_names(tmp_path: Path) -> None:
    """Each pair has its own row, accuracy and counts, also where networks have no names."""
    with make_study(tmp_path / "s.duckdb", LABELS, {"dense": DENSE[:1], "pruned": PRUNED}, named=False) as study:
        pairs = analyze(study, topics=["pairs"]).pairs
    right = LABELS >= 0
    expected = sorted(float((row[right] == LABELS[right]).mean()) for row in PRUNED)
    assert sorted(pairs["compressed_accuracy"]) == pytest.approx(expected)
    assert set(pairs["reference_accuracy"]) == {float((DENSE[0][right] == LABELS[right]).mean())}
    lost = sorted(int(((DENSE[0] == LABELS) & (row != LABELS))[right].sum()) for row in PRUNED)
    assert sorted(pairs["lost"]) == lost
    assert pairs["compressed_network"].null_count() == 3
