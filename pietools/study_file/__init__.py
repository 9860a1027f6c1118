"""STUDY.toml: one file that says what is trained, collected and analyzed.

`read_study_file` returns a `StudyFile`; whatever is wrong with the file is one line of a `StudyFileError`.
"""

from pietools.study_file.copies import CopySpec, name_copies
from pietools.study_file.populations import PopulationSpec, Pruning, has_probe, sees_all_labels, training_of
from pietools.study_file.reading import read_study_file
from pietools.study_file.regimes import n_training_images, n_training_steps, regime_facts
from pietools.study_file.settings import (
    CollectSettings,
    DataSettings,
    RegimeSettings,
    StudyTables,
    TrainingSettings,
)
from pietools.study_file.study_file import StudyFile

__all__ = [
    "CollectSettings",
    "CopySpec",
    "DataSettings",
    "PopulationSpec",
    "Pruning",
    "RegimeSettings",
    "StudyFile",
    "StudyTables",
    "TrainingSettings",
    "has_probe",
    "n_training_images",
    "n_training_steps",
    "name_copies",
    "read_study_file",
    "regime_facts",
    "sees_all_labels",
    "training_of",
]
