"""How populations, models and evaluations come into a study: what is there already must be the same, nothing is added by halves."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pietools.errors import StudyError
from pietools.study.database import Database, to_json
from pietools.study.evaluation_rows import EvaluationRows, vectors_of
from pietools.study.recipes import recipe_differences
from pietools.study.records import EVIDENCE, ROLES, Evaluation, Model, Population


def add_population(database: Database, population: Population) -> int:
    """Add a population and return its population_id; one that is there already must be described the same."""
    if population.role not in ROLES:
        raise StudyError(f"population '{population.name}' has role '{population.role}'. Allowed: {', '.join(ROLES)}.")
    if not population.name:
        raise StudyError("a population needs a name.")
    if population.sparsity is not None and not 0 <= population.sparsity <= 1:
        raise StudyError(f"population '{population.name}' has sparsity {population.sparsity}. Allowed: 0 to 1.")
    _refuse_other_seed(database, population)
    row = {
        "name": population.name,
        "role": population.role,
        "regime": population.regime,
        "method": population.method,
        "sparsity": population.sparsity,
        "bits": population.bits,
        "reference_id": _population_id(database, population.reference),
        "parent_id": _population_id(database, population.parent),
        "recipe": None if population.recipe is None else to_json(population.recipe),
    }
    stored = database.sql("select * from populations where name = ?", [population.name])
    if stored.height:
        _refuse_other_population(database, population, row)
        return int(stored["population_id"].item())
    return _insert_numbered(database, "populations", "population_id", row)


def _refuse_other_population(database: Database, population: Population, row: dict[str, Any]) -> None:
    """Compare with what is stored, by the names of reference and parent."""
    stored = database.sql(
        """select p.*, reference.name as reference, parent.name as parent from populations as p
           left join populations as reference on reference.population_id = p.reference_id
           left join populations as parent on parent.population_id = p.parent_id
           where p.name = ?""",
        [population.name],
    )
    found = {name: value for name, value in row.items() if not name.endswith("_id")}
    found |= {"reference": population.reference, "parent": population.parent}
    recipe, what = stored["recipe"].item(), f"population '{population.name}'"
    if recipe and population.recipe and (differences := recipe_differences(json.loads(recipe), population.recipe)):
        raise StudyError(f"{what} was trained with another recipe: {'; '.join(differences)}.")
    refuse_other(what, stored.row(0, named=True), found)


def _refuse_other_seed(database: Database, population: Population) -> None:
    """Replicates of one name start from the same weights, whatever the population: analyses take them as pairs."""
    if population.recipe is None or "seed" not in population.recipe:
        return
    other = database.sql(
        """select name, recipe->>'seed' as seed from populations
           where json_type(recipe, 'seed') is not null and recipe->>'seed' <> ? limit 1""",
        [str(population.recipe["seed"])],
    )
    if other.height:
        name, seed = other.row(0)
        raise StudyError(
            f"population '{population.name}' was trained with [study] seed {population.recipe['seed']}, and '{name}' in the study "
            f"with {seed}: their replicates are no pairs. Train both with one seed, or keep them in two studies."
        )


def _population_id(database: Database, name: str | None) -> int | None:
    return None if name is None else database.value("select population_id_of(?)", [name])


def has_evaluation(database: Database, model: Model, evaluation: Evaluation, logits_dtype: str) -> bool:
    """Whether exactly this is stored: see :meth:`pietools.study.Study.has_evaluation`."""
    stored = stored_model(database, model)
    if stored is None:
        return False
    where = [stored["model_id"], database.value("select dataset_id_of(?)", [evaluation.dataset])]
    digest = database.value("select evaluation_digest from evaluations where model_id = ? and dataset_id = ?", where)
    if digest is None:
        return False
    what = f"{network_name(model.population, model.replicate)} is stored on '{evaluation.dataset}'"
    if digest != evaluation.evaluation_digest:
        raise StudyError(f"{what} with other predictions: another transform, dtype or autocast, or another file.")
    evidence = database.value("select evidence from evaluations where model_id = ? and dataset_id = ?", where)
    if evidence != evaluation.evidence:
        raise StudyError(f"{what} as {evidence}, not as {evaluation.evidence}: make a new study to keep others.")
    kept = database.value(
        "select if(logits is null, 'float16', 'float32') from logits where model_id = ? and dataset_id = ? limit 1",
        where,
    )
    if (kept or "none") != logits_dtype:
        raise StudyError(
            f"{what} with logits as {kept or 'none'}, not {logits_dtype}: make a new study to keep others."
        )
    return True


def add_evaluation(database: Database, model: Model, evaluation: Evaluation, rows: EvaluationRows) -> bool:
    """Add one network's predictions on one data set in one transaction: see :meth:`pietools.study.Study.add_evaluation`."""
    dataset_id = database.value("select dataset_id_of(?)", [evaluation.dataset])
    n, n_classes = (
        database.value(f"select {what} from datasets where dataset_id = ?", [dataset_id])
        for what in ("n_examples", "len(class_names)")
    )
    if rows.n != n:
        raise StudyError(f"data set '{evaluation.dataset}' has {n} examples, found {rows.n} predictions.")
    _check_values(evaluation.dataset, n_classes, rows)
    _check_described(model, evaluation)
    if has_evaluation(database, model, evaluation, rows.logits_dtype):
        return False
    with database.transaction():
        model_id = _model_id(database, model)
        _append_evaluation(database, model_id, dataset_id, evaluation, rows.content_digest)
        keys = example_keys(model_id, dataset_id, pa.array(np.arange(n, dtype=np.int32)))
        for table, columns in (("predictions", rows.predictions), ("logits", rows.logits)):
            if columns is not None:
                database.append(table, pa.table(keys | dict(zip(columns.column_names, columns.columns, strict=True))))
    return True


