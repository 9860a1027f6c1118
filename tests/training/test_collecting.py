"""`collect`: predictions into the study, once, and only right ones."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from pietools.errors import CollectError, PietoolsError
from pietools.statistics.tools.scalars import scalars_from_logits
from pietools.study import Study
from pietools.study_file import StudyFile
from pietools.training.checkpoints.finding import find_checkpoints
from pietools.training.checkpoints.weights import load_network
from pietools.training.collecting import collect_study
from pietools.training.data.datasets import load_dataset
from pietools.training.networks import build_network
from pietools.training.prediction import predict_logits
from pietools.training.study_description import references_first
from pietools.training.train_study import plan_units
from pietools.training.unit_training import train_unit
from tests.training.studies import (
    ELSEWHERE,
    changed_study,
    digits_study,
    linear_study,
    stored_predictions,
    trained_study,
    write_study,
)

PHOTOS = """\
[study]
file = "photos.duckdb"
network = "resnet18"
[data]
name = "imagefolder:photos"
evaluate = ["val"]
resize = 40
crop = 32
[[population]]
name = "dense"
role = "dense"
checkpoints = "dense/*.pt"
[[population]]
name = "int8"
role = "compressed"
reference = "dense"
bits = 8
checkpoints = "int8/*.pt"
[collect]
logits = "float16"
autocast = "bfloat16"
batch_size = 3
"""


EVIDENCE = """\
[collect]
evidence = {compressed = "labels", copies = "scalars"}
"""


def test_predictions_are_those_of_the_networks(tmp_path: Path) -> None:
    """Logits and scalars in the study equal those of a plain forward pass, for each of the four networks."""
    study_file = trained_study(tmp_path)
    rows = collect_study(study_file)
    assert [(row["population"], row["replicate"], row["is_new"]) for row in rows] == [
        ("supervised/dense", "0", True),
        ("supervised/dense", "1", True),
        ("supervised/magnitude-0.9", "0", True),
        ("supervised/magnitude-0.9", "1", True),
    ]
    stored = stored_predictions(study_file)
    assert stored.height == 4 * 899
    data = load_dataset(study_file.tables.data, "test", tmp_path)
    file = find_checkpoints(study_file)[3]
    network = load_network(study_file, file, data, {})
    logits = predict_logits(network, data, torch.arange(899), batch_size=500, device=torch.device("cpu")).numpy()
    last = stored.tail(899)
    expected = scalars_from_logits(logits, data.labels.numpy())
    for column in expected.columns:
        assert last[column].to_list() == pytest.approx(expected[column].to_list(), abs=1e-5)
    assert rows[3]["accuracy"] == (logits.argmax(1) == data.labels.numpy()).mean()


def test_study_knows_its_networks(tmp_path: Path) -> None:
    """Realised sparsity, size, seed, reference and the resolved STUDY.toml are in the study."""
    study_file = trained_study(tmp_path)
    collect_study(study_file)
    with Study.open(study_file.study_path, read_only=True) as study:
        models = study.sql("select realised_sparsity, seed, n_bytes from models order by model_id")
        assert models["realised_sparsity"].to_list() == [0, 0, 0.9, 0.9]
        assert models["seed"].to_list()[:2] == models["seed"].to_list()[2:]
        assert models["n_bytes"].min() > 90_000
        assert study.is_paired("supervised/dense", "supervised/magnitude-0.9")
        recipe = study.recipe()
        assert recipe is not None
        assert recipe == study_file.as_dict()


def test_an_untrained_network_is_said(tmp_path: Path) -> None:
    """The line gives the command that trains it, and no study is made."""
    study_file = digits_study(tmp_path)
    with pytest.raises(CollectError, match=r"no finished network.*pietools train"):
        collect_study(study_file)
    assert not study_file.study_path.exists()


def test_another_recipe_is_refused(tmp_path: Path) -> None:
    """Networks are not collected under a recipe that they were not trained with."""
    trained_study(tmp_path)
    with pytest.raises(CollectError, match=r"training\.steps was 20 and is now 21"):
        collect_study(digits_study(tmp_path, steps=21))


def test_networks_trained_elsewhere_are_matched_by_name(tmp_path: Path) -> None:
    """{replicate}, key and strip_prefix find the weights; the reference may come later in the file."""
    study_file = linear_study(tmp_path)
    rows = collect_study(study_file)
    assert [(row["population"], row["replicate"]) for row in rows] == [
        ("pruned", "a"),
        ("pruned", "b"),
        ("dense", "a"),
        ("dense", "b"),
    ]
    with Study.open(study_file.study_path, read_only=True) as study:
        assert study.is_paired("dense", "pruned")


def test_networks_without_names_are_not_matched(tmp_path: Path) -> None:
    """A glob without {replicate} leaves the replicate null."""
    linear_study(tmp_path)
    study_file = write_study(tmp_path, ELSEWHERE.replace("dense/{replicate}.pt", "dense/*.pt"))
    assert [row["replicate"] for row in collect_study(study_file)] == ["a", "b", None, None]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('key = "state"', 'key = "model"', r"has no key 'model'. It has: state"),
        ('key = "state"\n', "", r"is no state dict: set \[\[population\]\] key. It has: state"),
        ('strip_prefix = "module."\n', "", r"it lacks 1.bias, 1.weight; it has module.1.bias, module.1.weight"),
        ("runs/dense", "runs/dens", r"population 'dense': no file matches"),
        ("dense/{replicate}", "**/{replicate}", "are both replicate 'model' of 'dense'"),
        ("python:nets:linear", "python:nets:noisy", "something random is left in the network"),
        ("dense/{replicate}", "dense/[{replicate}]", "no file matches"),
        ('reference = "dense"', 'reference = "dense"\nnetwork = "resnet18"', "it lacks bn1.bias"),
    ],
)
def test_networks_that_do_not_fit_are_refused(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """Each reason is one line."""
    linear_study(tmp_path)
    text = ELSEWHERE.replace("*_{replicate}", "x_{replicate}").replace(old, new)
    with pytest.raises(PietoolsError, match=expected) as caught:
        collect_study(write_study(tmp_path, text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("tall", "dense replicate a fails on digits/test: RuntimeError: .*mat1 and mat2"),
        ("silent", "dense replicate a returns NoneType; digits/test needs logits of shape"),
    ],
)
def test_a_forward_pass_that_fails_is_one_line(tmp_path: Path, function: str, expected: str) -> None:
    """The line names the network and the data set, and no study is left behind."""
    linear_study(tmp_path)
    text = ELSEWHERE[: ELSEWHERE.index("[[population]]")] + ELSEWHERE[ELSEWHERE.rindex("[[population]]") :]
    study_file = write_study(tmp_path, text.replace("nets:linear", f"nets:{function}"))
    with pytest.raises(CollectError, match=expected) as caught:
        collect_study(study_file)
    assert "\n" not in str(caught.value)
    assert not study_file.study_path.exists()


def test_a_network_whose_code_was_changed_is_refused(tmp_path: Path) -> None:
    """It has another accuracy than after its training; with what it was trained with it is collected."""
    study_file = changed_study(tmp_path, 1)
    (tmp_path / "scale").write_text("-1")
    expected = r"dense replicate 0 has accuracy .*% on digits/test, and had .*% when it was trained: the network 'python:scales:"
    with pytest.raises(CollectError, match=expected):
        collect_study(study_file)
    (tmp_path / "scale").write_text("1")
    assert len(collect_study(study_file)) == 2


def test_a_network_of_another_parent_is_refused(tmp_path: Path) -> None:
    """Its parent was trained again and is another one now."""
    study_file = changed_study(tmp_path, 1)
    dense, int8 = (unit.path for unit in plan_units(study_file))
    (tmp_path / "scale").write_text("2")
    train_unit(plan_units(study_file)[0], on_step=lambda n: None)
    with pytest.raises(
        CollectError, match=rf"{int8} was made from other weights than those in {dense}, which was trained again"
    ):
        collect_study(study_file)


def test_logits_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    """NaN weights give NaN logits, which no statistic survives."""
    study_file = linear_study(tmp_path)
    weights = torch.load(tmp_path / "runs/dense/a.pt", weights_only=True)
    torch.save({name: value * torch.nan for name, value in weights.items()}, tmp_path / "runs/dense/a.pt")
    with pytest.raises(CollectError, match="dense replicate a: 899 examples of digits/test have NaN"):
        collect_study(study_file)


def test_the_same_network_twice_is_refused(tmp_path: Path) -> None:
    """A network against itself would have no PIEs."""
    study_file = linear_study(tmp_path)
    (tmp_path / "runs/dense/b.pt").write_bytes((tmp_path / "runs/dense/a.pt").read_bytes())
    with pytest.raises(CollectError, match="dense replicate b and dense replicate a are the same network"):
        collect_study(study_file)


def test_circular_references_are_refused(tmp_path: Path) -> None:
    """Two populations that are each other's reference have no order."""
    text = ELSEWHERE.replace('role = "dense"', 'role = "control"\nreference = "pruned"')
    with pytest.raises(CollectError, match="pruned, dense go round in a circle"):
        references_first(write_study(tmp_path, text).populations)


