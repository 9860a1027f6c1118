"""Regimes, compressions and controls of a STUDY.toml: which populations they make, and what is refused."""

from pathlib import Path

import pytest

from pietools.errors import StudyFileError
from pietools.study_file import (
    PopulationSpec,
    Pruning,
    RegimeSettings,
    TrainingSettings,
    n_training_images,
    n_training_steps,
    read_study_file,
    regime_facts,
    training_of,
)

HEAD = """\
[study]
file = "s.duckdb"
replicates = 3
[data]
name = "digits"
[training]
steps = 1000
batch_size = 10
"""
SUPERVISED = '[[regime]]\nname = "supervised"\n'
SECOND = '[[control]]\nmethod = "second-dense"\n[[control]]\nmethod = "second-compressed"\n'
SIMCLR = '[[regime]]\nname = "simclr"\n'


def populations(folder: Path, text: str) -> dict[str, PopulationSpec]:
    """The populations of a STUDY.toml that begins with HEAD."""
    path = folder / "STUDY.toml"
    path.write_text(HEAD + text)
    return {spec.name: spec for spec in read_study_file(path).populations}


def refused(folder: Path, text: str) -> str:
    """The one line that is said about a STUDY.toml that begins with HEAD."""
    with pytest.raises(StudyFileError) as caught:
        populations(folder, text)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix("STUDY.toml ")


# Compression


def test_one_shot_pruning_comes_from_the_dense_networks(tmp_path: Path) -> None:
    """It has a parent, a tenth of the steps to fine-tune, and refits the probe where there is one."""
    text = SUPERVISED + SIMCLR + '[[compression]]\nmethod = "magnitude"\nsparsity = 0.9\nschedule = "one-shot"\n'
    found = populations(tmp_path, text)
    supervised, simclr = found["supervised/magnitude-one-shot-0.9"], found["simclr/magnitude-one-shot-0.9"]
    assert (supervised.parent, supervised.fine_tune_steps) == ("supervised/dense", 100)
    assert supervised.pruning == simclr.pruning == Pruning("magnitude", 0.9)
    assert (supervised.is_head_refitted, simclr.is_head_refitted) == (False, True)


def test_a_kept_probe_is_for_regimes_that_have_one(tmp_path: Path) -> None:
    """The supervised regime gets no second population that would be the same as the first."""
    block = '[[compression]]\nmethod = "2:4"\nfine_tune_steps = 7\n'
    found = populations(tmp_path, SUPERVISED + SIMCLR + block + block + 'probe = "keep"\n')
    assert [name for name in found if "2:4" in name] == ["supervised/2:4", "simclr/2:4", "simclr/2:4-probe-kept"]
    assert not found["simclr/2:4-probe-kept"].is_head_refitted
    assert found["simclr/2:4"].sparsity == 0.5


def test_what_is_not_the_default_is_in_the_name(tmp_path: Path) -> None:
    """Two compressions of one method and sparsity are told apart."""
    block = '[[compression]]\nmethod = "random"\nsparsity = 0.8\n'
    found = populations(tmp_path, SUPERVISED + block + block + 'scope = "layer-wise"\nwindow = [0, 1]\n')
    assert found["supervised/random-0.8"].pruning == Pruning("random", 0.8, "global", (0.25, 0.75))
    assert found["supervised/random-layer-wise-0.8"].pruning == Pruning("random", 0.8, "layer-wise", (0.0, 1.0))


def test_reference_is_not_parent(tmp_path: Path) -> None:
    """A quantized pruned population is compared with the dense one and comes from the pruned one."""
    text = (
        SUPERVISED
        + '[[compression]]\nmethod = "int8"\nfrom = ["dense", "magnitude-0.9"]\n'
        + '[[compression]]\nmethod = "magnitude"\nsparsity = 0.9\n[[compression]]\nmethod = "bfloat16"\n'
    )
    found = populations(tmp_path, text)
    both = found["supervised/magnitude-0.9+int8"]
    assert (both.reference, both.parent) == ("supervised/dense", "supervised/magnitude-0.9")
    assert (both.method, both.sparsity, both.bits) == ("magnitude-0.9+int8", 0.9, 8)
    plain = found["supervised/int8"]
    assert (plain.reference, plain.parent, plain.sparsity, plain.bits) == (
        "supervised/dense",
        "supervised/dense",
        None,
        8,
    )
    assert found["supervised/bfloat16"].bits == 16


# Controls


