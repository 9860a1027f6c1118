"""Damage to files: bytes that are flipped, put in, cut out or spliced, and values of JSON that are others or gone."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from fuzzing.tables import JSON, KINDS, Draw, chance

TOKENS = (
    b"",
    b"\0",
    b"\n",
    b"\r",
    b'"',
    b"'",
    b",",
    b";",
    b"\t",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"null",
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"-1",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\\ud800",
    b"\xed\xa0\x80",
    b"\xe2\x80\xa8",
    b"\x85",
    b"\x1b[31m",
    b"9" * 400,
    b"[" * 2000,
    b'{"a":' * 2000,
    b"\xff" * 8,
    b"\x7f\xff\xff\xff",
)
MOST = 500_000


@st.composite
def damaged(draw: Draw, files: Sequence[bytes]) -> bytes:
    """A file with one to four injuries, or the beginning of one and the end of another."""
    data = bytearray(draw(st.sampled_from(files)))
    for _ in range(draw(st.sampled_from([1, 1, 2, 4]))):
        at = draw(st.integers(0, len(data)))
        if chance(draw, 30):  # headers and footers say the most
            at = draw(st.integers(0, min(len(data), 128)))
            at = len(data) - at if chance(draw, 50) else at
        _injure(draw, data, at, files)
    return bytes(data[:MOST])


def _injure(draw: Draw, data: bytearray, at: int, files: Sequence[bytes]) -> None:
    """Change the bytes from one place."""
    injury = draw(st.sampled_from(["flip", "set", "insert", "token", "delete", "repeat", "truncate", "splice"]))
    length = draw(st.sampled_from([1, 1, 2, 4, 16, 200]))
    if injury == "flip" and at < len(data):
        data[at] ^= 1 << draw(st.integers(0, 7))
    elif injury == "set" and at < len(data):
        data[at] = draw(st.integers(0, 255))
    elif injury == "insert":
        data[at:at] = draw(st.binary(min_size=1, max_size=16))
    elif injury == "token":
        data[at : at + draw(st.sampled_from([0, length]))] = draw(st.sampled_from(TOKENS))
    elif injury == "delete":
        del data[at : at + length]
    elif injury == "repeat":
        data[at:at] = data[at : at + length] * draw(st.sampled_from([1, 2, 50]))
    elif injury == "truncate":
        del data[at:]
    elif injury == "splice":
        other = draw(st.sampled_from(files))
        data[at:] = other[draw(st.integers(0, len(other))) :]


@st.composite
def altered(draw: Draw, records: Sequence[Any], most: int = 3) -> list[Any]:
    """Records with up to so many changes, each in one or alike in all: a value that is another, gone, twice, inside a list."""
    copies = json.loads(json.dumps(list(records)))
    for _ in range(draw(st.integers(0, most))):
        if not copies:
            break
        chosen = draw(st.integers(0, len(copies) - 1))
        path = _path(draw, copies[chosen])
        change = draw(st.sampled_from(["other", "other", "gone", "twice", "inside", "name", "text"]))
        value = draw(JSON | KINDS["mixture"])
        name = draw(st.text(max_size=5) | st.sampled_from(["label", "pred", "id", "a.b"]))
        for record in copies if chance(draw, 50) else [copies[chosen]]:
            _change(record, path, change, value, name)
    if chance(draw, 20):
        copies = copies[: draw(st.integers(0, len(copies)))]
    return copies


@st.composite
def altered_one(draw: Draw, value: Any, most: int = 3) -> Any:
    """A value with up to so many changes; None if it is gone."""
    return next(iter(draw(altered([value], most))), None)


def _path(draw: Draw, value: Any) -> list[Any]:
    """Names and positions that lead to some value inside another."""
    path: list[Any] = []
    while isinstance(value, dict | list) and value and (not path or chance(draw, 60)):
        key = draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
        path.append(key)
        value = value[key]
    return path


def _change(record: Any, path: Sequence[Any], change: str, value: Any, name: str) -> None:
    """Change what is at a path, if it is there."""
    inner = record
    try:
        for key in path[:-1]:
            inner = inner[key]
        old = inner[path[-1]]
    except (IndexError, KeyError, TypeError):
        return
    if change == "gone":
        del inner[path[-1]]
    elif change == "twice" and isinstance(inner, list):
        inner.append(old)
    elif change == "name" and isinstance(inner, dict):
        inner[name] = inner.pop(path[-1])
    elif not isinstance(inner, str):
        inner[path[-1]] = {"inside": [old], "text": json.dumps(old)}.get(change, value)
