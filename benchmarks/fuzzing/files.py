"""Whole files of every kind that the import reads, with options that go with them; and fixtures to damage."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from fuzzing.damage import altered, altered_one, damaged
from fuzzing.tables import (
    ANY_FLOAT,
    CLASSES,
    LETTERS,
    Columns,
    Draw,
    arrays,
    as_text,
    chance,
    common_names,
    names_of_columns,
    tables,
)

FIXTURES = Path(__file__).parents[2] / "tests" / "fixtures"
FOLDER = "{folder}"  # in options: where the file is
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Trial:
    """A file, the files beside it, and the options that it is read with, by the names of Source."""

    name: str
    content: bytes
    options: dict[str, Any] = field(default_factory=dict)
    beside: dict[str, bytes] = field(default_factory=dict)


# Options


@st.composite
def options(draw: Draw, names: Sequence[str]) -> dict[str, Any]:
    """Mostly none, so that the usual names are found; else names of the file, patterns of them, and others."""
    if chance(draw, 35):
        return {}
    key = st.sampled_from([*names, "absent"]) | names_of_columns()
    pattern = key.map(lambda name: f"{name[:-1]}*") | st.sampled_from(
        ["*", "**", "pred_*", "prob_*", "logit_*", "p*r*"]
    )
    labels = key | st.sampled_from(
        ["", f"{FOLDER}/labels.csv", f"{FOLDER}/labels.csv:label", f"{FOLDER}/labels.npy", f"{FOLDER}/labels.txt"]
    )
    possible = {
        "predictions": key | pattern,
        "labels": labels,
        "replicates": key | st.sampled_from(["net", "seed", "model"]),
        "examples": key | st.just(f"{FOLDER}/labels.txt"),
        "networks": pattern,
        "top_k": key | pattern,
        "where": st.dictionaries(
            key | st.sampled_from(["filter", "scorer", "epoch"]),
            LETTERS | st.sampled_from(["0", "1", "none", "a"]),
            max_size=2,
        ),
        "repeated": st.sampled_from(["first", "last"]),
        "kind": st.sampled_from(["labels", "logits", "probabilities"]),
        "threshold": st.floats(0, 1) | ANY_FLOAT,
        "known_classes": st.lists(st.sampled_from(CLASSES), unique=True, min_size=1, max_size=5)
        | st.just(["0", "1", "2"]),
    }
    chosen = draw(st.lists(st.sampled_from(list(possible)), unique=True, max_size=4))
    return {name: draw(possible[name]) for name in chosen}


@st.composite
def beside(draw: Draw, said: dict[str, Any]) -> dict[str, bytes]:
    """Files that the options name."""
    found = {}
    for name in sorted({str(said.get(one, "")) for one in ("labels", "examples")}):
        if name.startswith(f"{FOLDER}/labels.csv"):
            found["labels.csv"] = draw(as_csv(draw(tables())))
        elif name == f"{FOLDER}/labels.npy":
            found["labels.npy"] = npy(draw(arrays(40)))
        elif name == f"{FOLDER}/labels.txt":
            found["labels.txt"] = "\n".join(draw(st.lists(st.sampled_from(CLASSES), max_size=5))).encode()
    return found


# Writers


@st.composite
def packed(draw: Draw, name: str, content: bytes) -> tuple[str, bytes]:
    """A file as it is, or compressed, with or without the suffix that says so."""
    form = draw(st.sampled_from(["", "", "", "", "", ".gz", ".zst", "gz", "zst"]))
    if form.endswith("gz"):
        content = gzip.compress(content, 1)
    elif form.endswith("zst"):
        content = pa.compress(content, "zstd", asbytes=True)
    return name + (form if form.startswith(".") else ""), content


@st.composite
def as_csv(draw: Draw, columns: Columns) -> bytes:
    """CSV with any separator, quoting, line end and encoding."""
    file = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    separator = draw(st.sampled_from([",", ",", ",", ";", "\t", "|", " "]))
    writer = csv.writer(
        file, delimiter=separator, quoting=quoting, lineterminator=draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    )
    writer.writerow(columns.names)
    writer.writerows([as_text(cell) for cell in row] for row in columns.rows)
    text = file.getvalue()
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]))
    return text.encode(encoding, errors="replace")


@st.composite
def as_json(draw: Draw, columns: Columns) -> bytes:
    """JSON in a layout of pandas, Weights & Biases or FiftyOne."""
    names, rows, records = columns.names, columns.rows, columns.records
    layouts: dict[str, Any] = {
        "records": records,
        "split": {"columns": names, "data": rows},
        "split with index": {"index": list(range(len(rows))), "columns": names, "data": rows},
        "columns": {name: dict(enumerate(cells)) for name, cells in zip(names, columns.values, strict=True)},
        "index": dict(enumerate(records)),
        "lists": dict(zip(names, columns.values, strict=True)),
        "schema": {"schema": {"fields": []}, "data": records},
        "samples": {"samples": records},
        "labels": {"classes": draw(st.sampled_from([None, [], list(CLASSES)])), "labels": dict(enumerate(records))},
        "one": records[0] if records else {},
    }
    whole = layouts[draw(st.sampled_from(list(layouts)))]
    if chance(draw, 20):
        whole = draw(altered_one(whole))
    return json.dumps(whole, ensure_ascii=chance(draw, 50)).encode(errors="surrogatepass")


@st.composite
def as_lines(draw: Draw, records: Sequence[Any]) -> bytes:
    """JSON lines, the last perhaps without its end."""
    ends = draw(st.sampled_from(["\n", "\n", "\r\n", "\n\n"]))
    ascii_only = chance(draw, 50)
    text = ends.join(json.dumps(record, ensure_ascii=ascii_only) for record in records) + draw(
        st.sampled_from(["", ends])
    )
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig"])), errors="surrogatepass")


TYPES = (
    pa.int8(),
    pa.uint64(),
    pa.int64(),
    pa.float16(),
    pa.float32(),
    pa.float64(),
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.binary(),
    pa.binary(2),
    pa.bool_(),
    pa.null(),
    pa.date32(),
    pa.timestamp("us"),
    pa.duration("s"),
    pa.time64("us"),
    pa.decimal128(30, 3),
    pa.decimal256(60, 3),
    pa.dictionary(pa.int32(), pa.string()),
    pa.dictionary(pa.int8(), pa.int64()),
    pa.list_(pa.float32()),
    pa.large_list(pa.float64()),
    pa.list_(pa.float32(), 3),
    pa.list_(pa.list_(pa.float64())),
    pa.list_(pa.string()),
    pa.list_(pa.int64(), 2),
    pa.struct([("a", pa.int64())]),
    pa.map_(pa.string(), pa.int64()),
)


@st.composite
def as_parquet(draw: Draw, columns: Columns, metadata: dict[str, str] | None = None) -> bytes:
    """Parquet with the types that come of themselves, or other ones."""
    made = [_arrow(values, draw(st.sampled_from(TYPES)) if chance(draw, 20) else None) for values in columns.values]
    table = pa.Table.from_arrays(made, names=columns.names).replace_schema_metadata(metadata)
    compression, size = draw(st.sampled_from(["snappy", "zstd", "none"])), draw(st.sampled_from([1000, 3]))
    try:
        return _written(table, compression, size)
    except pa.ArrowException:  # a type that Parquet has not
        texts = [[None if value is None else as_text(value) for value in values] for values in columns.values]
        return _written(
            pa.Table.from_arrays([_arrow(one, pa.string()) for one in texts], names=columns.names), compression, size
        )


def _written(table: pa.Table, compression: str, size: int) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, compression=compression, row_group_size=size)
    return file.getvalue()


def _arrow(values: Sequence[Any], wanted: pa.DataType | None) -> pa.Array:
    """An array of a wanted type, else of the one that fits, else texts."""
    for kind in (wanted, None) if wanted is not None else (None,):
        try:
            return pa.array(values, kind)
        except (pa.ArrowException, OverflowError, TypeError, ValueError):
            continue
    return pa.array([None if value is None else as_text(value).encode(errors="replace").decode() for value in values])


def npy(array: np.ndarray) -> bytes:
    """An array as an npy file has it."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive, the same whenever it is made."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, method, 1)
    return file.getvalue()


