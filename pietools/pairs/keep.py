"""A study of what was compared, to ask it more: SQL, ``pietools analyze``, more networks."""

from pathlib import Path

from pietools.exchange.import_population import add_network
from pietools.exchange.one_network import NetworkPredictions
from pietools.pairs.comparison import Comparison
from pietools.pairs.sentences import short_names
from pietools.pairs.tasks import Task
from pietools.study import Study
from pietools.study.records import Population

RERUN, AGAIN = "rerun", "again"


def keep_study(comparison: Comparison, path: Path) -> None:
    """Write a new study with a data set for each task, and the two sides as populations; whole or not at all.

    Raises
    ------
    pietools.errors.StudyError
        If there is something at the path.
    """
    reference, compressed = short_names(comparison)
    populations = [Population(reference, "dense"), Population(compressed, "compressed", reference=reference)]
    first = comparison.read.tasks[0]
    populations += [Population(f"{reference}/{RERUN}", "control", reference=reference)] if first.reruns else []
    populations += [Population(f"{reference}/{AGAIN}", "control", reference=reference)] if first.reference_again else []
    with Study.create_whole(path) as study:
        for task in comparison.read.tasks:
            study.add_dataset(task.dataset)
            for name, values in task.groups.items():
                study.add_property(task.dataset.name, name, values, "grouping")
        for population in populations:
            study.add_population(population)
        for task in comparison.read.tasks:
            for population, networks in zip(populations, _sides(task), strict=False):
                for network in networks:
                    add_network(study, population.name, task.dataset, network)


def _sides(task: Task) -> list[list[NetworkPredictions]]:
    """Networks in the order of the populations."""
    again = [task.reference_again] if task.reference_again else []
    return [side for side in (task.reference, task.compressed, task.reruns, again) if side]
