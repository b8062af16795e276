"""Where a label lies in a segmentation, most of which is background."""

from __future__ import annotations

import numpy as np

from .jit import kernel


@kernel
def locate(labels: np.ndarray, words: np.ndarray, wanted: int, every: bool) -> tuple[int, bool, np.ndarray]:
    """The label found first, whether there are others, and the box (lower and upper bounds in z, y, x) of the label.

    With `every`, of all that is not background; else of `wanted` alone. `words` is the same memory in larger pieces, by
    which rows of background are passed over. The label is 0 and the box empty where nothing is found.
    """
    found, several = 0, False
    box = np.array([labels.shape[0], -1, labels.shape[1], -1, labels.shape[2], -1])
    for z in range(labels.shape[0]):
        for y in range(labels.shape[1]):
            seen = words[z, y, 0]
            for k in range(words.shape[2]):
                seen |= words[z, y, k]
            if seen == 0:
                continue
            row = labels[z, y]
            first, last = row.size, -1
            for x in range(row.size):
                value = row[x]
                if value != 0 and (every or value == wanted):
                    if found == 0:
                        found = value
                    several |= value != found
                    first = min(first, x)
                    last = x
            if last >= 0:
                box[0], box[1] = min(box[0], z), z
                box[2], box[3] = min(box[2], y), max(box[3], y)
                box[4], box[5] = min(box[4], first), max(box[5], last)
    return found, several, box