# Whole files by reader


@st.composite
def _csv(draw: Draw) -> Trial:
    columns = draw(tables())
    return draw(
        _finished(draw(st.sampled_from(["t.csv", "t.csv", "t.tsv", "t.txt"])), draw(as_csv(columns)), columns.names)
    )


@st.composite
def _json(draw: Draw) -> Trial:
    columns = draw(tables())
    return draw(_finished("t.json", draw(as_json(columns)), columns.names))


@st.composite
def _jsonl(draw: Draw) -> Trial:
    columns = draw(tables())
    records = draw(altered(columns.records)) if chance(draw, 30) else columns.records
    return draw(
        _finished(draw(st.sampled_from(["t.jsonl", "t.ndjson", "t.json"])), draw(as_lines(records)), columns.names)
    )


@st.composite
def _parquet(draw: Draw) -> Trial:
    columns = draw(tables())
    return draw(_finished("t.parquet", draw(as_parquet(columns)), columns.names))


@st.composite
def _npz(draw: Draw) -> Trial:
    names = draw(
        st.lists(
            st.sampled_from(["pred", "label", "names", "keys", "logits", "pred_0", "pred_1", "prob", "ü", "a/b", ""]),
            unique=True,
            min_size=1,
            max_size=5,
        )
    )
    n = draw(st.sampled_from([None, None, 1, 5, 40, 3]))
    side = {name: arrays(draw(st.sampled_from([n, n, n, None]))) for name in ("label", "names", "keys")}
    members = {f"{name}.npy": npy(draw(side.get(name, arrays()))) for name in names}
    if chance(draw, 15):
        members[draw(st.sampled_from(["x", "x.txt", "pred", "header.json"]))] = draw(st.binary(max_size=20))
    content = zipped(members, draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])))
    return draw(_finished("t.npz", content, names))


