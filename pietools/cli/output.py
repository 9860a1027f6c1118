"""What is printed: names without what a terminal would obey, and where it has few letters, their likes."""

import codecs
import sys
import unicodedata

import click

PLAIN = "pietools-plain"
LIKES = {
    "−": "-",
    "–": "-",
    "—": "-",
    "→": "->",
    "±": "+/-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "×": "x",
    "…": "...",
    "·": "-",
    "κ": "kappa",
}
LIKES |= {"‘": "'", "’": "'", "“": '"', "”": '"', "²": "2", "δ": "delta", "α": "alpha", "β": "beta"}


def print_what_can_be() -> None:
    """Let stdout and stderr write any text in whatever encoding they have."""
    codecs.register_error(PLAIN, _plain)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and codecs.lookup(stream.encoding or "ascii").name != "utf-8":
            stream.reconfigure(errors=PLAIN)


def visible(text: str) -> str:
    """A text without characters that move the cursor, set colours, or turn the direction of writing: a name may hold any."""
    return "".join(
        one if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cf", "Cs") else "\N{REPLACEMENT CHARACTER}"
        for one in text
    )


def say(text: str, *, err: bool = False) -> None:
    """Print a text that holds names."""
    click.echo(visible(text), err=err)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(LIKES.get(one, "?") for one in error.object[error.start : error.end]), error.end
