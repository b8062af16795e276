"""The boxes and ellipsoids that enclose a set of points."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from .jit import kernel

TIE = 1e-9  # volumes that differ by less are equal but for rounding, which a turn of the body would change
LEGENDRE_TERMS = 20  # the IBSI's truncation of the series for an ellipsoid's surface


def smallest_box(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """The edges (3,) of the smallest box around points (n, 3) of which one side is normal to one of `normals` (m, 3).

    With the faces of the points' convex hull as normals this is the oriented minimum bounding box, but for the rare
    body whose smallest box touches no whole face. Of boxes of equal volume, the one with the least surface is taken.
    """
    along, u, v = (axes @ points.T for axes in _frames(normals))
    order = np.lexsort((v, u))
    u, v = np.take_along_axis(u, order, axis=1), np.take_along_axis(v, order, axis=1)
    edges = np.column_stack([np.ptp(along, axis=1), _smallest_rectangles(u, v)])
    volumes = np.prod(edges, axis=1)
    smallest = edges[volumes <= volumes.min() * (1 + TIE)]
    return smallest[np.argmin((smallest * np.roll(smallest, 1, axis=1)).sum(axis=1))]


def smallest_ellipsoid(points: np.ndarray, tolerance: float = 1e-7, most: int = 100_000) -> np.ndarray:
    """The semi-axes (3,), descending, of the ellipsoid of least volume around points (n, 3).

    Frank-Wolfe steps towards the point farthest out, or away from the needless one, on the weights whose covariance is
    the ellipsoid (Todd and Yildirim 2007), until the volume is right to about `tolerance`.
    """
    n, d = points.shape
    lifted = np.column_stack([points - points.mean(axis=0), np.ones(n)])
    weights = np.full(n, 1 / n)
    inverse = np.linalg.inv(lifted.T @ lifted / n)
    depth = np.einsum("ij,jk,ik->i", lifted, inverse, lifted)
    _weigh(lifted, weights, inverse, depth, tolerance, most)
    offsets = lifted[:, :d] - weights @ lifted[:, :d]
    covariance = (offsets.T * weights) @ offsets
    reach = np.max(np.einsum("ij,jk,ik->i", offsets, np.linalg.inv(covariance), offsets))
    return np.sqrt(np.linalg.eigvalsh(covariance)[::-1] * reach)


def ellipsoid_volume(axes: np.ndarray) -> float:
    """4/3 pi a b c for semi-axes (3,)."""
    return 4 / 3 * pi * float(np.prod(axes))


def ellipsoid_area(axes: np.ndarray) -> float:
    """The surface of an ellipsoid with descending semi-axes (3,), by the IBSI's series of Legendre polynomials."""
    a, b, c = (float(axis) for axis in axes)
    alpha, beta = sqrt(max(1 - (b / a) ** 2, 0)), sqrt(max(1 - (c / a) ** 2, 0))
    if alpha * beta == 0:
        # the limit for alpha -> 0, where (alpha beta)^k P_k(x) tends to a power of beta
        return _series(a, b, [_leading(k) * (beta * beta / 2) ** k for k in range(LEGENDRE_TERMS + 1)])
    x = (alpha * alpha + beta * beta) / (2 * alpha * beta)
    polynomials = np.polynomial.legendre.legvander(np.array([x]), LEGENDRE_TERMS)[0]
    return _series(a, b, [(alpha * beta) ** k * polynomials[k] for k in range(LEGENDRE_TERMS + 1)])


def _series(a: float, b: float, terms: list[float]) -> float:
    return 4 * pi * a * b * sum(float(term) / (1 - 4 * k * k) for k, term in enumerate(terms))


def _leading(k: int) -> float:
    """The leading coefficient of the Legendre polynomial of degree k: (2k)! / (2^k k!^2)."""
    value = 1.0
    for i in range(1, k + 1):
        value *= (2 * i - 1) / i
    return value


