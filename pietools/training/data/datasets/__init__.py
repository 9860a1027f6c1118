"""The data sets that [data] can name, split by split."""

from collections.abc import Callable
from pathlib import Path

from pietools.errors import TrainingError
from pietools.study_file import DataSettings
from pietools.training.data.datasets.celeba import load_celeba
from pietools.training.data.datasets.cifar import load_cifar
from pietools.training.data.datasets.content import Content
from pietools.training.data.datasets.digits import load_digits
from pietools.training.data.datasets.fashion_mnist import load_fashion_mnist
from pietools.training.data.datasets.image_folder import load_image_folder
from pietools.training.data.datasets.user import load_from_user
from pietools.training.data.images import FileImages, ImageData

LOADERS: dict[str, Callable[[DataSettings, str, Path], Content]] = {
    "digits": load_digits,
    "fashion-mnist": load_fashion_mnist,
    "cifar10": load_cifar,
    "cifar100": load_cifar,
    "celeba": load_celeba,
    "imagefolder": load_image_folder,
    "python": load_from_user,
}
IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
# Mean and standard deviation of the training images' intensities; those of ImageNet for folders and faces.
INTENSITIES = {
    "digits": ([0.3053], [0.3761]),
    "fashion-mnist": ([0.2860], [0.3530]),
    "cifar10": ([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]),
    "cifar100": ([0.5071, 0.4865, 0.4409], [0.2673, 0.2564, 0.2762]),
    "celeba": IMAGENET,
    "imagefolder": IMAGENET,
    "python": ([0.0], [1.0]),
}


def load_dataset(settings: DataSettings, split: str, folder: Path) -> ImageData:
    """Load one split; relative paths start from `folder`.

    Raises TrainingError if the data are missing, damaged, or have no such split.
    """
    kind = settings.name.partition(":")[0]
    content = LOADERS[kind](settings, split, folder)
    mean, std = settings.mean or INTENSITIES[kind][0], settings.std or INTENSITIES[kind][1]
    images = content.images
    sizes = f"resize={images.resize} crop={images.crop} " if isinstance(images, FileImages) else ""
    data = ImageData(
        name=f"{settings.label}/{split}",
        split=split,
        keys=content.keys,
        images=images,
        labels=content.labels,
        class_names=content.class_names,
        mean=mean,
        std=std,
        transform=f"{sizes}mean={mean} std={std}",
        properties=content.properties,
    )
    _check(data)
    return data


def _check(data: ImageData) -> None:
    if len({len(data), len(data.labels), len(set(data.keys))}) != 1 or len(data) == 0:
        raise TrainingError(f"{data.name}: {len(data.labels)} labels and {len(set(data.keys))} different keys.")
    if data.labels.min() < 0 or data.labels.max() >= len(data.class_names):
        found = f"{int(data.labels.min())} to {int(data.labels.max())}"
        raise TrainingError(f"{data.name}: labels from {found} do not fit {len(data.class_names)} classes.")
    for key, values in (("mean", data.mean), ("std", data.std)):
        if len(values) not in (1, data.n_channels):
            raise TrainingError(
                f"[data] {key} has {len(values)} values, and the images have {data.n_channels} channels."
            )
