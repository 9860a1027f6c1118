"""What collecting costs beyond a bare forward loop: ResNet-18 at 32 pixels.   python benchmarks/collect.py"""

import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torchvision.models import resnet18

from pietools.study_file import read_study_file
from pietools.training.collecting import collect_study

N_EXAMPLES, SIZE, N_CLASSES, N_NETWORKS, BATCH = 10_000, 32, 10, 3, 250

STUDY = f"""
[study]
file = "s.duckdb"
network = "resnet18"
[data]
name = "python:pictures:pictures"
evaluate = ["test"]
[[population]]
name = "dense"
role = "dense"
checkpoints = "{{replicate}}.pt"
[collect]
batch_size = {BATCH}
"""
PICTURES = f"""
import numpy as np
def pictures(split):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, ({N_EXAMPLES}, {SIZE}, {SIZE}, 3), dtype=np.uint8)
    return {{"images": images, "labels": rng.integers(0, {N_CLASSES}, {N_EXAMPLES}), "class_names": list("abcdefghij")}}
"""


def bare_loop(folder: Path) -> float:
    """Seconds to load the networks and run them over the same pictures, and nothing else."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    images = torch.from_numpy(
        np.random.default_rng(0).integers(0, 256, (N_EXAMPLES, 3, SIZE, SIZE), dtype=np.uint8)
    ).to(device)
    start = time.perf_counter()
    with torch.inference_mode():
        for k in range(N_NETWORKS):
            network = resnet18(num_classes=N_CLASSES).eval()
            network.load_state_dict(torch.load(folder / f"{k}.pt", weights_only=True))
            network = network.to(device, memory_format=torch.channels_last)
            torch.cat([network(batch.float().div_(255)).cpu() for batch in images.split(BATCH)])
    return time.perf_counter() - start


def collecting(folder: Path) -> float:
    """Seconds to collect into a new study."""
    (folder / "s.duckdb").unlink(missing_ok=True)
    start = time.perf_counter()
    collect_study(read_study_file(folder / "STUDY.toml"))
    return time.perf_counter() - start


def pair_of_times(folder: Path) -> tuple[float, float]:
    """Seconds of the bare loop and of collecting in an empty folder: the pair with the median ratio of three."""
    (folder / "STUDY.toml").write_text(STUDY)
    (folder / "pictures.py").write_text(PICTURES)
    for k in range(N_NETWORKS):
        torch.manual_seed(k)
        torch.save(resnet18(num_classes=N_CLASSES).state_dict(), folder / f"{k}.pt")
    bare_loop(folder)
    pairs = [(bare_loop(folder), collecting(folder)) for _ in range(3)]
    return sorted(pairs, key=lambda pair: pair[1] / pair[0])[1]


def main() -> None:
    """Print both times and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        bare, collected = pair_of_times(Path(folder))
        print(f"collect {N_NETWORKS} networks: {collected:.1f} s, bare loop {bare:.1f} s, ratio {collected / bare:.3f}")


if __name__ == "__main__":
    main()
