"""Shards: Parquet files that many processes write, each with one network's predictions on one data set, and that one merges."""

from typing import Any

__all__ = ["merge_shards"]


def __getattr__(name: str) -> Any:
    """Import the study on first use: whoever only writes shards waits for none."""
    if name == "merge_shards":
        from pietools.shards.merging import merge_shards

        return merge_shards
    raise AttributeError(f"module 'pietools.shards' has no attribute '{name}'")
