"""Voxel maps: equal to PyRadiomics' voxel mode, and to an extraction of each window on its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

import radiomix as rx
from radiomix.errors import ConfigError, InputError
from radiomix.image import Geometry, Image
from radiomix.maps import save_maps, write_maps

FAMILIES = ("firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")
SPACING = (2.0, 1.2, 1.0)


def phantom() -> tuple[Image, Image]:
    """Waves of whole intensities in an ellipsoid; seeded, so the same everywhere."""
    z, y, x = np.indices((9, 11, 12), dtype=float)
    rng = np.random.default_rng(3)
    waves = 6 + 3 * np.sin(x) + 2 * np.cos(0.9 * y + z) + rng.normal(size=x.shape)
    inside = ((z - 4) / 3) ** 2 + ((y - 5) / 4) ** 2 + ((x - 6) / 4.5) ** 2 < 1
    geometry = Geometry(spacing=SPACING, origin=(5.0, -3.0, 11.0))
    return Image(np.rint(waves), geometry), Image(inside.astype(np.uint8), geometry)


SETTINGS = (
    {},
    {"kernelRadius": 2, "binCount": 8},
    {"maskedKernel": False, "initValue": -1.0},
    {"force2D": True, "force2Ddimension": 1},
    {"weightingNorm": "euclidean"},
    {"distances": [1, 2], "gldm_a": 1, "symmetricalGLCM": False, "kernelRadius": 2},
)


@pytest.mark.agreement
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_equal_to_pyradiomics(settings: dict[str, object], recwarn: pytest.WarningsRecorder) -> None:
    extractor_module = pytest.importorskip("radiomics.featureextractor", reason="PyRadiomics is not installed")
    settings = {"binWidth": 1, **settings}
    image, mask = (rx.io.to_sitk(part) for part in phantom())
    extractor = extractor_module.RadiomicsFeatureExtractor(additionalInfo=False, **settings)
    extractor.disableAllFeatures()
    for family in FAMILIES:
        extractor.enableFeatureClassByName(family)
    expected = extractor.execute(image, mask, voxelBased=True)
    found = rx.extract_maps(
        image, mask, {"setting": settings, "featureClass": {f: [] for f in FAMILIES}}, progress=False
    )
    recwarn.clear()  # PyRadiomics' own deprecations
    assert set(found) == set(expected)
    for column, reference in expected.items():
        ours, theirs = sitk.GetArrayFromImage(found[column]), sitk.GetArrayFromImage(reference)
        assert found[column].GetOrigin() == pytest.approx(reference.GetOrigin())
        if column.endswith("MCC"):  # numerical noise decides there whether a direction counts at all
            close = np.isclose(ours, theirs, rtol=1e-6)
            assert close.mean() > 0.9
            continue
        if column.endswith("JointAverage"):  # NaN there where a direction is empty
            ours, theirs = ours[np.isfinite(theirs)], theirs[np.isfinite(theirs)]
        if column.endswith("Correlation") and settings.get("symmetricalGLCM") is False:
            continue  # 0 / rounding there where a marginal has a single level
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9, err_msg=column)


RELATIVE_TO_ALL_LEVELS = {"Idn", "Idmn"}  # normed by the number of levels of the whole ROI


@pytest.mark.parametrize("voxel", [(4, 5, 6), (4, 5, 3), (6, 6, 5)])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_voxel_is_an_extraction_of_its_window(family: str, voxel: tuple[int, int, int]) -> None:
    image, mask = phantom()
    config = rx.Config.pyradiomics(bins=rx.FixedBinWidth(1, origin=0.0), features=((family, None),))
    maps = rx.extract_maps(image, mask, config, full=True, progress=False)
    window = tuple(slice(c - 1, c + 2) for c in voxel)
    alone = rx.extract(image.cropped(window), mask.cropped(window), config)
    for column, value in alone.items():
        if column.rsplit("_", 1)[1] not in RELATIVE_TO_ALL_LEVELS:
            assert sitk.GetArrayFromImage(maps[column])[voxel] == pytest.approx(value, rel=1e-9, abs=1e-12), column


@pytest.mark.parametrize("weighting", [None, rx.Weighting.EUCLIDEAN])
def test_levels_may_be_many_more_than_a_window_has_pairs(weighting: rx.Weighting | None) -> None:
    image, mask = phantom()
    fine = image.with_array(97.0 * image.array + np.arange(image.array.size).reshape(image.array.shape) % 89)
    config = rx.Config.pyradiomics(
        bins=rx.FixedBinWidth(1, origin=0.0), features=(("glcm", None),), weighting=weighting, symmetrical_glcm=False
    )
    maps = rx.extract_maps(fine, mask, config, full=True, progress=False)
    window = tuple(slice(c - 1, c + 2) for c in (4, 5, 3))
    for column, value in rx.extract(fine.cropped(window), mask.cropped(window), config).items():
        if column.rsplit("_", 1)[1] not in RELATIVE_TO_ALL_LEVELS:
            assert sitk.GetArrayFromImage(maps[column])[4, 5, 3] == pytest.approx(value, rel=1e-9), column


@pytest.mark.parametrize("config", [rx.Config.pyradiomics(), rx.Config.ibsi()], ids=["pyradiomics", "ibsi"])
def test_a_window_wider_than_the_roi_holds_all_of_it(config: rx.Config) -> None:
    """Directions merged over so wide a window, as in the IBSI's dialect, fill the widest counters."""
    image, mask = phantom()
    inside = np.zeros_like(mask.array)
    inside[3:6, 3:8, 4:9] = mask.array[3:6, 3:8, 4:9]
    families = ["glcm", "glrlm", "glszm"]
    config = config.with_(bins=rx.FixedBinNumber(8), features=tuple((family, None) for family in families))
    maps = rx.extract_maps(image, mask.with_array(inside), config, radius=7, full=True, progress=False)
    for column, value in rx.extract(image, mask.with_array(inside), config).items():
        found = sitk.GetArrayFromImage(maps[column])[inside > 0]
        np.testing.assert_allclose(found, value, rtol=1e-9, atol=1e-12, err_msg=column)