def photo_study(folder: Path) -> StudyFile:
    """Eight images in two splits and three classes, and two networks of torchvision with weights of their own."""
    for index in range(8):
        path = folder / "photos" / ("val", "extra")[index % 2] / ("cat", "dog", "emu")[index % 3] / f"{index}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((40 + index, 50), 60).save(path)
    for seed, population in enumerate(("dense", "int8")):
        torch.manual_seed(seed)
        (folder / population).mkdir()
        torch.save(build_network("resnet18", 3, 3, folder).state_dict(), folder / population / "resnet.pt")
    return write_study(folder, PHOTOS)


def test_resnet18_with_a_users_checkpoint_and_image_folder(tmp_path: Path) -> None:
    """The whole way for networks trained elsewhere: float16 logits, autocast, a split of an image folder."""
    study_file = photo_study(tmp_path)
    rows = collect_study(study_file)
    assert [(row["population"], row["dataset"], row["n_examples"]) for row in rows] == [
        ("dense", "photos/val", 4),
        ("int8", "photos/val", 4),
    ]
    with Study.open(study_file.study_path, read_only=True) as study:
        assert study.accuracy("int8").height == 1
        halves = study.sql("select octet_length(logits_half) as n_bytes from logits")
        assert halves["n_bytes"].to_list() == [6] * 8


