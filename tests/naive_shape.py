"""Slow, obvious twins of the kernels for shape, statistics, neighbourhoods and autocorrelation."""

from __future__ import annotations

from itertools import combinations, product
from math import dist, sqrt

import numpy as np
from scipy.spatial import ConvexHull

from radiomix.kernels.cubes import CORNERS, EDGES, TRIANGLES, triangles

Triple = tuple[float, float, float]


def padded(inside: np.ndarray) -> np.ndarray:
    return np.pad(inside, 1)


def mesh(inside: np.ndarray, spacing: Triple) -> tuple[float, float]:
    """Area and volume, triangle by triangle."""
    table = [[] if row == "-" else row.split(",") for row in TRIANGLES.split()]
    voxels, area, volume = padded(inside), 0.0, 0.0
    for cube in product(*(range(n - 1) for n in voxels.shape)):
        case = sum(1 << bit for bit, corner in enumerate(CORNERS) if voxels[tuple(np.add(cube, corner))])
        sign = 1
        if case > 127:
            case, sign = 255 - case, -1
        for triangle in table[case]:
            ends = [EDGES[int(digit, 16)] for digit in triangle]
            a, b, c = ((np.add(CORNERS[p], CORNERS[q]) / 2 + cube) * spacing for p, q in ends)
            area += np.linalg.norm(np.cross(a - c, b - c)) / 2
            volume += sign * np.dot(np.cross(a, b), c) / 6
    return area, volume


def closed_mesh(inside: np.ndarray) -> list[list[tuple[float, ...]]]:
    """Every triangle of the closed mesh, as three (z, y, x) in voxels of the padded mask."""
    cases, corners = triangles(closed=True)
    voxels, found = padded(inside), []
    for cube in product(*(range(n - 1) for n in voxels.shape)):
        case = sum(1 << (4 * z + 2 * y + x) for z, y, x in CORNERS if voxels[tuple(np.add(cube, (z, y, x)))])
        found += [[tuple(point) for point in triangle + cube] for triangle in corners[cases == case]]
    return found


def vertices(inside: np.ndarray) -> list[tuple[int, ...]]:
    """The midpoints between voxels inside and their neighbours outside, in half voxels of the padded mask."""
    voxels = padded(inside)
    found = []
    for voxel in product(*(range(n - 1) for n in voxels.shape)):
        for step in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
            if voxels[voxel] != voxels[tuple(np.add(voxel, step))]:
                found.append(tuple(int(v) for v in 2 * np.array(voxel) + step))
    return found


def diameters(inside: np.ndarray, spacing: Triple) -> tuple[float, float, float, float]:
    """The greatest distances between vertices with equal z, equal y, equal x, and between any two."""
    greatest = [0.0, 0.0, 0.0, 0.0]
    for a, b in combinations(vertices(inside), 2):
        length = dist(np.multiply(a, spacing) / 2, np.multiply(b, spacing) / 2)
        for kind in range(4):
            if kind == 3 or a[kind] == b[kind]:
                greatest[kind] = max(greatest[kind], length)
    return tuple(greatest)


def smallest_box(points: np.ndarray) -> tuple[float, float]:
    """Volume and surface of the smallest box with a side on a face of the hull: of equal volumes, the least surface."""
    found = []
    for normal in ConvexHull(points).equations[:, :3]:
        u, v = np.linalg.svd(normal[None])[2][1:]
        flat = points @ np.column_stack([u, v])
        outline = flat[ConvexHull(flat).vertices]
        for start, end in zip(outline, np.roll(outline, 1, axis=0), strict=True):
            along = (end - start) / np.linalg.norm(end - start)
            frame = np.column_stack([along, (-along[1], along[0])])
            a, b, c = np.ptp(points @ normal), *np.ptp(flat @ frame, axis=0)
            found.append((a * b * c, 2 * (a * b + b * c + c * a)))
    least = min(volume for volume, _ in found)
    return min((box for box in found if box[0] <= least * (1 + 1e-9)), key=lambda box: box[1])


def variances(inside: np.ndarray, spacing: Triple, less: int) -> np.ndarray:
    """Eigenvalues of the scatter of voxel centres over N - less, ascending."""
    points = np.argwhere(inside) * np.array(spacing)
    offsets = points - points.mean(axis=0)
    return np.linalg.eigvalsh(offsets.T @ offsets / (len(points) - less))


def moran_and_geary(intensities: np.ndarray, inside: np.ndarray, spacing: Triple) -> tuple[float, float]:
    """Pair by pair."""
    points, values = np.argwhere(inside) * np.array(spacing), intensities[inside].astype(float)
    n, mean = len(values), values.mean()
    weights = products = differences = 0.0
    for i, j in product(range(n), repeat=2):
        if i != j:
            w = 1 / dist(points[i], points[j])
            weights += w
            products += w * (values[i] - mean) * (values[j] - mean)
            differences += w * (values[i] - values[j]) ** 2
    scatter = np.sum((values - mean) ** 2)
    return n / weights * products / scatter, (n - 1) / (2 * weights) * differences / scatter


def sphere_mean(image: np.ndarray, centre: tuple[int, ...], radius: float, spacing: Triple) -> float:
    """The mean of finite intensities whose voxels lie within the radius."""
    near = [
        image[voxel]
        for voxel in np.ndindex(image.shape)
        if sqrt(sum(((v - c) * s) ** 2 for v, c, s in zip(voxel, centre, spacing, strict=True))) <= radius
    ]
    return float(np.mean([value for value in near if np.isfinite(value)]))


def robust_deviation(values: np.ndarray) -> float:
    low, high = np.percentile(values, [10, 90])
    kept = [x for x in values if low <= x <= high]
    return float(np.mean([abs(x - np.mean(kept)) for x in kept])) if kept else np.nan