def test_a_zone_that_winds_through_the_window_is_one() -> None:
    rows = np.ones((1, 5, 5))
    rows[0, 1, :4], rows[0, 3, 1:] = 2, 2  # walls: 1 is a path of 17 voxels, 2 two zones of 4 voxels
    image, mask = Image(np.repeat(rows, 3, axis=0)), Image(np.ones((3, 5, 5), np.uint8))
    config = rx.Config.pyradiomics(bins=rx.FixedBinWidth(1), force_2d=True)
    maps = rx.extract_maps(image, mask, config, radius=2, families=["glszm"], progress=False)
    expected = {
        "LargeAreaEmphasis": (17**2 + 2 * 4**2) / 3,
        "ZonePercentage": 3 / 25,
        "ZoneEntropy": np.log2(3) - 2 / 3,
    }
    for name, value in expected.items():
        assert sitk.GetArrayFromImage(maps[f"original_glszm_{name}"])[1, 2, 2] == pytest.approx(value), name


# Without compilation a lane is a turn of a Python loop: a few must do, set before other files read their number.
CASE = """
import json, os, sys
from radiomix.kernels import window_lanes
if "NUMBA_DISABLE_JIT" in os.environ:
    window_lanes.LANES = 8
import numpy as np, SimpleITK as sitk, radiomix as rx
z, y, x = np.indices((4, 4, 5))
image, mask = rx.Image(np.rint(3 * np.sin(x + 2.0 * y) + z)), rx.Image(((z + y) % 4 < 3).astype(np.uint8))
found = {}
for parameters in json.loads(sys.argv[1]):
    for column, one in rx.extract_maps(image, mask, parameters, progress=False).items():
        found[f"{column}{len(found)}"] = sitk.GetArrayFromImage(one)
np.savez(sys.stdout.buffer, **found)
"""
WHOLE_COUNTS = {"setting": {"binWidth": 2}, "featureClass": dict.fromkeys(FAMILIES)}
WEIGHTED = {
    "setting": {"binWidth": 2, "weightingNorm": "euclidean", "symmetricalGLCM": False},
    "featureClass": {"glcm": None, "glrlm": None},
}


