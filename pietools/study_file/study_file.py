"""What a STUDY.toml says, with its paths resolved."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pietools.study_file.populations import PopulationSpec, name_populations
from pietools.study_file.settings import StudyTables


@dataclass(frozen=True)
class StudyFile:
    """A STUDY.toml that was read and checked; `tables.training.steps` is the key `steps` of its table [training]."""

    path: Path
    tables: StudyTables

    @property
    def folder(self) -> Path:
        """The folder that relative paths start from."""
        return self.path.parent

    @property
    def study_path(self) -> Path:
        """The DuckDB file."""
        return self.folder / self.tables.study.file

    @property
    def checkpoints_path(self) -> Path:
        """The folder for the networks that are trained here."""
        return self.folder / self.tables.study.checkpoints

    @property
    def populations(self) -> list[PopulationSpec]:
        """All populations that the file names, those trained here first."""
        return name_populations(self.tables)

    def as_dict(self) -> dict[str, Any]:
        """Every key with its value or default, paths as written: what is stored in the study."""
        return self.tables.model_dump(exclude_none=True, by_alias=True)
