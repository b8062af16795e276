"""Work in threads: kernels and SciPy let go of the interpreter, so that threads share a case without a copy of it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def cores() -> int:
    """Cores this process may use, which on shared machines are fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(eq=False)
class _Source(Generic[Piece, Result]):
    """Pieces that are made one after the other, and by their number what has come of them and is not yet due."""

    pieces: Iterator[Piece]
    results: dict[int, Result] = field(default_factory=dict)
    begun: int = 0
    handed_out: int = 0
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

    def due(self) -> Iterator[Result]:
        """The results that are there and whose predecessors have been handed out."""
        while self.handed_out in self.results:
            yield self.results.pop(self.handed_out)
            self.handed_out += 1

    @property
    def complete(self) -> bool:
        return self.exhausted and self.handed_out == self.begun


def in_order(work: Callable[[Piece], Result], sources: Sequence[Iterable[Piece]], workers: int) -> Iterator[Result]:
    """The results of `work` on each piece of each source, in the sources' and the pieces' order.

    A piece is made when a thread is free for it, so that no more than `workers` of them exist at once: those of one
    source one after the other, those of different sources at the same time. Threads begin with the last source, since
    the first, the image itself, is the quickest to make and leaves the least to wait for in the end.
    """
    if workers <= 1:
        for pieces in sources:
            yield from map(work, pieces)
        return
    made: deque[_Source[Piece, Result]] = deque(_Source(iter(pieces)) for pieces in sources)
    last_first = tuple(reversed(made))

    def take_turn() -> None:
        waiting = [source for source in last_first if not source.exhausted]
        source = next((source for source in waiting if source.making.acquire(blocking=False)), None)
        if source is None and waiting:
            source = waiting[0]
            source.making.acquire()
        if source is not None:
            source.advance(work)

    with ThreadPoolExecutor(workers) as pool:
        running: set[Future[None]] = set()
        while made:
            if not all(source.exhausted for source in made):
                running |= {pool.submit(take_turn) for _ in range(2 * workers - len(running))}
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for turn in done:
                turn.result()
            while made:
                yield from made[0].due()
                if not made[0].complete:
                    break
                made.popleft()
