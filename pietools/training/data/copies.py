"""Altered copies of data sets, as the tables [[data.copy]] ask for them."""

import math
from collections.abc import Sequence
from dataclasses import replace

from pietools.study_file import CopySpec, DataSettings, name_copies
from pietools.training.data.corrupted_images import CorruptedImages
from pietools.training.data.corruptions import check_channels
from pietools.training.data.images import IN_MEMORY, ExampleProperty, ImageData
from pietools.training.data.label_noise import plant_label_noise

PLANTED = "planted_label_noise"
"""Property of the examples of a copy with label noise: 1 where the label was replaced, else 0."""


def alter_datasets(settings: DataSettings, splits: Sequence[ImageData]) -> list[ImageData]:
    """Make the altered copies of splits that are loaded; corrupted images are kept if all of them take little room.

    Raises TrainingError if a corruption cannot be applied to the images, or label noise would plant nothing.
    """
    sources = {data.name: data for data in splits}
    specs = name_copies(settings)
    corrupted = [sources[spec.source] for spec in specs if spec.severity is not None]
    is_kept = sum(len(data) * math.prod(data.image_shape) for data in corrupted) <= IN_MEMORY
    # Once per split: for files on disk it reads all of them.
    digests = {data.name: data.images.digest() for data in {data.name: data for data in corrupted}.values()}
    return [_altered(sources[spec.source], spec, digests.get(spec.source, ""), is_kept=is_kept) for spec in specs]


def _altered(data: ImageData, spec: CopySpec, digest: str, *, is_kept: bool) -> ImageData:
    if spec.severity is None:
        return _relabelled(data, spec)
    check_channels(data.name, spec.alteration, data.n_channels)
    images = CorruptedImages(data.images, digest, data.keys, spec.alteration, spec.severity, spec.seed, is_kept)
    # A copy inherits the properties of its source.
    return replace(data, name=spec.name, images=images, properties=[], altered=spec)


def _relabelled(data: ImageData, spec: CopySpec) -> ImageData:
    labels = plant_label_noise(data.labels, len(data.class_names), spec.rate or 0, spec.seed)
    planted = ExampleProperty(PLANTED, "pietools", (labels != data.labels).numpy())
    return replace(data, name=spec.name, labels=labels, properties=[planted], altered=spec)
