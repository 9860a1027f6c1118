"""Where the study and its examples meet: those that an analysis found, to be looked at."""

from collections.abc import Sequence

from pietools.errors import StudyError
from pietools.results.gallery import KINDS, Strip
from pietools.settings import resolve
from pietools.study import Study
from pietools.topics.gallery import strips
from pietools.topics.study_reader import StudyReader


def found_examples(study: Study, *, only: Sequence[str] = (), most: int = 60) -> list[Strip]:
    """Examples that the last analysis of a study found, by compressed population and kind.

    Parameters
    ----------
    only
        Compressed populations, by default all.
    most
        Examples of a kind and population.

    Raises
    ------
    pietools.errors.StudyError
        If the study was not analyzed or has other predictions since, there is no such population, or nothing was found.
    """
    study.headline()  # raises where there is no answer to these predictions
    reader = StudyReader(study, resolve((study.recipe() or {}).get("analyze", {}), {}))
    known = [one.compressed for one in reader.labelled() if reader.is_compressed(one.names)]
    for name in only:
        if name not in known:
            raise StudyError(
                f"no compressed population is named '{name}'. There are: {', '.join(dict.fromkeys(known))}."
            )
    found = strips(reader, study.results("examples_changes"), kinds=KINDS, most=most, only=only)
    shown = list(found)
    if not shown:
        raise StudyError(f"in {study.path} no example was shown to have changed: there is nothing to look at.")
    return shown
