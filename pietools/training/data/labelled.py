"""Which training examples keep their labels where only a fraction does."""

import torch
from torch import Tensor


def labelled_examples(labels: Tensor, fraction: float, seed: int) -> Tensor:
    """Return the sorted indices of round(fraction · n_c) examples of every class c, at least one, chosen at random.

    The same for the same labels, fraction and seed: the regimes and the networks of a study share them.
    """
    generator = torch.Generator().manual_seed(seed)
    chosen = []
    for label in labels.unique():
        members = (labels == label).nonzero().flatten()
        n_chosen = max(1, round(fraction * len(members)))
        chosen.append(members[torch.randperm(len(members), generator=generator)[:n_chosen]])
    return torch.cat(chosen).sort().values
