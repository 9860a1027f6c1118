"""Shards: Parquet files that many processes write, each with one network's predictions on one data set, and that one merges."""
