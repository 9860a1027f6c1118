"""Small studies for the tests of train and collect."""

from pathlib import Path

from pietools.study_file import StudyFile, read_study_file

DIGITS = """\
[study]
file = "digits.duckdb"
replicates = {replicates}
[data]
name = "digits"
[training]
steps = {steps}
batch_size = 32
augment = ["crop"]
[[regime]]
name = "supervised"
[[compression]]
method = "magnitude"
sparsity = 0.9
window = [0.2, 0.6]
"""


def digits_study(folder: Path, *, steps: int = 20, replicates: int = 2) -> StudyFile:
    """Write and read a STUDY.toml: dense and 0.9 sparse networks on the digits."""
    return write_study(folder, DIGITS.format(steps=steps, replicates=replicates))


def write_study(folder: Path, text: str) -> StudyFile:
    """Write and read a STUDY.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "STUDY.toml"
    path.write_text(text)
    return read_study_file(path)
