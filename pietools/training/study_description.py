"""Data sets and populations of a STUDY.toml, as the study keeps them."""

from pietools.errors import CollectError
from pietools.study import Dataset, Population, Study
from pietools.study_file import PopulationSpec, StudyFile
from pietools.training.data.images import ImageData
from pietools.training.recipes import training_recipe


def describe_study(study: Study, study_file: StudyFile, datasets: list[tuple[ImageData, str]]) -> None:
    """Add data sets (each with its content digest) and their properties, populations and the resolved STUDY.toml.

    All or nothing: raises StudyError if the study holds another data set, property or population of the same name.
    """
    with study.transaction():
        for data, content_digest in datasets:
            study.add_dataset(_as_dataset(data, content_digest))
            for name, source, values in data.properties:
                study.add_property(data.name, name, values, source)
        for spec in references_first(study_file.populations):
            study.add_population(as_population(study_file, spec))
        study.set_recipe(study_file.as_dict())


def references_first(specs: list[PopulationSpec]) -> list[PopulationSpec]:
    """Order populations so that each comes after the one that it is compared with."""
    ordered: list[PopulationSpec] = []
    waiting = specs
    while waiting:
        known = {spec.name for spec in ordered}
        ready = [spec for spec in waiting if {spec.reference, spec.parent} <= known | {None}]
        if not ready:
            raise CollectError(f"the references of {', '.join(spec.name for spec in waiting)} go round in a circle.")
        ordered += ready
        waiting = [spec for spec in waiting if spec not in ready]
    return ordered


def _as_dataset(data: ImageData, content_digest: str) -> Dataset:
    altered = data.altered
    return Dataset(
        name=data.name,
        split=data.split,
        keys=data.keys,
        labels=data.labels.numpy(),
        class_names=data.class_names,
        content_digest=content_digest,
        source=altered.source if altered else None,
        alteration=altered.alteration if altered else None,
        severity=altered.severity if altered else None,
        seed=altered.seed if altered else None,
    )


def as_population(study_file: StudyFile, spec: PopulationSpec) -> Population:
    """A population as the study keeps it."""
    return Population(
        name=spec.name,
        role=spec.role,
        regime=spec.regime,
        method=spec.method,
        sparsity=spec.sparsity,
        bits=spec.bits,
        reference=spec.reference,
        parent=spec.parent,
        recipe=training_recipe(study_file, spec) if spec.is_trained_here else None,
    )
