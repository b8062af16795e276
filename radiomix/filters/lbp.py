"""Local binary patterns: which neighbours on a circle or a sphere reach the intensity of the centre."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import combinations
from typing import ClassVar

import numpy as np

from ..image import Box, Image
from ..kernels import patterns
from .base import SettingsFilter, choice, is_positive, is_whole, require


class PatternMethod(Enum):
    """What is made of the bits of a pattern; the values are scikit-image's names, which PyRadiomics' files use."""

    DEFAULT = "default"  # the bits as a binary number
    ROTATION_INVARIANT = "ror"  # the smallest of its rotations
    UNIFORM = "uniform"  # the number of bits set; samples + 1 where they change more than twice
    VARIANCE = "var"  # the variance of the neighbours, no bits at all


KERNEL_METHOD = {
    PatternMethod.DEFAULT: patterns.DEFAULT,
    PatternMethod.ROTATION_INVARIANT: patterns.ROTATION_INVARIANT,
    PatternMethod.UNIFORM: patterns.UNIFORM,
    PatternMethod.VARIANCE: patterns.VARIANCE,
}


@dataclass(frozen=True, repr=False)
class LBP2D(SettingsFilter):
    """Local binary patterns slice by slice, in the image's own number type.

    radius : of the circle of neighbours, voxels
    samples : how many neighbours
    method : what is made of the bits
    axis : the array axis (z, y, x) across the slices

    References
    ----------
    T. Ojala, M. Pietikäinen, T. Mäenpää, IEEE TPAMI 24 (2002) 971-987; scikit-image's `local_binary_pattern`.
    """

    radius: float = 1
    samples: int = 8
    method: PatternMethod = PatternMethod.UNIFORM
    axis: int = 0

    KEYS: ClassVar = {
        "lbp2DRadius": "radius",
        "lbp2DSamples": "samples",
        "lbp2DMethod": "method",
        "force2Ddimension": "axis",
    }

    def __post_init__(self) -> None:
        object.__setattr__(self, "method", choice("lbp2DMethod", self.method, PatternMethod))
        require(is_positive(self.radius), "LBP2D", "lbp2DRadius above 0", self.radius)
        require(is_whole(self.samples, 1) and self.samples <= 31, "LBP2D", "lbp2DSamples from 1 to 31", self.samples)
        require(self.axis in (0, 1, 2), "LBP2D", "force2Ddimension 0, 1 or 2", self.axis)

    def images(self, image: Image, box: Box) -> Iterator[tuple[str, Image]]:
        axis = self.axis if image.dimensions == 3 else 0
        angles = 2 * np.pi * np.arange(self.samples) / self.samples
        radius = np.float64(np.float32(self.radius))
        row_offsets, column_offsets = np.round(-radius * np.sin(angles), 5), np.round(radius * np.cos(angles), 5)
        part = image.cropped(box)
        filtered = np.empty_like(part.array)
        slices, slices_out = image.array.swapaxes(0, axis), filtered.swapaxes(0, axis)
        across, rows, columns = np.array(box, dtype=object)[_swapped(axis)]
        for i in range(across.start, across.stop):
            plane = np.ascontiguousarray(slices[i], np.float64)
            found = patterns.local_binary_patterns(
                plane, _ends(rows), _ends(columns), row_offsets, column_offsets, KERNEL_METHOD[self.method]
            )
            with np.errstate(invalid="ignore"):
                slices_out[i - across.start] = found.astype(filtered.dtype)
        yield "lbp-2D", part.with_array(filtered)


def _swapped(axis: int) -> list[int]:
    order = [0, 1, 2]
    order[0], order[axis] = order[axis], order[0]
    return order


def _ends(part: slice) -> tuple[int, int]:
    return part.start, part.stop


@dataclass(frozen=True, repr=False)
class LBP3D(SettingsFilter):
    """Local binary patterns on a sphere, as the energy of their spherical harmonics, level by level; and the kurtosis
    of the intensities on the sphere.

    PyRadiomics passes the polar and the azimuthal angle to SciPy the wrong way round and squares complex numbers where
    the norm is meant; its numbers are kept. It gives no images at all with SciPy 1.17 or later.

    levels : how many degrees of spherical harmonics, from 0
    radius : of the sphere, voxels
    subdivisions : of the icosahedron whose vertices are the neighbours

    References
    ----------
    J. Banerjee, A. Moelker, W. J. Niessen, T. van Walsum, 3D LBP-based rotationally invariant region description,
    ACCV 2012 workshops, LNCS 7728.
    """

    levels: int = 2
    radius: float = 1
    subdivisions: int = 1

    KEYS: ClassVar = {
        "lbp3DLevels": "levels",
        "lbp3DIcosphereRadius": "radius",
        "lbp3DIcosphereSubdivision": "subdivisions",
    }

    def __post_init__(self) -> None:
        require(is_whole(self.levels, 1), "LBP3D", "lbp3DLevels of 1 or more", self.levels)
        require(is_positive(self.radius), "LBP3D", "lbp3DIcosphereRadius above 0", self.radius)
        require(is_whole(self.subdivisions, 0), "LBP3D", "lbp3DIcosphereSubdivision of 0 or more", self.subdivisions)

    def images(self, image: Image, box: Box) -> Iterator[tuple[str, Image]]:
        if image.dimensions == 2:
            return
        vertices = icosphere(self.subdivisions, self.radius)
        harmonics = _harmonics(vertices / self.radius, self.levels)
        part = image.cropped(box)
        energies = np.empty((self.levels, *part.array.shape))
        kurtosis = np.empty(part.array.shape)
        for z, samples in enumerate(_samples(image.array, box, vertices)):
            bits = samples >= part.array[z][..., None]
            kurtosis[z] = _kurtosis(samples)
            for level, basis in enumerate(harmonics):
                energies[level, z] = _energy(bits, basis)
        for level in range(self.levels):
            yield f"lbp-3D-m{level + 1}", part.with_array(energies[level])
        yield "lbp-3D-k", part.with_array(kurtosis)


Face = tuple[int, int, int]  # vertices


def icosphere(subdivisions: int, radius: float) -> np.ndarray:
    """The vertices of an icosahedron whose faces were divided in four, again and again, on a sphere: (n, 3)."""
    golden = (1 + np.sqrt(5)) / 2
    corners = np.array([(a, b * golden, 0) for a in (-1, 1) for b in (1, -1)])
    vertices = np.concatenate([np.roll(corners, shift, axis=1) for shift in range(3)]) / np.sqrt(1 + golden**2)
    vertices = np.where(vertices == 0, 0.0, vertices)
    distance = np.linalg.norm(vertices[:, None] - vertices, axis=-1)
    close = distance < 1.5 * distance[distance > 0].min()
    faces = [t for t in combinations(range(12), 3) if all(close[i, j] for i, j in combinations(t, 2))]
    for _ in range(subdivisions):
        vertices, faces = _subdivided(vertices, faces)
        length = np.sqrt((vertices**2).sum(axis=1, keepdims=True))
        vertices = vertices + vertices / length * (radius - length)
    return vertices if subdivisions else vertices / np.linalg.norm(vertices, axis=1, keepdims=True) * radius


def _subdivided(vertices: np.ndarray, faces: list[Face]) -> tuple[np.ndarray, list[Face]]:
    """Every face cut in four at the middles of its edges."""
    edges = sorted({edge for face in faces for edge in combinations(sorted(face), 2)})
    middle = {edge: len(vertices) + i for i, edge in enumerate(edges)}
    smaller: list[Face] = []
    for a, b, c in map(sorted, faces):
        ab, ac, bc = middle[a, b], middle[a, c], middle[b, c]
        smaller += [(a, ab, ac), (b, ab, bc), (c, ac, bc), (ab, ac, bc)]
    return np.concatenate([vertices, [(vertices[i] + vertices[j]) / 2 for i, j in edges]]), smaller


def _harmonics(directions: np.ndarray, levels: int) -> list[np.ndarray]:
    """Spherical harmonics of each degree at the directions, (n, 2 degree + 1) complex, with PyRadiomics' angles."""
    from scipy.special import sph_harm_y  # slow to load

    azimuth = np.arccos(directions[:, 2])
    polar = np.arctan2(directions[:, 1], directions[:, 0])
    return [sph_harm_y(n, np.arange(-n, n + 1), polar[:, None], azimuth[:, None]) for n in range(levels)]


