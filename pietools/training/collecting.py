"""`pietools collect`: run each network over each data set, and put the predictions into the study."""

from collections.abc import Callable
from typing import Any

from pietools.study import Study
from pietools.study_file import StudyFile
from pietools.training.data.datasets import load_dataset
from pietools.training.data.images import ImageData
from pietools.training.network_runs import Inputs, Missing, Run, load_inputs, run_network
from pietools.training.planned_networks import PlannedNetwork, plan_networks
from pietools.training.recording import thumbnails as small_pictures
from pietools.training.recording.collected import FROM_EPOCHS, load_epochs, wanted_recordings
from pietools.training.recording.pixel_atypicality import ATYPICALITY, PIXELS, pixel_atypicality
from pietools.training.study_description import describe_study

LONGEST_SIDE, MOST_THUMBNAILS = 64, 20_000
"""Pixels of a small picture, and for how many examples there are some, unless STUDY.toml says."""

OnProgress = Callable[[int, int], None]


def collect_study(
    study_file: StudyFile,
    on_progress: OnProgress = lambda done, total: None,
    *,
    thumbnails: bool = True,
    wait: float = 0,
) -> list[dict[str, Any]]:
    """Collect in this process what the study does not hold yet.

    Returns a row per network and data set: population, replicate, dataset, n_examples, is_new, accuracy (None where
    nothing was to be predicted), and recorded (tables of features, layers and epochs that were added to). `on_progress`
    is called with the examples done and the examples in all; `thumbnails`: whether small pictures are kept; `wait`: the
    seconds for which it is tried again while another process has the study open. Every network is read, checked and
    compared with the study before anything is stored; raises CollectError if one is missing or does not fit, StudyError
    if one contradicts what is stored.
    """
    inputs, networks = plan_collection(study_file)
    n_examples = sum(len(data) for data, _ in inputs.datasets)
    rows = []
    with Study.open_or_create(study_file.study_path, wait=wait) as study:
        describe(study, inputs, networks, thumbnails=thumbnails)
        for n_done, network in enumerate(networks, start=1):
            rows += _collect_network(study, inputs, network)
            on_progress(n_done * n_examples, len(networks) * n_examples)
    return rows


def plan_collection(study_file: StudyFile) -> tuple[Inputs, list[PlannedNetwork]]:
    """Load the data sets, and read and check every network."""
    inputs = load_inputs(study_file)
    return inputs, plan_networks(study_file, inputs.datasets, inputs.device, inputs.templates)


def describe(study: Study, inputs: Inputs, networks: list[PlannedNetwork], *, thumbnails: bool) -> None:
    """Store data sets, what is known of their examples, populations and the STUDY.toml.

    Nothing is stored if a network contradicts what the study holds.
    """
    with study.transaction():
        describe_study(study, inputs.study_file, inputs.datasets)
        for network in networks:
            missing_of(study, inputs, network)
            for data, _ in inputs.datasets:
                if FROM_EPOCHS in wanted_recordings(inputs.study_file, network.file, data):
                    load_epochs(network.file, data)
    _add_pixel_atypicality(study, inputs)
    if thumbnails:
        _add_thumbnails(study, inputs)


def missing_of(study: Study, inputs: Inputs, network: PlannedNetwork) -> dict[str, Missing]:
    """What the study lacks of a network on each data set; StudyError if it holds something else."""
    missing = {}
    for (data, _), evaluation in zip(inputs.datasets, network.evaluations, strict=True):
        is_there = study.has_evaluation(network.model, evaluation, inputs.kept_logits(network, data))
        if recordings := wanted_recordings(inputs.study_file, network.file, data):
            recordings -= study.recorded(network.model, data.name)
        missing[data.name] = Missing(not is_there, frozenset(recordings))
    return missing


def collected_row(network: PlannedNetwork, data: ImageData, missing: Missing, accuracy: float | None) -> dict[str, Any]:
    """A row of :func:`collect_study`."""
    return {
        "population": network.model.population,
        "replicate": network.model.replicate,
        "dataset": data.name,
        "n_examples": len(data),
        "is_new": missing.predictions,
        "accuracy": accuracy,
        "recorded": sorted(missing.recordings),
    }


def _collect_network(study: Study, inputs: Inputs, network: PlannedNetwork) -> list[dict[str, Any]]:
    """Run one network over the data sets on which the study does not have it, or lacks what is to be recorded."""
    missing = missing_of(study, inputs, network)
    runs = run_network(inputs, network, missing)
    rows = []
    for data, _ in inputs.datasets:
        run = next(runs) if missing[data.name] else None
        if run is not None:
            _add(study, inputs, network, run)
        rows.append(collected_row(network, data, missing[data.name], run.accuracy if run else None))
    return rows


def _add(study: Study, inputs: Inputs, network: PlannedNetwork, run: Run) -> None:
    """Add what is new, in one transaction."""
    with study.transaction():
        if run.rows is not None:
            study.add_rows(network.model, run.evaluation, run.rows)
        study.add_recording(network.model, run.evaluation.dataset, run.recording, inputs.features_dtype)


def _add_pixel_atypicality(study: Study, inputs: Inputs) -> None:
    """Store it where [collect] asks for it and it is not stored: machines differ in the last digit."""
    tables = inputs.study_file.tables
    asked = [data for data, _ in inputs.datasets if data.name in tables.data.names]
    stored = study.properties().filter(property=ATYPICALITY, source=PIXELS)["dataset"]
    missing = [data for data in asked if data.split != "train" and data.name not in stored]
    if inputs.settings.pixel_atypicality and missing:
        train = load_dataset(tables.data, "train", inputs.study_file.folder)
        for data in missing:
            values = pixel_atypicality(data, train, tables.study.seed)
            study.add_property(data.name, ATYPICALITY, values, PIXELS)


def _add_thumbnails(study: Study, inputs: Inputs) -> None:
    asked = inputs.settings.thumbnails
    for data, _ in inputs.datasets:
        longest = (LONGEST_SIDE if len(data) <= MOST_THUMBNAILS else 0) if asked is None else asked
        is_asked = data.name in inputs.study_file.tables.data.names and data.split != "train"
        if longest and is_asked and not study.thumbnails(data.name):
            study.add_thumbnails(data.name, list(small_pictures.thumbnails(data, longest)))
