"""Figures and tables for a thesis: which are written, and the file by which LaTeX reads them."""

from collections.abc import Sequence
from pathlib import Path

from pietools.drawing.figure import Figure
from pietools.errors import StudyError
from pietools.report.figures import Sheet, caption, families, figures, write_sheet
from pietools.report.named_tables import FIRST, NamedTable, named_tables
from pietools.report.table_files import WRITERS, latex_text
from pietools.results.analysis import Analysis

FIGURES_TEX, FLOATS = "figures.tex", 10


def write_thesis_figures(
    analysis: Analysis, folder: Path, sheet: Sheet, *, only: Sequence[str] = (), everything: bool = False
) -> list[tuple[list[str], str]]:
    """Write figures into a folder; returns per figure the names of its files and its caption.

    Parameters
    ----------
    only
        Names of figures, such as ``volcano``; by default those at the top of the report.
    everything
        All figures whose tables were computed.

    Raises
    ------
    pietools.errors.StudyError
        If there is no such figure, or nothing to draw it from.
    """
    known = families()
    if unknown := [name for name in only if name not in known]:
        raise StudyError(f"no figure is named '{unknown[0]}'. There are: {', '.join(known)}.")
    drawn = figures(analysis, known if everything else only)
    drawn = drawn if only or everything else [figure for figure in drawn if figure.is_first]
    if missing := [name for name in only if name not in {figure.family for figure in drawn}]:
        raise StudyError(
            f"there is nothing to draw '{missing[0]}' from: its result table is empty, or needs 'pietools analyze --all'."
        )
    if not drawn:
        raise StudyError("the last analysis found nothing to draw.")
    written = [([path.name for path in write_sheet(one, folder, sheet)], _said(one, analysis)) for one in drawn]
    if "pdf" in sheet.formats:
        floats = [_environment(names, said) for names, said in written]
        # LaTeX keeps no more than a few floats waiting.
        pages = [r"\clearpage" + "\n" + one if n and n % FLOATS == 0 else one for n, one in enumerate(floats)]
        (folder / FIGURES_TEX).write_text("\n".join(pages), encoding="utf-8")
    return written


def _said(figure: Figure, analysis: Analysis) -> str:
    """The caption, with what stands under the title of the drawing, which a page has not."""
    subtitle = figure.spec.get("title", {}).get("subtitle") or []
    lines = [subtitle] if isinstance(subtitle, str) else subtitle
    noted = "; ".join(line for line in lines if line)
    return f"{caption(figure, analysis)} {noted[:1].upper()}{noted[1:]}{'.' if noted else ''}".rstrip()


def _environment(names: Sequence[str], said: str) -> str:
    r"""A figure of LaTeX; its file lies in the folder that ``\graphicspath`` names, or beside the document."""
    file = next(name for name in names if name.endswith(".pdf")).removesuffix(".pdf")
    return "\n".join(
        [
            r"\begin{figure}",
            r"\centering",
            rf"\includegraphics{{{{{file}}}.pdf}}",
            rf"\caption{{{latex_text(said)}}}",
            rf"\label{{fig:{file}}}",
            r"\end{figure}",
            "",
        ]
    )


def chosen_tables(analysis: Analysis, only: Sequence[str] = (), *, everything: bool = False) -> list[NamedTable]:
    """Tables by their names, by default the published one and what compression cost.

    Raises
    ------
    pietools.errors.StudyError
        If there is none of that name.
    """
    every = list(named_tables(analysis))
    wanted = [table.name for table in every] if everything else only or FIRST
    found = [table for table in every if table.name in wanted]
    known = ", ".join(table.name for table in every)
    if only and (unknown := [name for name in only if name not in {table.name for table in every}]):
        raise StudyError(f"no table is named '{unknown[0]}'. There are: {known}.")
    if not found:
        raise StudyError(
            f"the last analysis has neither of the tables {' and '.join(FIRST)}. There are: {known or 'none'}."
        )
    return found


def write_tables(tables: Sequence[NamedTable], folder: Path, form: str) -> list[str]:
    """Write tables into a folder, a file each; returns their names."""
    ending, text_of = WRITERS[form]
    names = [f"{table.name}.{ending}" for table in tables]
    for name, table in zip(names, tables, strict=True):
        (folder / name).write_text(text_of(table), encoding="utf-8")
    return names