@st.composite
def _npy(draw: Draw) -> Trial:
    array = draw(arrays())
    array = np.asfortranarray(array) if chance(draw, 20) else array
    content = npy(array)
    said = draw(options(["x"]))
    kept = {
        name: value
        for name, value in said.items()
        if name in ("kind", "threshold", "known_classes", "labels", "examples")
    }
    if "labels" in kept:
        kept["labels"] = draw(st.sampled_from([f"{FOLDER}/labels.npy", f"{FOLDER}/labels.txt"]))
    name, content = draw(packed("t.npy", content))
    return Trial(name, content, kept if chance(draw, 95) else said, draw(beside(kept)))


@st.composite
def _lm_eval(draw: Draw) -> Trial:
    kept = ("doc_id", "target", "arguments", "resps", "filtered_resps", "filter", "acc", "acc_norm", "exact_match")
    path = draw(st.sampled_from(_fixtures("lm_eval*/**/samples_*.jsonl")))
    records = [json.loads(line) for line in path.read_text().splitlines()]
    trimmed = [{name: value for name, value in record.items() if name in kept} for record in records]
    content = draw(as_lines(draw(altered(trimmed))))
    said = draw(
        st.sampled_from(
            [
                {},
                {},
                {"where": {"filter": "none"}},
                {"where": {"filter": "strict-match"}},
                {"where": {"filter": "flexible-extract"}},
            ]
        )
    )
    return draw(_finished(draw(st.sampled_from([path.name, "t.jsonl"])), content, kept, said))


@st.composite
def _inspect(draw: Draw) -> Trial:
    path = draw(st.sampled_from(_fixtures("inspect/**/*.json")))
    log = json.loads(path.read_text())
    kept = ("id", "epoch", "target", "choices", "scores")
    samples = [{name: value for name, value in sample.items() if name in kept} for sample in log["samples"]]
    samples = draw(altered(samples))
    header = draw(altered_one({"version": 2, "eval": {"task": log["eval"]["task"]}}, 1 if chance(draw, 20) else 0))
    if chance(draw, 50):
        members = {f"samples/{i}_epoch_1.json": json.dumps(sample).encode() for i, sample in enumerate(samples)}
        content = zipped({"header.json": json.dumps(header).encode(), **members})
        return draw(_finished("t.eval", content, kept))
    whole = {**header, "samples": samples} if isinstance(header, dict) else header
    return draw(_finished("t.json", json.dumps(whole).encode(), kept))


