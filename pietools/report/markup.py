"""HTML out of plain text: whatever comes in is escaped here, so that no name in a study becomes markup."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

from pietools.results.shown import Column, Row


def element(tag: str, text: str, **attributes: str) -> str:
    """An element with text inside."""
    return wrap(tag, escape(text), **attributes)


def wrap(tag: str, markup: str, **attributes: str) -> str:
    """An element around markup that was made here. ``class_`` is the attribute class."""
    written = "".join(f' {name.rstrip("_")}="{escape(value)}"' for name, value in attributes.items())
    return f"<{tag}{written}>{markup}</{tag}>"


def section(title: str, *parts: str) -> str:
    """A heading and what stands under it; nothing if there is nothing."""
    body = "\n".join(part for part in parts if part)
    return wrap("section", element("h2", title) + "\n" + body) if body else ""


def bullets(items: Iterable[str]) -> str:
    """A list of plain texts."""
    return wrap("ul", "".join(element("li", item) for item in items))


def table(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    """A table of rows; it scrolls by itself where the page is too narrow."""
    head = "".join(_cell("th", column, column.title) for column in columns)
    body = "\n".join(wrap("tr", "".join(_cell("td", column, column.show(row)) for column in columns)) for row in rows)
    return wrap("div", wrap("table", wrap("thead", wrap("tr", head)) + wrap("tbody", body)), class_="wide")


def folded(summary: str, markup: str) -> str:
    """Markup made here, out of sight until it is asked for."""
    return wrap("details", element("summary", summary) + markup)


def figure(svg: str, caption: str) -> str:
    """A drawing with its caption. As an image it is cut off from the page: nothing in it can run or clash."""
    source = "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
    image = f'<img src="{source}" alt="{escape(caption)}">'
    return wrap("figure", wrap("div", image, class_="wide") + element("figcaption", caption))


def _cell(tag: str, column: Column, text: str) -> str:
    return element(tag, text, class_="text") if column.is_text else element(tag, text)
