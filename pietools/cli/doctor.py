"""``pietools doctor``: what is installed here, and whether a study is in order."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pietools.cli.output import say
from pietools.cli.waiting import waiting

if TYPE_CHECKING:
    from pietools.study import Study

PACKAGES = ("duckdb", "polars", "pyarrow", "numpy", "scipy", "scikit-learn", "altair", "vl-convert-python")
TORCH = ("torch", "torchvision", "timm")
CLUSTER = ("distributed", "submitit", "fsspec")


@click.command()
@click.argument("study", required=False, type=click.Path(path_type=Path, readable=False))
@click.option("--full", is_flag=True, help="Compare the predictions of every network with their checksum.")
@waiting
def doctor(study: Path | None, full: bool, wait: float) -> None:
    """Say what is installed, and whether STUDY is in order.

    A report of a fault should begin with this. Of a study it reads every row, and says whether its results are of the
    predictions that it holds.
    """
    if full and study is None:
        raise click.UsageError("--full is of a STUDY: name one.")
    for line in _installation():
        say(line)
    if study is not None:
        from pietools.study import Study

        with Study.open(study, read_only=True, wait=wait) as opened:
            for line in _study(opened):
                say(line)
            if full:
                say(_checked(opened))


def _installation() -> Iterator[str]:
    import os
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from pietools.version import __version__

    def installed(names: tuple[str, ...]) -> Iterator[str]:
        for name in names:
            try:
                yield f"{name} {version(name)}"
            except PackageNotFoundError:
                yield f"no {name}"

    yield f"pietools {__version__}, {Path(__file__).parents[1]}"
    yield f"Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} cores"
    yield f"analysis: {', '.join(installed(PACKAGES))}"
    yield f"training: {', '.join(installed(TORCH))}"
    yield f"several machines: {', '.join(installed(CLUSTER))}"


def _checked(study: "Study") -> str:
    """What comparing with the checksums found; StudyError if a network's predictions were changed."""
    from pietools.errors import StudyError

    if changed := study.changed_evaluations():
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise StudyError(
            f"{study.path}: predictions or logits of {changed[0]}{more} are not what was stored: they were changed by something "
            "else. Take a copy of before, or 'pietools remove' the population and bring it in again."
        )
    n, unknown = study.sql("select count(*), count(*) filter (where content_digest is null) from evaluations").row(0)
    if n == unknown:
        return "  no predictions have a checksum: they were stored before there were any (schema version 8)"
    without = f"; {unknown:,} were stored before there were checksums (schema version 8)" if unknown else ""
    return f"  predictions of {n - unknown:,} of {n:,} networks and data sets are what was stored{without}"


def _study(study: "Study") -> Iterator[str]:
    from pietools.errors import StudyError

    size = study.path.stat().st_size / 1e6
    study.read_through()
    yield f"{study.path}: every row can be read, {size:,.1f} MB"
    for dataset in study.datasets().to_dicts():
        pictures, texts = study.seen(dataset["name"])
        seen = [f"{n:,} {what}" for n, what in ((pictures, "pictures"), (texts, "texts")) if n]
        yield f"  {dataset['name']}: {dataset['n_examples']:,} examples{''.join(f', {one}' for one in seen)}"
    evaluated = study.evaluated()
    n_networks = study.sql("select count(*) as n from models")["n"].item()
    n_sets = evaluated["dataset"].n_unique()
    yield f"  {study.populations().height} populations, {n_networks:,} networks, predictions on {n_sets} data sets"
    try:
        study.headline()
        yield "  analyzed: the answer is of the predictions that are there"
    except StudyError as error:
        yield f"  {str(error).removeprefix(str(study.path)).strip()}"
