"""Regions to measure on: made by formula from a seed, and real ones where the shared data are present."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

SHARED = Path(os.environ.get("RADIOMIX_TEST_DATA", Path(__file__).resolve().parents[2] / "shared"))
SIZES = (4_137, 55_332, 125_256, 490_336)
MARGIN = 10
IN_PLANE = 256  # the least width of an image, as in clinical ones
SHARES = np.array([0.8, 0.9, 1.0])


@dataclass(frozen=True, eq=False)
class Region:
    """An image and a mask in memory."""

    name: str
    image: sitk.Image
    mask: sitk.Image

    @cached_property
    def voxels(self) -> int:
        return int(np.count_nonzero(sitk.GetArrayViewFromImage(self.mask)))

    def write(self, folder: Path) -> tuple[Path, Path]:
        """The pair as NIfTI files, for peers that run in another process."""
        stem = self.name.replace(" ", "-").replace(",", "")
        paths = folder / f"{stem}-image.nii.gz", folder / f"{stem}-mask.nii.gz"
        for volume, path in zip((self.image, self.mask), paths, strict=True):
            sitk.WriteImage(volume, str(path))
        return paths


def ellipsoid(voxels: int, seed: int = 20250101) -> Region:
    """Smooth noise of about 40 grey levels at bin width 25 in an image as wide as clinical ones, and in its middle an
    ellipsoid of about `voxels` voxels, 1 mm grid.
    """
    radii = SHARES * (3 * voxels / (4 * np.pi * SHARES.prod())) ** (1 / 3)
    needed = [2 * int(np.ceil(r)) + 1 + 2 * MARGIN for r in radii]
    shape = (needed[0], max(needed[1], IN_PLANE), max(needed[2], IN_PLANE))
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = ndimage.gaussian_filter(noise, 2.0)
    texture = 120 * smooth / smooth.std() + 25 * noise
    centre = [(n - 1) / 2 for n in shape]
    squared = sum(
        ((axis - c) / r) ** 2 for axis, c, r in zip(np.indices(shape, sparse=True), centre, radii, strict=True)
    )
    image = sitk.GetImageFromArray(np.round(texture).astype(np.int16))
    mask = sitk.GetImageFromArray((squared <= 1).astype(np.uint8))
    return Region(f"ellipsoid {np.count_nonzero(squared <= 1):,}", image, mask)


def real() -> Iterator[Region]:
    """The IBSI's CT phantom, a sarcoma on CT and a prostate on MR; those whose files are absent are left out."""
    sources = {
        "IBSI CT phantom": ("ibsi/phantoms/ct/image/phantom.nii.gz", "ibsi/phantoms/ct/mask/mask.nii.gz"),
        "sarcoma CT": ("cohorts/sts/STS_001/CT_image.nii.gz", "cohorts/sts/STS_001/CT_mask.nii.gz"),
        "prostate MR": ("nasty/img.nii.gz", "nasty/seg_one_label.nii.gz"),
    }
    for name, files in sources.items():
        paths = [SHARED / file for file in files]
        if all(path.exists() for path in paths):
            yield Region(name, *(sitk.ReadImage(str(path)) for path in paths))
