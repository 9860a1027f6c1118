"""Shards: what they keep, what is refused, and that merging them again changes nothing."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result

from pietools import bounds
from pietools.errors import PietoolsError, ShardError, StudyError
from pietools.seal import sealed
from pietools.shards import files
from pietools.shards.datasets import DatasetShard, Described, read_dataset, write_datasets
from pietools.shards.files import encode, read_rows
from pietools.shards.merging import merge_shards
from pietools.shards.networks import NetworkFacts, encode_network, read_network
from pietools.shards.places import Place, is_shard, place_of
from pietools.statistics.tools.scalars import count_near_ties, scalars_from_logits
from pietools.study import (
    Dataset,
    EpochPredictions,
    Evaluation,
    Layer,
    LayerPredictions,
    Model,
    Population,
    Recording,
    Study,
)
from pietools.study.evaluation_rows import EvaluationRows, rows_digest
from pietools.whole_files import hidden, write_whole
from tests.test_study_safety import names

N, CLASSES = 40, ["a", "b", "c"]
POPULATIONS = (Population("dense", "dense"), Population("pruned", "compressed", sparsity=0.5, reference="dense"))


@pytest.fixture(params=["folder", "memory", "austere"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A folder, an address that fsspec knows, and one whose files do no more than those of SFTP."""
    if request.param == "folder":
        yield str(tmp_path / "shards")
        return
    fsspec = pytest.importorskip("fsspec")
    if request.param == "austere":
        fsspec.register_implementation("austere", austere_files(), clobber=True)
    yield f"{request.param}://{tmp_path.name}/shards"
    fsspec.filesystem("memory").store.clear()


def austere_files() -> type:
    """A file system of fsspec that takes no options, and whose files do not say where they are when they are told where to go."""
    from fsspec.implementations.memory import MemoryFileSystem

    class AustereFile(BytesIO):
        def seek(self, *arguments: int) -> None:  # type: ignore[override]
            super().seek(*arguments)

    class AustereFiles(MemoryFileSystem):  # type: ignore[misc]
        protocol = "austere"

        def __init__(self) -> None:
            super().__init__()

        def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
            file = super()._open(path, mode, **options)
            return AustereFile(file.getvalue()) if mode == "rb" else file

    return AustereFiles


def dataset() -> Dataset:
    """The data set that all networks are run on."""
    labels = np.random.default_rng(0).integers(0, 3, N)
    labels[3] = -1
    return Dataset("d/test", [f"../{i}\n" for i in range(N)], labels, CLASSES, "test", "sha256:inputs")


def network(population: str, k: int, *, dtype: str = "float32", recorded: bool = True) -> tuple[NetworkFacts, bytes]:
    """A shard of a network whose predictions follow from its name."""
    rng = np.random.default_rng([k, len(population)])
    logits = rng.normal(size=(N, 3)).astype(np.float32)
    recording = Recording(
        features=rng.normal(size=(N, 5)).astype(np.float32),
        layers=LayerPredictions(["conv", "softmax"], rng.integers(0, 3, (2, N))),
        epochs=EpochPredictions(rng.integers(0, 3, (4, N)), rng.random((4, N)).astype(np.float32)),
    )
    rows = EvaluationRows.of(scalars_from_logits(logits, dataset().labels), logits, dtype)
    digest = f"sha256:{population}{k}"
    facts = NetworkFacts(
        position=([p.name for p in POPULATIONS].index(population) * 10 + k, 0),
        model=Model(population, str(k), k, digest, None, 0.5, 100, (Layer("conv", 9, 0.5, 32, True),)),
        evaluation=Evaluation("d/test", "logits", f"e{digest}", count_near_ties(logits), versions={"torch": "2"}),
        content_digest="sha256:inputs",
        logits=rows.logits_dtype,
        recorded=("epoch_predictions", "features", "layer_predictions") if recorded else (),
        layers=("conv", "softmax") if recorded else (),
    )
    return facts, encode_network(
        facts, rows, recording if recorded else Recording(), dtype if dtype != "none" else "float32"
    )


