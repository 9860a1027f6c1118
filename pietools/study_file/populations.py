"""The populations that a STUDY.toml names: regimes × compressions and controls, and those trained elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pietools.study_file.settings import (
    CompressionSettings,
    ControlSettings,
    PopulationSettings,
    RegimeSettings,
    StudyTables,
    TrainingSettings,
)

WINDOW = (0.25, 0.75)
BITS = {"float16": 16, "bfloat16": 16, "int8": 8, "int8-static": 8}
CONTRASTIVE = ("simclr", "supcon")
SECOND_DENSE = 1000
"""First replicate of second populations: their names are the same however many replicates the study grows to."""


@dataclass(frozen=True)
class Pruning:
    """Which weights go: by magnitude, at random, or two of every four; `window` is None for one-shot pruning."""

    criterion: str
    sparsity: float
    scope: str = "global"
    window: tuple[float, float] | None = None


@dataclass(frozen=True)
class PopulationSpec:
    """A set of networks that differ only in replicate, and how to make them.

    Without a `parent` they are trained from scratch, for `steps` if it is not as long as the regime and [training] say,
    pruned on the way if `pruning` says so. With one they take its weights, are pruned or not, trained on for
    `fine_tune_steps`, and given a new linear head if `is_head_refitted`; or their weights are rounded to `bits`.
    `checkpoints` (a glob) says where networks trained elsewhere are.
    """

    name: str
    role: str
    network: str
    regime: str | None = None
    method: str | None = None
    sparsity: float | None = None
    bits: int | None = None
    reference: str | None = None
    parent: str | None = None
    training: RegimeSettings | None = None
    pruning: Pruning | None = None
    steps: int | None = None
    fine_tune_steps: int = 0
    is_head_refitted: bool = False
    label_noise: float = 0.0
    first_replicate: int = 0
    checkpoints: str | None = None
    key: str | None = None
    strip_prefix: str | None = None

    @property
    def is_trained_here(self) -> bool:
        """Whether `train` makes the networks, rather than `checkpoints` telling where they are."""
        return self.checkpoints is None


def regime_label(regime: RegimeSettings) -> str:
    """Name a regime in its populations: simclr, and simclr-fine-tune where it ends with that."""
    return f"{regime.name}-fine-tune" if regime.head == "fine-tune" else regime.name


def has_probe(regime: RegimeSettings) -> bool:
    """Whether the regime ends with a linear probe on a frozen encoder."""
    return regime.name in CONTRASTIVE and regime.head != "fine-tune"


def sees_all_labels(regime: RegimeSettings) -> bool:
    """Whether a head may be fitted to all labels: where the regime is defined by few, it may not."""
    return regime.name in ("supervised", *CONTRASTIVE) and regime.head != "fine-tune"


def name_populations(tables: StudyTables) -> list[PopulationSpec]:
    """Name the dense population of each regime, its compressed ones and controls, then those trained elsewhere."""
    specs = []
    for regime in tables.regime:
        specs += _of_regime(tables, regime)
    specs += [_trained_elsewhere(block, tables.study.network) for block in tables.population]
    return specs


def _of_regime(tables: StudyTables, regime: RegimeSettings) -> list[PopulationSpec]:
    label = regime_label(regime)
    dense = PopulationSpec(
        name=f"{label}/dense", role="dense", network=tables.study.network, regime=label, training=regime
    )
    specs = [dense]
    for compression in tables.compression:
        if not compression.is_quantization:
            specs += _pruned(tables, dense, compression)
    sparsities = {spec.name: spec.sparsity for spec in specs}
    for compression in tables.compression:
        if compression.is_quantization:
            specs += _quantized(dense, compression, sparsities)
    compressed = [spec for spec in specs if spec.role == "compressed"]
    for control in tables.control:
        if control.method == "second-compressed":
            specs += _compressed_again(compressed, control)
        else:
            specs += _controls(tables, dense, control)
    return specs


def _pruned(tables: StudyTables, dense: PopulationSpec, compression: CompressionSettings) -> Iterator[PopulationSpec]:
    ends_with_probe = dense.training is not None and has_probe(dense.training)
    if compression.probe == "keep" and not ends_with_probe:
        return
    for sparsity in compression.sparsity or [0.5]:
        spec = replace(
            dense,
            name=f"{dense.regime}/{_pruned_name(compression, sparsity)}",
            role="compressed",
            method=compression.method,
            sparsity=sparsity,
            reference=dense.name,
            pruning=_pruning(compression, sparsity),
        )
        if compression.is_one_shot:
            # Gradual pruning has no parent: it starts from the dense network's initialisation, not from its weights.
            is_refitted = ends_with_probe and compression.probe != "keep"
            steps = _fine_tune_steps(tables, dense, compression)
            spec = replace(spec, parent=dense.name, fine_tune_steps=steps, is_head_refitted=is_refitted)
        yield spec


def _pruned_name(compression: CompressionSettings, sparsity: float) -> str:
    """Name what is not the default: magnitude-0.9, magnitude-layer-wise-one-shot-0.9, magnitude-one-shot-probe-kept-0.9."""
    parts = [
        compression.method,
        "layer-wise" if compression.scope == "layer-wise" else "",
        "one-shot" if compression.schedule == "one-shot" and compression.method != "2:4" else "",
        "probe-kept" if compression.probe == "keep" else "",
        f"{sparsity:g}" if compression.method != "2:4" else "",
    ]
    return "-".join(part for part in parts if part)


def _pruning(compression: CompressionSettings, sparsity: float) -> Pruning:
    window = compression.window or WINDOW
    return Pruning(
        criterion=compression.method,
        sparsity=sparsity,
        scope=compression.scope or "global",
        window=None if compression.is_one_shot else (window[0], window[1]),
    )


def _fine_tune_steps(tables: StudyTables, dense: PopulationSpec, compression: CompressionSettings) -> int:
    if compression.fine_tune_steps is not None:
        return compression.fine_tune_steps
    return _tenth(tables, dense)


def _tenth(tables: StudyTables, dense: PopulationSpec) -> int:
    return max(1, training_of(tables.training, dense).steps // 10) if tables.training else 0


def _steps_in(control: ControlSettings, dense: PopulationSpec) -> int | None:
    """The steps of a control in a regime: one number is that of all."""
    return control.steps.get(str(dense.regime)) if isinstance(control.steps, dict) else control.steps


def training_of(training: TrainingSettings, spec: PopulationSpec) -> TrainingSettings:
    """[training] as a population is trained: for its own number of steps, or its regime's, if it has one."""
    steps = spec.steps or (spec.training.steps if spec.training else None)
    return training.model_copy(update={"steps": steps}) if steps else training


