"""``pietools import``: predictions made elsewhere into a study."""

import os
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from pietools.cli.output import say
from pietools.cli.source_options import source_of, source_options
from pietools.cli.waiting import waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pietools.exchange.import_population import Imported
    from pietools.exchange.import_properties import ImportedProperties
    from pietools.study import Study

SCHEMA = "pietools/import/1"
PROPERTIES_SCHEMA = "pietools/import-properties/1"
# The file that makes a folder a whole study.
MANIFEST = "manifest.json"
MOST_NAMES = 8
MOST_FILES = 3
MOST_LETTERS = 40


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False))
@click.option(
    "--db", required=True, type=click.Path(path_type=Path, readable=False), help="The study; created if there is none."
)
@click.option("--dataset", metavar="NAME", help="Data set that the predictions are on, such as imagenet/val.")
@click.option("--population", metavar="NAME", help="Population that the networks belong to, such as supervised/int8.")
@click.option("--reference", metavar="POPULATION", help="Population that this one is compared with.")
@source_options
@click.option("--images", metavar="FOLDER", type=click.Path(path_type=Path, readable=False),
              help="The examples' pictures, files named like the examples; small ones are kept, for the gallery.")  # fmt: skip
@click.option("--texts", metavar="KEY", help="Column with what the examples say, for the gallery.")
@click.option("--networks", metavar="PATTERN", help="Instead of --predictions: one column per network: 'pred_*'.")
@click.option(
    "--replicates-from",
    metavar="PATTERN",
    help="Names of networks in paths: 'runs/{population}/{replicate}/pred.csv'.",
)
@click.option(
    "--role", type=click.Choice(["dense", "compressed", "control"]), help="Default: compressed if there is a reference."
)
@click.option("--regime", metavar="TEXT", help="How the networks were trained, such as supervised.")
@click.option("--method", metavar="TEXT", help="How they were compressed, such as magnitude or int8.")
@click.option("--sparsity", type=click.FloatRange(0, 1), help="Fraction of the weights that is zero.")
@click.option("--bits", type=click.IntRange(1, 64), help="Bits per weight.")
@click.option("--split", metavar="TEXT", help="What the data set is for, such as train or test.")
@click.option(
    "--copy-of", metavar="DATASET", help="The data set is an altered copy of this one: same examples, same labels."
)
@click.option("--alteration", metavar="TEXT", help="What was done to the copy, such as gaussian-noise.")
@click.option("--severity", type=click.IntRange(1, 5), help="How much: 1 (mild) to 5.")
@click.option("--property", "properties", metavar="NAME[=COLUMN]", multiple=True,
              help="FILE holds no predictions but this property, one value per example; may be repeated.")  # fmt: skip
@click.option(
    "--source", "property_source", metavar="TEXT", help="Where the properties come from.  [default: imported]"
)
@click.option("--logits", "logits_dtype", type=click.Choice(["float32", "float16", "none"]), default="float32", show_default=True,
              help="How to keep logits.")  # fmt: skip
@waiting
@click.option("--dry-run", is_flag=True, help="Say what the files hold, and store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_(
    files: tuple[Path, ...],
    db: Path,
    dataset: str | None,
    population: str | None,
    properties: tuple[str, ...],
    property_source: str | None,
    dry_run: bool,
    as_json: bool,
    wait: float,
    **said: Any,
) -> None:
    """Put predictions made elsewhere into a study.

    FILES are csv, tsv, json, jsonl, parquet, npz or npy, also compressed (gz, zst), logs of lm-evaluation-harness or Inspect,
    folders of such files, or patterns in quotes. A table has one row per network and example, or one row per example with a
    column for each network (--networks). Each file adds networks to the population. What was understood is printed; --dry-run
    stores nothing.

    Alternatively FILES is one folder that 'pietools export' wrote: a whole study; or, with --property, one file with a value per
    example: a number or text that was measured outside.

    \b
    pietools import dense.csv --db study.duckdb --dataset imagenet/val --population dense
    pietools import int8.csv --db study.duckdb --dataset imagenet/val --population int8 --reference dense

    \b
    pietools import scores.csv --db study.duckdb --dataset imagenet/val \\
      --property c-score=cscore --examples image --source jiang-2021
    """
    is_study = len(files) == 1 and os.path.isfile(files[0] / MANIFEST)
    if is_study or (len(files) == 1 and os.path.isdir(files[0]) and not dataset):
        if dataset or population:
            raise click.UsageError("a folder is a whole study: leave out --dataset and --population.")
        _import_study(files[0], db)
    elif properties:
        _refuse_predictions(
            files,
            dataset,
            {"population": population, **said, "examples": None, "logits_dtype": None, "dry_run": dry_run},
        )
        columns = _columns(properties)
        _import_properties(
            files[0], db, str(dataset), columns, property_source, said["examples"], as_json=as_json, wait=wait
        )
    elif property_source is not None:
        raise click.UsageError("--source is the source of a --property.")
    elif population and "{population}" in (said["replicates_from"] or ""):
        raise click.UsageError("--replicates-from names the populations: leave out --population.")
    elif not dataset or not (population or "{population}" in (said["replicates_from"] or "")):
        raise click.UsageError("say which --dataset and --population the predictions belong to.")
    else:
        _import_predictions(files, db, dataset, population, said, dry_run=dry_run, as_json=as_json, wait=wait)


