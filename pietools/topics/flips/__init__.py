"""How many answers changed, and how many of them would have changed by training again?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "flips",
    title="Flips",
    question="How many answers changed, and how many of them would have changed by training again?",
    answer="Excess churn with its two parts; harmful, beneficial and other flips of matched networks.",
)
