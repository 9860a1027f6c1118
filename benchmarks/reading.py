"""How fast ``pietools import`` reads: each kind of file in a process of its own, beside one pass of NumPy, pandas or polars.

python benchmarks/reading.py [CASE ...]          (makes files of up to 400 MB in a temporary folder)
python benchmarks/reading.py --profile CASE      (says where the time goes)

CPU seconds and MB/s are those of the work alone; the peak of memory is that of the whole process, in which a mapped file counts.
"""

import argparse
import cProfile
import json
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

N_EXAMPLES, N_CLASSES, N_NETWORKS = 50_000, 1_000, 20
Work = Callable[[Path], None]


# The files


def logits(n: int, m: int) -> np.ndarray:
    """Logits, float32, of a network that is right two times of three."""
    rng = np.random.default_rng(0)
    found = rng.standard_normal((n, m), dtype=np.float32)
    found[np.arange(n), rng.integers(0, m, n)] += 6
    return found


def make_npy(folder: Path) -> Path:
    """One network, an array of examples × classes."""
    np.save(folder / "logits.npy", logits(N_EXAMPLES, N_CLASSES))
    return folder / "logits.npy"


def _labelled(n_networks: int, n: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    label = rng.integers(0, N_CLASSES, n)
    predicted = [np.where(rng.random(n) < 0.75, label, rng.integers(0, N_CLASSES, n)) for _ in range(n_networks)]
    names = np.array([f"img_{i:07d}.jpg" for i in range(n)])
    return {"image": np.tile(names, n_networks), "label": np.tile(label, n_networks), "pred": np.concatenate(predicted)}


def make_csv_of_networks(folder: Path) -> Path:
    """A row per network and example."""
    columns = _labelled(N_NETWORKS, N_EXAMPLES)
    frame = pl.DataFrame({"net": [f"net-{k}" for k in range(N_NETWORKS) for _ in range(N_EXAMPLES)], **columns})
    frame.write_csv(folder / "networks.csv")
    return folder / "networks.csv"


def make_csv_of_one(folder: Path) -> Path:
    """As many rows of one network."""
    pl.DataFrame(_labelled(1, N_NETWORKS * N_EXAMPLES)).write_csv(folder / "one.csv")
    return folder / "one.csv"


def make_json_lines(folder: Path) -> Path:
    """A row per example with a list of ten scores."""
    path = folder / "scores.jsonl"
    rows = logits(N_EXAMPLES, 10).tolist()
    lines = (json.dumps({"image": f"img_{i:07d}.jpg", "label": i % 10, "logits": row}) for i, row in enumerate(rows))
    path.write_text("\n".join(lines))
    return path


def make_parquet(folder: Path) -> Path:
    """A row per example with a list of a thousand scores."""
    flat = pl.Series("logits", logits(N_EXAMPLES, N_CLASSES)).arr.to_list()
    images = [f"img_{i:07d}.jpg" for i in range(N_EXAMPLES)]
    pl.DataFrame({"image": images, "logits": flat}).write_parquet(folder / "scores.parquet")
    return folder / "scores.parquet"


# The work


def one_pass(path: Path) -> None:
    """The yardstick of an array."""
    np.load(path).sum()


def read_scores(path: Path) -> None:
    """What is read, up to the float32 array that is stored."""
    from pietools.exchange.predictions import Source
    from pietools.exchange.read_predictions import read

    found = read(path, Source())
    assert found.scale is not None
    assert found.scores is not None
    found.scale.read(found.scores[0])


def imported(logits_dtype: str, replicates: str | None = None) -> Work:
    """The whole import into a new study."""

    def work(path: Path) -> None:
        from pietools.exchange.import_population import import_population
        from pietools.exchange.predictions import Source
        from pietools.study import Study
        from pietools.study.records import Population

        with tempfile.TemporaryDirectory() as folder, Study.create(Path(folder) / "s.duckdb") as study:
            said = {"dataset": "val", "population": Population("dense", ""), "accept_chance": True}
            import_population(study, [path], Source(replicates=replicates), logits_dtype=logits_dtype, **said)

    return work


def by_pandas(path: Path) -> None:
    """The yardstick of a table."""
    import pandas

    pandas.read_csv(path)


def by_polars(path: Path) -> None:
    """The same; of one thread, as everything here."""
    pl.read_csv(path)


def by_json(path: Path) -> None:
    """The yardstick of JSON lines: every line parsed."""
    for line in path.read_text().splitlines():
        json.loads(line)


def by_pyarrow(path: Path) -> None:
    """The yardstick of Parquet: every number read and added."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    pc.sum(pc.list_flatten(pq.read_table(path, columns=["logits"]).column(0)))


SIZE = f"{N_EXAMPLES:,} × {N_CLASSES:,}"
BESIDE: dict[str, Work] = {"pandas.read_csv": by_pandas, "polars.read_csv": by_polars}
CASES: dict[str, tuple[str, Callable[[Path], Path], dict[str, Work]]] = {
    "npy": (
        f"npy, {SIZE} float32: up to the array that is stored",
        make_npy,
        {"pietools": read_scores, "numpy.load(…).sum()": one_pass},
    ),
    "npy-none": (f"npy, {SIZE}: import --logits none", make_npy, {"pietools": imported("none")}),
    "npy-float32": (f"npy, {SIZE}: import --logits float32", make_npy, {"pietools": imported("float32")}),
    "csv-networks": (
        f"CSV, {N_NETWORKS} networks × {N_EXAMPLES:,} examples: import",
        make_csv_of_networks,
        {"pietools": imported("none", "net"), **BESIDE},
    ),
    "csv-one": (
        f"CSV, one network of {N_NETWORKS * N_EXAMPLES:,} examples: import",
        make_csv_of_one,
        {"pietools": imported("none"), **BESIDE},
    ),
    "jsonl": (
        f"JSON lines, {N_EXAMPLES:,} × 10 scores: import",
        make_json_lines,
        {"pietools": imported("none"), "json.loads": by_json},
    ),
    "parquet": (
        f"Parquet, {N_EXAMPLES:,} lists of {N_CLASSES:,} float32: import",
        make_parquet,
        {"pietools": imported("none"), "pyarrow": by_pyarrow},
    ),
}


# Measuring


def main() -> int:
    """Print a table, or a profile."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}; all by default")
    parser.add_argument("--profile", choices=CASES, help="where the time of this case goes")
    parser.add_argument("--child", nargs=3, metavar=("CASE", "WORK", "PATH"), help=argparse.SUPPRESS)
    said = parser.parse_args()
    if unknown := [case for case in said.cases if case not in CASES]:
        parser.error(f"no case is called {unknown[0]}. Cases: {', '.join(CASES)}")
    if said.child:
        case, work, path = said.child
        _measured(CASES[case][2][work], Path(path))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        if said.profile:
            _profile(said.profile, Path(folder))
        else:
            _table(said.cases or list(CASES), Path(folder))
    return 0


