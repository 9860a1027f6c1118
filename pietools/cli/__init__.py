"""The command line: parse, call, show. Heavy imports stand inside the commands, so that ``--help`` answers at once."""

import errno
from typing import Any

import click

from pietools.cli.analyze import analyze
from pietools.cli.collect import collect
from pietools.cli.demo import demo
from pietools.cli.export import export
from pietools.cli.import_ import import_
from pietools.cli.topics import COMMANDS
from pietools.cli.train import train
from pietools.cli.validate import validate
from pietools.errors import PietoolsError
from pietools.version import __version__

# Modules of the extra `torch`, and the name under which pip knows the extra.
TORCH_EXTRA = {"torch", "torchvision", "safetensors", "sklearn"}


class Commands(click.Group):
    """Shows commands in the order of the work, and turns what the user can put right into one line and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which they were added."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except PietoolsError as error:
            raise click.ClickException(" ".join(str(error).split())) from error
        except ModuleNotFoundError as error:
            if error.name not in TORCH_EXTRA:
                raise
            raise click.ClickException(
                f"'pietools {ctx.invoked_subcommand}' needs {error.name}: install pietools with its extra 'torch', "
                "in a checkout with pip install '.[torch]'."
            ) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader of a pipe went away: click ends quietly
                raise
            where = "stdout" if error.filename is None else error.filename
            raise click.ClickException(f"cannot read or write {where}: {error.strerror}.") from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="pietools %(version)s")
def main() -> None:
    """Find out what a compressed neural network forgot.

    A study is one DuckDB file with the predictions of dense and compressed networks. train and collect make it (they need
    the extra 'torch'), or import brings in predictions made elsewhere; analyze says which examples and classes were hit,
    and how many would have been if compression did nothing. Start with: pietools demo
    """


for command in (demo, train, collect, import_, analyze, *COMMANDS, export, validate):
    main.add_command(command)
