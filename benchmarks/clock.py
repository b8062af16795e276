"""Times taken in alternation, so that a slow minute of the machine falls on both sides."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

import SimpleITK as sitk
from threadpoolctl import threadpool_limits

Work = Callable[[], float]
THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass
class Timing:
    """The seconds of every run of one contestant."""

    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def spread(self) -> float:
        """Half the distance between the quartiles, relative to the median."""
        ordered = sorted(self.seconds)
        quarter = len(ordered) // 4
        return (ordered[-1 - quarter] - ordered[quarter]) / 2 / self.median


def timed(call: Callable[[], object]) -> Work:
    """A call that returns how many seconds it took."""

    def work() -> float:
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    return work


def compiled(work: Work) -> Work:
    """A work that has run once: what it compiles is in no warm-up, from whose time the number of turns follows."""
    work()
    return work


def alternate(contestants: dict[str, Work], *, seconds: float = 8.0, most: int = 30) -> dict[str, Timing]:
    """Run the contestants in turn, after a warm-up each: at least 3 rounds, then until the time or `most` is reached.

    A contestant runs several times per round when it is much faster than the slowest; where the slowest alone takes
    longer than `seconds`, one round must do.
    """
    first = {name: work() for name, work in contestants.items()}
    again = {name: work() for name, work in contestants.items()} if max(first.values()) < seconds / 8 else first
    slowest = max(again.values())
    turns = {name: min(5, max(1, int(slowest / max(again[name], 1e-9)))) for name in contestants}
    timings = {name: Timing() for name in contestants}
    start = time.perf_counter()
    rounds, least = 0, 3 if slowest < seconds else 1
    while rounds < least or (rounds < most and time.perf_counter() - start < seconds):
        for name, work in contestants.items():
            timings[name].seconds += [work() for _ in range(turns[name])]
        rounds += 1
    return timings


def least(work: Work, *, seconds: float) -> float:
    """The least time, after a warm-up, of at least 3 runs and of as many as fit: what else runs can only add."""
    work()
    times = [work() for _ in range(3)]
    while sum(times) < seconds:
        times.append(work())
    return min(times)


def on_one_core() -> None:
    """Keep this process, and what it starts, on one core, where the system can, and on one thread."""
    os.environ.update(dict.fromkeys(THREADS, "1"))
    threadpool_limits(1)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


@contextmanager
def on_all_cores() -> Iterator[None]:
    """Let go of the one core for a while; threads stay one per process."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
