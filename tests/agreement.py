"""The cases and settings on which radiomix is compared with PyRadiomics; golden numbers and live runs share them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
import yaml

from tests.data import shared

Pair = tuple[sitk.Image, sitk.Image]
Parameters = dict[str, Any]

PARAMETER_FILES = Path(__file__).with_name("parameters")
TEXTURE = ("firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm")
CLASSES: Parameters = {name: [] for name in ("shape", *TEXTURE)}
TEXTURE_CLASSES: Parameters = {name: [] for name in TEXTURE}
BRIEF: Parameters = {"firstorder": [], "glcm": [], "glszm": []}


def lesion(shape: tuple[int, int, int] = (15, 32, 30)) -> tuple[np.ndarray, np.ndarray]:
    """A textured (z, y, x) image of whole numbers and a mask with labels 1 (hollow ellipsoid) and 2 (box)."""
    z, y, x = np.indices(shape, dtype=np.float64)
    waves = 60 * np.sin(0.7 * x + 0.4 * z) + 45 * np.cos(0.9 * y - 0.3 * x) + 30 * np.sin(1.3 * z + 0.5 * y)
    grain = (7919 * x + 104729 * y + 1299709 * z + 31 * x * y + 17 * y * z) % 97
    image = np.round(waves + grain).astype(np.int16)
    radius = ((z - 6.6) / 5.4) ** 2 + ((y - 14.2) / 11.7) ** 2 + ((x - 13.1) / 10.4) ** 2
    hole = (z - 7) ** 2 + (y - 12) ** 2 + (x - 15) ** 2 < 7
    mask = ((radius < 1) & ~hole).astype(np.uint8)
    mask[9:13, 24:30, 22:29] = 2
    return image, mask


def as_pair(image: np.ndarray, mask: np.ndarray, origin: tuple[float, ...] = (-12.5, 30.0, 101.25)) -> Pair:
    pair = sitk.GetImageFromArray(image), sitk.GetImageFromArray(mask)
    for volume in pair:
        volume.SetSpacing((0.8, 0.9, 2.2))
        volume.SetOrigin(origin)
    return pair


def synthetic() -> Pair:
    return as_pair(*lesion())


def synthetic_one_label() -> Pair:
    image, mask = lesion()
    return as_pair(image, (mask == 1).astype(np.uint8))


def synthetic_channels() -> Pair:
    image, mask = synthetic()
    return image, sitk.Compose(sitk.Cast(mask == 1, sitk.sitkUInt8), sitk.Cast(mask == 2, sitk.sitkUInt8))


def synthetic_shifted() -> Pair:
    """The mask's origin is 0.00005 mm off."""
    image, mask = synthetic_one_label()
    mask.SetOrigin([o + 5e-5 for o in mask.GetOrigin()])
    return image, mask


def synthetic_other_grid() -> Pair:
    """The mask lies on a coarser grid that covers the ROI only."""
    image, mask = synthetic_one_label()
    grid = sitk.ResampleImageFilter()
    grid.SetSize((20, 22, 12))
    grid.SetOutputSpacing((1.1, 1.2, 2.5))
    grid.SetOutputOrigin(mask.TransformContinuousIndexToPhysicalPoint((1.3, 1.2, 0.4)))
    grid.SetInterpolator(sitk.sitkNearestNeighbor)
    return image, grid.Execute(mask)


def synthetic_slice() -> Pair:
    """A three-dimensional image whose ROI lies in one slice."""
    image, mask = lesion()
    mask[:6] = 0
    mask[7:] = 0
    return as_pair(image, mask)


def synthetic_row() -> Pair:
    image, mask = lesion()
    row = np.zeros_like(mask)
    row[6, 20, 5:22] = 1
    return as_pair(image, row)


def synthetic_2d() -> Pair:
    image, mask = lesion()
    pair = sitk.GetImageFromArray(image[6]), sitk.GetImageFromArray(mask[6])
    for volume in pair:
        volume.SetSpacing((0.8, 0.9))
    return pair


def read(image: str, mask: str) -> Callable[[], Pair]:
    return lambda: (sitk.ReadImage(str(shared(image))), sitk.ReadImage(str(shared(mask))))


