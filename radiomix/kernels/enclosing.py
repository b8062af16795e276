"""The boxes and ellipsoids that enclose a set of points."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from .jit import kernel

TIE = 1e-9  # volumes that differ by less are equal but for rounding, which a turn of the body would change
JOINING = 8  # points that come to take part at a time
LEGENDRE_TERMS = 20  # the IBSI's truncation of the series for an ellipsoid's surface


def smallest_box(points: np.ndarray, faces: np.ndarray, neighbours: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """The edges (3,) of the smallest box around a convex body of which one side lies on a face of the body.

    This is the oriented minimum bounding box, but for the rare body whose smallest box touches no whole face. Of boxes
    of equal volume, the one with the least surface is taken.

    Parameters
    ----------
    points : (n, 3) the body's corners, and perhaps others within it
    faces : (m, 3) which points are the corners of each triangle
    neighbours : (m, 3) the triangles next to each, opposite to its corners
    normals : (m, 3) unit vectors
    """
    inner, corner = np.nonzero(np.arange(len(faces))[:, None] < neighbours)
    sides = np.column_stack([inner, neighbours[inner, corner]])
    ends = np.column_stack([faces[inner, (corner + 1) % 3], faces[inner, (corner + 2) % 3]])
    kept, ends = np.unique(ends, return_inverse=True)
    edges = _boxes(points[kept], normals, sides, ends.reshape(-1, 2), *_frames(_directions(normals)))
    volumes = np.prod(edges, axis=1)
    smallest = edges[volumes <= volumes.min() * (1 + TIE)]
    return smallest[np.argmin((smallest * np.roll(smallest, 1, axis=1)).sum(axis=1))]


def _directions(normals: np.ndarray) -> np.ndarray:
    """One of the vectors in each direction, to and fro; rounding makes no difference between them."""
    rounded = normals.round(9)
    leading = np.take_along_axis(rounded, np.argmax(rounded != 0, axis=1)[:, None], axis=1)
    _, first = np.unique(rounded * np.sign(leading), axis=0, return_index=True)
    return normals[first]


def smallest_ellipsoid(points: np.ndarray, tolerance: float = 1e-10, most: int = 1000) -> np.ndarray:
    """The semi-axes (3,), descending, of the ellipsoid of least volume around points (n, 3).

    The ellipsoid is the covariance of weights on the points such that none lies farther out than the weighted ones, which
    all lie equally far out: right to about `tolerance`. Few points take part, and more only when one of them lies
    outside. Weight is shifted from the innermost to the outermost (Boehning 1986), and Newton's steps do the rest.
    """
    lifted = np.column_stack([points - points.mean(axis=0), np.ones(len(points))])
    active = _spanning(lifted[:, :3])
    weights = np.full(active.size, 1 / active.size)
    for _ in range(most):
        weights = _balanced(lifted[active], weights)
        active, weights = active[weights > 0], weights[weights > 0]
        inverse = np.linalg.inv((lifted[active].T * weights) @ lifted[active])
        depth = np.einsum("ij,jk,ik->i", lifted, inverse, lifted)
        joining = np.setdiff1d(np.argsort(depth)[-JOINING:][np.sort(depth)[-JOINING:] > 4 * (1 + tolerance)], active)
        if joining.size == 0:
            break
        active, weights = np.append(active, joining), np.append(weights, np.zeros(joining.size))
    offsets = lifted[:, :3] - weights @ lifted[active, :3]
    covariance = (offsets[active].T * weights) @ offsets[active]
    reach = np.max(np.einsum("ij,jk,ik->i", offsets, np.linalg.inv(covariance), offsets))
    return np.sqrt(np.linalg.eigvalsh(covariance)[::-1] * reach)


def _balanced(lifted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights with which no point (n, 4) lies far out and those with weight lie equally far out."""
    weights = weights.copy()
    _exchange(lifted, weights, np.linalg.inv((lifted.T * weights) @ lifted), 1e-4, 10_000)
    for _ in range(50):
        held = np.flatnonzero(weights > 0)
        moment = (lifted[held].T * weights[held]) @ lifted[held]
        overlap = lifted[held] @ np.linalg.inv(moment) @ lifted[held].T
        excess = np.diag(overlap) - lifted.shape[1]
        if np.abs(excess).max() <= 1e-13 * held.size:
            break
        step = np.linalg.lstsq(overlap * overlap, excess, rcond=1e-11)[0]
        shrinking = step < 0
        share = min(1.0, np.min(-weights[held][shrinking] / step[shrinking], initial=np.inf))
        weights[held] = np.maximum(weights[held] + share * step, 0.0)
        weights[weights < 1e-15] = 0
    return weights / weights.sum()


