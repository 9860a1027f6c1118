"""Every claim about speed against its yardstick, in one run: ratio, seconds and peak memory.

    python benchmarks/table.py                 every row (about six minutes; the table of benchmarks/README.md)
    python benchmarks/table.py demo macro      some of them

Each row has a process of its own, so that its peak is its own. Yardsticks are written as a competent user would.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
N_EXAMPLES, N_NETWORKS, N_CLASSES = 50_000, 30, 1_000
Row = dict[str, Any]


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak(who: int = resource.RUSAGE_SELF) -> float:
    """Peak memory so far, MB."""
    return resource.getrusage(who).ru_maxrss / 1024


def process(*command: object) -> Row:
    """Seconds, CPU seconds and peak memory of a ``pietools`` command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = seconds(
        lambda: subprocess.run(
            [sys.executable, "-m", "pietools", *map(str, command)], check=True, stdout=subprocess.DEVNULL
        )
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"took": took, "cpu": cpu, "peak": peak(resource.RUSAGE_CHILDREN)}


def demo(folder: Path) -> Row:
    """README's first command, after the installation."""
    return process("demo", "--out", folder / "demo")


def make_study(path: Path, populations: int, n_networks: int, n: int, *, with_log_odds: bool = False) -> None:
    """A dense population and others that are compared with it, of a thousand classes."""
    import polars as pl

    from pietools.statistics.tools.scalars import scalars_from_labels
    from pietools.study import Study
    from pietools.study.records import Dataset, Evaluation, Model, Population

    rng = np.random.default_rng(0)
    label, easy = rng.integers(0, N_CLASSES, n), rng.normal(2.5, 2.5, n)
    with Study.create(path) as study:
        study.add_dataset(Dataset("val", [str(i) for i in range(n)], label, [str(c) for c in range(N_CLASSES)]))
        for number in range(populations):
            name, hit = f"p{number}", 1.5 * (rng.random(n) < 0.05) * (number > 0)
            study.add_population(
                Population(name, "compressed" if number else "dense", reference="p0" if number else None)
            )
            for k in range(n_networks):
                odds = (easy - hit) * rng.normal(1, 0.03) + rng.normal(0, 0.2) + rng.normal(0, 0.6, n)
                rows = scalars_from_labels(np.where(odds > 0, label, (label + rng.integers(1, 11, n)) % N_CLASSES))
                if with_log_odds:
                    kept = {"label_log_odds": odds, "logit_margin": odds + 0.5}
                    rows = rows.with_columns(pl.Series(name, values, pl.Float32) for name, values in kept.items())
                evidence = "log-odds" if with_log_odds else "labels"
                study.add_evaluation(Model(name, str(k)), Evaluation("val", evidence, f"{name}/{k}"), rows)


def analyze(folder: Path) -> Row:
    """6 × 30 networks × 50,000 examples, labels only, against the relabellings of one statistic as a loop."""
    from pietools.study import Study

    make_study(folder / "study.duckdb", 6, N_NETWORKS, N_EXAMPLES)
    row = process("analyze", folder / "study.duckdb", "--json")
    with Study.open(folder / "study.duckdb", read_only=True) as study:
        both = np.vstack([study.label_matrix(name)[1] for name in ("p0", "p1")])
    return row | {"yardstick": 5 * loop_of_a_null(both)}


def analyze_log_odds(folder: Path) -> Row:
    """The same with log odds."""
    make_study(folder / "study.duckdb", 6, N_NETWORKS, N_EXAMPLES, with_log_odds=True)
    return process("analyze", folder / "study.duckdb", "--json")


def macro(folder: Path) -> Row:
    """PIEs of five comparisons by the macro against a scan of the column; and pandas from the same file."""
    from pietools.study import Study

    make_study(folder / "study.duckdb", 6, N_NETWORKS, N_EXAMPLES)
    with Study.open(folder / "study.duckdb", read_only=True) as study:
        union = " union all ".join(f"select count(*) from pies('p0', 'p{number}')" for number in range(1, 6))
        took, used = min(seconds(lambda: study.sql(union)) for _ in range(3)), peak()
        scan = min(seconds(lambda: study.sql("select sum(predicted_label) from predictions")) for _ in range(3))
        pandas = pandas_pies(study)
    return {"took": took, "peak": used, "yardstick": scan, "note": f"pandas {pandas / took:.1f} × as long"}


