"""What was found, in words."""

from typing import Any

from pietools.pairs.sentences import change_in_words, margin_in_words, word_of
from pietools.results.rounding import count, p_value, percent
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


def headline(pies: dict[str, Any]) -> str:
    """What compression did to the examples, from a row of ``results.pies`` that has a null distribution."""
    return f"{_observed(pies)}; {_null(pies)}; {p_equals(pies['p_value'])}.{_excess(pies)} {_directions(pies)}"


def hits_headline(hits: dict[str, Any]) -> str:
    """Which examples were hit, from a row of ``results.examples_hits`` by log odds that were tested."""
    than = f"by more than {hits['delta']:g} nats beyond what happens to examples as hard"
    if hits["n_hit"] or hits["n_spared"]:
        said = (
            f"{count(hits['n_hit'])} of {count(hits['n_tested'])} examples were hit, {count(hits['n_spared'])} spared: "
            f"their log odds fell, or rose, {than}"
        )
    else:
        said = (
            f"Of {count(hits['n_tested'])} examples none was shown to be hit or spared: to change its log odds {than}"
        )
    if hits["hit_error_reference"] is not None:
        said += (
            f"; on the hit {percent(hits['hit_error_reference'])} % of the answers were wrong before and "
            f"{percent(hits['hit_error_compressed'])} % are now"
        )
    if hits["control"] is not None:
        said += f". Between dense and dense networks the same test finds {count(hits['control_n_found'])}"
    return f"{said}."


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


def p_equals(value: float) -> str:
    """``p = 0.002`` or ``p < 0.001``."""
    rounded = p_value(value)
    return f"p {rounded}" if rounded.startswith("<") else f"p = {rounded}"


def _observed(pies: dict[str, Any]) -> str:
    share = percent(pies["n_pies"] / pies["n_examples"])
    return f"{count(pies['n_pies'])} of {count(pies['n_examples'])} examples ({share} %) are PIEs"


def _null(pies: dict[str, Any]) -> str:
    interval = f"{count(pies['null_conf_low'])}–{count(pies['null_conf_high'])}"
    return f"{count(pies['null_mean'])} (95 %: {interval}) would be if compression did nothing"


def _excess(pies: dict[str, Any]) -> str:
    """What compression made of them, where the number of networks allows to say."""
    if pies["excess_pies"] is None:
        return ""
    if (pies["excess_conf_high"] or 0) < 0:
        return " No excess is told: below 0, which independent networks cannot give. Name the replicates that belong together."
    interval = f" (95 %: {count(pies['excess_conf_low'])} to {count(pies['excess_conf_high'])})"
    known = interval if pies["excess_conf_low"] is not None else ""
    return (
        f" Excess over disjoint sets of {count(pies['excess_set_size'])} networks: {count(pies['excess_pies'])}{known}."
    )


def _directions(pies: dict[str, Any]) -> str:
    untied = f"{count(pies['n_pies_untied'])} untied."
    if pies["forgotten"] is None:
        return untied
    directions = ", ".join(f"{count(pies[name])} {name}" for name in ("forgotten", "recovered", "moved"))
    return f"{directions}; {untied}"
