"""STUDY.toml: what it says, and one line for whatever is wrong with it."""

from pathlib import Path

import pytest

from pietools.errors import StudyFileError
from pietools.study_file import CopySpec, Pruning, StudyFile, name_copies, read_study_file

STUDY = """\
[study]
file = "digits.duckdb"
replicates = 3
[data]
name = "digits"
[training]
steps = 20
[[regime]]
name = "supervised"
[[compression]]
method = "magnitude"
sparsity = [0.5, 0.9]
"""
ELSEWHERE = """\
[study]
file = "photos.duckdb"
network = "resnet18"
[data]
name = "imagefolder:../photos"
[[population]]
name = "dense"
role = "dense"
checkpoints = "runs/{replicate}.pt"
[[population]]
name = "int8"
role = "compressed"
reference = "dense"
bits = 8
checkpoints = "int8/{replicate}.pt"
"""


def read(folder: Path, text: str) -> StudyFile:
    """Read a STUDY.toml with this text."""
    path = folder / "STUDY.toml"
    path.write_text(text)
    return read_study_file(path)


def message(folder: Path, text: str) -> str:
    """Return the one line that is said about this text."""
    with pytest.raises(StudyFileError) as caught:
        read(folder, text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_populations_are_regimes_times_sparsities(tmp_path: Path) -> None:
    """A regime gives a dense population and one per sparsity, which is compared with it and has no parent."""
    specs = read(tmp_path, STUDY).populations
    assert [(spec.name, spec.role, spec.reference, spec.sparsity) for spec in specs] == [
        ("supervised/dense", "dense", None, None),
        ("supervised/magnitude-0.5", "compressed", "supervised/dense", 0.5),
        ("supervised/magnitude-0.9", "compressed", "supervised/dense", 0.9),
    ]
    assert [spec.parent for spec in specs] == [None] * 3
    assert [spec.pruning for spec in specs] == [
        None,
        Pruning("magnitude", 0.5, "global", (0.25, 0.75)),
        Pruning("magnitude", 0.9, "global", (0.25, 0.75)),
    ]


def test_one_sparsity_needs_no_list(tmp_path: Path) -> None:
    """A number is a list of one."""
    text = STUDY.replace("[0.5, 0.9]", "0.9")
    assert [spec.name for spec in read(tmp_path, text).populations] == ["supervised/dense", "supervised/magnitude-0.9"]


def test_populations_trained_elsewhere(tmp_path: Path) -> None:
    """A population that names checkpoints takes the study's network unless it names its own."""
    dense, int8 = read(tmp_path, ELSEWHERE).populations
    assert (dense.network, dense.checkpoints, dense.is_trained_here) == ("resnet18", "runs/{replicate}.pt", False)
    assert (int8.reference, int8.bits) == ("dense", 8)


def test_paths_start_from_the_file(tmp_path: Path) -> None:
    """The study and its checkpoints are beside the STUDY.toml, wherever the command is run."""
    study_file = read(tmp_path, STUDY)
    assert study_file.study_path == tmp_path / "digits.duckdb"
    assert study_file.checkpoints_path == tmp_path / "checkpoints"


def test_what_is_stored_has_no_path_of_the_machine(tmp_path: Path) -> None:
    """The resolved file has every default, and paths as written."""
    resolved = read(tmp_path, STUDY).as_dict()
    assert resolved["training"]["batch_size"] == 128
    numbers = {"permutations": 1000, "seed": 0, "margin": 0.01, "delta": 0.1}
    assert resolved["analyze"] == numbers | {"comparisons": [], "theories": []}
    assert str(tmp_path) not in str(resolved)


def test_an_analysis_is_set_in_the_file(tmp_path: Path) -> None:
    """Margin, delta and subgroups too: before anybody looks."""
    written = "[analyze]\nmargin = 0.02\ndelta = 0.2\nsubgroups = ['sex*age', 'class']\nexplain = []\n[training]"
    resolved = read(tmp_path, STUDY.replace("[training]", written)).as_dict()["analyze"]
    assert (resolved["margin"], resolved["delta"]) == (0.02, 0.2)
    assert (resolved["subgroups"], resolved["explain"]) == (["sex*age", "class"], [])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("steps = 20", "stepps = 20", "line 7: [training] has no key 'stepps'. Did you mean 'steps'?"),
        ("steps = 20", "steps = '20'", "line 7: [training] steps must be a whole number, and '20' is text"),
        ("steps = 20", "steps = 2.5", "line 7: [training] steps must be a whole number, and 2.5"),
        ("steps = 20", "steps = 0", "line 7: [training] steps = 0: must be greater"),
        ("steps = 20", "batch_size = 2", "line 6: [training] lacks the key 'steps'."),
        ("steps = 20", "steps 20", "line 7 column 7: this is no TOML: "),
        ("[training]", "[trainig]", "line 6: there is no table [trainig]. Did you mean 'training'?"),
        ("[0.5, 0.9]", "[0.5, 1.9]", "line 12: [[compression]] sparsity = 1.9: must be less than 1."),
        ("'supervised'", "'byol'", "line 9: [[regime]] name = 'byol': Allowed: 'supervised', 'supervised-few', 'simclr',"),
        ("'digits'", "'digit'", "line 5: [data] name = 'digit': Allowed: digits, fashion-mnist,"),
        ("'digits'", "'fashion-mnist'", "line 5: [data] lacks the key 'root'"),
        ("'digits'", "'digits'\nresize = 3", "line 6: [data] resize is for imagefolder:PATH"),
        ("'digits'", "'cifar10'", "line 5: [data] lacks the key 'root': the folder that holds cifar10."),
        ("'digits'", "'celeba'\nroot = '.'", "line 5: [data] lacks the key 'target': the attribute that is the class."),
        ("'digits'", "'digits'\ntarget = 'Male'", "line 6: [data] target is for celeba, and name is 'digits'."),
        ("'digits'", "'imagefolder:x'\nroot = '.'", "line 6: [data] root is for fashion-mnist, cifar10, cifar100, celeba, and"),
        ("replicates = 3", "network = 'timm:'", "line 3: [study] network = 'timm:': Allowed: small-cnn, wrn-16-2, resnet18-cifar,"),
        ("replicates = 3", "network = 'timm:hf-hub:a/b'", "line 3: [study] network = 'timm:hf-hub:a/b': Allowed: small-cnn,"),
        ("[0.5, 0.9]", "[0.5, 0.5]", "two populations are named 'supervised/magnitude-0.5'."),
        ("[0.5, 0.9]", "0.5\nwindow = [0.5, 0.2]", "line 13: [[compression]] window = [0.5, 0.2]: the window"),
        ("[training]\nsteps = 20\n", "", "line 6: [[regime]] needs a table [training]"),
        ("'digits'", "'digits'\nstd = [inf]", "line 6: [data] std = inf: must be a finite number."),
        ("'digits'", "'digits'\nmean = [nan]", "line 6: [data] mean = nan: must be a finite number."),
        ("'digits'", "'digits'\nmean = []", "line 6: [data] mean = []: "),
        ("'digits'", "'digits'\nevaluate = ['test', 'test']", "line 6: [data] evaluate = ['test', 'test']: 'test' is there twice"),
        ("'digits'", "'digits'\nevaluate = ['']", "line 6: [data] evaluate = ''"),
        ("steps = 20", "steps = 20\nlearning_rate = inf", "line 8: [training] learning_rate = inf: must be a finite number."),
        ("steps = 20", f"steps = 20\nbatch_size = {2**63}", f"line 8: [training] batch_size = {2**63}: must be less than"),
        ("[training]", f"[analyze]\nseed = {2**63}\n[training]", f"line 7: [analyze] seed = {2**63}: must be less than"),
        ("[training]", "[analyze]\nmargin = 0.6\n[training]", "line 7: [analyze] margin = 0.6: must be less than or equal to 0.5"),
        ("[training]", "[analyze]\nmargn = 0.1\n[training]", "line 7: [analyze] has no key 'margn'. Did you mean 'margin'?"),
        ("[training]", "[analyze]\nsubgroups = 'a'\n[training]", "line 7: [analyze] subgroups must be a list"),
        ("steps = 20", f"steps = {'[' * 3000}", "STUDY.toml: this is no TOML: "),
        ("steps = 20", f"steps = {'9' * 5000}", "STUDY.toml: this is no TOML: "),
        ("steps = 20", f"steps{'.a' * 3000} = 1", "line 7: [training] steps must be a whole number, and {'a': "),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """The line says where it is, what was found and what is allowed."""
    text = STUDY.replace('"', "'")
    assert old in text
    found = message(tmp_path, text.replace(old, new))
    assert expected in found


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('reference = "dense"', 'reference = "dens"', "line 13: no population is named 'dens'."),
        ('reference = "dense"\n', "", "line 10: 'int8' is compressed and lacks the key 'reference'."),
        ('reference = "dense"', 'reference = "int8"', "line 13: 'int8' is its own reference."),
        ('[data]', '[analyze]\ncomparisons = [["dense", "int4"]]\n[data]', "line 5: no population is named 'int4'."),
    ],
)  # fmt: skip
def test_a_reference_must_be_there(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """References and comparisons name populations of the file."""
    assert expected in message(tmp_path, ELSEWHERE.replace(old, new, 1))


def test_the_file_must_be_there(tmp_path: Path) -> None:
    """A wrong path, or a folder, is said to be one."""
    with pytest.raises(StudyFileError, match="there is no such file"):
        read_study_file(tmp_path / "STUDY.toml")
    with pytest.raises(StudyFileError, match="is a folder"):
        read_study_file(tmp_path)


def test_compression_needs_a_regime(tmp_path: Path) -> None:
    """Pruning happens in training: beside checkpoints from elsewhere it would be passed over."""
    found = message(tmp_path, f'{ELSEWHERE}[[compression]]\nmethod = "magnitude"\nsparsity = 0.5\n')
    assert found == "STUDY.toml line 16: [[compression]] needs a [[regime]] to train in."


COPIES = """\
[study]
file = "digits.duckdb"
[data]
name = "digits"
evaluate = ["test", "train"]
mean = [0.3]
[[data.copy]]
of = "test"
corruption = ["gaussian-noise", "jpeg"]
severity = [1, 3]
[[data.copy]]
of = "train"
corruption = "elastic"
seed = 7
[[ data . copy ]]   # labels
of = "test"
label_noise = 0.1
[training]
steps = 20
[[regime]]
name = "supervised"
"""


def test_copies_are_corruptions_times_severities(tmp_path: Path) -> None:
    """One name needs no list, all five severities are meant unless some are given, label noise has a rate instead."""
    study_file = read(tmp_path, COPIES)
    copies = name_copies(study_file.tables.data)
    assert [copy.name for copy in copies] == [
        *(f"digits/test/{name}-{severity}" for name in ("gaussian-noise", "jpeg") for severity in (1, 3)),
        *(f"digits/train/elastic-{severity}" for severity in range(1, 6)),
        "digits/test/label-noise-0.1",
    ]
    assert copies[4] == CopySpec(
        "digits/train/elastic-1", "digits/train", "train", "elastic", seed=7, severity=1, rate=None
    )
    assert (copies[-1].alteration, copies[-1].severity, copies[-1].rate) == ("label-noise", None, 0.1)
    assert study_file.as_dict()["data"]["copy"][2] == {"of": "test", "label_noise": 0.1, "seed": 0}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('of = "train"', 'off = "train"', "line 12: [[data.copy]] has no key 'off'. Did you mean 'of'? Allowed: of, corruption,"),
        ('of = "train"\n', "", "line 11: [[data.copy]] lacks the key 'of'. Allowed: of, corruption, severity,"),
        ('"jpeg"]', '"jpg"]', "line 9: [[data.copy]] corruption = 'jpg': Allowed: 'gaussian-noise',"),
        ("[1, 3]", "[1, 6]", "line 10: [[data.copy]] severity = 6: must be less than or equal to 5."),
        ("[1, 3]", "[3, 3]", "line 10: [[data.copy]] severity = [3, 3]: '3' is there twice"),
        ("[1, 3]", "1.5", "line 10: [[data.copy]] severity must be a whole number, and 1.5 is a number."),
        ("label_noise = 0.1", "label_noise = 1.0", "line 17: [[data.copy]] label_noise = 1.0: must be less than 1."),
        ("seed = 7", "seed = -7", "line 14: [[data.copy]] seed = -7: must be greater than or equal to 0."),
        ('of = "train"', 'of = "val"', "line 12: [[data.copy]] of = 'val': evaluate does not name this split. Allowed: test,"),
        ("label_noise = 0.1", "", "line 15: [[data.copy]] has neither corruption nor label_noise"),
        ("label_noise = 0.1", 'label_noise = 0.1\ncorruption = "jpeg"', "line 18: [[data.copy]] has both corruption and"),
        ("label_noise = 0.1", "label_noise = 0.1\nseverity = 3", "line 18: [[data.copy]] severity is of a corruption"),
        ('"elastic"', '["elastic", "saturation"]', "line 13: [[data.copy]] saturation is for colour images, and"),
        ('of = "train"\ncorruption = "elastic"', 'of = "test"\ncorruption = "jpeg"', "two copies are named 'digits/test/jpeg-1'"),
        ("[[data.copy]]\nof = \"test\"\ncorr", "[data.copy]\nof = \"test\"\ncorr", "this is no TOML"),
        ("mean = [0.3]", "mean = [0.3, 'x']", "line 6: [data] mean must be a number, and 'x' is text."),
        ("mean = [0.3]", "meen = [0.3]", "line 6: [data] has no key 'meen'. Did you mean 'mean'? Allowed: name, root,"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_copy_is_one_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """The table inside a table is named, with the line of the right one of three."""
    assert old in COPIES
    assert expected in message(tmp_path, COPIES.replace(old, new))


def test_a_copy_need_not_be_a_table_of_its_own(tmp_path: Path) -> None:
    """Written in one line, it is said to be in that line; as a number, or one table, it is refused."""
    text = (
        COPIES[: COPIES.index("[[data.copy]]")]
        + 'copy = [{of = "test", severity = 3}]\n'
        + COPIES[COPIES.index("[training]") :]
    )
    assert "line 7: [[data.copy]] has neither corruption nor label_noise" in message(tmp_path, text)
    found = message(tmp_path, text.replace('[{of = "test", severity = 3}]', "3"))
    assert found == "STUDY.toml line 7: [data.copy] must be a list in [ ], and 3 is a whole number."
