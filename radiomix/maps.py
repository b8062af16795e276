"""Voxel maps: the features of a window that slides over the ROI, as images."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm.auto import tqdm

from .config import Config
from .errors import ConfigError, InputError, unknown
from .extraction import Settings, as_config, read_roi
from .extraction.announce import announce_compilation
from .extraction.compute import wanted_features
from .extraction.threads import cores, in_order
from .features.windows import MAPPED, Wanted, Windows, check, features_of_windows, with_map
from .image import Image, Roi, widened
from .itk import to_sitk, writable
from .preprocess import Region, discretise, find_region, prepare
from .registry import family

if TYPE_CHECKING:
    import SimpleITK as sitk

    from .io import Source as Readable

CHUNK = 4096  # windows per piece of work: large enough to forget the call, small enough for the bar to move


def extract_maps(
    image: Readable,
    mask: Readable,
    config: Settings = None,
    *,
    label: int | None = None,
    radius: int | None = None,
    families: Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    full: bool = False,
    workers: int | None = None,
    progress: bool = True,
) -> dict[str, sitk.Image]:
    """One voxel map per feature: each voxel of the ROI holds the feature of the window around it.

    Grey levels are those of the whole ROI (with `masked_kernel`, the default) or of everything in the box; a window is
    cut at the ROI's (or the image's) border.

    Parameters
    ----------
    image, mask, config, label : as in `radiomix.extract`; every image type of the configuration is mapped
    radius : reach of the window in voxels, along each axis; None takes `config.kernel_radius` (1)
    families : firstorder, glcm, glrlm, glszm, gldm, ngldm, ngtdm; None takes those of the configuration
    features : names ("JointEntropy"); None takes the features of each family that the configuration names, else its
        default ones, as far as they have a map
    full : whether maps cover the image's grid; else the ROI's box and `radius` around it
    workers : threads; None takes all cores. Each works on a piece of the ROI, so memory stays bounded
    progress : whether to show a bar

    Returns
    -------
    dict of column name -> SimpleITK.Image (float64); `config.initial_value` outside the ROI. NaN where the formula is
    undefined: a GLCM window without a single pair of neighbours.

    Raises
    ------
    InputError, ConfigError

    Notes
    -----
    Values are those of PyRadiomics' voxel-based extraction, but where a direction holds no pair in a window it is left
    out of JointAverage as of every other feature, and an MCC that cannot be computed does not blank its neighbours.
    """
    settings = _settings(as_config(config), radius, families, features)
    maps: dict[str, sitk.Image] = {}
    for derived in _derived_images(image, mask, settings, label, full):
        maps |= derived.maps(workers or cores(), progress)
    return {column: maps[column] for column in sorted(maps)}


def save_maps(
    image: Readable,
    mask: Readable,
    folder: str | os.PathLike[str],
    config: Settings = None,
    *,
    label: int | None = None,
    radius: int | None = None,
    families: Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    full: bool = False,
    suffix: str = ".nii.gz",
    overwrite: bool = False,
    workers: int | None = None,
    progress: bool = True,
) -> list[Path]:
    """`extract_maps` into files: the maps of one derived image are written before those of the next are made.

    Parameters
    ----------
    folder, suffix, overwrite : as in `write_maps`
    image, mask, config, label, radius, families, features, full, workers, progress : as in `extract_maps`

    Returns
    -------
    The files written

    Raises
    ------
    InputError, ConfigError : as `extract_maps` and `write_maps` do; a file that exists, before its map is made
    """
    settings = _settings(as_config(config), radius, families, features)
    written = []
    for derived in _derived_images(image, mask, settings, label, full):
        _paths(derived.columns, folder, suffix, overwrite)
        maps = derived.maps(workers or cores(), progress)
        written += write_maps(maps, folder, suffix=suffix, overwrite=overwrite)
    return written


def write_maps(
    maps: dict[str, sitk.Image], folder: str | os.PathLike[str], *, suffix: str = ".nii.gz", overwrite: bool = False
) -> list[Path]:
    """Write each map as `<column><suffix>` (.nii.gz, .nrrd, .mha, ...) into a folder.

    Raises
    ------
    InputError : a file exists and `overwrite` is False; nothing is written then
    ConfigError : no format has this suffix
    """
    from .io.by_itk import write_by_itk

    paths = _paths(maps, folder, suffix, overwrite)
    Path(folder).mkdir(parents=True, exist_ok=True)
    for path, image in zip(paths, maps.values(), strict=True):
        write_by_itk(image, str(path))
    return paths


def _paths(columns: Iterable[str], folder: str | os.PathLike[str], suffix: str, overwrite: bool) -> list[Path]:
    if not suffix.startswith("."):
        raise ConfigError(f"a suffix begins with a dot, such as .nii.gz or .nrrd; found {suffix!r}")
    paths = [Path(folder) / f"{column}{suffix}" for column in columns]
    there = [path.name for path in paths if path.exists()]
    if there and not overwrite:
        raise InputError(
            f"{len(there)} of {len(paths)} maps exist already in {folder} ({there[0]}, ...); "
            "choose another folder or overwrite"
        )
    return paths


def _settings(
    config: Config, radius: int | None, families: Sequence[str] | None, features: Sequence[str] | None
) -> Config:
    """The configuration with what the call asks for; shape, which has no map, is dropped unless named."""
    if radius is not None:
        config = config.with_(kernel_radius=radius)
    if config.kernel_radius < 1:
        raise ConfigError(f"a window reaches at least 1 voxel; found radius {config.kernel_radius}")
    selection = config.selection
    if families is not None:
        selection = {name: selection.get(name) for name in families}
    else:
        selection = {name: names for name, names in selection.items() if name in MAPPED}
    if features is not None:
        selection = _named(selection, tuple(features), config)
    return config.with_(features=tuple(selection.items()))


def _named(
    selection: dict[str, tuple[str, ...] | None], features: tuple[str, ...], config: Config
) -> dict[str, tuple[str, ...] | None]:
    there = {name: {f.name for f in family(name).available(config.dialect)} for name in selection}
    for feature in features:
        if not any(feature in names for names in there.values()):
            raise ConfigError(unknown("feature", feature, set().union(*there.values())))
    chosen = {name: tuple(f for f in features if f in names) for name, names in there.items()}
    return {name: names for name, names in chosen.items() if names}


def _wanted(config: Config) -> Wanted:
    """The features of each family; of all of a family those that have a map."""
    wanted = {
        found.name: chosen if config.selection[found.name] else with_map(found.name, chosen)
        for found, chosen in wanted_features(config)
    }
    check(wanted)
    return wanted


def _with_margin(region: Region, margin: int, shape: tuple[int, ...]) -> Region:
    """The region in a box that is `margin` voxels wider on each side, cut at the image's edge."""
    wide = widened(region.box, (margin,) * 3, shape)
    pads = tuple((b.start - w.start, w.stop - b.stop) for b, w in zip(region.box, wide, strict=True))
    return Region(wide, np.pad(region.morphological, pads), np.pad(region.inside, pads))


