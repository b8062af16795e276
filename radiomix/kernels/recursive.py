"""Deriche's recursive filters of fourth order, many lines side by side."""

from __future__ import annotations

import numpy as np

from .jit import kernel

LINES = 32


@kernel
def filter_lines(source, n, m, d, first, target):
    """Filter the middle axis of (a, length, b): target[:, i] is the response at source[:, first + i].

    n, m, d : causal, anti-causal and recursive coefficients, four each
    The signal goes on with its edge value beyond both ends; arithmetic is in double precision.
    """
    count, length, width = source.shape
    last = first + target.shape[1]
    data = np.empty((length + 8, LINES))
    causal = np.empty((length + 8, LINES))
    anticausal = np.empty((length + 8, LINES))
    recursive_sum = 1.0 + d[0] + d[1] + d[2] + d[3]
    causal_gain = (n[0] + n[1] + n[2] + n[3]) / recursive_sum
    anticausal_gain = (m[0] + m[1] + m[2] + m[3]) / recursive_sum
    for a in range(count):
        for start in range(0, width, LINES):
            lines = min(LINES, width - start)
            load(source, a, start, lines, data)
            for i in range(4):
                for b in range(lines):
                    causal[i, b] = data[i, b] * causal_gain
                    anticausal[length + 4 + i, b] = data[length + 4 + i, b] * anticausal_gain
            run_forwards(data, n, d, 4, last + 4, lines, causal)
            run_backwards(data, m, d, first + 4, length + 4, lines, anticausal)
            for i in range(first, last):
                for b in range(lines):
                    target[a, i - first, start + b] = causal[i + 4, b] + anticausal[i + 4, b]


@kernel
def load(source, a, start, lines, data):
    """Copy lines into data, with four repetitions of the edge value on either side."""
    length = source.shape[1]
    for i in range(length):
        for b in range(lines):
            data[i + 4, b] = source[a, i, start + b]
    for i in range(4):
        for b in range(lines):
            data[i, b] = data[4, b]
            data[length + 4 + i, b] = data[length + 3, b]


@kernel
def run_forwards(data, n, d, begin, end, lines, out):
    n0, n1, n2, n3 = n[0], n[1], n[2], n[3]
    d1, d2, d3, d4 = d[0], d[1], d[2], d[3]
    for i in range(begin, end):
        for b in range(lines):
            drive = data[i, b] * n0 + data[i - 1, b] * n1 + data[i - 2, b] * n2 + data[i - 3, b] * n3
            out[i, b] = drive - (out[i - 1, b] * d1 + out[i - 2, b] * d2 + out[i - 3, b] * d3 + out[i - 4, b] * d4)


@kernel
def run_backwards(data, m, d, begin, end, lines, out):
    m1, m2, m3, m4 = m[0], m[1], m[2], m[3]
    d1, d2, d3, d4 = d[0], d[1], d[2], d[3]
    for i in range(end - 1, begin - 1, -1):
        for b in range(lines):
            drive = data[i + 1, b] * m1 + data[i + 2, b] * m2 + data[i + 3, b] * m3 + data[i + 4, b] * m4
            out[i, b] = drive - (out[i + 1, b] * d1 + out[i + 2, b] * d2 + out[i + 3, b] * d3 + out[i + 4, b] * d4)
