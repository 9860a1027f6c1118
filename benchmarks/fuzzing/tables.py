"""Random tables of predictions, valid and nearly valid: columns with the usual names and others, cells of every kind."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from pietools.exchange.columns import USUAL

Draw = Callable[[st.SearchStrategy], Any]

CLASSES = (
    "cat",
    "dog",
    "eel",
    "Cat",
    "none",
    "NA",
    " cat ",
    "ü",
    "猫",
    "true",
    "1.0",
    "-1",
    "a,b",
    "a\nb",
    '"',
    "'",
    "[1]",
)
LETTERS = st.text(max_size=12)
ANY_FLOAT = st.floats() | st.sampled_from([0.0, -0.0, 1e308, -1e308, 5e-324, 1e-320, 3.4e38, 1e39, 65504.0, 16777217.0])
HUGE = st.sampled_from([2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), -(2**63) - 1, 10**30, 10**400])
SCALARS: dict[str, st.SearchStrategy] = {
    "class": st.integers(0, 4),
    "signed": st.integers(-101, 4),
    "name": st.sampled_from(CLASSES),
    "probability": st.floats(0, 1),
    "float": st.floats(-20, 20),
    "any float": ANY_FLOAT,
    "huge": HUGE | st.integers(),
    "truth": st.booleans(),
    "text": LETTERS,
    "number in text": st.sampled_from(
        ["1", "01", "1.0", "1,5", "1e3", " 2 ", "+3", "٣", "1_000", "0x1", "nan", "inf", "-inf"]
    ),
    "nothing": st.none(),
}
NUMBERS = st.floats(-20, 20) | st.integers(0, 4) | ANY_FLOAT | st.none()
LISTS: dict[str, st.SearchStrategy] = {
    "list": st.lists(st.floats(-20, 20), min_size=3, max_size=3),
    "odd list": st.lists(NUMBERS, max_size=4),
    "nested list": st.lists(st.lists(st.floats(-9, 9), min_size=2, max_size=2), min_size=1, max_size=2),
    "list of names": st.lists(st.sampled_from(CLASSES), min_size=2, max_size=3),
    "printed list": st.lists(st.floats(-9, 9), max_size=5).map(lambda one: str(np.array(one))),
    "printed names": st.lists(st.sampled_from(CLASSES), max_size=3).map(lambda one: str(np.array(one, dtype=str))),
    "odd text": st.sampled_from(
        ["[", "[]", "()", "[1 2 ... 9]", "[[1 2]\n [3 4]]", "['a' \"b's\"]", "[nan, inf]", "[1,,2]", "(1, 2"]
    ),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_FLOAT | LETTERS | HUGE | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LETTERS, inner, max_size=3),
    max_leaves=5,
)
KINDS = {**SCALARS, **LISTS, "mixture": st.one_of(*SCALARS.values(), *LISTS.values()), "json": JSON}
SCORED = ("prob", "logit", "score", "p", "output", "")
ODD_NAMES = (
    "",
    " ",
    "*",
    "a*b",
    "a.b",
    "a\nb",
    "\0",
    "ü",
    "猫",
    "1",
    "01",
    "-1",
    "Unnamed: 0",
    "index",
    "split",
    "x" * 200,
)
USUAL_NAMES = tuple(name for names in USUAL.values() for name in names)


@dataclass(frozen=True)
class Columns:
    """Named columns of one length; names may repeat."""

    names: list[str]
    values: list[list[Any]]

    @property
    def rows(self) -> list[list[Any]]:
        """Cells row by row."""
        return [list(row) for row in zip(*self.values, strict=True)]

    @property
    def records(self) -> list[dict[str, Any]]:
        """Rows as objects; of columns of one name the last."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


def chance(draw: Draw, percent: int) -> bool:
    """True in about so many of a hundred draws."""
    return draw(st.integers(0, 99)) >= 100 - percent