def _windows(derived: Image, region: Region, config: Config, name: str) -> Windows:
    counted = region.inside if config.masked_kernel else np.ones_like(region.inside)
    corner = tuple(s.start for s in region.box)
    roi = Roi(derived.array, region.morphological, counted, derived.spacing, derived.dimensions, derived.array, corner)
    return Windows(derived.array, discretise(roi, config, name), derived.spacing, config)


@dataclass(frozen=True, eq=False)
class _Places:
    """Where the ROI's windows begin, ascending, and in that order where in a flat map of a grid their voxels lie."""

    grid: Image
    starts: np.ndarray
    voxels: np.ndarray

    @classmethod
    def of(cls, windows: Windows, region: Region, grid: Image, full: bool) -> _Places:
        starts, voxels = windows.starts(region.inside)
        if full:
            indices = np.unravel_index(voxels, region.inside.shape)
            moved = [index + side.start for index, side in zip(indices, region.box, strict=True)]
            voxels = np.ravel_multi_index(moved, grid.array.shape)
        return cls(grid, starts, voxels)


@dataclass(frozen=True, eq=False)
class _Derived:
    """A derived image that windows slide over."""

    name: str
    windows: Windows
    places: _Places
    wanted: Wanted

    @property
    def columns(self) -> list[str]:
        return [f"{self.name}_{kind}_{f.name}" for kind, features in self.wanted.items() for f in features]

    def maps(self, workers: int, progress: bool) -> dict[str, sitk.Image]:
        """A map for each of its columns."""
        import SimpleITK as sitk

        grid = self.places.grid
        blank = to_sitk(grid.with_array(np.full(grid.array.shape, self.windows.config.initial_value)))
        maps = {column: sitk.Image(blank) for column in self.columns}
        self._slide({column: writable(image) for column, image in maps.items()}, workers, progress)
        return maps

    def _slide(self, arrays: dict[str, np.ndarray], workers: int, progress: bool) -> None:
        """Fill flat maps, where they lie."""
        starts, total = self.places.starts, len(self.places.starts)

        def work(piece: slice) -> tuple[slice, dict[str, dict[str, np.ndarray]]]:
            return piece, features_of_windows(self.windows, starts[piece], self.wanted)

        pieces = [slice(i, min(i + CHUNK, total)) for i in range(0, total, CHUNK)]
        with tqdm(total=total, desc=self.name, unit="voxel", disable=not progress) as bar:
            for piece, found in in_order(work, [pieces], min(workers, len(pieces))):
                voxels = self.places.voxels[piece]
                for kind, columns in found.items():
                    for feature, values in columns.items():
                        arrays[f"{self.name}_{kind}_{feature}"][voxels] = values
                bar.update(piece.stop - piece.start)


def _derived_images(
    image: Readable, mask: Readable, config: Config, label: int | None, full: bool
) -> Iterator[_Derived]:
    announce_compilation()
    wanted = _wanted(config)
    picture, roi_mask = prepare(*read_roi(image, mask, config, label), config)
    region = _with_margin(find_region(picture, roi_mask, config), config.kernel_radius, picture.array.shape)
    for image_type in config.images:
        for name, derived in image_type.filter.images(picture, region.box):
            windows = _windows(derived, region, config.for_image(image_type), name)
            places = _Places.of(windows, region, picture if full else derived, full)
            yield _Derived(name, windows, places, wanted)
