"""The boxes and ellipsoids that enclose a set of points."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from .jit import kernel

TIE = 1e-9  # volumes that differ by less are equal but for rounding, which a turn of the body would change
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
    sides, ends = sides.astype(np.int32), ends.astype(np.int32)
    edges = _boxes(points, np.ascontiguousarray(normals.T), sides, ends, *_frames(_directions(normals)))
    volumes = np.prod(edges, axis=1)
    smallest = edges[volumes <= volumes.min() * (1 + TIE)]
    return smallest[np.argmin((smallest * np.roll(smallest, 1, axis=1)).sum(axis=1))]


def _directions(normals: np.ndarray) -> np.ndarray:
    """One of the vectors in each direction, to and fro; rounding makes no difference between them."""
    rounded = normals.round(9)
    leading = np.take_along_axis(rounded, np.argmax(rounded != 0, axis=1)[:, None], axis=1)
    rounded *= np.sign(leading)
    order = np.lexsort(rounded.T)
    changes = np.any(np.diff(rounded[order], axis=0), axis=1)
    return normals[order[np.append(True, changes)]]


def smallest_ellipsoid(points: np.ndarray, tolerance: float = 1e-12, most: int = 100) -> np.ndarray:
    """The semi-axes (3,), descending, of the ellipsoid of least volume around points (n, 3).

    Lifted to (p, 1), the points q lie within the ellipsoid q' X q <= 1 about the origin with the greatest det X. Where
    it is, inverse(X) is a sum of u q q' whose weights u are 0 for points that do not touch it: u s = 0 for the slack
    s = 1 - q' X q. Newton's steps follow the path along which all u s are equal (an interior-point method), until the
    volume is right to about `tolerance`.
    """
    lifted = np.column_stack([points - points.mean(axis=0), np.ones(len(points))])
    moment = lifted.T @ lifted / len(points)
    squares = (lifted[:, :, None] * lifted[:, None, :]).reshape(len(points), -1) @ SYMMETRIC.T
    form = np.linalg.inv(moment)
    widest = 1.1 * (squares @ (SYMMETRIC @ form.ravel())).max()
    form, weights = form / widest, np.full(len(points), widest / len(points))
    for _ in range(most):
        slack = 1 - squares @ (SYMMETRIC @ form.ravel())
        if weights @ slack <= 4 * tolerance:
            break
        form, weights = _towards_smallest(form, weights, slack, squares)
    moment = np.linalg.inv(form)
    moment /= moment[3, 3]
    centre = moment[:3, 3]
    covariance = moment[:3, :3] - np.outer(centre, centre)
    offsets = lifted[:, :3] - centre
    reach = np.max(np.einsum("ij,jk,ik->i", offsets, np.linalg.inv(covariance), offsets))
    return np.sqrt(np.linalg.eigvalsh(covariance)[::-1] * reach)


def _towards_smallest(
    form: np.ndarray, weights: np.ndarray, slack: np.ndarray, squares: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One step: the next form (4, 4) and weights (n,); `squares` (n, 10) are the points' in the basis SYMMETRIC."""
    aim = 0.1 * (weights @ slack) / weights.size
    inverse = np.linalg.inv(form)
    turned = SYMMETRIC.reshape(-1, 4, 4) @ inverse
    curvature = turned.reshape(-1, 16) @ turned.swapaxes(1, 2).reshape(-1, 16).T
    curvature += squares.T @ (squares * (weights / slack)[:, None])
    step = np.linalg.solve(curvature, SYMMETRIC @ inverse.ravel() - (aim / slack) @ squares)
    less_slack = squares @ step
    change = aim / slack - weights + weights / slack * less_slack
    change_of_form = (step @ SYMMETRIC).reshape(4, 4)
    shrinking = -np.linalg.eigvals(inverse @ change_of_form).real.min()
    limit = max(np.max(less_slack / slack), np.max(-change / weights), shrinking)
    share = min(1.0, 0.95 / limit) if limit > 0 else 1.0
    return form + share * change_of_form, weights + share * change


def _symmetric_basis(size: int) -> np.ndarray:
    """Orthonormal symmetric matrices, (size * (size + 1) / 2, size * size)."""
    basis = []
    for i in range(size):
        for j in range(i + 1):
            matrix = np.zeros((size, size))
            matrix[i, j] = matrix[j, i] = 1.0 if i == j else sqrt(0.5)
            basis.append(matrix.ravel())
    return np.array(basis)


SYMMETRIC = _symmetric_basis(4)


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
def _boxes(points, normals, sides, ends, along, u, v):
    """The edges (m, 3) of the smallest box around a convex body with one side normal to each of `along` (m, 3).

    normals : (3, m) of the body's faces
    sides, ends : the two faces and the two corners of each edge of the body
    u, v : (m, 3) at right angles to `along` and to one another

    Seen along a direction, the body's outline runs along the edges between faces towards the viewer and others.
    """
    edges = np.empty((along.shape[0], 3))
    ahead, outermost = np.empty(normals.shape[1], np.bool_), np.empty(points.shape[0], np.bool_)
    for i in range(along.shape[0]):
        low, high = np.inf, -np.inf
        for k in range(points.shape[0]):
            place = _dot(points[k], along[i])
            low, high = min(low, place), max(high, place)
            outermost[k] = False
        a, b, c = along[i]
        for f in range(normals.shape[1]):
            ahead[f] = a * normals[0, f] + b * normals[1, f] + c * normals[2, f] > 0
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
    corners = corners[: _distinct(u, v, corners, _hull_in_plane(u, v, corners))]
    u, v = u[corners], v[corners]
    best, sides = np.inf, (np.inf, np.inf)
    # the corners that reach farthest against an edge, along it, and away from it
    first, last, far = 0, 0, np.argmax((u[1] - u[0]) * v - (v[1] - v[0]) * u)
    for a in range(u.size):
        b = a + 1 if a + 1 < u.size else 0
        du, dv = u[b] - u[a], v[b] - v[a]
        first, low = _uphill(u, v, -du, -dv, first)
        last, high = _uphill(u, v, du, dv, last)
        far, deep = _uphill(u, v, -dv, du, far)
        length = np.sqrt(du * du + dv * dv)
        along, across = (high + low) / length, (deep + u[a] * dv - v[a] * du) / length
        tied = along * across <= best * (1 + TIE) and along + across < sides[0] + sides[1]
        if along * across < best * (1 - TIE) or tied:
            best = min(best, along * across)
            sides = along, across
    return sides


@kernel
def _distinct(u, v, corners, n):
    """Keep one of neighbouring corners that are the same but for rounding; returns the number of corners left."""
    kept, nearest = 0, TIE * (u[-1] - u[0])
    for i in range(n):
        a, b = corners[i], corners[(i + 1) % n]
        corners[kept] = a
        kept += abs(u[a] - u[b]) + abs(v[a] - v[b]) > nearest
    return kept


@kernel
def _uphill(u, v, du, dv, i):
    """From corner i of a convex polygon to the one that is farthest along (du, dv), and how far that is."""
    best = u[i] * du + v[i] * dv
    for step in (1, -1):
        while True:
            k = i + step
            if k == u.size:
                k = 0
            elif k < 0:
                k = u.size - 1
            reach = u[k] * du + v[k] * dv
            if reach <= best:
                break
            i, best = k, reach
    return i, best


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
