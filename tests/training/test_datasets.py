"""The data sets: what they hold, in which order, and what is said about damaged ones."""

import gzip
import tarfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pietools import bounds
from pietools.errors import TrainingError
from pietools.study_file import DataSettings
from pietools.training.data import images
from pietools.training.data.datasets import INTENSITIES, load_dataset
from pietools.training.data.datasets.idx_files import read_idx
from pietools.training.data.images import ArrayImages, FileImages

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
PICTURES = Path(__file__).parents[3] / "shared/data/cifar10"


def idx(values: np.ndarray) -> bytes:
    """Encode an array as idx."""
    sizes = np.array(values.shape, dtype=">u4").tobytes()
    return bytes([0, 0, 8, values.ndim]) + sizes + values.astype(np.uint8).tobytes()


def test_digits_are_split_by_index() -> None:
    """The halves have 898 and 899 digits, and keys that are the index in scikit-learn's data."""
    train, test = (load_dataset(DataSettings(name="digits"), split, Path()) for split in ("train", "test"))
    assert (len(train), len(test), test.keys[0]) == (898, 899, "898")
    assert test.images.read(torch.tensor([0, 1])).shape == (2, 1, 8, 8)
    assert train.content_digest() != test.content_digest()
    with pytest.raises(TrainingError, match=r"no split 'val'\. It has: train, test"):
        load_dataset(DataSettings(name="digits"), "val", Path())


def test_normalized_digits_have_mean_zero_and_std_one() -> None:
    """The stored mean and standard deviation are those of the training half."""
    train = load_dataset(DataSettings(name="digits"), "train", Path())
    pixels = train.normalize(train.images.read(torch.arange(len(train))))
    assert pixels.mean().item() == pytest.approx(0, abs=0.02)
    assert pixels.std().item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("folder", [".", "FashionMNIST/raw"])
@pytest.mark.parametrize("is_gzipped", [True, False])
def test_fashion_mnist_from_idx_files(tmp_path: Path, folder: str, is_gzipped: bool) -> None:
    """Plain or gzipped, in the folder itself or where torchvision puts them."""
    images = np.arange(3 * 28 * 28).reshape(3, 28, 28) % 251
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    for name, values in (("images-idx3", images), ("labels-idx1", np.array([9, 0, 4]))):
        content = gzip.compress(idx(values), mtime=0) if is_gzipped else idx(values)
        (tmp_path / folder / f"t10k-{name}-ubyte{'.gz' if is_gzipped else ''}").write_bytes(content)
    data = load_dataset(DataSettings(name="fashion-mnist", root="."), "test", tmp_path)
    assert (data.name, data.keys, data.labels.tolist()) == ("fashion-mnist/test", ["0", "1", "2"], [9, 0, 4])
    assert np.array_equal(data.images.read(torch.arange(3))[:, 0].numpy(), images)


IDX = idx(np.zeros((4, 5)))


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a", IDX[:-1], r"cut off: it holds 19 values and announces \(4, 5\)"),
        ("a", IDX[:10], "cut off: its header has 10 of 12 bytes"),
        ("a.gz", gzip.compress(IDX, mtime=0)[:-12], "cannot be read: EOFError"),
        ("a.gz", b"PNG!", "cannot be read: BadGzipFile"),
        ("a", b"PNG!", "no idx file"),
        ("a", idx(np.zeros(4)), "no idx file of unsigned bytes with 2 axes"),
    ],
)
def test_damaged_idx_files_are_refused(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    """Cut off, cut off while gzipped, and no idx at all: each is said in one line."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TrainingError, match=expected):
        read_idx(tmp_path / name, n_axes=2)


def test_an_idx_file_that_unpacks_beyond_reason_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small gz that becomes gigabytes is not unpacked; here a kilobyte is free."""
    monkeypatch.setattr(bounds, "GROWS_FREELY", 1000)
    monkeypatch.setattr(bounds, "MOST_GROWTH", 2)
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx(np.zeros((400, 500)))))
    with pytest.raises(TrainingError, match="would become more than 1 kB in memory"):
        read_idx(tmp_path / "a.gz", n_axes=2)


