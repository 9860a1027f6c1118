"""Options that say where in a file of predictions things are; ``import`` and ``compare`` have the same ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

OPTIONS = (
    click.option("--predictions", metavar="KEY", help="Column or array; or one column per class: 'logit_*'."),
    click.option(
        "--labels", metavar="KEY", help="Given labels: column, array, FILE or FILE:COLUMN. -1 and NA mean none."
    ),
    click.option("--examples", metavar="KEY", help="Names of the examples, to align files of another order."),
    click.option(
        "--replicates", metavar="KEY", help="Names of the networks; equal names on both sides are matched pairs."
    ),
    click.option(
        "--kind",
        type=click.Choice(["labels", "logits", "probabilities"]),
        help="What the predictions are, if it is not to be found out.",
    ),
    click.option(
        "--top-k", metavar="KEY", help="Scores of the classes in --predictions, the best first; others are unknown."
    ),
    click.option(
        "--threshold",
        type=float,
        help="Of two classes: score above which the second is predicted.  [default: 0.5, of logits 0]",
    ),
    click.option("--where", metavar="COLUMN=VALUE", multiple=True, help="Only rows with this value; may be repeated."),
    click.option(
        "--repeated", type=click.Choice(["first", "last"]), help="Which row to take of an example that is there twice."
    ),
    click.option(
        "--class-names",
        metavar="FILE",
        type=click.Path(path_type=Path, readable=False),
        help="Text file with a class name a line.",
    ),
    click.option("--accept-chance", is_flag=True, help="Also predictions that match the labels no better than chance."),
)


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, in this order."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def source_of(said: dict[str, Any]) -> dict[str, Any]:
    """What the options say, as arguments of the functions: names of the classes read, conditions as a mapping."""
    where = [condition.partition("=") for condition in said["where"]]
    if bad := next((column for column, mark, _ in where if not mark), None):
        raise click.UsageError(f"--where {bad}: write COLUMN=VALUE.")
    names = said["class_names"]
    return {
        **said,
        "where": {column: value for column, _, value in where},
        "class_names": None if names is None else _lines(names),
    }


def _lines(path: Path) -> list[str]:
    import re

    from pietools.bounds import no_file
    from pietools.errors import ImportFileError
    from pietools.exchange.files.unpacking import content

    if (reason := no_file(path)) is not None:
        raise ImportFileError(f"cannot read the class names: {reason}.")
    try:
        names = [line.strip() for line in content(path).decode("utf-8-sig").rstrip().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not in UTF-8"
        raise ImportFileError(f"cannot read the class names in {path}: {why}.") from None
    if not names or "" in names or len(set(names)) < len(names) or all(re.match(r"\d+[,;\t]", name) for name in names):
        raise ImportFileError(f"{path} must hold the name of a class in every line, each another, and nothing else.")
    return names
