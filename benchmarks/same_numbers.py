"""Are the numbers of two analyses the same? ``python benchmarks/same_numbers.py BEFORE.json AFTER.json``.

Compares two outputs of ``pietools analyze --all --json``, value by value.
Prints how many numbers were compared, the largest difference, and the keys that only one of them has or where one has nothing.
Exit code 1 if a number differs by more than 1e-12, relative to its size where that is above 1.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TOLERANCE = 1e-12
# Rows of lists are matched by what they are about, since their order is no number.
KEYS = (
    "name",
    "reference",
    "compressed",
    "dataset",
    "population",
    "property",
    "group",
    "rate",
    "source",
    "term",
    "outcome",
    "side",
)
KEYS += (
    "model",
    "question",
    "score",
    "compression",
    "regime_a",
    "regime_b",
    "regime",
    "equal",
    "measure",
    "effect",
    "unseen",
)
KEYS += ("train_dataset", "subset", "n_networks", "alteration", "severity", "population_a", "population_b")


def values(found: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value with the keys that lead to it."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield from values(value, (*path, key))
    elif isinstance(found, list):
        for row in found:
            yield from values(row, (*path, _about(row)))
    else:
        yield path, found


def _about(row: Any) -> str:
    if not isinstance(row, dict):
        return str(row)
    return " · ".join(str(row[key]) for key in KEYS if isinstance(row.get(key), str | int | None) and key in row)


def difference(before: float, after: float) -> float:
    """Relative where the numbers are above 1."""
    return abs(before - after) / max(1.0, abs(before))


def main() -> int:
    """Compare two files."""
    before, after = (dict(values(json.loads(Path(name).read_text()))) for name in sys.argv[1:3])
    compared, largest = 0, 0.0
    worst: tuple[str, ...] = ()
    texts: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    for path, value in before.items():
        other, key = after.get(path), ".".join(part for part in path if " · " not in part)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and other is None:
            gone[key] += 1
        elif is_number and isinstance(other, int | float):
            compared += 1
            if difference(value, other) > largest:
                largest, worst = difference(value, other), path
        elif value != other:
            texts[f"{key}: {value!r} → {other!r}"[:160]] += 1
    print(f"{compared:,} numbers compared; the largest difference is {largest:.2g} {' / '.join(worst)}")
    for title, counts in (("only before", gone), ("other words", texts)):
        for key, n in counts.most_common():
            print(f"{title}: {key} ({n})")
    return int(largest > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
