"""The statistics of log odds: which are asked, in which worlds, of how many networks, examples and studies."""

from collections.abc import Iterable

from pietools.validation.log_odds_answers import ask_changes, ask_turned
from pietools.validation.log_odds_hits import HIT_WORLDS, HitStudy, HitTruth, draw_hit_study
from pietools.validation.log_odds_reasons import REASON_WORLDS, ReasonStudy, ask_reasons, draw_reason_study
from pietools.validation.log_odds_regimes import (
    REGIME_WORLDS,
    RegimeStudy,
    ask_log_odds_correlation,
    draw_regime_study,
)
from pietools.validation.methods import Method

LOG_ODDS_WORLDS = (*HIT_WORLDS, *REASON_WORLDS, *REGIME_WORLDS)
HIT_NETWORKS, REASON_NETWORKS, REGIME_NETWORKS = (3, 5, 10, 30), (10, 16), (5, 10, 30)
REASON_SIZES, N_EXAMPLES = (300, 3_000, 10_000), 1_000
LogOddsStudy = HitStudy | ReasonStudy | RegimeStudy


def _numbers(n_studies: int, worlds: Iterable[str]) -> dict[str, int]:
    return dict.fromkeys(worlds, n_studies)


_MORE = {"logits: nothing": 600, "logits: the label's fall": 400, "logits: 8 % hit": 400}
# Ten thousand examples of ten classes take a third of a second to draw.
_FEWER = [name for name, world in REASON_WORLDS.items() if world.margins is None or not world.has_even_difficulty]
LOG_ODDS_METHODS = {
    "example_changes": Method(ask_changes, _numbers(200, HIT_WORLDS) | _MORE),
    "turned_answers": Method(ask_turned, _numbers(200, HIT_WORLDS)),
    "explain_changes": Method(ask_reasons, _numbers(200, REASON_WORLDS) | _numbers(120, _FEWER)),
    "log_odds_correlation": Method(ask_log_odds_correlation, _numbers(200, REGIME_WORLDS)),
}


def asked_with(world: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Numbers of networks and of examples that a world is asked with."""
    if world in REASON_WORLDS:
        return REASON_NETWORKS, REASON_SIZES
    return HIT_NETWORKS if world in HIT_WORLDS else REGIME_NETWORKS, (N_EXAMPLES,)


def draw_log_odds_study(
    key: list[int], world: str, n_networks: int, n: int, *, paired: bool, truths: dict[int, HitTruth]
) -> LogOddsStudy:
    """Networks on new examples, or on one of the data sets of which the truth is known. ``key``: seed, and number of the study."""
    seed, number = key
    own = [seed, int(paired), n_networks, number]
    if world in HIT_WORLDS:
        data = number % len(truths)
        return draw_hit_study(own, world, n_networks, n, paired=paired, truth=truths[data], data=data)
    draw = draw_reason_study if world in REASON_WORLDS else draw_regime_study
    return draw(own, world, n_networks, n, paired=paired)
