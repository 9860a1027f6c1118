"""The topics, in the order in which they are asked and shown: one line each, and nothing else lists them."""

from pietools.topics.accuracy import ACCURACY
from pietools.topics.characterize import CHARACTERIZE
from pietools.topics.classes import CLASSES
from pietools.topics.examples import EXAMPLES
from pietools.topics.flips import FLIPS
from pietools.topics.pies import PIES
from pietools.topics.power import POWER
from pietools.topics.properties import PROPERTIES
from pietools.topics.regimes import REGIMES
from pietools.topics.subgroups import SUBGROUPS
from pietools.topics.topic import Topic
from pietools.topics.unseen import UNSEEN

TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        ACCURACY,
        PIES,
        FLIPS,
        EXAMPLES,
        CLASSES,
        SUBGROUPS,
        UNSEEN,
        PROPERTIES,
        CHARACTERIZE,
        REGIMES,
        POWER,
    )
}
