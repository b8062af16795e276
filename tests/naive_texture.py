"""Texture counted and reduced the slow, obvious way: what the compiled kernels are compared with."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np


def within(levels, place):
    """Whether a place lies in the array and in the ROI."""
    return all(0 <= p < n for p, n in zip(place, levels.shape, strict=True)) and levels[place] > 0


def moved(place, offset):
    return tuple(int(p + o) for p, o in zip(place, offset, strict=True))


def places(levels):
    return [tuple(int(p) for p in place) for place in np.argwhere(levels > 0)]


def pairs(levels, offset):
    """Counts of (level, level at the offset)."""
    return Counter(
        (int(levels[place]), int(levels[moved(place, offset)]))
        for place in places(levels)
        if within(levels, moved(place, offset))
    )


def runs(levels, offset):
    """Counts of (level, length) along an offset."""
    found = Counter()
    back = tuple(-o for o in offset)
    for place in places(levels):
        before = moved(place, back)
        if within(levels, before) and levels[before] == levels[place]:
            continue
        length, here = 0, place
        while within(levels, here) and levels[here] == levels[place]:
            length, here = length + 1, moved(here, offset)
        found[int(levels[place]), length] += 1
    return found


def zones(levels, offsets):
    """Lists of connected places of one level."""
    left, found = set(places(levels)), []
    while left:
        zone, waiting = [], [left.pop()]
        while waiting:
            place = waiting.pop()
            zone.append(place)
            for offset in offsets:
                other = moved(place, offset)
                if other in left and levels[other] == levels[place]:
                    left.remove(other)
                    waiting.append(other)
        found.append(zone)
    return found


def border_distance(inside, place, planar):
    """City-block distance from a place to the nearest one outside the region, in its slice where planar."""
    outside = [
        np.array(p)
        for p in product(*(range(-1, n + 1) for n in inside.shape))
        if not (all(0 <= c < n for c, n in zip(p, inside.shape, strict=True)) and inside[p])
        and not (planar and p[0] != place[0])
    ]
    return int(min(np.abs(p - place).sum() for p in outside))


def dependences(levels, offsets, alpha):
    """Counts of (level, 1 + neighbours within alpha of it)."""
    found = Counter()
    for place in places(levels):
        near = [int(levels[moved(place, o)]) for o in offsets if within(levels, moved(place, o))]
        level = int(levels[place])
        found[level, 1 + sum(abs(level - other) <= alpha for other in near)] += 1
    return found


def tones(levels, offsets, with_isolated):
    """n_i and s_i by level."""
    counts, sums = Counter(), Counter()
    for place in places(levels):
        near = [int(levels[moved(place, o)]) for o in offsets if within(levels, moved(place, o))]
        level = int(levels[place])
        if near:
            sums[level] += abs(level - np.mean(near))
        counts[level] += 1 if near or with_isolated else 0
    return counts, sums


def dense(found, shape):
    """Counts by (row, column) as an array."""
    matrix = np.zeros(shape)
    for place, count in found.items():
        matrix[place] = count
    return matrix


def entropy(p):
    p = np.asarray(p, float).ravel()
    return -np.sum(p[p > 0] * np.log2(p[p > 0]))


def maximal_correlation(p):
    """Square root of the second largest eigenvalue of Q, for the levels that occur."""
    x, y = p.sum(1), p.sum(0)
    p = p[x > 0][:, y > 0]
    if len(p) < 2:
        return 0.0
    q = np.einsum("ik,jk,i,k->ij", p, p, 1 / x[x > 0], 1 / y[y > 0])
    return np.sqrt(max(np.sort(np.linalg.eigvals(q).real)[-2], 0))


def pair_features(counts, symmetric):
    """Features of one co-occurrence matrix (levels + 1, levels + 1), row and column 0 ignored."""
    counts = counts[1:, 1:].astype(float)
    counts = counts + counts.T if symmetric else counts
    p = counts / counts.sum()
    size = len(p)
    i, j = np.meshgrid(np.arange(1, size + 1.0), np.arange(1, size + 1.0), indexing="ij")
    x, y = p.sum(1), p.sum(0)
    mean_x, mean_y = np.sum(i * p), np.sum(j * p)
    deviation = np.sqrt(np.sum((i - mean_x) ** 2 * p) * np.sum((j - mean_y) ** 2 * p))
    sums = np.array([p[i + j == k].sum() for k in range(2, 2 * size + 1)])
    k_minus = np.arange(size)
    differences = np.array([p[np.abs(i - j) == k].sum() for k in k_minus])
    mean_difference = np.sum(k_minus * differences)
    information = entropy(x) + entropy(y) - entropy(p)
    information = 0 if information < 1e-14 else information
    largest = max(entropy(x), entropy(y))
    cluster = i + j - mean_x - mean_y
    return {
        "Autocorrelation": np.sum(i * j * p),
        "ClusterProminence": np.sum(cluster**4 * p),
        "ClusterShade": np.sum(cluster**3 * p),
        "ClusterTendency": np.sum(cluster**2 * p),
        "SumVariance": np.sum(cluster**2 * p),
        "Contrast": np.sum((i - j) ** 2 * p),
        "Correlation": np.sum((i - mean_x) * (j - mean_y) * p) / deviation if deviation > 0 else 1.0,
        "DifferenceAverage": mean_difference,
        "Dissimilarity": np.sum(np.abs(i - j) * p),
        "DifferenceEntropy": entropy(differences),
        "DifferenceVariance": np.sum((k_minus - mean_difference) ** 2 * differences),
        "Id": np.sum(p / (1 + np.abs(i - j))),
        "Homogeneity1": np.sum(p / (1 + np.abs(i - j))),
        "Idm": np.sum(p / (1 + (i - j) ** 2)),
        "Homogeneity2": np.sum(p / (1 + (i - j) ** 2)),
        "Idmn": np.sum(p / (1 + (i - j) ** 2 / size**2)),
        "Idn": np.sum(p / (1 + np.abs(i - j) / size)),
        "Imc1": -information / largest if largest > 0 else 0.0,
        "Imc2": np.sqrt(1 - np.exp(-2 * information)),
        "InverseVariance": np.sum(differences[1:] / k_minus[1:] ** 2),
        "JointAverage": mean_x,
        "JointEnergy": np.sum(p**2),
        "JointEntropy": entropy(p),
        "MaximumProbability": p.max(),
        "MCC": 1.0 if np.count_nonzero(x + y) == 1 else maximal_correlation(p),
        "SumAverage": np.sum(np.arange(2, 2 * size + 1) * sums),
        "SumEntropy": entropy(sums),
        "SumSquares": np.sum((i - mean_x) ** 2 * p),
    }


def size_features(counts, sizes, voxels):
    """The seventeen columns of `radiomix.kernels.sizes` for one matrix (levels + 1, columns), row 0 ignored."""
    counts, j = counts[1:, sizes > 0].astype(float), sizes[sizes > 0][None]
    i = np.arange(1, len(counts) + 1.0)[:, None]
    total, p = counts.sum(), counts / counts.sum()
    means = [np.sum(p / j**2), np.sum(p * j**2), np.sum(p / i**2), np.sum(p * i**2)]
    joint = [np.sum(p / (i * j) ** 2), np.sum(p * i**2 / j**2), np.sum(p * j**2 / i**2), np.sum(p * (i * j) ** 2)]
    levels, columns = np.sum(counts.sum(1) ** 2), np.sum(counts.sum(0) ** 2)
    uniform = [levels / total, levels / total**2, columns / total, columns / total**2]
    spread = [np.sum(p * (i - np.sum(p * i)) ** 2), np.sum(p * (j - np.sum(p * j)) ** 2)]
    return np.array([*means, *joint, *uniform, total / voxels, *spread, entropy(p), np.sum(p**2)])


def tone_features(counts, sums):
    """The five columns of `radiomix.kernels.neighbours` from n_i and s_i by level."""
    levels = [level for level in range(1, len(counts)) if counts[level] > 0]
    voxels = sum(counts[level] for level in levels)
    p, s = {a: counts[a] / voxels for a in levels}, {a: sums[a] for a in levels}
    both = [(a, b) for a in levels for b in levels]
    weighted, tone, pairs_of_levels = sum(p[a] * s[a] for a in levels), sum(s.values()), len(both) - len(levels)
    busy = sum(abs(a * p[a] - b * p[b]) for a, b in both)
    spread = sum(p[a] * p[b] * (a - b) ** 2 for a, b in both)
    strength = sum((p[a] + p[b]) * (a - b) ** 2 for a, b in both)
    return np.array(
        [
            weighted / busy if busy else 0,
            1 / weighted if weighted else 1e6,
            sum(abs(a - b) * (p[a] * s[a] + p[b] * s[b]) / (p[a] + p[b]) for a, b in both) / voxels,
            spread / pairs_of_levels * tone / voxels if pairs_of_levels else 0,
            strength / tone if tone else 0,
        ]
    )
