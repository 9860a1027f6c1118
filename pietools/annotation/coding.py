"""One annotator at work: what is shown next, and what was said."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np

from pietools.errors import StudyError
from pietools.study import Sample, Study


class Coding:
    """The examples of a sample in an order of the annotator's own; both kinds of a pair look the same."""

    def __init__(self, study: Study, sample: Sample, annotator: str) -> None:
        self.sample = sample
        self.annotator = annotator
        self._study = study
        digest = sha256(f"{sample.seed}\n{annotator}".encode()).digest()
        examples = np.array([one for pair in sample.pairs for one in pair])
        self._order = [int(one) for one in np.random.default_rng(list(digest)).permutation(np.sort(examples))]
        self._names = study.datasets().filter(name=sample.dataset)["class_names"].item().to_list()
        self._labels = study.labels(sample.dataset)
        self._keys = study.keys(sample.dataset)

    @property
    def n(self) -> int:
        """How many examples there are to code."""
        return len(self._order)

    def said(self) -> list[dict[str, bool] | None]:
        """Per place what was said of its example, None of those that are still to be coded."""
        rows = self._study.coded(self.sample).filter(annotator=self.annotator)
        found: dict[int, dict[str, bool]] = {}
        for example, category, is_present in rows.select("example_id", "category", "is_present").iter_rows():
            found.setdefault(example, {})[category] = is_present
        return [found.get(example) for example in self._order]

    def item(self, place: int) -> dict[str, Any]:
        """What is shown at a place: ``label``, ``picture`` (a data URI), else ``text``, and what was ``said`` of it."""
        example = self._example(place)
        pictures = self._study.thumbnails(self.sample.dataset, [example])
        source = "data:image/png;base64," + b64encode(pictures[0]).decode() if pictures else None
        text = None if pictures else self._text(example)
        label = self._names[self._labels[example]]
        return {"label": label, "picture": source, "text": text, "said": self.said()[place]}

    def code(self, place: int, present: Mapping[str, bool], before: Mapping[str, bool] | None) -> None:
        """Store what is said of the example at a place; ``before``: what the page showed as said, if anything.

        It is in the study's file then, and not only in the log beside it.

        Raises
        ------
        StudyError
            If something else was said meanwhile, in another window, the categories are not those of the codebook, or there is no
            room.
        """
        example = self._example(place)
        with self._study.transaction():
            if self.said()[place] != (None if before is None else dict(before)):
                raise StudyError("this example was coded in another window meanwhile: reload the page to see it.")
            self._study.code(self.sample, example, self.annotator, present)
        self._study.checkpoint()

    def _example(self, place: int) -> int:
        if not 0 <= place < self.n:
            raise StudyError(f"there is no example {place}.")
        return self._order[place]

    def _text(self, example: int) -> str:
        return self._study.texts(self.sample.dataset, [example]).get(example, f"example {self._keys[example]}")
