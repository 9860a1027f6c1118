"""The option ``--wait`` of the commands that open a study, as a decorator and as an option; their functions get ``wait``."""

from typing import Any

import click

_OPTION: dict[str, Any] = {
    "type": click.FloatRange(0),
    "default": 0,
    "metavar": "SECONDS",
    "help": "If another process has the study open, try again for as long.",
}
WAIT = click.Option(["--wait"], **_OPTION)
waiting = click.option("--wait", **_OPTION)