def _frames(normals: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit normals, and two unit vectors at right angles to each and to one another, all (m, 3)."""
    along = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    aside = np.eye(3)[np.argmin(np.abs(along), axis=1)]
    u = np.cross(along, aside)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    return along, u, np.cross(along, u)


@kernel
def _weigh(lifted, weights, inverse, depth, tolerance, most):
    """Shift weight until no point lies too far out or too far in; `inverse` and `depth` follow each step's rank one."""
    n, size = lifted.shape
    reached = np.empty(size)
    for _ in range(most):
        out, needless = 0, -1
        for i in range(n):
            if depth[i] > depth[out]:
                out = i
            if weights[i] > 0 and (needless < 0 or depth[i] < depth[needless]):
                needless = i
        excess, slack = depth[out] / size - 1, 1 - depth[needless] / size
        if max(excess, slack) <= tolerance:
            break
        chosen = out if excess >= slack else needless
        step = (depth[chosen] - size) / (size * (depth[chosen] - 1))
        if chosen == needless:
            step = max(step, -weights[chosen] / (1 - weights[chosen]))
        for j in range(size):
            reached[j] = 0.0
            for k in range(size):
                reached[j] += inverse[j, k] * lifted[chosen, k]
        shrink = step / (1 - step + step * depth[chosen])
        for i in range(n):
            product = 0.0
            for j in range(size):
                product += lifted[i, j] * reached[j]
            depth[i] = (depth[i] - shrink * product * product) / (1 - step)
            weights[i] *= 1 - step
        weights[chosen] = max(weights[chosen] + step, 0.0)
        for j in range(size):
            for k in range(size):
                inverse[j, k] = (inverse[j, k] - shrink * reached[j] * reached[k]) / (1 - step)


@kernel
def _smallest_rectangles(u, v):
    """The sides (m, 2) of the smallest rectangle around each row of points, sorted by u, then v."""
    sides = np.empty((u.shape[0], 2))
    for i in range(u.shape[0]):
        sides[i, 0], sides[i, 1] = _smallest_rectangle(u[i], v[i])
    return sides


@kernel
def _smallest_rectangle(u, v):
    """The sides of the smallest rectangle around points sorted by u, then v: one runs along an edge of their hull.

    Of rectangles of equal area, the one with the least circumference.
    """
    corners = np.empty(2 * u.size + 1, np.int64)
    n = _hull_in_plane(u, v, corners)
    best, sides = np.inf, (np.inf, np.inf)
    for i in range(n):
        a, b = corners[i], corners[(i + 1) % n]
        du, dv = u[b] - u[a], v[b] - v[a]
        low, high, deep = np.inf, -np.inf, 0.0
        for j in range(n):
            c = corners[j]
            along = (u[c] - u[a]) * du + (v[c] - v[a]) * dv
            low, high = min(low, along), max(high, along)
            deep = max(deep, abs((v[c] - v[a]) * du - (u[c] - u[a]) * dv))
        length = np.sqrt(du * du + dv * dv)
        if length == 0:
            continue
        along, across = (high - low) / length, deep / length
        tied = along * across <= best * (1 + TIE) and along + across < sides[0] + sides[1]
        if along * across < best * (1 - TIE) or tied:
            best = min(best, along * across)
            sides = along, across
    return sides


@kernel
def _hull_in_plane(u, v, corners):
    """The corners of the convex hull of points sorted by u, then v, in order around it; returns their number."""
    n = 0
    for turn in range(2):
        start = n
        for k in range(u.size):
            p = k if turn == 0 else u.size - 1 - k
            while n - start >= 2:
                a, b = corners[n - 2], corners[n - 1]
                if (u[b] - u[a]) * (v[p] - v[a]) - (v[b] - v[a]) * (u[p] - u[a]) > 0:
                    break
                n -= 1
            corners[n] = p
            n += 1
        n -= 1  # the next chain begins where this one ends
    return n
