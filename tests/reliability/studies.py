"""Small inputs, made once per process: predictions in files, a study, its export, trained networks; and what a study holds."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import pietools
from pietools.exchange.study_folder import TABLES, export_folder
from pietools.study import Study
from tests.regime_study import make_regimes
from tests.reliability.processes import ROOT, finished
from tests.reliability.rows import SkippedError

POPULATIONS = ("dense", "pruned")
N_NETWORKS, N, N_CLASSES = 4, 3000, 10
# When something was done differs from run to run.
TIMES = {"annotations": "coded_at"}
DIGITS = """\
[study]
file = "digits.duckdb"
replicates = 2
[data]
name = "digits"
evaluate = ["test"]
[training]
steps = 60
batch_size = 32
record = ["test"]
[[regime]]
name = "supervised"
[[compression]]
method = "magnitude"
sparsity = 0.9
window = [0.2, 0.6]
"""


@cache
def _folder() -> Path:
    """Where inputs are kept while this process lives."""
    folder = tempfile.mkdtemp(prefix="reliability-inputs-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def new_folder() -> Path:
    """An empty folder among the inputs."""
    return Path(tempfile.mkdtemp(dir=_folder()))


@cache
def predictions() -> Path:
    """Folder with dense.npz and pruned.npz: logits, shape (networks, examples, classes), and labels."""
    folder = _folder() / "predictions"
    folder.mkdir()
    random = np.random.default_rng(0)
    labels = random.integers(0, N_CLASSES, N)
    mean = random.normal(size=(N, N_CLASSES))
    mean[np.arange(N), labels] += 3
    for population, kept in zip(POPULATIONS, (1, 0.7), strict=True):
        logits = mean * kept + random.normal(size=(N_NETWORKS, N, N_CLASSES))
        np.savez(folder / f"{population}.npz", logits=logits.astype(np.float32), labels=labels)
    return folder


def importing(population: str, reference: str | None = "dense") -> tuple[str, ...]:
    """Arguments that import a population into s.duckdb, from files in the folder where it runs."""
    said = (
        "--db",
        "s.duckdb",
        "--dataset",
        "d",
        "--population",
        population,
        "--predictions",
        "logits",
        "--labels",
        "labels",
    )
    compared = ("--reference", reference) if reference not in (None, population) else ()
    return ("import", f"{population}.npz", *said, *(str(word) for word in compared))


@cache
def imported_study() -> Path:
    """A study with the population dense."""
    folder = new_folder()
    shutil.copytree(predictions(), folder, dirs_exist_ok=True)
    done = finished(importing("dense"), folder)
    assert done.exit_code == 0, done.error
    return folder / "s.duckdb"


ADD_AND_DIE = """
import os, sys, numpy as np
from pietools.statistics.tools.scalars import scalars_from_logits
from pietools.study import Evaluation, Model, Population, Study
study, arrays = Study.open("s.duckdb"), np.load("pruned.npz")
study.add_population(Population("pruned", "compressed", reference="dense"))
for k, logits in enumerate(arrays["logits"]):
    scalars = scalars_from_logits(logits, arrays["labels"])
    study.add_evaluation(Model("pruned", str(k)), Evaluation("d", "logits", str(k)), scalars, logits, "float32")