def write(place: Place, *networks: tuple[NetworkFacts, bytes]) -> None:
    """Write a data set and networks."""
    pictures = [b"\x89PNG\r\n\x1a\n" + bytes([i]) for i in range(N)]
    properties = {
        ("c-score", "paper"): pl.Series([None, *np.linspace(0, 1, N - 1)]),
        ("sex", "people"): pl.Series(["f", None] * (N // 2)),
    }
    described = Described(POPULATIONS, {"study": {"seed": 0}})
    shard = DatasetShard(0, dataset(), properties, pictures, described)
    place.write(shard.name, shard.encode())
    for facts, content in networks:
        place.write(facts.name, content)


def tables(path: Path) -> dict[str, pa.Table]:
    """All that a study holds."""
    with Study.open(path, read_only=True) as study:
        tables = study.sql("select table_name from duckdb_tables() where schema_name = 'main' order by 1")["table_name"]
        return {table: study.table(table) for table in tables if table != "study"}


NETWORKS = [network(population, k) for k in range(2) for population in ("dense", "pruned")]


@pytest.mark.parametrize("dtype", ["float32", "float16", "none"])
def test_a_study_of_shards_holds_what_was_collected(address: str, tmp_path: Path, dtype: str) -> None:
    """Predictions, logits, recordings, layers, properties, pictures, populations and recipe; and again nothing is added."""
    place, path = place_of(address), tmp_path / "s.duckdb"
    assert place.names() == []
    write(place, *(network(p, k, dtype=dtype) for k in range(2) for p in ("dense", "pruned")))
    rows = merge_shards([address], path)
    assert [(row["population"], row["replicate"], row["is_new"]) for row in rows] == [
        ("dense", "0", True),
        ("dense", "1", True),
        ("pruned", "0", True),
        ("pruned", "1", True),
    ]
    assert rows[0]["recorded"] == ["epoch_predictions", "features", "layer_predictions"]
    with Study.open(path) as study:
        assert study.changed_evaluations() == []
        assert study.recipe() == {"study": {"seed": 0}}
        assert study.layer_predictions("dense").names == ["conv", "softmax"]
        assert study.epoch_predictions("dense").labels.shape == (2, 4, N)
        assert study.features("dense").shape == (2, N, 5)
        assert study.keys().to_list() == list(dataset().keys)
        assert study.labels().tolist() == dataset().labels.tolist()
        assert len(study.thumbnails()) == N
        assert study.property_series("d/test", "sex", "people").to_list() == ["f", None] * (N // 2)
        if dtype == "float32":
            logits = next(study.each_logits("pruned"))
            expected = np.random.default_rng([0, len("pruned")]).normal(size=(N, 3)).astype(np.float32)
            assert (logits == expected).all()
    before = tables(path)
    assert not any(row["is_new"] or row["recorded"] for row in merge_shards([address, address], path))
    assert tables(path) == before


def test_the_order_in_which_shards_come_changes_nothing(tmp_path: Path) -> None:
    """Of one folder after another the tables hold the same as of all at once."""
    one, two, both = (place_of(str(tmp_path / name)) for name in ("one", "two", "both"))
    write(one, *NETWORKS[:2])
    write(two, *NETWORKS[2:])
    write(both, *NETWORKS)
    merge_shards([two.address, one.address], tmp_path / "a.duckdb")
    merge_shards([both.address], tmp_path / "b.duckdb")
    assert tables(tmp_path / "a.duckdb") == tables(tmp_path / "b.duckdb")


def test_a_single_shard_goes_where_its_data_set_is(tmp_path: Path) -> None:
    """Into a study that knows data set and population; elsewhere the line says what to give."""
    place = place_of(str(tmp_path / "shards"))
    write(place, *NETWORKS)
    first, last = (str(tmp_path / "shards" / facts.name) for facts, _ in (NETWORKS[0], NETWORKS[-1]))
    with pytest.raises(ShardError, match="give merge the whole folder"):
        merge_shards([first], tmp_path / "s.duckdb")
    assert not (tmp_path / "s.duckdb").exists()
    data = next(str(path) for path in (tmp_path / "shards").glob("dataset-*"))
    assert len(merge_shards([data, last], tmp_path / "s.duckdb")) == 1
    assert len(merge_shards([first], tmp_path / "s.duckdb")) == 1


CONTRADICTIONS: dict[str, tuple[Callable[[NetworkFacts], NetworkFacts], str]] = {
    "another network": (
        lambda facts: replace(facts, model=replace(facts.model, model_digest="sha256:other")),
        "is stored with model_digest sha256:dense0, found sha256:other",
    ),
    "another seed": (
        lambda facts: replace(facts, model=replace(facts.model, seed=7)),
        "is stored with seed 0, found 7",
    ),
    "another evaluation": (
        lambda facts: replace(facts, evaluation=replace(facts.evaluation, evaluation_digest="sha256:x")),
        "is stored on 'd/test' with other predictions",
    ),
    "other inputs": (
        lambda facts: replace(facts, content_digest="sha256:x"),
        "is of other inputs than those of 'd/test'",
    ),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_what_contradicts_the_study_is_refused(tmp_path: Path, what: str) -> None:
    """And nothing of the shard is stored."""
    change, expected = CONTRADICTIONS[what]
    place, path = place_of(str(tmp_path / "shards")), tmp_path / "s.duckdb"
    write(place, NETWORKS[0])
    merge_shards([place.address], path)
    before = tables(path)
    facts, content = NETWORKS[0]
    _, rows, recording, dtype = read_network("shard", pa.BufferReader(content))
    write(place, (facts, encode_network(change(facts), rows, recording, dtype)), NETWORKS[1])
    with pytest.raises(StudyError, match=expected):
        merge_shards([place.address], path)
    assert tables(path) == before


@pytest.mark.parametrize(("n_turned", "n_near_ties", "is_refused"), [(1, 1, False), (2, 0, True), (0, 0, False)])
def test_another_machine_may_turn_near_ties_over_and_no_more(
    tmp_path: Path, n_turned: int, n_near_ties: int, is_refused: bool
) -> None:
    """The same network on the same data with other last digits is the same evaluation; with other answers it is none."""
    place, path = place_of(str(tmp_path / "shards")), tmp_path / "s.duckdb"
    write(place, NETWORKS[0])
    merge_shards([place.address], path)
    before = tables(path)
    facts, content = NETWORKS[0]
    _, rows, recording, dtype = read_network("shard", pa.BufferReader(content))
    labels = rows.columns["predicted_label"].to_numpy().copy()
    labels[:n_turned] = (labels[:n_turned] + 1) % 3
    loss = pa.array(np.asarray(rows.columns["loss"]) * np.float32(1 + 1e-6), pa.float32(), mask=dataset().labels < 0)
    columns = rows.columns.set_column(0, "predicted_label", pa.array(labels))
    columns = columns.set_column(columns.column_names.index("loss"), "loss", loss)
    facts = replace(facts, evaluation=replace(facts.evaluation, n_near_ties=n_near_ties))
    write(place, (facts, encode_network(facts, EvaluationRows(columns), recording, dtype)))
    if is_refused:
        with pytest.raises(StudyError, match="with other predictions of 2 examples, where at most 0 are near ties"):
            merge_shards([place.address], path)
    else:
        assert not any(row["is_new"] for row in merge_shards([place.address], path))
    assert tables(path) == before


def test_properties_of_another_machine_may_differ_in_the_last_digit(tmp_path: Path) -> None:
    """Computed numbers do; others are refused."""
    path = tmp_path / "s.duckdb"
    for factor, is_refused in ((1, False), (1 + 1e-9, False), (1.1, True)):
        properties = {("atypicality", "pixels"): pl.Series(np.arange(N) * factor)}
        shard = DatasetShard(0, dataset(), properties, [], Described(POPULATIONS, {}))
        place = place_of(str(tmp_path / f"shards-{factor}"))
        place.write(shard.name, shard.encode())
        if is_refused:
            with pytest.raises(StudyError, match="contradicts what is stored"):
                merge_shards([place.address], path)
        else:
            merge_shards([place.address], path)


def forged(content: bytes, change: Callable[[dict[str, Any], pa.Table], pa.Table | None]) -> bytes:
    """A shard with other facts or rows, and checksums that are right."""
    facts, rows = read_rows("shard", pa.BufferReader(content))
    changed = change(facts, rows)
    kept = {name: value for name, value in facts.items() if name not in (files.SEAL, files.ROWS)}
    return encode(kept, rows if changed is None else changed)


def column(name: str, values: list[Any], type_: pa.DataType) -> Callable[[dict[str, Any], pa.Table], pa.Table]:
    """Another column in place of one of this name."""
    return lambda facts, rows: (rows.drop_columns([name]) if name in rows.column_names else rows).append_column(
        name, pa.array(values, type_)
    )


def said(*path: str | int, value: Any) -> Callable[[dict[str, Any], pa.Table], None]:
    """Another fact."""

    def change(facts: Any, rows: pa.Table) -> None:
        for key in path[:-1]:
            facts = facts[key]
        facts[path[-1]] = value

    return change


NAN = float("nan")
FORGED_NETWORKS: dict[str, tuple[Callable[[dict[str, Any], pa.Table], Any], str]] = {
    "a sparsity that is no number": (said("model", "realised_sparsity", value=NAN), "NaN is no finite number"),
    "a sparsity beyond 1": (said("model", "realised_sparsity", value=7.0), r"has sparsity 7\.0\. Allowed: 0 to 1"),
    "a layer's sparsity": (said("model", "layers", 0, "sparsity", value=NAN), "NaN is no finite number"),
    "a huge seed": (said("model", "seed", value=10**30), "is too large a number"),
    "a list for a name": (
        said("evaluation", "dataset", value=["a"]),
        r"evaluation\.dataset: Input should be a valid string",
    ),
    "a number for a name": (said("model", "replicate", value=5), r"model\.replicate: Input should be a valid string"),
    "a text for a count": (
        said("evaluation", "n_near_ties", value="3"),
        "n_near_ties: Input should be a valid integer",
    ),
    "a negative count": (said("evaluation", "n_near_ties", value=-3), "has a count of -3"),
    "another evidence": (said("evaluation", "evidence", value="hearsay"), "there is no evidence 'hearsay'"),
    "labels between classes": (
        column("predicted_label", [1.5] * N, pa.float64()),
        "predicted_label is double, not int32",
    ),
    "missing labels": (column("predicted_label", [None] * N, pa.int32()), "predicted_label lacks values"),
    "texts for numbers": (column("loss", ["x"] * N, pa.string()), "loss is string, not float"),
    "logits that are no numbers": (
        column("logits", [[NAN] * 3] * N, pa.list_(pa.float32())),
        "logits that are no numbers",
    ),
    "logits of other classes": (
        column("logits", [[1.0]] * N, pa.list_(pa.float32())),
        "found logits that are not 3 each",
    ),
    "logits of several lengths": (
        column("logits", [[1.0, 2, 3]] * (N - 1) + [[1.0]], pa.list_(pa.float32())),
        "vectors that are empty, or of several lengths",
    ),
    "features without numbers": (column("features", [[]] * N, pa.list_(pa.float32())), "vectors that are empty"),
    "no features": (column("features", [None] * N, pa.list_(pa.float32())), "features lacks values"),
    "epochs of classes that are not there": (
        column("epoch_labels", [[99] * 4] * N, pa.list_(pa.int32())),
        "epochs predict classes from 99 to 99; 'd/test' has 3",
    ),
    "no rows": (lambda facts, rows: rows.slice(0, 0), "it has no rows"),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of one network."""
    folder = tmp_path_factory.mktemp("good")
    place = place_of(str(folder / "shards"))
    write(place, NETWORKS[1])
    merge_shards([place.address], folder / "s.duckdb")
    return folder / "s.duckdb"


@pytest.mark.parametrize("what", FORGED_NETWORKS)
def test_a_forged_network_is_refused(good: Path, tmp_path: Path, what: str) -> None:
    """Whatever is of another type or cannot be: in one line, and the study stays as it was."""
    change, expected = FORGED_NETWORKS[what]
    before = good.read_bytes()
    facts, content = NETWORKS[0]
    place_of(str(tmp_path)).write(facts.name, forged(content, change))
    with pytest.raises(PietoolsError, match=expected):
        merge_shards([tmp_path / facts.name], good)
    assert good.read_bytes() == before


FORGED_DATASETS: dict[str, tuple[Callable[[dict[str, Any], pa.Table], Any], str]] = {
    "numbers for names of classes": (
        said("dataset", "class_names", value=[1, 2, 3]),
        r"class_names\.0: Input should be",
    ),
    "a text for a list": (said("dataset", "class_names", value="abc"), "class_names: Input should be a valid array"),
    "a text for a recipe": (said("populations", 0, "recipe", value="abc"), r"populations\.0\.recipe: Input should be"),
    "a recipe with no number": (said("recipe", value={"a": NAN}), "NaN is no finite number"),
    "a text for a severity": (said("dataset", "severity", value="a"), "severity: Input should be a valid integer"),
    "a property without its column": (said("properties", value=[["a", "b"]] * 3), "it has no column property_2"),
    "missing keys": (column("key", [None] * N, pa.string()), "key lacks values"),
    "bytes for keys": (column("key", [b"a"] * N, pa.binary()), "key is binary, not string"),
    "missing labels": (column("label", [None] * N, pa.int32()), "label lacks values"),
    "missing pictures": (column("png", [None] * N, pa.binary()), "png lacks values"),
    "pictures that are none": (column("png", [b"<script>"] * N, pa.binary()), "is no PNG"),
}


@pytest.mark.parametrize("what", FORGED_DATASETS)
def test_a_forged_data_set_is_refused(tmp_path: Path, what: str) -> None:
    """In one line, and no study is made."""
    change, expected = FORGED_DATASETS[what]
    place = place_of(str(tmp_path / "shards"))
    write(place)
    (name,) = place.names()
    place.write(name, forged((tmp_path / "shards" / name).read_bytes(), change))
    with pytest.raises(PietoolsError, match=expected):
        merge_shards([place.address], tmp_path / "s.duckdb")
    assert not (tmp_path / "s.duckdb").exists()


def test_a_shard_under_the_name_of_another_is_refused(tmp_path: Path) -> None:
    """It would count, and the other would be missing without a word."""
    place = place_of(str(tmp_path / "shards"))
    write(place, *NETWORKS)
    place.write(NETWORKS[0][0].name, NETWORKS[1][1])
    with pytest.raises(ShardError, match=f"it holds what belongs into {NETWORKS[1][0].name}, so it was renamed"):
        merge_shards([place.address], tmp_path / "s.duckdb")


def test_a_network_alone_is_not_put_beside_other_labels(tmp_path: Path) -> None:
    """The study does not know its inputs: without the data set's shard nobody could compare the labels."""
    place, path = place_of(str(tmp_path / "shards")), tmp_path / "s.duckdb"
    write(place, NETWORKS[0])
    with Study.create(path) as study:
        study.add_dataset(replace(dataset(), labels=(dataset().labels + 1) % 3, content_digest=None))
        study.add_population(POPULATIONS[0])
    with pytest.raises(StudyError, match="give merge the whole folder"):
        merge_shards([tmp_path / "shards" / NETWORKS[0][0].name], path)
    with pytest.raises(StudyError, match="the labels or keys contradict the stored ones"):
        merge_shards([place.address], path)


def test_regimes_of_other_seeds_are_no_pairs(tmp_path: Path) -> None:
    """Replicates of one name would be compared as pairs; the same population with other steps says which."""
    path = tmp_path / "s.duckdb"
    for name, seed, steps, expected in (
        ("a", 0, 30, None),
        ("b", 0, 30, None),
        (
            "c",
            7,
            30,
            r"'c' was trained with \[study\] seed 7, and '[ab]' in the study with 0: their replicates are no pairs",
        ),
        ("a", 0, 31, "population 'a' was trained with another recipe: training.steps was 30 and is now 31"),
    ):
        recipe = {"seed": seed, "training": {"steps": steps}}
        shard = DatasetShard(0, dataset(), {}, [], Described((Population(name, "dense", recipe=recipe),), {}))
        place = place_of(str(tmp_path / f"{name}{steps}"))
        place.write(shard.name, shard.encode())
        if expected is None:
            merge_shards([place.address], path)
        else:
            with pytest.raises(StudyError, match=expected):
                merge_shards([place.address], path)


def outcome(read: Callable[[str, Any], Any], content: bytes, expected: str) -> str:
    """What reading a shard comes to."""
    try:
        return "as it was" if repr(read("s", pa.BufferReader(content))) == expected else "other numbers"
    except PietoolsError as error:
        return "refused" if len(str(error)) < 600 else "a long line"


def test_no_bit_of_a_shard_changes_a_number(tmp_path: Path) -> None:
    """Wherever one flips, the shard is refused, or read as it was."""
    rng = np.random.default_rng(0)
    contents = [NETWORKS[0][1]]
    write(place_of(str(tmp_path)))
    contents += [path.read_bytes() for path in tmp_path.glob("dataset-*")]
    outcomes = []
    for content, read in zip(contents, (read_network, read_dataset), strict=True):
        expected = repr(read("s", pa.BufferReader(content)))
        for bit in rng.choice(8 * len(content), 150, replace=False):
            damaged = bytearray(content)
            damaged[bit // 8] ^= 1 << bit % 8
            outcomes.append(outcome(read, bytes(damaged), expected))
    assert set(outcomes) == {"refused", "as it was"}
    assert outcomes.count("refused") > 150


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" * 10, b"\0" * 1000], ids=len)
def test_what_is_no_shard_is_named(run: Callable[..., Result], tmp_path: Path, content: bytes) -> None:
    """With what to do; the networks before it are in the study."""
    place = place_of(str(tmp_path / "shards"))
    write(place, NETWORKS[0])
    broken = tmp_path / "shards" / "network-z.parquet"
    broken.write_bytes(content)
    done = run("merge", tmp_path / "shards", "--db", tmp_path / "s.duckdb")
    assert done.exit_code == 1
    assert f"{broken} is damaged or no shard" in done.output
    assert "If 'pietools collect' wrote it, delete it, and give the same command again." in done.output
    broken.unlink()
    done = run("merge", tmp_path / "shards", "--db", tmp_path / "s.duckdb")
    assert "dense on d/test: 1 networks (1 new, added" in done.output


def test_other_parquet_files_and_other_versions_are_named(tmp_path: Path) -> None:
    """Neither is guessed at."""
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    with pytest.raises(ShardError, match="it says nothing of pietools"):
        merge_shards([tmp_path / "a.parquet"], tmp_path / "s.duckdb")
    facts = sealed({"schema": "pietools/shard/9"}, files.SEAL)
    pq.write_table(
        pa.table({"a": [1]}).replace_schema_metadata({files.FACTS: json.dumps(facts)}), tmp_path / "a.parquet"
    )
    with pytest.raises(ShardError, match=r"has schema pietools/shard/9, this pietools reads pietools/shard/1: use"):
        merge_shards([tmp_path / "a.parquet"], tmp_path / "s.duckdb")
    with pytest.raises(ShardError, match="holds no shards: they are made by"):
        merge_shards([tmp_path / "nothing"], tmp_path / "s.duckdb")
    assert not (tmp_path / "s.duckdb").exists()


def test_a_shard_that_claims_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its rows are read."""
    monkeypatch.setattr(bounds, "GROWS_FREELY", 1000)
    rows = pa.table({"predicted_label": pa.array(np.zeros(100_000, np.int32))})
    facts, _ = NETWORKS[0]
    content = encode_network(facts, EvaluationRows(rows), Recording(), "float32")
    with pytest.raises(ShardError, match=r"would become more than .* in memory"):
        read_network("a", BytesIO(content))


def test_names_stay_in_the_folder() -> None:
    """Whatever populations and data sets are called; and different ones have different files."""
    facts, _ = NETWORKS[0]
    found = set()
    for name in ("../../x", "/etc/passwd", "a/b", "a_b", "x" * 5000, "ü\n\0", ".", ""):
        for replicate in (None, "0"):
            model = replace(facts.model, population=name, replicate=replicate)
            file = replace(facts, model=model).name
            assert "/" not in file
            assert not file.startswith(".")
            assert len(file.encode()) < 200
            found.add(file)
    assert len(found) == 16


def test_files_that_are_written_at_once_do_not_meet(tmp_path: Path) -> None:
    """Hidden names are each another, also of processes with one number on two machines, and of names that begin alike."""
    paths = [tmp_path / f"network-{'ü' * 80}-{i}.parquet" for i in range(3)]
    made = {hidden(path).name for path in paths for _ in range(20)}
    assert len(made) == 60
    for name in made:
        assert (name[0], name[-4:]) == (".", ".new")
        assert not is_shard(name)
        assert len(name.encode()) <= 255
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda i: write_whole(tmp_path / f"{'x' * 60}{i % 4}", b"%d" % (i % 4) * 10_000), range(400)))
    assert {path.name[60:]: path.read_bytes() for path in tmp_path.iterdir()} == {
        str(i): b"%d" % i * 10_000 for i in range(4)
    }


def test_nobody_sees_half_a_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails leaves the one of before, and nothing else."""
    place = place_of(str(tmp_path / "shards"))
    facts, content = NETWORKS[0]
    write(place, NETWORKS[0])
    before = names(tmp_path / "shards")

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pietools.whole_files.os.fsync", fail)
    with pytest.raises(ShardError, match="No space left on device"):
        place.write(facts.name, b"half")
    assert names(tmp_path / "shards") == before
    assert (tmp_path / "shards" / facts.name).read_bytes() == content


def test_addresses_that_nobody_knows(tmp_path: Path) -> None:
    """One line each."""
    pytest.importorskip("fsspec")
    for address in ("nothing://x/y", "s3://bucket/x"):
        with pytest.raises(ShardError, match=r"cannot be read or written|needs"):
            merge_shards([address], tmp_path / "s.duckdb")


def test_rows_hash_to_the_same_in_whatever_way_they_are_held() -> None:
    """Chunks, slices, large types and the way through Parquet or polars change nothing; a value, its place or a null does."""
    rng = np.random.default_rng(0)
    lists = [rng.random(3).astype(np.float32).tolist() for _ in range(20)]
    table = pa.table(
        {
            "i": pa.array(rng.integers(0, 9, 20), pa.int32(), mask=rng.random(20) < 0.3),
            "f": pa.array(rng.random(20), pa.float32(), mask=rng.random(20) < 0.3),
            "l": pa.array(lists, pa.list_(pa.float32())),
            "b": pa.array([bytes([i] * (i % 4)) for i in range(20)], pa.binary()),
        }
    )
    digest = rows_digest(table)
    twice = pa.concat_tables([table.slice(0, 7), table.slice(7)])
    sliced = pa.concat_tables([table, table]).combine_chunks().slice(20)
    for same in (twice, sliced, pl.DataFrame(table).to_arrow(), table.select(["b", "l", "f", "i"])):
        assert rows_digest(same) == digest
    assert rows_digest(table.append_column("none", pa.nulls(20, pa.float32()))) == digest
    for other in (table.slice(1), table.take([1, 0, *range(2, 20)]), table.select(["i", "f", "l"])):
        assert rows_digest(other) != digest


def test_what_a_study_says_of_data_sets_is_written_and_read(toy: Study, tmp_path: Path) -> None:
    """Also of an altered copy, whose source comes first."""
    toy.add_property("toy/test", "score", np.arange(6.0))
    source = toy.dataset("toy/test")
    assert source is not None
    toy.add_dataset(
        replace(source, name="toy/noisy", source="toy/test", alteration="gaussian-noise", severity=2, seed=1)
    )
    place = place_of(str(tmp_path / "shards"))
    write_datasets(toy, place, Described((), {}))
    merge_shards([place.address], tmp_path / "s.duckdb")
    with Study.open(tmp_path / "s.duckdb") as study:
        columns = ["name", "source", "alteration", "severity", "seed", "is_primary", "class_names"]
        assert study.datasets().select(columns).equals(toy.datasets().select(columns))
        assert study.properties().equals(toy.properties())
