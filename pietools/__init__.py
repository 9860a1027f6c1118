"""pietools: what did your compressed neural network forget?"""

from typing import TYPE_CHECKING, Any

from pietools.version import __version__

if TYPE_CHECKING:
    from os import PathLike

    from pietools.study import Study

__all__ = ["__version__", "analyze", "charts", "compare", "import_predictions", "open"]


def open(path: "str | PathLike[str]", *, read_only: bool = False) -> "Study":  # noqa: A001
    """Open the study at ``path``; see :class:`pietools.study.Study`.

    Raises
    ------
    pietools.errors.StudyError
        If there is no file, or it is no study.
    """
    from pietools.study import Study

    return Study.open(path, read_only=read_only)


def __getattr__(name: str) -> Any:
    """Import what is public on first use, so that ``import pietools`` stays light."""
    if name == "analyze":
        from pietools.analysis import analyze

        return analyze
    if name == "compare":
        from pietools.pairs.compare import compare

        return compare
    if name == "import_predictions":
        from pietools.exchange.import_predictions import import_predictions

        return import_predictions
    if name == "charts":
        import pietools.charts

        return pietools.charts
    raise AttributeError(f"module 'pietools' has no attribute '{name}'")
