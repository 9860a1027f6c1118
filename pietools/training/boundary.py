"""Where code and files of others come in: whatever goes wrong in them becomes one line."""

from collections.abc import Iterator
from contextlib import contextmanager

from pietools.errors import PietoolsError, TrainingError

FULL = ("can't allocate memory", "not enough memory", "out of memory")
"""What torch says, in a RuntimeError."""


@contextmanager
def boundary(problem: str, kind: type[PietoolsError] = TrainingError) -> Iterator[None]:
    """Raise `kind` with one line, the problem and its reason, whatever is raised inside; a PietoolsError stays as it is."""
    try:
        yield
    except PietoolsError:
        raise
    # No list of exceptions is complete: decoders, unpicklers and users' functions raise what they like, and a script
    # that was named as a module may even exit.
    except (Exception, SystemExit) as error:
        raise kind(f"{problem}: {reason(error)}") from error


def reason(error: BaseException) -> str:
    """Say in one line what was raised."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    if type(error).__name__ == "OutOfMemoryError":  # torch's, of a GPU; torch is not imported here
        return "the memory of the GPU is full: try fewer networks at once (--processes), or a smaller batch size."
    if isinstance(error, MemoryError) or any(words in str(error) for words in FULL):
        return "the memory is full."
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
