"""The topics, in the order in which they are asked and shown: one line each, and nothing else lists them."""

from importlib import import_module

from pietools.topics.topic import Topic

NAMES = (
    "accuracy",
    "pairs",
    "pies",
    "flips",
    "examples",
    "classes",
    "subgroups",
    "unseen",
    "properties",
    "characterize",
    "regimes",
    "annotations",
    "power",
)
TOPICS: dict[str, Topic] = {name: import_module(f"pietools.topics.{name}").TOPIC for name in NAMES}
