"""What can be found out before anything is trained: a minute's answer in place of an hour's."""

from torch import nn

from pietools.study_file import StudyFile, has_probe
from pietools.training.compression.pruning import prunable_weights
from pietools.training.data.copies import alter_datasets
from pietools.training.data.datasets import load_dataset
from pietools.training.data.label_noise import plant_label_noise
from pietools.training.networks import build_network, check_takes
from pietools.training.regimes.heads import classifier_name


def check_study(study_file: StudyFile) -> None:
    """Raise TrainingError if data, copies or network cannot be had, or do not allow what the populations ask for."""
    settings, folder = study_file.tables.data, study_file.folder
    splits = [load_dataset(settings, split, folder) for split in settings.evaluate]
    alter_datasets(settings, splits)
    data, name = splits[0], study_file.tables.study.network
    n_classes, image_size = len(data.class_names), data.image_shape[1:]
    network = build_network(name, n_classes, data.n_channels, folder, image_size=image_size)
    check_takes(name, network, data.image_shape)
    _check_layers(study_file, network)
    train = load_dataset(settings, "train", folder)
    for spec in study_file.populations:
        if spec.label_noise:
            plant_label_noise(train.labels, n_classes, spec.label_noise, study_file.tables.study.seed)


def _check_layers(study_file: StudyFile, network: nn.Module) -> None:
    """Ask for the layers that pruning and heads need."""
    for spec in study_file.populations:
        if not spec.is_trained_here or spec.training is None:
            continue
        if spec.pruning is not None:
            prunable_weights(network)
        if has_probe(spec.training) or spec.training.head is not None or spec.is_head_refitted:
            classifier_name(network)
