"""What is recorded of a network: epochs in training, features and labels of layers at collect time."""

import json
import os
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image
from scipy.special import softmax
from torch import nn

from pietools.errors import CollectError, StudyFileError, TrainingError
from pietools.seal import sealed
from pietools.study import Study
from pietools.study_file import DataSettings, StudyFile
from pietools.training.checkpoints.files import SEAL
from pietools.training.checkpoints.finding import CheckpointFile, find_checkpoints
from pietools.training.checkpoints.weights import load_network
from pietools.training.collecting import collect_study
from pietools.training.data.datasets import load_dataset
from pietools.training.data.images import ArrayImages, ImageData
from pietools.training.networks import small_cnn
from pietools.training.recording.epochs import (
    EpochRecorder,
    el2n,
    ends_epoch,
    epochs_path,
    read_epochs,
    recorded_datasets,
)
from pietools.training.recording.pixel_atypicality import pixel_atypicality
from pietools.training.recording.thumbnails import thumbnails
from pietools.training.train_study import train_study
from tests.training.studies import DIGITS, ELSEWHERE, linear_study, trained_study, write_study

CPU = torch.device("cpu")
EVERYTHING = '\n[collect]\nfeatures = ["penultimate"]\nlayer_predictions = true\n'
TABLES = ["epoch_predictions", "features", "layer_predictions"]


def digits(split: str = "test") -> ImageData:
    """Half of the digits."""
    return load_dataset(DataSettings(name="digits"), split, Path())


def recorder_of(*datasets: ImageData) -> EpochRecorder:
    """Make a recorder on the CPU."""
    return EpochRecorder(datasets, batch_size=500, device=CPU)


