"""``pietools demo``: the whole way on the embedded study."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path, readable=False), help="Folder for the study, the report and the figures."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def demo(out: Path | None, as_json: bool) -> None:
    """Analyze the embedded study.

    280 dense, pruned and quantized networks in four training regimes on the test pictures of Fashion-MNIST.
    With --out the study is kept too, as study.duckdb, to ask it more.
    """
    import tempfile

    from pietools.analysis import analyze
    from pietools.cli.analyze import show
    from pietools.cli.progress import progress_bar
    from pietools.cli.written import made_folder
    from pietools.study import Study

    with made_folder(out), tempfile.TemporaryDirectory() as temporary:
        path = (out or Path(temporary)) / "study.duckdb"
        with progress_bar("Reading the embedded study"):
            _make_study(path)
        with Study.open(path) as study, progress_bar("Analyzing") as on_step:
            analysis = analyze(study, on_step=on_step)
        show(analysis, path if out else None, out=out, as_json=as_json)
    if out is None and not as_json:
        click.echo("To look at the pictures and ask for more, keep the study: pietools demo --out demo")


def _make_study(path: Path) -> None:
    """Make the embedded study at ``path``; one of an earlier demo is as good, and nothing else is overwritten."""
    from pietools.errors import StudyError
    from pietools.exchange.study_folder import import_folder, read_manifest
    from pietools.study import Study
    from pietools.study.shipped_files import resource

    embedded = resource("data", "fashion-mnist", "study")
    if not path.exists():
        import_folder(embedded, path)
        return
    with Study.open(path, read_only=True) as found:
        if found.recipe() != read_manifest(embedded)["recipe"]:
            raise StudyError(f"{path} is another study: name another folder.")
