"""The unit of work of collecting elsewhere: one network run over a data set, and over those that have the same images."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pietools.errors import CollectError
from pietools.shards.networks import NetworkFacts, encode_network
from pietools.shards.places import place_of
from pietools.study_file import StudyFile
from pietools.training.data.images import ImageData
from pietools.training.network_runs import Inputs, Missing, load_inputs, run_network
from pietools.training.planned_networks import PlannedNetwork


@dataclass(frozen=True)
class CollectUnit:
    """A network, its place in the STUDY.toml, what is missing of it on some data sets, and the address that shards go to."""

    study_file: StudyFile
    planned: PlannedNetwork
    position: int
    missing: Mapping[str, Missing]
    content_digests: Mapping[str, str]
    address: str
    n_images: int

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"{self.planned.file.name} on {', '.join(self.missing)}"

    @property
    def parent_name(self) -> None:
        """It needs no other unit."""
        return None


def units_of(
    inputs: Inputs, planned: PlannedNetwork, position: int, missing: Mapping[str, Missing], address: str
) -> list[CollectUnit]:
    """One unit for all data sets that have the same images and of which something is missing: they are predicted once."""
    groups: dict[int, list[tuple[ImageData, str]]] = {}
    for data, digest in inputs.datasets:
        if missing[data.name]:
            groups.setdefault(id(data.images), []).append((data, digest))
    return [
        CollectUnit(
            study_file=inputs.study_file,
            planned=planned,
            position=position,
            # A shard always has predictions, also where the study only lacks what else is recorded.
            missing={data.name: replace(missing[data.name], predictions=True) for data, _ in group},
            content_digests={data.name: digest for data, digest in group},
            address=address,
            n_images=sum(len(data) for data, _ in group),
        )
        for group in groups.values()
    ]


def collect_unit(unit: CollectUnit, on_images: Callable[[int], None]) -> dict[str, float]:
    """Run the network, write a shard for each data set, and return its accuracy on each.

    Raises CollectError if the data here are others than where the work was planned, or the network fails.
    """
    inputs, place = _inputs(unit), place_of(unit.address)
    names = [data.name for data, _ in inputs.datasets]
    accuracies = {}
    for run in run_network(inputs, unit.planned, unit.missing):
        assert run.rows is not None
        assert run.accuracy is not None
        dataset, layers = run.evaluation.dataset, run.recording.layers
        facts = NetworkFacts(
            position=(unit.position, names.index(dataset)),
            model=unit.planned.model,
            evaluation=run.evaluation,
            content_digest=unit.content_digests[dataset],
            logits=run.rows.logits_dtype,
            recorded=tuple(sorted(unit.missing[dataset].recordings)),
            layers=tuple(layers.names) if layers else (),
        )
        place.write(facts.name, encode_network(facts, run.rows, run.recording, inputs.features_dtype))
        accuracies[dataset] = run.accuracy
        on_images(run.rows.n)
    return accuracies


_loaded: list[Inputs] = []
"""The inputs of the last unit: a worker has many of one study, and reading its data takes longer than running a network."""


def keep_loaded(inputs: Inputs) -> None:
    """Let the units of a study find its inputs loaded."""
    _loaded[:] = [inputs]


def _inputs(unit: CollectUnit) -> Inputs:
    for is_fresh in (False, True):
        if is_fresh or not _loaded or _loaded[0].study_file != unit.study_file:
            keep_loaded(load_inputs(unit.study_file))
        found = {data.name: digest for data, digest in _loaded[0].datasets}
        other = [name for name, digest in unit.content_digests.items() if found.get(name) != digest]
        if not other:
            return _loaded[0]
    raise CollectError(f"{other[0]} has other contents here than where the work was planned: give both the same data.")
