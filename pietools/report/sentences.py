"""What was found, in words."""

from typing import Any

from pietools.pairs.sentences import change_in_words, margin_in_words, word_of
from pietools.results.rounding import count, percent
from pietools.statistics.pairs.difference import PairedChange
from pietools.statistics.pairs.margin import MarginTest


def pair_headline(pair: dict[str, Any]) -> str:
    """What changed between two networks, from a row of ``results.pairs``."""
    if pair["estimate"] is None:
        return (
            f"{percent(pair['churn'])} % of the answers changed; without given labels nobody can say which are wrong."
        )
    word = word_of(pair["p_one_sided"], pair["p_better"])
    change = PairedChange(pair["estimate"], pair["conf_low"], pair["conf_high"], "tango")
    test = MarginTest(pair["margin"], pair["p_worse"], pair["p_within"], pair["n_needed"])
    p = pair["p_better"] if word == "Better" else pair["p_one_sided"]
    accuracies = pair["reference_accuracy"], pair["compressed_accuracy"]
    counts = pair["lost"], pair["gained"]
    said = change_in_words(*accuracies, change, *counts, p, "exact McNemar", is_better=word == "Better")
    return f"{word}. {said}. {margin_in_words(test)}"


def comparison_name(row: dict[str, Any]) -> str:
    """``COMPRESSED against REFERENCE on DATASET``."""
    return f"{row['compressed']} against {row['reference']} on {row['dataset']}"


def dataset_sentence(dataset: dict[str, Any]) -> str:
    """Size of a data set, and how much of it is labelled."""
    sentence = f"{dataset['name']}: {count(dataset['n_examples'])} examples of {count(dataset['n_classes'])} classes"
    if dataset["n_labelled"] == 0:
        return f"{sentence}, without labels"
    if dataset["n_labelled"] < dataset["n_examples"]:
        return f"{sentence}, {count(dataset['n_labelled'])} of them labelled"
    return sentence
