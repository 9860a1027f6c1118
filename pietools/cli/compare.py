"""``pietools compare``: did it get worse, where, and may I ship it?"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pietools.cli.output import say
from pietools.cli.source_options import source_of, source_options

if TYPE_CHECKING:
    from pietools.pairs.comparison import Comparison

# Exit codes of --gate; 1 and 2 are errors and wrong usage.
EXIT_CODES = {"within": 0, "worse": 3, "cannot-say": 4}


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, readable=False))
@click.option("--reference", metavar="NAME", help="Column or array of the dense network, if FILES hold both networks.")
@click.option("--compressed", metavar="NAME", help="Column or array of the compressed network.")
@click.option(
    "--margin",
    type=click.FloatRange(0, 0.5),
    default=0.01,
    show_default=True,
    help="Largest fall of accuracy that you would ignore (0.01 is one point); set it before looking.",
)
@click.option("--gate", is_flag=True, help="Exit code 0: within the margin, 3: worse by more, 4: cannot be said.")
@click.option(
    "--group",
    "groups",
    metavar="COLUMN",
    multiple=True,
    help="Column that groups the examples, or FILE:COLUMN; may be repeated.",
)
@click.option(
    "--rerun", metavar="FILE", multiple=True, help="The reference run again, file or column: a floor; may be repeated."
)
@click.option(
    "--reference-again", metavar="FILE", help="One more network trained as the reference was: file or column."
)
@click.option("--network", metavar="NAME", multiple=True, help="Of several matched networks only this one.")
@click.option("--common", is_flag=True, help="Leave out examples that a file lacks.")
@source_options
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of all that is drawn.")
@click.option(
    "--tags",
    metavar="FILE",
    type=click.Path(path_type=Path, readable=False),
    help="Write every example and what happened to it: .csv or .parquet.",
)
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path, readable=False), help="Folder for the report.")
@click.option(
    "--keep", metavar="STUDY", type=click.Path(path_type=Path, readable=False), help="Make a study of what was read."
)
@click.option("--demo", is_flag=True, help="Compare two embedded networks.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compare(
    files: tuple[Path, ...],
    gate: bool,
    tags: Path | None,
    out: Path | None,
    keep: Path | None,
    demo: bool,
    as_json: bool,
    **said: Any,
) -> None:
    """Compare a compressed network with the one it came from.

    FILES are two files of predictions of the same examples, the dense network first; or folders of logs; or, with --reference
    and --compressed, files that hold both. The kind of file is recognised and said, as with 'pietools import'. Says whether
    accuracy fell, by how much and how sure, where, and which examples to look at.

    \b
    pietools compare dense.csv int8.csv
    pietools compare predictions.csv --reference fp16 --compressed int8
    pietools compare runs/fp16/ runs/int4/ --margin 0.01 --gate
    """
    from pietools.pairs.compare import compare as compare_files
    from pietools.pairs.tags import check_tags_path, write_tags

    if demo:
        files, said = _demo(files, said)
    elif not files:
        raise click.UsageError("name two files, the reference first. To see what comes out: pietools compare --demo")
    if tags is not None:
        check_tags_path(
            tags, [*files, *said["rerun"], *(one.rpartition(":")[0] for one in said["groups"]), said["labels"] or ""]
        )
    if keep is not None and os.path.exists(keep):
        raise click.ClickException(f"--keep {keep}: there is a file of that name. Name another one for the new study.")
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    comparison = compare_files(*files, **source_of(said))
    if gate and comparison.margin_test is None:
        raise click.ClickException(
            "--gate needs given labels: name their column or file with --labels. Without them nobody can say what got worse."
        )
    if tags is not None:
        write_tags(comparison, tags)
    if keep is not None:
        from pietools.pairs.keep import keep_study

        keep_study(comparison, keep)
    if out is not None:
        from pietools.report.pair_page import write_pair_report

        write_pair_report(comparison, out)
    _show(comparison, as_json=as_json, out=out, keep=keep)
    if gate and comparison.margin_test is not None:
        raise SystemExit(EXIT_CODES[str(comparison.margin_test.verdict)])


def _demo(files: tuple[Path, ...], said: dict[str, Any]) -> tuple[tuple[Path, ...], dict[str, Any]]:
    """The embedded predictions in place of FILES."""
    own = {"margin", "seed", "groups"}
    if files or any(value not in (None, (), False) for name, value in said.items() if name not in own):
        raise click.UsageError(
            "--demo brings its own files: leave out FILES, and the options that say what is in them."
        )
    from pietools.pairs.demo import demo_files

    path, reference, compressed, again = demo_files()
    return (path,), {**said, "reference": reference, "compressed": compressed, "reference_again": again}


def _show(comparison: "Comparison", *, as_json: bool, out: Path | None, keep: Path | None) -> None:
    if as_json:
        import json

        from pietools.pairs.as_json import comparison_json

        click.echo(json.dumps(comparison_json(comparison), indent=2, allow_nan=False))
        return
    from pietools.cli.first_screen import first_screen

    for line in first_screen(comparison):
        click.echo(line)
    for path, what in ((out and out / "report.html", "Report"), (keep, "Study")):
        if path is not None:
            say(f"{what}: {path}")
    for warning in comparison.read.warnings:
        say(f"Note: {warning}", err=True)
