"""What to compute and how, said once in a frozen object that names itself in every table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from functools import cached_property
from typing import Any

from .errors import ConfigError, unknown
from .registry import Dialect, Filter, Original, filters


class Interpolator(Enum):
    """How intensities are interpolated; the values are SimpleITK's names, which PyRadiomics' files use."""

    NEAREST = "sitkNearestNeighbor"
    LINEAR = "sitkLinear"
    BSPLINE = "sitkBSpline"  # cubic
    GAUSSIAN = "sitkGaussian"
    LABEL_GAUSSIAN = "sitkLabelGaussian"
    HAMMING = "sitkHammingWindowedSinc"
    COSINE = "sitkCosineWindowedSinc"
    WELCH = "sitkWelchWindowedSinc"
    LANCZOS = "sitkLanczosWindowedSinc"
    BLACKMAN = "sitkBlackmanWindowedSinc"


class RangeMode(Enum):
    """What the bounds of a re-segmentation range mean."""

    ABSOLUTE = "absolute"  # intensities
    RELATIVE = "relative"  # fractions of the maximum in the ROI
    SIGMA = "sigma"  # standard deviations from the mean in the ROI


class Weighting(Enum):
    """The norm of the distance by which GLCM and GLRLM directions are weighted before they are merged."""

    MANHATTAN = "manhattan"
    EUCLIDEAN = "euclidean"
    INFINITY = "infinity"
    NONE = "no_weighting"  # merged with equal weights


class Aggregation(Enum):
    """How the matrices of directions and slices are combined (IBSI); the value is the suffix in column names."""

    SLICE_AVERAGED = "2Daveraged"  # features per slice and direction, averaged
    SLICE_MERGED = "2Dslicemerged"  # directions merged per slice, features averaged over slices
    DIRECTION_MERGED = "2.5Ddirectionmerged"  # slices merged per direction, features averaged over directions
    PLANE_MERGED = "2.5Dmerged"  # one matrix from all slices and in-plane directions
    VOLUME_AVERAGED = "3Daveraged"  # features per 3D direction, averaged
    VOLUME_MERGED = "3Dmerged"  # one matrix from all 3D directions

    @property
    def dimension(self) -> str:
        """The IBSI's shorter name for families without directions: 2D, 2.5D or 3D."""
        return self.value[: self.value.index("D") + 1]


@dataclass(frozen=True)
class Resample:
    """A new voxel grid.

    spacing : mm, (z, y, x); 0 keeps the image's own spacing along that axis
    interpolator : for the image
    mask_interpolator : for the mask; PyRadiomics knows only NEAREST, the IBSI's reference uses LINEAR
    partial_volume : a mask voxel belongs to the ROI when its interpolated value reaches this (IBSI only)
    round_intensities : to the nearest integer after interpolation, as the IBSI asks for CT
    """

    spacing: tuple[float, float, float]
    interpolator: Interpolator = Interpolator.BSPLINE
    mask_interpolator: Interpolator = Interpolator.NEAREST
    partial_volume: float = 0.5
    round_intensities: bool = False


@dataclass(frozen=True)
class Resegment:
    """Which voxels of the ROI keep their intensity: low <= x <= high, and within outlier_sigma of the mean.

    A bound of None is open. `shape=True` lets the excluded voxels leave the morphological mask too.
    """

    low: float | None = None
    high: float | None = None
    mode: RangeMode = RangeMode.ABSOLUTE
    outlier_sigma: float | None = None
    shape: bool = False


@dataclass(frozen=True)
class Normalise:
    """(x - mean) / sd over the whole image, times `scale`; `remove_outliers` clips at that many sd, None does not."""

    scale: float = 1.0
    remove_outliers: float | None = None


@dataclass(frozen=True)
class FixedBinWidth:
    """Bins of a given width in intensity units (IBSI: fixed bin size).

    origin : lower edge of the first bin. None: in PyRadiomics' dialect the multiple of the width at or below the
        minimum, in the IBSI's the lower bound of re-segmentation, or the minimum where there is none.
    """

    width: float = 25.0
    origin: float | None = None


@dataclass(frozen=True)
class FixedBinNumber:
    """A given number of equal bins between the minimum and the maximum in the ROI."""

    count: int = 32


@dataclass(frozen=True)
class NoBins:
    """The intensities are integer grey levels already."""


Bins = FixedBinWidth | FixedBinNumber | NoBins


@dataclass(frozen=True)
class ImageType:
    """A filter, and the settings that hold for its images only, as (field of Config, value) pairs."""

    filter: Filter
    overrides: tuple[tuple[str, Any], ...] = ()


DEFAULT_FAMILIES = ("shape", "firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm")
IBSI_FAMILIES = (
    "shape", "localintensity", "firstorder", "histogram", "ivh", "glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm",
)  # fmt: skip


