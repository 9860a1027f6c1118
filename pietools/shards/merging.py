"""`pietools merge`: shards into a study, each network at once or not at all; what is there already must be the same."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from os import PathLike
from typing import Any

import numpy as np
import polars as pl

from pietools.errors import ShardError, StudyError
from pietools.shards.datasets import DatasetShard, is_dataset, read_dataset
from pietools.shards.files import damaged
from pietools.shards.networks import NetworkFacts, read_network, read_network_facts
from pietools.shards.places import Place, place_of
from pietools.study import Study
from pietools.study.evaluation_rows import EvaluationRows

# Machines differ in the last digits of what they compute of the same pictures.
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Known:
    """What a study says of data sets, the digest of their inputs by name, and its populations.

    ``compared``: data sets whose examples and labels are those of the study.
    """

    datasets: dict[str, str | None]
    populations: set[str]
    compared: Collection[str]

    @classmethod
    def of(cls, study: Study, compared: Collection[str]) -> "Known":
        """Of a study."""
        datasets = study.datasets()
        digests = dict(zip(datasets["name"], datasets["content_digest"], strict=True))
        return cls(digests, set(study.populations()["name"]), compared)


@dataclass(frozen=True)
class Found:
    """A shard of a network, and where it is."""

    place: Place
    name: str
    facts: NetworkFacts

    @property
    def what(self) -> str:
        """How messages call it."""
        return _what(self.place, self.name)


def merge_shards(
    addresses: Sequence[str | PathLike[str]],
    study_path: str | PathLike[str],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    wait: float = 0,
) -> list[dict[str, Any]]:
    """Put shards into a study, which is made if there is none; doing it again adds nothing.

    Parameters
    ----------
    addresses
        Folders, single shards, or addresses that fsspec knows.
    on_progress
        Is called with the shards of networks that are done, and with those in all.
    wait
        Seconds for which it is tried again while another process has the study open.

    Returns
    -------
    list of dict
        A row per network and data set: population, replicate, dataset, n_examples, is_new, recorded (tables that were added to).

    Raises
    ------
    ShardError
        If there are no shards, or one is damaged: nothing of its network is stored; networks before it are.
    StudyError
        If a shard contradicts another or the study.
    """
    datasets, networks = _find([place_of(str(address)) for address in addresses])
    with Study.open_or_create(study_path, wait=wait) as study:
        _describe(study, datasets)
        return list(add_networks(study, networks, {shard.dataset.name for shard in datasets}, on_progress))


def find_networks(place: Place, *, is_damage_skipped: bool = False) -> list[Found]:
    """Shards of networks in a place, in the order in which they are merged, with or without those that are damaged."""
    networks = []
    for name in place.names():
        what = _what(place, name)
        try:
            with place.open(name) as file:
                facts = read_network_facts(what, file)
            if facts is not None:
                _check_name(what, name, facts.name)
        except ShardError:
            if not is_damage_skipped:
                raise
            continue
        if facts is not None:
            networks.append(Found(place, name, facts))
    return sorted(networks, key=_order)


def add_networks(
    study: Study,
    networks: Sequence[Found],
    compared: Collection[str],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[dict[str, Any]]:
    """Add networks, in one transaction each, and yield the rows of :func:`merge_shards`.

    ``compared``: names of data sets whose examples and labels are known to be those of the study.
    """
    known = Known.of(study, compared)
    n_done = 0
    for _, group in groupby(networks, key=_network):
        shards = list(group)
        with study.transaction():
            rows = [_add(study, known, shard) for shard in shards]
        yield from rows
        n_done += len(shards)
        on_progress(n_done, len(networks))


def _find(places: Sequence[Place]) -> tuple[list[DatasetShard], list[Found]]:
    """All data sets and networks in the order in which they are merged."""
    datasets, networks = [], []
    for place in places:
        if not place.names():
            raise ShardError(
                f"{place.address} holds no shards: they are made by 'pietools collect STUDY.toml --shards {place.address}'."
            )
        found = find_networks(place)
        networks += found
        for name in sorted(set(place.names()) - {shard.name for shard in found}):
            what = _what(place, name)
            with place.open(name) as file:
                if not is_dataset(what, file):
                    raise ShardError(f"{what} is a shard of a kind that this pietools does not know: upgrade pietools.")
                datasets.append(read_dataset(what, file))
            _check_name(what, name, datasets[-1].name)
    return sorted(datasets, key=lambda shard: shard.position), sorted(networks, key=_order)


def _check_name(what: str, found: str, name: str) -> None:
    """A shard is called after what it holds: under another name it may stand in the place of one that is lost."""
    if found != name:
        raise damaged(what, f"it holds what belongs into {name}, so it was renamed, or written over another one")


def _what(place: Place, name: str) -> str:
    return place.address if place.address.endswith(name) else f"{place.address.rstrip('/')}/{name}"


def _order(found: Found) -> tuple[Any, ...]:
    (network, dataset), model = found.facts.position, found.facts.model
    return network, model.population, model.replicate or "", model.model_digest or "", dataset


def _network(found: Found) -> tuple[str, str | None, str | None]:
    model = found.facts.model
    return model.population, model.replicate, model.model_digest


def _describe(study: Study, datasets: Sequence[DatasetShard]) -> None:
    """Add data sets, what is known of their examples, and populations, as collect would: all or nothing."""
    with study.transaction():
        for shard in datasets:
            study.add_dataset(shard.dataset)
            for (name, source), values in shard.properties.items():
                if not _is_stored(study, shard.dataset.name, name, source, values):
                    study.add_property(shard.dataset.name, name, values, source)
            # Pictures are for people: those of another version of a decoder need not be the same bytes.
            if shard.pictures and not study.thumbnails(shard.dataset.name):
                study.add_thumbnails(shard.dataset.name, shard.pictures)
        for described in (shard.described for shard in datasets):
            for population in described.populations:
                study.add_population(population)
            study.set_recipe(described.recipe)


def _is_stored(study: Study, dataset: str, name: str, source: str, values: pl.Series) -> bool:
    """Whether the study has these numbers up to the last digits; whatever differs more is for the study to refuse."""
    stored = study.property_series(dataset, name, source)
    if not (stored.dtype.is_numeric() and values.dtype.is_numeric()):
        return False
    first, second = (one.cast(pl.Float64).fill_null(np.nan).to_numpy() for one in (stored, values))
    return bool(np.allclose(first, second, rtol=TOLERANCE, atol=0, equal_nan=True))


def _add(study: Study, known: Known, shard: Found) -> dict[str, Any]:
    with shard.place.open(shard.name) as file:
        facts, rows, recording, features_dtype = read_network(shard.what, file)
    model, evaluation = facts.model, facts.evaluation
    if evaluation.dataset not in known.datasets or model.population not in known.populations:
        raise ShardError(
            f"{shard.what} is of '{model.population}' on '{evaluation.dataset}', of which neither the study nor the shards say "
            "more: give merge the whole folder that collect wrote."
        )
    stored = known.datasets[evaluation.dataset]
    if None in (stored, facts.content_digest) and evaluation.dataset not in known.compared:
        raise StudyError(
            f"{shard.what} is of '{evaluation.dataset}', and the study does not know of which inputs its own is: give merge the "
            "whole folder that collect wrote, so that examples and labels are compared."
        )
    if None not in (stored, facts.content_digest) and stored != facts.content_digest:
        raise StudyError(f"{shard.what} is of other inputs than those of '{evaluation.dataset}' in the study.")
    is_new = study.add_rows(model, evaluation, rows)
    if not is_new:
        _refuse_other_labels(study, shard.what, facts, rows)
    recorded = study.add_recording(model, evaluation.dataset, recording, features_dtype)
    return {
        "population": model.population,
        "replicate": model.replicate,
        "dataset": evaluation.dataset,
        "n_examples": rows.n,
        "is_new": is_new,
        "recorded": sorted(recorded),
    }


def _refuse_other_labels(study: Study, what: str, facts: NetworkFacts, rows: EvaluationRows) -> None:
    """The same network on the same data: another machine may turn near ties over, and no more."""
    model, dataset = facts.model, facts.evaluation.dataset
    stored, n_near_ties = study.stored_evaluation(model, dataset)
    if stored.content_digest == rows.content_digest:
        return
    labels = [np.asarray(one.columns["predicted_label"]) for one in (stored, rows)]
    n_changed, allowed = int((labels[0] != labels[1]).sum()), n_near_ties + (facts.evaluation.n_near_ties or 0)
    if n_changed > allowed:
        raise StudyError(
            f"{what}: replicate '{model.replicate}' of '{model.population}' is stored on '{dataset}' with other predictions of "
            f"{n_changed} examples, where at most {allowed} are near ties: one of the two machines computes something else. "
            "Collect the network again on one that you trust."
        )
