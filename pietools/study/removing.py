"""How populations and data sets go out of a study: all of what was said of them, and nothing else."""

from dataclasses import dataclass
from typing import Any

from pietools.errors import StudyError
from pietools.study.database import Database
from pietools.study.integrity import PER_EXAMPLE


@dataclass(frozen=True)
class Removed:
    """What was taken out: evaluations (a network on a data set), and the names of populations and data sets that are gone."""

    n_evaluations: int
    populations: list[str]
    datasets: list[str]


def remove(database: Database, *, dataset: str | None, population: str | None) -> Removed:
    """Take out a population, a data set, or the one on the other: see :meth:`pietools.study.Study.remove`."""
    if dataset is None and population is None:
        raise StudyError("say what to remove: a data set, a population, or both for the one on the other.")
    dataset_id = None if dataset is None else database.value("select dataset_id_of(?)", [dataset])
    population_id = None if population is None else database.value("select population_id_of(?)", [population])
    if population is None:
        _refuse_copied(database, str(dataset), dataset_id)
    with database.transaction():
        before = {kind: _names(database, kind) for kind in ("populations", "datasets")}
        where = "($dataset is null or dataset_id = $dataset) and ($population is null or population_id = $population)"
        found = database.sql(
            f"select model_id, dataset_id from evaluations join models using (model_id) where {where}",
            {"dataset": dataset_id, "population": population_id},
        )
        for model_id, of_dataset in found.iter_rows():
            for table in (*PER_EXAMPLE, "evaluations"):
                database.execute(f"delete from {table} where model_id = ? and dataset_id = ?", [model_id, of_dataset])
        if population is None:
            for table in ("annotations", "annotation_examples"):
                of_dataset = "sample_id in (select s.sample_id from annotation_samples as s where s.dataset_id = ?)"
                database.execute(f"delete from {table} where {of_dataset}", [dataset_id])
            for table in ("annotation_samples", "examples", "example_properties", "thumbnails", "texts", "datasets"):
                database.execute(f"delete from {table} where dataset_id = ?", [dataset_id])
            database.execute("update models set train_dataset_id = null where train_dataset_id = ?", [dataset_id])
            database.execute("update datasets set is_primary = dataset_id = (select min(dataset_id) from datasets)")
        _remove_unused(database, population_id)
        after = {kind: _names(database, kind) for kind in before}
    gone = {kind: [name for name in names if name not in after[kind]] for kind, names in before.items()}
    return Removed(found.height, **gone)


def _names(database: Database, table: str) -> list[str]:
    names: list[str] = database.sql(f"select name from {table} order by 1")["name"].to_list()
    return names


def _refuse_copied(database: Database, dataset: str, dataset_id: Any) -> None:
    copies = database.sql("select name from datasets where source_dataset_id = ? order by 1", [dataset_id])["name"]
    if len(copies):
        raise StudyError(
            f"data set '{dataset}' has altered copies, which would be copies of nothing: remove {', '.join(copies)} first."
        )


def _remove_unused(database: Database, population_id: Any) -> None:
    """Take out networks without an evaluation, and populations without a network that nothing refers to.

    Raises StudyError if the population that was named is compared with others, or others came from it.
    """
    unused = "model_id not in (select e.model_id from evaluations as e)"
    database.execute(f"delete from layers where {unused}")
    database.execute(f"delete from models where {unused}")
    empty = "population_id not in (select m.population_id from models as m)"
    referring = database.sql(
        f"""select name from populations where $id in (reference_id, parent_id)
            and exists (from populations as p where p.population_id = $id and p.{empty}) order by 1""",
        {"id": population_id},
    )["name"]
    if len(referring):
        raise StudyError(
            f"{', '.join(referring)} refers to it, as what it is compared with or came from: remove that first."
        )
    n = -1
    while n != (n := database.value("select count(*) from populations")):
        database.execute(
            f"""delete from populations where {empty}
                and population_id not in (select p.reference_id from populations as p where p.reference_id is not null)
                and population_id not in (select p.parent_id from populations as p where p.parent_id is not null)"""
        )
