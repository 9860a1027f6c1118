"""How many networks would it take?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "power",
    title="Power",
    question="How many networks would it take?",
    answer=(
        "For a change of accuracy or of a class's recall as large as the margin, and for the change and the "
        "excess at hand."
    ),
    settings=("margin",),
)
