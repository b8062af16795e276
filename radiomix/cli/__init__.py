"""The command line: parses, calls, exits. Each command loads only what it needs.

Exit codes: 0 all done; 1 done, but cases failed, differences or misses were found; 2 nothing could be done.
"""

from __future__ import annotations

import atexit
import gc
import sys
import warnings
from typing import Annotated, Any

import typer

from .. import __version__
from ..errors import RadiomixError, RadiomixWarning
from . import images, studies
from .options import say

app = typer.Typer(
    name="radiomix",
    help="Segmentation masks to features to predictions one can believe.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS = (
    images.extract, images.maps, images.check, studies.evaluate, studies.train, studies.predict, studies.models,
    images.compare, images.verify, images.demo,
)  # fmt: skip
for command in COMMANDS:
    app.command()(command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")] = False,
) -> None:
    pass


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; an error made on purpose is one line and exit code 2."""
    warnings.showwarning = _show_warning
    gc.set_threshold(100_000)  # what is loaded stays: looking for garbage among it is a sixth of a short command,
    atexit.register(gc.freeze)  # and its end another
    try:
        app(args=arguments)
    except RadiomixError as error:
        say(" ".join(str(error).split()))
        sys.exit(2)
    except OSError as error:
        say(f"{error.filename or 'a file'} cannot be read or written: {error.strerror or error}")
        sys.exit(2)


def _show_warning(message: Warning | str, category: type[Warning], *place: Any, **_: Any) -> None:
    say(f"note: {message}" if issubclass(category, RadiomixWarning) else f"{category.__name__}: {message}")
