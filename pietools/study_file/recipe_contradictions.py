"""What is wrong between the keys of [[regime]], [[compression]] and [[control]]."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from pietools.study_file.line_numbers import Location
from pietools.study_file.messages import suggestion
from pietools.study_file.populations import (
    CONTRASTIVE,
    SECOND_DENSE,
    has_probe,
    name_populations,
    second,
    training_of,
)
from pietools.study_file.settings import StudyTables

Contradiction = tuple[Location, str]

REGIME_KEYS = {
    "head": CONTRASTIVE,
    "temperature": CONTRASTIVE,
    "threshold": ("fixmatch",),
    "unlabelled_ratio": ("fixmatch",),
    "ema": ("fixmatch",),
}
COMPRESSION_KEYS = {
    "sparsity": ("magnitude", "random"),
    "scope": ("magnitude", "random"),
    "schedule": ("magnitude", "random"),
    "window": ("magnitude", "random"),
    "fine_tune_steps": ("magnitude", "random", "2:4"),
    "probe": ("magnitude", "random", "2:4"),
    "from_": ("float16", "bfloat16", "int8", "int8-static"),
}
CONTROL_KEYS = {
    "rate": ("label-noise",),
    "steps": ("longer-dense", "shorter-dense"),
    "from_": ("second-compressed",),
}
"""Which names or methods a key belongs to."""


def find_recipe_contradictions(tables: StudyTables) -> Iterator[Contradiction]:
    """Yield where each contradiction stands and what it is."""
    yield from _in_regimes(tables)
    for index, compression in enumerate(tables.compression):
        where = ("compression", index)
        yield from _misplaced(where, compression, "method", COMPRESSION_KEYS)
        if compression.method in COMPRESSION_KEYS["sparsity"] and compression.sparsity is None:
            yield where, f"[[compression]] method = '{compression.method}' lacks the key 'sparsity'."
        if compression.is_one_shot and compression.window is not None:
            yield (*where, "window"), "[[compression]] window is for schedule = 'gradual'."
        if not compression.is_one_shot:
            for key in ("fine_tune_steps", "probe"):
                if getattr(compression, key) is not None:
                    yield (*where, key), f"[[compression]] {key} is for schedule = 'one-shot'."
        if compression.probe is not None and not any(map(has_probe, tables.regime)):
            yield (*where, "probe"), "[[compression]] probe: no [[regime]] ends with a linear probe."
        yield from _unknown_sources(tables, index)
    yield from _in_controls(tables)


def _in_regimes(tables: StudyTables) -> Iterator[Contradiction]:
    for index, regime in enumerate(tables.regime):
        yield from _misplaced(("regime", index), regime, "name", REGIME_KEYS)
        if regime.name in CONTRASTIVE and tables.training is not None:
            if tables.training.strong_augment == []:
                what = "[training] strong_augment = []: two views of an image need changes"
                yield ("training", "strong_augment"), f"{what} for [[regime]] '{regime.name}'."
            if tables.training.batch_size < 2:
                what = "[training] batch_size = 1: one image has no other to differ from"
                yield ("training", "batch_size"), f"{what} in [[regime]] '{regime.name}'."
        needs_few = regime.name in ("supervised-few", "fixmatch") or regime.head == "fine-tune"
        if needs_few and tables.training is not None and tables.training.labelled_fraction is None:
            what = f"{regime.name}' with head = 'fine-tune" if regime.head == "fine-tune" else regime.name
            yield ("training",), f"[training] lacks the key 'labelled_fraction', which [[regime]] '{what}' needs."


def _in_controls(tables: StudyTables) -> Iterator[Contradiction]:
    n_replicates = tables.study.replicates
    for index, control in enumerate(tables.control):
        where = ("control", index)
        yield from _misplaced(where, control, "method", CONTROL_KEYS)
        if control.method == "label-noise" and control.rate is None:
            yield where, "[[control]] method = 'label-noise' lacks the key 'rate'."
        yield from _in_steps(tables, index)
        if control.method == "second-compressed":
            yield from _in_second_compressed(tables, index)
        if control.method == "second-dense" and n_replicates > SECOND_DENSE:
            found = f"[study] replicates = {n_replicates}"
            yield where, f"{found}: at most {SECOND_DENSE:,} with [[control]] method = 'second-dense'."
        if control.method == "random" and not any(block.method == "magnitude" for block in tables.compression):
            yield (
                where,
                "[[control]] method = 'random' copies the [[compression]] blocks of method 'magnitude': there is none.",
            )


def _in_steps(tables: StudyTables, index: int) -> Iterator[Contradiction]:
    control, where = tables.control[index], ("control", index, "steps")
    dense = {str(spec.regime): spec for spec in name_populations(tables) if spec.role == "dense" and spec.training}
    by_regime = control.steps if isinstance(control.steps, dict) else dict.fromkeys(dense, control.steps)
    if unknown := [name for name in by_regime if name not in dense]:
        hint = f"{suggestion(unknown[0], list(dense))} Allowed: {', '.join(dense)}."
        yield where, f"[[control]] steps: no [[regime]] is named '{unknown[0]}'.{hint}"
    if control.method != "shorter-dense" or tables.training is None:
        return
    for name, spec in dense.items():
        longest = training_of(tables.training, spec).steps
        found = by_regime.get(name)
        if found is None:
            yield where[:2], f"[[control]] method = 'shorter-dense' lacks the key 'steps', or it has none for '{name}'."
        elif found >= longest:
            yield where, f"[[control]] steps = {found:,} is not shorter than the {longest:,} steps of '{name}'."


def _in_second_compressed(tables: StudyTables, index: int) -> Iterator[Contradiction]:
    where, method = ("control", index), "[[control]] method = 'second-compressed'"
    if not any(block.method == "second-dense" for block in tables.control):
        yield where, f"{method} needs a [[control]] of method 'second-dense', whose networks are compressed."
    asked = tables.control[index].from_
    if asked is None:
        yield where, f"{method} lacks the key 'from', such as from = \"magnitude-0.9\"."
        return
    specs = name_populations(tables)
    compressed = {spec.name.partition("/")[2]: spec for spec in specs if spec.role == "compressed" and spec.training}
    for source in asked:
        if source not in compressed:
            hint = f"{suggestion(source, list(compressed))} Allowed: {', '.join(compressed)}."
            yield (*where, "from"), f"[[control]] from: nothing compressed is named '{source}'.{hint}"
        elif (parent := compressed[source].parent) and second(parent) not in {spec.name for spec in specs}:
            missing = parent.partition("/")[2]
            yield (*where, "from"), f"[[control]] from: '{source}' is made from '{missing}'; name that, too."


def _misplaced(
    where: Location, block: BaseModel, by: str, owners: Mapping[str, tuple[str, ...]]
) -> Iterator[Contradiction]:
    """Yield the keys that are set and belong to another regime or method."""
    kind = getattr(block, by)
    for key, allowed in owners.items():
        if getattr(block, key) is not None and kind not in allowed:
            name = key.rstrip("_")
            yield (*where, name), f"[[{where[0]}]] {name} is for {by} = {_any_of(allowed)}, and {by} is '{kind}'."


def _any_of(names: tuple[str, ...]) -> str:
    return " or ".join(f"'{name}'" for name in names)


def _unknown_sources(tables: StudyTables, index: int) -> Iterator[Contradiction]:
    specs = name_populations(tables)
    for regime, source in _sources(tables, index):
        found = [spec for spec in specs if spec.regime == regime and spec.bits is None and spec.role != "control"]
        allowed = [spec.name.partition("/")[2] for spec in found]
        if source not in allowed:
            hint = f"{suggestion(source, allowed)} Allowed: {', '.join(allowed)}."
            message = f"[[compression]] from: nothing to quantize is named '{source}'.{hint}"
            yield ("compression", index, "from"), message


def _sources(tables: StudyTables, index: int) -> list[tuple[str, str]]:
    labels = {spec.regime: None for spec in name_populations(tables) if spec.training is not None}
    return [(str(label), source) for label in labels for source in tables.compression[index].from_ or []]