@st.composite
def tables(draw: Draw) -> Columns:
    """Examples, networks, labels and predictions as people write them, then a few things that people get wrong."""
    n_examples = draw(st.sampled_from([1, 2, 3, 5, 10, 12, 120, 0]))
    n_networks = draw(st.sampled_from([1, 1, 1, 2, 3]))
    n = n_examples * n_networks
    columns: list[tuple[str, list[Any]]] = []
    if chance(draw, 80):
        columns.append((_name(draw, "examples"), _keys(draw, n_examples) * n_networks))
    if n_networks > 1 or chance(draw, 10):
        names = [f"{k}" for k in range(n_networks)]
        columns.append(
            (draw(st.sampled_from(["net", "seed", "model"])), [one for one in names for _ in range(n_examples)])
        )
    if chance(draw, 80):
        columns.append((_name(draw, "labels"), _cells(draw, draw(_label_kinds()), n_examples) * n_networks))
    columns += _predictions(draw, n)
    if chance(draw, 25):
        columns.append((draw(names_of_columns()), _cells(draw, draw(st.sampled_from(list(KINDS))), n)))
    return _got_wrong(draw, Columns([name for name, _ in columns], [values for _, values in columns]))


def _label_kinds() -> st.SearchStrategy[str]:
    return st.sampled_from(["class", "class", "name", "name", "signed", *KINDS])


def names_of_columns() -> st.SearchStrategy[str]:
    """Usual names, odd ones and any text."""
    return st.sampled_from(USUAL_NAMES) | st.sampled_from(ODD_NAMES) | LETTERS


def _name(draw: Draw, role: str) -> str:
    return draw(st.sampled_from(USUAL[role])) if chance(draw, 85) else draw(names_of_columns())


def _keys(draw: Draw, n: int) -> list[Any]:
    form = draw(st.sampled_from(["{}", "img_{:05d}.jpg", "a/{}.png", "{}.0", "ü{}"]))
    return [form.format(i) for i in range(n)] if chance(draw, 80) else list(range(n))


def _cells(draw: Draw, kind: str, n: int) -> list[Any]:
    """Cells of a column; of a long one a few are drawn and repeated."""
    drawn = draw(st.lists(KINDS[kind], min_size=min(n, 1), max_size=min(n, 12)))
    shuffled = random.Random(len(drawn)).choices(drawn, k=n) if drawn else []
    return [*drawn, *shuffled][:n]


def _predictions(draw: Draw, n: int) -> list[tuple[str, list[Any]]]:
    """A column of labels or lists, or a column for each class, network or rank."""
    form = draw(st.sampled_from(["labels", "any", "lists", "classes", "networks", "best"]))
    name = _name(draw, "predictions")
    if form == "labels":
        return [(name, _cells(draw, draw(_label_kinds()), n))]
    if form == "any":
        return [(name, _cells(draw, draw(st.sampled_from(list(KINDS))), n))]
    if form == "networks":
        kind = draw(_label_kinds())
        return [(f"pred_{k}", _cells(draw, kind, n)) for k in range(draw(st.integers(1, 3)))]
    block = _scores(draw, n, draw(st.integers(1, 5)))
    if form == "lists":
        return [(name, block.tolist())]
    prefix = draw(st.sampled_from(SCORED))
    if form == "classes":
        parts = _class_parts(draw, block.shape[1])
        joint = "_" if prefix else ""
        return [(f"{prefix}{joint}{part}", values.tolist()) for part, values in zip(parts, block.T, strict=True)]
    block = -np.sort(-block, axis=1)
    best = [draw(st.permutations(range(block.shape[1]))) for _ in range(min(n, 3))]
    return [
        ("index", [best[i % len(best)] for i in range(n)]),
        (draw(st.sampled_from(["prob", "logit", "score"])), block.tolist()),
    ]


def _class_parts(draw: Draw, n: int) -> list[str]:
    start = draw(st.sampled_from([0, 0, 1, 7]))
    numbers = [str(c + start) for c in range(n)]
    return draw(st.sampled_from([numbers, list(CLASSES[:n]), [*numbers[:-1], "x"], [*numbers[:-1], "01"]]))


