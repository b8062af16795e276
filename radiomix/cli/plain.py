"""A command line as plain as most are, read without the parser, which takes as long to load as NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, get_args, get_origin

from .options import Argument, Option


@dataclass(frozen=True)
class _Slot:
    """A parameter, the kind of its value (for a list, of strings: list), and the least integer it takes."""

    name: str
    kind: type
    least: int | None = None


def plain_call(commands: Iterable[Callable[..., None]], line: Sequence[str]) -> Callable[[], None] | None:
    """What a line asks for, with its values; None where that is not plain, and the parser is to judge.

    Plain is a command's name, then values, and options by their whole names, each with its value after a space.
    Whatever may be a call for help, a mistake, or another way to write an option is not.
    """
    command = next((command for command in commands if [command.__name__] == [*line[:1]]), None)
    if command is None:
        return None
    parameters = signature(command, eval_str=True).parameters.values()
    try:
        given = _given(parameters, line[1:])
    except ValueError:
        return None
    missing = any(p.default is Parameter.empty and p.name not in given for p in parameters)
    return None if missing else partial(command, **given)


def _given(parameters: Iterable[Parameter], words: Sequence[str]) -> dict[str, Any]:
    """Values by parameter; a ValueError where the line is not plain."""
    places, options = _slots(parameters)
    given: dict[str, Any] = {}
    free, rest = iter(places), iter(words)
    for word in rest:
        slot = options.get(word) or next(free, None)
        if slot is None or (slot.name in given and slot.kind is not list):
            raise ValueError("a value too many")
        if slot.kind is bool:
            given[slot.name] = True
            continue
        value = _value(next(rest, "") if word in options else word, slot)
        given[slot.name] = [*given.get(slot.name, ()), value] if slot.kind is list else value
    return given


def _slots(parameters: Iterable[Parameter]) -> tuple[list[_Slot], dict[str, _Slot]]:
    """By place, and by name as typed."""
    places, options = [], {}
    for parameter in parameters:
        annotation, declared = get_args(parameter.annotation)
        kind = next((one for one in get_args(annotation) if one is not type(None)), annotation)
        kind = get_origin(kind) or kind
        match declared:
            case Argument():
                places.append(_Slot(parameter.name, kind))
            case Option():
                slot = _Slot(parameter.name, kind, declared.min)
                options.update(dict.fromkeys(declared.names or (f"--{slot.name.replace('_', '-')}",), slot))
    return places, options


def _value(text: str, slot: _Slot) -> Any:
    if not text or text.startswith("-"):
        raise ValueError("an option, or nothing, where a value is expected")
    if slot.kind is list:
        return text
    if slot.kind is int:
        number = int(text)
        if str(number) != text or (slot.least is not None and number < slot.least):
            raise ValueError("a number for the parser to judge")
        return number
    if not issubclass(slot.kind, str | Path):
        raise ValueError("a kind of value that only the parser reads")
    return slot.kind(text)
