"""Studies small enough to count by hand, simulated ones, and the real inputs that may be absent."""

import re
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import compress, crc32

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

import pietools
from pietools.statistics.tools.scalars import scalars_from_labels
from pietools.study import Study
from pietools.study.database import RESULTS, Database, sql_digest, sql_text
from pietools.study.records import Dataset, Evaluation, Model, Population

# A shared machine may stall for any while; a slow example is no failure.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

SHARED = Path(__file__).parents[2] / "shared" / "data"
MOBILENET = SHARED / "mlperf" / "mobilenet_v1_dense_vs_int8_imagenet_val.npz"

# Six examples, three classes, three networks a population. Votes by hand:
#   example  label  dense    modal  tied   pruned   modal  tied   pie
#   0        0      0 0 0    0      no     0 0 0    0      no     –
#   1        0      0 0 1    0      no     1 1 0    1      no     forgotten
#   2        1      2 2 2    2      no     1 1 2    1      no     recovered
#   3        2      0 0 1    0      no     1 1 1    1      no     moved
#   4        1      0 1 2    0      yes    1 1 1    1      no     recovered, tied
#   5        –      0 0 0    0      no     2 2 2    2      no     without a direction
LABELS = np.array([0, 0, 1, 2, 1, -1])
DENSE = np.array([[0, 0, 2, 0, 0, 0], [0, 0, 2, 0, 1, 0], [0, 1, 2, 1, 2, 0]])
PRUNED = np.array([[0, 1, 1, 1, 1, 2], [0, 1, 1, 1, 1, 2], [0, 0, 2, 1, 1, 2]])


@pytest.fixture
def soon() -> Iterator[None]:
    """A test that waits for something for twenty seconds has failed."""
    before = signal.signal(signal.SIGALRM, lambda number, frame: pytest.fail("it waits"))
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def add_labels(study: Study, population: str, dataset: str, labels: np.ndarray, names: Sequence[str | None]) -> None:
    """Add one network per row of predicted labels."""
    for k, row in enumerate(labels):
        digest = f"{population}/{k}/{sha256(row.tobytes()).hexdigest()}"
        model = Model(population, names[k])
        study.add_evaluation(model, Evaluation(dataset, "labels", digest), scalars_from_labels(row))


def make_study(path: Path, labels: np.ndarray, populations: dict[str, np.ndarray], *, named: bool = True) -> Study:
    """A study of populations of predicted labels; the first is the reference of the others."""
    study = Study.create(path)
    n_classes = int(max(labels.max(), *(array.max() for array in populations.values()))) + 1
    study.add_dataset(
        Dataset("toy/test", [f"e{i}" for i in range(len(labels))], labels, [f"class {c}" for c in range(n_classes)])
    )
    reference = next(iter(populations))
    for name, predicted in populations.items():
        is_reference = name == reference
        study.add_population(
            Population(name, "dense" if is_reference else "compressed", reference=None if is_reference else reference)
        )
        add_labels(study, name, "toy/test", predicted, [str(k) if named else None for k in range(len(predicted))])
    return study


def simulate(
    seed: int, n_networks: int = 6, n: int = 400, n_classes: int = 5, damage: float = 0.3
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Labels and predicted labels of a dense and a damaged population of networks that share the examples' difficulty."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, n_classes, n)
    mean = rng.normal(size=(n, n_classes))
    mean[np.arange(n), labels] += 2
    dense, pruned = (
        (mean * (1 - drop) + rng.normal(size=(n_networks, n, n_classes))).argmax(axis=2) for drop in (0, damage)
    )
    return labels, {"dense": dense, "pruned": pruned}


@pytest.fixture(scope="session", autouse=True)
def uncommented_results() -> Iterator[None]:
    """Result tables without the comments of their five hundred columns, which take longer than all else of a new study."""
    uncommented = re.sub(r"(?m)^comment on .*\n", "", sql_text(RESULTS))

    def make_results(database: Database) -> None:
        database.execute(uncommented)
        database.set_fact("results_digest", sql_digest(RESULTS))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "_make_results", make_results)
        yield


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Study]:
    """The study that is counted by hand above."""
    with make_study(tmp_path / "toy.duckdb", LABELS, {"dense": DENSE, "pruned": PRUNED}) as study:
        yield study


@pytest.fixture
def run() -> Callable[..., Result]:
    """Runs the command line in this process; a traceback is a failure."""
    from pietools.cli import main

    def invoke(*arguments: object) -> Result:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def mobilenet() -> Path:
    """Real predictions of 16 dense and 16 int8 networks, which are not part of this repository."""
    if not MOBILENET.exists():
        pytest.skip("the MLPerf predictions are not here")
    return MOBILENET


@pytest.fixture(scope="session")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An analyzed study of two regimes with a small picture of each example: to be read, or copied."""
    from tests.regime_study import TEST, N, make_regimes

    path = tmp_path_factory.mktemp("answered") / "study.duckdb"
    with make_regimes(path) as study:
        study.add_thumbnails(TEST, [gray_png(n % 256) for n in range(N)])
        pietools.analyze(study, permutations=50)
    return path


def gray_png(level: int) -> bytes:
    """A picture of 4 × 4 pixels of one gray."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + crc32(kind + data).to_bytes(4, "big")

    header = (4).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    rows = bytes([0, *[level] * 4]) * 4
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", compress(rows)) + chunk(b"IEND", b"")


CHROMIUM = shutil.which("chromium")


@pytest.fixture
def browser() -> Iterator[Any]:
    """A headless Chromium of this machine, driven by playwright."""
    if CHROMIUM is None:
        pytest.skip("no Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()
