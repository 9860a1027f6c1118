"""``pietools compare`` on files written here: what it reads, what it says, how it ends."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import Result

import pietools
from pietools.errors import PietoolsError
from pietools.pairs.sentences import sentences, title
from pietools.study import Study
from pietools.study.shipped_files import resource

Run = Callable[..., Result]
# Labels of eight examples; what the two networks answer. By hand: lost b, c; gained d; changed wrong e; the same a, f, g, h.
ROWS = [
    ("a", "cat", "cat", "cat"),
    ("b", "cat", "cat", "dog"),
    ("c", "dog", "dog", "emu"),
    ("d", "dog", "emu", "dog"),
    ("e", "emu", "cat", "dog"),
    ("f", "emu", "emu", "emu"),
    ("g", "cat", "dog", "dog"),
    ("h", "dog", "dog", "dog"),
]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two files of eight examples, the second in another order."""
    dense, int8 = tmp_path / "dense.csv", tmp_path / "int8.csv"
    dense.write_text("id,label,pred\n" + "".join(f"{key},{label},{first}\n" for key, label, first, _ in ROWS))
    int8.write_text("id,label,pred\n" + "".join(f"{key},{label},{last}\n" for key, label, _, last in reversed(ROWS)))
    return dense, int8


def found(run: Run, *arguments: object) -> dict[str, Any]:
    """The JSON of a comparison, which must succeed."""
    result = run("compare", *arguments, "--json")
    assert result.exit_code == 0, result.output
    read: dict[str, Any] = json.loads(result.stdout)
    return read


def refused(run: Run, *arguments: object) -> str:
    """The one line of a comparison that cannot be made."""
    result = run("compare", *arguments)
    assert result.exit_code == 1, result.output
    assert result.output.count("\n") == 1
    return result.output


def write_pair(folder: Path, n: int, lost: int, gained: int, *, right: int | None = None) -> tuple[Path, Path]:
    """Files of n examples of ten classes of which so many are lost and gained; the rest is right on both sides."""
    label = np.arange(n) % 10
    dense, int8 = label.copy(), label.copy()
    int8[:lost] = (label[:lost] + 1) % 10
    dense[lost : lost + gained] = (label[lost : lost + gained] + 1) % 10
    if right is not None:
        for side in (dense, int8):
            side[right:] = (label[right:] + 2) % 10
    paths = folder / "dense.csv", folder / "int8.csv"
    for path, predicted in zip(paths, (dense, int8), strict=True):
        path.write_text("id,label,pred\n" + "".join(f"x{i},{label[i]},{predicted[i]}\n" for i in range(n)))
    return paths


def test_counts_by_hand(run: Run, files: tuple[Path, Path]) -> None:
    """Two lost, one gained, one changed from wrong to wrong; P(X ≥ 2 of 3) is one half."""
    said = found(run, *files)
    assert said["schema"] == "pietools/compare/1"
    assert [said[name] for name in ("n", "n_unlabelled", "n_classes", "agree")] == [8, 0, 3, 4]
    assert [said[name] for name in ("lost", "gained", "changed_wrong", "churn")] == [2, 1, 1, 0.5]
    assert said["p_one_sided"] == pytest.approx(0.5)
    assert said["reference"]["accuracy"], said["compressed"]["accuracy"] == (5 / 8, 4 / 8)
    assert said["change"]["estimate"] == pytest.approx(-1 / 8)
    assert said["error_change"] == pytest.approx(1 / 3)
    assert [row["example"] for row in said["regressions"]] == ["b", "c"]
    assert said["regressions"][0]["compressed"] == "dog"


def test_every_key_is_documented(run: Run, files: tuple[Path, Path]) -> None:
    """docs/json.md says what each holds."""
    page = (Path(__file__).parents[1] / "docs" / "json.md").read_text(encoding="utf-8")
    section = page.partition("## `pietools/compare/1`")[2].partition("\n## ")[0]
    assert [key for key in found(run, *files) if f"`{key}`" not in section] == []


def test_the_order_of_the_files_is_the_direction(run: Run, files: tuple[Path, Path]) -> None:
    """The reference comes first: exchanged, lost and gained change places."""
    said = found(run, *reversed(files))
    assert (said["lost"], said["gained"]) == (1, 2)


def test_one_wide_table(run: Run, tmp_path: Path) -> None:
    """Both networks are columns, named whole or by their last part."""
    path = tmp_path / "both.csv"
    path.write_text("id,label,pred_fp16,pred_int8\n" + "".join(",".join(row) + "\n" for row in ROWS))
    for names in (("pred_fp16", "pred_int8"), ("fp16", "int8")):
        said = found(run, path, "--reference", names[0], "--compressed", names[1])
        assert (said["lost"], said["gained"], said["changed_wrong"]) == (2, 1, 1)
    assert "has no column 'bf16'" in refused(run, path, "--reference", "bf16", "--compressed", "int8")
    assert "both --reference and --compressed" in refused(run, path, "--reference", "fp16")


