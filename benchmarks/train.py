"""Training many small networks: one after another against one per core, in the same run.

    python benchmarks/train.py [--root FOLDER]

Fashion-MNIST (Debian's dataset-fashion-mnist, or --root), the small CNN, supervised, eight networks of 500 steps of 128
images. Whole trainings as `pietools train` does them, the start of the processes included. Three ways: one process of one
thread, one process per core of one thread each, and one process whose operations use all cores, which is what a plain
script gets. On a CUDA device the networks are small enough to share it, and the same three lines tell what that gives.
"""

import argparse
import tempfile
import time
from pathlib import Path

import torch

from pietools.study_file import StudyFile, read_study_file
from pietools.training.executors.local import default_processes
from pietools.training.train_study import plan_units, train_study
from pietools.training.unit_training import train_unit

STUDY = """\
[study]
file = "s.duckdb"
replicates = 8
[data]
name = "fashion-mnist"
root = "{root}"
[training]
steps = 500
[[regime]]
name = "supervised"
"""


ROOT = "/usr/share/datasets/fashion-mnist"


def main() -> None:
    """Print seconds and ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=ROOT)
    root = Path(parser.parse_args().root).resolve()
    with tempfile.TemporaryDirectory() as folder:
        one = seconds_of(Path(folder) / "one", root, n_processes=1)
        many = seconds_of(Path(folder) / "many", root, n_processes=None)
        script = _seconds_of_a_script(Path(folder) / "script", root)
        settings = read_study_file(Path(folder) / "one" / "STUDY.toml").tables.training
        assert settings is not None
        print(f"one after another, one thread: {one:.1f} s")
        print(
            f"{default_processes(settings.device)} at once, one thread each: {many:.1f} s, {one / many:.2f} × as fast"
        )
        print(f"one after another, {torch.get_num_threads()} threads: {script:.1f} s, {one / script:.2f} × as fast")


def seconds_of(folder: Path, root: Path, n_processes: int | None) -> float:
    """Seconds of a whole training in a folder that is not there yet, in so many processes, by default one per core."""
    study_file = _study(folder, root)
    started = time.perf_counter()
    report = train_study(study_file, n_processes)
    assert not report.failures
    return time.perf_counter() - started


def _seconds_of_a_script(folder: Path, root: Path) -> float:
    units = plan_units(_study(folder, root))
    started = time.perf_counter()
    for unit in units:
        train_unit(unit, on_step=lambda n: None)
    return time.perf_counter() - started


def _study(folder: Path, root: Path) -> StudyFile:
    folder.mkdir()
    path = folder / "STUDY.toml"
    path.write_text(STUDY.format(root=root))
    return read_study_file(path)


if __name__ == "__main__":
    main()
