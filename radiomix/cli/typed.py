"""The parser of the command line: helps, explains mistakes, and reads whatever is not plain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from inspect import signature
from typing import Annotated, Any, get_args

import typer

from .. import __version__
from .options import Argument, Option


def parser(commands: Iterable[Callable[..., None]]) -> typer.Typer:
    """An application of these commands."""
    app = typer.Typer(
        name="radiomix",
        help="Segmentation masks to features to predictions one can believe.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_options)
    for command in commands:
        app.command()(_typed(command))
    return app


def _typed(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose options are declared in Typer's words."""

    @wraps(command)
    def run(**given: Any) -> None:
        command(**given)

    declared = signature(command, eval_str=True)
    parameters = [p.replace(annotation=_in_typer(p.annotation)) for p in declared.parameters.values()]
    vars(run)["__signature__"] = declared.replace(parameters=parameters)
    return run


def _in_typer(annotation: Any) -> Any:
    kind, declared = get_args(annotation)
    match declared:
        case Argument():
            return Annotated[kind, typer.Argument(help=declared.help)]
        case Option():
            return Annotated[kind, typer.Option(*declared.names, help=declared.help, min=declared.min)]


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")] = False,
) -> None:
    pass