def test_a_name_that_could_be_two_columns_is_refused(run: Run, tmp_path: Path) -> None:
    """Rather than guessed."""
    path = tmp_path / "both.csv"
    path.write_text("id,label,pred_a_fp16,pred_b_fp16,pred_int8\n1,x,x,x,x\n")
    assert "could be any of pred_a_fp16, pred_b_fp16" in refused(
        run, path, "--reference", "fp16", "--compressed", "int8"
    )


def test_a_long_table(run: Run, tmp_path: Path) -> None:
    """A row for each network and example."""
    path = tmp_path / "long.csv"
    rows = [
        f"{key},{label},{net},{said}\n"
        for key, label, *both in ROWS
        for net, said in zip(("fp16", "q4"), both, strict=True)
    ]
    path.write_text("id,label,model,pred\n" + "".join(rows))
    said = found(run, path, "--replicates", "model", "--reference", "fp16", "--compressed", "q4")
    assert (said["lost"], said["gained"], said["n"]) == (2, 1, 8)
    assert "It has: fp16, q4" in refused(
        run, path, "--replicates", "model", "--reference", "fp16", "--compressed", "q8"
    )


def test_arrays(run: Run, tmp_path: Path) -> None:
    """Npz with both networks, and two npy files with labels beside them."""
    label, dense, int8 = np.array([0, 1, 2, 2]), np.array([0, 1, 2, 1]), np.array([1, 1, 2, 2])
    np.savez(tmp_path / "both.npz", label=label, dense=dense, int8=int8)
    said = found(run, tmp_path / "both.npz", "--reference", "dense", "--compressed", "int8", "--labels", "label")
    assert (said["lost"], said["gained"]) == (1, 1)
    for name, array in (("label", label), ("dense", dense), ("int8", int8)):
        np.save(tmp_path / f"{name}.npy", array)
    npy = [tmp_path / f"{name}.npy" for name in ("dense", "int8", "label")]
    said = found(run, *npy[:2], "--labels", npy[2])
    assert (said["lost"], said["gained"]) == (1, 1)
    assert "matched by position" in run("compare", *npy[:2], "--labels", npy[2]).output


def test_logits(run: Run, tmp_path: Path) -> None:
    """Log odds, divergence and calibration; the clearest fall comes first."""
    rng = np.random.default_rng(0)
    label = rng.integers(0, 3, 300)
    dense = rng.normal(size=(300, 3)) + 3 * np.eye(3)[label]
    int8 = dense + rng.normal(scale=0.5, size=dense.shape) - 0.7 * np.eye(3)[label]
    paths = []
    for name, scores in (("dense", dense), ("int8", int8)):
        paths.append(tmp_path / f"{name}.npz")
        np.savez(paths[-1], logits=scores, label=label)
    said = found(run, *paths, "--labels", "label")
    own, others = int8[np.arange(300), label], np.where(np.eye(3)[label] == 1, -np.inf, int8)
    before, before_others = dense[np.arange(300), label], np.where(np.eye(3)[label] == 1, -np.inf, dense)
    change = own - np.logaddexp.reduce(others, axis=1) - before + np.logaddexp.reduce(before_others, axis=1)
    assert said["log_odds"]["estimate"] == pytest.approx(change.mean(), abs=1e-5)
    assert said["log_odds"]["conf_high"] < 0
    p, q = (np.exp(scores - np.logaddexp.reduce(scores, axis=1)[:, None]) for scores in (dense, int8))
    assert said["divergence"]["mean"] == pytest.approx((p * np.log(p / q)).sum(axis=1).mean(), abs=1e-5)
    falls = [row["log_odds_change"] for row in said["regressions"]]
    assert falls == sorted(falls)
    lost = (dense.argmax(axis=1) == label) & (int8.argmax(axis=1) != label)
    assert len(falls) == said["lost"] == lost.sum()
    assert falls[0] == pytest.approx(change[lost].min(), abs=1e-5)
    assert sum(band["n"] for band in said["confidence_bands"]) == 300


