"""STUDY.toml: one file that says what is trained, collected and analyzed.

`read_study_file` returns a `StudyFile`; whatever is wrong with the file is one line of a `StudyFileError`.
"""

from pietools.study_file.populations import PopulationSpec
from pietools.study_file.reading import read_study_file
from pietools.study_file.settings import CollectSettings, DataSettings, StudyTables, TrainingSettings
from pietools.study_file.study_file import StudyFile

__all__ = [
    "CollectSettings",
    "DataSettings",
    "PopulationSpec",
    "StudyFile",
    "StudyTables",
    "TrainingSettings",
    "read_study_file",
]
