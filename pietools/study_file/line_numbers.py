"""Where a key stands in the text of a TOML file (tomllib does not tell)."""

import re

Location = tuple[int | str, ...]
"""Table, index of an array's table if it is one, key: ("compression", 0, "sparsity"), ("data", "copy", 1, "of")."""

TABLE = re.compile(r"\s*\[{1,2}[^\[\],]+\]{1,2}\s*(#.*)?$")


def find_line(text: str, location: Location) -> int | None:
    """Return the 1-based line of the key, else of its table, else None; inline tables are not searched."""
    if not location:
        return None
    lines = text.splitlines()
    table, index, inside = str(location[0]), 0, location[1:]
    if inside and isinstance(inside[0], int):
        index, inside = inside[0], inside[1:]
    elif len(inside) > 1 and isinstance(inside[1], int) and _find_table(lines, f"{table}.{inside[0]}", inside[1]):
        # A list of numbers looks the same from here, but no table is named after it.
        table, index, inside = f"{table}.{inside[0]}", inside[1], inside[2:]
    start = _find_table(lines, table, index)
    if start is None:
        return None
    keys = [part for part in inside if isinstance(part, str)]
    return (_find_key(lines, start, keys[0]) or start) if keys else start


def _find_table(lines: list[str], table: str, index: int) -> int | None:
    name = r"\s*\.\s*".join(map(re.escape, table.split(".")))
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
