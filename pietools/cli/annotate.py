"""``pietools annotate``: people code hit examples among others, without knowing which is which."""

from pathlib import Path

import click

from pietools.cli.output import say
from pietools.cli.waiting import waiting


@click.command()
@click.argument("study", type=click.Path(path_type=Path, readable=False))
@click.option("--annotator", prompt="Who codes", metavar="NAME", help="Who codes; each person has a name.")
@click.option(
    "--only",
    "compressed",
    metavar="COMPRESSED",
    help="Whose hit examples; the population with most of them unless given.",
)
@click.option(
    "--pairs",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="Hit examples of a new sample, each with another of its class, about as hard.",
)
@click.option(
    "--codebook",
    type=click.Path(path_type=Path, readable=False),
    help="TOML with [[category]], name and meaning each; the categories of Hooker et al. (2019) unless given.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the sample.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on this machine; a free one unless given.")
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
@waiting
def annotate(
    study: Path,
    annotator: str,
    compressed: str | None,
    pairs: int,
    codebook: Path | None,
    seed: int,
    port: int,
    no_browser: bool,
    wait: float,
) -> None:
    """Code examples of STUDY by hand: those that were hit among others as hard.

    A page on this machine shows one example after another in random order, and asks which categories apply. Nobody is told which
    were hit. Each answer is stored in the study at once; the same command goes on where it ended, and with another --annotator
    another person codes the same examples. What was found: pietools annotations STUDY.
    """
    import webbrowser
    from threading import Thread
    from unicodedata import normalize

    from pietools.errors import StudyError
    from pietools.study import Study

    annotator = " ".join(normalize("NFC", annotator).split())
    if not annotator:
        raise StudyError("somebody must code: give --annotator a name.")
    with Study.open(study, wait=wait) as opened:
        from pietools.annotation.codebook import read_codebook
        from pietools.annotation.coding import Coding
        from pietools.annotation.sampling import sample_of
        from pietools.annotation.server import Server

        if like := [one for one in opened.annotators() if one != annotator and one.casefold() == annotator.casefold()]:
            raise StudyError(f"'{like[0]}' coded here: the same person has the same name, and another needs another.")
        categories = None if codebook is None else read_codebook(codebook)
        sample = sample_of(opened, compressed, n=pairs, codebook=categories, seed=seed)
        coding = Coding(opened, sample, annotator)
        with Server(coding, port) as server:
            say(f"{sample.compressed}: {coding.n} examples, half of them hit. Ctrl-C ends; what was coded is stored.")
            say(server.address)
            if not no_browser:  # in a thread: a browser of the terminal returns when it is closed
                Thread(target=webbrowser.open, args=[server.address], daemon=True).start()
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                n_coded = sum(one is not None for one in coding.said())
                say(f"\n{coding.annotator} coded {n_coded} of {coding.n}. What was found: pietools annotations {study}")
