"""Voxel maps, per voxel, against PyRadiomics' voxel mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .clock import Timing, Work, alternate, compiled, timed
from .peers import Absent, pyradiomics_call
from .rois import SIZES, Region, ellipsoid
from .rows import Peers, Row

WITHOUT_MCC = (
    "Autocorrelation", "ClusterProminence", "ClusterShade", "ClusterTendency", "Contrast", "Correlation",
    "DifferenceAverage", "DifferenceEntropy", "DifferenceVariance", "Id", "Idm", "Idmn", "Idn", "Imc1", "Imc2",
    "InverseVariance", "JointAverage", "JointEnergy", "JointEntropy", "MaximumProbability", "SumAverage", "SumEntropy",
    "SumSquares",
)  # fmt: skip
KINDS: dict[str, dict[str, list[str]]] = {
    "first order": {"firstorder": []},
    "GLCM without MCC": {"glcm": list(WITHOUT_MCC)},
    "GLCM with MCC": {"glcm": []},
    "GLDM and NGTDM": {"gldm": [], "ngtdm": []},
    "GLRLM": {"glrlm": []},
    "GLSZM": {"glszm": []},
}
TARGETS = {
    1: dict(zip(KINDS, (400, 500, 60, 30, 50, 20), strict=True)),
    2: {"first order": 150, "GLCM without MCC": 200, "GLDM and NGTDM": 20},
}
VOXELS, VOXELS_OF_GLCM, VOXELS_ALONE = SIZES[1], SIZES[0], SIZES[2]  # PyRadiomics: milliseconds for a voxel's GLCM
PER_VOXEL = "µs/voxel"


def voxel_maps(peers: Peers) -> Iterator[Row]:
    """Both on one region, as large as PyRadiomics' patience allows."""
    few, many = ellipsoid(VOXELS_OF_GLCM), ellipsoid(VOXELS)
    for radius, targets in TARGETS.items():
        for kind, target in targets.items():
            region = few if "GLCM" in kind else many
            contestants, absent = {"radiomix": ours(region, kind, radius)}, ""
            try:
                contestants["PyRadiomics"] = timed(pyradiomics_call(region, parameters(kind, radius), voxel_based=True))
            except Absent as reason:
                absent = str(reason)
            found = {name: per_voxel(t, region) for name, t in alternate(contestants, most=7).items()}
            yield Row(
                f"map, radius {radius}: {kind}", region.name, "PyRadiomics", found["radiomix"],
                found.get("PyRadiomics"), target, absent, PER_VOXEL,
            )  # fmt: skip


def large_voxel_maps(peers: Peers) -> Iterator[Row]:
    """A region on which nobody waits for PyRadiomics."""
    region = ellipsoid(VOXELS_ALONE)
    for radius, kinds in TARGETS.items():
        for kind in kinds:
            timing = alternate({"radiomix": ours(region, kind, radius)}, seconds=4, most=3)["radiomix"]
            yield Row(
                f"map, radius {radius}: {kind}", region.name, "PyRadiomics", per_voxel(timing, region), None, None,
                "not run: minutes", PER_VOXEL,
            )  # fmt: skip


def parameters(kind: str, radius: int) -> dict[str, Any]:
    return {"featureClass": KINDS[kind], "voxelSetting": {"kernelRadius": radius}}


def per_voxel(timing: Timing, region: Region) -> Timing:
    """Microseconds for each voxel of the ROI."""
    return Timing([1e6 * seconds / region.voxels for seconds in timing.seconds])


def ours(region: Region, kind: str, radius: int) -> Work:
    from radiomix.maps import extract_maps

    settings = parameters(kind, radius)
    return compiled(timed(lambda: extract_maps(region.image, region.mask, settings, progress=False)))


MAPS = (voxel_maps, large_voxel_maps)
