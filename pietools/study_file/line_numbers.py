"""Where a key stands in the text of a TOML file (tomllib does not tell)."""

import re

Location = tuple[int | str, ...]
"""Table, index of an array's table if it is one, key: ("compression", 0, "sparsity")."""

TABLE = re.compile(r"\s*\[{1,2}[^\[\],]+\]{1,2}\s*(#.*)?$")


def find_line(text: str, location: Location) -> int | None:
    """Return the 1-based line of the key, else of its table, else None; inline tables are not searched."""
    if not location:
        return None
    lines = text.splitlines()
    start = _find_table(lines, location)
    if start is None:
        return None
    keys = [part for part in location[1:] if isinstance(part, str)]
    if keys:
        return _find_key(lines, start, keys[0]) or start
    return start


def _find_table(lines: list[str], location: Location) -> int | None:
    name = re.escape(str(location[0]))
    index = location[1] if len(location) > 1 and isinstance(location[1], int) else 0
    header = re.compile(rf"\s*(\[\s*{name}\s*\]|\[\[\s*{name}\s*\]\]|{name}\s*=)")
    found = [number for number, line in enumerate(lines, start=1) if header.match(line)]
    return found[index] if index < len(found) else None


def _find_key(lines: list[str], start: int, key: str) -> int | None:
    assignment = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*[.=]""")
    for number, line in enumerate(lines[start:], start=start + 1):
        if TABLE.match(line):
            return None
        if assignment.match(line):
            return number
    return None
