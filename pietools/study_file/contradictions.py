"""What is wrong between tables of a STUDY.toml that are right by themselves."""

from pietools.study_file.copies import name_copies
from pietools.study_file.line_numbers import Location
from pietools.study_file.messages import suggestion
from pietools.study_file.populations import name_populations
from pietools.study_file.recipe_contradictions import find_recipe_contradictions
from pietools.study_file.settings import CopySettings, DataSettings, StudyTables

Contradiction = tuple[Location, str]

MOST_POPULATIONS, MOST_NETWORKS, MOST_COPIES = 1000, 100_000, 1000
DATA_KEYS = {
    "root": ("fashion-mnist", "cifar10", "cifar100", "celeba"),
    "target": ("celeba",),
    "resize": ("imagefolder:PATH", "celeba"),
    "crop": ("imagefolder:PATH", "celeba"),
}
"""Keys of [data], and whose they are."""


def find_contradictions(tables: StudyTables) -> list[Contradiction]:
    """List where each contradiction stands and what it is, the first thing to put right first."""
    if too_many := _too_many(tables):
        return too_many  # what follows compares all with all
    return [
        *_in_data(tables),
        *_in_copies(tables.data),
        *_in_training(tables),
        *find_recipe_contradictions(tables),
        *_in_populations(tables),
        *_in_comparisons(tables),
    ]


def _too_many(tables: StudyTables) -> list[Contradiction]:
    """More populations, networks or copies than anybody trains; the first are counted before they are named."""
    compressed = sum(len(block.sparsity or block.from_ or [0]) for block in tables.compression)
    controls = sum(compressed if block.method == "random" else len(block.from_ or [0]) for block in tables.control)
    n = len(tables.regime) * (1 + compressed + controls) + len(tables.population)
    if n > MOST_POPULATIONS:
        return [((), f"regimes and compressions make {n:,} populations or more. Allowed: {MOST_POPULATIONS:,}.")]
    n *= tables.study.replicates
    if n > MOST_NETWORKS:
        where = ("study", "replicates")
        return [(where, f"populations and replicates make {n:,} networks or more. Allowed: {MOST_NETWORKS:,}.")]
    n = len(name_copies(tables.data))
    too_many: list[Contradiction] = [(("data", "copy"), f"{n:,} altered copies. Allowed: {MOST_COPIES:,}.")]
    return too_many if n > MOST_COPIES else []


def _in_data(tables: StudyTables) -> list[Contradiction]:
    data = tables.data
    for key, what in (("root", f"the folder that holds {data.name}"), ("target", "the attribute that is the class")):
        if data.name in DATA_KEYS[key] and getattr(data, key) is None:
            return [(("data", "name"), f"[data] lacks the key '{key}': {what}.")]
    kind = "imagefolder:PATH" if data.name.startswith("imagefolder:") else data.name
    return [
        (("data", key), f"[data] {key} is for {', '.join(owners)}, and name is '{data.name}'.")
        for key, owners in DATA_KEYS.items()
        if getattr(data, key) is not None and kind not in owners
    ]


def _in_copies(data: DataSettings) -> list[Contradiction]:
    found: list[Contradiction] = []
    for index, block in enumerate(data.copies):
        key, message = _in_copy(data, block)
        if message:
            found.append((("data", "copy", index, key), f"[[data.copy]] {message}"))
    names = [copy.name for copy in name_copies(data)]
    twice = next((name for name in names if names.count(name) > 1), None)
    return found if twice is None else [*found, (("data", "copy"), f"two copies are named '{twice}': leave one out.")]


def _in_copy(data: DataSettings, block: CopySettings) -> tuple[str, str]:
    """Return the key that is wrong in a table [[data.copy]] and what is wrong, or nothing."""
    if block.of not in data.evaluate:
        return "of", f"of = '{block.of}': evaluate does not name this split. Allowed: {', '.join(data.evaluate)}."
    if (block.corruption is None) == (block.label_noise is None):
        said = "neither corruption nor" if block.corruption is None else "both corruption and"
        return "corruption", f"has {said} label_noise: give one of them."
    if block.severity is not None and block.corruption is None:
        return "severity", "severity is of a corruption, not of label_noise."
    if "saturation" in (block.corruption or []) and data.name in ("digits", "fashion-mnist"):
        return "corruption", f"saturation is for colour images, and those of {data.name} are gray."
    return "", ""


def _in_training(tables: StudyTables) -> list[Contradiction]:
    if not tables.regime and not tables.population:
        return [((), "no population is named. Add [[regime]] to train some, or [[population]] for checkpoints.")]
    if tables.regime and tables.training is None:
        return [(("regime", 0), "[[regime]] needs a table [training] with the key 'steps'.")]
    for table in ("compression", "control"):
        if getattr(tables, table) and not tables.regime:
            return [((table, 0), f"[[{table}]] needs a [[regime]] to train in.")]
    evaluated = tables.data.evaluate
    unknown = [split for split in (tables.training.record if tables.training else []) if split not in evaluated]
    hint = f"is not in [data] evaluate, which has: {', '.join(evaluated)}."
    return [(("training", "record"), f"[training] record: '{split}' {hint}") for split in unknown]


def _in_populations(tables: StudyTables) -> list[Contradiction]:
    names = [spec.name for spec in name_populations(tables)]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    found: list[Contradiction] = [((), f"two populations are named '{name}'. Each needs its own.") for name in twice]
    for index, block in enumerate(tables.population):
        where: Location = ("population", index, "reference")
        if block.reference is None and block.role == "compressed":
            found.append((where, f"'{block.name}' is compressed and lacks the key 'reference'."))
        elif block.reference == block.name:
            found.append((where, f"'{block.name}' is its own reference."))
        elif block.reference is not None and block.reference not in names:
            found.append((where, _no_population(block.reference, names)))
    return found


def _in_comparisons(tables: StudyTables) -> list[Contradiction]:
    names = [spec.name for spec in name_populations(tables)]
    asked = [name for pair in tables.analyze.comparisons for name in pair]
    return [(("analyze", "comparisons"), _no_population(name, names)) for name in asked if name not in names]


def _no_population(name: str, names: list[str]) -> str:
    return f"no population is named '{name}'.{suggestion(name, names)} The file names: {', '.join(names)}."