@st.composite
def _timm(draw: Draw) -> Trial:
    form = draw(st.sampled_from(["top1", "lists", "columns", "all"]))
    n, k = draw(st.sampled_from([1, 3, 12])), draw(st.integers(1, 5))
    classes = st.integers(0, 9) if chance(draw, 50) else st.sampled_from(CLASSES)
    scored, indexed = draw(st.sampled_from(["prob", "logit", "output"])), draw(st.sampled_from(["index", "label"]))
    scores = [
        sorted(one, reverse=True)
        for one in draw(st.lists(st.lists(st.floats(0, 1), min_size=k, max_size=k), min_size=n, max_size=n))
    ]
    best = [draw(st.lists(classes, min_size=k, max_size=k, unique=chance(draw, 95))) for _ in range(n)]
    values: dict[str, list[Any]] = {draw(st.sampled_from(["filename", "key"])): [f"{i}.png" for i in range(n)]}
    if form == "all":
        values[scored] = scores
    elif form == "columns":
        values |= {f"{indexed}_{i}": [row[i] for row in best] for i in range(k)}
        values |= {f"{scored}_{i}": [row[i] for row in scores] for i in range(k)}
    else:
        values |= (
            {indexed: best, scored: scores}
            if form == "lists"
            else {indexed: [row[0] for row in best], scored: [row[0] for row in scores]}
        )
    columns = Columns(list(values), list(values.values()))
    writers = {
        "t.csv": as_csv(columns),
        "t.parquet": as_parquet(columns),
        "t.jsonl": as_lines(draw(altered(columns.records))),
    }
    name = draw(st.sampled_from(list(writers)))
    return draw(_finished(name, draw(writers[name]), columns.names))


@st.composite
def _fiftyone(draw: Draw) -> Trial:
    path = draw(st.sampled_from(_fixtures("fiftyone/**/samples.json") + _fixtures("fiftyone/**/labels.json")))
    whole = json.loads(path.read_text())
    if "samples" in whole:
        kept = [
            {name: value for name, value in sample.items() if name in ("filepath", "id") or isinstance(value, dict)}
            for sample in whole["samples"]
        ]
        whole = {"samples": draw(altered(kept))}
    whole = draw(altered_one(whole, 3 if chance(draw, 50) else 0))
    trial = draw(_finished("samples.json", json.dumps(whole).encode(), ["ground_truth", "predictions", "label"]))
    metadata = draw(altered_one(json.loads(_fixtures("fiftyone/**/metadata.json")[0].read_text()), 2))
    return Trial(
        trial.name, trial.content, trial.options, {**trial.beside, "metadata.json": json.dumps(metadata).encode()}
    )


@st.composite
def _datasets(draw: Draw) -> Trial:
    columns = draw(tables())
    names = draw(st.lists(st.sampled_from(CLASSES), max_size=5))
    features = {name: {"names": names, "_type": "ClassLabel"} for name in columns.names if chance(draw, 40)}
    described = draw(altered_one({"info": {"features": features}}, 1 if chance(draw, 30) else 0))
    content = draw(as_parquet(columns, {"huggingface": json.dumps(described)}))
    return draw(_finished("t.parquet", content, columns.names))


@st.composite
def _wandb(draw: Draw) -> Trial:
    whole = draw(altered_one(json.loads(draw(st.sampled_from(_fixtures("wandb/**/*.table.json"))).read_text())))
    names = whole.get("columns", []) if isinstance(whole, dict) else []
    return draw(
        _finished(
            "t.table.json", json.dumps(whole).encode(), [str(name) for name in names] if isinstance(names, list) else []
        )
    )


