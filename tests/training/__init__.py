"""Tests of train and collect; all but those of STUDY.toml need torch."""
