"""How a line becomes the call of a command: argparse, told of the parameters that a command's signature declares."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from inspect import Parameter, getdoc, signature
from typing import Any, NoReturn, get_args, get_origin

from ..errors import ConfigError, unknown
from .options import Argument, Option

Command = Callable[..., None]
PROGRAM = "radiomix"
PURPOSE = "Segmentation masks to features to predictions one can believe."


class _Parser(argparse.ArgumentParser):
    """Of whole option names; its complaints are errors of ours."""

    def __init__(self, prog: str, description: str) -> None:
        shape = argparse.RawDescriptionHelpFormatter
        super().__init__(prog, description=description, formatter_class=shape, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message} (`{self.prog} --help` explains)")


def call_of(commands: Iterable[Command], line: Sequence[str]) -> Callable[[], None]:
    """What a line asks for, with its values; a call for help or for the version is answered, and ends the program.

    Raises
    ------
    ConfigError
        where the line names no command, or holds what the command does not know or cannot read.
    """
    known = {command.__name__: command for command in commands}
    name = line[0] if line else "--help"
    if name in known:
        return partial(known[name], **_values(known[name], line[1:]))
    overview = _overview(known)
    if name.startswith("-"):
        overview.parse_args([name])
    overview.error(unknown("command", name, known))


def _overview(commands: dict[str, Command]) -> _Parser:
    from .. import __version__

    first_lines = "\n".join(f"  {name:<10}{_explained(command)[0]}" for name, command in commands.items())
    parser = _Parser(PROGRAM, f"{PURPOSE}\n\ncommands:\n{first_lines}")
    parser.usage = f"{PROGRAM} COMMAND ... ; `{PROGRAM} COMMAND --help` explains one"
    parser.add_argument("--version", action="version", version=__version__, help="The version.")
    return parser


def _explained(command: Command) -> list[str]:
    return (getdoc(command) or "").splitlines()


def _values(command: Command, words: Sequence[str]) -> dict[str, Any]:
    """A command's values by parameter, those by place wherever they stand among the options."""
    parser = _Parser(f"{PROGRAM} {command.__name__}", "\n".join(_explained(command)))
    for parameter in signature(command, eval_str=True).parameters.values():
        _declare(parser, parameter)
    given, left = parser.parse_known_intermixed_args(words)
    if left:
        options = [name for action in parser._actions for name in action.option_strings]
        parser.error(unknown("option", left[0], options) if left[0].startswith("-") else f"one too many: {left[0]!r}")
    return vars(given)


def _declare(parser: _Parser, parameter: Parameter) -> None:
    annotation, declared = get_args(parameter.annotation)
    kind = next((one for one in get_args(annotation) if one is not type(None)), annotation)
    needed = parameter.default is Parameter.empty
    default = None if needed else parameter.default
    words = declared.help.replace("%", "%%")
    match declared:
        case Argument():
            parser.add_argument(parameter.name, nargs=None if needed else "?", type=_reader(kind), help=words)
        case Option():
            names = declared.names or (f"--{parameter.name.replace('_', '-')}",)
            shown = "" if default is None or default is False or default == "" else f" [{default}]"
            how: dict[str, Any] = {"action": "store_true"}
            if kind is not bool:
                action = "append" if get_origin(kind) is list else "store"
                value = names[0].lstrip("-").upper()
                how = {"action": action, "type": _reader(kind, declared.min), "metavar": value}
            parser.add_argument(
                *names, dest=parameter.name, required=needed, default=default, help=words + shown, **how
            )


def _reader(kind: Any, least: int | None = None) -> Callable[[str], Any]:
    """From text to a value of a kind (the items of a list are text)."""

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            wanted = {int: "a whole number", float: "a number"}.get(kind) or " or ".join(map(repr, map(str, kind)))
            raise argparse.ArgumentTypeError(f"expected {wanted}; found {text!r}") from None
        if least is not None and value < least:
            raise argparse.ArgumentTypeError(f"expected {least} or more; found {text}")
        return value

    return str if get_origin(kind) is list else read