def test_every_control_is_one_line(tmp_path: Path) -> None:
    """Each makes a population of role control that is compared with the dense one."""
    text = SIMCLR + '[[compression]]\nmethod = "magnitude"\nsparsity = [0.5, 0.9]\n'
    methods = ("second-dense", "longer-dense", "probe-refit", "random")
    text += "".join(f'[[control]]\nmethod = "{method}"\n' for method in methods)
    text += '[[control]]\nmethod = "label-noise"\nrate = 0.2\n'
    controls = {name: spec for name, spec in populations(tmp_path, text).items() if spec.role == "control"}
    assert {spec.reference for spec in controls.values()} == {"simclr/dense"}
    assert {name: (spec.method, spec.parent) for name, spec in controls.items()} == {
        "simclr/dense-2": ("second-dense", None),
        "simclr/dense-longer": ("longer-dense", "simclr/dense"),
        "simclr/probe-refit": ("probe-refit", "simclr/dense"),
        "simclr/random-0.5": ("random", None),
        "simclr/random-0.9": ("random", None),
        "simclr/label-noise-0.2": ("label-noise", None),
    }
    assert controls["simclr/dense-2"].first_replicate == 1000
    assert controls["simclr/dense-longer"].fine_tune_steps == 100
    assert controls["simclr/random-0.9"].pruning == Pruning("random", 0.9, "global", (0.25, 0.75))
    assert controls["simclr/label-noise-0.2"].label_noise == 0.2


def test_second_populations_match_each_other(tmp_path: Path) -> None:
    """The second dense networks are compressed as the first were, from them or their seeds, and compared with them."""
    text = SUPERVISED + '[[compression]]\nmethod = "magnitude"\nsparsity = 0.9\n'
    text += (
        '[[compression]]\nmethod = "int8"\nfrom = ["dense", "magnitude-0.9"]\n[[control]]\nmethod = "second-dense"\n'
    )
    text += '[[control]]\nmethod = "second-compressed"\nfrom = ["magnitude-0.9", "magnitude-0.9+int8"]\n'
    specs = populations(tmp_path, text)
    again, rounded = (specs[f"supervised/{name}-2"] for name in ("magnitude-0.9", "magnitude-0.9+int8"))
    assert (again.role, again.reference, again.parent) == ("control", "supervised/dense-2", None)
    assert (again.method, again.sparsity, again.first_replicate) == ("magnitude", 0.9, 1000)
    assert again.pruning == specs["supervised/magnitude-0.9"].pruning
    assert (rounded.parent, rounded.reference) == ("supervised/magnitude-0.9-2", "supervised/dense-2")


