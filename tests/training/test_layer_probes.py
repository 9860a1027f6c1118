"""What layers receive, and the k-NN probes on it."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor, nn
from torchvision.models import resnet18

from pietools.errors import CollectError
from pietools.training.data.images import ArrayImages, ImageData
from pietools.training.networks import small_cnn
from pietools.training.recording.layer_inputs import watch_layers, watch_penultimate
from pietools.training.recording.layer_probes import ProbeData, choose_probe_data, classify, fit_probes, vote


def layers_of(network: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
    """Return what the layers receive in one forward pass in evaluation mode."""
    found: list[dict[str, Tensor]] = []
    with watch_layers(network.eval(), found.append), torch.inference_mode():
        network(inputs)
    assert len(found) == 1
    return found[0]


def n_hooks(network: nn.Module) -> int:
    """Count the hooks on all modules."""
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules())


def random_data(n: int, name: str = "noise/train") -> ImageData:
    """Make images of noise with labels of three classes."""
    generator = torch.Generator().manual_seed(n)
    pixels = torch.randint(256, (n, 1, 4, 4), dtype=torch.uint8, generator=generator)
    labels = torch.randint(3, (n,), generator=generator)
    keys = [str(index) for index in range(n)]
    return ImageData(name, "train", keys, ArrayImages(pixels), labels, ["a", "b", "c"], [0.5], [0.25], "")


def test_layers_receive_what_the_stages_before_them_give() -> None:
    """The image, rectified maps on a coarse grid, pooled features, and the probabilities; no hook is left behind."""
    torch.manual_seed(0)
    network, inputs = small_cnn(10, 1), torch.randn(5, 1, 28, 28)
    found = layers_of(network, inputs)
    assert [(name, embedded.shape[1]) for name, embedded in found.items()] == [
        ("0", 784),
        ("3", 16 * 8 * 8),  # 14 × 14 maps: 8 × 8 is the largest grid with at most 1,024 numbers
        ("6", 32 * 5 * 5),
        ("11", 64),
        ("softmax", 10),
    ]
    with torch.inference_mode():
        assert torch.equal(found["0"], inputs.flatten(1))
        assert torch.equal(found["3"], nn.functional.adaptive_avg_pool2d(network[:3](inputs), 8).flatten(1))
        assert torch.equal(found["11"], network[:11](inputs))
        assert torch.equal(found["softmax"], network(inputs).softmax(1))
    assert n_hooks(network) == 0


def test_a_tensor_that_two_layers_receive_counts_once() -> None:
    """ResNet-18: 20 convolutions, of which three shortcuts receive what the block does, one linear layer, probabilities."""
    found = layers_of(resnet18(num_classes=3), torch.randn(2, 3, 32, 32))
    assert len(found) == 20 - 3 + 1 + 1
    assert not any("downsample" in name for name in found)


def test_rounded_inputs_do_not_change_the_list_of_layers() -> None:
    """A quantized layer rounds a copy of its own; dense and quantized networks have the same layers."""
    network = resnet18(num_classes=3)
    names = list(layers_of(network, torch.zeros(2, 3, 32, 32)))
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_pre_hook(lambda _, inputs: (inputs[0].round(), *inputs[1:]))
    assert list(layers_of(network, torch.zeros(2, 3, 32, 32))) == names


class Tokens(nn.Module):
    """A layer that runs twice, works in place after it was seen, and receives tokens; another that sees no examples."""

    def __init__(self) -> None:
        super().__init__()
        self.shared, self.odd, self.head = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return logits of shape (n, 3) for tokens of shape (n, 5, 4)."""
        once = self.shared(inputs)
        self.odd(once.flatten(0, 1))
        pooled = self.shared(once).mean(1)
        logits = self.head(pooled)
        inputs.zero_(), pooled.zero_()
        return logits


def test_tokens_are_averaged_and_repeated_layers_told_apart() -> None:
    """What is worked on in place later stays as it was received, and a layer without a row per example is left out."""
    tokens = torch.randn(2, 5, 4)
    expected = tokens.mean(1)
    network = Tokens()
    with torch.inference_mode():
        pooled = network.shared(network.shared(tokens)).mean(1)
    found = layers_of(network, tokens)
    assert list(found) == ["shared", "shared#2", "head", "softmax"]
    assert torch.allclose(found["shared"], expected)
    assert torch.equal(found["head"], pooled)


