"""Deriche's recursive filters of fourth order, many lines side by side."""

from __future__ import annotations

import numpy as np

from .jit import kernel

LINES = 32
ROW = np.uintp(LINES)  # unsigned, so that no index is checked for being negative and the loops below become SIMD


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
    length, last = shape[1], first + count
    data = np.zeros((length + 4) * LINES)
    mirrored = np.zeros((length + 4) * LINES)
    causal = np.zeros((length + 4) * LINES)
    anticausal = np.zeros((length + 4) * LINES)
    recursive_sum = 1.0 + d[0] + d[1] + d[2] + d[3]
    causal_gain = (n[0] + n[1] + n[2] + n[3]) / recursive_sum
    anticausal_gain = (m[0] + m[1] + m[2] + m[3]) / recursive_sum
    for a in range(shape[0]):
        for start in range(0, shape[2], LINES):
            lines = min(LINES, shape[2] - start)
            load(source, a * steps[0] + start * steps[2], steps[1], steps[2], length, lines, data)
            mirror(data, length, mirrored)
            for i in range(4 * LINES):
                causal[i] = data[i] * causal_gain
                anticausal[i] = mirrored[i] * anticausal_gain
            run(data, 0, n, d, last + 4, causal)
            run(mirrored, 1, m, d, length - first + 4, anticausal)
            place = a * target_steps[0] + start * target_steps[2]
            store(causal, anticausal, length, first, count, lines, target, place, target_steps[1], target_steps[2])


@kernel
def load(source, place, step, across, length, lines, data):
    """Copy lines into data side by side, after four repetitions of the first value."""
    if across == 1:
        for i in range(length):
            begin, row = np.uintp(place + i * step), np.uintp((i + 4) * LINES)
            for b in range(lines):
                data[row + np.uintp(b)] = source[begin + np.uintp(b)]
    else:
        for i in range(length):
            begin, row = np.uintp(place + i * step), np.uintp((i + 4) * LINES)
            for b in range(lines):
                data[row + np.uintp(b)] = source[begin + np.uintp(b) * np.uintp(across)]
    for i in range(4 * LINES):
        data[i] = data[4 * LINES + i % LINES]


@kernel
def mirror(data, length, mirrored):
    """The lines last value first, after four repetitions of it."""
    for i in range(length + 4):
        row, back = np.uintp(i) * ROW, np.uintp(length + 3 - max(i - 4, 0)) * ROW
        for b in range(LINES):
            mirrored[row + np.uintp(b)] = data[back + np.uintp(b)]


@kernel
def run(data, delay, n, d, end, out):
    """out[i] = n . data[i - delay, ...] - d . out[i - 1, ...], from the fifth row on."""
    n0, n1, n2, n3 = n[0], n[1], n[2], n[3]
    d1, d2, d3, d4 = d[0], d[1], d[2], d[3]
    for i in range(4, end):
        row, past = np.uintp(i) * ROW, np.uintp(i - delay) * ROW
        for b in range(LINES):
            k, p = row + np.uintp(b), past + np.uintp(b)
            k1, k2, k3, k4 = k - ROW, k - ROW - ROW, k - ROW - ROW - ROW, k - ROW - ROW - ROW - ROW
            drive = data[p] * n0 + data[p - ROW] * n1 + data[p - ROW - ROW] * n2 + data[p - ROW - ROW - ROW] * n3
            out[k] = drive - (out[k1] * d1 + out[k2] * d2 + out[k3] * d3 + out[k4] * d4)


@kernel
def store(causal, anticausal, length, first, count, lines, target, place, step, across):
    """Add the two passes and put the lines where they belong."""
    ahead, behind = (first + 4) * LINES, (length - 1 - first + 4) * LINES
    if across == 1:
        for i in range(count):
            begin = np.uintp(place + i * step)
            k, r = np.uintp(ahead + i * LINES), np.uintp(behind - i * LINES)
            for b in range(lines):
                target[begin + np.uintp(b)] = causal[k + np.uintp(b)] + anticausal[r + np.uintp(b)]
    else:
        for i in range(count):
            begin = np.uintp(place + i * step)
            k, r = np.uintp(ahead + i * LINES), np.uintp(behind - i * LINES)
            for b in range(lines):
                target[begin + np.uintp(b) * np.uintp(across)] = causal[k + np.uintp(b)] + anticausal[r + np.uintp(b)]
