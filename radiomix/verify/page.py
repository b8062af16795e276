"""The checks as lines on a terminal and as a page of the documentation."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence

from .. import __version__
from .check import Check

HEADER = ("part", "code", "feature", "aggregation", "standard", "tolerance", "ours", "verdict")


def cells(check: Check) -> tuple[str, ...]:
    return (
        check.part,
        check.code,
        check.term,
        check.aggregation,
        "" if check.standard is None else f"{check.standard:g}",
        "" if check.tolerance is None else f"{check.tolerance:g}",
        "absent" if check.ours is None else f"{check.ours:.6g}",
        check.verdict,
    )


def as_text(checks: Sequence[Check]) -> str:
    """Aligned columns."""
    rows = [HEADER, *map(cells, checks)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def counts(checks: Iterable[Check]) -> dict[str, int]:
    """How many checks passed, missed, or have nothing to compare with."""
    found = {"pass": 0, "MISS": 0, "not standardised": 0}
    for check in checks:
        found[check.verdict] += 1
    return found


def summary(checks: Sequence[Check]) -> list[tuple[str, dict[str, int]]]:
    """The counts of each part, in order."""
    parts = dict.fromkeys(check.part for check in checks)
    return [(part, counts(check for check in checks if check.part == part)) for part in parts]


def sentence(part: str, found: dict[str, int]) -> str:
    compared, alone = found["pass"] + found["MISS"], found["not standardised"]
    told = [f"{found['pass']} of {compared} values within the published tolerance"] if compared else []
    told += [f"{alone} not standardised"] if alone else []
    return f"{part}: {'; '.join(told)}"


def as_markdown(checks: Sequence[Check]) -> str:
    """The page that `docs/` shows: counts first, then every value."""
    lines = [
        "# Agreement with the IBSI standard",
        "",
        f"Written by `radiomix verify --data FOLDER --out PAGE`: radiomix {__version__}, Python "
        f"{platform.python_version()}. Every verdict is computed from the published value and tolerance.",
        "",
        "| part | within tolerance | missed | not standardised |",
        "| --- | --- | --- | --- |",
        *(f"| {part} | {n['pass']} | {n['MISS']} | {n['not standardised']} |" for part, n in summary(checks)),
    ]
    for part, _ in summary(checks):
        rows = [cells(check)[1:] for check in checks if check.part == part]
        lines += ["", f"## {part[0].upper()}{part[1:]}", "", _row(HEADER[1:]), _row(["---"] * (len(HEADER) - 1))]
        lines += map(_row, rows)
    return "\n".join(lines) + "\n"


def _row(values: Iterable[str]) -> str:
    return f"| {' | '.join(values)} |"
