"""Tables of the benchmarks' pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def line(values: Sequence[str]) -> str:
    return "| " + " | ".join(values) + " |"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table."""
    return [line(header), line(["---"] * len(header)), *map(line, rows)]


def replaced(page: str, lines: Iterable[str]) -> str:
    """A page whose tables' lines about some works, told by their first cells, are exchanged for others."""
    new: dict[str, list[str]] = {}
    for fresh in lines:
        new.setdefault(_work(fresh), []).append(fresh)
    kept = page.splitlines()
    for work, fresh in new.items():
        places = [place for place, old in enumerate(kept) if _work(old) == work]
        if not places:
            raise ValueError(f"expected lines about {work!r}, found none: measure everything first")
        rest = [old for old in kept[places[0] :] if _work(old) != work]
        kept = [*kept[: places[0]], *fresh, *rest]
    return "\n".join(kept) + "\n"


def _work(row: str) -> str:
    return row.split(" | ")[0].removeprefix("| ") if row.startswith("| ") else ""
