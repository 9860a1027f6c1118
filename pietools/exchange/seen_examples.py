"""What people see of examples: their texts, and small copies of their pictures, which a folder holds under the examples' names."""

import warnings
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from pietools.errors import ImportFileError
from pietools.exchange.predictions import FilePredictions
from pietools.study import Study
from pietools.study.records import Dataset

LONGEST_SIDE = 96  # pixels
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}


def add_texts(study: Study, target: Dataset, found: Sequence[FilePredictions]) -> int:
    """Keep what the first file that says so says of each example, unless texts are there; returns how many there are now."""
    one = next((one for one in found if one.texts is not None), None)
    stored = study.texts(target.name)
    if one is None or one.texts is None or stored:
        return len(stored)
    place = {key: n for n, key in enumerate(target.keys)}
    keys = target.keys if one.keys is None else one.keys.to_list()
    said = {place[key]: text for key, text in zip(keys, one.texts, strict=True) if text is not None and key in place}
    study.add_texts(target.name, said)
    return len(study.texts(target.name))


def add_pictures(study: Study, target: Dataset, folder: Path | None) -> int:
    """Keep a small copy of each example's picture; returns how many there are now.

    A picture is found by its path in the folder, its name, or its name without the ending, whichever is the example's name.

    Raises
    ------
    ImportFileError
        If the folder is none, an example has no picture or several, or one cannot be read.
    """
    if folder is None:
        return len(study.thumbnails(target.name))
    if not folder.is_dir():
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
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()):
        inner = path.relative_to(folder)
        for name in (inner.as_posix(), inner.with_suffix("").as_posix()):
            by_path.setdefault(name, []).append(path)
        for name in (path.name, path.stem):
            by_name.setdefault(name, []).append(path)
    return by_path, by_name


def _small(path: Path) -> bytes:
    """A picture as PNG, no side longer than 96 pixels."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
                image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                is_plain = image.mode in ("L", "RGB", "RGBA", "P")
                stream = BytesIO()
                (image if is_plain else image.convert("RGB")).save(stream, "PNG", optimize=True)
    except (
        UnidentifiedImageError,
        OSError,
        Image.DecompressionBombWarning,
        Image.DecompressionBombError,
        ValueError,
        SyntaxError,
    ) as error:
        raise ImportFileError(f"{path} is no picture that can be read: {str(error).splitlines()[0]}") from None
    return stream.getvalue()
