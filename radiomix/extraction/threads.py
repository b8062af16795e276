"""Work in threads: kernels and SciPy let go of the interpreter, so that threads share a case without a copy of it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

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


@dataclass(eq=False)
class _Source(Generic[Piece, Result]):
    """Pieces that are made one after the other, and by their number what has come of them."""

    pieces: Iterator[Piece]
    results: dict[int, Result] = field(default_factory=dict)
    begun: int = 0
    exhausted: bool = False
    making: Lock = field(default_factory=Lock)

    def advance(self, work: Callable[[Piece], Result]) -> None:
        """Make the next piece, with `making` held, and work on it, with `making` released."""
        try:
            number, piece = self.begun, next(self.pieces)
            self.begun += 1
        except StopIteration:
            self.exhausted = True
            return
        finally:
            self.making.release()
        self.results[number] = work(piece)


def side_by_side(work: Callable[[Piece], Result], sources: Sequence[Iterable[Piece]], workers: int) -> Iterator[Result]:
    """The results of `work` on each piece of each source, in the sources' and the pieces' order, when all are there.

    A piece is made when a thread is free for it, so that no more than `workers` of them exist at once: those of one
    source one after the other, those of different sources at the same time. Threads begin with the last source, since
    the first, the image itself, is the quickest to make and leaves the least to wait for in the end.
    """
    if workers <= 1:
        for pieces in sources:
            yield from map(work, pieces)
        return
    made: list[_Source[Piece, Result]] = [_Source(iter(pieces)) for pieces in sources]

    def take_turns() -> None:
        finished = False
        try:
            while waiting := [source for source in reversed(made) if not source.exhausted]:
                source = next((source for source in waiting if source.making.acquire(blocking=False)), None)
                if source is None:
                    source = waiting[0]
                    source.making.acquire()
                source.advance(work)
            finished = True
        finally:
            if not finished:  # nor need the other threads go on
                for source in made:
                    source.exhausted = True

    with ThreadPoolExecutor(workers) as pool:
        for turn in [pool.submit(take_turns) for _ in range(workers)]:
            turn.result()
    for source in made:
        yield from (source.results[number] for number in range(source.begun))
