"""Tables of the benchmarks' pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def line(values: Sequence[str]) -> str:
    return "| " + " | ".join(values) + " |"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table."""
    return [line(header), line(["---"] * len(header)), *map(line, rows)]