def _spanning(points: np.ndarray) -> np.ndarray:
    """Some of the points (n, 3) that lie far apart, and not all in one plane."""
    chosen, directions, towards = [], np.zeros((0, 3)), np.array([1.0, 0.0, 0.0])
    for _ in range(3):
        places = points @ towards
        ends = [int(np.argmin(places)), int(np.argmax(places))]
        chosen += ends
        directions = np.vstack([directions, points[ends[1]] - points[ends[0]]])
        towards = np.linalg.svd(directions)[2][-1]  # at right angles to all so far
    return np.unique(chosen)


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
def _exchange(lifted, weights, inverse, tolerance, most):
    """Shift weight between two points at a time, until none lies too far out or too far in; `inverse` follows."""
    n, size = lifted.shape
    for _ in range(most):
        out, needless, farthest, nearest = 0, 0, -np.inf, np.inf
        for i in range(n):
            depth = _form(lifted[i], inverse, lifted[i])
            if depth > farthest:
                out, farthest = i, depth
            if weights[i] > 0 and depth < nearest:
                needless, nearest = i, depth
        if farthest - nearest <= tolerance * size:
            break
        between = _form(lifted[out], inverse, lifted[needless])
        step = min((farthest - nearest) / (2 * (farthest * nearest - between * between)), weights[needless])
        weights[out] += step
        weights[needless] = 0.0 if step == weights[needless] else weights[needless] - step
        _add_to_moment(inverse, lifted[out], step)
        _add_to_moment(inverse, lifted[needless], -step)


@kernel
def _form(a, matrix, b):
    total = 0.0
    for j in range(a.size):
        for k in range(b.size):
            total += a[j] * matrix[j, k] * b[k]
    return total


@kernel
def _add_to_moment(inverse, point, weight):
    """The inverse of a matrix to which weight times the point's square is added (Sherman and Morrison)."""
    size = point.size
    reached = np.zeros(size)
    for j in range(size):
        for k in range(size):
            reached[j] += inverse[j, k] * point[k]
    share = weight / (1 + weight * _form(point, inverse, point))
    for j in range(size):
        for k in range(size):
            inverse[j, k] -= share * reached[j] * reached[k]


@kernel
def _boxes(points, normals, sides, ends, along, u, v):
    """The edges (m, 3) of the smallest box around a convex body with one side normal to each of `along` (m, 3).

    sides, ends : the two faces and the two corners of each edge of the body
    u, v : (m, 3) at right angles to `along` and to one another

    Seen along a direction, the body's outline runs along the edges between faces towards the viewer and others.
    """
    edges = np.empty((along.shape[0], 3))
    ahead, outermost = np.empty(normals.shape[0], np.bool_), np.empty(points.shape[0], np.bool_)
    for i in range(along.shape[0]):
        low, high = np.inf, -np.inf
        for k in range(points.shape[0]):
            place = _dot(points[k], along[i])
            low, high = min(low, place), max(high, place)
            outermost[k] = False
        for f in range(normals.shape[0]):
            ahead[f] = _dot(normals[f], along[i]) > 0
        for e in range(sides.shape[0]):
            if ahead[sides[e, 0]] != ahead[sides[e, 1]]:
                outermost[ends[e, 0]] = outermost[ends[e, 1]] = True
        edges[i, 0] = high - low
        edges[i, 1], edges[i, 2] = _smallest_rectangle(*_projected(points, outermost, u[i], v[i]))
    return edges


@kernel
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@kernel
def _projected(points, chosen, u, v):
    """The coordinates of the chosen points along u and v, sorted by u, then v."""
    across, up = np.empty(points.shape[0]), np.empty(points.shape[0])
    n = 0
    for k in range(points.shape[0]):
        if chosen[k]:
            across[n], up[n] = _dot(points[k], u), _dot(points[k], v)
            n += 1
    order = np.argsort(across[:n])
    across, up = across[order], up[order]
    for k in range(1, n):
        j, x, y = k, across[k], up[k]
        while j > 0 and across[j - 1] == x and up[j - 1] > y:
            up[j] = up[j - 1]
            j -= 1
        up[j] = y
    return across, up


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
