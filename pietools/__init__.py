"""pietools: what did your compressed neural network forget?"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pietools.version import __version__

if TYPE_CHECKING:
    from os import PathLike

    from pietools import charts
    from pietools.analysis import analyze, last_analysis
    from pietools.exchange.import_predictions import import_predictions
    from pietools.pairs.compare import compare
    from pietools.results.analysis import Analysis
    from pietools.shards.merging import merge_shards
    from pietools.study import Study

__all__ = [
    "__version__",
    "analyze",
    "as_html",
    "charts",
    "compare",
    "import_predictions",
    "last_analysis",
    "merge_shards",
    "open",
]


def open(path: "str | PathLike[str]", *, read_only: bool = False, wait: float = 0) -> "Study":  # noqa: A001
    """Open the study at ``path``; see :class:`pietools.study.Study`.

    ``wait``: seconds for which it is tried again while another process has the study open.

    Raises
    ------
    pietools.errors.StudyError
        If there is no file, or it is no study.
    """
    from pietools.study import Study

    return Study.open(path, read_only=read_only, wait=wait)


def as_html(shown: "Analysis | Study") -> str:
    """What a notebook shows of an analysis, or of a study: of one that was analyzed its answer, else what it holds."""
    from pietools.errors import StudyError
    from pietools.report.notebook import analysis_html, study_html
    from pietools.results.analysis import Analysis

    if isinstance(shown, Analysis):
        return analysis_html(shown)
    try:
        return analysis_html(shown.summary())
    except StudyError:
        return study_html(str(shown.path), shown.datasets(), shown.populations())


# What is public and imported on first use, so that ``import pietools`` stays light: name and module.
_LAZY = {
    "analyze": "pietools.analysis",
    "charts": "pietools.charts",
    "compare": "pietools.pairs.compare",
    "import_predictions": "pietools.exchange.import_predictions",
    "last_analysis": "pietools.analysis",
    "merge_shards": "pietools.shards.merging",
}


def __getattr__(name: str) -> Any:
    """Import what is public on first use."""
    if name not in _LAZY:
        raise AttributeError(f"module 'pietools' has no attribute '{name}'")
    module = import_module(_LAZY[name])
    return module if name == "charts" else getattr(module, name)
