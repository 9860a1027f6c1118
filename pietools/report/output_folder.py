"""What ``analyze --out`` writes: the report, the figures and the JSON, replaced together."""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pietools.bounds import no_file
from pietools.report.figures import figures, write_figures
from pietools.report.page import write_report
from pietools.results.analysis import Analysis

JSON, REPORT, FIGURES, LIST = "analysis.json", "report.html", "figures", "figures.json"


def write_outputs(analysis: Analysis, found: str, out: Path, formats: Sequence[str] = ("svg",)) -> None:
    """Write all outputs beside the old ones, and only then put them in their place.

    A kill or a full disk in between leaves those of the run before. Figures that an earlier run drew and this one did not go; other
    files in the folder stay.

    Parameters
    ----------
    found
        The JSON of the analysis.
    out
        Folder, which exists.
    formats
        Of the figures: svg, pdf, png.

    Raises
    ------
    OSError
        If something cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix=".pietools-", dir=out) as temporary:
        made = Path(temporary)
        (made / JSON).write_text(found + "\n", encoding="utf-8")
        charts = figures(analysis)
        write_report(analysis, made / REPORT, charts)
        drawn = sorted(path.name for path in write_figures(charts, made / FIGURES, formats))
        (made / LIST).write_text(json.dumps(drawn), encoding="utf-8")
        (out / FIGURES).mkdir(exist_ok=True)
        for name in drawn:
            os.replace(made / FIGURES / name, out / FIGURES / name)
        for name in set(_drawn_before(out)) - set(drawn):
            (out / FIGURES / name).unlink(missing_ok=True)
        os.replace(made / LIST, out / FIGURES / LIST)
        for name in (REPORT, JSON):
            os.replace(made / name, out / name)
        shutil.rmtree(made / FIGURES, ignore_errors=True)


def _drawn_before(out: Path) -> list[str]:
    """Names of the figures that an earlier run wrote; none where there is no such list."""
    if no_file(out / FIGURES / LIST) is not None:
        return []
    try:
        names = json.loads((out / FIGURES / LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [name for name in names if Path(str(name)).name == name] if isinstance(names, list) else []