def _scores(draw: Draw, n: int, m: int) -> np.ndarray:
    """Logits or probabilities, shape (n, m), from a drawn seed; in unusual units, precisions and sizes now and then."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scores = rng.normal(size=(n, m)) * draw(st.sampled_from([1, 10, 1e-9, 1e8, 1e38, 1e300]))
    if chance(draw, 50):
        with np.errstate(over="ignore", invalid="ignore"):
            scores = np.exp(np.clip(scores, -50, 50))
            scores /= scores.sum(axis=1, keepdims=True)
        scores = scores * draw(st.sampled_from([1, 1, 1, 100, 255]))
        scores = scores.round(draw(st.sampled_from([0, 2, 4, 8, 8])))
    if n and chance(draw, 15):
        scores[rng.integers(0, n), rng.integers(0, m)] = draw(ANY_FLOAT)
    if n and chance(draw, 5):
        scores[:, rng.integers(0, m)] = draw(ANY_FLOAT)
    return scores


def _got_wrong(draw: Draw, columns: Columns) -> Columns:
    """The table with up to two of: another cell or name, rows gone, twice or in another order, columns in another order."""
    names, values = list(columns.names), [list(one) for one in columns.values]
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
        n, m = len(values[0]), len(names)
        wrong = draw(st.sampled_from(["cell", "name", "twice", "gone", "order", "columns", "missing"]))
        row, column = draw(st.integers(0, max(n - 1, 0))), draw(st.integers(0, m - 1))
        if wrong in ("cell", "missing") and n:
            values[column][row] = None if wrong == "missing" else draw(KINDS["mixture"])
        elif wrong == "name":
            names[column] = draw(names_of_columns() | st.sampled_from(names))
        elif wrong in ("twice", "gone", "order") and n:
            rows = list(range(n))
            changed = {"twice": [*rows, row], "gone": rows[:row] + rows[row + 1 :], "order": rows[::-1]}[wrong]
            values = [[one[i] for i in changed] for one in values]
        elif wrong == "columns":
            names, values = names[::-1], values[::-1]
    return Columns(names, values)


@st.composite
def arrays(draw: Draw, n: int | None = None) -> np.ndarray:
    """An array as an npz or npy file may hold it: any type, any shape."""
    shapes = [
        (2, 5),
        (1, 5),
        (5,),
        (5, 3),
        (2, 5, 3),
        (1, 5, 3),
        (5, 1),
        (5, 1, 3),
        (2, 5, 1),
        (0, 5),
        (5, 0),
        (),
        (1, 1, 1, 5),
        (3, 3),
    ]
    shape = draw(st.sampled_from(shapes)) if n is None else (n,)
    shape = tuple(40 if size == 5 else size for size in shape) if n is None and chance(draw, 20) else shape
    dtype = draw(
        st.sampled_from(
            [
                "<i8",
                "<i4",
                "u1",
                "<u8",
                ">i4",
                "<f4",
                "<f8",
                "<f2",
                ">f8",
                "<f16",
                "?",
                "U3",
                "S3",
                "<c8",
                "<M8[s]",
                "V2",
                "U0",
                "O",
            ]
        )
    )
    kind = np.dtype(dtype).kind
    n_cells = int(np.prod(shape))
    if kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            m = shape[-1] if shape and shape[-1] else 1
            return _scores(draw, n_cells // m, m).astype(dtype).reshape(shape)
    if kind in "iu":
        cells = _cells(draw, draw(st.sampled_from(["class", "class", "signed"])), n_cells)
        return np.array(cells, dtype="<i8").astype(dtype).reshape(shape)
    cells = _cells(draw, "name", n_cells)
    if kind in "UO":
        return np.array(cells, dtype=dtype).reshape(shape)
    return np.zeros(shape, dtype=dtype)


def as_text(value: Any) -> str:
    """A cell as a CSV has it."""
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, dict) else str(value)


def common_names(names: Sequence[str]) -> list[str]:
    """Names without those that repeat."""
    return list(dict.fromkeys(names))
