"""Which triangles a marching cube holds: geometry as data, read by `surface`.

PyRadiomics' mesh gives a case and its complement the same triangles, turned round. Where voxels touch only along an
edge or at a corner, cubes then disagree about the face that they share, and the mesh has pin-holes: its volume depends
on the origin, which is why `surface` counts positions from the corner of the ROI's bounding box padded by one voxel, as
PyRadiomics does. The closed mesh, the IBSI's, differs in those cases alone: it keeps voxels apart that touch only at an
edge or a corner, whichever side of the cube they lie on.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

# The cube's corners as (z, y, x), in the order of the bits that number the cases of TRIANGLES.
CORNERS = ((0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0))

# The cube's twelve edges as pairs of corners; a mesh vertex lies in the middle of an edge.
EDGES = ((0, 1), (1, 2), (2, 3), (0, 3), (4, 5), (5, 6), (6, 7), (4, 7), (0, 4), (1, 5), (2, 6), (3, 7))

# For each case in which corner 7 lies outside: its triangles, three edges each as hexadecimal digits; "-" for none.
# Fact taken from PyRadiomics 3.0.1 (radiomics/src/cshape.c).
TRIANGLES = """
- 083 190 183,198 12a 083,12a 92a,029 283,2a8,a98 b23 b20,08b 190,b23 b21,19b,98b 3a1,ba3 a10,08a,8ba
903,3b9,ba9 98a,ba8 478 043,473 190,478 194,147,173 12a,478 347,304,12a 92a,902,478 2a9,297,273,479 478,b23
b47,b24,204 190,478,b23 47b,94b,b29,192 3a1,ba3,478 ba1,14b,104,47b 478,903,3b9,ba9 47b,4b9,9ba 954 954,083
054,015 854,835,315 12a,954 083,12a,954 2a5,542,240 2a5,325,354,834 954,b23 b20,08b,954 054,015,b23
215,258,b28,548 3a1,ba3,954 549,a10,08a,8ba 540,50b,a5b,b03 548,a58,ba8 789,579 309,539,357 780,017,715 157,173
789,579,12a 12a,309,395,357 028,825,857,2a5 2a5,253,357 579,789,b23 579,972,209,b27 b23,018,178,157 21b,17b,157
789,579,3a1,ba3 570,509,7b0,a10,ba0 ba0,03b,a50,078,570 ba5,57b 65a 083,65a 190,65a 183,198,65a 165,126
165,126,083 965,906,026 598,582,526,832 b23,65a b20,08b,65a 190,b23,65a b21,19b,98b,65a 63b,653,513
08b,0b5,051,5b6 63b,036,065,059 659,69b,b98 478,65a 043,473,65a 190,478,65a 194,147,173,65a 478,165,126
043,473,165,126 478,965,906,026 739,479,329,596,269 b23,478,65a b47,b24,204,65a 190,b23,478,65a
47b,94b,b29,192,65a 478,63b,653,513 51b,5b6,10b,47b,04b 478,63b,036,065,059 659,69b,479,7b9 a49,64a a49,64a,083
01a,a60,640 183,168,864,61a 149,124,264 149,124,264,083 024,426 832,824,426 b23,a49,64a b20,08b,a49,64a
b23,01a,a60,640 641,61a,148,b21,18b 964,369,139,b63 18b,081,b61,149,641 63b,036,640 864,68b 67a,78a,89a
67a,0a7,09a,073 67a,1a7,178,018 67a,1a7,173 126,168,189,678 269,129,679,309,739 078,706,602 273,267
b23,67a,78a,89a 207,b27,097,67a,9a7 67a,1a7,178,018,b23 b21,17b,a61,167 896,678,169,b63,136 091,67b
078,706,03b,b60 67b
"""


FACES = ((0, 1, 2, 3), (4, 5, 6, 7), (0, 1, 5, 4), (3, 2, 6, 7), (0, 3, 7, 4), (1, 2, 6, 5))  # corners, in a ring


@cache
def triangles(closed: bool) -> tuple[np.ndarray, np.ndarray]:
    """All triangles of all 256 cases, of the closed mesh or of PyRadiomics'.

    Returns
    -------
    case : (n,) the case, numbered as `surface.trace` counts them, that each triangle belongs to
    vertices : (n, 3, 3) its three vertices as (z, y, x) from the cube's first corner, in voxels; seen from outside the
        region they turn so that the determinant of (a, b, c) sums to six times the volume
    """
    rows = [[tuple(int(digit, 16) for digit in t) for t in row.split(",") if t != "-"] for row in TRIANGLES.split()]
    cases: list[int] = []
    edges: list[tuple[int, ...]] = []
    for inside in range(256):
        if inside < 128:
            found = rows[inside]
        elif closed and any(_diagonal(inside, face) for face in FACES):
            found = [(p[0], *pair) for p in _polygons(inside) for pair in pairwise(p[1:])]
        else:
            found = [triangle[::-1] for triangle in rows[inside ^ 255]]
        cases += [_traced(inside)] * len(found)
        edges += found
    corners = np.array(CORNERS)[np.array(EDGES)]
    return np.array(cases), corners.mean(axis=1)[np.array(edges)]


def _traced(inside: int) -> int:
    """A case in the numbering of `surface.trace`: pairs of voxels along x, first those of the nearer slice."""
    return sum(1 << 4 * z + 2 * y + x for corner, (z, y, x) in enumerate(CORNERS) if inside >> corner & 1)


def _diagonal(inside: int, face: tuple[int, ...]) -> bool:
    """Whether just two corners of a face lie inside, across from one another."""
    a, b, c, d = (inside >> corner & 1 for corner in face)
    return a == c != b == d


def _lines(inside: int) -> list[tuple[int, int]]:
    """The mesh's lines on the cube's faces, as pairs of edges; corners across from one another are cut off singly."""
    number = {frozenset(edge): n for n, edge in enumerate(EDGES)}
    lines = []
    for face in FACES:
        edges = [number[frozenset((face[i - 1], face[i]))] for i in range(4)]
        if _diagonal(inside, face):
            lines += [(edges[i], edges[(i + 1) % 4]) for i in range(4) if inside >> face[i] & 1]
        elif crossed := [e for i, e in enumerate(edges) if (inside >> face[i - 1] ^ inside >> face[i]) & 1]:
            lines.append((crossed[0], crossed[1]))
    return lines


def _polygons(inside: int) -> list[list[int]]:
    """The rings of edges into which the lines of a case join, turned as `triangles` says."""
    lines, rings = _lines(inside), []
    while lines:
        ring = list(lines.pop())
        while step := next((line for line in lines if ring[-1] in line), None):
            lines.remove(step)
            ring.append(step[1] if step[0] == ring[-1] else step[0])
        ring.pop()  # where it began
        rings.append(ring if _faces_outwards(ring, inside) else ring[::-1])
    return rings


def _faces_outwards(ring: list[int], inside: int) -> bool:
    a, b = np.array(CORNERS)[np.array(EDGES)[ring]].transpose(1, 0, 2)
    points = (a + b) / 2
    a_inside = np.array([inside >> EDGES[edge][0] & 1 for edge in ring])
    outwards = np.where(a_inside[:, None] == 1, b - a, a - b).sum(axis=0)
    return float(np.cross(points, np.roll(points, -1, axis=0)).sum(axis=0) @ outwards) > 0
