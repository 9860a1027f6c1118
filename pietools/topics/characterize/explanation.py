"""What may explain which examples are lost: properties of networks that have no part in the loss, and of outside."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pietools.errors import StudyError
from pietools.statistics.characterize.conditional_logistic_model import ConditionalModel, conditional_model
from pietools.statistics.characterize.cross_fitting import Properties, smallest_part
from pietools.topics.comparison import Comparison
from pietools.topics.network_properties import NetworkProperties
from pietools.topics.properties.catalogue import PROPERTIES
from pietools.topics.study_reader import StudyReader, once

DEFAULT = ("loss", "label_noise", "atypicality")
CROSS_FITTED, OUTSIDE = "cross-fitted", "outside"


@dataclass(frozen=True)
class Explanation:
    """Properties of the labelled examples of a comparison's data set, in the order of their keys.

    ``measured_on``: the second dense population that those of networks come from, ``cross-fitted`` (halves of the reference)
    or ``outside`` (none is of networks).
    """

    properties: Properties
    measured_on: str
    n_networks: int

    @property
    def is_cross_fitted(self) -> bool:
        """Whether networks are drawn for the properties."""
        return self.properties.needs_networks

    @property
    def values(self) -> np.ndarray:
        """Values by all networks, (n, p)."""
        return self.properties.of(np.arange(self.n_networks))

    def only(self, name: str) -> Properties:
        """One of the properties by itself."""
        column = self.properties.names.index(name)
        return Properties(
            (name,), lambda networks: self.properties.of(networks)[:, [column]], self.properties.needs_networks
        )


@once
def explanation(reader: StudyReader, comparison: Comparison) -> Explanation | None:
    """The properties that are asked for, or those that there are; None if there are none."""
    second = reader.second_dense(comparison)
    networks = reader.network_properties(second or comparison.reference, comparison.dataset)
    outside = {name: values for name, (_, values) in reader.outside_numbers(comparison.dataset).items()}
    names = _names(reader, comparison, networks, outside, is_crossed=second is None)
    if not names:
        return None
    rows = reader.labelled_by_key(comparison.dataset)
    fixed = {name: outside[name][rows] for name in names if name in outside}
    measured = [name for name in names if name not in fixed]
    if not measured or second is not None:
        of_second = {name: networks.values(name).fill_null(np.nan).to_numpy()[rows] for name in measured}
        values = np.column_stack([(fixed | of_second)[name] for name in names])
        return Explanation(Properties.fixed(values, names), second if measured and second else OUTSIDE, 0)

    # An example that one network has no value of is left out whatever the networks.
    known = {name: networks.is_known_by_all(name)[rows] for name in measured}

    def of(some: np.ndarray) -> np.ndarray:
        found = {name: networks.values(name, some).fill_null(np.nan).to_numpy()[rows] for name in measured}
        found = {name: np.where(known[name], values, np.nan) for name, values in found.items()}
        return np.column_stack([(fixed | found)[name] for name in names])

    return Explanation(Properties(names, of, needs_networks=True), CROSS_FITTED, networks.n_networks)


@once
def primary_model(reader: StudyReader, comparison: Comparison) -> ConditionalModel | None:
    """The model within examples, with the same draws of replicates in every comparison; None without properties or labels."""
    explained = explanation(reader, comparison)
    if explained is None or not comparison.is_labelled:
        return None
    return conditional_model(comparison.labelled.right, explained.properties, seed=reader.settings.seed)


def _names(
    reader: StudyReader,
    comparison: Comparison,
    networks: NetworkProperties,
    outside: dict[str, np.ndarray],
    *,
    is_crossed: bool,
) -> tuple[str, ...]:
    asked = reader.settings.explain
    known = [*networks.names, *outside]
    complete = [name for name, values in outside.items() if not np.isnan(values).any()]
    wanted = asked if asked is not None else [name for name in known if name in DEFAULT or name in complete]
    names = []
    for name in wanted:
        why = _why_not_crossed(networks, name) if is_crossed and name in networks.names else None
        if why is not None:
            reader.warn(
                f"left out of what may explain: {why}. A second dense population is measured once.",
                f"{name} of {comparison.reference} on {comparison.dataset}",
            )
        elif name in known:
            names.append(name)
        elif name in PROPERTIES:
            why = networks.flags[name]
            reader.warn(f"{comparison.reference} on {comparison.dataset} has no {name}: {why}.")
        else:
            reader.warn(f"{comparison.dataset} has no property '{name}', which is left out there.")
    return tuple(dict.fromkeys(names))


def _why_not_crossed(networks: NetworkProperties, name: str) -> str | None:
    """Why a property cannot be measured on the parts of the networks that cross-fitting leaves; None if it can."""
    if name in networks.large:
        return "too many classes to measure it on parts of the networks"
    smallest = smallest_part(networks.n_networks)
    is_known = networks.is_known_by_some(name, smallest)
    return None if is_known else f"{smallest} network of {networks.n_networks} cannot tell it"


def check_known(reader: StudyReader, name: str) -> None:
    """Refuse a name that is no property of networks, and no number of any data set."""
    if name not in PROPERTIES and name not in _outside(reader):
        raise StudyError(f"no property is named '{name}'. {_there_are(reader, PROPERTIES)}")


def check_measured(reader: StudyReader, name: str) -> None:
    """Refuse a property that no networks of the study were measured for, and that nothing outside gives."""
    measured = [
        reader.network_properties(reader.second_dense(one) or one.reference, one.dataset)
        for one in reader.explainable()
    ]
    if name in _outside(reader) or not measured or any(name in networks.names for networks in measured):
        return
    known = dict.fromkeys(found for networks in measured for found in networks.names)
    raise StudyError(f"{name} could not be measured: {measured[0].flags[name]}. {_there_are(reader, known)}")


def _outside(reader: StudyReader) -> set[str]:
    return {name for dataset in reader.datasets["name"] for name in reader.outside_numbers(dataset)}


def _there_are(reader: StudyReader, of_networks: Iterable[str]) -> str:
    outside = ", ".join(sorted(_outside(reader))) or "none"
    return f"Of networks: {', '.join(of_networks)}. Measured outside, as numbers: {outside}."
