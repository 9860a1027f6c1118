"""``pietools.import_predictions``: files, folders and patterns of one or several populations into a study."""

from collections.abc import Iterable, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from pietools.exchange.import_population import Imported, import_population
from pietools.exchange.networks_in_files import NetworkFile, files_of, named_by
from pietools.exchange.predictions import Source
from pietools.study import Study
from pietools.study.records import Population


def import_predictions(
    study: Study,
    files: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    dataset: str,
    population: str | None = None,
    reference: str | None = None,
    replicates_from: str | None = None,
    class_names: Sequence[str] | None = None,
    role: str = "",
    regime: str | None = None,
    method: str | None = None,
    sparsity: float | None = None,
    bits: int | None = None,
    split: str | None = None,
    copy_of: str | None = None,
    alteration: str | None = None,
    severity: int | None = None,
    logits_dtype: str = "float32",
    accept_chance: bool = False,
    images: str | PathLike[str] | None = None,
    **source: Any,
) -> list[Imported]:
    """Add predictions made elsewhere to a study, all or nothing; see docs/importing.md.

    Parameters
    ----------
    files
        Files, folders of files, or patterns such as ``runs/*.csv``.
    dataset
        Name of the data set that the predictions are on; made from the first file if the study has none of that name.
    population
        Name of the population that the networks belong to, if ``replicates_from`` does not name it.
    reference
        Name of the population that it is compared with.
    replicates_from
        Where paths have the names: ``runs/{population}/{replicate}/pred.csv``.
    class_names
        One per class, in order. By default those that are stored, or that the files name or number.
    role, regime, method, sparsity, bits
        Of the population; the role is compressed by default where there is a reference, else dense.
    split, copy_of, alteration, severity
        Of the data set.
    logits_dtype
        How logits are kept: ``float32``, ``float16`` or ``none``.
    accept_chance
        Add predictions that match the labels no better than chance, too.
    images
        Folder with the examples' pictures, each named like its example, of which small ones are kept.
    **source
        ``predictions``, ``networks``, ``labels``, ``examples``, ``texts``, ``replicates``, ``kind``, ``top_k``, ``threshold``,
        ``where``, ``repeated``: what columns or arrays hold, see :class:`pietools.exchange.predictions.Source`.

    Returns
    -------
    list of Imported
        For each population what was understood of its files (``understood``, ``warnings``), ``n_examples``, ``class_names``,
        ``n_models``, ``n_added`` and the accuracy of each network, ``top1``, a fraction.

    Raises
    ------
    pietools.errors.PietoolsError
        If a file cannot be read, or contradicts another or the study; nothing is added then.
    """
    paths = files_of([Path(fspath(one)) for one in ([files] if isinstance(files, str | PathLike) else files)])
    named = [NetworkFile(path) for path in paths] if replicates_from is None else named_by(replicates_from, paths)
    by_population: dict[str, list[NetworkFile]] = {}
    for one in named:
        by_population.setdefault(one.population or str(population), []).append(one)
    described = {"role": role, "regime": regime, "method": method, "sparsity": sparsity, "bits": bits}
    imported = []
    with study.transaction():
        # The reference first: the others refer to it.
        for name in sorted(by_population, key=lambda name: name != reference):
            target = Population(name, reference=None if name == reference else reference, **described)  # type: ignore[arg-type]
            found = import_population(
                study,
                by_population[name],
                Source(**source),
                dataset=dataset,
                population=target,
                class_names=class_names,
                logits_dtype=logits_dtype,
                split=split,
                copy_of=copy_of,
                alteration=alteration,
                severity=severity,
                accept_chance=accept_chance,
                images=None if images is None else Path(fspath(images)),
            )
            imported.append(found)
    return imported
