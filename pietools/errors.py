"""The things that can go wrong and that the user can put right: each becomes one line and exit code 1."""


class PietoolsError(Exception):
    """Something the user can put right. The message says what was asked, what was found and what to do."""


class StudyError(PietoolsError):
    """A study cannot be opened, or does not hold what was asked for, or contradicts what is being added."""


class StudyFileError(PietoolsError):
    """STUDY.toml cannot be read or says something that is not allowed."""


class ImportFileError(PietoolsError):
    """A file of predictions made elsewhere cannot be read or does not fit."""


class TrainingError(PietoolsError):
    """A network cannot be built, trained or saved."""


class CollectError(PietoolsError):
    """A network's predictions cannot be collected."""
