"""The embedded predictions of one pair: a network on Fashion-MNIST, pruned to 0.9, and one more that was trained again."""

from pathlib import Path

from pietools.study.shipped_files import resource


def demo_files() -> tuple[Path, str, str, str]:
    """The table, and the columns of the network, the pruned one, and the one trained again."""
    return resource("data", "pair", "predictions.csv"), "pred_dense", "pred_pruned", "pred_dense_again"
