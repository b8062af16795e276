"""The same lesion measured again: moved, turned, noisier, re-drawn. What a feature does then is its robustness."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import pandas as pd
from scipy import ndimage

from .batch import Row, Task
from .config import Config
from .errors import ConfigError, RegionTooSmall
from .image import Image, Mask
from .registry import Original

if TYPE_CHECKING:
    from .cohort import Cases, Settings
    from .io import Source

MARGIN = 15.0  # mm around the ROI that are kept where only the image itself is looked at


class Perturbation(ABC):
    """One way to measure again. Subclasses are frozen dataclasses; `str` of one names its rows."""

    @abstractmethod
    def __call__(self, image: Image, mask: Mask, rng: np.random.Generator) -> tuple[Image, Mask]:
        """The perturbed pair, on a grid of the same shape and spacing."""


@dataclass(frozen=True)
class Shift(Perturbation):
    """The patient lies elsewhere: by a fraction of a voxel along (z, y, x)."""

    z: float = 0.0
    y: float = 0.0
    x: float = 0.0

    def __call__(self, image: Image, mask: Mask, rng: np.random.Generator) -> tuple[Image, Mask]:
        return _resampled(image, mask, np.eye(3), -np.array([self.z, self.y, self.x]))

    def __str__(self) -> str:
        return f"shift({self.z:g},{self.y:g},{self.x:g})"


@dataclass(frozen=True)
class Rotate(Perturbation):
    """The patient lies turned: by degrees around the z axis through the ROI's centre."""

    degrees: float

    def __call__(self, image: Image, mask: Mask, rng: np.random.Generator) -> tuple[Image, Mask]:
        angle = np.deg2rad(self.degrees)
        turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
        spacing = np.asarray(image.spacing)
        matrix = turn * spacing / spacing[:, None]
        centre = np.argwhere(mask.array).mean(axis=0)
        return _resampled(image, mask, matrix, centre - matrix @ centre)

    def __str__(self) -> str:
        return f"rotate({self.degrees:g})"


@dataclass(frozen=True)
class Noise(Perturbation):
    """The scan is taken again: Gaussian noise is added.

    sd : in intensity units; None estimates the image's own noise (median absolute diagonal difference of 2 x 2
        in-plane voxels, after Chang, Yu and Vetterli, doi 10.1109/83.862633)
    """

    sd: float | None = None

    def __call__(self, image: Image, mask: Mask, rng: np.random.Generator) -> tuple[Image, Mask]:
        sd = estimated_noise(image) if self.sd is None else self.sd
        noisy = image.array + sd * rng.standard_normal(image.array.shape)
        return image.with_array(noisy.astype(_floating(image.array))), mask

    def __str__(self) -> str:
        return "noise" if self.sd is None else f"noise({self.sd:g})"


@dataclass(frozen=True)
class Resize(Perturbation):
    """The contour is drawn wider or tighter everywhere: the ROI's volume changes by a fraction."""

    fraction: float

    def __call__(self, image: Image, mask: Mask, rng: np.random.Generator) -> tuple[Image, Mask]:
        wanted = max(1, round(mask.size * (1 + self.fraction)))
        return image, _most_inside(mask, _depth(mask), wanted, rng)

    def __str__(self) -> str:
        return f"resize({self.fraction:+g})"


@dataclass(frozen=True)
class Redraw(Perturbation):
    """Another reader draws the contour: it wanders smoothly, the volume stays.

    sd : of the wandering, mm
    length : over which it keeps its direction, mm
    """

    sd: float = 1.5
    length: float = 5.0

    def __call__(self, image: Image, mask: Mask, rng: np.random.Generator) -> tuple[Image, Mask]:
        noise = rng.standard_normal(mask.array.shape)
        smooth = ndimage.gaussian_filter(noise, [self.length / step for step in mask.spacing], mode="nearest")
        return image, _most_inside(mask, _depth(mask) + self.sd * smooth / smooth.std(), mask.size, rng)

    def __str__(self) -> str:
        return f"redraw({self.sd:g})"


@dataclass(frozen=True)
class Shuffle(Perturbation):
    """The intensities inside the ROI are dealt anew to its voxels: texture goes, histogram, shape and size stay."""

    def __call__(self, image: Image, mask: Mask, rng: np.random.Generator) -> tuple[Image, Mask]:
        inside = mask.array.astype(bool)
        shuffled = image.array.copy()
        # cases are seeded alike, and one permutation for all of them would be a texture that they share
        own = np.random.default_rng(
            [int(rng.integers(2**32)), crc32(np.ascontiguousarray(image.array[inside]).tobytes())]
        )
        shuffled[inside] = own.permutation(image.array[inside])
        return image.with_array(shuffled), mask

    def __str__(self) -> str:
        return "shuffle"


@dataclass(frozen=True)
class Chain(Perturbation):
    """Several perturbations, one after the other."""

    steps: tuple[Perturbation, ...]

    def __call__(self, image: Image, mask: Mask, rng: np.random.Generator) -> tuple[Image, Mask]:
        for step in self.steps:
            image, mask = step(image, mask, rng)
        return image, mask

    def __str__(self) -> str:
        return "+".join(map(str, self.steps)) or "none"


def default_perturbations() -> tuple[Perturbation, ...]:
    """Thirty chains of rotation, noise, contour size and contour shape.

    After the chain that predicted test-retest robustness best in Zwanenburg et al., Scientific Reports 9 (2019) 614,
    doi 10.1038/s41598-018-36938-4, whose supervoxel contours are replaced by smoothly wandering ones.
    """
    turns, sizes, redrawings = (-13, -7, 0, 7, 13), (-0.1, 0.0, 0.1), 2
    chains = [
        Chain((Rotate(turn), Noise(), Resize(size), Redraw())) for turn, size in product(turns, sizes)
    ] * redrawings
    return tuple(chains)


