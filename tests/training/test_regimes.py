"""What each regime makes of images and labels."""

import copy
from collections.abc import Iterator
from itertools import pairwise

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from pietools.errors import TrainingError
from pietools.study_file import PopulationSpec, Pruning, RegimeSettings, TrainingSettings
from pietools.training.compression.pruning import prunable_weights, realised_sparsity
from pietools.training.data.images import ArrayImages, ImageData
from pietools.training.making import ParentWeights, Watch, make_network
from pietools.training.networks import small_cnn
from pietools.training.optimisation import Schedule, optimise
from pietools.training.recipes import replicate_seeds
from pietools.training.regimes import REGIMES
from pietools.training.regimes.heads import as_encoder, classifier, fit_linear_probe
from pietools.training.regimes.task import Task

CPU = torch.device("cpu")
N = 240


def stripes() -> ImageData:
    """Three classes of noisy stripes, eight by eight pixels."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(N) % 3
    base = torch.zeros(3, 8, 8)
    base[0, ::2], base[1, :, ::2], base[2, ::3, ::3] = 160, 160, 160
    pixels = (base[labels] + 90 * torch.rand(N, 8, 8, generator=generator)).to(torch.uint8)
    keys = [str(index) for index in range(N)]
    names = ["rows", "columns", "dots"]
    return ImageData("stripes/train", "train", keys, ArrayImages(pixels[:, None]), labels, names, [0.3], [0.3], "")


def task(
    name: str,
    *,
    labels: Tensor | None = None,
    steps: int = 12,
    head: str | None = None,
    temperature: float | None = None,
    **training: float,
) -> Task:
    """A regime on the stripes, every tenth of which is labelled."""
    torch.manual_seed(0)
    data = stripes()
    chosen = {"steps": steps, "batch_size": 16, "augment": ["crop"], "labelled_fraction": 0.1, "head_steps": 30}
    settings = TrainingSettings.model_validate(chosen | training)
    return Task(
        network=small_cnn(3, 1),
        data=data,
        labels=data.labels if labels is None else labels,
        labelled=torch.arange(0, N, 10),
        settings=settings,
        regime=RegimeSettings(name=name, head=head, temperature=temperature),
        seeds=replicate_seeds(0, 0),
        device=CPU,
    )


def spec(**fields: object) -> PopulationSpec:
    """A population of the network."""
    return PopulationSpec(name="r/p", role="dense", network="small-cnn", regime="r", **fields)


def train(work: Task, **fields: object) -> dict[str, Tensor]:
    """Make a network and return its weights."""
    return make_network(work, spec(**fields), None, Watch()).stored


def encoder(weights: dict[str, Tensor]) -> list[Tensor]:
    """All weights and buffers but those of the classifier."""
    return [tensor for name, tensor in weights.items() if not name.startswith("11.")]


def is_same(one: list[Tensor], other: list[Tensor]) -> bool:
    """Whether all tensors are equal bit by bit."""
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


# Who sees which labels


def other_labels(which: Tensor) -> Tensor:
    """Labels of the stripes in which those at `which` are wrong."""
    labels = stripes().labels.clone()
    labels[which] = (labels[which] + 1) % 3
    return labels


EVERY_LABEL = torch.arange(N)
UNLABELLED = torch.tensor([index for index in range(N) if index % 10])


@pytest.mark.parametrize("name", ["supervised-few", "fixmatch"])
def test_labels_outside_the_labelled_fraction_are_never_seen(name: str) -> None:
    """Other labels there give the same network, bit by bit; other ones within give another."""
    weights = list(train(task(name)).values())
    assert is_same(weights, list(train(task(name, labels=other_labels(UNLABELLED))).values()))
    assert not is_same(weights, list(train(task(name, labels=other_labels(EVERY_LABEL))).values()))


def test_simclr_sees_no_labels() -> None:
    """With all labels wrong the encoder is the same, and only the probe learns something else."""
    right, wrong = train(task("simclr")), train(task("simclr", labels=other_labels(EVERY_LABEL)))
    assert is_same(encoder(right), encoder(wrong))
    assert not torch.equal(right["11.weight"], wrong["11.weight"])


def test_supcon_sees_labels() -> None:
    """The encoder depends on the classes."""
    mixed = stripes().labels[torch.randperm(N, generator=torch.Generator().manual_seed(1))]
    assert not is_same(encoder(train(task("supcon"))), encoder(train(task("supcon", labels=mixed))))


def test_fine_tuning_sees_the_labelled_fraction() -> None:
    """After contrastive training everything moves, and other labels are not seen."""
    tuned, probed = train(task("simclr", head="fine-tune")), train(task("simclr"))
    assert not is_same(encoder(tuned), encoder(probed))
    unseen = train(task("simclr", head="fine-tune", labels=other_labels(UNLABELLED)))
    assert is_same(list(tuned.values()), list(unseen.values()))


# Losses by their formulas


def fixed_projections(work: Task, name: str) -> tuple[float, Tensor, Tensor]:
    """The loss of one batch, the projections it was computed from in float64, and the labels of the batch."""
    seen: list[Tensor] = []
    regime = REGIMES[name](work)
    regime.projection.register_forward_hook(lambda module, inputs, output: seen.append(output.detach().double()))
    order = torch.randperm(N, generator=torch.Generator().manual_seed(work.seeds.order))[:16]
    return regime.loss().item(), nn.functional.normalize(seen[0], dim=1), work.labels[order]


@pytest.mark.parametrize("temperature", [0.07, 0.5, 2.0])
def test_simclr_is_nt_xent_by_its_formula(temperature: float) -> None:
    """Equation 1 of Chen et al.: for each of 2n views, minus the log of its partner's share among 2n − 1 similarities."""
    found, z, _ = fixed_projections(task("simclr", temperature=temperature), "simclr")
    similarity = torch.exp(z @ z.T / temperature).fill_diagonal_(0)
    partner = torch.arange(32).roll(16)
    wanted = -torch.log(similarity[torch.arange(32), partner] / similarity.sum(1)).mean()
    assert found == pytest.approx(wanted.item(), rel=1e-6)