def of_patient(modality: str) -> Callable[[], Pair]:
    folder = "cohorts/sts/STS_001"
    return read(f"{folder}/{modality}_image.nii.gz", f"{folder}/{modality}_mask.nii.gz")


CASES: dict[str, Callable[[], Pair]] = {
    "synthetic": synthetic,
    "synthetic_one_label": synthetic_one_label,
    "synthetic_channels": synthetic_channels,
    "synthetic_shifted": synthetic_shifted,
    "synthetic_other_grid": synthetic_other_grid,
    "synthetic_slice": synthetic_slice,
    "synthetic_row": synthetic_row,
    "synthetic_2d": synthetic_2d,
    "prostate": read("nasty/img.nii.gz", "nasty/seg_one_label.nii.gz"),
    "prostate_two_labels": read("nasty/img.nii.gz", "nasty/seg_two_labels.nii.gz"),
    "prostate_2d": read("nasty/img_2d.nii.gz", "nasty/mask_2d.nii.gz"),
    "sarcoma_ct": of_patient("CT"),
    "sarcoma_mr": of_patient("MR_T1"),
    "sarcoma_pet": of_patient("PET"),
    "phantom_ct": read("ibsi/phantoms/ct/image/phantom.nii.gz", "ibsi/phantoms/ct/mask/mask.nii.gz"),
}


def parameters(features: Parameters = CLASSES, images: Parameters | None = None, **setting: Any) -> Parameters:
    """A parameter file's content; `additionalInfo` is off unless asked for."""
    return {
        "imageType": images or {"Original": {}},
        "featureClass": dict(features),
        "setting": {"label": 1, "additionalInfo": False, **setting},
    }


def from_file(name: str) -> Parameters:
    content = yaml.safe_load((PARAMETER_FILES / name).read_text())
    content["setting"]["additionalInfo"] = False
    return content


SMOOTHED: Parameters = {"Original": {}, "LoG": {"sigma": [1.5]}, "Wavelet": {}}
INTERPOLATORS = (
    "NearestNeighbor", "Linear", "BSpline", "Gaussian", "LabelGaussian", "HammingWindowedSinc", "CosineWindowedSinc",
    "WelchWindowedSinc", "LanczosWindowedSinc", "BlackmanWindowedSinc",
)  # fmt: skip
DEPRECATED: Parameters = {
    "shape": ["Compactness1", "Compactness2", "SphericalDisproportion", "Sphericity"],
    "firstorder": ["StandardDeviation", "Mean"],
    "glcm": ["Dissimilarity", "Homogeneity1", "Homogeneity2", "SumVariance", "Contrast"],
    "gldm": ["GrayLevelNonUniformityNormalized", "DependencePercentage", "DependenceEntropy"],
}
BY_NAME: Parameters = {
    "shape": ["MeshVolume", "Flatness"],
    "firstorder": ["Entropy", "10Percentile"],
    "glcm": ["MCC", "Imc2", "JointEnergy"],
    "glszm": ["ZonePercentage"],
    "ngtdm": ["Busyness", "Coarseness"],
}

