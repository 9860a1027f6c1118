"""A table as text: LaTeX for a thesis, Markdown for a page, CSV for a spreadsheet, JSON for a program. Names are text in all."""

import csv
import json
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from io import StringIO

from pylatexenc.latexencode import UnicodeToLatexEncoder

from pietools.report.named_tables import NamedTable

WIDE = 110  # characters: more do not fit across a page
QUOTE = "PIETOOLSQUOTE"
LONG = 45  # rows: more do not fit on a page
# What a spreadsheet would compute, and a number that it may.
FORMULA = re.compile(r"^[=+\-@\t\r]")
NUMBER = re.compile(r"^[+\-]?[\d.,]+( ±.*| to [+\-]?[\d.,]+| \([+\-\d., to]*\))?$")


def latex(table: NamedTable) -> str:
    r"""A float of LaTeX with rules of booktabs: ``\usepackage{booktabs,graphicx,longtable,rotating}``.

    A wide table lies on its side, and is made smaller where that is not enough; a long one goes over several pages.
    """
    widths = [
        max(map(len, cells)) + 2 for cells in zip(*[[one.title for one in table.columns], *_shown(table)], strict=True)
    ]
    kind = "sidewaystable" if sum(widths) > WIDE else "table"
    columns = "".join("l" if column.is_text else "r" for column in table.columns)
    head = " & ".join(f"{{{latex_text(column.title)}}}" for column in table.columns) + r" \\"
    rows = [rf"{' & '.join(map(_cell, row))} \\" for row in _grouped(table)]
    caption = rf"\caption{{{latex_text(table.caption)}}}\label{{tab:{table.name}}}"
    if len(rows) > LONG:
        begin = rf"\begin{{longtable}}{{@{{}}{columns}@{{}}}}"
        repeated = [r"\toprule", head, r"\midrule", r"\endhead", r"\bottomrule", r"\endlastfoot"]
        lines = [
            r"{\footnotesize\setlength{\tabcolsep}{3.5pt}",
            begin,
            rf"{caption}\\",
            *repeated,
            *rows,
            r"\end{longtable}}",
        ]
        return "\n".join(lines) + "\n"
    lines = [
        rf"\begin{{{kind}}}",
        r"\centering\small\setlength{\tabcolsep}{3.5pt}",
        rf"{caption}\smallskip",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}",
        r"\toprule",
        head,
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}}",
        rf"\end{{{kind}}}",
    ]
    return "\n".join(lines) + "\n"


def markdown(table: NamedTable) -> str:
    """A table of Markdown under its caption."""
    rule = ["---" if column.is_text else "---:" for column in table.columns]
    rows = [[column.title for column in table.columns], *_grouped(table)]
    head, *body = [" | ".join(map(_markdown_text, row)) for row in rows]
    lines = [
        _markdown_text(table.caption),
        "",
        f"| {head} |",
        f"| {' | '.join(rule)} |",
        *(f"| {row} |" for row in body),
    ]
    return "\n".join(lines) + "\n"


def csv_text(table: NamedTable) -> str:
    """Rows with a minus that programs read; a name that a spreadsheet would take for a formula has an apostrophe before it."""
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(column.title for column in table.columns)
    is_text = [column.is_text for column in table.columns]
    for row in _shown(table):
        cells = [cell.replace("−", "-") for cell in row]
        writer.writerow(_no_formula(cell) if text else cell for cell, text in zip(cells, is_text, strict=True))
    return stream.getvalue()


def json_text(table: NamedTable) -> str:
    """Name, caption and rows, each an object of its columns, as text; numbers as they are stand in the result tables."""
    titles = [column.title for column in table.columns]
    rows = [dict(zip(titles, [cell.replace("−", "-") for cell in row], strict=True)) for row in _shown(table)]
    return json.dumps({"name": table.name, "caption": table.caption, "rows": rows}, ensure_ascii=False, indent=2) + "\n"


WRITERS: dict[str, tuple[str, Callable[[NamedTable], str]]] = {
    "latex": ("tex", latex),
    "markdown": ("md", markdown),
    "csv": ("csv", csv_text),
    "json": ("json", json_text),
}
"""Per format the ending of its files and what writes them."""


def latex_text(text: str) -> str:
    """Text of LaTeX that prints as this text; a letter that LaTeX's own fonts lack is a question mark."""
    written = str(_encoder().unicode_to_latex(_visible(text).replace('"', QUOTE)))
    for ligature in ("--", "''", "``", "?`", "!`", "<<", ">>", ",,"):
        written = written.replace(ligature, "{}".join(ligature)).replace(ligature, "{}".join(ligature))
    return written.replace(QUOTE, r"\textquotedbl{}")


def _cell(text: str) -> str:
    """A cell; a bracket behind a line's end would be an argument of it."""
    written = latex_text(text)
    return f"{{}}{written}" if written.startswith(("[", "*")) else written


@cache
def _encoder() -> UnicodeToLatexEncoder:
    return UnicodeToLatexEncoder(unknown_char_policy="replace", unknown_char_warning=False)


def _markdown_text(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|&#])", r"\\\1", _visible(text))


def _no_formula(cell: str) -> str:
    return f"'{cell}" if FORMULA.match(cell) and not NUMBER.match(cell) else cell  # a range of numbers is no formula


def _visible(text: str) -> str:
    """Text in one line, without marks that nobody sees, such as those that turn the direction of writing."""
    return "".join(
        " " if unicodedata.category(one) in ("Cc", "Zl", "Zp") else one
        for one in text
        if unicodedata.category(one) != "Cf"
    )


def _grouped(table: NamedTable) -> list[list[str]]:
    """Cells for people, who read once what neighbouring rows share."""
    rows = _shown(table)
    return [
        [
            "" if place < table.n_groups and number and rows[number - 1][: place + 1] == row[: place + 1] else cell
            for place, cell in enumerate(row)
        ]
        for number, row in enumerate(rows)
    ]


def _shown(table: NamedTable) -> list[list[str]]:
    return [[column.show(row) for column in table.columns] for row in table.rows]