def test_missing_fashion_mnist_is_said(tmp_path: Path) -> None:
    """The line names the file that is wanted."""
    with pytest.raises(TrainingError, match="has no file train-images-idx3-ubyte"):
        load_dataset(DataSettings(name="fashion-mnist", root="."), "train", tmp_path)


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's package dataset-fashion-mnist is not installed")
def test_debians_fashion_mnist() -> None:
    """Debian's package holds 10,000 test images, 1,000 a class."""
    data = load_dataset(DataSettings(name="fashion-mnist", root=str(DEBIAN)), "test", Path())
    assert torch.bincount(data.labels).tolist() == [1000] * 10


def write_image(path: Path, value: int, size: tuple[int, int] = (12, 9)) -> None:
    """Write an image of one grey."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, value).save(path)


def test_image_folders_are_ordered_by_bytes(tmp_path: Path) -> None:
    """Z comes before a, keys are relative paths, and images are cut to RGB squares."""
    for name in ("test/zebra/b.png", "test/Ant/é.png", "test/zebra/Z.png", "test/Ant/z.png"):
        write_image(tmp_path / "photos" / name, 100)
    (tmp_path / "photos/test/zebra/notes.txt").write_text("no image")
    data = load_dataset(DataSettings(name="imagefolder:photos", resize=6, crop=4), "test", tmp_path)
    assert (data.name, data.class_names) == ("photos/test", ["Ant", "zebra"])
    assert data.keys == ["Ant/z.png", "Ant/é.png", "zebra/Z.png", "zebra/b.png"]
    assert data.labels.tolist() == [0, 0, 1, 1]
    assert data.images.read(torch.arange(4)).shape == (4, 3, 4, 4)
    assert data.transform.startswith("resize=6 crop=4 mean=")


def test_image_folders_may_have_no_splits_except_for_training(tmp_path: Path) -> None:
    """PATH/CLASS/* is evaluated as it is; training on it as well would go unnoticed."""
    write_image(tmp_path / "photos/ant/a.png", 1)
    settings = DataSettings(name="imagefolder:photos")
    assert load_dataset(settings, "test", tmp_path).keys == ["ant/a.png"]
    with pytest.raises(TrainingError, match="no folder 'train'"):
        load_dataset(settings, "train", tmp_path)
    with pytest.raises(TrainingError, match="there is no image folder"):
        load_dataset(DataSettings(name="imagefolder:fotos"), "test", tmp_path)


def test_content_digest_follows_the_files(tmp_path: Path) -> None:
    """Another pixel in one file is another data set."""
    settings = DataSettings(name="imagefolder:photos", resize=6, crop=4)
    digests = []
    for value in (1, 1, 2):
        write_image(tmp_path / "photos/ant/a.png", value)
        digests.append(load_dataset(settings, "test", tmp_path).content_digest())
    assert digests[0] == digests[1] != digests[2]


def test_files_that_fit_in_memory_are_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the limit the pixels are kept, beyond it the files are read again; pixels and digest are the same."""
    for value in range(3):
        write_image(tmp_path / f"photos/ant/{value}.png", 50 * value)
    data = load_dataset(DataSettings(name="imagefolder:photos", resize=6, crop=4), "test", tmp_path)
    decoded, cpu = [], torch.device("cpu")
    read_file = FileImages._read_file
    monkeypatch.setattr(FileImages, "_read_file", lambda self, path: decoded.append(path) or read_file(self, path))
    for _ in range(2):
        in_memory = data.images.to(cpu)
        in_memory.read(torch.tensor([2, 0]))
    assert isinstance(in_memory, ArrayImages)
    assert len(decoded) == 3
    assert in_memory.to(cpu).digest() == data.images.digest()
    assert torch.equal(in_memory.read(torch.tensor([2, 0])), data.images.read(torch.tensor([2, 0])))
    monkeypatch.setattr(images, "IN_MEMORY", 3 * 4 * 4 * 3 - 1)
    assert data.images.to(cpu) is data.images


@pytest.mark.skipif(not PICTURES.is_dir(), reason="the pictures of CIFAR-10 are not there")
def test_pictures_of_cifar10(tmp_path: Path) -> None:
    """A folder of its test images has ten classes and, nearly, the mean and deviation that the data set is known for."""
    with tarfile.open(PICTURES / "test.tar.xz") as archive:
        chosen = [member for member in archive if member.isfile() and int(Path(member.name).stem) % 10 == 0]
        archive.extractall(tmp_path / "cifar10", chosen, filter="data")
    data = load_dataset(DataSettings(name="imagefolder:cifar10", resize=32, crop=32), "test", tmp_path)
    assert (data.name, data.image_shape, data.class_names[:2]) == (
        "cifar10/test",
        (3, 32, 32),
        ["airplane", "automobile"],
    )
    assert torch.bincount(data.labels).tolist() == [100] * 10
    pixels = data.images.read(torch.arange(1000)) / 255
    mean, std = INTENSITIES["cifar10"]
    assert pixels.mean((0, 2, 3)).tolist() == pytest.approx(mean, abs=0.01)
    assert pixels.std((0, 2, 3)).tolist() == pytest.approx(std, abs=0.01)


def test_corrupt_images_are_one_line(tmp_path: Path) -> None:
    """No image, an image that is cut off, one with a broken header, and a bomb: the line names the file."""
    write_image(tmp_path / "whole.png", 1)
    whole = (tmp_path / "whole.png").read_bytes()
    size = whole.index(b"IHDR") + 4
    huge = whole[size - 4 : size] + b"\x00\x01\x00\x00" * 2 + whole[size + 8 : size + 13]
    broken = {
        "text.png": b"no image",
        "short.png": whole[:50],
        "checksum.png": whole[:20] + b"\xff" + whole[21:],
        "bomb.png": whole[: size - 4] + huge + zlib.crc32(huge).to_bytes(4, "big") + whole[size + 17 :],
    }
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(TrainingError, match=f"{name} cannot be read as an image: ") as caught:
            FileImages([tmp_path / name], resize=6, crop=4).read(torch.tensor([0]))
        assert "\n" not in str(caught.value)


def test_data_sets_of_users(tmp_path: Path) -> None:
    """A function of a module beside the STUDY.toml returns images, labels and class names."""
    (tmp_path / "coins.py").write_text(
        "import numpy as np\n"
        "def heads_or_tails(split):\n"
        "    images = np.zeros((2, 5, 4, 3), np.uint8)\n"
        "    return {'images': images, 'labels': [1, 0], 'class_names': ['heads', 'tails'], 'keys': ['x', 'y']}\n"
    )
    data = load_dataset(DataSettings(name="python:coins:heads_or_tails"), "test", tmp_path)
    assert (data.name, data.keys, data.n_channels) == ("heads_or_tails/test", ["x", "y"], 3)
    assert data.images.read(torch.tensor([0])).shape == (1, 3, 5, 4)
    for name, expected in (
        ("python:coins:edges", "has no function 'edges'"),
        ("python:purses:heads", "cannot be imported: ModuleNotFoundError"),
    ):
        with pytest.raises(TrainingError, match=expected):
            load_dataset(DataSettings(name=name), "test", tmp_path)


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ("None", "returns NoneType; a dictionary of images, labels, class_names is needed"),
        ("1 / 0", "'python:coins:data' was called with 'test' and failed: ZeroDivisionError: division by zero"),
        ("exit()", "and failed: SystemExit"),
        ("{'images': []}", "a dictionary without labels, class_names"),
        ("{**GOOD, 'images': np.zeros((2, 5, 4))}", "images are float64 of shape"),
        ("{**GOOD, 'images': [[1], [1, 2]]}", "what 'python:coins:data' returns cannot be used: ValueError"),
        ("{**GOOD, 'images': GOOD['images'][:1]}", "returns 1 images and 2 labels"),
        ("{**GOOD, 'labels': [2, 0]}", "labels from 0 to 2 do not fit 2 classes"),
        ("{**GOOD, 'labels': ['a', 'b']}", "labels are <U1 of shape"),
        ("{**GOOD, 'labels': [0.0, 1.7]}", "labels are float64 of shape"),
        ("{**GOOD, 'labels': [[0], [1]]}", r"labels are int64 of shape \(2, 1\)"),
        ("{**GOOD, 'class_names': None}", "cannot be used: TypeError"),
        ("{**GOOD, 'keys': ['x', 'x']}", "2 labels and 1 different keys"),
    ],
)
def test_functions_that_return_no_data_set_are_one_line(tmp_path: Path, returned: str, expected: str) -> None:
    """Whatever the function raises or returns, and no label is cut down to a whole number."""
    (tmp_path / "coins.py").write_text(
        "import numpy as np\n"
        "GOOD = {'images': np.zeros((2, 5, 4), np.uint8), 'labels': [1, 0], 'class_names': ['a', 'b']}\n"
        f"def data(split):\n    return {returned}\n"
    )
    with pytest.raises(TrainingError, match=expected) as caught:
        load_dataset(DataSettings(name="python:coins:data"), "test", tmp_path)
    assert "\n" not in str(caught.value)
