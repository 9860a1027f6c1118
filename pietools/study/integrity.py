"""The rules of a study, asked of a file when it is opened: docs/schema.md promises them, and every count trusts them.

Whatever is broken changes numbers without a word elsewhere: an example that a network has twice is two votes.
"""

import duckdb

# Tables with a row per example of an evaluation, what else there is a row per, and columns that are a class, or a rank of one.
PER_EXAMPLE: dict[str, tuple[str, tuple[str, ...]]] = {
    "predictions": ("0", ("predicted_label", "label_rank")),
    "logits": ("0", ()),
    "features": ("0", ()),
    "layer_predictions": ("layer", ("predicted_label",)),
    "epoch_predictions": ("epoch", ("predicted_label",)),
}
NUMBERS = {
    "predictions": ("loss", "confidence", "margin", "entropy", "brier", "label_log_odds", "logit_margin"),
    "epoch_predictions": ("el2n",),
    "example_properties": ("number",),
    "layers": ("sparsity",),
    "models": ("realised_sparsity",),
    "populations": ("sparsity",),
}
# Table, column, and the table whose column it refers to.
REFERENCES = (
    ("datasets", "source_dataset_id", "datasets", "dataset_id"),
    ("examples", "dataset_id", "datasets", "dataset_id"),
    ("example_properties", "dataset_id", "datasets", "dataset_id"),
    ("thumbnails", "dataset_id", "datasets", "dataset_id"),
    ("texts", "dataset_id", "datasets", "dataset_id"),
    ("annotation_samples", "dataset_id", "datasets", "dataset_id"),
    ("annotation_examples", "sample_id", "annotation_samples", "sample_id"),
    ("annotations", "sample_id", "annotation_samples", "sample_id"),
    ("populations", "reference_id", "populations", "population_id"),
    ("populations", "parent_id", "populations", "population_id"),
    ("models", "population_id", "populations", "population_id"),
    ("models", "train_dataset_id", "datasets", "dataset_id"),
    ("layers", "model_id", "models", "model_id"),
    ("evaluations", "model_id", "models", "model_id"),
    ("evaluations", "dataset_id", "datasets", "dataset_id"),
)
# Table, and columns of which no two rows have the same, unless one is null.
UNIQUE = (
    ("datasets", "dataset_id"),
    ("datasets", "name"),
    ("populations", "population_id"),
    ("populations", "name"),
    ("models", "model_id"),
    ("models", "model_digest"),
    ("models", "population_id, replicate"),
    ("evaluations", "model_id, dataset_id"),
    ("examples", "dataset_id, key"),
    ("example_properties", "dataset_id, property, source, example_id"),
    ("thumbnails", "dataset_id, example_id"),
    ("texts", "dataset_id, example_id"),
    ("annotation_samples", "sample_id"),
    ("annotation_samples", "dataset_id, reference, compressed"),
    ("annotation_examples", "sample_id, example_id"),
    ("annotation_examples", "sample_id, pair, is_hit"),
    ("annotations", "sample_id, example_id, annotator, category"),
)
# Each gives a row of text for whatever breaks it.
OTHERS = """
    select 'the recipe is no object of JSON' from study where key = 'recipe' and json_type(value) is distinct from 'OBJECT'
    union all
    select 'of the data sets ' || count(*) filter (where is_primary) || ' are primary, not one' from datasets
        having count(*) > 0 and count(*) filter (where is_primary) <> 1
    union all
    select 'data set ''' || name || ''' has two classes of one name, or one without' from datasets
        where len(list_distinct(class_names)) <> len(class_names)
    union all
    select 'data set ''' || d.name || ''' is a copy of a copy' from datasets as d
        join datasets as source on source.dataset_id = d.source_dataset_id
        where source.source_dataset_id is not null
    union all
    select 'data set ''' || name || ''' has not one row for each of its ' || n_examples || ' examples, or a label that is no class'
        from datasets left join (
            select dataset_id, count(*) as n, count(distinct example_id) as n_different, min(example_id) as first,
                max(example_id) as last, min(label) as lowest, max(label) as highest
            from examples group by dataset_id
        ) using (dataset_id)
        where coalesce(n, 0) <> n_examples or n_different <> n or first <> 0 or last <> n_examples - 1
            or lowest < 0 or highest >= len(class_names)
    union all
    select 'data set ''' || name || ''' has thumbnails, but not one for each of its examples'
        from (
            select dataset_id, count(*) as n, min(example_id) as first, max(example_id) as last from thumbnails group by dataset_id
        )
        join datasets using (dataset_id)
        where n <> n_examples or first <> 0 or last <> n_examples - 1
    union all
    select 'property ''' || property || ''' has values of examples that are not there, or not one number or text each'
        from (
            select dataset_id, property, min(example_id) as first, max(example_id) as last,
                bool_or((number is null) = (text is null)) as is_ambiguous
            from example_properties group by dataset_id, property
        ) join datasets using (dataset_id)
        where first < 0 or last >= n_examples or is_ambiguous
    union all
    select 'a text is of an example that is not there' from texts join datasets using (dataset_id)
        where example_id < 0 or example_id >= n_examples
    union all
    select 'an example that is coded by hand is not there' from annotation_examples
        join annotation_samples using (sample_id) join datasets using (dataset_id)
        where example_id < 0 or example_id >= n_examples
    union all
    select 'an example was coded by hand that is in no sample' from annotations as a
        where (a.sample_id, a.example_id) not in (select (e.sample_id, e.example_id) from annotation_examples as e)
"""


