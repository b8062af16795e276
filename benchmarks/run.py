"""`make bench`: measure, print and write benchmarks/RESULTS.md.

python -m benchmarks.run [--only NAME ...] [--no-write]
"""

from __future__ import annotations

import argparse
import os

ONE_THREAD = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
os.environ.update(dict.fromkeys(ONE_THREAD, "1"))

import platform  # noqa: E402  the thread numbers count only before numpy and numba are loaded
from collections.abc import Callable, Iterator  # noqa: E402
from datetime import date  # noqa: E402
from pathlib import Path  # noqa: E402

import SimpleITK as sitk  # noqa: E402

from .clock import Timing, on_one_core  # noqa: E402
from .maps import MAPS  # noqa: E402
from .peers import versions  # noqa: E402
from .processes import PROCESSES  # noqa: E402
from .rows import IN_PROCESS, Peers, Row  # noqa: E402

RESULTS = Path(__file__).with_name("RESULTS.md")
WORK: dict[str, Callable[[Peers], Iterator[Row]]] = {w.__name__: w for w in (*IN_PROCESS, *MAPS, *PROCESSES)}
HEADER = ("work", "region", "radiomix", "peer", "peer's", "ratio", "target", "met")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=sorted(WORK), default=list(WORK), help="kinds of work to measure")
    parser.add_argument("--no-write", action="store_true", help="print only")
    options = parser.parse_args()
    on_one_core()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    peers = Peers()
    rows = []
    print(line(HEADER))
    try:
        for name in options.only:
            for row in WORK[name](peers):
                rows.append(row)
                print(line(cells(row)), flush=True)
                if not options.no_write:
                    RESULTS.write_text(page(rows), encoding="utf-8")
    finally:
        peers.close()


def cells(row: Row) -> tuple[str, ...]:
    met = "" if row.target is None or row.ratio is None else "yes" if row.ratio >= row.target else "**no**"
    return (
        row.work,
        row.region,
        quantity(row.ours, row.unit),
        row.peer,
        row.absent or quantity(row.theirs, row.unit),
        "" if row.ratio is None else f"{row.ratio:.3g}",
        "" if row.target is None else f"{row.target:.3g}",
        met,
    )


def quantity(timing: Timing | None, unit: str) -> str:
    """A median with its spread (half the distance between the quartiles)."""
    if timing is None:
        return "absent"
    spread = f" ±{100 * timing.spread:.0f} %" if len(timing.seconds) > 2 else ""
    value = timing.median
    text = f"{value * 1e3:.3g} ms" if unit == "s" and value < 1 else f"{value:.3g} {unit}"
    return text + spread


def line(values: tuple[str, ...]) -> str:
    return "| " + " | ".join(values) + " |"


def page(rows: list[Row]) -> str:
    present = ", ".join(f"{name} {version}" for name, version in versions().items())
    return "\n".join(
        [
            "# Benchmarks",
            "",
            f"Written by `make bench` on {date.today():%Y-%m-%d}: {processor()}, Python {platform.python_version()}.",
            f"{present}.",
            "",
            "One core, one thread. Contestants run in alternation in the same run, images in memory, warm; medians,",
            "with half the distance between the quartiles. The ratio is the peer's time over ours; the target is the",
            "least ratio. Ellipsoids are made by formula (`benchmarks/rois.py`); real regions are used where present.",
            "",
            line(HEADER),
            line(("---",) * len(HEADER)),
            *(line(cells(row)) for row in rows),
            "",
        ]
    )


def processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for entry in information.read_text().splitlines():
            if entry.startswith("model name"):
                return entry.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