@dataclass(frozen=True)
class Config:
    """The whole of an extraction's settings. Make one with `Config.pyradiomics()`, `Config.ibsi()` or from a parameter
    file; change one with `with_`.

    Attributes
    ----------
    dialect : whose definitions
    label : the mask's label; None takes the only one there is
    label_channel : the component of a vector-valued mask
    images : filters with their overrides
    features : (family, names) pairs; names None means all default features of the family
    normalise, resample, resegment, bins : processing steps; None leaves a step out
    ivh_bins : discretisation for the intensity-volume histogram (IBSI); with NoBins 1000 where they are no integers
    aggregations : for texture (IBSI); PyRadiomics' dialect has VOLUME_AVERAGED, or DIRECTION_MERGED with force_2d
    distances : Chebyshev distances between neighbours
    symmetrical_glcm, weighting : GLCM and GLRLM options
    gldm_alpha : largest grey level difference that still counts as dependent
    force_2d, force_2d_axis : texture slice by slice, out-of-plane array axis (z, y, x)
    voxel_shift : added to intensities before energy, total energy and RMS
    minimum_dimensions, minimum_size : the smallest ROI accepted
    pad_distance, pre_crop : how far around the ROI filters and resampling may look, in voxels
    geometry_tolerance : of `Geometry.matches`; None is SimpleITK's 1e-6
    correct_mask : resample a mask onto the image's grid where the grids differ
    diagnostics : add PyRadiomics' `diagnostics_*` columns
    kernel_radius, masked_kernel, initial_value, voxel_batch : voxel maps
    """

    dialect: Dialect = Dialect.PYRADIOMICS
    label: int | None = None
    label_channel: int = 0
    images: tuple[ImageType, ...] = (ImageType(Original()),)
    features: tuple[tuple[str, tuple[str, ...] | None], ...] = tuple((name, None) for name in DEFAULT_FAMILIES)
    normalise: Normalise | None = None
    resample: Resample | None = None
    resegment: Resegment | None = None
    bins: Bins = field(default_factory=FixedBinWidth)
    ivh_bins: Bins | None = None
    aggregations: tuple[Aggregation, ...] = (Aggregation.VOLUME_AVERAGED,)
    distances: tuple[int, ...] = (1,)
    symmetrical_glcm: bool = True
    weighting: Weighting | None = None
    gldm_alpha: float = 0.0
    force_2d: bool = False
    force_2d_axis: int = 0
    voxel_shift: float = 0.0
    minimum_dimensions: int = 2
    minimum_size: int | None = None
    pad_distance: int = 5
    pre_crop: bool = False
    geometry_tolerance: float | None = None
    correct_mask: bool = False
    diagnostics: bool = False
    kernel_radius: int = 1
    masked_kernel: bool = True
    initial_value: float = 0.0
    voxel_batch: int | None = None

    @classmethod
    def pyradiomics(cls, **changes: Any) -> Config:
        """PyRadiomics' defaults: 107 features of the original image, bin width 25."""
        return cls().with_(**changes)

    @classmethod
    def ibsi(cls, **changes: Any) -> Config:
        """The IBSI's definitions: every family, 3D merged, integer grey levels unless `bins` says otherwise."""
        standard = cls(
            dialect=Dialect.IBSI,
            features=tuple((name, None) for name in IBSI_FAMILIES),
            bins=NoBins(),
            ivh_bins=NoBins(),
            aggregations=(Aggregation.VOLUME_MERGED,),
            minimum_dimensions=1,
        )
        return standard.with_(**changes)

    @classmethod
    def preset(cls, name: str, **changes: Any) -> Config:
        """A published configuration by name: "ibsi-phantom", "ibsi-A" to "ibsi-E", "ibsi-sarcoma-CT", ..."""
        from .presets import preset

        return preset(name, **changes)

    def with_(self, **changes: Any) -> Config:
        """A copy with some fields changed.

        >>> Config.pyradiomics().with_(bins=FixedBinNumber(64)).bins
        FixedBinNumber(count=64)
        """
        accepted = {f.name for f in fields(self)}
        for name in changes:
            if name not in accepted:
                raise ConfigError(unknown("field of Config", name, accepted))
        return replace(self, **changes)

    def for_image(self, image_type: ImageType) -> Config:
        """The settings in force for one image type."""
        return self.with_(**dict(image_type.overrides))

    @property
    def selection(self) -> Mapping[str, tuple[str, ...] | None]:
        """`features` as a mapping."""
        return dict(self.features)

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal characters that change whenever a setting does."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        blank = type(self)()
        changed = [
            f"{f.name}={getattr(self, f.name)!r}"
            for f in fields(self)
            if getattr(self, f.name) != getattr(blank, f.name)
        ]
        return f"Config({', '.join(changed)})"


def encode(value: Any) -> Any:
    """A configuration as plain lists and dicts, for JSON."""
    match value:
        case Enum():
            return {"enum": type(value).__name__, "name": value.name}
        case tuple() | list():
            return [encode(item) for item in value]
        case _ if is_dataclass(value):
            return {
                "class": type(value).__name__,
                "fields": {f.name: encode(getattr(value, f.name)) for f in fields(value)},
            }
        case _:
            return value


def decode(value: Any) -> Any:
    """The configuration that `encode` took apart. Only classes of `radiomix.config` and registered filters are made."""
    match value:
        case {"enum": name, "name": member}:
            return _settings_class(name)[member]
        case {"class": name, "fields": values}:
            return _settings_class(name)(**{key: decode(item) for key, item in values.items()})
        case list():
            return tuple(decode(item) for item in value)
        case _:
            return value


def _settings_class(name: str) -> Any:
    known = {n: c for n, c in globals().items() if isinstance(c, type) and c.__module__.startswith("radiomix.")}
    if name not in known:
        known |= {c.__name__: c for c in filters().values()}
    if name not in known:
        raise ConfigError(unknown("class in a stored configuration", name, known))
    return known[name]