def _import_predictions(
    files: tuple[Path, ...],
    db: Path,
    dataset: str,
    population: str | None,
    said: dict[str, Any],
    *,
    dry_run: bool,
    as_json: bool,
    wait: float,
) -> None:
    if (said["copy_of"] is None) != (said["alteration"] is None) or (said["severity"] and said["copy_of"] is None):
        raise click.UsageError("an altered copy has both --copy-of and --alteration.")
    from pietools.exchange.import_predictions import import_predictions
    from pietools.study import Study

    said = source_of(said)
    with _dry(db, wait) if dry_run else Study.open_or_create(db, wait=wait) as study:
        imported = import_predictions(
            study,
            files,
            dataset=dataset,
            population=population,
            **said | {"role": said["role"] or ""},
        )
    if as_json:
        _show_json(imported, dry_run=dry_run)
    else:
        for done in imported:
            _show(done, dry_run=dry_run)


@contextmanager
def _dry(db: Path, wait: float) -> "Iterator[Study]":
    """A study that forgets what is added: a copy of what is there, or a new one in a temporary folder."""
    from pietools.study import Study

    with TemporaryDirectory() as folder:
        copy = Path(folder) / "study.duckdb"
        if db.exists():
            with Study.open(db, read_only=True, wait=wait):
                copyfile(db, copy)
        with Study.open_or_create(copy) as study:
            yield study


def _refuse_predictions(files: tuple[Path, ...], dataset: str | None, said: dict[str, Any]) -> None:
    if name := next((name for name, value in said.items() if value), None):
        raise click.UsageError(f"--{name.replace('_', '-')} says something of predictions, not of a --property.")
    if len(files) > 1 or not dataset:
        raise click.UsageError("--property takes one FILE, and the --dataset that it belongs to.")


def _columns(properties: tuple[str, ...]) -> dict[str, str]:
    """Column by name of the property; NAME=COLUMN, or NAME for both."""
    pairs = [named.partition("=") for named in properties]
    columns = {name: column or name for name, _, column in pairs}
    if len(columns) < len(pairs):
        raise click.UsageError("two --property of one name.")
    return columns


def _import_properties(
    path: Path,
    db: Path,
    dataset: str,
    columns: dict[str, str],
    source: str | None,
    examples: str | None,
    *,
    as_json: bool,
    wait: float,
) -> None:
    from pietools.exchange.import_properties import import_properties
    from pietools.study import Study

    with Study.open(db, wait=wait) as study:
        imported = import_properties(
            study, path, columns, dataset=dataset, source=source or "imported", examples=examples
        )
    _show_properties(imported, as_json=as_json)


def _show_properties(imported: "ImportedProperties", *, as_json: bool) -> None:
    import json

    if as_json:
        click.echo(json.dumps({"schema": PROPERTIES_SCHEMA, **vars(imported)}, indent=2))
        return
    say(f"{imported.dataset}: {imported.n_examples:,} examples")
    for name, n in imported.n_values.items():
        already = "" if imported.n_added[name] else "; they were there already"
        say(f"{name}, {imported.source}: {n:,} value{'' if n == 1 else 's'}{already}")


def _import_study(folder: Path, db: Path) -> None:
    from pietools.exchange.study_folder import import_folder

    import_folder(folder, db)
    say(f"{db} holds the study of {folder}.")


def _show_json(imported: "list[Imported]", *, dry_run: bool) -> None:
    """One population as an object; several, which paths named, as a list in one."""
    import json

    objects = [
        {
            **{name: value for name, value in vars(one).items() if name != "top1"},
            "top1_mean": sum(one.top1) / len(one.top1) if one.top1 else None,
        }
        for one in imported
    ]
    said = objects[0] if len(objects) == 1 else {"populations": objects}
    click.echo(json.dumps({"schema": SCHEMA, **said, "dry_run": dry_run}, indent=2))


def _show(imported: "Imported", *, dry_run: bool) -> None:
    for sentence in imported.understood[:MOST_FILES]:
        say(sentence)
    if (n_more := len(imported.understood) - MOST_FILES) > 0:
        say(f"… and {n_more:,} more file{'' if n_more == 1 else 's'}")
    say(
        f"{imported.dataset}: {imported.n_examples:,} examples, {imported.n_classes:,} classes: {_some(imported.class_names)}"
    )
    first = imported.first
    label = "without a label" if first["label"] is None else f"labelled '{first['label']}'"
    say(f"First example: '{first['example']}', {label}, predicted '{first['predicted']}'")
    accuracy = "no labels, so no accuracy"
    if len(imported.top1) == 1:
        accuracy = f"top-1 accuracy {imported.top1[0]:.1%}"
    elif imported.top1:
        mean = sum(imported.top1) / len(imported.top1)
        accuracy = f"mean top-1 accuracy {mean:.1%} ({min(imported.top1):.1%} to {max(imported.top1):.1%})"
    for n, what in ((imported.n_pictures, "pictures"), (imported.n_texts, "texts")):
        if n:
            say(f"{imported.dataset}: {what} of {n:,} examples, for pietools gallery")
    already = imported.n_models - imported.n_added
    say(
        f"{imported.population}: {imported.n_models} network{'' if imported.n_models == 1 else 's'}, {accuracy}"
        + (f"; {already} were there already" if already else "")
        + ("; nothing was stored (--dry-run)" if dry_run else "")
    )
    for warning in imported.warnings:
        say(f"Note: {warning}", err=True)


def _some(names: list[str]) -> str:
    """The first names of a list, and its last."""
    shown = [" ".join(name.split())[:MOST_LETTERS] for name in names]
    return ", ".join(shown) if len(names) <= MOST_NAMES else f"{', '.join(shown[: MOST_NAMES - 1])}, …, {shown[-1]}"
