"""Opens pictures that somebody else made: of the usual formats, and of a size that fits."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from pietools.bounds import no_file

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""Pillow knows more, and goes by what is in a file: a picture of PostScript, whatever its name, it would run."""
# The filters of warnings are those of all threads.
FILTERS = Lock()


@contextmanager
def opened(path: Path) -> "Iterator[Image.Image]":
    """A picture, not decoded yet.

    Raises
    ------
    OSError, ValueError, SyntaxError
        If it is none, or larger than Pillow takes for a picture (:data:`PIL.Image.MAX_IMAGE_PIXELS`, 89 million pixels).
    """
    from PIL import Image

    if (reason := no_file(path)) is not None:
        raise OSError(reason)
    with FILTERS, warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(path, formats=FORMATS)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise ValueError(str(error)) from None
    with image:
        yield image