def test_steps_are_those_of_the_population_its_regime_or_training(tmp_path: Path) -> None:
    """A shorter control has its own number, one for all regimes or one for each; what is a tenth of them follows."""
    text = SUPERVISED + SIMCLR.replace("[[regime]]", "[[regime]]\nsteps = 3000", 1)
    text += '[[control]]\nmethod = "shorter-dense"\nsteps = {supervised = 400, simclr = 2000}\n'
    text += '[[control]]\nmethod = "longer-dense"\n'
    path = tmp_path / "STUDY.toml"
    path.write_text(HEAD + text)
    study = read_study_file(path)
    assert study.tables.training is not None
    steps = {spec.name: training_of(study.tables.training, spec).steps for spec in study.populations}
    longer = {spec.name: spec.fine_tune_steps for spec in study.populations if spec.name.endswith("longer")}
    assert steps["simclr/dense"] == 3000
    assert (steps["supervised/dense-shorter"], steps["simclr/dense-shorter"]) == (400, 2000)
    assert longer == {"supervised/dense-longer": steps["supervised/dense"] // 10, "simclr/dense-longer": 300}


def test_a_random_control_of_a_kept_probe_needs_a_probe(tmp_path: Path) -> None:
    """As the compression that it copies: regimes without a probe get none, and none is there twice."""
    block = '[[compression]]\nmethod = "magnitude"\nsparsity = 0.9\nschedule = "one-shot"\n'
    text = SUPERVISED + SIMCLR + block + block + 'probe = "keep"\n[[control]]\nmethod = "random"\n'
    assert [name for name in populations(tmp_path, text) if "random" in name] == [
        "supervised/random-one-shot-0.9",
        "simclr/random-one-shot-0.9",
        "simclr/random-one-shot-probe-kept-0.9",
    ]


def test_longer_training_is_at_least_a_step(tmp_path: Path) -> None:
    """A tenth of nine steps would be none, and the dense network again."""
    text = '[[control]]\nmethod = "longer-dense"\n'
    short = HEAD.replace("steps = 1000", "steps = 9") + SUPERVISED + text
    path = tmp_path / "STUDY.toml"
    path.write_text(short)
    assert read_study_file(path).populations[-1].fine_tune_steps == 1


def test_longer_dense_trains_as_long_as_the_longest_fine_tuning(tmp_path: Path) -> None:
    """Unless it is told how long."""
    block = '[[compression]]\nmethod = "2:4"\nfine_tune_steps = 70\n[[control]]\nmethod = "longer-dense"\n'
    assert populations(tmp_path, SUPERVISED + block)["supervised/dense-longer"].fine_tune_steps == 70
    assert populations(tmp_path, SUPERVISED + block + "steps = 9\n")["supervised/dense-longer"].fine_tune_steps == 9


# Regimes


def test_a_regime_with_another_head_is_another_regime(tmp_path: Path) -> None:
    """One study can hold both heads of simclr."""
    text = "labelled_fraction = 0.1\n" + SIMCLR + SIMCLR + 'head = "fine-tune"\n'
    assert list(populations(tmp_path, text)) == ["simclr/dense", "simclr-fine-tune/dense"]


def test_facts_of_the_regimes() -> None:
    """Labels, images per step and defaults, by hand: FixMatch passes 1 + 2 · 7 images for each labelled one."""
    training = TrainingSettings(steps=100, batch_size=10, labelled_fraction=0.2, augment=["flip"])
    facts = {name: regime_facts(training, RegimeSettings(name=name)) for name in ("supervised", "simclr", "fixmatch")}
    assert facts["supervised"] == {
        "name": "supervised",
        "loss": "cross-entropy",
        "labels_in_training": "all",
        "steps": 100,
        "images_per_step": 10,
        "augment": ["flip"],
    }
    assert (facts["simclr"]["labels_in_training"], facts["simclr"]["labels_in_head"]) == ("none", "all")
    assert (facts["simclr"]["images_per_step"], facts["simclr"]["temperature"]) == (20, 0.5)
    assert (facts["fixmatch"]["labels_in_training"], facts["fixmatch"]["images_per_step"]) == ("0.2", 150)
    assert facts["fixmatch"]["strong_augment"] == ["flip", "rand-augment", "cutout"]


def test_the_strong_pool_is_set_once_for_all_regimes() -> None:
    """Views and strongly changed copies come from one pool if the file names it."""
    training = TrainingSettings(steps=1, labelled_fraction=0.2, strong_augment=["jitter"])
    for name in ("simclr", "supcon", "fixmatch"):
        assert regime_facts(training, RegimeSettings(name=name))["strong_augment"] == ["jitter"]


@pytest.mark.parametrize(
    ("name", "steps", "images"),
    [
        ("simclr/dense", 1000, 20_000),
        ("simclr/2:4", 100, 2_000),
        ("simclr/int8", 0, 0),
        ("simclr-fine-tune/dense", 1000 + 2000, 20_000 + 20_000),
        ("simclr-fine-tune/2:4", 100, 1_000),
        ("fixmatch/dense", 1000, 150_000),
    ],
)
def test_steps_and_images_of_a_network(tmp_path: Path, name: str, steps: int, images: int) -> None:
    """By hand: 1,000 steps of 10 images, twice for two views, and 2,000 steps of fine-tuning a head."""
    text = "labelled_fraction = 0.1\n" + SIMCLR + SIMCLR + 'head = "fine-tune"\n[[regime]]\nname = "fixmatch"\n'
    found = populations(tmp_path, text + '[[compression]]\nmethod = "2:4"\n[[compression]]\nmethod = "int8"\n')
    training = TrainingSettings(steps=1000, batch_size=10, labelled_fraction=0.1)
    assert n_training_steps(training, found[name]) == steps
    assert n_training_images(training, found[name]) == images


# What is refused

PRUNE = SUPERVISED + '[[compression]]\nmethod = "magnitude"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[regime]]\nname = "fixmatch"\n',
         "line 6: [training] lacks the key 'labelled_fraction', which [[regime]] 'fixmatch' needs."),
        (SIMCLR + 'head = "fine-tune"\n', "line 6: [training] lacks the key 'labelled_fraction', which [[regime]] 'simclr'"),
        (SIMCLR + 'head = "mlp"\n', "line 11: [[regime]] head = 'mlp': Allowed: 'linear-probe' or 'fine-tune'."),
        (SUPERVISED + 'head = "linear-probe"\n',
         "line 11: [[regime]] head is for name = 'simclr' or 'supcon', and name is 'supervised'."),
        (SIMCLR + "threshold = 0.9\n", "line 11: [[regime]] threshold is for name = 'fixmatch', and name is 'simclr'."),
        (SIMCLR + "temperature = 0\n", "line 11: [[regime]] temperature = 0: must be greater than 0."),
        ('augment = ["mixup"]\n' + SIMCLR, "line 9: [training] augment = 'mixup': Allowed: 'flip', 'crop', 'resized-crop',"),
        ('labelled_fraction = 1.5\n' + SIMCLR, "line 9: [training] labelled_fraction = 1.5: must be less than 1."),
        ("strong_augment = []\n" + SIMCLR, "line 9: [training] strong_augment = []: two views of an image need changes for"),
        (SUPERVISED + SUPERVISED, "two populations are named 'supervised/dense'."),
        (PRUNE, "line 11: [[compression]] method = 'magnitude' lacks the key 'sparsity'."),
        (PRUNE + 'sparsity = 0.9\nfrom = "dense"\n',
         "line 14: [[compression]] from is for method = 'float16' or 'bfloat16' or"),
        (PRUNE + "sparsity = 0.9\nfine_tune_steps = 3\n",
         "line 14: [[compression]] fine_tune_steps is for schedule = 'one-shot'."),
        (PRUNE + 'sparsity = 0.9\nschedule = "one-shot"\nwindow = [0, 1]\n',
         "line 15: [[compression]] window is for schedule = 'gradual'."),
        (PRUNE + 'sparsity = 0.9\nschedule = "one-shot"\nprobe = "keep"\n',
         "line 15: [[compression]] probe: no [[regime]] ends with a linear probe."),
        (SUPERVISED + '[[compression]]\nmethod = "2:4"\nsparsity = 0.5\n',
         "line 13: [[compression]] sparsity is for method = 'magnitude' or 'random'"),
        (SUPERVISED + '[[compression]]\nmethod = "int4"\n',
         "line 12: [[compression]] method = 'int4': Allowed: 'magnitude', 'random',"),
        (PRUNE + 'sparsity = 0.9\n[[compression]]\nmethod = "int8"\nfrom = "magnitud-0.9"\n',
         "line 16: [[compression]] from: nothing to quantize is named 'magnitud-0.9'. Did you mean 'magnitude-0.9'? Allowed: "),
        (SUPERVISED + '[[compression]]\nmethod = "int8"\nfrom = "float16"\n[[compression]]\nmethod = "float16"\n',
         "line 13: [[compression]] from: nothing to quantize is named 'float16'."),
        (SUPERVISED + '[[compression]]\nmethod = "int8"\nfrom = "dense-2"\n[[control]]\nmethod = "second-dense"\n',
         "line 13: [[compression]] from: nothing to quantize is named 'dense-2'. Did you mean 'dense'? Allowed: dense."),
        (SUPERVISED + '[[control]]\nmethod = "label-noise"\n',
         "line 11: [[control]] method = 'label-noise' lacks the key 'rate'."),
        (SUPERVISED + '[[control]]\nmethod = "second-dense"\nrate = 0.1\n',
         "line 13: [[control]] rate is for method = 'label-noise', and method"),
        (SUPERVISED + '[[control]]\nmethod = "random"\n',
         "line 11: [[control]] method = 'random' copies the [[compression]] blocks of method"),
        (SUPERVISED + '[[control]]\nmethod = "shorter-dense"\n',
         "line 11: [[control]] method = 'shorter-dense' lacks the key 'steps', or it has none for 'supervised'."),
        (SUPERVISED + '[[control]]\nmethod = "shorter-dense"\nsteps = 1000000\n',
         "line 13: [[control]] steps = 1,000,000 is not shorter than the "),
        (SUPERVISED + '[[control]]\nmethod = "shorter-dense"\nsteps = {supervisd = 3}\n',
         "[[control]] steps: no [[regime]] is named 'supervisd'. Did you mean 'supervised'? Allowed: supervised."),
        (PRUNE + 'sparsity = 0.9\n[[control]]\nmethod = "second-compressed"\nfrom = "magnitude-0.9"\n',
         "line 14: [[control]] method = 'second-compressed' needs a [[control]] of method 'second-dense', whose"),
        (PRUNE + "sparsity = 0.9\n" + SECOND,
         "line 16: [[control]] method = 'second-compressed' lacks the key 'from', such as from = \"magnitude-0.9\"."),
        (PRUNE + "sparsity = 0.9\n" + SECOND + 'from = "magnitude-0.8"\n',
         "line 18: [[control]] from: nothing compressed is named 'magnitude-0.8'. Did you mean 'magnitude-0.9'? Allowed: "),
        ('[[control]]\nmethod = "second-dense"\n[[population]]\nname="d"\nrole="dense"\ncheckpoints="*"\n',
         "line 9: [[control]] needs a [[regime]] to train in."),
    ],
)  # fmt: skip
def test_a_wrong_recipe_is_one_line(tmp_path: Path, text: str, expected: str) -> None:
    """Key, value and what is allowed, before anything is trained."""
    assert expected in refused(tmp_path, text)
