"""One network against one: what changed between these two?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "pairs",
    title="One network against one",
    question="Where a side has a single network: did the other get worse, and by how much?",
    answer="Lost and gained examples with McNemar's exact test, the change of accuracy with its interval, and the margin.",
    settings=("margin",),
    nothing="Every population has several networks: their answers are in the other topics.",
)