def test_confidences_beside_the_predictions(run: Run, tmp_path: Path) -> None:
    """A column that is named alike is used; one of the second class of two is no confidence."""
    path = tmp_path / "both.csv"
    path.write_text("id,label,pred_a,conf_a,pred_b\n1,x,x,0.9,x\n2,y,y,0.35,x\n3,z,z,0.995,z\n")
    bands = found(run, path, "--reference", "pred_a", "--compressed", "pred_b")["confidence_bands"]
    assert [(band["low"], band["n"], band["changed"]) for band in bands] == [(0.0, 1, 1), (0.9, 1, 0), (0.99, 1, 0)]
    two = tmp_path / "two.csv"
    two.write_text("id,label,pred_a,prob_a,pred_b\n1,0,0,0.1,0\n2,1,1,0.9,0\n3,1,1,0.8,1\n")
    assert found(run, two, "--reference", "pred_a", "--compressed", "pred_b")["confidence_bands"] == []


def test_without_labels(run: Run, tmp_path: Path) -> None:
    """How many answers changed; nothing is right or wrong, and a gate has nothing to say."""
    for name, answers in (("a", "xxyz"), ("b", "xyyz")):
        rows = "".join(f"{i},{answer},0.{9 - i}\n" for i, answer in enumerate(answers))
        (tmp_path / f"{name}.csv").write_text("id,pred,conf\n" + rows)
    paths = tmp_path / "a.csv", tmp_path / "b.csv"
    said = found(run, *paths)
    assert [said[name] for name in ("n", "n_unlabelled", "agree", "churn")] == [4, 4, 3, 0.25]
    nulls = (
        "lost",
        "gained",
        "changed_wrong",
        "change",
        "p_one_sided",
        "verdict",
        "detectable",
        "pooled",
        "error_change",
    )
    assert [said[name] for name in nulls] == [None] * len(nulls)
    assert said["reference"] == {"name": "a", "accuracy": None, "conf_low": None, "conf_high": None}
    assert [row["example"] for row in said["regressions"]] == ["1"]
    output = run("compare", *paths).output
    assert "25.0 % of the answers changed" in output
    assert "cross" not in output.lower()
    assert "--gate needs given labels" in run("compare", *paths, "--gate").output


def test_labels_of_some(run: Run, tmp_path: Path) -> None:
    """What has no label counts as changed or the same, not as right or wrong."""
    for name, answers in (("a", "xxy"), ("b", "xyx")):
        rows = "".join(
            f"{i},{label},{answer}\n" for i, (label, answer) in enumerate(zip(["x", "x", "NA"], answers, strict=True))
        )
        (tmp_path / f"{name}.csv").write_text("id,label,pred\n" + rows)
    said = found(run, tmp_path / "a.csv", tmp_path / "b.csv")
    assert [said[name] for name in ("n", "n_unlabelled", "lost", "changed_wrong", "agree")] == [3, 1, 1, 0, 1]
    assert "1 of 3 examples have no label" in said["warnings"][0]


@pytest.mark.parametrize(
    ("lost", "gained", "n", "code", "verdict"),
    [(60, 10, 1000, 3, "worse"), (12, 12, 4000, 0, "within"), (12, 6, 300, 4, "cannot-say")],
)
def test_gate(run: Run, tmp_path: Path, lost: int, gained: int, n: int, code: int, verdict: str) -> None:
    """0 within the margin, 3 worse by more, 4 cannot be said; without --gate the same answer ends with 0."""
    paths = write_pair(tmp_path, n, lost, gained)
    gated = run("compare", *paths, "--margin", 0.01, "--gate", "--json")
    assert (gated.exit_code, json.loads(gated.stdout)["verdict"]) == (code, verdict)
    assert (json.loads(gated.stdout)["n_needed"] is None) == (verdict != "cannot-say")
    assert run("compare", *paths).exit_code == 0


def test_a_gate_in_a_shell_script(tmp_path: Path) -> None:
    """Errors and wrong usage keep their own exit codes."""
    paths = write_pair(tmp_path, 1000, 60, 10)

    def status(*arguments: object) -> int:
        command = [sys.executable, "-m", "pietools", "compare", *map(str, arguments), "--gate"]
        return subprocess.run(command, capture_output=True, check=False).returncode

    assert status(*paths) == 3
    assert status(*paths, "--margin", 0.1) == 0
    assert status(paths[0], tmp_path / "nosuch.csv") == 1
    assert status(*paths, "--margin", 2) == 2


def test_first_screen(run: Run, tmp_path: Path) -> None:
    """It says whether it got worse, by how much, how sure, what is missing, and what to look at."""
    output = run("compare", *write_pair(tmp_path, 1000, 60, 10)).output
    words = " ".join(output.split())
    assert output.startswith("int8 against dense · 1,000 examples, matched by name\n")
    assert "Worse. 99.0 % → 94.0 %: −5.0 points (95 % −" in output
    assert "60 lost, 10 gained" in output
    assert "Margin. Worse by more than 1 point: shown" in output
    assert "Add --rerun FILE or --reference-again FILE." in words
    assert "Look at. x0 (was 0, now 1)" in output
    assert "Read dense.csv: CSV, 1,000 rows" in output
    assert "Read int8.csv: CSV, 1,000 rows" in output
    assert max(map(len, output.splitlines())) <= 110


