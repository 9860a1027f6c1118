"""Answers in words as classes: what is wrong is told apart by its words, what is right counts as one class."""

RIGHT = "right"
NO_ANSWER = "(no answer)"


def answer_of(text: str, target: str, *, is_right: bool) -> str:
    """The class of an answer: the target if the answer counts as right, else what was said, which is never the target."""
    if is_right:
        return target
    return f"{text} (wrong)" if text == target else text or NO_ANSWER