def test_penultimate_features_are_those_of_the_last_layer_that_runs() -> None:
    """Not of the last one that is defined; each forward pass gives one batch."""

    class Early(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head, self.unused, self.body = nn.Linear(3, 2), nn.Linear(1, 1), nn.Linear(4, 3)

        def forward(self, inputs: Tensor) -> Tensor:
            return self.head(self.body(inputs).relu())

    network, batches = Early(), []
    with watch_penultimate(network, "it", batches.append), torch.inference_mode():
        for inputs in torch.randn(2, 6, 4):
            network(inputs)
            assert torch.equal(batches[-1], network.body(inputs).relu())
    assert len(batches) == 2
    assert n_hooks(network) == 0


def test_a_network_without_a_linear_layer_has_no_penultimate_features() -> None:
    """The line names the network and the key."""
    network = nn.Sequential(nn.Conv2d(1, 3, 4), nn.Flatten())
    watched = watch_penultimate(network, "dense replicate 0", lambda _: None)
    with watched, pytest.raises(CollectError, match=r"dense replicate 0 has no penultimate features.*\[collect\]"):
        network(torch.zeros(2, 1, 4, 4))


@pytest.mark.parametrize("k", [1, 4, 30])
def test_the_vote_is_that_of_scikit_learn(k: int) -> None:
    """On random points with three classes, where votes tie often: the lowest class wins in both."""
    rng = np.random.default_rng(k)
    training, labels, points = rng.normal(size=(200, 3)), rng.integers(3, size=200), rng.normal(size=(300, 3))
    expected = KNeighborsClassifier(k, algorithm="brute").fit(training, labels).predict(points)
    distances = torch.cdist(torch.from_numpy(points), torch.from_numpy(training))
    assert np.array_equal(vote(distances, torch.from_numpy(labels), k), expected)


def test_candidates_at_the_same_distance_vote_in_their_order() -> None:
    """By hand: of the candidates at distance 1 only the first two fit into k = 3; an infinite one never votes."""
    labels = torch.tensor([2, 1, 1, 0, 0, 0])
    far = torch.inf
    distances = torch.tensor([[0.0, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 0], [2, 2, 1, far, far, far]])
    assert vote(distances, labels, k=3).tolist() == [1, 0, 1]
    assert vote(distances[2:], labels, k=6).tolist() == [1]
    assert vote(distances[2:], labels, k=1).tolist() == [1]


def test_probes_agree_with_scikit_learn_and_leave_the_example_out() -> None:
    """A training example is not its own neighbour: the probe is that of scikit-learn on all the others."""
    data = random_data(100)
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 3)).eval()
    chosen = ProbeData(data, torch.arange(0, 100, 2))

    def predict(data: ImageData, indices: Tensor) -> Tensor:
        with torch.inference_mode():
            return network(data.normalize(data.images.read(indices)))

    probes = fit_probes(network, chosen, predict)
    found: list[dict[str, Tensor]] = []
    with watch_layers(network, found.append):
        predict(data, torch.arange(100))
    predicted = classify(probes, found[0], own=torch.arange(100))
    pixels, labels = data.normalize(data.images.pixels).flatten(1).numpy(), data.labels.numpy()
    for example in range(100):
        others = [index for index in chosen.indices.tolist() if index != example]
        witness = KNeighborsClassifier(30, algorithm="brute").fit(pixels[others], labels[others])
        assert predicted[0, example] == witness.predict(pixels[[example]])[0]
    is_other = (predicted != classify(probes, found[0], own=None)).any(0)
    assert is_other[::2].any()
    assert not is_other[1::2].any()
    assert predicted.shape == (2, 100)
    assert list(probes.training) == ["1", "softmax"]


def test_probe_data_are_chosen_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seed gives the same examples, ascending and without repetition; all where there are few."""
    data = random_data(50)
    assert choose_probe_data(data, 0).indices.tolist() == list(range(50))
    monkeypatch.setattr("pietools.training.recording.layer_probes.N_TRAINING", 20)
    first, again, other = (choose_probe_data(data, seed).indices.tolist() for seed in (0, 0, 1))
    assert first == again == sorted(set(first))
    assert len(first) == 20
    assert first != other