def test_not_shown_says_what_it_could_see(run: Run, tmp_path: Path) -> None:
    """Nothing found is not "nothing happened"."""
    output = " ".join(run("compare", *write_pair(tmp_path, 300, 8, 6)).output.split())
    assert "Not shown to be worse." in output
    assert re.search(r"With 300 examples a fall of \d\.\d points would be found four times in five", output)
    assert "cannot be said; about" in output


def test_groups(run: Run, tmp_path: Path) -> None:
    """A column of the file, or of another one: the group that lost most stands out, and how many could."""
    n = 600
    paths = write_pair(tmp_path, n, 40, 40)
    sites = "".join(f"x{i},{'north' if i < 40 else 'south'}\n" for i in range(n))
    (tmp_path / "facts.csv").write_text(f"id,site\n{sites}")
    said = found(run, *paths, "--group", f"{tmp_path / 'facts.csv'}:site")
    north, south = (row for row in said["groups"] if row["group"] == "site")
    assert (north["value"], north["n"], north["lost"], north["gained"]) == ("north", 40, 40, 0)
    assert (south["lost"], south["gained"]) == (0, 40)
    assert north["p"] == pytest.approx(2 / np.prod([(40 + k) / k for k in range(1, 41)]) / 2, rel=1e-6)
    assert {"group": "site", "n_groups": 2, "n_testable": 2} in said["groupings"]
    assert "Hit more than the rest, by site: north" in " ".join(
        run("compare", *paths, "--group", f"{tmp_path / 'facts.csv'}:site").output.split()
    )
    assert "has no column 'nosuch'" in refused(run, *paths, "--group", "nosuch")


def test_several_tasks(run: Run, tmp_path: Path) -> None:
    """Folders of files of other examples are tasks; each by itself, pooled, the worst, combined."""
    for side in ("fp16", "int4"):
        (tmp_path / side).mkdir()
    for task, lost in (("arc", 30), ("law", 4)):
        (tmp_path / task).mkdir()
        for side, path in zip(("fp16", "int4"), write_pair(tmp_path / task, 200, lost, 4), strict=True):
            (tmp_path / side / f"{task}.csv").write_text(path.read_text().replace("\nx", f"\n{task}"))
    (tmp_path / "int4" / "more.csv").write_text("id,label,pred\nm,1,1\n")
    said = found(run, tmp_path / "fp16", tmp_path / "int4")
    assert [(row["name"], row["lost"], row["gained"]) for row in said["tasks"]] == [("arc", 30, 4), ("law", 4, 4)]
    assert (said["pooled"]["lost"], said["n"]) == (34, 400)
    assert said["worst_task"]["name"] == "arc"
    assert said["worst_task"]["p"] <= 0.001
    assert said["p_any_task"] <= 3 * said["pooled"]["p_one_sided"] + 1e-12
    assert any("1 more task, left out: more" in warning for warning in said["warnings"])
    assert "Worse somewhere among 2 tasks" in " ".join(
        run("compare", tmp_path / "fp16", tmp_path / "int4").output.split()
    )


def test_several_networks_a_side(run: Run, tmp_path: Path) -> None:
    """They are matched by name, and the answers to one example count together; one can be picked."""
    for side in (0, 1):
        folder = tmp_path / ("dense", "int8")[side]
        folder.mkdir()
        for seed in ("s1", "s2", "s3"):
            path = write_pair(tmp_path, 300, 20, 5)[side]
            (folder / f"{seed}.csv").write_text(path.read_text())
    patterns = [f"{tmp_path}/{side}/*.csv" for side in ("dense", "int8")]
    said = found(run, *patterns)
    assert [said[name] for name in ("n", "n_examples", "n_networks", "lost", "gained")] == [900, 300, 3, 60, 15]
    assert [(row["name"], row["lost"]) for row in said["networks"]] == [("s1", 20), ("s2", 20), ("s3", 20)]
    # Three times the same answers are no more evidence than one.
    assert said["p_one_sided"] < 1e-6 < 1e-3 < said["p_by_example"]
    assert said["change"]["method"] == "clustered"
    assert said["population"]["n_changed"] == 25
    assert found(run, *patterns, "--network", "s2")["n"] == 300
    assert "no network is named 's9'" in refused(run, *patterns, "--network", "s9")
    (tmp_path / "int8" / "s3.csv").rename(tmp_path / "int8" / "s4.csv")
    assert "cannot be matched by their names" in refused(run, *patterns)


