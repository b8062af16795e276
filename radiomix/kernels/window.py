"""The window around a voxel: which places it has, which of them are neighbours, what levels they hold.

A window is a small box cut out of a padded array and laid out flat. Which of its places are neighbours is worked out
once and is the same for every voxel, so that no loop asks about borders: a place outside the ROI holds level 0 and
never counts.
"""

from __future__ import annotations

import numpy as np

from .jit import kernel


def window_places(shape: tuple[int, ...], reach: tuple[int, int, int]) -> np.ndarray:
    """Where a window's places lie in a flattened array of `shape`, counted from the window's first place.

    Places are in (z, y, x) scan order; the window has 2 * reach + 1 of them along each axis.
    """
    z, y, x = (np.arange(2 * r + 1) for r in reach)
    return ((z[:, None, None] * shape[1] + y[:, None]) * shape[2] + x).ravel()


def window_pairs(reach: tuple[int, int, int], offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which two places of a window are neighbours along each of (A, 3) offsets.

    Returns start (A + 1,), first and second: pairs start[a] to start[a + 1] belong to offset a.
    """
    size = np.array([2 * r + 1 for r in reach])
    place = np.arange(size.prod()).reshape(size)
    first, second, start = [], [], [0]
    for offset in offsets:
        here = tuple(slice(max(-o, 0), max(n - max(o, 0), 0)) for o, n in zip(offset, size, strict=True))
        there = tuple(slice(max(o, 0), max(n - max(-o, 0), 0)) for o, n in zip(offset, size, strict=True))
        first.append(place[here].ravel())
        second.append(place[there].ravel())
        start.append(start[-1] + first[-1].size)
    return np.array(start), np.concatenate(first), np.concatenate(second)


@kernel
def gather(flat, start, places, window):
    for s in range(places.size):
        window[s] = flat[start + places[s]]


@kernel
def relabel(window, seen, stamp, local, values):
    """Number the levels of one window 0, 1, 2, ... in order of appearance; places outside the ROI get -1."""
    count = 0
    for s in range(window.size):
        level = window[s]
        if level == 0:
            local[s] = -1
            continue
        code = seen[level]
        if code < stamp:
            code = stamp + count
            seen[level] = code
            values[count] = level
            count += 1
        local[s] = code - stamp
    return count


def window_in_frame(reach: tuple[int, int, int], offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """A window laid out flat with zeros between its rows and planes, so that neighbours are fixed steps away.

    Returns the (S,) positions of the window's places, the steps along the (A, 3) offsets, and the size of the layout.
    """
    margin = np.abs(offsets).max(axis=0)
    size = np.array([2 * r + 1 for r in reach])
    row = size[2] + margin[2]
    area = row * (size[1] + margin[1])
    strides = np.array([area, row, 1])
    before = int(margin @ strides)
    places = before + np.indices(tuple(size.tolist())).reshape(3, -1).T @ strides
    return places, offsets @ strides, int(places[-1]) + before + 1


def window_lines(reach: tuple[int, int, int], offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lines of places that run through a window along each of (A, 3) offsets.

    Returns group (A + 1,), start and place: offset a has the lines group[a] to group[a + 1], and line l the places
    place[start[l]:start[l + 1]], in order.
    """
    size = np.array([2 * r + 1 for r in reach])
    indices = np.stack(np.meshgrid(*(np.arange(n) for n in size), indexing="ij"), axis=-1).reshape(-1, 3)
    group, start, places = [0], [0], []
    for offset in offsets:
        for index in indices:
            if np.all((index - offset >= 0) & (index - offset < size)):
                continue  # another place of the line comes before
            while np.all((index >= 0) & (index < size)):
                places.append(np.ravel_multi_index(tuple(index), tuple(size)))
                index = index + offset
            start.append(len(places))
        group.append(len(start) - 1)
    return np.array(group), np.array(start), np.array(places)
