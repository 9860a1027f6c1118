"""Do loss and margin of a small population order CIFAR-10's pictures as their consistency scores do?

    python benchmarks/cscores.py CIFAR10 CSCORES.npz FOLDER

CIFAR10 has the folders train/CLASS and test/CLASS with numbered pictures in the original order, CSCORES.npz the labels and scores
of the 50,000 training pictures in that order (Jiang et al. 2021, arXiv 2002.03206). Five small networks are trained on the 10,000
test pictures and asked about the 50,000 training pictures, which they have not seen, as C-scores are of pictures that were held
out. FOLDER gets the checkpoints and the study, and is resumed.

Rank correlations over the pictures stand beside those with the scores shuffled within classes: what classes alone would give.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from scipy import stats

from pietools.study import Study

N_SHUFFLES = 200
STUDY = """\
[study]
file = "cscores.duckdb"
network = "small-cnn"
replicates = 5
[data]
name = "imagefolder:pictures"
evaluate = ["test"]
resize = 32
crop = 32
[training]
steps = 3000
batch_size = 128
learning_rate = 0.2
weight_decay = 5e-4
schedule = "one-cycle"
augment = ["crop", "flip"]
[[regime]]
name = "supervised"
[collect]
logits = "float16"
"""
# And whether a high C-score, which means an easy picture, goes with a high value.
PROPERTIES = {"loss": -1, "margin": 1, "el2n": -1, "entropy": -1, "agreement": 1, "label_noise": -1}


def main() -> None:
    """Train, collect, measure, and print a line per property."""
    cifar10, cscores, folder = (Path(argument).resolve() for argument in sys.argv[1:4])
    _prepare(cifar10, folder)
    for command in ("train", "collect"):
        subprocess.run([Path(sys.executable).parent / "pietools", command, "STUDY.toml"], cwd=folder, check=True)
    path = folder / "cscores.duckdb"
    subprocess.run(
        [Path(sys.executable).parent / "pietools", "properties", path, "--json"], check=True, stdout=subprocess.DEVNULL
    )
    with Study.open(path, read_only=True) as study:
        values = study.results("properties")
        accuracies = study.accuracy("supervised/dense")["top1"]
        scores = _in_order_of(list(study.keys()), study.labels(), cscores)
        classes = study.labels()
    print(f"top-1 accuracy on unseen pictures: {100 * accuracies.mean():.2f} % ± {100 * accuracies.std():.2f}")
    rng = np.random.default_rng(0)
    shuffled = [_within_classes(rng, scores, classes) for _ in range(N_SHUFFLES)]
    for name, sign in PROPERTIES.items():
        measured = values.filter(property=name).sort("example_id")["value"].to_numpy()
        found = sign * float(stats.spearmanr(measured, scores).statistic)
        by_chance = [sign * float(stats.spearmanr(measured, one).statistic) for one in shuffled]
        low, high = np.quantile(by_chance, [0.025, 0.975])
        print(f"{name}: {found:.3f}; shuffled within classes {np.mean(by_chance):.3f} ({low:.3f} to {high:.3f})")


def _prepare(cifar10: Path, folder: Path) -> None:
    """The STUDY.toml, and the pictures with train and test exchanged."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    for split, other in (("train", "test"), ("test", "train")):
        if not (pictures / split).exists():
            os.symlink(cifar10 / other, pictures / split)
    (folder / "STUDY.toml").write_text(STUDY, encoding="utf-8")


def _in_order_of(keys: list[str], labels: np.ndarray, cscores: Path) -> np.ndarray:
    """Score of each picture: CLASS/0007.jpg is the eighth of its class in the original order."""
    with np.load(cscores) as known:
        of_class = [known["scores"][known["labels"] == label] for label in range(10)]
    return np.array([of_class[label][int(Path(key).stem)] for key, label in zip(keys, labels, strict=True)])


def _within_classes(rng: np.random.Generator, scores: np.ndarray, classes: np.ndarray) -> np.ndarray:
    shuffled = scores.copy()
    for label in range(10):
        rows = np.flatnonzero(classes == label)
        shuffled[rows] = rng.permutation(scores[rows])
    return shuffled


if __name__ == "__main__":
    main()
