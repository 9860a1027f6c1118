"""Small pictures of the examples of a data set, for people to look at: how they come into a study, and out."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pietools.errors import StudyError
from pietools.study.database import Database
from pietools.study.inherited import owner

PNG = b"\x89PNG\r\n\x1a\n"


def add_thumbnails(database: Database, dataset: str, pictures: Sequence[bytes]) -> bool:
    """Add a PNG per example: see :meth:`pietools.study.Study.add_thumbnails`."""
    dataset_id = database.value("select dataset_id_of(?)", [dataset])
    n = database.value("select n_examples from datasets where dataset_id = ?", [dataset_id])
    if len(pictures) != n:
        raise StudyError(f"data set '{dataset}' has {n} examples, found {len(pictures)} thumbnails.")
    wrong = next((i for i, picture in enumerate(pictures) if not picture.startswith(PNG)), None)
    if wrong is not None:
        raise StudyError(f"thumbnail {wrong} of data set '{dataset}' is no PNG.")
    own = database.sql("select png from thumbnails where dataset_id = ? order by example_id", [dataset_id])
    stored = [bytes(png) for png in own["png"]]
    if stored:
        if stored != list(pictures):
            raise StudyError(f"data set '{dataset}' has other thumbnails: make a new study to keep others.")
        return False
    rows = {
        "dataset_id": pa.repeat(pa.scalar(dataset_id, pa.int32()), n),
        "example_id": pa.array(np.arange(n, dtype=np.int32)),
        "png": pa.array(list(pictures), pa.binary()),
    }
    database.append("thumbnails", pa.table(rows))
    return True


def thumbnails(database: Database, dataset: str | None, examples: Sequence[int] | None = None) -> list[bytes]:
    """PNG of each example in the order of the data set, or of some in their order; see :meth:`pietools.study.Study.thumbnails`."""
    query = f"""select t.example_id, t.png from thumbnails as t where t.dataset_id = {owner("thumbnails")}
        and ($examples is null or list_contains($examples, t.example_id))
        order by t.example_id"""
    wanted = None if examples is None else [int(one) for one in examples]
    found = dict(database.sql(query, {"dataset": dataset, "examples": wanted}).rows())
    return [bytes(found[one]) for one in (found if wanted is None else wanted) if one in found]
