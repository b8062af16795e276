"""Work in threads: kernels and SciPy let go of the interpreter, so that threads share a case without a copy of it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def cores() -> int:
    """Cores this process may use, which on shared machines are fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(work: Callable[[Piece], Result], pieces: Iterable[Piece], workers: int) -> Iterator[Result]:
    """The results of `work` on each piece, in the pieces' order.

    A piece is made when a thread is free for it, one at a time, so that no more than `workers` of them exist at once.
    """
    if workers <= 1:
        yield from map(work, pieces)
        return
    numbered, one_at_a_time = iter(enumerate(pieces)), Lock()

    def take() -> tuple[int, Result] | None:
        with one_at_a_time:
            found = next(numbered, None)
        return None if found is None else (found[0], work(found[1]))

    with ThreadPoolExecutor(workers) as pool:
        running = deque(pool.submit(take) for _ in range(2 * workers))
        early: dict[int, Result] = {}
        due = 0
        while running:
            found = running.popleft().result()
            if found is None:
                continue
            early[found[0]] = found[1]
            running.append(pool.submit(take))
            while due in early:
                yield early.pop(due)
                due += 1
