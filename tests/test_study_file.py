"""STUDY.toml: what it says, and one line for whatever is wrong with it."""

from pathlib import Path

import pytest

from pietools.errors import StudyFileError
from pietools.study_file import StudyFile, read_study_file

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
    assert {spec.window for spec in specs} == {None, (0.25, 0.75)}


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
    assert resolved["analyze"] == {"permutations": 1000, "seed": 0, "comparisons": []}
    assert str(tmp_path) not in str(resolved)


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
        ("'supervised'", "'simclr'", "line 9: [[regime]] name = 'simclr': Allowed: 'supervised'."),
        ("'digits'", "'digit'", "line 5: [data] name = 'digit': Allowed: digits, fashion-mnist,"),
        ("'digits'", "'fashion-mnist'", "line 5: [data] lacks the key 'root'"),
        ("'digits'", "'digits'\nresize = 3", "line 6: [data] resize is for imagefolder:PATH"),
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
