"""Work in threads: kernels and SciPy let go of the interpreter, so that threads share a case without a copy of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")


@dataclass(eq=False)
class _Source(Generic[Piece, Result]):
    """Pieces that are made one after the other, and what has come of them."""

    pieces: Iterator[Piece]
    results: list[Result | None] = field(default_factory=list)
    making: Lock = field(default_factory=Lock)
    exhausted: bool = False

    def advance(self, work: Callable[[Piece], Result]) -> None:
        """Make the next piece, with `making` held, and work on it, with `making` released."""
        try:
            place = len(self.results)
            piece = next(self.pieces)
            self.results.append(None)
        except StopIteration:
            self.exhausted = True
            return
        finally:
            self.making.release()
        self.results[place] = work(piece)


def in_order(work: Callable[[Piece], Result], sources: Iterable[Iterable[Piece]], workers: int) -> Iterator[Result]:
    """The results of `work` on each piece of each source, in the sources' and the pieces' order.

    A piece is made when a thread is free for it, so that no more than `workers` of them exist at once: those of one
    source one after the other, those of different sources at the same time. Threads begin with the last source, since
    the first, the image itself, is the quickest to make, and leaves the least to wait for in the end.
    """
    if workers <= 1:
        for source in sources:
            yield from map(work, source)
        return
    made: list[_Source[Piece, Result]] = [_Source(iter(source)) for source in sources]

    def take_turns() -> None:
        while open_ones := [source for source in reversed(made) if not source.exhausted]:
            free = next((source for source in open_ones if source.making.acquire(blocking=False)), None)
            if free is None:
                free = open_ones[0]
                free.making.acquire()
            free.advance(work)

    with ThreadPoolExecutor(workers) as pool:
        for turn in [pool.submit(take_turns) for _ in range(workers)]:
            turn.result()
    for source in made:
        yield from source.results  # type: ignore[misc]  # every place is filled by now
