"""Threads that share a case: the same values in the same order, and never more pieces than threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

import radiomix as rx
from radiomix.errors import ConfigError
from radiomix.extraction.threads import in_order


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_order_however_long_each_takes(workers: int) -> None:
    def work(piece: int) -> int:
        time.sleep(0.002 * (piece % 3 == 0))
        return piece * piece

    assert list(in_order(work, [iter(range(30))], workers)) == [piece * piece for piece in range(30)]


class Pieces:
    """Numbers that are alive from when they are made until they are worked on, and the most that were at once."""

    def __init__(self) -> None:
        self.alive, self.most, self.lock = 0, 0, threading.Lock()

    def source(self, count: int) -> Iterator[int]:
        for piece in range(count):
            with self.lock:
                self.alive += 1
                self.most = max(self.most, self.alive)
            yield piece

    def work(self, piece: int) -> int:
        time.sleep(0.001)
        with self.lock:
            self.alive -= 1
        return piece


def test_pieces_are_made_one_at_a_time_and_only_when_a_thread_is_free() -> None:
    pieces = Pieces()
    assert list(in_order(pieces.work, [pieces.source(20)], 3)) == list(range(20))
    assert 1 <= pieces.most <= 3


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_pieces_of_several_sources_come_in_order(workers: int) -> None:
    def source(first: int) -> Iterator[int]:
        for piece in range(first, first + 10):
            time.sleep(0.001 * (piece % 3 == 0))
            yield piece

    found = list(in_order(lambda piece: piece * piece, [source(0), [10], source(11)], workers))
    assert found == [piece * piece for piece in range(21)]


def test_different_sources_are_made_at_the_same_time() -> None:
    met = threading.Barrier(2, timeout=10)  # which a thread alone would never pass

    def source(number: int) -> Iterator[int]:
        met.wait()
        yield number

    assert list(in_order(lambda piece: piece, [source(0), source(1)], 2)) == [0, 1]


def test_of_several_sources_no_more_pieces_exist_than_threads() -> None:
    pieces = Pieces()
    sources = [pieces.source(10) for _ in range(3)]
    assert list(in_order(pieces.work, sources, 2)) == 3 * list(range(10))
    assert pieces.most <= 2


def test_a_failure_ends_the_work_on_all_sources() -> None:
    def endless() -> Iterator[int]:
        while True:
            yield 1

    def broken() -> Iterator[int]:
        yield 1
        raise ConfigError("found 4")

    with pytest.raises(ConfigError, match="found 4"):
        list(in_order(lambda piece: time.sleep(0.001), [endless(), broken()], 2))


def test_a_failure_in_a_thread_is_raised() -> None:
    def work(piece: int) -> int:
        if piece == 4:
            raise ConfigError("found 4")
        return piece

    with pytest.raises(ConfigError, match="found 4"):
        list(in_order(work, [range(8)], 2))


def test_derived_images_in_threads_give_the_same_row() -> None:
    z, y, x = np.indices((9, 10, 11), dtype=float)
    image = rx.Image(np.rint(40 * np.sin(x) + 30 * np.cos(y + z)))
    mask = rx.Image(((z - 4) ** 2 + (y - 5) ** 2 + (x - 5) ** 2 < 12).astype(np.uint8))
    parameters = {
        "imageType": {"Original": {}, "Wavelet": {}, "LoG": {"sigma": [1.0, 2.0]}, "Square": {}},
        "featureClass": {"gldm": None},
    }
    alone, together = (rx.extract(image, mask, parameters, workers=workers) for workers in (1, 3))
    assert list(alone.index) == list(together.index)
    np.testing.assert_array_equal(alone.to_numpy(float), together.to_numpy(float))