def _table(cases: list[str], folder: Path) -> None:
    print(
        "| file and work | by | CPU s | wall s | MB/s | peak MB |\n| --- | --- | ---: | ---: | ---: | ---: |",
        flush=True,
    )
    for case in cases:
        what, make, works = CASES[case]
        path = make(folder)
        for name in works:
            command = [sys.executable, __file__, "--child", case, name, str(path)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            speed = path.stat().st_size / 1e6 / found["cpu"]
            numbers = (f"{found['cpu']:.2f}", f"{found['wall']:.2f}", f"{speed:,.0f}", f"{found['peak']:,.0f}")
            print(f"| {what} | {name} | {' | '.join(numbers)} |", flush=True)


def _measured(work: Work, path: Path) -> None:
    """Print what the work takes; the file is in the disk's cache, and modules are loaded."""
    with path.open("rb") as file:
        while file.read(2**20):
            pass
    import pietools.exchange.import_predictions  # noqa: F401

    if work is by_pandas:
        import pandas  # noqa: F401
    before, start = _cpu(), time.perf_counter()
    work(path)
    wall, cpu = time.perf_counter() - start, _cpu() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": cpu, "wall": wall, "peak": peak}))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _profile(case: str, folder: Path) -> None:
    _, make, works = CASES[case]
    path = make(folder)
    profile = cProfile.Profile()
    profile.runcall(works["pietools"], path)
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    sys.exit(main())