def example_keys(model_id: int, dataset_id: int, examples: pa.Array) -> dict[str, pa.Array]:
    """The columns that say of which network, data set and example a row is."""
    keys = {"model_id": model_id, "dataset_id": dataset_id}
    repeated = {key: pa.repeat(pa.scalar(value, pa.int32()), len(examples)) for key, value in keys.items()}
    return {**repeated, "example_id": examples}


def _check_values(dataset: str, n_classes: int, rows: EvaluationRows) -> None:
    """Raise StudyError for a class that is not there, a number that is not finite, or vectors of logits of other lengths."""
    predictions = rows.predictions
    for name, column in zip(predictions.column_names, predictions.columns, strict=True):
        lowest, highest = pc.min_max(column).values()
        if not lowest.is_valid:
            continue
        if pa.types.is_integer(column.type) and not 0 <= lowest.as_py() <= highest.as_py() < n_classes:
            raise StudyError(f"data set '{dataset}' has {n_classes} classes, found {name} from {lowest} to {highest}.")
        if not pc.all(pc.is_finite(column)).as_py():
            raise StudyError(f"predictions on '{dataset}' have {name} that is no finite number.")
    if rows.logits is None:
        return
    logits = vectors_of(rows.logits.column(0))
    if logits is None or logits.shape[1] != n_classes:
        raise StudyError(f"data set '{dataset}' has {n_classes} classes, found logits that are not {n_classes} each.")
    # −∞ is the logit of a class that an example does not have.
    if not (logits < np.inf).all():
        raise StudyError(f"predictions on '{dataset}' have logits that are no numbers.")


