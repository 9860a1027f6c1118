"""How good are the networks, and did accuracy change?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "accuracy",
    title="What was analyzed",
    question="How good are the networks, and did accuracy change?",
    answer=(
        "Top-1 and top-5 accuracy, calibration, agreement; the change with its interval and the tests that it "
        "is at most the margin; accuracy on PIEs."
    ),
    settings=("margin",),
    nothing="The study has no predictions on labelled examples.",
)