@st.composite
def _predict_proba(draw: Draw) -> Trial:
    names = draw(
        st.lists(st.sampled_from(CLASSES) | LETTERS | st.integers(0, 5).map(str), unique=True, min_size=2, max_size=5)
    )
    n = draw(st.sampled_from([1, 3, 12, 120]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    block = rng.dirichlet(np.ones(len(names)), n).round(draw(st.sampled_from([2, 16])))
    values: dict[str, list[Any]] = dict(zip(names, block.T.tolist(), strict=True))
    for name in draw(st.lists(st.sampled_from(["", "index", "label", "id", "key", "fold"]), unique=True, max_size=2)):
        values = {
            name: draw(st.sampled_from([list(range(n)), [names[i % len(names)] for i in range(n)], [None] * n])),
            **values,
        }
    columns = Columns(list(values), list(values.values()))
    writers = {
        "t.csv": as_csv(columns),
        "t.parquet": as_parquet(columns),
        "t.jsonl": as_lines(draw(altered(columns.records))),
    }
    name = draw(st.sampled_from(list(writers)))
    return draw(_finished(name, draw(writers[name]), columns.names))


@st.composite
def _finished(draw: Draw, name: str, content: bytes, names: Sequence[str], said: dict[str, Any] | None = None) -> Trial:
    """A trial of a file with options, compressed or not."""
    chosen = said or draw(options(common_names(names)))
    name, content = draw(packed(name, content))
    return Trial(name, content, chosen, draw(beside(chosen)))


# Damaged files by reader


def _fixtures(pattern: str) -> list[Path]:
    return sorted(FIXTURES.glob(pattern))


PATTERNS = {
    "csv": ["timm/**/*.csv", "sklearn/*.csv"],
    "json": ["timm/**/*.json", "datasets/*.json"],
    "jsonl": ["datasets/*.json", "lm_eval/**/*.jsonl"],
    "parquet": ["timm/**/*.parquet", "sklearn/*.parquet"],
    "npz": [],
    "npy": [],
    "lm-eval": ["lm_eval*/**/samples_*.jsonl"],
    "inspect": ["inspect*/**/*.eval", "inspect/**/*.json"],
    "timm": ["timm/**/all*.*", "timm/**/top*.*"],
    "fiftyone": ["fiftyone/**/samples.json", "fiftyone/**/labels.json"],
    "datasets": ["datasets/*.*"],
    "wandb": ["wandb/**/*.table.json"],
    "predict-proba": ["sklearn/*.csv", "sklearn/*.parquet"],
}
WHOLE: dict[str, Callable[[], st.SearchStrategy[Trial]]] = {
    "csv": _csv,
    "json": _json,
    "jsonl": _jsonl,
    "parquet": _parquet,
    "npz": _npz,
    "npy": _npy,
    "lm-eval": _lm_eval,
    "inspect": _inspect,
    "timm": _timm,
    "fiftyone": _fiftyone,
    "datasets": _datasets,
    "wandb": _wandb,
    "predict-proba": _predict_proba,
}


@cache
def corpus(reader: str) -> dict[str, list[bytes]]:
    """Valid files to damage, by suffix."""
    found: dict[str, list[bytes]] = {}
    for pattern in PATTERNS[reader]:
        for path in _fixtures(pattern):
            found.setdefault(path.suffix, []).append(path.read_bytes())
    rng = np.random.default_rng(0)
    labels, logits = rng.integers(0, 3, (2, 40)), rng.normal(size=(2, 40, 3)).astype(np.float32)
    if reader == "npz":
        members = {
            "pred.npy": npy(labels),
            "label.npy": npy(labels[0]),
            "logits.npy": npy(logits),
            "names.npy": npy(np.array(["a", "b"])),
        }
        found[".npz"] = [zipped(members, method) for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)]
    if reader == "npy":
        found[".npy"] = [
            npy(array) for array in (labels, logits, logits[0].astype(np.float64), np.array(["cat", "dog"] * 9))
        ]
    return found


@st.composite
def damaged_files(draw: Draw, reader: str) -> Trial:
    """A damaged file, read as if it were whole."""
    found = corpus(reader)
    suffix = draw(st.sampled_from(sorted(found)))
    name, content = draw(packed(f"t{suffix}", draw(damaged(tuple(found[suffix])))))
    said = draw(options(["label", "pred", "prob", "logits", "answer"])) if chance(draw, 20) else {}
    if suffix == ".npz" and "predictions" not in said and chance(draw, 50):
        said = {**said, "predictions": draw(st.sampled_from(["pred", "logits"]))}
    return Trial(name, content, said, draw(beside(said)))
