"""How many predictions of single networks changed?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "flips",
    title="Flips",
    question="How many predictions of single networks changed?",
    answer="Harmful, beneficial and other flips, beside those between two networks of the reference.",
)
