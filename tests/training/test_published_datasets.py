"""CIFAR and CelebA, from small files in the form of the published ones."""

import os
import pickle
import struct
from hashlib import md5
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pietools.errors import TrainingError
from pietools.study import Study
from pietools.study_file import DataSettings, read_study_file
from pietools.training.collecting import collect_study
from pietools.training.data.datasets import load_dataset
from pietools.training.networks import build_network

FACES = """\
[study]
file = "faces.duckdb"
[data]
name = "celeba"
root = "."
target = "Blond_Hair"
resize = 16
crop = 16
[[population]]
name = "dense"
role = "dense"
checkpoints = "dense/*.pt"
"""
# In the form of the published file: blanks before positive numbers and at the end of the header.
ATTRIBUTES = """\
8
Blond_Hair Male Young \n\
000001.jpg  1 -1  1
000002.jpg -1 -1  1
000003.jpg  1  1 -1
000004.jpg -1  1  1
000005.jpg -1  1 -1
000006.jpg  1 -1  1
000007.jpg -1 -1 -1
000008.jpg -1  1  1
"""
PARTITION = "".join(f"00000{index}.jpg {max(0, index - 1) if index < 4 else 2}\n" for index in range(1, 9))


class Python2Pickler(pickle._Pickler):
    """Writes what Python 2 wrote, with which CIFAR was made: bytes for texts, and 0 and 1 where a type has booleans."""

    def _save_bytes(self, content: bytes) -> None:
        self.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)

    dispatch = {**pickle._Pickler.dispatch, bytes: _save_bytes}  # noqa: RUF012

    def reducer_override(self, value: object) -> Any:
        """Change only the types of arrays."""
        if isinstance(value, np.dtype):
            return np.dtype, (value.str[1:], 0, 1), value.__reduce__()[2]
        return NotImplemented


