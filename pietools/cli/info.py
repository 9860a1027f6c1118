"""``pietools info`` and ``pietools remove``: what a study holds, and taking it out again."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pietools.cli.output import say
from pietools.cli.waiting import waiting

if TYPE_CHECKING:
    from pietools.study import Study

SCHEMA = "pietools/info/1"
# Of a population: what is said of it, where something is.
SAID = ("role", "regime", "method", "sparsity", "bits", "reference")
SHOWN_KEYS = 3


@click.command()
@click.argument("study", type=click.Path(path_type=Path, readable=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@waiting
def info(study: Path, as_json: bool, wait: float) -> None:
    """Say what STUDY holds: data sets, populations and their networks, properties."""
    import json

    from pietools.study import Study

    with Study.open(study, read_only=True, wait=wait) as opened:
        found = _found(opened)
    if as_json:
        click.echo(json.dumps({"schema": SCHEMA, **found}, indent=2, default=str))
        return
    for dataset in found["datasets"]:
        say(_of_dataset(dataset))
    for population in found["populations"]:
        say(_of_population(population))
    if not found["datasets"]:
        say(f"{study} holds nothing yet.")


@click.command()
@click.argument("study", type=click.Path(path_type=Path, readable=False))
@click.option(
    "--dataset", metavar="NAME", help="Data set to remove, and populations with it that have predictions on no other."
)
@click.option("--population", metavar="NAME", help="Population to remove; with --dataset only its predictions there.")
@waiting
def remove(study: Path, dataset: str | None, population: str | None, wait: float) -> None:
    """Take a data set or a population out of STUDY, to import it again in another way."""
    if dataset is None and population is None:
        raise click.UsageError("say what to remove: --dataset, --population, or both.")
    from pietools.study import Study

    with Study.open(study, wait=wait) as opened:
        removed = opened.remove(dataset=dataset, population=population)
    gone = [f"data set {name}" for name in removed.datasets] + [f"population {name}" for name in removed.populations]
    networks = f"predictions of {removed.n_evaluations} network{'' if removed.n_evaluations == 1 else 's'}"
    say(f"Removed: {', '.join([networks, *gone])}.")


def _found(study: "Study") -> dict[str, Any]:
    datasets = study.datasets().to_dicts()
    evaluated = study.evaluated().to_dicts()
    properties = study.properties().to_dicts()
    return {
        "path": str(study.path),
        "datasets": [
            {
                **{
                    name: dataset[name]
                    for name in ("name", "split", "source", "alteration", "n_examples", "n_labelled", "n_classes")
                },
                "class_names": dataset["class_names"],
                "first_examples": study.keys(dataset["name"])[:SHOWN_KEYS].to_list(),
                "properties": [one["property"] for one in properties if one["dataset"] == dataset["name"]],
            }
            for dataset in datasets
        ],
        "populations": [
            {
                "name": population["name"],
                **{name: population[name] for name in SAID},
                "evaluated": [
                    {name: one[name] for name in ("dataset", "evidence", "n_models")}
                    for one in evaluated
                    if one["population"] == population["name"]
                ],
            }
            for population in study.populations().to_dicts()
        ],
    }


def _of_dataset(dataset: dict[str, Any]) -> str:
    n, n_labelled = dataset["n_examples"], dataset["n_labelled"]
    labels = {0: "no labels", n: "all labelled"}.get(n_labelled, f"{n_labelled:,} labelled")
    parts = [f"{n:,} examples ({', '.join(dataset['first_examples'])}, …)", labels, f"{dataset['n_classes']:,} classes"]
    if dataset["source"]:
        parts.append(f"a copy of {dataset['source']} ({dataset['alteration']})")
    if dataset["properties"]:
        parts.append(f"properties {', '.join(dataset['properties'])}")
    return f"data set {dataset['name']}: {', '.join(parts)}"


def _of_population(population: dict[str, Any]) -> str:
    said = [population["role"]]
    said += [f"compared with {population['reference']}"] if population["reference"] else []
    on = [f"{one['n_models']} on {one['dataset']} ({one['evidence']})" for one in population["evaluated"]]
    return f"population {population['name']} ({', '.join(said)}): networks: {', '.join(on) or 'none'}"
