"""``pietools demo``: the whole way on the embedded study."""

from pathlib import Path

import click


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the study, the report and the figures.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def demo(out: Path | None, as_json: bool) -> None:
    """Analyze the embedded study.

    Sixteen dense and thirty-two pruned networks on the test pictures of Fashion-MNIST.
    With --out the study is kept too, as study.duckdb, to ask it more.
    """
    import tempfile

    from pietools.analysis import analyze
    from pietools.cli.analyze import show
    from pietools.cli.progress import progress_bar
    from pietools.exporting import import_folder
    from pietools.resources import resource
    from pietools.study import Study

    with tempfile.TemporaryDirectory() as temporary:
        folder = out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "study.duckdb"
        path.unlink(missing_ok=True)
        import_folder(resource("data", "fashion-mnist", "study"), path)
        with Study.open(path) as study, progress_bar("analyze", "steps") as on_step:
            analysis = analyze(study, on_step=on_step)
        show(analysis, out=out, as_json=as_json)
