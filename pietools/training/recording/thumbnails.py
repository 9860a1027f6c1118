"""Small pictures of the examples, for people to look at: as PNG, which loses nothing and opens everywhere."""

from collections.abc import Iterator
from io import BytesIO

import torch
from PIL import Image

from pietools.training.data.images import ImageData

AT_ONCE = 500


def thumbnails(data: ImageData, longest: int) -> Iterator[bytes]:
    """PNG of every example in turn: as it is if no side is longer than so many pixels, else reduced to that."""
    for indices in torch.arange(len(data)).split(AT_ONCE):
        for pixels in data.images.read(indices).cpu().numpy():
            channels_last = pixels.transpose(1, 2, 0)
            image = Image.fromarray(channels_last[:, :, 0] if len(pixels) == 1 else channels_last[:, :, :3])
            image.thumbnail((longest, longest))
            stream = BytesIO()
            image.save(stream, "PNG", optimize=True)
            yield stream.getvalue()
