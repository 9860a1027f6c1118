"""Properties of examples against R, by hand, in another order, and where there is nothing to say."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pietools.statistics.properties.atypicality import atypicality, atypicality_knn, atypicality_lof
from pietools.statistics.properties.difficulty import agreement, el2n, entropy, loss, margin, mean_probabilities
from pietools.statistics.properties.forgetting import el2n_early, forgetting_events, never_learned
from pietools.statistics.properties.label_noise import is_label_issue, label_noise
from pietools.statistics.properties.network_means import mean_over_networks
from pietools.statistics.properties.prediction_depth import label_depth, prediction_depth
from pietools.statistics.properties.q_score import q_score
from pietools.statistics.tools.scalars import scalars_from_logits
from pietools.topics.properties.catalogue import PROPERTIES

REFERENCE = Path(__file__).parents[1] / "reference"
ALL = slice(None)
# Not the mean over single networks.
OF_ALL_NETWORKS_TOGETHER = {"entropy", "agreement", "label_noise", "is_label_issue"}


def per_network(frame: pl.DataFrame) -> np.ndarray:
    """Numbers of a reference frame as (networks, rows, columns)."""
    parts = frame.partition_by("network", maintain_order=True)
    return np.stack([part.select(pl.col("^X.*$")).to_numpy() for part in parts])


def recorded() -> dict[str, np.ndarray]:
    """What the R script made up: logits, features, labels of layers and epochs of three networks."""
    logits = pl.read_csv(REFERENCE / "properties_logits_input.csv")
    features = pl.read_csv(REFERENCE / "properties_features_input.csv")
    steps = pl.read_csv(REFERENCE / "properties_steps_input.csv")
    evaluated, training = (features.filter(role=role) for role in ("evaluated", "training"))
    found = {kind: per_network(steps.filter(kind=kind)) for kind in ("layer", "epoch", "el2n")}
    return found | {
        "logits": per_network(logits),
        "labels": logits.filter(network=1)["label"].to_numpy(),
        "features": per_network(evaluated),
        "training": per_network(training),
        "training_labels": training.filter(network=1)["label"].to_numpy(),
    }


def computed(data: dict[str, np.ndarray], networks: slice = ALL) -> dict[str, pl.Series]:
    """Every property of some of the networks."""
    logits, features, training = (data[name][networks] for name in ("logits", "features", "training"))
    labels, layers, epochs = data["labels"], data["layer"][networks], data["epoch"][networks]
    scalars = [scalars_from_logits(of_network, labels) for of_network in logits]
    mean = mean_probabilities(logits)
    found = [
        *(of(scalars) for of in (loss, margin, el2n)),
        *(entropy(mean), agreement(logits.argmax(axis=2))),
        *(label_noise(mean, labels), is_label_issue(mean, labels)),
        *(atypicality(features, training, data["training_labels"]), atypicality_knn(features, training)),
        *(atypicality_lof(features, training), q_score(features)),
        *(prediction_depth(layers, logits.argmax(axis=2)), label_depth(layers, labels)),
        *(forgetting_events(epochs, labels), never_learned(epochs, labels), el2n_early(data["el2n"][networks], labels)),
    ]
    return {values.name: values for values in found}


@pytest.mark.parametrize("network", [1, 2, 3, "all"])
def test_properties_agree_with_r(network: int | str) -> None:
    """Of each network by itself and of all three; what comes from stored scalars to their float32."""
    found = computed(recorded(), ALL if network == "all" else slice(network - 1, network))  # type: ignore[operator]
    reference = pl.read_csv(REFERENCE / "properties.csv", null_values="NA").filter(network=str(network))
    left_out = {"is_label_issue"} if network == "all" else OF_ALL_NETWORKS_TOGETHER
    assert set(reference["property"]) == set(PROPERTIES) - left_out
    for name, _, *expected in reference.iter_rows():
        rel, absolute = (1e-5, 1e-6) if name in ("loss", "margin", "el2n") else (1e-8, 1e-12)
        values = found[name].to_list()
        assert [value is None for value in values] == [value is None for value in expected], name
        known = [(value, right) for value, right in zip(values, expected, strict=True) if right is not None]
        assert [value for value, _ in known] == pytest.approx([right for _, right in known], rel=rel, abs=absolute), (
            name
        )


def test_the_catalogue_describes_every_property() -> None:
    """Names, null exactly where a label is needed and missing, ranges, and that the mean over networks is one."""
    data = recorded()
    found = computed(data)
    assert set(found) == set(PROPERTIES)
    single = [computed(data, slice(k, k + 1)) for k in range(3)]
    for name, described in PROPERTIES.items():
        values = found[name]
        assert values.dtype == (pl.Boolean if name == "is_label_issue" else pl.Float64)
        assert (values.is_null().to_numpy() == ((data["labels"] < 0) & described.needs_label)).all(), name
        assert not values.cast(float).is_nan().any()
        assert values.cast(float).drop_nulls().is_between(described.low, described.high).all(), name
        mean = np.mean([one[name].cast(float).fill_null(0).to_numpy() for one in single], axis=0)
        same = mean == pytest.approx(values.cast(float).fill_null(0).to_numpy(), rel=1e-12, abs=1e-12)
        assert same == (name not in OF_ALL_NETWORKS_TOGETHER), name


def test_order_of_examples_does_not_matter() -> None:
    """Every property of the examples in reverse is the reverse."""
    data = recorded()
    reverse = {name: values[..., ::-1] for name, values in data.items() if name in ("labels", "layer", "epoch", "el2n")}
    reverse |= {name: data[name][:, ::-1] for name in ("logits", "features")}
    there, back = computed(data), computed(data | reverse)
    for name, values in there.items():
        same = pytest.approx(values.cast(float).fill_null(-9).to_list(), rel=1e-9)
        assert back[name].cast(float).fill_null(-9).to_list()[::-1] == same, name


def test_networks_may_come_one_at_a_time() -> None:
    """Generators give what arrays give."""
    data = recorded()
    features, training = (iter(data[name]) for name in ("features", "training"))
    assert atypicality_knn(features, training).equals(atypicality_knn(data["features"], data["training"]))
    assert (mean_probabilities(iter(data["logits"])) == mean_probabilities(data["logits"])).all()


def test_means_over_networks() -> None:
    """By hand: over those that have a value, none where none has; and refusals."""
    values = mean_over_networks("x", [np.array([1, np.nan, np.nan]), np.array([2, 5, np.nan])])
    assert values.to_list() == [1.5, 5, None]
    with pytest.raises(ValueError, match="at least one network"):
        mean_over_networks("x", [])
    with pytest.raises(ValueError, match="at least one network"):
        mean_probabilities(iter([]))
    with pytest.raises(ValueError, match=r"\(1,\) and of \(2,\) examples"):
        mean_over_networks("x", [np.zeros(2), np.zeros(1)])


# Difficulty


def test_half_precision_is_for_keeping() -> None:
    """Stored as float16, logits are added up as float32."""
    half = recorded()["logits"].astype(np.float16)
    assert (mean_probabilities(half) == mean_probabilities(half.astype(np.float32))).all()


def test_agreement_by_hand() -> None:
    """Four networks: 4 of 4, 2 of 4, tied 2 and 2. One network agrees with itself, which says nothing."""
    labels = np.array([[7, 1, 0], [7, 1, 0], [7, 2, 5], [7, 3, 5]])
    assert agreement(labels).to_list() == [1, 0.5, 0.5]
    assert agreement(labels[:1]).to_list() == [None] * 3


def test_label_noise_is_the_margin_of_the_mean() -> None:
    """1 − 2 · label_noise: a property `margin` of the mean would say nothing new; the mean margin differs."""
    data = recorded()
    mean, labels = mean_probabilities(data["logits"]), data["labels"]
    of_mean = margin([scalars_from_logits(np.log(mean), labels)])
    assert (1 - 2 * label_noise(mean, labels)).to_list()[:-1] == pytest.approx(of_mean.to_list()[:-1], abs=1e-6)
    assert not np.allclose(computed(data)["margin"][:-1], of_mean[:-1], atol=0.01)


# Depth, quality, training


def test_depths_by_hand() -> None:
    """Three layers: agreement from the input, from the last, only before the last, never; one network, then two."""
    probes = np.array([[1, 0, 1, 0], [1, 2, 1, 0], [1, 1, 0, 0]])
    assert prediction_depth([probes], [np.ones(4)]).to_list() == [0, 2, 3, 3]
    assert label_depth([probes], np.array([1, 1, -1, 0])).to_list() == [0, 2, None, 0]
    assert prediction_depth([probes, probes], [np.ones(4), np.zeros(4)]).to_list() == [1.5, 2.5, 2.5, 1.5]
    with pytest.raises(ValueError, match="do not fit"):
        label_depth([probes], np.zeros(3))


def test_depth_of_a_right_prediction_is_that_of_the_label() -> None:
    """The two differ only where the network is wrong."""
    rng = np.random.default_rng(9)
    probes, predicted, labels = rng.integers(0, 3, (1, 5, 200)), rng.integers(0, 3, (1, 200)), rng.integers(0, 3, 200)
    right = predicted[0] == labels
    own, given = (values.to_numpy() for values in (prediction_depth(probes, predicted), label_depth(probes, labels)))
    assert (own[right] == given[right]).all()
    assert (own[~right] != given[~right]).any()


def test_q_score_by_hand() -> None:
    """(3, 4): z = (4 − 3.5)/0.5 = 1, norms 5 and 7. One active unit has √(width − 1), equal units have none."""
    assert q_score([np.array([[3.0, 4], [0, 0], [0.1, 0.1], [0, 2]])]).to_list() == pytest.approx(
        [5 / 7, None, None, 1]
    )
    assert q_score([np.eye(10, dtype=np.float32)]).to_list() == pytest.approx([3] * 10)


def test_q_score_has_no_units() -> None:
    """Larger latents score the same; it is highest for a single unit, and averages the networks that have one."""
    h = np.random.default_rng(10).normal(size=(50, 16))
    score = q_score([h]).to_numpy()
    assert q_score([1e-3 * h]).to_numpy() == pytest.approx(score)
    assert (score <= np.sqrt(15)).all()
    assert q_score([h, np.zeros((50, 3))]).to_numpy() == pytest.approx(score)


def test_forgetting_by_hand() -> None:
    """Forgotten twice; learned for good; never learned, which counts all four epochs; no label, no value."""
    right = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [1, 1, 0, 1], [0, 1, 0, 1]])
    labels = np.array([1, 1, 1, -1])
    assert forgetting_events([right], labels).to_list() == [2, 0, 4, None]
    assert never_learned([right], labels).to_list() == [0, 0, 1, None]
    always = np.ones((4, 4))
    assert forgetting_events([right, always], labels).to_list() == [1, 0, 2, None]
    assert never_learned([right, always], labels).to_list() == [0, 0, 0.5, None]
    assert forgetting_events([right[:1]], labels).null_count() == 4


def test_early_el2n_by_hand() -> None:
    """The third of 30 epochs, the fourth of 31, the first of nine; no value without a label."""
    values = np.tile(np.arange(1.0, 32)[:, None], 2)
    found = [el2n_early([values[:e]], np.array([3, -1])).to_list() for e in (30, 31, 9)]
    assert found == [[3, None], [4, None], [1, None]]