os.kill(os.getpid(), 9)
"""


@cache
def study_with_log() -> Path:
    """Folder of a study that holds the population dense, with a log beside it that holds four networks of another."""
    folder = new_folder()
    shutil.copyfile(predictions() / "pruned.npz", folder / "pruned.npz")
    shutil.copyfile(imported_study(), folder / "s.duckdb")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", ADD_AND_DIE], cwd=folder, env=environment, check=False)
    assert (folder / "s.duckdb.wal").stat().st_size
    (folder / "pruned.npz").unlink()
    return folder


@cache
def analyzed_study() -> Path:
    """A study of one regime with some hit examples, analyzed."""
    path = _folder() / "analyzed.duckdb"
    with make_regimes(path, ("supervised",)) as study:
        pietools.analyze(study, permutations=50)
    return path


@cache
def analyzed_before() -> Path:
    """The folder of an earlier ``analyze --out`` with other settings."""
    folder = new_folder()
    shutil.copyfile(analyzed_study(), folder / "s.duckdb")
    done = finished(("analyze", "s.duckdb", "--no-store", "--permutations", "50", "--out", "out"), folder)
    assert done.exit_code == 0, done.error
    return folder / "out"


@cache
def exported_study() -> Path:
    """The export of the analyzed study."""
    with Study.open(analyzed_study(), read_only=True) as study:
        return export_folder(study, _folder() / "exported")


@cache
def trained_networks() -> Path:
    """Folder with a STUDY.toml and the checkpoints of its networks."""
    if not find_spec("torch"):
        raise SkippedError("torch is not installed")
    from pietools.study_file import read_study_file
    from pietools.training.train_study import train_study

    folder = _folder() / "trained"
    folder.mkdir()
    (folder / "STUDY.toml").write_text(DIGITS)
    report = train_study(read_study_file(folder / "STUDY.toml"))
    assert not report.failures, report.failures
    return folder


@cache
def shards() -> Path:
    """Folder of shards that ``pietools collect --shards`` wrote."""
    trained = trained_networks()
    folder = new_folder()
    shutil.copytree(trained, folder, dirs_exist_ok=True)
    done = finished(("collect", "STUDY.toml", "--shards", "shards"), folder)
    if done.exit_code:
        raise SkippedError("there is no pietools collect --shards")
    return folder / "shards"


def without_log(path: Path) -> Path:
    """A copy of a study without its log: it holds whatever was acknowledged."""
    copy = path.with_name("without-log.duckdb")
    shutil.copyfile(path, copy)
    return copy


def bytes_of(folder: Path) -> dict[str, str]:
    """A digest of each file in a folder and those in it, but hidden ones, which a kill may leave."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    named = {str(path.relative_to(folder)): path for path in paths}
    return {
        name: sha256(path.read_bytes()).hexdigest()
        for name, path in named.items()
        if not any(part.startswith(".") for part in Path(name).parts)
    }


def contents(path: Path) -> dict[str, str]:
    """What a study holds, a digest per table; opening checks its rules."""
    with Study.open(path, read_only=True) as study:
        results = study.sql(
            "select 'results.' || table_name from duckdb_tables() where schema_name = 'results' and table_name <> 'runs'"
        ).to_series()
        without = {**dict.fromkeys(results, "run_id"), **TIMES}
        return {table: _digest(study, table, without.get(table)) for table in (*TABLES, *sorted(results))}


def _digest(study: Study, table: str, without: str | None) -> str:
    columns = "*" if without is None else f"* exclude ({without})"
    query = f"""select count(*) || ' ' || md5(coalesce(string_agg(t::text, chr(10) order by t::text), ''))
        from (select {columns} from {table}) as t"""
    return str(study.sql(query).item())


def networks_held(path: Path) -> dict[str, str]:
    """Of each network on each data set of a study a digest of its rows; opening checks the study's rules."""
    with Study.open(path, read_only=True) as study:
        rows = study.sql(
            """select p.name || ' ' || m.replicate || ' ' || dataset_id as network,
                   md5(string_agg(s::text || l::text, chr(10) order by s.example_id)) as digest
               from predictions as s join logits as l using (model_id, dataset_id, example_id)
               join models as m using (model_id) join populations as p using (population_id)
               group by all order by all"""
        )
        return dict(rows.iter_rows())


def networks(path: Path) -> dict[str, int]:
    """How many networks each population of a study has predictions of; none if there is no study."""
    if not path.exists():
        return {}
    with Study.open(path, read_only=True) as study:
        return dict(study.evaluated().select("population", "n_models").iter_rows())
