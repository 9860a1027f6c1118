"""The things that can go wrong and that the user can put right: each becomes one line and exit code 1."""

import re

# Names out of files stand in messages: none of them breaks a line or moves a terminal's cursor.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class PietoolsError(Exception):
    """Something the user can put right. The message, one line, says what was asked, what was found and what to do."""

    def __init__(self, message: object = "") -> None:
        super().__init__(CONTROL.sub(" ", str(message)))


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


class ShardError(PietoolsError):
    """A shard cannot be read or written, or does not fit."""
