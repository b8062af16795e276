"""Deriche's recursive filters of fourth order, many lines side by side."""

from __future__ import annotations

import numpy as np

from .jit import kernel

LINES = 256  # side by side at most: rows of an image are read whole, and a ring of them stays in the first cache
VECTOR = 8  # rows of the working space begin where a processor's vectors do
RING, WRAP = 8, 7  # the last rows of the signal and of the response; four are looked back at


@kernel
def filter_lines(source, steps, shape, n, m, d, first, target, target_steps, count):
    """Filter lines of a volume along one axis: target at i is the response at first + i.

    source, target : flat arrays
    steps, target_steps : elements from one to the next along (any axis, the filtered axis, the other axis)
    shape : the source's size along those axes
    n, m, d : causal, anti-causal and recursive coefficients, four each
    count : how many responses per line
    The signal goes on with its edge value beyond both ends; arithmetic is in double precision.
    """
    length, bundles = shape[1], (shape[2] + LINES - 1) // LINES
    width = (shape[2] + bundles - 1) // bundles
    # read from a list, the order leaves the compiler no step that may be negative, for which it has no vectors
    ahead, back = np.arange(-first, count), np.arange(length - first)[::-1].copy()
    room = np.zeros((2 * RING + count) * (width + VECTOR))
    turned, responses = np.empty(length * width, source.dtype), np.empty(count * width, target.dtype)
    for a in range(shape[0]):
        for start in range(0, shape[2], width):
            lines = min(width, shape[2] - start)
            begin, place = a * steps[0] + start * steps[2], a * target_steps[0] + start * target_steps[2]
            rows, here, step, found, there, found_step = source, begin, steps[1], target, place, target_steps[1]
            if steps[2] != 1:
                turn(source, begin, steps[2], turned, 0, lines, length, lines)
                rows, here, step, found, there, found_step = turned, 0, lines, responses, 0, lines
            here += first * step
            run(rows, here, step, lines, ahead, n, d, False, room, found, there, found_step, count)
            run(rows, here, step, lines, back, m, d, True, room, found, there, found_step, count)
            if steps[2] != 1:
                turn(responses, 0, lines, target, place, target_steps[2], lines, count)


@kernel
def turn(source, begin, step, target, place, target_step, rows, columns):
    """Make rows of columns: `target` gets `rows` rows, `target_step` apart, of what is `step` apart in `source`."""
    for row in range(rows):
        for column in range(columns):
            target[np.uintp(place + row * target_step + column)] = source[np.uintp(begin + column * step + row)]


@kernel
def run(source, begin, step, lines, order, n, d, backward, room, target, place, target_step, count):
    """Follow lines that lie side by side, keep the responses wanted in `room`, and add on the way back what is there.

    source, begin, step : the first row wanted is at `begin`, and `step` from one to the next
    order : the rows to follow, counted from the first that is wanted
    n, d : out[i] = n . row[i, ...] - d . out[i - 1, ...]; backward n . row[i - 1, ...]
    room : rows of the signal and of the response, RING each, and the `count` rows wanted
    target, place, target_step : where the sums go
    """
    n0, n1, n2, n3 = n[0], n[1], n[2], n[3]
    d1, d2, d3, d4 = d[0], d[1], d[2], d[3]
    delay, w = int(backward), np.uintp((lines + VECTOR - 1) // VECTOR * VECTOR)
    gain = (n0 + n1 + n2 + n3) / (1.0 + d1 + d2 + d3 + d4)
    settle(source[begin + order[0] * step :], lines, w, gain, room)
    y1, y2 = np.uintp(2 * RING - 1) * w, np.uintp(2 * RING - 2) * w
    y3, y4 = np.uintp(2 * RING - 3) * w, np.uintp(2 * RING - 4) * w
    for i in range(order.size):
        at, past = order[i], i - delay
        here, x, y = np.uintp(begin + at * step), np.uintp(i & WRAP) * w, np.uintp(RING + (i & WRAP)) * w
        wanted = 0 <= at < count
        kept = np.uintp(2 * RING + (at if wanted else 0)) * w
        if wanted and not backward:
            y = kept
        for j in range(lines):
            b = np.uintp(j)
            room[x + b] = source[here + b]
        x0, x1 = np.uintp(past & WRAP) * w, np.uintp((past - 1) & WRAP) * w
        x2, x3 = np.uintp((past - 2) & WRAP) * w, np.uintp((past - 3) & WRAP) * w
        for j in range(lines):
            b = np.uintp(j)
            drive = room[x0 + b] * n0 + room[x1 + b] * n1 + room[x2 + b] * n2 + room[x3 + b] * n3
            room[y + b] = drive - (room[y1 + b] * d1 + room[y2 + b] * d2 + room[y3 + b] * d3 + room[y4 + b] * d4)
        if wanted and backward:
            there = np.uintp(place + at * target_step)
            for j in range(lines):
                b = np.uintp(j)
                target[there + b] = room[kept + b] + room[y + b]
        y1, y2, y3, y4 = y, y1, y2, y3


@kernel
def settle(edge, lines, w, gain, room):
    """Fill the last four rows of both rings with what an endless repetition of the edge leaves there."""
    for i in range(RING - 4, RING):
        x, y = np.uintp(i) * w, np.uintp(RING + i) * w
        for j in range(lines):
            b = np.uintp(j)
            room[x + b] = edge[b]
            room[y + b] = room[x + b] * gain
