"""Voxel maps, per voxel, against PyRadiomics' voxel mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .clock import Work, alternate, timed
from .peers import Absent, pyradiomics_call
from .rois import Region, ellipsoid
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


def voxel_maps(peers: Peers) -> Iterator[Row]:
    region = ellipsoid(1_500)
    for radius, targets in TARGETS.items():
        for kind, target in targets.items():
            parameters: dict[str, Any] = {"featureClass": KINDS[kind], "voxelSetting": {"kernelRadius": radius}}
            contestants, absent = {"radiomix": ours(region, parameters)}, ""
            try:
                contestants["PyRadiomics"] = theirs(region, parameters)
            except Absent as reason:
                absent = str(reason)
            timings = alternate(contestants, most=7)
            yield Row(
                f"map, radius {radius}: {kind}", region.name, "PyRadiomics", timings["radiomix"],
                timings.get("PyRadiomics"), target, absent,
            )  # fmt: skip


def ours(region: Region, parameters: dict[str, Any]) -> Work:
    from radiomix.maps import extract_maps

    return timed(lambda: extract_maps(region.image, region.mask, parameters, progress=False))


def theirs(region: Region, parameters: dict[str, Any]) -> Work:
    return timed(pyradiomics_call(region, parameters, voxel_based=True))


MAPS = (voxel_maps,)