def _quantized(
    dense: PopulationSpec, compression: CompressionSettings, sparsities: dict[str, float | None]
) -> Iterator[PopulationSpec]:
    for source in compression.from_ or ["dense"]:
        prefix, parent = "" if source == "dense" else f"{source}+", f"{dense.regime}/{source}"
        yield replace(
            dense,
            name=f"{dense.regime}/{prefix}{compression.method}",
            role="compressed",
            method=f"{prefix}{compression.method}",
            sparsity=sparsities.get(parent),
            bits=BITS[compression.method],
            reference=dense.name,
            parent=parent,
        )


def _compressed_again(compressed: list[PopulationSpec], control: ControlSettings) -> Iterator[PopulationSpec]:
    """The second dense networks compressed: matched with these, and with nothing of the first networks."""
    for spec in compressed:
        if spec.name.partition("/")[2] in (control.from_ or []):
            yield replace(
                spec,
                name=second(spec.name),
                role="control",
                reference=second(str(spec.reference)),
                parent=second(spec.parent) if spec.parent else None,
                first_replicate=SECOND_DENSE,
            )


def second(name: str) -> str:
    """Name the population that is made as another one is, from fresh seeds."""
    return f"{name}-2"


def _controls(tables: StudyTables, dense: PopulationSpec, control: ControlSettings) -> Iterator[PopulationSpec]:
    made = replace(dense, role="control", method=control.method, reference=dense.name)
    if control.method == "second-dense":
        yield replace(made, name=second(dense.name), first_replicate=SECOND_DENSE)
    elif control.method == "shorter-dense":
        yield replace(made, name=f"{dense.regime}/dense-shorter", steps=_steps_in(control, dense))
    elif control.method == "label-noise":
        rate = control.rate or 0.0
        yield replace(made, name=f"{dense.regime}/label-noise-{rate:g}", label_noise=rate)
    elif control.method == "probe-refit":
        yield replace(made, name=f"{dense.regime}/probe-refit", parent=dense.name, is_head_refitted=True)
    elif control.method == "longer-dense":
        one_shots = [_fine_tune_steps(tables, dense, block) for block in tables.compression if block.is_one_shot]
        steps = _steps_in(control, dense) or max(one_shots, default=0) or _tenth(tables, dense)
        is_refitted = dense.training is not None and has_probe(dense.training)
        yield replace(
            made,
            name=f"{dense.regime}/dense-longer",
            parent=dense.name,
            fine_tune_steps=steps,
            is_head_refitted=is_refitted,
        )
    else:
        for compression in tables.compression:
            if compression.method == "magnitude":
                as_random = compression.model_copy(update={"method": "random"})
                for spec in _pruned(tables, dense, as_random):
                    yield replace(spec, role="control")


def _trained_elsewhere(block: PopulationSettings, network: str) -> PopulationSpec:
    fields = block.model_dump()
    fields["network"] = block.network or network
    return PopulationSpec(**fields)