ALONE: dict[str, Parameters] = {
    "default": parameters(),
    "binWidth_10": parameters(binWidth=10),
    "binWidth_7.3": parameters(binWidth=7.3),
    "binCount_32": parameters(binCount=32),
    "binCount_11": parameters(binCount=11),
    "normalize": parameters(normalize=True, binWidth=0.25),
    "normalizeScale": parameters(normalize=True, normalizeScale=100),
    "removeOutliers": parameters(normalize=True, normalizeScale=100, removeOutliers=1.5, binWidth=10),
    "resampledPixelSpacing": parameters(resampledPixelSpacing=[2, 2, 2]),
    "resampledPixelSpacing_up": parameters(resampledPixelSpacing=[0.7, 0.7, 1.3]),
    "resampledPixelSpacing_in_plane": parameters(resampledPixelSpacing=[1.5, 1.2, 0]),
    "resampledPixelSpacing_own": parameters(resampledPixelSpacing=[0, 0, 0]),
    "padDistance_0": parameters(BRIEF, SMOOTHED, padDistance=0, resampledPixelSpacing=[1, 1, 2]),
    "padDistance_8": parameters(BRIEF, SMOOTHED, padDistance=8, resampledPixelSpacing=[1, 1, 2]),
    "preCrop": parameters(BRIEF, SMOOTHED, preCrop=True),
    "preCrop_padDistance": parameters(BRIEF, SMOOTHED, preCrop=True, padDistance=3),
    "resegmentRange": parameters(resegmentRange=[20, 180]),
    "resegmentRange_open": parameters(resegmentRange=[30]),
    "resegmentMode_relative": parameters(resegmentRange=[0.1, 0.7], resegmentMode="relative"),
    "resegmentMode_sigma": parameters(resegmentRange=[-1.5, 1.2], resegmentMode="sigma"),
    "resegmentShape": parameters(resegmentRange=[20, 180], resegmentShape=True),
    "voxelArrayShift": parameters({"firstorder": []}, voxelArrayShift=300),
    "distances_2": parameters(distances=[2]),
    "distances_1_2": parameters(distances=[1, 2]),
    "symmetricalGLCM": parameters({"glcm": []}, symmetricalGLCM=False),
    "weightingNorm_manhattan": parameters({"glcm": [], "glrlm": []}, weightingNorm="manhattan"),
    "weightingNorm_euclidean": parameters({"glcm": [], "glrlm": []}, weightingNorm="euclidean"),
    "weightingNorm_infinity": parameters({"glcm": [], "glrlm": []}, weightingNorm="infinity"),
    "weightingNorm_no_weighting": parameters({"glcm": [], "glrlm": []}, weightingNorm="no_weighting"),
    "gldm_a_1": parameters({"gldm": []}, gldm_a=1),
    "gldm_a_3": parameters({"gldm": []}, gldm_a=3, binWidth=5),
    "force2D": parameters(force2D=True),
    "force2Ddimension_1": parameters(force2D=True, force2Ddimension=1),
    "force2Ddimension_2": parameters(force2D=True, force2Ddimension=2),
    "minimumROIDimensions": parameters(minimumROIDimensions=3),
    "minimumROISize": parameters(minimumROISize=100),
    "overrides": parameters(BRIEF, {"Original": {"binWidth": 12}, "LoG": {"sigma": [2.0], "binCount": 20}}),
    "by_name": parameters(BY_NAME),
    "deprecated": parameters(DEPRECATED),
    **{
        f"interpolator_{name}": parameters(BRIEF, interpolator=f"sitk{name}", resampledPixelSpacing=[1.3, 1.2, 2.9])
        for name in INTERPOLATORS
    },
}

IMAGES: dict[str, Parameters] = {
    "wavelet": parameters(TEXTURE_CLASSES, {"Wavelet": {}}),
    "wavelet_haar_levels": parameters(BRIEF, {"Wavelet": {"wavelet": "haar", "level": 2, "start_level": 1}}),
    "wavelet_db3_force2D": parameters(BRIEF, {"Wavelet": {"wavelet": "db3"}}, force2D=True),
    "wavelet_bior": parameters(
        BRIEF, {"Wavelet": {"wavelet": "bior2.2", "binWidth": 10}}, force2D=True, force2Ddimension=2
    ),
    "log": parameters(TEXTURE_CLASSES, {"LoG": {"sigma": [1, 2.0, 3.5]}}),
    "pointwise": parameters(TEXTURE_CLASSES, {"Square": {}, "SquareRoot": {}, "Logarithm": {}, "Exponential": {}}),
    "gradient": parameters(TEXTURE_CLASSES, {"Gradient": {}}),
    "gradient_voxels": parameters(BRIEF, {"Gradient": {"gradientUseSpacing": False}}),
    "lbp2D": parameters(BRIEF, {"LBP2D": {}}, binWidth=1),
    "lbp2D_settings": parameters(
        BRIEF,
        {"LBP2D": {"lbp2DRadius": 1.7, "lbp2DSamples": 7, "lbp2DMethod": "default"}},
        force2D=True,
        force2Ddimension=1,
    ),
    "lbp2D_ror": parameters(BRIEF, {"LBP2D": {"lbp2DMethod": "ror"}}, binWidth=1),
    "lbp2D_var": parameters(BRIEF, {"LBP2D": {"lbp2DMethod": "var"}}),
    "lbp3D": parameters(BRIEF, {"LBP3D": {}}, binWidth=1),
    "lbp3D_settings": parameters(
        BRIEF,
        {"LBP3D": {"lbp3DLevels": 3, "lbp3DIcosphereRadius": 2, "lbp3DIcosphereSubdivision": 2, "binWidth": 0.5}},
    ),
}