def test_supcon_is_the_outer_sum_of_its_paper() -> None:
    """Equation 2 of Khosla et al.: the mean over the views of the same class of minus the log of their share."""
    found, z, labels = fixed_projections(task("supcon"), "supcon")
    similarity = torch.exp(z @ z.T / 0.1).fill_diagonal_(0)
    of_same = (labels.repeat(2)[:, None] == labels.repeat(2)).fill_diagonal_(False)
    shares = -torch.log((similarity + (similarity == 0)) / similarity.sum(1, keepdim=True))
    wanted = ((shares * of_same).sum(1) / of_same.sum(1)).mean()
    assert found == pytest.approx(wanted.item(), rel=1e-6)


class Answers(nn.Module):
    """A network whose logits are set: for the weak copies, then for labelled and strong ones."""

    def __init__(self, answers: list[Tensor]) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.answers = answers

    def forward(self, inputs: Tensor) -> Tensor:
        """Give the next answer."""
        return self.scale * self.answers.pop(0)


def test_fixmatch_by_hand() -> None:
    """Only confident predictions count, as labels of the strong copies, and the mean is over all of them."""
    work = task("fixmatch")
    order = torch.randperm(24, generator=torch.Generator().manual_seed(work.seeds.order))[:16]
    labels = work.labels[work.labelled[order]]
    weak = torch.zeros(112, 3)
    weak[:28, 1] = 10.0  # p = 0.9999
    weak[28:56, 2] = 3.0  # p = 0.909, below 0.95
    strong = torch.zeros(128, 3)
    strong[16:, 1] = torch.log(torch.tensor(2.0))  # p = 0.25, 0.5, 0.25
    strong[torch.arange(16), labels] = torch.log(torch.tensor(6.0))  # p of the label 6/8
    work = Task(**{**vars(work), "network": Answers([weak, strong])})
    loss = REGIMES["fixmatch"](work).loss().item()
    assert loss == pytest.approx(
        -torch.log(torch.tensor(6 / 8)).item() + 28 / 112 * torch.log(torch.tensor(2.0)).item()
    )


def test_fixmatch_keeps_the_average_of_its_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """After t steps the average is decay · average + (1 − decay) · weights, with the decay (1 + t)/(10 + t)."""
    work = task("fixmatch", steps=3)
    history: list[Tensor] = []

    def remembering(loss: object, parameters: list[nn.Parameter], schedule: Schedule, after_step: object) -> None:
        def remember(step: int) -> None:
            history.append(parameters[0].detach().clone())
            after_step(step)

        optimise(loss, parameters, schedule, remember)

    monkeypatch.setattr("pietools.training.making.optimise", remembering)
    kept = train(work)["0.weight"]
    wanted = history[0]
    for step, weight in enumerate(history[1:], start=1):
        decay = (1 + step) / (10 + step)
        wanted = decay * wanted + (1 - decay) * weight
    assert torch.allclose(kept, wanted, atol=1e-6)
    assert not torch.equal(kept, history[-1])


# The probe


