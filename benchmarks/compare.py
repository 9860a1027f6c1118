"""How long does ``pietools compare`` take on two CSV files, against importing polars, and against reading them with it?

    python benchmarks/compare.py

Whole processes, one after another in turn; the median of CPU seconds (user and system) of each.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

REPEATS = 9


def write(folder: Path, n: int) -> list[Path]:
    """Two files of n examples of a hundred classes, each with a confidence; 8 % of the answers differ."""
    rng = np.random.default_rng(n)
    label = rng.integers(0, 100, n)
    dense = np.where(rng.random(n) < 0.2, rng.integers(0, 100, n), label)
    int8 = np.where(rng.random(n) < 0.08, rng.integers(0, 100, n), dense)
    paths = []
    for name, predicted in (("dense", dense), ("int8", int8)):
        paths.append(folder / f"{name}-{n}.csv")
        rows = (f"image-{i},{label[i]},{predicted[i]},{rng.uniform(0.3, 1):.4f}\n" for i in range(n))
        paths[-1].write_text("id,label,pred,confidence\n" + "".join(rows))
    return paths


def cpu_seconds(command: list[str]) -> float:
    """User and system time of a process."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    """Print a line for each size."""
    with tempfile.TemporaryDirectory() as temporary:
        for n in (2_000, 50_000):
            paths = [str(path) for path in write(Path(temporary), n)]
            commands = {
                "compare": [sys.executable, "-m", "pietools", "compare", *paths],
                "import polars": [sys.executable, "-c", "import polars"],
                "read_csv of both": [
                    sys.executable,
                    "-c",
                    f"import polars; [polars.read_csv(path) for path in {paths}]",
                ],
            }
            taken: dict[str, list[float]] = {name: [] for name in commands}
            for _ in range(REPEATS):
                for name, command in commands.items():
                    taken[name].append(cpu_seconds(command))
            ours, *others = (median(seconds) for seconds in taken.values())
            ratios = ", ".join(
                f"{ours / other:.1f} × {name}" for name, other in zip(list(taken)[1:], others, strict=True)
            )
            print(f"{n:,} rows a file: {ours:.2f} CPU s, {ratios}")


if __name__ == "__main__":
    main()
