"""A large study, 6 populations × 30 networks × 50,000 examples × 1,000 classes: macros and analyze.

python benchmarks/study.py          (makes a study of about 60 MB in a temporary folder; takes about two minutes)
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from pietools.statistics.tools.scalars import scalars_from_labels
from pietools.study import Study
from pietools.study.records import Dataset, Evaluation, Model, Population

N_EXAMPLES, N_CLASSES, N_NETWORKS = 50_000, 1_000, 30
NAMES = ("dense", "a", "b", "c", "d", "e")


def make(path: Path) -> None:
    """A dense population and five that are compared with it."""
    rng = np.random.default_rng(0)
    label = rng.integers(0, N_CLASSES, N_EXAMPLES)
    doubt = rng.beta(0.4, 1.2, N_EXAMPLES)
    with Study.create(path) as study:
        study.add_dataset(
            Dataset("val", [str(i) for i in range(N_EXAMPLES)], label, [str(c) for c in range(N_CLASSES)])
        )
        for strength, name in enumerate(NAMES):
            role = "dense" if name == "dense" else "compressed"
            study.add_population(Population(name, role, reference=None if name == "dense" else "dense"))
            for k in range(N_NETWORKS):
                strays = (label + rng.integers(1, 11, N_EXAMPLES)) % N_CLASSES
                predicted = np.where(rng.random(N_EXAMPLES) < doubt * (1 + 0.05 * strength), strays, label)
                study.add_evaluation(
                    Model(name, str(k)), Evaluation("val", "labels", f"{name}{k}"), scalars_from_labels(predicted)
                )


def seconds(study: Study, query: str) -> float:
    """Wall-clock time of a query, the best of three."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        study.sql(query)
        times.append(time.perf_counter() - start)
    return min(times)


def pandas_pies(study: Study) -> float:
    """Modal labels and PIEs of the five comparisons as one would write them in pandas, from frames in memory."""
    frames = {
        name: study.sql("select example_id, predicted_label from population_predictions(?)", [name]).to_pandas()
        for name in NAMES
    }
    start = time.perf_counter()
    modal = {}
    for name, frame in frames.items():
        counts = frame.groupby(["example_id", "predicted_label"]).size().reset_index(name="n")
        ordered = counts.sort_values(["example_id", "n", "predicted_label"], ascending=[True, False, True])
        modal[name] = ordered.drop_duplicates("example_id").set_index("example_id")["predicted_label"]
    counts = {name: int((modal["dense"] != modal[name]).sum()) for name in NAMES[1:]}
    elapsed = time.perf_counter() - start
    assert counts == {name: study.pies("dense", name).height for name in NAMES[1:]}
    return elapsed


def main() -> None:
    """Print each figure with what it is measured against."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.duckdb"
        make(path)
        print(f"study: {path.stat().st_size / 1e6:.0f} MB")
        with Study.open(path, read_only=True) as study:
            scan = seconds(study, "select sum(predicted_label) from predictions")
            union = " union all ".join(f"select count(*) from pies('dense', '{name}')" for name in NAMES[1:])
            macro, pandas = seconds(study, union), pandas_pies(study)
        print(f"PIEs of 5 comparisons: {macro:.2f} s; scan {scan:.3f} s ({macro / scan:.0f} ×); pandas {pandas:.1f} s "
              f"({pandas / macro:.0f} × as long)")  # fmt: skip
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "pietools", "analyze", path, "--json"], check=True, capture_output=True)
        elapsed = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"pietools analyze, the whole process: {elapsed:.1f} s, {peak:.0f} MB")


if __name__ == "__main__":
    main()
