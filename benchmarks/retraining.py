"""How often does ``--reference-again`` say "further away" of a pruned network, and of one more dense network?

    python benchmarks/retraining.py

Every triple of the embedded study's supervised networks: a dense network, one trained again (of the second dense population), and
as the compressed one the first one's pruned or quantized copy, or another dense network.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from pietools.exchange.study_folder import import_folder
from pietools.statistics.pairs.reruns import retraining_p
from pietools.study import Study
from pietools.study.shipped_files import resource

LEVEL = 0.05


def main() -> None:
    """Print the share of triples with p ≤ 0.05, for each compression and for dense networks."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "study.duckdb"
        import_folder(resource("data", "fashion-mnist", "study"), path)
        with Study.open(path, read_only=True) as study:
            names = ("dense", "dense-2", "magnitude-0.9", "magnitude-0.97", "int8")
            labels = {name: study.label_matrix(f"supervised/{name}", None)[1] for name in names}
    dense, again, *compressed = labels.values()
    k = len(dense)
    for name, networks in zip(names[2:], compressed, strict=True):
        p = [retraining_p(networks[a], dense[a], again[c]) for a in range(k) for c in range(k)]
        print(f"{name}: {np.mean(np.array(p) <= LEVEL):.1%} of {len(p)} triples")
    p = [retraining_p(dense[b], dense[a], again[c]) for a in range(k) for b in range(k) if a != b for c in range(k)]
    print(f"another dense network: {np.mean(np.array(p) <= LEVEL):.1%} of {len(p)} triples")


if __name__ == "__main__":
    main()
