"""What collect is to run: each network with its evaluations, described as the study is going to know them."""

from dataclasses import dataclass, replace

from torch import nn

from pietools.errors import CollectError
from pietools.study import Evaluation, Model
from pietools.study_file import PopulationSpec, StudyFile, StudyTables
from pietools.training.checkpoints.digests import evaluation_digest
from pietools.training.checkpoints.files import check_digest
from pietools.training.checkpoints.finding import CheckpointFile, find_checkpoints
from pietools.training.checkpoints.weights import Templates, digest_of, read_weights, with_weights
from pietools.training.compression.layers import describe_layers
from pietools.training.compression.pruning import realised_sparsity
from pietools.training.data.images import ImageData

DTYPE = "float32"


@dataclass(frozen=True)
class PlannedNetwork:
    """A network that fits, and its evaluations on the data sets, in their order; they lack what running it adds."""

    file: CheckpointFile
    model: Model
    evaluations: list[Evaluation]


def plan_networks(
    study_file: StudyFile, datasets: list[tuple[ImageData, str]], templates: Templates
) -> list[PlannedNetwork]:
    """Read every network once, so that one that does not fit is found before an hour of collecting.

    Raises CollectError or TrainingError if a network is missing, does not fit, is there twice, or is not the one that
    its sidecar describes.
    """
    names: dict[str, str] = {}
    planned = []
    for file in find_checkpoints(study_file):
        stored = read_weights(file)
        network = with_weights(study_file, file, stored, datasets[0][0], templates)
        digest = digest_of(file, stored, network)
        if file.stated_digest is not None:
            check_digest(file.path, file.stated_digest, digest)
        if digest in names:
            raise CollectError(f"{file.name} and {names[digest]} are the same network: a network counts once.")
        names[digest] = file.name
        model = replace(_as_model(study_file, file, network, digest), layers=describe_layers(network, stored))
        evaluations = [
            _as_evaluation(study_file.tables, file.spec, digest, data, content) for data, content in datasets
        ]
        planned.append(PlannedNetwork(file, model, evaluations))
    return planned


def _as_model(study_file: StudyFile, file: CheckpointFile, network: nn.Module, digest: str) -> Model:
    data = study_file.tables.data
    is_stored = file.spec.is_trained_here and "train" in data.evaluate
    return Model(
        population=file.spec.name,
        replicate=file.replicate,
        seed=file.seed,
        model_digest=digest,
        train_dataset=f"{data.label}/train" if is_stored else None,
        realised_sparsity=realised_sparsity(network),
        n_bytes=file.path.stat().st_size,
    )


def _as_evaluation(
    tables: StudyTables, spec: PopulationSpec, digest: str, data: ImageData, content_digest: str
) -> Evaluation:
    settings = tables.collect
    kept = settings.evidence.of(spec.role, spec.method, is_copy=data.name not in tables.data.names)
    return Evaluation(
        dataset=data.name,
        evidence="logits" if kept == "scalars" else kept,
        evaluation_digest=evaluation_digest(digest, content_digest, data.transform, DTYPE, settings.autocast),
        transform=data.transform,
        dtype=DTYPE,
        autocast=settings.autocast,
        batch_size=settings.batch_size,
    )
