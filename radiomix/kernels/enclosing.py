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
    edges = _boxes(points, faces, neighbours, normals, *_frames(_directions(normals)))
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
def _boxes(points, faces, neighbours, normals, along, u, v):
    """The edges (m, 3) of the smallest box around a convex body with one side normal to each of `along` (m, 3).

    u, v : (m, 3) at right angles to `along` and to one another
    """
    edges, outline = np.empty((along.shape[0], 3)), np.empty(points.shape[0], np.int64)
    for i in range(along.shape[0]):
        low, high = np.inf, -np.inf
        for k in range(points.shape[0]):
            place = _dot(points, k, along, i)
            low, high = min(low, place), max(high, place)
        n = _trace_outline(faces, neighbours, normals, along, i, outline)
        across, up = np.empty(n), np.empty(n)
        for k in range(n):
            across[k], up[k] = _dot(points, outline[k], u, i), _dot(points, outline[k], v, i)
        edges[i, 0] = high - low
        edges[i, 1], edges[i, 2] = _smallest_rectangle(across, up)
    return edges


@kernel
def _dot(a, i, b, j):
    return a[i, 0] * b[j, 0] + a[i, 1] * b[j, 1] + a[i, 2] * b[j, 2]


@kernel
def _trace_outline(faces, neighbours, normals, along, i, outline):
    """The corners around all faces that look along a direction, in order; returns their number."""
    face, k = 0, 0
    while _dot(normals, face, along, i) <= TIE or _dot(normals, neighbours[face, k], along, i) > TIE:
        face, k = (face, k + 1) if k < 2 else (face + 1, 0)
    a, b, c = faces[face, (k + 1) % 3], faces[face, (k + 2) % 3], faces[face, k]
    n = 0
    while n == 0 or a != outline[0]:
        outline[n] = a  # from a to b; c is the third corner of the face
        n += 1
        beyond = neighbours[face, _place(faces, face, a)]
        while _dot(normals, beyond, along, i) > TIE:  # turn about b
            face, a, c = beyond, c, faces[beyond, 0] + faces[beyond, 1] + faces[beyond, 2] - b - c
            beyond = neighbours[face, _place(faces, face, a)]
        a, b, c = b, c, a
    return n


@kernel
def _place(faces, face, corner):
    """Which of the corners of a face a corner is."""
    return 0 if faces[face, 0] == corner else 1 if faces[face, 1] == corner else 2


@kernel
def _smallest_rectangle(u, v):
    """The sides of the smallest rectangle around the corners of a convex polygon, in order: one runs along an edge.

    Of rectangles of equal area, the one with the least circumference.
    """
    heights = (u[1] - u[0]) * (v - v[0]) - (v[1] - v[0]) * (u - u[0])
    # the corners that reach farthest against an edge, along it, and away from it
    first, last, far = 0, 0, np.argmax(np.abs(heights))
    turn = 1.0 if heights[far] > 0 else -1.0
    best, sides = np.inf, (np.inf, np.inf)
    for a in range(u.size):
        b = a + 1 if a + 1 < u.size else 0
        du, dv = u[b] - u[a], v[b] - v[a]
        first, low = _uphill(u, v, -du, -dv, first)
        last, high = _uphill(u, v, du, dv, last)
        far, deep = _uphill(u, v, -turn * dv, turn * du, far)
        length = np.sqrt(du * du + dv * dv)
        along, across = (high + low) / length, (deep + turn * (u[a] * dv - v[a] * du)) / length
        tied = along * across <= best * (1 + TIE) and along + across < sides[0] + sides[1]
        if along * across < best * (1 - TIE) or tied:
            best = min(best, along * across)
            sides = along, across
    return sides


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