def test_what_is_kept_goes_by_the_role(tmp_path: Path) -> None:
    """Logits of the dense network, labels of the compressed one, scalars of copies; one with other labels is not run again."""
    copy = '[[data.copy]]\nof = "test"\nlabel_noise = 0.1\n'
    text = ELSEWHERE.replace("[[population]]", copy + "[[population]]", 1) + EVIDENCE
    linear_study(tmp_path)
    collect_study(write_study(tmp_path, text))
    with Study.open(tmp_path / "digits.duckdb", read_only=True) as study:
        found = study.sql(
            """select p.population, p.dataset, bool_and(p.loss is not null), bool_or(l.model_id is not null)
               from prediction_details as p
               join datasets as d on d.name = p.dataset
               left join logits as l on (l.model_id, l.dataset_id, l.example_id) = (p.model_id, d.dataset_id, p.example_id)
               group by all order by all"""
        ).rows()
        labels = (
            study.label_matrix("dense", "digits/test")[1],
            study.label_matrix("dense", "digits/test/label-noise-0.1")[1],
        )
    assert found == [
        ("dense", "digits/test", True, True),
        ("dense", "digits/test/label-noise-0.1", True, False),
        ("pruned", "digits/test", False, False),
        ("pruned", "digits/test/label-noise-0.1", True, False),
    ]
    assert (labels[0] == labels[1]).all()