def _samples(array: np.ndarray, box: Box, vertices: np.ndarray) -> Iterator[np.ndarray]:
    """Slice by slice, the intensities around every voxel of the box, (y, x, n), by cubic splines, 0 outside."""
    from scipy.ndimage import map_coordinates, spline_filter  # slow to load

    coefficients = spline_filter(array, order=3, output=np.float64, mode="constant")
    rows, columns = (np.arange(s.start, s.stop) for s in box[1:])
    for z in range(box[0].start, box[0].stop):
        grid = np.stack(np.meshgrid([z], rows, columns, indexing="ij"))[:, 0]
        places = grid[..., None] + vertices.T[:, None, None, :]
        yield map_coordinates(coefficients, places, output=array.dtype, order=3, prefilter=False)


def _kurtosis(samples: np.ndarray) -> np.ndarray:
    """Excess kurtosis over the last axis; -3, as a fourth moment of zero gives, where the samples are all equal."""
    squares = (samples - samples.mean(axis=-1, keepdims=True)) ** 2
    second, fourth = squares.mean(axis=-1), (squares**2).mean(axis=-1)
    flat = second == 0
    return np.where(flat, 0, fourth / np.where(flat, 1, second**2)) - 3


def _energy(bits: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """The real part of the root of the summed squares of the bits' component of one degree."""
    coefficients = bits.astype(np.float64) @ basis
    squares = np.einsum("...i,ij,...j->...", coefficients, basis.T @ basis, coefficients)
    return np.sqrt(squares).real
