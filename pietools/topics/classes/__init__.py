"""Which classes changed otherwise than accuracy did?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "classes",
    title="Classes",
    question="Which classes changed otherwise than accuracy did?",
    answer=(
        "Paired, Welch and the published test, with Benjamini–Hochberg, Holm and max-t; whether differences "
        "between classes grow."
    ),
)
