"""A study as Parquet and back."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import Result

from pietools.errors import ImportFileError
from pietools.exchange.study_folder import FIRST_SCHEMA, MANIFEST, SEAL, TABLES, export_folder, import_folder
from pietools.statistics.tools.scalars import scalars_from_logits
from pietools.study import Study
from pietools.study.records import Evaluation, Model
from tests.conftest import LABELS
from tests.test_importing import scores
from tests.test_study import RECORDING


def with_logits(study: Study) -> None:
    """Two more networks with logits and all that can be recorded, in both forms."""
    for k, dtype in enumerate(("float16", "float32")):
        logits = scores(k)[0]
        evaluation = Evaluation("toy/test", "logits", f"e{k}", versions={"torch": "2.15"})
        study.add_evaluation(Model("dense", f"n{k}"), evaluation, scalars_from_logits(logits, LABELS), logits, dtype)
        study.add_recording(Model("dense", f"n{k}"), "toy/test", RECORDING, dtype)


def test_every_bit_comes_back(run: Callable[..., Result], toy: Study, tmp_path: Path) -> None:
    """Every table is the same, and so is the analysis."""
    with_logits(toy)
    toy.set_recipe({"study": {"seed": 1}})
    tables = {name: toy.table(name) for name in TABLES}
    toy.close()
    assert run("export", toy.path, "--out", tmp_path / "folder").exit_code == 0
    result = run("import", tmp_path / "folder", "--db", tmp_path / "back.duckdb")
    assert result.exit_code == 0, result.output
    with Study.open(tmp_path / "back.duckdb") as back:
        for name, rows in tables.items():
            assert back.table(name).equals(rows), name
        assert back.recipe() == {"study": {"seed": 1}}
    assert run("analyze", tmp_path / "back.duckdb", "--json").output == run("analyze", toy.path, "--json").output


def test_a_damaged_file_is_refused(toy: Study, tmp_path: Path) -> None:
    """The checksum is looked at before anything is made."""
    folder = export_folder(toy, tmp_path / "folder")
    damaged = folder / "predictions.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(ImportFileError, match=r"predictions.parquet is missing or damaged"):
        import_folder(folder, tmp_path / "back.duckdb")
    assert not (tmp_path / "back.duckdb").exists()


def test_damage_that_the_checksum_does_not_see_is_named(toy: Study, tmp_path: Path) -> None:
    """The predictions are read while they are stored: the message is about the file, and no study is left."""
    folder = export_folder(toy, tmp_path / "folder")
    damaged = folder / "predictions.parquet"
    content = bytearray(damaged.read_bytes())
    content[4 : len(content) // 3] = bytes(len(content) // 3 - 4)
    damaged.write_bytes(content)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["schema"] = FIRST_SCHEMA  # has no checksum of itself
    del manifest[SEAL]
    manifest["sha256"][damaged.name] = sha256(content).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ImportFileError, match=r"predictions.parquet cannot be read"):
        import_folder(folder, tmp_path / "back.duckdb")
    assert not (tmp_path / "back.duckdb").exists()


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("[]", "has schema None"),
        ("nothing", "has no readable manifest"),
        ('{"schema": "pietools/export/1"}', "lacks the checksums or the recipe"),
        ('{"schema": "pietools/export/1", "recipe": null, "sha256": {}}', "its checksum is not the one"),
        ('{"schema": "pietools/export/2"}', "its checksum of itself"),
        ('{"schema": "pietools/export/3"}', "this pietools reads pietools/export/2"),
    ],
)
def test_a_manifest_that_is_none_is_refused(toy: Study, tmp_path: Path, manifest: str, message: str) -> None:
    """It is checked before anything is made."""
    folder = export_folder(toy, tmp_path / "folder")
    (folder / "manifest.json").write_text(manifest)
    with pytest.raises(ImportFileError, match=message):
        import_folder(folder, tmp_path / "back.duckdb")
    assert not (tmp_path / "back.duckdb").exists()


@pytest.mark.parametrize("change", ["recipe", "table", "schema"])
def test_a_changed_manifest_is_refused(toy: Study, tmp_path: Path, change: str) -> None:
    """Another seed, a table left out: the manifest has a checksum of itself."""
    toy.set_recipe({"study": {"seed": 1}})
    folder = export_folder(toy, tmp_path / "folder")
    manifest = json.loads((folder / "manifest.json").read_text())
    if change == "recipe":
        manifest["recipe"]["study"]["seed"] = 2
    elif change == "table":
        del manifest["sha256"]["example_properties.parquet"]
    else:
        del manifest["manifest_sha256"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ImportFileError, match="its checksum of itself is another"):
        import_folder(folder, tmp_path / "back.duckdb")
    assert not (tmp_path / "back.duckdb").exists()