def pandas_pies(study: Any) -> float:
    """Seconds for the PIEs of five comparisons as one would write them in pandas, from the same file."""
    names = [f"p{number}" for number in range(6)]
    start = time.perf_counter()
    modal = {}
    for name in names:
        frame = study.sql("select example_id, predicted_label from population_predictions(?)", [name]).to_pandas()
        counts = frame.groupby(["example_id", "predicted_label"]).size().reset_index(name="n")
        ordered = counts.sort_values(["example_id", "n", "predicted_label"], ascending=[True, False, True])
        modal[name] = ordered.drop_duplicates("example_id").set_index("example_id")["predicted_label"]
    counts = {name: int((modal["p0"] != modal[name]).sum()) for name in names[1:]}
    elapsed = time.perf_counter() - start
    assert counts == {name: study.pies("p0", name).height for name in names[1:]}
    return elapsed


def loop_n_pies(labels: np.ndarray, is_reference: np.ndarray) -> int:
    """One relabelling as one would write it: votes in a table, argmax of each row."""
    n = labels.shape[1]
    flat = labels + N_CLASSES * np.arange(n)
    modal = [
        np.bincount(flat[rows].ravel(), minlength=n * N_CLASSES).reshape(n, N_CLASSES).argmax(axis=1)
        for rows in (is_reference, ~is_reference)
    ]
    return int((modal[0] != modal[1]).sum())


def loop_of_a_null(labels: np.ndarray) -> float:
    """Seconds for 1,000 relabellings, one by one: the fastest of five, a thousand times."""
    rng = np.random.default_rng(0)
    return 1_000 * min(
        seconds(lambda: loop_n_pies(labels, rng.permutation(len(labels)) < N_NETWORKS)) for _ in range(5)
    )


def votes(n: int) -> Any:
    """Predictions of 30 and 30 networks that stray from the label in an eighth of the cases."""
    from pietools.statistics.tools.populations import Populations

    rng = np.random.default_rng(0)
    label, doubt = rng.integers(0, N_CLASSES, n, dtype=np.int16), rng.beta(0.4, 2.8, n).astype(np.float32)
    sides = []
    for _ in range(2):
        side = np.empty((N_NETWORKS, n), dtype=np.int16)
        for row in side:
            strays = (label + rng.integers(1, 11, n, dtype=np.int16)) % N_CLASSES
            row[:] = np.where(rng.random(n, dtype=np.float32) < doubt, strays, label)
        sides.append(side)
    return Populations(sides[0], sides[1], paired=False, labels=label)


def relabellings(_: Path) -> Row:
    """1,000 relabellings × three statistics of 50,000 × 60, against a NumPy loop of one statistic."""
    from pietools.statistics.tools.relabelling import relabelling_null

    asked = votes(N_EXAMPLES)
    took, used = seconds(lambda: relabelling_null(asked, n_permutations=1_000, seed=0)), peak()
    loop = loop_of_a_null(np.vstack([asked.reference, asked.compressed]))
    return {"took": took, "peak": used, "yardstick": loop}


def large(_: Path) -> Row:
    """77 million predictions, 1,281,167 × 60: PIEs, null, flips."""
    from pietools.statistics.tools.relabelling import relabelling_null
    from pietools.topics import answers

    asked = votes(1_281_167)

    def work() -> None:
        answers.pies(asked)
        relabelling_null(asked, n_permutations=1_000, seed=0)
        answers.flips(asked)

    return {"took": seconds(work), "peak": peak()}


