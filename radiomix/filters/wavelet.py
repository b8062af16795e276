"""Wavelets as PyRadiomics has them: the undecimated transform of PyWavelets, periodic at the image's edge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from ..errors import ConfigError, unknown
from ..image import Box, Image
from ..kernels.convolution import convolve_pair
from .base import SettingsFilter, is_whole, require


@lru_cache
def filter_bank(wavelet: str, dtype: str = "float64") -> tuple[np.ndarray, np.ndarray]:
    """The low- and high-pass decomposition filters of a discrete wavelet, by PyWavelets' name.

    PyWavelets does not round its single-precision filters from the double-precision ones; they are read off its
    answer to an impulse.
    """
    import pywt  # slow to load, and most extractions need no wavelet

    known = pywt.wavelist(kind="discrete")
    if wavelet not in known:
        raise ConfigError(unknown("wavelet", wavelet, known))
    taps = pywt.Wavelet(wavelet).dec_len
    impulse = np.zeros(taps, dtype)
    impulse[taps // 2] = 1
    ((low, high),) = pywt.swt(impulse, wavelet, level=1)
    return low, high


@dataclass(frozen=True, repr=False)
class Wavelet(SettingsFilter):
    """The stationary wavelet transform: every combination of low (L) and high (H) pass along x, y and z.

    Float32 images stay float32 throughout, others become double precision. An odd number of voxels is made even by
    repeating the first after the last before the image is continued periodically.

    wavelet : PyWavelets' name
    level : how many levels of decomposition give images
    start_level : how many levels pass before the first that does
    force_2d, force_2d_axis : leave out the array axis (z, y, x) across the slices
    """

    wavelet: str = "coif1"
    level: int = 1
    start_level: int = 0
    force_2d: bool = False
    force_2d_axis: int = 0

    KEYS: ClassVar = {
        "wavelet": "wavelet",
        "level": "level",
        "start_level": "start_level",
        "force2D": "force_2d",
        "force2Ddimension": "force_2d_axis",
    }

    def __post_init__(self) -> None:
        filter_bank(self.wavelet)
        require(is_whole(self.level, 1), "Wavelet", "a whole level of 1 or more", self.level)
        require(is_whole(self.start_level, 0), "Wavelet", "a whole start_level of 0 or more", self.start_level)
        require(self.force_2d_axis in (0, 1, 2), "Wavelet", "force2Ddimension 0, 1 or 2", self.force_2d_axis)

    def images(self, image: Image, box: Box) -> Iterator[tuple[str, Image]]:
        axes = self._axes(image)
        last = self.start_level + self.level
        part = image.cropped(box)
        before, after = self._reach
        approximation = periodic_support(image.array, box, axes, last * before, last * after)
        starts = [s.start - last * before for s in box]
        for level in range(1, last + 1):
            bands = decompose(approximation, axes, self.wavelet, starts, image.array.shape)
            starts = [start + before for start in starts]
            _, approximation = next(bands)
            number = level - self.start_level
            prefix = "wavelet" if number == 1 else f"wavelet{number}"
            if number < 1:
                continue
            for name, band in bands:
                yield f"{prefix}-{name}", part.with_array(self._inside(band, last - level, part, axes))
        yield f"{prefix}-{'L' * len(axes)}", part.with_array(self._inside(approximation, 0, part, axes))

    def _axes(self, image: Image) -> tuple[int, ...]:
        axes = (2, 1, 0)[: image.dimensions]
        if image.dimensions == 3 and self.force_2d:
            axes = tuple(axis for axis in axes if axis != self.force_2d_axis)
        return axes

    @property
    def _reach(self) -> tuple[int, int]:
        """How many voxels behind and ahead of itself one level looks."""
        taps = filter_bank(self.wavelet)[0].size
        return taps - 1 - taps // 2, taps // 2

    def _inside(self, band: np.ndarray, levels_to_come: int, part: Image, axes: tuple[int, ...]) -> np.ndarray:
        """A band without the support that the levels to come still need."""
        start = levels_to_come * self._reach[0]
        shape = part.array.shape
        return band[tuple(slice(start, start + shape[a]) if a in axes else slice(None) for a in range(3))]


def periodic_support(array: np.ndarray, box: Box, axes: tuple[int, ...], before: int, after: int) -> np.ndarray:
    """The box with its support along `axes`, the image continued as PyRadiomics continues it; contiguous floats."""
    dtype = np.float32 if array.dtype == np.float32 else np.float64
    part = array
    for axis in range(3):
        if axis not in axes:
            part = part[tuple(box[axis] if a == axis else slice(None) for a in range(3))]
            continue
        start, stop, count = box[axis].start - before, box[axis].stop + after, array.shape[axis]
        if start >= 0 and stop <= count:
            part = part[tuple(slice(start, stop) if a == axis else slice(None) for a in range(3))]
        else:
            positions = np.arange(start, stop) % (count + count % 2)
            part = part.take(np.where(positions == count, 0, positions), axis=axis)
    return np.ascontiguousarray(part, dtype)


def decompose(
    volume: np.ndarray, axes: Sequence[int], wavelet: str, starts: Sequence[int], shape: Sequence[int]
) -> Iterator[tuple[str, np.ndarray]]:
    """One level of the undecimated transform, where the filters fit: each band when it is asked for.

    Parameters
    ----------
    volume : (z, y, x) floats
    axes : along which to split
    starts, shape : where the volume starts in the image, and how large the image is

    Returns
    -------
    names, one letter per axis in the order of `axes`, and arrays; names ascend with L before H
    """
    if not axes:
        yield "", volume
        return
    axis, *others = axes
    bank = filter_bank(wavelet, str(volume.dtype))
    halves = list(convolve_pair(volume, axis, *bank))
    for taps, half in zip(bank, halves, strict=True):
        _sum_as_pywavelets_does(half, volume, axis, taps, starts[axis], shape[axis])
    del volume, half  # what has been split makes room
    for letter in "LH":
        for name, band in decompose(halves.pop(0), others, wavelet, starts, shape):
            yield letter + name, band


def _sum_as_pywavelets_does(
    out: np.ndarray, source: np.ndarray, axis: int, taps: np.ndarray, start: int, count: int
) -> None:
    """Where a filter reaches beyond the image's end, PyWavelets adds what lies there first, outermost last.

    The other order differs in the last digit, which moves a voxel to another grey level now and then.
    """
    period = count + count % 2
    ahead = taps.size // 2
    for i in range(out.shape[axis]):
        place = (start + taps.size - 1 - ahead + i) % period
        beyond = place + ahead - period + 1
        if beyond < 2:
            continue
        order = [*range(beyond - 1, -1, -1), *range(beyond, taps.size)]
        total = np.zeros((), out.dtype)
        for j in order:
            total = total + taps[j] * source.take(i + taps.size - 1 - j, axis)
        out[(slice(None),) * axis + (i,)] = total
