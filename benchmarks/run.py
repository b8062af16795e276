"""`make bench`: measure, print, and write benchmarks/RESULTS.md and the README's table.

python -m benchmarks.run [--only NAME ... [--replace]] [--no-write]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from .clock import on_one_core
from .cohorts import COHORTS
from .maps import MAPS
from .markdown import line, replaced
from .processes import PROCESSES
from .rows import IN_PROCESS, Peers, Row
from .table import HEADER, between_marks, cells, page, short_cells, summary

RESULTS = Path(__file__).with_name("RESULTS.md")
README = Path(__file__).parents[1] / "README.md"
WORK: dict[str, Callable[[Peers], Iterator[Row]]] = {w.__name__: w for w in (*IN_PROCESS, *MAPS, *PROCESSES, *COHORTS)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=sorted(WORK), help="kinds of work to measure; print, do not write")
    parser.add_argument("--replace", action="store_true", help="with --only: write, in place of these works' lines")
    parser.add_argument("--no-write", action="store_true", help="print only")
    options = parser.parse_args()
    on_one_core()
    rows = measured(options.only or list(WORK))
    if options.only and options.replace:
        for path, lines in (RESULTS, map(cells, rows)), (README, short_cells(rows)):
            path.write_text(replaced(path.read_text(encoding="utf-8"), map(line, lines)), encoding="utf-8")
    elif not (options.only or options.no_write):
        RESULTS.write_text(page(rows), encoding="utf-8")
        README.write_text(between_marks(README.read_text(encoding="utf-8"), summary(rows)), encoding="utf-8")


def measured(kinds: list[str]) -> list[Row]:
    peers = Peers()
    rows = []
    print(line(HEADER))
    try:
        for kind in kinds:
            for row in WORK[kind](peers):
                rows.append(row)
                print(line(cells(row)), flush=True)
    finally:
        peers.close()
    return rows


if __name__ == "__main__":
    main()