@pytest.fixture
def cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write both data sets, two images a file, whose MD5 torchvision expects from then on."""
    from torchvision.datasets import CIFAR10, CIFAR100

    labels = {CIFAR10: b"labels", CIFAR100: b"fine_labels"}
    for source, n_classes in ((CIFAR10, 10), (CIFAR100, 100)):
        folder = tmp_path / source.base_folder
        folder.mkdir()
        for files in ("train_list", "test_list"):
            sums = []
            for name, _ in getattr(source, files):
                pixels = np.random.default_rng(len(name)).integers(256, size=(2, 3072), dtype=np.uint8)
                content = {b"data": pixels, labels[source]: [n_classes - 1, 3], b"filenames": [b"a.png", b"b.png"]}
                sums.append([name, write_pickle(folder / name, content)])
            monkeypatch.setattr(source, files, sums)
        names = [f"class {index}".encode() for index in range(n_classes)]
        checksum = write_pickle(folder / source.meta["filename"], {source.meta["key"].encode(): names})
        monkeypatch.setattr(source, "meta", {**source.meta, "md5": checksum})
    return tmp_path


def write_pickle(path: Path, content: dict[bytes, Any]) -> str:
    """Write a file as Python 2 and its NumPy would and return its MD5."""
    with BytesIO() as file:
        Python2Pickler(file, protocol=2).dump(content)
        path.write_bytes(file.getvalue().replace(b"numpy._core.multiarray\n", b"numpy.core.multiarray\n"))
    return md5(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(("name", "n_train", "n_classes"), [("cifar10", 10, 10), ("cifar100", 2, 100)])
def test_cifar_as_torchvision_keeps_it(cifar: Path, name: str, n_train: int, n_classes: int) -> None:
    """All batches in their order, fine labels, planes of red, green and blue; keys are the index."""
    settings = DataSettings(name=name, root=".")
    train, test = (load_dataset(settings, split, cifar) for split in ("train", "test"))
    assert (train.name, len(train), len(test)) == (f"{name}/train", n_train, 2)
    assert test.keys == ["0", "1"]
    assert train.labels.tolist() == [n_classes - 1, 3] * (n_train // 2)
    assert test.class_names == [f"class {index}" for index in range(n_classes)]
    file = {"cifar10": "test_batch", "cifar100": "test"}[name]
    stored = np.random.default_rng(len(file)).integers(256, size=(2, 3072), dtype=np.uint8)
    pixels = test.images.read(torch.tensor([1]))[0]
    assert pixels.shape == (3, 32, 32)
    assert pixels[2, 5, 7] == stored[1, 2 * 1024 + 5 * 32 + 7]
    with pytest.raises(TrainingError, match=rf"{name} has no split 'valid'\. It has: train, test"):
        load_dataset(settings, "valid", cifar)


def test_damaged_cifar_is_one_line(cifar: Path) -> None:
    """A changed byte, a missing file and a missing folder; no pickle is opened whose MD5 is not the known one."""
    settings = DataSettings(name="cifar10", root=".")
    batch = cifar / "cifar-10-batches-py" / "data_batch_3"
    batch.write_bytes(batch.read_bytes()[:-1] + b"!")
    with pytest.raises(TrainingError, match=r"cifar-10-batches-py is damaged: .* Unpack cifar-10-python.tar.gz again"):
        load_dataset(settings, "train", cifar)
    batch.unlink()
    with pytest.raises(TrainingError, match="cifar-10-batches-py is damaged: a file is missing"):
        load_dataset(settings, "train", cifar)
    with pytest.raises(TrainingError, match=r"there is no folder .*unpack cifar-100-python.tar.gz in .*elsewhere, or"):
        load_dataset(DataSettings(name="cifar100", root="elsewhere"), "train", cifar)


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """Write eight faces: one to train on, one to validate, six to test."""
    (tmp_path / "celeba/img_align_celeba").mkdir(parents=True)
    (tmp_path / "celeba/list_attr_celeba.txt").write_text(ATTRIBUTES)
    (tmp_path / "celeba/list_eval_partition.txt").write_text(PARTITION)
    for index in range(1, 9):
        noise = np.random.default_rng(index).integers(256, size=(218, 178, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / f"celeba/img_align_celeba/00000{index}.jpg")
    return tmp_path


def test_celeba_makes_one_attribute_the_class(faces: Path) -> None:
    """The others become properties, true or false; keys are the files of the split."""
    settings = DataSettings(name="celeba", root=".", target="Blond_Hair")
    test = load_dataset(settings, "test", faces)
    assert (test.name, test.class_names) == ("celeba/test", ["not Blond_Hair", "Blond_Hair"])
    assert test.keys == [f"00000{index}.jpg" for index in range(3, 9)]
    assert test.labels.tolist() == [1, 0, 0, 1, 0, 0]
    assert [(name, source, values.tolist()) for name, source, values in test.properties] == [
        ("Male", "CelebA", [True, True, True, False, False, True]),
        ("Young", "CelebA", [False, True, False, True, False, True]),
    ]
    assert test.image_shape == (3, 128, 128)
    assert [len(load_dataset(settings, split, faces)) for split in ("train", "valid")] == [1, 1]
    inside = DataSettings(name="celeba", root="celeba", target="Blond_Hair")
    assert load_dataset(inside, "test", faces).content_digest() == test.content_digest()


@pytest.mark.usefixtures("soon")
def test_a_pipe_among_the_images(faces: Path) -> None:
    """It is opened neither for the digest nor for the pixels."""
    image = faces / "celeba/img_align_celeba/000008.jpg"
    image.unlink()
    os.mkfifo(image)
    test = load_dataset(DataSettings(name="celeba", root=".", target="Blond_Hair"), "test", faces)
    for read in (test.content_digest, lambda: test.images.read(torch.tensor([5]))):
        with pytest.raises(TrainingError, match=r"000008\.jpg is no file but a pipe"):
            read()


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("list_attr_celeba.txt", "Blond", "Brown", r"no attribute 'Blond_Hair'\. .*It has: Brown_Hair, Male, Young"),
        ("list_attr_celeba.txt", "000008.jpg -1  1  1\n", "", "cut off: it announces 8 images and lists 7"),
        ("list_attr_celeba.txt", "000008.jpg -1  1  1", "000008.jpg -1  1", "list_attr_celeba.txt cannot be read: ValueE"),
        ("list_attr_celeba.txt", "000008.jpg -1", "000008.jpg 0", "holds other values than 1 and -1"),
        ("list_attr_celeba.txt", "000008.jpg", "../../8.jpg", r"lists '\.\./\.\./8\.jpg', which is no name of a file in img_align"),
        ("list_attr_celeba.txt", "8\n", "", "list_attr_celeba.txt cannot be read: ValueError"),
        ("list_eval_partition.txt", "000008.jpg 2\n", "", "list_eval_partition.txt and list_attr_celeba.txt list different"),
        ("list_eval_partition.txt", "000008.jpg 2", "000008.jpg x", "list_eval_partition.txt cannot be read: ValueError"),
        ("list_eval_partition.txt", " 2", " 1", "celeba/test: 0 labels"),
    ],
)  # fmt: skip
def test_damaged_celeba_is_one_line(faces: Path, file: str, old: str, new: str, expected: str) -> None:
    """Another attribute, lines that are missing or too short, other numbers: the line names the file."""
    path = faces / "celeba" / file
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(TrainingError, match=expected) as caught:
        load_dataset(DataSettings(name="celeba", root=".", target="Blond_Hair"), "test", faces)
    assert "\n" not in str(caught.value)


def test_missing_celeba_is_one_line(faces: Path) -> None:
    """A missing folder, an unknown split, and a face that is listed and not there."""
    settings = DataSettings(name="celeba", root=".", target="Male")
    with pytest.raises(TrainingError, match=r"nowhere/list_attr_celeba.txt cannot be read: No such file"):
        load_dataset(DataSettings(name="celeba", root="nowhere", target="Male"), "test", faces)
    with pytest.raises(TrainingError, match=r"celeba has no split 'val'\. It has: train, valid, test"):
        load_dataset(settings, "val", faces)
    (faces / "celeba/img_align_celeba/000004.jpg").unlink()
    with pytest.raises(TrainingError, match=r"000004.jpg cannot be read: No such file"):
        load_dataset(settings, "test", faces).content_digest()


def test_attributes_of_celeba_are_subgroups_of_the_study(faces: Path) -> None:
    """Collected, every attribute but the class is a property, and a group's accuracy is that of its faces."""
    (faces / "dense").mkdir()
    for seed in range(2):
        torch.manual_seed(seed)
        torch.save(build_network("small-cnn", 2, 3, Path()).state_dict(), faces / "dense" / f"{seed}.pt")
    (faces / "STUDY.toml").write_text(FACES)
    study_file = read_study_file(faces / "STUDY.toml")
    collect_study(study_file)
    assert not any(row["is_new"] for row in collect_study(study_file))
    with Study.open(study_file.study_path, read_only=True) as study:
        assert study.properties().select("property", "source", "n").rows() == [
            ("Male", "CelebA", 6),
            ("Young", "CelebA", 6),
        ]
        rates = study.subgroup_rates("dense", "Male")
        predicted = study.sql("select model_id, predicted_label from predictions order by model_id, example_id")
    for (model_id,), labels in predicted.group_by("model_id"):
        is_right = labels["predicted_label"].to_numpy() == [1, 0, 0, 1, 0, 0]
        is_male = np.array([True, True, True, False, False, True])
        found = rates.filter(model_id=model_id).sort("group_id")
        assert found["n_examples"].to_list() == [2, 4]
        assert found["accuracy"].to_list() == [is_right[~is_male].mean(), is_right[is_male].mean()]
