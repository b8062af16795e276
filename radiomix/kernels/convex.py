"""The convex hull of points whose coordinates are whole numbers: exact below 30,000."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .jit import kernel

NOWHERE = np.inf  # the place of a face that is no more: nothing lies beyond it
SCATTER = (np.sqrt(5) - 1) / 2  # multiples of the golden ratio spread evenly


class Solid(NamedTuple):
    """A convex body.

    corners : (n, 3) in mm, all of them corners of faces
    faces : (m, 3) the corners of each triangle, counter-clockwise seen from outside or, in a mirror, clockwise
    neighbours : (m, 3) the triangles next to each, opposite to its corners
    normals : (m, 3) unit vectors outwards
    area, volume : mm^2, mm^3
    """

    corners: np.ndarray
    faces: np.ndarray
    neighbours: np.ndarray
    normals: np.ndarray
    area: float
    volume: float


def enclose(points: np.ndarray, spacing: np.ndarray) -> Solid:
    """The convex hull of points (n, 3), whole numbers of steps of `spacing` (3,) mm; they do not share a plane."""
    scattered = points[np.argsort(np.arange(len(points)) * SCATTER % 1)].astype(np.float64)
    most = 2 * len(points) + 4
    corners, across, planes = np.empty((most, 3), np.int32), np.empty((most, 3), np.int32), np.empty((most, 4))
    count = _hull(scattered, corners, across, planes)
    kept, used = planes[:count, 3] != NOWHERE, np.zeros(len(points), np.bool_)
    corners, across, planes = corners[:count][kept], across[:count][kept], planes[:count][kept]
    used[corners] = True
    faces, neighbours = (np.cumsum(used) - 1)[corners], (np.cumsum(kept) - 1)[across]
    areas = planes[:, :3] * (np.prod(spacing) / spacing)
    sizes = np.linalg.norm(areas, axis=1)
    # planes tell the volume of each face's tetrahedron with the origin, sixfold
    volume = planes[:, 3].sum() * np.prod(spacing) / 6
    return Solid(scattered[used] * spacing, faces, neighbours, areas / sizes[:, None], sizes.sum() / 2, volume)


@kernel
def _hull(points, corners, across, planes):
    """Add one point after the other to a tetrahedron; returns how many of the rows of the last three are in use.

    Faces that a point sees, or whose plane it is in, are replaced by those between their outline and the point. A point
    that sees no face lies within.

    corners, across : (faces, 3) filled: the corners of each face, and the faces opposite to them
    planes : (faces, 4) filled: the normal of each face, and the product of both with any of its points
    """
    spare, seen = np.empty(corners.shape[0], np.int32), np.full(corners.shape[0], -1, np.int32)
    outline, begins = np.empty((corners.shape[0], 4), np.int32), np.empty(points.shape[0], np.int32)
    count, spares = _tetrahedron(points, corners, across, planes), 0
    for p in range(points.shape[0]):
        first = 0
        while first < count and _height(planes, first, points, p) <= 0:
            first += 1
        if first == count:
            continue
        edges, found = _look(points, p, first, corners, across, planes, seen, outline, spare[spares:])
        spares += found
        for e in range(edges):
            if spares:
                spares -= 1
                face = spare[spares]
            else:
                face = count
                count += 1
            outline[e, 3] = face
            begins[outline[e, 0]] = face
            corners[face, 0], corners[face, 1], corners[face, 2] = outline[e, 0], outline[e, 1], p
            _lay(points, corners, planes, face)
        for e in range(edges):
            _attach(outline[e], begins, corners, across)
        for k in range(spares):
            planes[spare[k], :3], planes[spare[k], 3] = 0.0, NOWHERE
    return count


@kernel
def _height(planes, face, points, p):
    """Above 0 where a point sees a face, 0 in its plane."""
    along = planes[face, 0] * points[p, 0] + planes[face, 1] * points[p, 1] + planes[face, 2] * points[p, 2]
    return along - planes[face, 3]


@kernel
def _look(points, p, first, corners, across, planes, seen, outline, found):
    """From one face that a point sees to all of them.

    Writes the edges around them: their corners, the face beyond, and the place of the face within among its neighbours.
    Returns the number of edges and of faces, which are written into `found`.
    """
    found[0], seen[first] = first, p
    faces, looked, edges = 1, 0, 0
    while looked < faces:
        face = found[looked]
        looked += 1
        for k in range(3):
            beyond = across[face, k]
            if seen[beyond] == p:
                continue
            if _height(planes, beyond, points, p) >= 0:
                seen[beyond] = p
                found[faces] = beyond
                faces += 1
                continue
            place = 0
            while across[beyond, place] != face:
                place += 1
            outline[edges, 0], outline[edges, 1] = corners[face, (k + 1) % 3], corners[face, (k + 2) % 3]
            outline[edges, 2], outline[edges, 3] = 3 * beyond + place, -1
            edges += 1
    return edges, faces


@kernel
def _attach(edge, begins, corners, across):
    """Make neighbours of a new face, the one beyond its edge of the outline, and the next new one."""
    face, beyond, place = edge[3], edge[2] // 3, edge[2] % 3
    across[face, 2], across[beyond, place] = beyond, face
    following = begins[edge[1]]
    across[face, 0], across[following, 1] = following, face


@kernel
def _lay(points, corners, planes, face):
    """The plane of a face."""
    a, b, c = points[corners[face, 0]], points[corners[face, 1]], points[corners[face, 2]]
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        planes[face, k] = (b[i] - a[i]) * (c[j] - a[j]) - (b[j] - a[j]) * (c[i] - a[i])
    planes[face, 3] = planes[face, 0] * a[0] + planes[face, 1] * a[1] + planes[face, 2] * a[2]


@kernel
def _tetrahedron(points, corners, across, planes):
    """The first faces: of the first point, one elsewhere, one off their line, and one off their plane."""
    b, c, d = 1, 2, 3
    corners[0, 0] = 0
    while (points[b] == points[0]).all():
        b += 1
    corners[0, 1], corners[0, 2] = b, 0
    while True:
        corners[0, 2] = c
        _lay(points, corners, planes, 0)
        if planes[0, 0] != 0 or planes[0, 1] != 0 or planes[0, 2] != 0:
            break
        c += 1
    while _height(planes, 0, points, d) == 0:
        d += 1
    if _height(planes, 0, points, d) > 0:
        b, c = c, b
    for face, (i, j, k) in enumerate(((0, b, c), (0, d, b), (b, d, c), (c, d, 0))):
        corners[face, 0], corners[face, 1], corners[face, 2] = i, j, k
        _lay(points, corners, planes, face)
    for face in range(4):
        for k in range(3):
            for other in range(4):
                if not (corners[other] == corners[face, k]).any():
                    across[face, k] = other
    return 4