def perturb(
    image: Source,
    mask: Source,
    config: Settings = None,
    perturbations: Sequence[Perturbation] | None = None,
    *,
    label: int | None = None,
    random_state: int = 0,
) -> pd.DataFrame:
    """Features of one ROI, measured as it is and again under every perturbation.

    Parameters
    ----------
    image, mask, config, label : as in `extract`
    perturbations : `Shift`, `Rotate`, `Noise`, `Resize`, `Redraw`, `Chain`; by default `default_perturbations()`
    random_state : the same number gives the same perturbations

    Returns
    -------
    DataFrame, a row per measurement, the first unperturbed: `repeat` (0, 1, ...), `perturbation` (what was done),
    and features. Rows of several cases together are what `feature_robustness` takes.

    Raises
    ------
    InputError
        As in `extract`, and where a perturbation leaves too little of the ROI.
    """
    from .extraction import as_config, compute, read_roi

    settings = as_config(config)
    on_one_grid = settings.with_(resample=None)  # where resampling follows, a mask may otherwise keep its own
    picture, region = _cut(*read_roi(image, mask, on_one_grid, label), settings)
    steps = [Chain(()), *(default_perturbations() if perturbations is None else perturbations)]
    rows = []
    for number, step in enumerate(steps):
        measured = step(picture, region, np.random.default_rng([random_state, number]))
        rows.append({"repeat": number, "perturbation": str(step), **compute(*measured, settings)})
    return pd.DataFrame(rows)


def perturb_cases(
    cases: Cases,
    config: Settings = None,
    perturbations: Sequence[Perturbation] | None = None,
    out: str | os.PathLike[str] | None = None,
    *,
    random_state: int = 0,
    **options: Any,
) -> pd.DataFrame:
    """`perturb` for a whole cohort: a row per case and measurement.

    Takes what `extract_cases` takes, and returns and writes what it does, with `repeat` and `perturbation` before the
    features.
    """
    from .cohort import run_cases

    run = partial(_perturb_task, perturbations=perturbations, random_state=random_state)
    return run_cases(run, cases, config, out, **options)


def estimated_noise(image: Image) -> float:
    """The sd of an image's noise, from diagonal differences of 2 x 2 in-plane voxels."""
    a = image.array.astype(np.float64)
    diagonal = (a[:, :-1, :-1] - a[:, 1:, :-1] - a[:, :-1, 1:] + a[:, 1:, 1:]) / 2
    return float(np.median(np.abs(diagonal)) / 0.6744897501960817)


def _perturb_task(
    task: Task, config: Config, perturbations: Sequence[Perturbation] | None, random_state: int
) -> list[Row]:
    if isinstance(task.label, str):
        raise ConfigError("perturbations take one label per row; give the rows of the other labels a Label each")
    found = perturb(task.image, task.mask, config, perturbations, label=task.label, random_state=random_state)
    return found.to_dict("records")


def _cut(image: Image, mask: Mask, config: Config) -> tuple[Image, Mask]:
    """Less to interpolate, where nothing that is computed looks further than the margin."""
    whole = config.normalise is not None or any(not isinstance(i.filter, Original) for i in config.images)
    if whole:
        return image, mask
    z, y, x = (int(np.ceil(MARGIN / step)) for step in mask.spacing)
    box = mask.bounding_box((z, y, x))
    return image.cropped(box), mask.cropped(box)


def _resampled(image: Image, mask: Mask, matrix: np.ndarray, offset: np.ndarray) -> tuple[Image, Mask]:
    """Both interpolated at matrix @ index + offset: cubic for the image, linear with a threshold for the mask."""
    order = 3 if min(image.array.shape) > 3 else 1
    moved = ndimage.affine_transform(
        image.array.astype(np.float64), matrix, offset, order=order, mode="nearest", output=np.float64
    )
    inside = ndimage.affine_transform(mask.array.astype(np.float64), matrix, offset, order=1, mode="constant")
    # rounding noise must not decide whether half a voxel is inside
    kept = replace(mask, array=inside >= 0.5 - 1e-9)
    if not kept.size:
        raise RegionTooSmall(f"the ROI of {mask.size} voxels is lost when it is resampled")
    return image.with_array(moved.astype(_floating(image.array))), kept


def _floating(array: np.ndarray) -> np.dtype:
    return array.dtype if array.dtype.kind == "f" else np.dtype(np.float64)


def _depth(mask: Mask) -> np.ndarray:
    """(z, y, x) distance to the contour in mm, positive inside; the contour runs halfway between voxel centres."""
    half = min(mask.spacing) / 2
    inside = ndimage.distance_transform_edt(mask.array, sampling=mask.spacing)
    outside = ndimage.distance_transform_edt(~mask.array, sampling=mask.spacing)
    return np.where(mask.array, inside - half, half - outside)


def _most_inside(mask: Mask, depth: np.ndarray, wanted: int, rng: np.random.Generator) -> Mask:
    """The deepest `wanted` voxels; between equal depths chance decides, so that no side is favoured."""
    order = np.lexsort((rng.random(depth.size), -depth.ravel()))[:wanted]
    chosen = np.zeros(depth.size, dtype=bool)
    chosen[order] = True
    return replace(mask, array=chosen.reshape(depth.shape))
