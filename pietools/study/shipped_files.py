"""Finds the files of sql/ and data/: inside the package of a wheel, at the top of a checkout or editable install."""

from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def resource(*parts: str) -> Path:
    """Path of a shipped file or folder, for example ``resource("sql", "macros.sql")``.

    Raises
    ------
    FileNotFoundError
        If it is in neither place: the installation is broken.
    """
    for root in (PACKAGE, PACKAGE.parent):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"pietools is installed without {'/'.join(parts)}: install it again")


def sql_text(name: str) -> str:
    """Text of a file of sql/, whatever the encoding of the locale."""
    return resource("sql", name).read_text(encoding="utf-8")