def trained(recorder: EpochRecorder) -> tuple[nn.Module, torch.Tensor]:
    """Train with dropout, momentum and a frozen batch normalisation, recording every other step; give the random state too."""
    data = digits("train")
    inputs, labels = data.normalize(data.images.read(torch.arange(len(data)))), data.labels
    torch.manual_seed(0)
    network = small_cnn(10, 1).insert(11, nn.Dropout())
    optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9)
    network.train()
    network[1].eval()
    for step in range(8):
        batch = torch.randperm(len(data))[:64]
        loss = nn.functional.cross_entropy(network(inputs[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 2:
            recorder.after_epoch(network)
    assert [module.training for module in network] == [index != 1 for index in range(len(network))]
    return network, torch.get_rng_state()


def test_recording_leaves_no_trace_in_the_training() -> None:
    """Weights, statistics of batch normalisation, modes and random state are the same bits as without."""
    (plain, plain_state), (recorded, state) = trained(recorder_of()), trained(recorder_of(digits(), digits("train")))
    assert torch.equal(plain_state, state)
    for (name, expected), found in zip(plain.state_dict().items(), recorded.state_dict().values(), strict=True):
        assert torch.equal(expected, found), name


def test_a_network_that_is_random_in_evaluation_mode_leaves_no_trace_either() -> None:
    """What it draws while it is recorded is given back."""

    class Noisy(nn.Sequential):
        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return super().forward(inputs) + torch.randn(10)

    network = Noisy(nn.Flatten(), nn.Linear(64, 10))
    state = torch.get_rng_state()
    recorder_of(digits()).after_epoch(network)
    assert torch.equal(torch.get_rng_state(), state)


def test_el2n_is_the_length_of_the_vector_of_errors() -> None:
    """As NumPy and SciPy compute it; √(1 − 1/m) for equal logits, √2 for certainty of another class."""
    logits = torch.randn(50, 7, generator=torch.Generator().manual_seed(0)) * 5
    labels = torch.arange(50) % 7
    expected = np.linalg.norm(softmax(logits.double().numpy(), axis=1) - np.eye(7)[labels], axis=1)
    assert el2n(logits, labels).numpy() == pytest.approx(expected, abs=1e-6)
    assert el2n(torch.zeros(1, 4), torch.tensor([2])).item() == pytest.approx(0.75**0.5)
    assert el2n(torch.tensor([[100.0, 0.0]]), torch.tensor([1])).item() == pytest.approx(2**0.5)


@pytest.mark.parametrize(("n_classes", "kind"), [(10, np.uint8), (256, np.uint8), (257, np.uint16)])
def test_labels_are_kept_in_the_smallest_type(tmp_path: Path, n_classes: int, kind: type) -> None:
    """One byte up to 256 classes; labels and EL2N come back as they were, epoch by epoch."""
    data = replace(digits(), class_names=["?"] * n_classes)
    recorder = recorder_of(data)
    logits = torch.randn(3, len(data), n_classes, generator=torch.Generator().manual_seed(0))
    for epoch in logits:
        recorder.keep(data, epoch)
    path = tmp_path / "new" / "replicate_0.safetensors"
    sidecar = recorder.save(path)
    assert [file.name for file in path.parent.iterdir()] == ["replicate_0.epochs.safetensors"]
    assert (recorded_datasets(sidecar), sidecar["epochs"]["n_epochs"]) == (["digits/test"], 3)
    epochs = read_epochs(path, sidecar, "digits/test")
    assert epochs.labels.dtype == kind
    assert np.array_equal(epochs.labels, logits.argmax(2).numpy())
    assert np.array_equal(epochs.el2n[1], el2n(logits[1], data.labels).numpy())


def test_nothing_is_written_where_nothing_is_asked(tmp_path: Path) -> None:
    """A recorder without data sets needs no question in the training loop."""
    recorder = recorder_of()
    recorder.after_epoch(small_cnn(10, 1))
    assert recorder.save(tmp_path / "replicate_0.safetensors") == {}
    assert not list(tmp_path.iterdir())


def test_epochs_end_as_batches_run_out() -> None:
    """Ten images in batches of four: two steps an epoch, and the last step counts too."""
    assert [step for step in range(1, 6) if ends_epoch(step, 5, 10, 4)] == [2, 4, 5]
    assert [step for step in range(1, 4) if ends_epoch(step, 3, 10, 20)] == [1, 2, 3]


def recorded_study(folder: Path, *, collect: str = EVERYTHING) -> StudyFile:
    """Train a dense and a pruned network, and write beside each what it predicts as if after two epochs."""
    trained_study(folder, steps=10, replicates=1)
    text = DIGITS.format(steps=10, replicates=1)
    text = text.replace('"digits"\n', '"digits"\nevaluate = ["test", "train"]\n')
    study_file = write_study(folder, text.replace("steps = 10", 'steps = 10\nrecord = ["train"]') + collect)
    data = digits("train")
    for file in find_checkpoints(study_file):
        recorder = recorder_of(data)
        network = load_network(study_file, file, data, {})
        for _ in range(2):
            recorder.after_epoch(network)
        sidecar = file.path.with_suffix(".json")
        sidecar.write_text(json.dumps(sealed(json.loads(sidecar.read_text()) | recorder.save(file.path), SEAL)))
    return study_file


def penultimate(study_file: StudyFile, file: CheckpointFile, data: ImageData) -> np.ndarray:
    """Run the network without its last layer."""
    network = load_network(study_file, file, data, {}).eval()
    with torch.inference_mode():
        return network[:11](data.normalize(data.images.read(torch.arange(len(data))))).numpy()  # type: ignore[index]


def test_collect_keeps_features_layers_and_epochs(tmp_path: Path) -> None:
    """All tables cover every example of the networks; features and the last epoch are those of the network itself."""
    study_file = recorded_study(tmp_path)
    rows = collect_study(study_file)
    assert [row["recorded"] for row in rows] == [TABLES[1:], TABLES] * 2
    with Study.open(study_file.study_path, read_only=True) as study:
        features = study.features("supervised/magnitude-0.9", "digits/train")
        layers = study.layer_predictions("supervised/dense", "digits/test")
        epochs = study.epoch_predictions("supervised/dense", "digits/train")
        predicted = study.label_matrix("supervised/dense", "digits/train")[1]
        assert study.sql("select count(*) from epoch_predictions").item() == 2 * 898 * 2
    file = find_checkpoints(study_file)[1]
    assert features.shape == (1, 898, 64)
    assert features[0] == pytest.approx(penultimate(study_file, file, digits("train")), abs=1e-4)
    assert layers.names == ["0", "3", "6", "11", "softmax"]
    assert layers.labels.shape == (1, 5, 899)
    assert (layers.labels[:, 0] == digits().labels.numpy()).mean() > 0.9  # neighbours among pixels know the digits
    assert np.array_equal(epochs.labels, np.stack([predicted, predicted], axis=1))
    assert ((epochs.el2n >= 0) & (epochs.el2n <= 2**0.5)).all()


def tables(study_file: StudyFile) -> list[pl.DataFrame]:
    """Read what the study holds of predictions."""
    with Study.open(study_file.study_path, read_only=True) as study:
        return [study.sql(f"select * from {name} order by all") for name in ("evaluations", "predictions", "logits")]


@pytest.mark.slow
def test_what_is_asked_later_is_added_to_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Predictions stay as they are; a third time no network is run."""
    study_file = recorded_study(tmp_path, collect="")
    assert [row["recorded"] for row in collect_study(study_file)] == [[], ["epoch_predictions"]] * 2
    before = tables(study_file)
    study_file = write_study(tmp_path, study_file.path.read_text() + EVERYTHING)
    rows = collect_study(study_file)
    assert not any(row["is_new"] for row in rows)
    assert [row["recorded"] for row in rows] == [["features", "layer_predictions"]] * 4
    monkeypatch.delattr("pietools.training.network_runs.predict_logits")
    assert not any(row["recorded"] for row in collect_study(study_file))
    assert all(found.equals(expected) for found, expected in zip(tables(study_file), before, strict=True))


@pytest.mark.parametrize(
    ("logits", "column"), [("float32", "features"), ("float16", "features_half"), ("none", "features")]
)
def test_features_are_kept_as_the_logits_are(tmp_path: Path, logits: str, column: str) -> None:
    """As half precision if these are; as lists where there are none."""
    linear_study(tmp_path)
    study_file = write_study(tmp_path, f'{ELSEWHERE}[collect]\nlogits = "{logits}"\nfeatures = ["penultimate"]\n')
    collect_study(study_file)
    with Study.open(study_file.study_path, read_only=True) as study:
        kept = study.sql("select count(features) as features, count(features_half) as features_half from features")
        assert kept.row(0, named=True) == {"features": 0, "features_half": 0, column: 4 * 899}
        data = digits()
        pixels = data.normalize(data.images.read(torch.arange(len(data)))).flatten(1).numpy()
        expected = pixels.astype(np.float16) if logits == "float16" else pixels
        assert np.array_equal(study.features("dense"), np.stack([expected] * 2))


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("damage", ["other", "missing", "pipe"])
def test_epochs_that_are_not_those_of_the_network_are_refused(tmp_path: Path, damage: str) -> None:
    """Before anything is stored, in one line."""
    study_file = recorded_study(tmp_path)
    path = epochs_path(find_checkpoints(study_file)[1].path)
    if damage == "other":
        path.write_bytes(path.read_bytes()[:-4] + bytes(4))
    else:
        path.unlink()
    if damage == "pipe":
        os.mkfifo(path)
    expected = {
        "pipe": r"is no file but a pipe, beside replicate_0.safetensors\. Move both away",
        "other": r"is not what replicate_0.json describes. Move both away",
        "missing": "cannot be read: No such",
    }
    with pytest.raises(CollectError, match=expected[damage]) as caught:
        collect_study(study_file)
    assert "\n" not in str(caught.value)
    assert not study_file.study_path.exists()


def test_a_glob_does_not_take_epochs_for_networks(tmp_path: Path) -> None:
    """The checkpoints of another study can be named by a pattern that files beside them match too."""
    recorded_study(tmp_path)
    blocks = ELSEWHERE[ELSEWHERE.rindex("[[population]]") :].replace("runs/dense", "checkpoints/supervised/dense")
    text = ELSEWHERE[: ELSEWHERE.index("[[population]]")].replace("python:nets:linear", "small-cnn") + blocks
    study_file = write_study(tmp_path, text.replace("{replicate}.pt", "replicate_{replicate}.safetensors"))
    assert [file.replicate for file in find_checkpoints(study_file)] == ["0"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("steps = 5", 'steps = 5\nrecord = ["train"]', r"\[training\] record: 'train' is not in \[data\] evaluate, .*: test"),
        ("steps = 5", 'steps = 5\nrecord = ["test", "test"]', r"\[training\] record = .*'test' is there twice"),
        ("[[comp", "[collect]\nlayer_predictions = 1\n[[comp", r"\[collect\] layer_predictions must be true or false"),
        ("[[comp", '[collect]\nfeatures = ["last"]\n[[comp', r"\[collect\] features = 'last': Allowed: 'penultimate'"),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """With the line, what was found and what is allowed."""
    with pytest.raises(StudyFileError, match=rf"STUDY.toml line \d+: {expected}"):
        write_study(tmp_path, DIGITS.format(steps=5, replicates=1).replace(old, new))


def test_atypicality_of_pixels_is_stored_as_a_property(tmp_path: Path) -> None:
    """Of the test pictures, the same when collected again; those of white noise are the most atypical of all."""
    linear_study(tmp_path)
    study_file = write_study(tmp_path, ELSEWHERE + "[collect]\npixel_atypicality = true\n")
    for _ in range(2):
        collect_study(study_file)
    with Study.open(study_file.study_path, read_only=True) as study:
        stored = study.property("atypicality@pixels")["number"].to_numpy()
    test, train = (load_dataset(study_file.tables.data, split, tmp_path) for split in ("test", "train"))
    assert stored == pytest.approx(pixel_atypicality(test, train, 0))
    noise = torch.randint(0, 256, (len(test), *test.image_shape), generator=torch.Generator().manual_seed(0))
    odd = replace(test, images=ArrayImages(noise.to(torch.uint8)))
    assert pixel_atypicality(odd, train, 0).min() > np.median(stored)
    with pytest.raises(TrainingError, match="crop them, or collect features"):
        pixel_atypicality(replace(test, images=ArrayImages(torch.zeros(3, 3, 80, 80, dtype=torch.uint8))), train, 0)


def test_thumbnails_are_the_pictures(tmp_path: Path) -> None:
    """PNG of the size that was asked for at most, the same when collected again; large ones are reduced, colour stays."""
    linear_study(tmp_path)
    study_file = write_study(tmp_path, ELSEWHERE + "[collect]\nthumbnails = 28\n")
    for _ in range(2):
        collect_study(study_file)
    with Study.open(study_file.study_path, read_only=True) as study:
        stored = study.thumbnails()
    test = load_dataset(study_file.tables.data, "test", tmp_path)
    assert len(stored) == len(test)
    with Image.open(BytesIO(stored[5])) as picture:
        assert np.array_equal(np.asarray(picture), test.images.read(torch.tensor([5]))[0, 0].numpy())
    large = replace(test, keys=["a"], images=ArrayImages(torch.full((1, 3, 40, 80), 7, dtype=torch.uint8)))
    with Image.open(BytesIO(next(thumbnails(large, 20)))) as picture:
        assert (picture.size, picture.mode, picture.getpixel((0, 0))) == ((20, 10), "RGB", (7, 7, 7))


@pytest.mark.slow
def test_each_role_keeps_what_it_is_asked_for(tmp_path: Path) -> None:
    """Log odds alone of compressed networks, in three digits; logits of the second dense ones; the rest as its role says."""
    text = (
        DIGITS.format(steps=5, replicates=1)
        + '[[control]]\nmethod = "second-dense"\n[[control]]\nmethod = "shorter-dense"\nsteps = 3\n'
    )
    evidence = '{compressed = "log-odds", control = "labels", second_dense = "logits"}'
    study_file = write_study(
        tmp_path, f'{text}[collect]\nscalars = "float16"\nlogits = "float16"\nevidence = {evidence}\n'
    )
    train_study(study_file, 1)
    collect_study(study_file)
    with Study.open(study_file.study_path, read_only=True) as study:
        known = {
            row["name"].partition("/")[2]: (row["evidence"], row["odds"], row["loss"], row["logits"])
            for row in study.sql(
                """select p.name, any_value(e.evidence) as evidence, count(x.label_log_odds) > 0 as odds, count(x.loss) > 0 as loss,
                       exists (from logits as z where z.model_id = any_value(m.model_id)) as logits
                   from populations as p join models as m using (population_id) join evaluations as e using (model_id)
                   join predictions as x using (model_id) group by p.name"""
            ).to_dicts()
        }
        values = study.sql("select label_log_odds as odds from predictions where label_log_odds is not null")[
            "odds"
        ].to_numpy()
    assert known["dense"] == ("logits", True, True, True)
    assert known["magnitude-0.9"] == ("log-odds", True, False, False)
    assert known["dense-2"] == ("logits", True, True, True)
    assert known["dense-shorter"] == ("labels", False, False, False)
    assert np.array_equal(values, values.astype(np.float16))
