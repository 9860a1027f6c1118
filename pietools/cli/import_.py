"""``pietools import``: predictions made elsewhere into a study."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pietools.exchange.import_predictions import Imported
    from pietools.exchange.import_properties import ImportedProperties

SCHEMA = "pietools/import/1"
PROPERTIES_SCHEMA = "pietools/import-properties/1"


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--db", required=True, type=click.Path(path_type=Path), help="The study; created if there is none.")
@click.option("--dataset", metavar="NAME", help="Data set that the predictions are on, such as imagenet/val.")
@click.option("--population", metavar="NAME", help="Population that the networks belong to, such as supervised/int8.")
@click.option("--predictions", metavar="KEY", help="Array of an npz, column of a table, or several: 'logit_*'.")
@click.option("--labels", metavar="KEY", help="Given labels: array or column; for npy another npy file. -1 means none.")
@click.option(
    "--replicates", metavar="KEY", help="Names of the networks; equal names in two populations are matched pairs."
)
@click.option("--examples", metavar="KEY", help="Names of the examples, to align files of another order.")
@click.option(
    "--kind",
    type=click.Choice(["labels", "logits", "probabilities"]),
    help="Default: integers are labels, floats logits.",
)
@click.option(
    "--class-names", metavar="FILE", type=click.Path(path_type=Path), help="Text file with a class name a line."
)
@click.option(
    "--role", type=click.Choice(["dense", "compressed", "control"]), help="Default: compressed if there is a reference."
)
@click.option("--reference", metavar="POPULATION", help="Population that this one is compared with.")
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
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_(
    files: tuple[Path, ...],
    db: Path,
    dataset: str | None,
    population: str | None,
    logits_dtype: str,
    properties: tuple[str, ...],
    property_source: str | None,
    as_json: bool,
    **said: Any,
) -> None:
    """Put predictions made elsewhere into a study.

    FILES are npz, npy, parquet, csv or jsonl. Arrays: integers (networks × examples) are predicted labels, floats
    (networks × examples × classes) logits. Tables: one row per network and example. Each file adds networks to the
    population. Alternatively FILES is one folder that 'pietools export' wrote: a whole study; or, with --property, one file
    with a value per example: a number or text that was measured outside.

    \b
    pietools import runs.npz --db study.duckdb --dataset imagenet/val \\
      --population int8 --reference dense --method int8 \\
      --predictions int8 --labels label --replicates models

    \b
    pietools import scores.csv --db study.duckdb --dataset imagenet/val \\
      --property c-score=cscore --examples image --source jiang-2021
    """
    if len(files) == 1 and files[0].is_dir():
        if dataset or population:
            raise click.UsageError("a folder is a whole study: leave out --dataset and --population.")
        _import_study(files[0], db)
    elif properties:
        _refuse_predictions(files, dataset, {"population": population, **said, "examples": None})
        columns = _columns(properties)
        _import_properties(files[0], db, str(dataset), columns, property_source, said["examples"], as_json=as_json)
    elif not dataset or not population:
        raise click.UsageError("say which --dataset and --population the predictions belong to.")
    elif property_source is not None:
        raise click.UsageError("--source is the source of a --property.")
    else:
        _import_predictions(files, db, dataset, population, said, logits_dtype, as_json=as_json)


def _import_predictions(
    files: tuple[Path, ...],
    db: Path,
    dataset: str,
    population: str,
    said: dict[str, Any],
    logits_dtype: str,
    *,
    as_json: bool,
) -> None:
    if (said["copy_of"] is None) != (said["alteration"] is None) or (said["severity"] and said["copy_of"] is None):
        raise click.UsageError("an altered copy has both --copy-of and --alteration.")
    from pietools.exchange.import_predictions import import_predictions
    from pietools.exchange.prediction_files import Source
    from pietools.study import Study
    from pietools.study.records import Population

    source = Source(*(said.pop(name) for name in ("predictions", "labels", "replicates", "examples")))
    described = {name: said.pop(name) for name in ("kind", "split", "copy_of", "alteration", "severity")}
    class_names = said.pop("class_names")
    target = Population(population, role=said.pop("role") or "", **said)
    names = None if class_names is None else _lines(class_names)
    with Study.open_or_create(db) as study:
        imported = import_predictions(
            study,
            files,
            source,
            dataset=dataset,
            population=target,
            class_names=names,
            logits_dtype=logits_dtype,
            **described,
        )
    _show(imported, as_json=as_json)


def _refuse_predictions(files: tuple[Path, ...], dataset: str | None, said: dict[str, Any]) -> None:
    if name := next((name for name, value in said.items() if value is not None), None):
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
) -> None:
    from pietools.exchange.import_properties import import_properties
    from pietools.study import Study

    with Study.open(db) as study:
        imported = import_properties(
            study, path, columns, dataset=dataset, source=source or "imported", examples=examples
        )
    _show_properties(imported, as_json=as_json)


def _show_properties(imported: "ImportedProperties", *, as_json: bool) -> None:
    import json

    if as_json:
        click.echo(json.dumps({"schema": PROPERTIES_SCHEMA, **vars(imported)}, indent=2))
        return
    click.echo(f"{imported.dataset}: {imported.n_examples:,} examples")
    for name, n in imported.n_values.items():
        already = "" if imported.n_added[name] else "; they were there already"
        click.echo(f"{name}, {imported.source}: {n:,} value{'' if n == 1 else 's'}{already}")


def _import_study(folder: Path, db: Path) -> None:
    from pietools.exchange.study_folder import import_folder

    import_folder(folder, db)
    click.echo(f"{db} holds the study of {folder}.")


def _lines(path: Path) -> list[str]:
    from pietools.errors import ImportFileError

    try:
        names = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ImportFileError(f"cannot read the class names in {path}: {error}") from None
    if not names or "" in names or len(set(names)) < len(names):
        raise ImportFileError(f"{path} must hold the name of a class in every line, each another.")
    return names


def _show(imported: "Imported", *, as_json: bool) -> None:
    import json

    mean = sum(imported.top1) / len(imported.top1) if imported.top1 else None
    if as_json:
        found = {name: value for name, value in vars(imported).items() if name != "top1"}
        click.echo(json.dumps({"schema": SCHEMA, **found, "top1_mean": mean}, indent=2))
        return
    click.echo(f"{imported.dataset}: {imported.n_examples:,} examples, {imported.n_classes:,} classes")
    accuracy = "no labels, so no accuracy"
    if mean is not None:
        accuracy = f"mean top-1 accuracy {mean:.1%} ({min(imported.top1):.1%} to {max(imported.top1):.1%})"
    already = imported.n_models - imported.n_added
    click.echo(
        f"{imported.population}: {imported.n_models} network{'' if imported.n_models == 1 else 's'}, {accuracy}"
        + (f"; {already} were there already" if already else "")
    )
    for warning in imported.warnings:
        click.echo(f"Warning: {warning}", err=True)