def broken_rule(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Say which rule the file breaks, the first that is found, or None."""
    rules = [
        *(_refers(*reference) for reference in REFERENCES),
        *(_is_unique(table, columns) for table, columns in UNIQUE),
        *(_is_finite(table, columns) for table, columns in NUMBERS.items()),
        OTHERS,
    ]
    # Asking an empty table takes as long as a small one.
    filled = " union all ".join(f"(select '{table}' from {table} limit 1)" for table in PER_EXAMPLE)
    tables = {"predictions"} | {row[0] for row in connection.execute(filled).fetchall()}
    queries = [" union all ".join(rules), *(_covers(table, *PER_EXAMPLE[table]) for table in sorted(tables))]
    return next((row[0] for query in queries if (row := connection.execute(query).fetchone())), None)


def _refers(table: str, column: str, other: str, key: str) -> str:
    return f"""select 'a row of {table} has {column} ' || {column} || ', which is none of {other}' from {table}
        where {column} is not null and {column} not in (select o.{key} from {other} as o)"""


def _is_unique(table: str, columns: str) -> str:
    known = " and ".join(f"{column} is not null" for column in columns.split(", "))
    return f"select 'two rows of {table} have the same {columns}' from {table} where {known} group by {columns} having count(*) > 1"


def _is_finite(table: str, columns: tuple[str, ...]) -> str:
    """The largest tells: what is not a number counts as larger than infinity."""
    outside = " or ".join(f"not isfinite(min({column})) or not isfinite(max({column}))" for column in columns)
    return f"select '{table} has {' or '.join(columns)} that is no finite number' from {table} having {outside}"


def _covers(table: str, step: str, classes: tuple[str, ...]) -> str:
    """Every evaluation has each of its examples once, and predicts classes that are there.

    Rows whose position counts up with example_id are of different examples: that is quick to see, and only others are counted.
    """
    # A recording may be missing, predictions may not.
    join = "full" if table == "predictions" else "left"
    ranges = "".join(f", min({column}) as min_{column}, max({column}) as max_{column}" for column in classes)
    wrong = "".join(f" or min_{column} < 0 or max_{column} >= len(class_names)" for column in classes)
    return f"""with found as materialized (
            select model_id, dataset_id, {step} as step, count(*) as n, min(example_id) as first, max(example_id) as last,
                min(rowid - example_id) = max(rowid - example_id) as is_in_order{ranges}
            from {table} group by all),
        repeated as (
            select model_id, dataset_id, {step} as step from {table}
            semi join (from found where not is_in_order) using (model_id, dataset_id)
            group by all having count(distinct example_id) < count(*))
        select 'the network with model_id ' || model_id || ' has in {table} ' || coalesce(n, 0) || ' rows on '
            || coalesce('''' || name || ''', which has ' || n_examples || ' examples', 'a data set that is not there')
            || case when evidence is null then ', and no evaluation'
                when n = n_examples then ': not one of each, or classes that are not there' else '' end
        from found {join} join evaluations using (model_id, dataset_id) left join datasets using (dataset_id)
        where evidence is null or coalesce(n, 0) <> n_examples or first <> 0 or last <> n_examples - 1
            or (model_id, dataset_id, step) in (from repeated){wrong}"""
