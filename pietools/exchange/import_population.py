"""Puts predictions that were made elsewhere into a study: aligned, checked, all or nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pietools.errors import ImportFileError
from pietools.exchange.dataset_of_files import add_dataset_of
from pietools.exchange.files.tables import listed
from pietools.exchange.networks_in_files import NetworkFile
from pietools.exchange.one_network import NetworkPredictions, networks_of
from pietools.exchange.plausibility import refuse_implausible
from pietools.exchange.predictions import FilePredictions, Source
from pietools.exchange.read_predictions import read
from pietools.exchange.seen_examples import add_pictures, add_texts
from pietools.exchange.tasks import TASK, joined_tasks, task_of
from pietools.statistics.tools.scalars import count_near_ties
from pietools.study import Study
from pietools.study.records import Dataset, Evaluation, Model, Population


@dataclass(frozen=True)
class Imported:
    """What an import understood of the files, and what it added."""

    dataset: str
    population: str
    n_examples: int
    n_classes: int
    class_names: list[str]
    n_models: int
    n_added: int
    top1: list[float]
    first: dict[str, str | None]
    understood: list[str]
    warnings: list[str]
    n_texts: int = 0
    n_pictures: int = 0


def import_population(
    study: Study,
    files: Sequence[Path | NetworkFile],
    source: Source,
    *,
    dataset: str,
    population: Population,
    class_names: Sequence[str] | None = None,
    logits_dtype: str = "float32",
    split: str | None = None,
    copy_of: str | None = None,
    alteration: str | None = None,
    severity: int | None = None,
    accept_chance: bool = False,
    images: Path | None = None,
) -> Imported:
    """Add the predictions in ``files`` to a study, all or nothing.

    Parameters
    ----------
    files
        Paths; or paths with the name of the one network in each.
    source
        Where in each file predictions, labels, replicate names and example keys are.
    dataset
        Name of the data set; made from the first file if the study has none of that name.
    population
        The population that the networks belong to. Its role may be empty: compressed if it has a reference, else what is
        stored, else dense.
    class_names
        One per class. By default those that are stored, else those that the files name or number.
    logits_dtype
        How logits are kept: ``float32``, ``float16`` or ``none``.
    split
        ``train``, ``test``, …; by default the one of ``copy_of``.
    copy_of, alteration, severity
        For an altered copy: the data set that it is a copy of, whose keys, labels and classes it has, what was done to it, and how
        much, 1 to 5.
    accept_chance
        Add predictions that match the labels no better than chance, too.
    images
        Folder with the examples' pictures, of which small ones are kept.

    Raises
    ------
    ImportFileError, StudyError
        If a file cannot be read or contradicts another or the study; nothing is added then.
    """
    named = [one if isinstance(one, NetworkFile) else NetworkFile(one) for one in files]
    stored = study.dataset(dataset) or (study.dataset(copy_of) if copy_of else None)
    known = class_names if class_names is not None else (stored.class_names if stored else ())
    found = joined_tasks([_read(one, replace(source, known_classes=known)) for one in named])
    said = {"split": split, "source": copy_of, "alteration": alteration, "severity": severity}
    with study.transaction():
        target, notes = add_dataset_of(study, dataset, found, class_names, said)
        if found[0].task == TASK:
            study.add_property(dataset, TASK, task_of(target.keys))
        study.add_population(_with_role(study, population))
        imported = _add(study, target, population.name, found, logits_dtype, notes, accept_chance=accept_chance)
        n_texts, n_pictures = (
            add_texts(study, target, found, is_asked=source.texts is not None),
            add_pictures(study, target, images),
        )
        return replace(imported, n_texts=n_texts, n_pictures=n_pictures)


def _read(one: NetworkFile, source: Source) -> FilePredictions:
    found = read(one.path, source)
    if one.replicate is None:
        return found
    if found.shape[0] > 1:
        raise ImportFileError(
            f"{one.path} holds {found.shape[0]} networks: --replicates-from names files of one network each."
        )
    return replace(found, replicates=[one.replicate])


def _add(
    study: Study,
    target: Dataset,
    population: str,
    found: Sequence[FilePredictions],
    logits_dtype: str,
    notes: list[str],
    *,
    accept_chance: bool,
) -> Imported:
    """Add each network that is not there yet. Unnamed ones are known by their predictions, as often as they occur."""
    unnamed = Counter(study.unnamed_evaluations(population, target.name))
    digests: Counter[str] = Counter()
    top1, n_added, predicted = [], 0, []
    is_labelled = target.labels >= 0
    warnings = [
        f"{one.path}: {note}" for one in found for note in (*one.notes, *(one.scale.notes if one.scale else ()))
    ]
    warnings += notes
    for model in networks_of(found, target, warnings):
        digest = model.digest
        digests[digest] += 1
        predicted.append((model.path, model.predicted))
        if model.replicate is not None or digests[digest] > unnamed[digest]:
            n_added += add_network(study, population, target, model, logits_dtype)
        if is_labelled.any():
            is_correct = predicted[-1][1] == target.labels
            top1.append(float(is_correct[is_labelled].mean()))
    if not accept_chance:
        checked = [
            refuse_implausible(path, one[None], target.labels, list(target.class_names)) for path, one in predicted
        ]
        warnings += dict.fromkeys(note for note in checked if note is not None)
    n_repeated = digests.total() - len(digests)
    if n_repeated:
        warnings.append(
            f"{population}: {n_repeated} of {digests.total()} networks repeat another's predictions exactly."
        )
    warnings += _pairing(study, population, target.name)
    return Imported(
        dataset=target.name,
        population=population,
        n_examples=len(target.keys),
        n_classes=len(target.class_names),
        class_names=list(target.class_names),
        n_models=digests.total(),
        n_added=n_added,
        top1=top1,
        first=_first(target, predicted[0][1]),
        understood=[f"{one.path}: {one.understood}" for one in found],
        warnings=warnings,
    )


def add_network(
    study: Study, population: str, target: Dataset, network: NetworkPredictions, logits_dtype: str = "float32"
) -> bool:
    """Store a network and what it predicts on a data set; False if that is there already."""
    logits = network.logits
    n_near_ties = None if logits is None else count_near_ties(logits)
    evaluation = Evaluation(target.name, network.evidence, network.digest, n_near_ties)
    model = Model(population, network.replicate)
    return study.add_evaluation(model, evaluation, network.scalars(target.labels), logits, logits_dtype)


def _first(target: Dataset, predicted: np.ndarray) -> dict[str, str | None]:
    """The first example, for people to compare with what they know."""
    label = int(target.labels[0])
    return {
        "example": target.keys[0],
        "label": None if label < 0 else target.class_names[label],
        "predicted": target.class_names[int(predicted[0])],
    }


def _pairing(study: Study, population: str, dataset: str) -> list[str]:
    """Say that the networks are not compared as pairs, where there are several."""
    reference = study.populations().filter(name=population).row(0, named=True)["reference"]
    evaluated = study.evaluated().filter(dataset=dataset)["population"].to_list()
    if reference is None or reference not in evaluated or study.is_paired(reference, population, dataset):
        return []
    named = {name: study.label_matrix(name, dataset)[0]["replicate"].to_list() for name in (reference, population)}
    if max(map(len, named.values())) < 2:
        return []
    shown = [f"{name}: {listed([one or 'without a name' for one in some], 3)}" for name, some in named.items()]
    return [f"{'; '.join(shown)}: they will be compared unpaired. Name networks alike if they belong together."]


def _with_role(study: Study, population: Population) -> Population:
    if population.role:
        return population
    if population.reference is not None:
        return replace(population, role="compressed")
    stored = dict(study.populations().select("name", "role").rows())
    return replace(population, role=stored.get(population.name, "dense"))
