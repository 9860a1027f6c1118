"""Files that commands write: refused before the work where they cannot be, and replaced only when they are whole."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from pietools.bounds import no_file


def refuse_page(out: Path) -> None:
    """Refuse a place, before the work, unless a page can be written there and nothing else is lost by it."""
    if not out.parent.is_dir():
        raise click.ClickException(f"there is no folder {out.parent}: make it, or choose another --out.")
    if out.is_dir():
        raise click.ClickException(f"{out} is a folder: name a file, such as {out / 'page.html'}.")
    if (reason := no_file(out, may_be_absent=True)) is not None:
        raise click.ClickException(f"{reason}: choose another --out.")
    if out.exists() and not out.read_bytes()[:15].lower().startswith(b"<!doctype html"):
        raise click.ClickException(f"{out} is there and no page: choose another --out.")


def write_page(out: Path, page: str) -> None:
    """Write a page beside its place, and then put it there."""
    with tempfile.TemporaryDirectory(prefix=".pietools-", dir=out.parent) as temporary:
        made = Path(temporary) / out.name
        made.write_text(page, encoding="utf-8")
        os.replace(made, out)


@contextmanager
def made_folder(out: Path | None) -> Iterator[None]:
    """The folder is there before the work, so that a wrong one is found at once; after an error one that was made goes if empty."""
    new = [] if out is None else [one for one in (out, *out.parents) if not one.exists()]
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for one in new:
            if not any(one.iterdir()):
                one.rmdir()
        raise


@contextmanager
def into_folder(out: Path) -> Iterator[Path]:
    """A folder for files that move to ``out``, which is made, when all of them are whole; after an error nothing is there."""
    with made_folder(out), tempfile.TemporaryDirectory(prefix=".pietools-", dir=out) as temporary:
        yield Path(temporary)
        made = sorted(Path(temporary).iterdir())
        if taken := [one.name for one in made if (out / one.name).is_dir()]:
            raise click.ClickException(f"{out / taken[0]} is a folder: choose another --out.")
        for path in made:
            os.replace(path, out / path.name)