def probed(work: Task) -> Task:
    """Fit a probe on an untrained network."""
    fit_linear_probe(work.network, work.data, work.labels, torch.arange(N), work.settings, 0, CPU, lambda n: None)
    return work


def test_a_probe_leaves_the_encoder_as_it_was() -> None:
    """Weights and running statistics are the same bit by bit, and the classifier is another one."""
    work = task("simclr")
    before = copy.deepcopy(work.network.state_dict())
    probed(work)
    after = work.network.state_dict()
    assert is_same(encoder(before), encoder(after))
    assert not torch.equal(before["11.weight"], after["11.weight"])


def test_an_encoder_that_moves_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """If fitting the probe changed the encoder, it would be said."""
    work = task("simclr")
    run = optimise

    def moving(*arguments: object) -> None:
        run(*arguments)  # type: ignore[arg-type]
        with torch.no_grad():
            work.network[0].weight[0, 0, 0, 0] += 1

    monkeypatch.setattr("pietools.training.regimes.heads.optimise", moving)
    with pytest.raises(TrainingError, match="changed the encoder"):
        probed(work)


def test_a_probe_is_a_logistic_regression_on_features() -> None:
    """After many steps it predicts what scikit-learn's logistic regression does, on raw features as they are."""
    work = probed(task("simclr", head_steps=2000))
    work.network.eval()
    inputs = work.data.normalize(work.data.images.read(torch.arange(N)))
    with torch.no_grad(), as_encoder(work.network):
        features = work.network(inputs)
    with torch.no_grad():
        logits = work.network(inputs)
        assert torch.allclose(logits, classifier(work.network)(features), atol=1e-5)
    standardised = ((features - features.mean(0)) / features.std(0).clamp_min(1e-6)).numpy()
    reference = LogisticRegression(C=1.0, max_iter=2000).fit(standardised, work.labels.numpy())
    agreement = (logits.argmax(1).numpy() == reference.predict(standardised)).mean()
    assert agreement > 0.97


def test_a_network_without_a_linear_layer_has_no_encoder() -> None:
    """Contrastive training needs a layer to take off."""
    work = Task(**{**vars(task("simclr")), "network": nn.Sequential(nn.Conv2d(1, 3, 8), nn.Flatten())})
    with pytest.raises(TrainingError, match="no linear layer"):
        train(work)


# Pruning in every regime


@pytest.fixture
def zeros(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[Tensor]]]:
    """Which prunable weights are zero after every step of every training loop."""
    history: list[list[Tensor]] = []
    monkeypatch.setattr(
        "pietools.training.making.optimise",
        lambda loss, parameters, schedule, after: optimise(
            loss, parameters, schedule, lambda step: (after(step), history.append(_zeros_of(parameters)))[0]
        ),
    )
    return iter([history])


def _zeros_of(parameters: list[nn.Parameter]) -> list[Tensor]:
    # The two inner convolutions of the small network are the fourth and the seventh of its parameters.
    return [(parameters[index] == 0).detach().clone() for index in (3, 6)]


@pytest.mark.parametrize("name", REGIMES)
def test_pruned_weights_stay_zero_after_every_step(name: str, zeros: Iterator[list[list[Tensor]]]) -> None:
    """Neither momentum, weight decay, averaging nor the head moves a weight that was pruned, and none too many is."""
    work = task(name, steps=30, weight_decay=0.1)
    made = make_network(work, spec(pruning=Pruning("magnitude", 0.9, window=(0.2, 0.6))), None, Watch())
    history = next(zeros)
    assert len(history) == 30
    for before, after in pairwise(history):
        assert all((now | ~then).all() for then, now in zip(before, after, strict=True))
    assert [sum(int(mask.sum()) for mask in history[step]) for step in (5, 17, 29)] == [0, 20_736, 20_736]
    assert realised_sparsity(made.network) == 0.9


@pytest.mark.parametrize("name", REGIMES)
def test_one_shot_pruning_fine_tunes_what_is_left(name: str, zeros: Iterator[list[list[Tensor]]]) -> None:
    """The parent's smallest weights are zero throughout, and the others move."""
    parent = make_network(task(name), spec(), None, Watch())
    stored = {key: tensor.clone() for key, tensor in parent.stored.items()}
    weights = torch.cat([weight.detach().abs().flatten() for weight in prunable_weights(parent.network).values()])
    dropped = weights < weights.sort().values[round(0.8 * len(weights))]
    history = next(zeros)
    history.clear()
    recipe = spec(parent="r/dense", pruning=Pruning("magnitude", 0.8), fine_tune_steps=5)
    made = make_network(task(name), recipe, ParentWeights(stored, parent.extra), Watch())
    assert len(history) == 5
    assert all(torch.equal(torch.cat([mask.flatten() for mask in step]), dropped) for step in history)
    kept = torch.cat([weight.detach().flatten() for weight in prunable_weights(made.network).values()])
    assert torch.equal(kept == 0, dropped)
    assert (kept[~dropped].abs() != weights[~dropped]).float().mean() > 0.99