LIMMA = """suppressMessages(library(limma)); a <- commandArgs(TRUE); n <- as.integer(a[2])
x <- t(matrix(readBin(a[1], "double", n * 60), 60, n, byrow = TRUE)); x <- matrix(x, n, 60)
design <- cbind(1, rep(0:1, each = 30))
cat(system.time({fit <- lmFit(x, design); topTreat(treat(fit, lfc = 0.1, trend = TRUE), coef = 2, number = n)})[["elapsed"]])"""


def moderated(folder: Path) -> Row:
    """Moderated t with a trend and TREAT of 50,000 × 60, against limma on the same matrix."""
    from pietools.statistics.log_odds.moderation import moderate, treat
    from pietools.statistics.tools.multiplicity import adjust

    rng = np.random.default_rng(0)
    mean = rng.normal(2, 2, N_EXAMPLES)
    sides = [mean + np.exp(rng.normal(0, 0.3, N_EXAMPLES)) * rng.normal(size=(N_NETWORKS, N_EXAMPLES)) for _ in "dc"]

    def work() -> None:
        estimate = sides[1].mean(axis=0) - sides[0].mean(axis=0)
        pooled = (sides[0].var(axis=0, ddof=1) + sides[1].var(axis=0, ddof=1)) / N_NETWORKS
        level = (sides[0].mean(axis=0) + sides[1].mean(axis=0)) / 2
        adjust(treat(moderate(estimate, pooled, 2 * N_NETWORKS - 2, along=level), 0.1), "benjamini-hochberg")

    took, used = min(seconds(work) for _ in range(3)), peak()
    np.vstack(sides).tofile(folder / "matrix")
    command = ["Rscript", "-e", LIMMA, str(folder / "matrix"), str(N_EXAMPLES)]
    limma = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])
    return {"took": took, "peak": used, "yardstick": limma}


