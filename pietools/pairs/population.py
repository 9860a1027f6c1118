"""Several matched networks a side as two populations: their majority answers, and their mean change of accuracy."""

import numpy as np

from pietools.pairs.found import Population
from pietools.pairs.tasks import Task
from pietools.statistics.accuracy.change import accuracy_change
from pietools.statistics.pies.counts import count_pies
from pietools.statistics.tools.populations import Populations
from pietools.statistics.tools.relabelling import relabelling_null

N_SHUFFLES = 200
MARGIN = 0.01  # of tests that are not shown here


def population_of(task: Task, *, seed: int) -> Population:
    """Random: the networks; the examples are fixed. Names are swapped within pairs (:func:`relabelling_null`)."""
    reference, compressed = (np.stack([one.predicted for one in side]) for side in (task.reference, task.compressed))
    votes = Populations(reference, compressed, True, task.labels)
    n = len(reference)
    everyone = np.ones((1, n), dtype=bool)
    counts = count_pies(votes.ballots, task.labels, (everyone, everyone))[0]
    null = relabelling_null(votes, n_permutations=N_SHUFFLES, seed=seed).n_pies
    is_labelled = task.labels >= 0
    forgotten, recovered, moved = (int(count) if is_labelled.any() else None for count in counts[2:])
    shuffled_low, shuffled_high = null.central_95
    right = [(side == task.labels)[:, is_labelled] for side in (reference, compressed)]
    change = (
        accuracy_change(right[0].mean(axis=1), right[1].mean(axis=1), paired=True, margin=MARGIN)
        if is_labelled.any()
        else None
    )
    return Population(
        n_networks=n,
        n_changed=int(counts[0]),
        forgotten=forgotten,
        recovered=recovered,
        moved=moved,
        shuffled_mean=null.mean,
        shuffled_low=shuffled_low,
        shuffled_high=shuffled_high,
        p=null.p_value,
        change=None if change is None else change.estimate,
        conf_low=None if change is None else change.conf_low,
        conf_high=None if change is None else change.conf_high,
    )
