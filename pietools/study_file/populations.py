"""The populations that a STUDY.toml names: regimes × compressions, and those trained elsewhere."""

from dataclasses import dataclass

from pietools.study_file.settings import CompressionSettings, PopulationSettings, StudyTables


@dataclass(frozen=True)
class PopulationSpec:
    """A set of networks that differ only in replicate.

    `window` is set where the population is pruned here; `checkpoints` (a glob) where it was trained elsewhere.
    """

    name: str
    role: str
    network: str
    regime: str | None = None
    method: str | None = None
    sparsity: float | None = None
    bits: int | None = None
    reference: str | None = None
    window: tuple[float, float] | None = None
    checkpoints: str | None = None
    key: str | None = None
    strip_prefix: str | None = None

    @property
    def is_trained_here(self) -> bool:
        """Whether `train` makes the networks, rather than `checkpoints` telling where they are."""
        return self.checkpoints is None


def name_populations(tables: StudyTables) -> list[PopulationSpec]:
    """Name one dense population per regime, one per regime, compression and sparsity, then those trained elsewhere."""
    network = tables.study.network
    specs = []
    for regime in tables.regime:
        dense = PopulationSpec(name=f"{regime.name}/dense", role="dense", network=network, regime=regime.name)
        specs.append(dense)
        for compression in tables.compression:
            specs.extend(_pruned(dense, compression))
    specs.extend(_trained_elsewhere(block, network) for block in tables.population)
    return specs


def _pruned(dense: PopulationSpec, compression: CompressionSettings) -> list[PopulationSpec]:
    # No parent: gradual pruning starts from the same initialisation as the dense network, not from its weights.
    return [
        PopulationSpec(
            name=f"{dense.regime}/{compression.method}-{sparsity:g}",
            role="compressed",
            network=dense.network,
            regime=dense.regime,
            method=compression.method,
            sparsity=sparsity,
            reference=dense.name,
            window=(compression.window[0], compression.window[1]),
        )
        for sparsity in compression.sparsity
    ]


def _trained_elsewhere(block: PopulationSettings, network: str) -> PopulationSpec:
    fields = block.model_dump()
    fields["network"] = block.network or network
    return PopulationSpec(**fields)