def _check_described(model: Model, evaluation: Evaluation) -> None:
    """Raise StudyError for a number that cannot be, or an evidence that is not known."""
    shares = [model.realised_sparsity, *(layer.sparsity for layer in model.layers)]
    counts = [model.n_bytes, evaluation.n_near_ties, *(layer.n_weights for layer in model.layers)]
    if evaluation.evidence not in EVIDENCE:
        raise StudyError(f"there is no evidence '{evaluation.evidence}'. Allowed: {', '.join(EVIDENCE)}.")
    if wrong := [share for share in shares if share is not None and not 0 <= share <= 1]:
        raise StudyError(f"{network_name(model.population, model.replicate)} has sparsity {wrong[0]}. Allowed: 0 to 1.")
    if wrong := [count for count in counts if count is not None and count < 0]:
        raise StudyError(f"{network_name(model.population, model.replicate)} has a count of {wrong[0]}.")


def _append_evaluation(
    database: Database, model_id: int, dataset_id: int, evaluation: Evaluation, content_digest: str
) -> None:
    row = {
        "model_id": model_id,
        "dataset_id": dataset_id,
        **{name: getattr(evaluation, name) for name in
           ("evidence", "evaluation_digest", "n_near_ties", "transform", "dtype", "autocast", "device", "batch_size")},
        "versions": to_json(evaluation.versions),
        "content_digest": content_digest,
    }  # fmt: skip
    insert(database, "evaluations", row)


def _model_id(database: Database, model: Model) -> int:
    """model_id of a stored network or of one that is added now."""
    stored = stored_model(database, model)
    if stored:
        return int(stored["model_id"])
    model_id = _insert_numbered(database, "models", "model_id", _model_row(database, model))
    for position, layer in enumerate(model.layers):
        facts = asdict(layer)
        row = {"model_id": model_id, "layer": position, "layer_name": facts.pop("name"), **facts}
        insert(database, "layers", row)
    return model_id


def _model_row(database: Database, model: Model) -> dict[str, Any]:
    train = None if model.train_dataset is None else database.value("select dataset_id_of(?)", [model.train_dataset])
    return {
        "population_id": _population_id(database, model.population),
        "replicate": model.replicate,
        "seed": model.seed,
        "model_digest": model.model_digest,
        "train_dataset_id": train,
        "realised_sparsity": model.realised_sparsity,
        "n_bytes": model.n_bytes,
    }


def stored_model(database: Database, model: Model) -> dict[str, Any] | None:
    """The row of a network that is there already, known by its digest or its replicate name, or None.

    Raises StudyError if it is there under another name, or another one under this name.
    """
    rows = database.sql(
        """select m.*, p.name as population from models as m join populations as p on p.population_id = m.population_id
           where m.model_digest = ? or (p.name = ? and m.replicate = ?)""",
        [model.model_digest, model.population, model.replicate],
    )
    name = network_name(model.population, model.replicate)
    for row in rows.iter_rows(named=True):
        if (row["population"], row["replicate"]) != (model.population, model.replicate):
            other = network_name(row["population"], row["replicate"])
            raise StudyError(f"{name} is the same network as {other}: a network counts once.")
        refuse_other(name, row, {"model_digest": model.model_digest, "seed": model.seed})
    return rows.row(0, named=True) if rows.height else None


def network_name(population: str, replicate: str | None) -> str:
    """How messages call a network."""
    return f"a network of '{population}'" if replicate is None else f"replicate '{replicate}' of '{population}'"


def _insert_numbered(database: Database, table: str, key: str, row: dict[str, Any]) -> int:
    number = database.value(f"select coalesce(max({key}), 0) + 1 from {table}")
    insert(database, table, {key: number, **row})
    return int(number)


def insert(database: Database, table: str, row: dict[str, Any]) -> None:
    """Insert one row, by column name."""
    columns = ", ".join(f"? as {name}" for name in row)
    database.execute(f"insert into {table} by name select {columns}", list(row.values()))


def refuse_other(what: str, stored: dict[str, Any], found: dict[str, Any]) -> None:
    """Raise if a stored row differs from what is said of it now, naming the first difference; None says nothing."""
    for column, value in found.items():
        if value is not None and stored[column] != value:
            raise StudyError(f"{what} is stored with {column} {stored[column]}, found {value}.")
