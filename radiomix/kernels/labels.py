"""Where a label lies in a segmentation, most of which is background."""

from __future__ import annotations

import numpy as np

from .jit import kernel

Bounds = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]

STRETCH = 16  # rows that are passed over together where they are background


def locate(labels: np.ndarray, wanted: int) -> tuple[int, bool, Bounds | None]:
    """Find a label in (z, y, x) integers; 0 stands for whichever is met first.

    Returns
    -------
    The label, 0 where nothing is found; whether there are others; its first and last places along z, y and x.
    """
    if not (labels.flags.c_contiguous and labels.flags.aligned):
        labels = np.require(labels, requirements=("C", "A"))
    label = np.array(wanted).astype(labels.dtype)[()]
    if label != wanted or labels.size == 0:
        return 0, False, None
    words = labels.reshape(-1).view(np.uint8)[: labels.nbytes // 8 * 8].view(np.uint64)
    labels = labels.view()
    labels.flags.writeable = words.flags.writeable = False  # one compiled version, whoever owns the memory
    found, others, *bounds = _locate(labels, words, label, np.zeros((2, labels.shape[2]), np.uint8))
    (first, last), _, _ = bounds
    return (int(found), others, tuple(bounds)) if first <= last else (0, others, None)


@kernel
def _locate(labels, words, label, columns):
    """The label, whether there are others, and its first and last slice, row and column.

    `words` is the same memory by eight bytes, less what is left over: background is passed over by them. `columns` is
    room to mark those that hold the label, and those that hold others.
    """
    slices, rows, length = labels.shape
    own, others = columns[0], columns[1]
    row_size = length * labels.itemsize
    top, bottom, front, back = slices, -1, rows, -1
    for z in range(slices):
        for start in range(0, rows, STRETCH):
            stop = min(start + STRETCH, rows)
            if _blank(words, (z * rows + start) * row_size, (z * rows + stop) * row_size):
                continue
            for y in range(start, stop):
                if _blank(words, (z * rows + y) * row_size, (z * rows + y + 1) * row_size):
                    continue
                row = labels[z, y]
                if label == 0:
                    label = _first(row)
                    if label == 0:
                        continue
                for x in range(length):  # without branches: by whole vectors
                    own[x] |= row[x] == label
                    others[x] |= (row[x] != 0) & (row[x] != label)
                if (bottom < z or y < front or y > back) and _holds(row, label):
                    top, bottom, front, back = min(top, z), z, min(front, y), max(back, y)
    return label, _ends(others)[1] >= 0, (top, bottom), (front, back), _ends(own)


@kernel
def _blank(words, start, stop):
    """Whether the words that hold some bytes are 0; False where the last of the bytes are in no word."""
    last = (stop + 7) // 8
    if last > words.size:
        return False
    held = words[start // 8 : last]
    seen = held[0]
    for i in range(held.size):
        seen |= held[i]
    return seen == 0


@kernel
def _first(row):
    """The first number that is not 0; 0 where there is none."""
    at = 0
    while at < row.size - 1 and row[at] == 0:
        at += 1
    return row[at]


@kernel
def _holds(row, label):
    at = 0
    while at < row.size and row[at] != label:
        at += 1
    return at < row.size


@kernel
def _ends(marks):
    """The first and the last place that is marked."""
    first, last = marks.size, -1
    for at in range(marks.size):
        if marks[at]:
            first, last = min(first, at), at
    return first, last