EXAMPLES = {
    name: from_file(f"{name}.yaml")
    for name in ("Params", "exampleCT", "exampleMR_3mm", "exampleMR_5mm", "exampleMR_NoResampling", "MR_2D_extraction")
}  # fmt: skip

SPECIAL: dict[str, Parameters] = {
    "label_2": parameters(label=2),
    "label_channel_1": parameters(label_channel=1),
    "geometryTolerance": parameters(geometryTolerance=1e-3),
    "correctMask": parameters(correctMask=True),
    "shape2D": parameters({"shape2D": [], "firstorder": [], "glcm": []}, force2D=True),
    "shape2D_deprecated": parameters({"shape2D": ["SphericalDisproportion", "Sphericity"]}, force2D=True),
    "minimumROIDimensions_1": parameters({"firstorder": [], "glcm": [], "glrlm": []}, minimumROIDimensions=1),
    "additionalInfo": parameters({"firstorder": ["Mean"]}, additionalInfo=True),
    "additionalInfo_processed": parameters(
        {"firstorder": ["Mean"]}, additionalInfo=True, resampledPixelSpacing=[2, 2, 2], resegmentRange=[0, 150]
    ),
    "shape2D_plain": parameters({"shape2D": [], "firstorder": [], "glcm": []}),
    "binWidth_1": parameters(binWidth=1),
}

SETTINGS = {**ALONE, **IMAGES, **EXAMPLES, **SPECIAL}

# LBP3D on single-precision images is left to docs/differences.md: PyRadiomics' kurtosis is single precision there, and
# its levels are sums whose rounding decides on which side of a percentile a tie falls.
RUNS: list[tuple[str, str]] = [
    *(("synthetic_one_label", setting) for setting in (*ALONE, *IMAGES)),
    *(("prostate", setting) for setting in (*ALONE, *IMAGES) if not (setting.startswith("lbp3D") or "Sinc" in setting)),
    *(("prostate", setting) for setting in ("Params", "exampleMR_3mm", "exampleMR_5mm", "exampleMR_NoResampling")),
    *(("sarcoma_ct", setting) for setting in ("default", "exampleCT")),
    *(("sarcoma_mr", setting) for setting in ("default", "exampleMR_5mm")),
    *(("sarcoma_pet", setting) for setting in ("default", "binWidth_1", "binCount_32", "wavelet", "log", "pointwise")),
    ("phantom_ct", "default"),
    ("synthetic", "label_2"),
    ("prostate_two_labels", "label_2"),
    ("synthetic_channels", "label_channel_1"),
    ("synthetic_shifted", "geometryTolerance"),
    ("synthetic_other_grid", "correctMask"),
    *(
        ("synthetic_slice", setting)
        for setting in ("default", "force2D", "shape2D", "shape2D_deprecated", "MR_2D_extraction")
    ),
    ("synthetic_row", "minimumROIDimensions_1"),
    *(("synthetic_2d", setting) for setting in ("shape2D_plain", "shape2D_deprecated", "binCount_32", "distances_2")),
    *(
        ("prostate_2d", setting)
        for setting in ("shape2D_plain", "weightingNorm_euclidean", "wavelet", "lbp2D", "pointwise")
    ),
    *(("synthetic_one_label", setting) for setting in ("additionalInfo", "additionalInfo_processed")),
    *(("prostate", setting) for setting in ("additionalInfo", "additionalInfo_processed")),
]