def test_a_floor(run: Run, tmp_path: Path) -> None:
    """Re-runs, and another network of the recipe: is the compressed one further away?"""
    paths = write_pair(tmp_path, 1000, 60, 10)
    rows = paths[0].read_text().splitlines()
    for name, changed in (("rerun", 5), ("again", 40)):
        other = [
            rows[0],
            *(re.sub(r",\d$", ",9", row) if 500 <= i < 500 + changed else row for i, row in enumerate(rows[1:])),
        ]
        (tmp_path / f"{name}.csv").write_text("\n".join(other) + "\n")
    said = found(run, *paths, "--rerun", tmp_path / "rerun.csv", "--reference-again", tmp_path / "again.csv")
    assert said["floor"]["n_reruns"] == 1
    assert said["floor"]["churn"] == pytest.approx(0.005)
    assert said["floor"]["p_further"] < 1e-10
    assert said["reference_again"]["reference_churn"] == pytest.approx(0.036)
    assert said["reference_again"]["p_further"] < 1e-10
    output = " ".join(run("compare", *paths, "--rerun", tmp_path / "rerun.csv").output.split())
    assert "A re-run of dense differs from it on 0.5 % of examples, int8 on 7.0 %: more than re-runs do" in output


def test_tags(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    """A row for each example, as CSV and as Parquet."""
    for name, read in (("tags.csv", pl.read_csv), ("tags.parquet", pl.read_parquet)):
        assert run("compare", *files, "--tags", tmp_path / name).exit_code == 0
        tags = dict(read(tmp_path / name).select("example", "tag").rows())
        assert [tags[key] for key in "abcde"] == ["same", "forgotten", "forgotten", "recovered", "moved"]
    assert "name a .csv or .parquet file" in refused(run, *files, "--tags", tmp_path / "tags.xlsx")
    assert "there is no folder" in refused(run, *files, "--tags", tmp_path / "no" / "tags.csv")


def test_keep_makes_a_study(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    """Its macros give the same counts, and analyze gives the same answer."""
    db = tmp_path / "kept.duckdb"
    assert run("compare", *files, "--keep", db).exit_code == 0
    with Study.open(db) as study:
        counts = study.change_counts("dense", "int8").row(0, named=True)
        assert [counts[name] for name in ("n", "lost", "gained", "changed_wrong", "agree", "churn")] == [
            8,
            2,
            1,
            1,
            4,
            0.5,
        ]
        lost = study.paired_answers("dense", "int8").filter(change="lost")["key"].to_list()
        assert sorted(lost) == ["b", "c"]
        analysis = pietools.analyze(study)
        pair = analysis.pairs.row(0, named=True)
        assert (pair["lost"], pair["gained"], pair["p_one_sided"]) == (2, 1, pytest.approx(0.5))
    assert "there is a file of that name" in refused(run, *files, "--keep", db)


def test_analyze_with_one_network_a_side(run: Run, tmp_path: Path) -> None:
    """The answer for the pair; no p that cannot exist, no sentence that reads as if nothing had happened."""
    db = tmp_path / "kept.duckdb"
    run("compare", *write_pair(tmp_path, 1000, 60, 10), "--keep", db)
    printed = run("analyze", db, "--out", tmp_path / "out")
    assert printed.exit_code == 0
    assert "Worse. 99.0 % → 94.0 %" in printed.output
    for phrase in ("cannot be below", "1.000", "did nothing", "networks needed", "excess"):
        assert phrase not in printed.output
    said = json.loads((tmp_path / "out" / "analysis.json").read_text())
    (comparison,) = said["comparisons"]
    assert comparison["null"]["p_value"] is None
    assert comparison["null"]["flag"] == "one-network"
    assert comparison["n_pies"] == 70
    assert (comparison["pairs"][0]["lost"], comparison["pairs"][0]["verdict"]) == (60, "worse")
    report = (tmp_path / "out" / "report.html").read_text()
    assert "Worse. 99.0 % → 94.0 %" in report
    assert "would be if compression did nothing" not in report
    everything = run("analyze", db, "--all", "--no-store").output
    assert "1.000" not in everything
    assert "cannot be below" not in everything


def test_the_report(run: Run, tmp_path: Path) -> None:
    """One page that asks nobody for anything, in which names are text."""
    paths = write_pair(tmp_path, 300, 30, 10)
    for path in paths:
        path.write_text(path.read_text().replace("x1,", "<script>alert(1)</script>,"))
    assert run("compare", *paths, "--out", tmp_path / "out").exit_code == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert "Lost, the clearest first" in page
    assert json.loads((tmp_path / "out" / "compare.json").read_text())["lost"] == 30


def test_demo(run: Run) -> None:
    """Embedded predictions, of which the counts are those of the embedded study."""
    said = found(run, "--demo")
    table = pl.read_csv(resource("data", "pair", "predictions.csv"), infer_schema=False)
    right = [table[name] == table["label"] for name in ("pred_dense", "pred_pruned")]
    assert said["lost"] == int((right[0] & ~right[1]).sum())
    assert said["n"] == table.height == 10_000
    assert said["reference_again"] is not None
    assert run("compare", "--demo", "x.csv").exit_code == 2


def test_python(files: tuple[Path, Path]) -> None:
    """The same from Python, and its wrong uses."""
    comparison = pietools.compare(*files, margin=0.02)
    assert comparison.regressions["example"].to_list() == ["b", "c"]
    assert comparison.headline.startswith("Not shown to be worse. 62.5 % → 50.0 %")
    assert repr(comparison) == f"<Comparison: {comparison.headline}>"
    assert title(comparison).startswith("int8 against dense")
    assert [about for about, _ in sentences(comparison)][:2] == ["Not shown to be worse", "Margin"]
    with pytest.raises(PietoolsError, match=r"a fraction from 0 to 0\.5"):
        pietools.compare(*files, margin=1)
    with pytest.raises(PietoolsError, match="name two, the reference first"):
        pietools.compare(files[0])


def test_files_that_do_not_fit(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    """Other examples, other labels: one line each, and nothing is written."""
    other = tmp_path / "other.csv"
    other.write_text(files[1].read_text().replace("h,dog", "z,dog"))
    assert "'h'. A network is compared on all of them: give the rest too. Or" in refused(run, files[0], other)
    said = found(run, files[0], other, "--common")
    assert (said["n"], said["lost"]) == (7, 2)
    assert "7 examples are in all files; left out: dense.csv 1, other.csv 1." in said["warnings"]
    other.write_text(files[1].read_text().replace("a,cat,", "a,dog,"))
    assert "contradict" in refused(run, files[0], other, "--out", tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_heavy_libraries_stay_out() -> None:
    """Two CSV files need neither SciPy nor DuckDB nor Altair; benchmarks/reading.py measures what that saves."""
    heavy = {"scipy", "sklearn", "statsmodels", "altair", "duckdb", "pyarrow", "pandas", "pydantic", "rich"}
    code = (
        "import sys; from click.testing import CliRunner; from pietools.cli import main; "
        "assert CliRunner().invoke(main, ['compare', '--demo']).exit_code == 0; "
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


# What a stranger's files made it misread


def shuffled(path: Path, to: Path, name: str, *, seed: int = 0) -> None:
    """The rows of a file in another order, the column of names under another name."""
    table = pl.read_csv(path, infer_schema=False).rename({"id": name})
    table.sample(fraction=1, shuffle=True, seed=seed).write_csv(to)


@pytest.mark.parametrize("name", ["sample", "url", "Image ID"])
def test_rows_in_another_order_are_not_matched_by_position(run: Run, tmp_path: Path, name: str) -> None:
    """A column that nobody named, but that names the examples, says so."""
    paths = write_pair(tmp_path, 200, 10, 5)
    for path, seed in zip(paths, (1, 2), strict=True):
        shuffled(path, path, name, seed=seed)
        pl.read_csv(path, infer_schema=False).drop("label").write_csv(path)
    said = refused(run, *paths)
    assert f"by its column '{name}', which names them, the rows are in another order" in said
    found(run, *paths, "--examples", name)


def test_numbers_of_rows_beside_names_do_not_match_other_examples(run: Run, tmp_path: Path) -> None:
    """An id that only counts the rows, beside a file name in another order."""
    paths = write_pair(tmp_path, 200, 10, 5)
    for path, seed in zip(paths, (1, 2), strict=True):
        shuffled(path, path, "filename", seed=seed)
        table = pl.read_csv(path, infer_schema=False).drop("label")
        table.insert_column(0, pl.Series("id", range(200))).write_csv(path)
    assert "--examples 'filename'" in refused(run, *paths)
    assert found(run, *paths, "--examples", "filename")["churn"] == pytest.approx(15 / 200)


def test_a_group_needs_names_of_examples(run: Run, tmp_path: Path) -> None:
    """Values of another file are not taken in the order of its rows; what has none is said; numbers stay whole."""
    paths = write_pair(tmp_path, 100, 10, 5)
    facts = tmp_path / "facts.csv"
    facts.write_text("nm,site\n" + "".join(f"x{i},{i % 2}\n" for i in reversed(range(100))))
    assert "nothing says which value of 'site' belongs to which example" in refused(
        run, *paths, "--group", f"{facts}:site"
    )
    facts.write_text("id,site,age\n" + "".join(f"x{i},{i % 2},{i}\n" for i in range(60)))
    said = found(run, *paths, "--group", f"{facts}:site", "--group", f"{facts}:age")
    assert "40 of 100 examples have no site, and are in no group of it." in said["warnings"]
    sites = [(row["value"], row["n"], row["lost"]) for row in said["groups"] if row["group"] == "site"]
    assert sites == [("0", 30, 5), ("1", 30, 5)]
    quarters = {row["value"]: row["n"] for row in said["groups"] if row["group"] == "age"}
    assert sorted(quarters) == ["highest quarter", "lowest quarter", "second quarter", "third quarter"]
    assert set(quarters.values()) <= {14, 15, 16}


def test_examples_beyond_those_of_the_reference_are_not_left_out_unsaid(run: Run, tmp_path: Path) -> None:
    """In neither direction."""
    paths = write_pair(tmp_path, 100, 10, 5)
    paths[0].write_text("\n".join(paths[0].read_text().splitlines()[:51]) + "\n")
    assert "has 100 examples, of which 50 are not in" in refused(run, *paths)
    assert "--common" in refused(run, *reversed(paths))
    assert found(run, *paths, "--common")["n"] == 50


def test_another_question_behind_the_same_number(run: Run, tmp_path: Path) -> None:
    """lm-evaluation-harness numbers the items and says what was asked; another version of a task is another one."""
    for side in ("fp16", "int4"):
        (tmp_path / side).mkdir()
        rows = [
            {
                "doc_id": i,
                "target": "x",
                "filtered_resps": ["x"],
                "exact_match": float(i % 3 > 0),
                "doc_hash": f"hash-{i}",
            }
            for i in range(30)
        ]
        if side == "int4":
            rows[7]["doc_hash"] = "another"
        name = "samples_gsm8k_2026-01-01T00-00-00.jsonl"
        (tmp_path / side / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert "1 of 30 items are other questions" in refused(run, tmp_path / "fp16", tmp_path / "int4")


def test_probabilities_of_the_second_class_beside_the_truth(run: Run, tmp_path: Path) -> None:
    """filename, label, prob look like results of timm, whose label is what was predicted; below a half it is no best class."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 300)
    answers = []
    for name in ("a", "b"):
        prob = np.clip(truth * 0.6 + rng.normal(0.2, 0.25, 300), 0.01, 0.99)
        answers.append(prob > 0.5)
        rows = "".join(f"im{i},{truth[i]},{prob[i]:.4f}\n" for i in range(300))
        (tmp_path / f"{name}.csv").write_text("filename,label,prob\n" + rows)
    said = found(run, tmp_path / "a.csv", tmp_path / "b.csv")
    assert said["lost"] == ((answers[0] == truth) & (answers[1] != truth)).sum()
    assert said["churn"] == pytest.approx((answers[0] != answers[1]).mean())


def test_a_column_of_right_and_wrong_is_no_confidence(run: Run, tmp_path: Path) -> None:
    """Zeros can be no largest probability."""
    rows = [f"{i},{i % 5},{i % 5 if i % 4 else 9},{float(i % 4 > 0)}\n" for i in range(100)]
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("id,label,pred,score\n" + "".join(rows))
    said = found(run, tmp_path / "a.csv", tmp_path / "b.csv")
    assert said["confidence_bands"] == []
    assert any("not one answer differs" in warning for warning in said["warnings"])


def test_counts_for_each_class_are_no_networks(run: Run, tmp_path: Path) -> None:
    """Votes of an ensemble add up to its size."""
    rng = np.random.default_rng(0)
    votes = [rng.multinomial(20, [0.25] * 4, 50) for _ in range(2)]
    names = [f"{side}_v{c}" for side in ("fp16", "int8") for c in range(4)]
    pl.DataFrame(np.hstack(votes), schema=names).write_csv(tmp_path / "votes.csv")
    said = refused(run, tmp_path / "votes.csv", "--reference", "fp16_v*", "--compressed", "int8_v*")
    assert "add up to 20 in every row" in said


def test_two_columns_of_labels_are_said(run: Run, tmp_path: Path) -> None:
    """The one that was taken, and the other."""
    rows = [f"{i},{i % 3},{(i + (i % 7 == 0)) % 3},{i % 3}\n" for i in range(60)]
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("id,label,y_true,pred\n" + "".join(rows))
    warnings = found(run, tmp_path / "a.csv", tmp_path / "b.csv")["warnings"]
    assert any("given labels are taken from 'label'; 'y_true' holds others" in warning for warning in warnings)


def test_nothing_is_compared_with_itself(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    """A slip of the keyboard is no release."""
    assert "compared with itself" in refused(run, files[0], files[0], "--gate")
    path = tmp_path / "both.csv"
    path.write_text("id,label,pred_fp16,pred_int8\n" + "".join(",".join(row) + "\n" for row in ROWS))
    sides = ("--reference", "pred_fp16", "--compressed")
    assert "compared with itself" in refused(run, path, *sides, "pred_fp16")
    assert "is the column of the given labels" in refused(
        run, path, "--reference", "label", "--compressed", "pred_int8"
    )
    assert "one of the two that are compared" in refused(run, *files, "--rerun", files[0])
    assert "this file is read" in refused(run, *files, "--tags", files[0])


def test_headline_and_margin_do_not_contradict_each_other(run: Run, tmp_path: Path) -> None:
    """What is not shown to be worse is not shown to be worse by more than something."""
    said = found(run, *write_pair(tmp_path, 100, 30, 18), "--margin", 0.005)
    assert said["p_one_sided"] == pytest.approx(0.0557, abs=1e-4)
    assert (said["verdict"], said["p_worse"]) == ("cannot-say", said["p_one_sided"])


def test_labels_that_only_one_file_has(run: Run, files: tuple[Path, Path]) -> None:
    """Serve both, each example's."""
    table = pl.read_csv(files[0], infer_schema=False)
    for labels in (pl.Series("label", [""] * 8), None):
        (table.drop("label") if labels is None else table.with_columns(labels)).write_csv(files[0])
        said = found(run, *files)
        assert (said["lost"], said["gained"], said["n_unlabelled"]) == (2, 1, 0)


FIXTURES = Path(__file__).parent / "fixtures"
WRITTEN_BY_OTHERS = [
    "lm_eval/{side}/samples_quiz*.jsonl",
    "lm_eval_0_4_4/{side}/samples_quiz*.jsonl",
    "timm/{side}/top1-index.csv",
    "timm/{side}/all.parquet",
    "wandb/{side}/artifact/predictions.table.json",
    "fiftyone/{side}/dataset/samples.json",
    "datasets/{side}.parquet",
]


@pytest.mark.parametrize("where", WRITTEN_BY_OTHERS)
def test_files_that_other_projects_wrote(run: Run, where: str) -> None:
    """As many answers differ as in what their scripts made the models say."""
    sides = [FIXTURES / where.format(side=side) for side in ("reference", "compressed")]
    known = json.loads((FIXTURES / "expected.json").read_text(encoding="utf-8"))
    files = [next(iter(side.parent.glob(side.name))) for side in sides]
    first, second = (known[str(file.relative_to(FIXTURES))]["predictions"] for file in files)
    said = found(run, *sides)
    assert said["n"] == len(first)
    assert said["n"] - said["agree"] == sum(a != b for a, b in zip(first, second, strict=True))


def test_logs_of_inspect(run: Run) -> None:
    """Two tasks in a folder of logs; those in JSON are the same once more."""
    sides = [FIXTURES / "inspect" / side / "*.eval" for side in ("reference", "compressed")]
    said = found(run, *sides)
    assert [(row["name"], row["n"]) for row in said["tasks"]] == [("quiz", 10), ("sums", 10)]
    assert "2 files of task quiz of one network" in refused(run, *(side.parent for side in sides))


def test_fields_of_one_fiftyone_file(run: Run) -> None:
    """Both models in one export, by the names of their fields."""
    both = FIXTURES / "fiftyone" / "both" / "dataset" / "samples.json"
    one = found(run, both, "--reference", "reference", "--compressed", "compressed")
    apart = found(
        run, *(FIXTURES / "fiftyone" / side / "dataset" / "samples.json" for side in ("reference", "compressed"))
    )
    assert [one[name] for name in ("n", "lost", "gained")] == [apart[name] for name in ("n", "lost", "gained")]


def test_a_list_of_scores_beside_the_truth(run: Run, tmp_path: Path) -> None:
    """filename, label and a list of probabilities: the label is the given one."""
    rows = [({"filename": f"im{i}", "label": i % 3}, [0.1 + 0.7 * (i % 3 == c) for c in range(3)]) for i in range(30)]
    for name, wrong in (("a", 0), ("b", 4)):
        lines = [
            said | {"prob": list(reversed(prob)) if i < wrong and i % 3 != 1 else prob}
            for i, (said, prob) in enumerate(rows)
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    said = found(run, tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert (said["n"], said["lost"], said["gained"]) == (30, 3, 0)