def regression(_: Path) -> Row:
    """Characterization of 50,000 × 60 by ten properties, against statsmodels' OLS on rows, errors clustered by example."""
    from pietools.statistics.characterize.change_regression import Measured, Part, explain_changes

    rng = np.random.default_rng(0)
    easy, values = rng.normal(2, 2, N_EXAMPLES), rng.normal(size=(N_EXAMPLES, 10))
    dense, pruned = (easy - drop * 0.1 * values[:, 0] + rng.normal(size=(N_NETWORKS, N_EXAMPLES)) for drop in (0, 1))
    second = easy + rng.normal(size=(10, N_EXAMPLES))
    names, everyone = tuple(f"x{j}" for j in range(10)), np.arange(N_NETWORKS)

    def work() -> None:
        measured = Measured.by_networks(names, lambda some: (second[some].mean(axis=0), values), np.arange(10))
        explain_changes(dense, pruned, [Part(measured, everyone, everyone)], paired=True)

    took, used = seconds(work), peak()
    import statsmodels.api as sm

    x = np.tile(sm.add_constant(np.column_stack([second.mean(axis=0), values])), (N_NETWORKS, 1))
    groups = np.tile(np.arange(N_EXAMPLES), N_NETWORKS)
    y = (pruned - dense).ravel()
    rows = seconds(lambda: sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": groups}).bse)
    return {"took": took, "peak": used, "yardstick": rows}


def networks(folder: Path) -> Row:
    """An analysis of 1,000 networks × 10,000 examples against 100 networks: populations of 50."""
    make_study(folder / "few.duckdb", 2, 50, 10_000)
    few = process("analyze", folder / "few.duckdb", "--json")
    make_study(folder / "many.duckdb", 20, 50, 10_000)
    return process("analyze", folder / "many.duckdb", "--json") | {"yardstick": few["took"]}


def collect(folder: Path) -> Row:
    """Collecting three networks on 10,000 pictures against a bare forward loop."""
    sys.path.insert(0, str(HERE))
    from collect import pair_of_times

    bare, collected = pair_of_times(folder)
    return {"took": collected, "yardstick": bare, "peak": peak()}


def train(folder: Path) -> Row:
    """Training eight small networks, one per core, against one after another."""
    sys.path.insert(0, str(HERE))
    from train import ROOT, seconds_of

    one, many = (seconds_of(folder / name, Path(ROOT), n) for name, n in (("one", 1), ("many", None)))
    return {"took": many, "yardstick": one, "peak": peak(resource.RUSAGE_CHILDREN)}


def compare(folder: Path) -> Row:
    """Comparing two CSV files of 50,000 rows against reading both with polars."""
    sys.path.insert(0, str(HERE))
    from compare import cpu_seconds, write

    paths = [str(path) for path in write(folder, N_EXAMPLES)]
    read = [sys.executable, "-c", f"import polars; [polars.read_csv(path) for path in {paths}]"]
    ours = [sys.executable, "-m", "pietools", "compare", *paths]
    pairs = [(cpu_seconds(ours), cpu_seconds(read)) for _ in range(5)]
    took, yardstick = np.median(pairs, axis=0)
    return {"took": float(took), "yardstick": float(yardstick), "peak": peak(resource.RUSAGE_CHILDREN)}


# Each row: what works, what it is held against, and what is to be reached.
ROWS: dict[Callable[[Path], Row], tuple[str, str, str]] = {
    demo: ("`pietools demo --out`, installed", "–", "≤ 30 CPU s, ≤ 25 s"),
    analyze: (
        "`analyze`, 6 × 30 networks × 50,000, labels",
        "its five nulls as a NumPy loop",
        "≥ 50 ×, ≤ 12 s, ≤ 600 MB",
    ),
    analyze_log_odds: ("the same with log odds", "–", "≤ 25 s, ≤ 1.2 GB"),
    macro: ("PIEs of 5 comparisons by the macro", "scan of a column", "≤ 20 × as long; pandas ≥ 10 × as long"),
    relabellings: ("1,000 relabellings × three statistics, 50,000 × 60", "NumPy loop of one", "≥ 150 ×"),
    moderated: ("moderated t, trend, TREAT, 50,000 × 60", "R's limma on the same matrix", "≥ 3 ×"),
    regression: (
        "characterization, 50,000 × 60 × 10 properties",
        "statsmodels OLS on rows, clustered",
        "≥ 25 ×, ≤ 500 MB",
    ),
    large: ("1,281,167 × 60: PIEs, null, flips", "–", "≤ 20 s, ≤ 1.5 GB"),
    networks: ("`analyze`, 1,000 networks × 10,000", "100 networks", "≤ 12 × as long"),
    collect: ("collecting ResNet-18, 3 networks × 10,000 pictures", "a bare forward loop", "≤ 1.03 × as long"),
    train: ("training 8 small networks of 500 steps", "one after another", "≥ 1.9 ×"),
    compare: ("`compare`, two CSV of 50,000 rows, CPU s", "`polars.read_csv` of both", "≤ 3 × as long"),
}


def line(work: Callable[[Path], Row]) -> str:
    """A row of the table, measured in a process of its own."""
    found = json.loads(subprocess.check_output([sys.executable, __file__, "--row", work.__name__], text=True))
    what, yardstick, aim = ROWS[work]
    ratio = "–"
    if "yardstick" in found:
        faster = found["yardstick"] / found["took"]
        ratio = f"{faster:.3g} × as fast" if faster >= 1.5 else f"{1 / faster:.3g} × as long"
        yardstick += f", {found['yardstick']:.3g} s"
    cpu = f", {found['cpu']:.1f} CPU s" if "cpu" in found else ""
    note = f"; {found['note']}" if "note" in found else ""
    return f"| {what} | {found['took']:.3g} s{cpu}, {found['peak']:.0f} MB | {yardstick} | {ratio}{note} | {aim} |"


def main(names: list[str]) -> None:
    """Print the rows that are asked for, or what one of them measures."""
    works = {work.__name__: work for work in ROWS}
    if names[:1] == ["--row"]:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(works[names[1]](Path(folder))))
        return
    print("| work | measured | yardstick | ratio | to reach |\n| --- | --- | --- | --- | --- |")
    for name in names or works:
        print(line(works[name]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
