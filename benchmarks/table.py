"""Rows as tables: all of them for RESULTS.md, a line per work and peer for the README."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from .clock import Timing
from .markdown import table
from .peers import versions
from .rows import Row

HEADER = ("work", "region", "radiomix", "peer", "peer's", "ratio", "target", "met")
SHORT = ("work", "region", "radiomix", "peer", "peer's", "ratio", "target")
MARKS = ("<!-- speed -->\n", "<!-- /speed -->\n")


def page(rows: Sequence[Row]) -> str:
    return "\n".join(
        [
            "# Benchmarks",
            "",
            *written("make bench"),
            "",
            "One core, one thread. Contestants run in alternation in the same run, images in memory, warm; medians,",
            "with half the distance between the quartiles. The ratio is the peer's time over ours; the target is the",
            "least ratio. Ellipsoids are made by formula (`benchmarks/rois.py`); real regions are used where present.",
            "",
            *table(HEADER, map(cells, rows)),
            "",
        ]
    )


def written(command: str) -> Iterator[str]:
    """By what, when, on what and with what a page was made."""
    yield f"Written by `{command}` on {date.today():%Y-%m-%d}: {processor()}, Python {platform.python_version()}."
    yield ", ".join(f"{name} {version}" for name, version in versions().items()) + "."


def cells(row: Row) -> tuple[str, ...]:
    return (
        row.work,
        row.region,
        quantity(row.ours, row.unit),
        row.peer,
        row.absent or quantity(row.theirs, row.unit),
        number(row.ratio),
        number(row.target),
        {None: "", True: "yes", False: "**no**"}[row.met],
    )


def quantity(timing: Timing | None, unit: str) -> str:
    """A median with its spread (half the distance between the quartiles)."""
    if timing is None:
        return "absent"
    spread = f" ±{100 * timing.spread:.0f} %" if len(timing.seconds) > 2 else ""
    return median_of(timing, unit) + spread


def median_of(timing: Timing, unit: str) -> str:
    value = timing.median
    if unit == "s" and value < 1:
        return f"{number(value * 1e3)} ms"
    return f"{number(value)} {unit}"


def number(value: float | None) -> str:
    """Three digits, never as a power of ten."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def summary(rows: Iterable[Row]) -> str:
    """What the README shows."""
    lines = [
        f"{processor()}, one core, images in memory, warm; medians of both contestants in alternation in one run. The",
        "ratio is the peer's time (or memory) over ours, **bold** where it misses the target.",
        "",
        *table(SHORT, short_cells(rows)),
    ]
    return "\n".join(lines) + "\n"


def short_cells(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    """The rows that have a target: a line per work and peer, its regions side by side."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.target is not None:
            groups.setdefault((row.work, row.peer), []).append(row)
    return [side_by_side(group) for group in groups.values()]


def side_by_side(group: Sequence[Row]) -> tuple[str, ...]:
    """One line for the rows of one work against one peer."""
    regions = [row.region for row in group]
    columns: tuple[Iterable[str], ...] = (
        (regions[0], *(region.removeprefix("ellipsoid ") for region in regions[1:])),
        (median_of(row.ours, row.unit) if row.ours else "absent" for row in group),
        (median_of(row.theirs, row.unit) if row.theirs else row.absent or "absent" for row in group),
        (f"**{number(row.ratio)}**" if row.met is False else number(row.ratio) for row in group),
        (number(row.target) for row in group),
    )
    region, mine, theirs, ratio, target = (joined(texts) for texts in columns)
    return group[0].work, region, mine, group[0].peer, theirs, ratio, target


def joined(texts: Iterable[str]) -> str:
    """Side by side; said once when all are the same."""
    found = list(texts)
    return found[0] if len(set(found)) == 1 else " / ".join(found)


def between_marks(text: str, new: str) -> str:
    """The text with what stands between the marks replaced."""
    before, start, rest = text.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not (start and end):
        raise ValueError(f"expected the lines {MARKS[0].strip()} and {MARKS[1].strip()}; found {text[:60]!r}...")
    return before + start + new + end + after


def processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for entry in information.read_text().splitlines():
            if entry.startswith("model name"):
                return entry.partition(":")[2].strip()
    return platform.processor() or platform.machine()
