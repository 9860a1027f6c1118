"""A study as a folder of Parquet files, one per table, and back again bit for bit."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pietools.bounds import no_file
from pietools.errors import ImportFileError, StudyError
from pietools.seal import is_intact, sealed
from pietools.study import Study
from pietools.study.new_paths import new_folder
from pietools.version import __version__

MANIFEST, SEAL = "manifest.json", "manifest_sha256"
SCHEMA = "pietools/export/2"
# Folders of before, whose manifest has no digest of itself.
FIRST_SCHEMA = "pietools/export/1"
# Results are left out: analyze makes them again.
FIRST_TABLES = ("datasets", "examples", "populations", "models", "evaluations", "predictions", "logits")
# Folders that were exported before these tables came are read without them.
LATER_TABLES: tuple[str, ...] = ("example_properties", "thumbnails", "layers", "features", "layer_predictions")
LATER_TABLES += ("epoch_predictions", "texts", "annotation_samples", "annotation_examples", "annotations")
TABLES = FIRST_TABLES + LATER_TABLES
BATCH = 122_880  # rows, as many as DuckDB has in a row group


def export_folder(study: Study, folder: str | PathLike[str]) -> Path:
    """Write every table of a study but its results into a new folder, with a manifest of checksums.

    Raises
    ------
    StudyError
        If the folder exists and is not empty.
    """
    folder = Path(folder)
    with new_folder(folder) as temporary:
        for table in TABLES:
            _write_table(study.table(table), temporary / f"{table}.parquet")
        manifest = {
            "schema": SCHEMA,
            "version": __version__,
            "recipe": study.recipe(),
            "sorted_classes": study.sorted_classes,
            "sha256": {f"{table}.parquet": _sha256(temporary / f"{table}.parquet") for table in TABLES},
        }
        text = json.dumps(sealed(manifest, SEAL), indent=2) + "\n"
        (temporary / MANIFEST).write_text(text, encoding="utf-8")
    return folder


def _write_table(rows: pa.Table, path: Path) -> None:
    floats = [field.name for field in rows.schema if pa.types.is_float32(field.type)]
    ids = [field.name for field in rows.schema if field.name.endswith("_id") and pa.types.is_integer(field.type)]
    # Better than in dictionaries: float32 split by byte, and numbers that count up as differences.
    encodings = dict.fromkeys(floats, "BYTE_STREAM_SPLIT") | dict.fromkeys(ids, "DELTA_BINARY_PACKED")
    pq.write_table(
        rows,
        path,
        compression="zstd",
        compression_level=19,
        write_page_checksum=True,
        use_dictionary=[name for name in rows.column_names if name not in encodings],
        column_encoding=encodings,
    )


def import_folder(folder: str | PathLike[str], path: str | PathLike[str]) -> None:
    """Make a new study at ``path`` of a folder that :func:`export_folder` wrote, all of it or nothing.

    Raises
    ------
    ImportFileError
        If the folder has no manifest, or a file that is not what the manifest says.
    StudyError
        If ``path`` exists, or what the folder holds breaks a rule of studies.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    with Study.create_whole(path) as study, study.transaction():
        for table in _exported_tables(manifest):
            with _batches(folder / f"{table}.parquet") as rows:
                study.append_table(table, rows)
        if manifest["recipe"] is not None:
            study.set_recipe(manifest["recipe"])
        if isinstance(names := manifest.get("sorted_classes"), list) and names:
            study.sorted_classes = [str(name) for name in names]


def read_manifest(folder: Path) -> dict[str, Any]:
    """Manifest of an exported study, after comparing the checksum of every table.

    Raises ImportFileError if the folder is none, or a file is missing or damaged.
    """
    _refuse_no_file(folder / MANIFEST)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ImportFileError(f"{folder} is no exported study: it has no readable {MANIFEST}.") from None
    schema = manifest.get("schema") if isinstance(manifest, dict) else None
    if schema not in (SCHEMA, FIRST_SCHEMA):
        raise ImportFileError(f"{folder} has schema {schema}, this pietools reads {SCHEMA}.")
    if (schema == SCHEMA or SEAL in manifest) and not is_intact(manifest, SEAL):
        raise ImportFileError(f"{folder / MANIFEST} is damaged or was changed: its checksum of itself is another.")
    digests = manifest.get("sha256")
    if not isinstance(digests, dict) or "recipe" not in manifest:
        raise ImportFileError(f"{folder / MANIFEST} is damaged: it lacks the checksums or the recipe.")
    for name in (f"{table}.parquet" for table in _exported_tables(manifest)):
        _refuse_no_file(folder / name)
        if not (folder / name).is_file() or _sha256(folder / name) != digests.get(name):
            raise ImportFileError(f"{folder / name} is missing or damaged: its checksum is not the one in {MANIFEST}.")
    return manifest


def _refuse_no_file(path: Path) -> None:
    if (reason := no_file(path, may_be_absent=True)) is not None:
        raise ImportFileError(
            f"{reason}, and no part of an exported study: take the folder that 'pietools export' wrote."
        )


def _exported_tables(manifest: dict[str, Any]) -> list[str]:
    return [table for table in TABLES if table not in LATER_TABLES or f"{table}.parquet" in manifest["sha256"]]


@contextmanager
def _batches(path: Path) -> Iterator[pa.RecordBatchReader]:
    """Rows of a table, piece by piece: a study's predictions need not fit into memory."""
    damage: list[Exception] = []

    def pieces(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
        try:
            yield from file.iter_batches(batch_size=BATCH)
        except (pa.ArrowException, OSError) as error:
            # The database reads these, and would give a reason of its own.
            damage.append(error)
            raise

    try:
        with pq.ParquetFile(path) as file:
            yield pa.RecordBatchReader.from_batches(file.schema_arrow, pieces(file))
    except (pa.ArrowException, OSError, StudyError) as error:
        if isinstance(error, StudyError) and not damage:
            raise
        raise ImportFileError(f"{path} cannot be read: {str((damage or [error])[0]).splitlines()[0]}") from None


def _sha256(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
