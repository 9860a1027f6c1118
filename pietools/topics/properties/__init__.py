"""What is said of each example?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "properties",
    title="What the examples are like",
    question="What is said of each example?",
    answer=(
        "Loss, margin, entropy, agreement, label noise, atypicality, prediction depth, as far as the study "
        "holds what they need, and numbers measured outside; what forgotten, recovered and other examples are "
        "like; is planted label noise found?"
    ),
    nothing="The study has no population that properties could be measured on.",
)
