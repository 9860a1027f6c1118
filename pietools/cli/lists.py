"""Options that take several values, separated by commas or given again."""

from typing import Any

import click


class Listed(click.ParamType):
    """Values separated by commas, each of some choices if these are known."""

    name = "list"

    def __init__(self, choices: tuple[str, ...] = ()) -> None:
        self.choices = choices

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The values."""
        found = tuple(one.strip() for one in value.split(",")) if isinstance(value, str) else tuple(value)
        for one in found:
            if self.choices and one not in self.choices:
                self.fail(f"'{one}' is none of {', '.join(self.choices)}.", param, ctx)
        return found


def joined(given: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """All values of an option that may be repeated, each once."""
    return tuple(dict.fromkeys(one for values in given for one in values))
