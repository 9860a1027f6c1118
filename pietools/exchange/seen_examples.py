"""What people see of examples: their texts, and small copies of their pictures, which a folder holds under the examples' names."""

import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pietools.errors import ImportFileError
from pietools.exchange.predictions import FilePredictions
from pietools.pictures import opened
from pietools.study import Study
from pietools.study.records import Dataset

if TYPE_CHECKING:
    from PIL import Image

LONGEST_SIDE = 96  # pixels
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}


def add_texts(study: Study, target: Dataset, found: Sequence[FilePredictions], *, is_asked: bool) -> int:
    """Keep what the first file that says so says of each example; returns how many there are now.

    Texts that a program wrote beside its answers are kept once; ``is_asked``: those of a column that was named must be the same.
    """
    one = next((one for one in found if one.texts is not None), None)
    n = study.seen(target.name)[1]
    if one is None or one.texts is None:
        if is_asked:
            raise ImportFileError(f"{found[0].path} is no table: --texts names a column of one.")
        return n
    if n and not is_asked:
        return n
    place = {key: n for n, key in enumerate(target.keys)}
    keys = target.keys if one.keys is None else one.keys.to_list()
    said = {place[key]: text for key, text in zip(keys, one.texts, strict=True) if text is not None and key in place}
    study.add_texts(target.name, said)
    return study.seen(target.name)[1]


def add_pictures(study: Study, target: Dataset, folder: Path | None) -> int:
    """Keep a small copy of each example's picture; returns how many there are now.

    A picture is found by its path in the folder, its name, or its name without the ending, whichever is the example's name.

    Raises
    ------
    ImportFileError
        If the folder is none, an example has no picture or several, or one cannot be read.
    """
    if folder is None:
        return study.seen(target.name)[0]
    if not os.path.isdir(folder):
        raise ImportFileError(f"{folder} is no folder of pictures.")
    by_path, by_name = _named(folder)
    files = [by_path.get(key) or by_name.get(key, []) for key in target.keys]
    unknown = [key for key, found in zip(target.keys, files, strict=True) if len(found) != 1]
    if unknown:
        several = by_name.get(unknown[0], [])
        why = f"is the name of {len(several)} pictures" if several else "has none"
        raise ImportFileError(
            f"{folder}: {len(unknown):,} of {len(target.keys):,} examples have no picture of their own; the first, '{unknown[0]}', "
            f"{why}. A picture is named like its example, by its path in the folder or its file name."
        )
    study.add_thumbnails(target.name, [_small(found[0]) for found in files])
    return len(target.keys)


def _named(folder: Path) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
    """Pictures by their paths in the folder, and by their names, each with its ending and without."""
    by_path: dict[str, list[Path]] = {}
    by_name: dict[str, list[Path]] = {}
    inside = folder.resolve()
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()):
        if path.is_symlink() and not path.resolve().is_relative_to(inside):
            raise ImportFileError(
                f"{path} is a link that leads out of {folder}, to {path.resolve()}: if the study may show that picture, copy the "
                "folder with what its links lead to (cp -rL)."
            )
        inner = path.relative_to(folder)
        for name in (inner.as_posix(), inner.with_suffix("").as_posix()):
            by_path.setdefault(name, []).append(path)
        for name in (path.name, path.stem):
            by_name.setdefault(name, []).append(path)
    return by_path, by_name


def _small(path: Path) -> bytes:
    """A picture as PNG, no side longer than 96 pixels."""
    from PIL import ImageOps

    try:
        with opened(path) as image:
            image.draft("RGB", (2 * LONGEST_SIDE, 2 * LONGEST_SIDE))
            turned = ImageOps.exif_transpose(_eight_bits(image))
            turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            stream = BytesIO()
            turned.save(stream, "PNG", optimize=True, icc_profile=None)
    except (OSError, ValueError, SyntaxError) as error:
        raise ImportFileError(f"{path} is no picture that can be read: {str(error).splitlines()[0]}") from None
    return stream.getvalue()


def _eight_bits(image: "Image.Image") -> "Image.Image":
    """A picture of eight bits: of more bits, or fractions, the darkest becomes black, and the brightest white."""
    from PIL import Image

    if image.mode in ("I", "I;16", "I;16B", "I;16L", "F"):
        values = np.asarray(image, np.float64)
        low, high = float(values.min()), float(values.max())
        return Image.fromarray(np.round((values - low) * 255 / ((high - low) or 1)).astype(np.uint8))
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")