def extracted(**environment: str) -> dict[str, np.ndarray]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    path = os.pathsep.join(filter(None, [str(Path(rx.__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-c", CASE, json.dumps([WHOLE_COUNTS, WEIGHTED])],
        env=kept | {"PYTHONPATH": path} | environment, capture_output=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    with np.load(io.BytesIO(done.stdout)) as found:
        return dict(found)


@pytest.mark.parametrize("switch", ["NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK"])
def test_without_compilation_and_with_bounds_checks(switch: str, tmp_path: Path) -> None:
    compiled, found = extracted(), extracted(**{switch: "1", "NUMBA_CACHE_DIR": str(tmp_path)})
    assert found.keys() == compiled.keys()
    for column, values in found.items():
        np.testing.assert_allclose(values, compiled[column], rtol=1e-9, atol=1e-12, err_msg=column)


def test_pieces_threads_and_radius_do_not_change_values(monkeypatch: pytest.MonkeyPatch) -> None:
    image, mask = phantom()
    config = rx.Config.pyradiomics(bins=rx.FixedBinWidth(1))
    whole = rx.extract_maps(image, mask, config, families=["firstorder", "glcm"], workers=1, progress=False)
    monkeypatch.setattr("radiomix.maps.CHUNK", 37)
    pieces = rx.extract_maps(image, mask, config, families=["firstorder", "glcm"], workers=2, progress=False)
    for column, one in whole.items():
        np.testing.assert_allclose(
            sitk.GetArrayFromImage(pieces[column]), sitk.GetArrayFromImage(one), rtol=1e-12, atol=1e-12
        )


def test_ibsi_maps_merge_directions() -> None:
    image, mask = phantom()
    maps = rx.extract_maps(image, mask, rx.Config.ibsi(), families=["glcm", "ngldm"], progress=False, full=True)
    window = tuple(slice(c - 1, c + 2) for c in (4, 5, 6))
    config = rx.Config.ibsi(features=(("glcm", None), ("ngldm", None)))
    alone = rx.extract(image.cropped(window), mask.cropped(window), config)
    for column in ("original_glcm_JointEntropy", "original_glcm_Contrast", "original_ngldm_LargeDependenceEmphasis"):
        assert sitk.GetArrayFromImage(maps[column])[4, 5, 6] == pytest.approx(alone[column], rel=1e-9)


@pytest.mark.parametrize("force_2d", [False, True])
def test_cropped_maps_lie_where_the_full_ones_do(force_2d: bool) -> None:
    image, mask = phantom()
    config = rx.Config.pyradiomics(force_2d=force_2d, force_2d_axis=1)
    full = rx.extract_maps(image, mask, config, families=["firstorder"], features=["Mean"], full=True, progress=False)
    cropped = rx.extract_maps(image, mask, config, families=["firstorder"], features=["Mean"], progress=False)
    (column,) = full
    small = cropped[column]
    onto = sitk.Resample(small, full[column], sitk.Transform(), sitk.sitkNearestNeighbor, 0.0)
    np.testing.assert_allclose(sitk.GetArrayFromImage(onto), sitk.GetArrayFromImage(full[column]))
    assert small.GetSize() < full[column].GetSize()


def test_written_maps_are_not_overwritten(tmp_path: Path) -> None:
    image, mask = phantom()
    maps = rx.extract_maps(image, mask, families=["firstorder"], features=["Mean"], progress=False)
    (path,) = write_maps(maps, tmp_path, suffix=".nrrd")
    assert sitk.ReadImage(str(path)).GetOrigin() == maps["original_firstorder_Mean"].GetOrigin()
    with pytest.raises(InputError, match="exist already"):
        write_maps(maps, tmp_path, suffix=".nrrd")


def test_maps_of_derived_images_are_written_one_image_after_the_other(tmp_path: Path) -> None:
    image, mask = phantom()
    config = {"imageType": {"Original": {}, "LoG": {"sigma": [2.0]}}, "featureClass": {"firstorder": ["Mean"]}}
    paths = save_maps(image, mask, tmp_path, config, suffix=".nrrd", progress=False)
    in_memory = rx.extract_maps(image, mask, config, progress=False)
    assert [path.name for path in paths] == [
        "original_firstorder_Mean.nrrd", "log-sigma-2-0-mm-3D_firstorder_Mean.nrrd",
    ]  # fmt: skip
    for path in paths:
        np.testing.assert_array_equal(
            sitk.GetArrayFromImage(sitk.ReadImage(str(path))), sitk.GetArrayFromImage(in_memory[path.stem])
        )


def test_what_cannot_be_written_is_said_before_windows_slide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image, mask = phantom()
    options = {"families": ["firstorder"], "features": ["Mean"], "progress": False}
    with pytest.raises(ConfigError, match="use an ending such as"):
        save_maps(image, mask, tmp_path, suffix=".foo", **options)
    save_maps(image, mask, tmp_path, **options)
    monkeypatch.setattr("radiomix.maps.features_of_windows", None)
    with pytest.raises(InputError, match=r"1 of 1 maps exist already .* choose another folder or overwrite"):
        save_maps(image, mask, tmp_path, **options)
    with pytest.raises(ConfigError, match=r"begins with a dot, .* found 'nrrd'"):
        save_maps(image, mask, tmp_path, suffix="nrrd", **options)


def test_all_of_a_family_are_those_that_have_a_map() -> None:
    image, mask = phantom()
    columns = rx.extract_maps(image, mask, rx.Config.ibsi(), families=["firstorder"], progress=False)
    assert "original_firstorder_Variance" in columns
    assert "original_firstorder_CoefficientOfVariation" not in columns
    with pytest.raises(ConfigError, match="unknown first-order voxel map 'CoefficientOfVariation'"):
        rx.extract_maps(
            image, mask, rx.Config.ibsi(), families=["firstorder"], features=["CoefficientOfVariation"], progress=False
        )


@pytest.mark.parametrize("full", [False, True])
def test_a_map_over_its_image(full: bool) -> None:
    image, mask = phantom()
    (values,) = rx.extract_maps(
        image, mask, families=["firstorder"], features=["Mean"], full=full, progress=False
    ).values()
    figure = rx.plot_map(image, mask, values, title="mean")
    picture, overlay = figure.axes[0].images
    z = int(np.argmax(mask.array.sum(axis=(1, 2))))
    inside = mask.array[z] > 0
    found = overlay.get_array()
    assert found.count() == np.count_nonzero(inside)
    onto = sitk.Resample(values, rx.io.to_sitk(image), sitk.Transform(), sitk.sitkNearestNeighbor)
    np.testing.assert_allclose(found.compressed(), sitk.GetArrayFromImage(onto)[z][inside])
    assert picture.get_array().shape == found.shape
    assert figure.axes[0].get_title(loc="left") == "mean"


def test_a_map_of_another_image_is_refused() -> None:
    image, mask = phantom()
    elsewhere = Image(np.ones((3, 3, 3)), Geometry(spacing=SPACING, origin=(500.0, 0.0, 0.0)))
    with pytest.raises(InputError, match="no value inside the ROI"):
        rx.plot_map(image, mask, elsewhere)


def test_what_has_no_map_is_refused() -> None:
    image, mask = phantom()
    with pytest.raises(ConfigError, match="shape and the like have no map"):
        rx.extract_maps(image, mask, families=["shape"], progress=False)
    with pytest.raises(ConfigError, match="did you mean 'JointEntropy'"):
        rx.extract_maps(image, mask, families=["glcm"], features=["JointEntrpy"], progress=False)
    with pytest.raises(ConfigError, match="radius 0"):
        rx.extract_maps(image, mask, radius=0, progress=False)
    with pytest.raises(ConfigError, match="slice by slice"):
        config = rx.Config.ibsi(aggregations=(rx.Aggregation.SLICE_MERGED,))
        rx.extract_maps(image, mask, config, families=["glcm"], progress=False)
