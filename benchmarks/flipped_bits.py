"""One flipped bit in a file of predictions: is it refused, or read as other numbers?

python benchmarks/flipped_bits.py --copies 500 --seed 0

Each kind of file holds the same 2,000 examples of one network: names, given labels, and scores of ten classes. In every copy one
random bit is another one. "Unchanged" are copies that are read as the file was, since nothing hangs on that bit.
"""

import argparse
import gzip
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from pietools.errors import ImportFileError
from pietools.exchange.predictions import FilePredictions, Source
from pietools.exchange.read_predictions import read

N, N_CLASSES = 2_000, 10
SCORES = [f"prob_{c}" for c in range(N_CLASSES)]


def main() -> None:
    """Print a row of a table for each kind of file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--copies", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    said = parser.parse_args()
    print("| file | copies | refused | unchanged | read as others |\n| --- | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for name, (file, write, source) in kinds().items():
            write(path := Path(folder) / file)
            found = Counter(of_copies(path, source, said.copies, np.random.default_rng(said.seed)))
            numbers = [said.copies, found["refused"], found["unchanged"], found["others"]]
            print(f"| {name} | {' | '.join(f'{number:,}' for number in numbers)} |", flush=True)


def kinds() -> dict[str, tuple[str, Callable[[Path], object], Source]]:
    """Kinds of files: name, who writes it, and how it is read."""
    frame = predictions()
    table, arrays = frame.to_arrow(), arrays_of(frame)
    columns = Source(predictions="prob_*", labels="label", examples="id")
    keys = Source(predictions="prob", labels="label", examples="id")
    return {
        "CSV": ("a.csv", frame.write_csv, columns),
        "CSV, gz": ("a.csv.gz", lambda path: path.write_bytes(gzip.compress(frame.write_csv().encode())), columns),
        "JSON lines": ("a.jsonl", frame.write_ndjson, columns),
        "npy, of scores alone": ("a.npy", lambda path: np.save(path, arrays["prob"]), Source()),
        "npz": ("a.npz", lambda path: np.savez(path, **arrays), keys),
        "npz, compressed": ("b.npz", lambda path: np.savez_compressed(path, **arrays), keys),
        "Parquet": ("a.parquet", lambda path: pq.write_table(table, path), columns),
        "Parquet, of polars": ("c.parquet", frame.write_parquet, columns),
        "Parquet with checksums of pages": (
            "b.parquet",
            lambda path: pq.write_table(table, path, write_page_checksum=True),
            columns,
        ),
    }


def predictions() -> pl.DataFrame:
    """Names, labels and probabilities, rounded as people write them."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, N_CLASSES, N)
    logits = rng.normal(size=(N, N_CLASSES)) + 3 * np.eye(N_CLASSES)[labels]
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    named = pl.DataFrame({"id": [f"image_{i}.png" for i in range(N)], "label": labels})
    return named.with_columns(pl.Series(name, scores[:, c]) for c, name in enumerate(SCORES))


def arrays_of(frame: pl.DataFrame) -> dict[str, np.ndarray]:
    """The same as arrays."""
    names = frame["id"].to_numpy().astype(str)
    return {"prob": frame.select(SCORES).to_numpy(), "label": frame["label"].to_numpy(), "id": names}


def of_copies(path: Path, source: Source, n: int, rng: np.random.Generator) -> list[str]:
    """What became of so many copies."""
    whole, data, copy = read(path, source), path.read_bytes(), path.with_name(f"copy-{path.name}")
    found = []
    for _ in range(n):
        bit = int(rng.integers(8 * len(data)))
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        copy.write_bytes(damaged)
        try:
            found.append("unchanged" if are_alike(whole, read(copy, source)) else "others")
        except ImportFileError:
            found.append("refused")
    return found


def are_alike(one: FilePredictions, other: FilePredictions) -> bool:
    """Whether two files say the same of every example."""
    if one.scores is None or other.scores is None or not np.array_equal(one.scores, other.scores):
        return False
    if (one.keys is None) != (other.keys is None) or (one.labels is None) != (other.labels is None):
        return False
    has_same_keys = one.keys is None or other.keys is None or one.keys.equals(other.keys)
    return has_same_keys and (one.labels is None or other.labels is None or _has_same_labels(one, other))


def _has_same_labels(one: FilePredictions, other: FilePredictions) -> bool:
    assert one.labels is not None
    assert other.labels is not None
    return np.array_equal(one.labels.values, other.labels.values) and one.labels.names == other.labels.names


if __name__ == "__main__":
    main()
