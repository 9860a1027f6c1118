"""The things that can go wrong and that the user can put right: each becomes one line and exit code 1."""

import re

# Names out of files stand in messages: none of them breaks a line or moves a terminal's cursor.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
HALF_LETTER = re.compile("[\ud800-\udfff]")  # which no encoding can write
LONGEST = 800
"""Letters of a message. Names and values in it come out of files, and may be of any length."""
QUOTED = re.compile(r"'([^']{80})[^']{40,}'")
WORD = re.compile(r"(\S{60})\S{40,}(\S{40})")


def shortened(message: str) -> str:
    """A message that a person reads: of a longer one the long values are cut, then its middle; cause and cure stand at its ends."""
    if len(message) > LONGEST:
        message = QUOTED.sub(r"'\1…'", message)
    if len(message) > LONGEST:
        message = WORD.sub(r"\1…\2", message)
    half = LONGEST // 2 - 2
    return message if len(message) <= LONGEST else f"{message[:half]} … {message[-half:]}"


class PietoolsError(Exception):
    """Something the user can put right. The message, one line, says what was asked, what was found and what to do."""

    def __init__(self, message: object = "") -> None:
        super().__init__(shortened(HALF_LETTER.sub("\N{REPLACEMENT CHARACTER}", CONTROL.sub(" ", str(message)))))


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
