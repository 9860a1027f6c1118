"""What the examples of a data set say, for people to look at: how texts come into a study, and out."""

from collections.abc import Mapping, Sequence

import polars as pl

from pietools.errors import StudyError
from pietools.study.database import Database
from pietools.study.inherited import owner


def add_texts(database: Database, dataset: str, said: Mapping[int, str]) -> bool:
    """Add texts of examples: see :meth:`pietools.study.Study.add_texts`."""
    dataset_id = database.value("select dataset_id_of(?)", [dataset])
    n = database.value("select n_examples from datasets where dataset_id = ?", [dataset_id])
    wrong = next((one for one in said if not 0 <= one < n), None)
    if wrong is not None:
        raise StudyError(f"data set '{dataset}' has {n} examples, found a text of example {wrong}.")
    rows = {int(one): text for one, text in sorted(said.items()) if text.strip()}
    own = database.sql("select example_id, text from texts where dataset_id = ? order by 1", [dataset_id])
    stored = dict(own.iter_rows())
    if stored:
        if stored != rows:
            raise StudyError(f"data set '{dataset}' has other texts: make a new study to keep others.")
        return False
    frame = pl.DataFrame(
        {"example_id": list(rows), "text": list(rows.values())}, schema={"example_id": pl.Int32, "text": pl.String}
    )
    database.append("texts", frame.select(pl.lit(dataset_id, pl.Int32).alias("dataset_id"), pl.all()).to_arrow())
    return True


def texts(database: Database, dataset: str | None, examples: Sequence[int] | None = None) -> dict[int, str]:
    """Texts by example; see :meth:`pietools.study.Study.texts`."""
    query = f"""select t.example_id, t.text from texts as t where t.dataset_id = {owner("texts")}
        and ($examples is null or list_contains($examples, t.example_id))
        order by t.example_id"""
    wanted = None if examples is None else [int(one) for one in examples]
    return dict(database.sql(query, {"dataset": dataset, "examples": wanted}).iter_rows())