def test_keeping_the_probe_keeps_the_classifier() -> None:
    """Fine-tuning with the contrastive loss moves the encoder and not the probe; refitting it moves the probe."""
    parent = make_network(task("simclr"), spec(), None, Watch())
    weights = ParentWeights({key: tensor.clone() for key, tensor in parent.stored.items()}, parent.extra)
    recipe = {"parent": "r/dense", "pruning": Pruning("magnitude", 0.8), "fine_tune_steps": 3}
    kept = make_network(task("simclr"), spec(**recipe), weights, Watch()).stored
    refitted = make_network(task("simclr"), spec(**recipe, is_head_refitted=True), weights, Watch()).stored
    assert torch.equal(kept["11.weight"], weights.stored["11.weight"])
    assert not torch.equal(refitted["11.weight"], weights.stored["11.weight"])
    assert is_same(encoder(kept), encoder(refitted))


def test_training_on_takes_up_the_projection_head() -> None:
    """A random head in place of the trained one would lead elsewhere."""
    parent = make_network(task("simclr"), spec(), None, Watch())
    stored = {key: tensor.clone() for key, tensor in parent.stored.items()}
    longer = spec(parent="r/dense", fine_tune_steps=2)
    with_head = make_network(task("simclr"), longer, ParentWeights(stored, parent.extra), Watch())
    altered = {key: tensor + 0.1 for key, tensor in parent.extra.items() if tensor.is_floating_point()}
    other = make_network(task("simclr"), longer, ParentWeights(stored, parent.extra | altered), Watch())
    assert not is_same(encoder(with_head.stored), encoder(other.stored))


def test_a_refitted_probe_of_the_control_differs_by_its_order() -> None:
    """The encoder is the same, and the probe is another one that mostly predicts the same."""
    parent = make_network(task("simclr"), spec(), None, Watch())
    weights = ParentWeights({key: tensor.clone() for key, tensor in parent.stored.items()}, {})
    recipe = spec(parent="r/dense", is_head_refitted=True)
    again = make_network(task("simclr"), recipe, weights, Watch())
    assert is_same(encoder(again.stored), encoder(weights.stored))
    assert not torch.equal(again.stored["11.weight"], weights.stored["11.weight"])
    inputs = stripes().normalize(stripes().images.read(torch.arange(N)))
    with torch.no_grad():
        first, second = (network.eval()(inputs).argmax(1) for network in (parent.network, again.network))
    assert (first == second).float().mean() > 0.8


def test_a_loss_that_is_not_finite_stops_the_training() -> None:
    """A learning rate that is far too large is named as the cause."""
    with pytest.raises(TrainingError, match=r"at step \d+: lower \[training\] learning_rate"):
        train(task("supervised", steps=20, learning_rate=1000))


def test_a_network_that_fails_is_one_line() -> None:
    """A forward pass that does not work names the data set."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(63, 10))
    work = Task(**{**vars(task("supervised")), "network": network})
    with pytest.raises(TrainingError, match=r"the network fails on stripes/train: RuntimeError: .*mat1") as caught:
        train(work)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shape", ["cosine", "one-cycle"])
def test_schedules_take_exactly_the_steps_that_there_are(shape: str) -> None:
    """The learning rate ends near zero, and every step is announced."""
    weight, steps = nn.Parameter(torch.ones(1)), []
    optimise(lambda: weight.square().sum(), [weight], Schedule(12, 0.1, 0.9, 0.0, shape), steps.append)
    assert steps == list(range(1, 13))


def test_a_refitted_probe_sees_no_more_labels_than_its_regime() -> None:
    """After training with few labels, wrong ones elsewhere change nothing; after training with all, they do."""
    made = {}
    for name in ("supervised-few", "supervised"):
        parent = make_network(task(name), spec(), None, Watch())
        weights = ParentWeights({key: tensor.clone() for key, tensor in parent.stored.items()}, {})
        recipe = spec(parent="r/dense", is_head_refitted=True)
        right = make_network(task(name), recipe, weights, Watch()).stored
        wrong = make_network(task(name, labels=other_labels(UNLABELLED)), recipe, weights, Watch()).stored
        made[name] = torch.equal(right["11.weight"], wrong["11.weight"])
    assert made == {"supervised-few": True, "supervised": False}
