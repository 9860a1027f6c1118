"""What is printed where the terminal has few letters: signs become their likes in ASCII, other letters a question mark."""

import codecs
import sys

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


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(LIKES.get(one, "?") for one in error.object[error.start : error.end]), error.end
