"""Which columns of a table are meant: by name, by pattern, or by the names that such columns usually have."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pietools.errors import ImportFileError
from pietools.exchange.files.tables import listed
from pietools.exchange.predictions import Source

# What people call these columns, the likeliest first; letters of either case.
USUAL = {
    "predictions": (
        *(
            "pred",
            "preds",
            "prediction",
            "predictions",
            "predicted",
            "predicted_label",
            "pred_label",
            "y_pred",
            "yhat",
            "y_hat",
        ),
        *("logits", "probs", "probabilities", "prob", "scores"),
    ),
    "labels": (
        *("label", "labels", "target", "targets", "y", "y_true", "true_label", "truth", "ground_truth", "gt", "gold"),
        *("answer", "given_label"),
    ),
    "examples": (
        *(
            "example",
            "example_id",
            "id",
            "key",
            "filename",
            "file_name",
            "filepath",
            "file",
            "path",
            "image",
            "image_id",
        ),
        *("img", "doc_id", "sample_id", "uid"),
    ),
}


def is_pattern(name: str | tuple[str, ...] | None, columns: Sequence[str]) -> bool:
    """Whether a name stands for several columns."""
    return isinstance(name, tuple) or (name is not None and "*" in name and name not in columns)


def matching(path: Path, columns: Sequence[str], pattern: str) -> dict[str, str]:
    """Columns by what the ``*`` of a pattern stands for, in the order of the file; several ``*`` are joined by a blank.

    Raises ImportFileError if no column matches, or two have the same part.
    """
    regex = re.compile("(.*)".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
    found = [(" ".join(match.groups()), name) for name in columns if (match := regex.fullmatch(name))]
    if not found:
        raise ImportFileError(f"{path} has no column that matches '{pattern}'. It has: {listed(columns)}.")
    if len(dict(found)) < len(found):
        raise ImportFileError(
            f"{path}: two of the columns that match '{pattern}' are alike: {listed([name for _, name in found])}."
        )
    return dict(found)


def class_columns(path: Path, columns: Sequence[str], pattern: str) -> dict[str, str]:
    """Columns by the class that each scores: ordered by number if all are numbered, else as they stand.

    Raises ImportFileError if some are numbered and others not.
    """
    found = matching(path, columns, pattern)
    numbers = [part for part in found if re.fullmatch(r"\d+", part)]
    if not numbers:
        return found
    if len(numbers) < len(found):
        others = [found[part] for part in found if part not in numbers]
        raise ImportFileError(
            f"{path}: of the columns that match '{pattern}' some end in the number of a class and others do not "
            f"({listed(others, 5)}): give a narrower pattern."
        )
    ordered = {str(int(part)): found[part] for part in sorted(numbers, key=int)}
    if len(ordered) < len(found):
        raise ImportFileError(f"{path}: two of the columns that match '{pattern}' have the same number.")
    missing = set(range(int(min(ordered, key=int)), len(ordered))) - {int(part) for part in ordered}
    if missing:
        raise ImportFileError(
            f"{path}: the columns that match '{pattern}' are numbered, but class {min(missing)} is missing."
        )
    return ordered


def columns_by_class(path: Path, columns: Sequence[str], name: str | tuple[str, ...]) -> dict[str, str]:
    """Columns of the predictions by class; of a single column the class is nothing."""
    if isinstance(name, tuple):
        return {one: one for one in (sorted(name, key=int) if all(one.isdigit() for one in name) else name)}
    return class_columns(path, columns, name) if is_pattern(name, columns) else {"": name}


def completed(path: Path, columns: Sequence[str], source: Source) -> Source:
    """A source with what it leaves open: the one column that has a usual name.

    Raises ImportFileError if nothing says where the predictions are.
    """
    named = {
        name
        for value in vars(source).values()
        for name in (value if isinstance(value, tuple) else (value,))
        if isinstance(name, str)
    }
    usual = {role: _usual(columns, role, named) for role in USUAL}
    if source.predictions is None and source.networks is None:
        if usual["predictions"] is None:
            raise ImportFileError(
                f"{path}: say which column holds the predictions (--predictions), or which columns if there is one "
                f"for each network (--networks 'pred_*'). It has: {listed(columns)}."
            )
        source = replace(source, predictions=usual["predictions"])
        named.add(usual["predictions"])
    return replace(
        source,
        labels=source.labels if source.labels is not None else usual["labels"],
        examples=source.examples or usual["examples"],
    )


def _usual(columns: Sequence[str], role: str, named: set[str]) -> str | None:
    by_name = {name.lower(): name for name in columns if name not in named}
    return next((by_name[name] for name in USUAL[role] if name in by_name), None)
