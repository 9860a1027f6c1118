"""What is wrong between tables of a STUDY.toml that are right by themselves."""

from pietools.study_file.line_numbers import Location
from pietools.study_file.messages import suggestion
from pietools.study_file.populations import name_populations
from pietools.study_file.settings import StudyTables

Contradiction = tuple[Location, str]


def find_contradictions(tables: StudyTables) -> list[Contradiction]:
    """List where each contradiction stands and what it is, the first thing to put right first."""
    return [*_in_data(tables), *_in_training(tables), *_in_populations(tables), *_in_comparisons(tables)]


def _in_data(tables: StudyTables) -> list[Contradiction]:
    data = tables.data
    if data.name == "fashion-mnist" and data.root is None:
        return [(("data", "name"), "[data] lacks the key 'root': the folder that holds Fashion-MNIST.")]
    belongs_to = {"root": "fashion-mnist", "resize": "imagefolder:PATH", "crop": "imagefolder:PATH"}
    return [
        (("data", key), f"[data] {key} is for {owner}, and name is '{data.name}'.")
        for key, owner in belongs_to.items()
        if getattr(data, key) is not None and data.name.partition(":")[0] != owner.partition(":")[0]
    ]


def _in_training(tables: StudyTables) -> list[Contradiction]:
    if not tables.regime and not tables.population:
        return [((), "no population is named. Add [[regime]] to train some, or [[population]] for checkpoints.")]
    if tables.regime and tables.training is None:
        return [(("regime", 0), "[[regime]] needs a table [training] with the key 'steps'.")]
    if tables.compression and not tables.regime:
        return [(("compression", 0), "[[compression]] needs a [[regime]] to train in.")]
    return []


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
