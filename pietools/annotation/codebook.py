"""The categories that people code, from a file of TOML, or those of the literature."""

import tomllib
from pathlib import Path
from typing import Any

from pietools.bounds import no_file
from pietools.errors import StudyError
from pietools.study import Category

DEFAULT = (
    Category(
        "wrong or inadequate label", "The given class is wrong, or not enough is to be seen to say that it is right."
    ),
    Category("several classes", "Several classes fit, such as where several objects are to be seen."),
    Category("corrupted", "Blurred, pixelated, cut off, in odd colours, or with text or a frame on it."),
    Category("abstract", "A drawing, a painting, a sculpture or a toy of the thing."),
    Category("fine-grained", "It takes an expert to tell the class from another that looks alike."),
)
"""After the human study of Hooker et al. (2019), arXiv 1911.05248."""
MOST = 9  # as many as there are keys from 1 to 9
LONGEST = 1_000_000  # bytes of a file
EXAMPLE = '[[category]] with name = "…" and meaning = "…"'


def read_codebook(path: Path) -> tuple[Category, ...]:
    """Categories of a TOML file: a table ``[[category]]`` with ``name`` and ``meaning`` for each.

    Raises
    ------
    pietools.errors.StudyError
        If the file cannot be read, or is no codebook.
    """
    try:
        if (reason := no_file(path, may_be_absent=True)) is not None:
            raise StudyError(f"{reason}: name a file of categories, such as codebook.toml.")
        if path.stat().st_size > LONGEST:
            raise StudyError(f"{path} is no codebook: it has more than a million bytes.")
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(f"cannot read {path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path} is no TOML: {error}.") from error
    rows = content.get("category")
    if set(content) != {"category"} or not isinstance(rows, list) or not rows:
        raise StudyError(
            f"{path} is no codebook: it has {', '.join(content) or 'nothing'}, and needs {EXAMPLE} for each category."
        )
    found = tuple(_category(path, row) for row in rows)
    if len({one.name for one in found}) < len(found) or len(found) > MOST:
        raise StudyError(f"{path} has {len(found)} categories: 1 to {MOST} are coded, each with a name of its own.")
    return found


def _category(path: Path, row: Any) -> Category:
    found = [row.get(name) for name in ("name", "meaning")] if isinstance(row, dict) and len(row) == 2 else []
    texts = [text.strip() for text in found if isinstance(text, str) and text.strip()]
    if len(texts) < 2:
        raise StudyError(f"{path}: a category is {row!r:.80}, and must be {EXAMPLE}.")
    return Category(*texts)
