"""What an altered copy of a data set has from its source, unless it has its own."""


def owner(table: str) -> str:
    """SQL of the dataset_id whose rows of a table the data set ``$dataset`` shows: its own if there are any, else its source's."""
    return f"""coalesce((select any_value(o.dataset_id) from {table} as o where o.dataset_id = dataset_id_of($dataset)),
        (select d.source_dataset_id from datasets as d where d.dataset_id = dataset_id_of($dataset)))"""
