"""From image and mask to columns: names, order, labels, provenance, diagnostics."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

import radiomix as rx
from radiomix.config import Aggregation, FixedBinNumber, FixedBinWidth, ImageType, Resample, Resegment
from radiomix.errors import ConfigError, InputError, LabelError, RadiomixWarning
from radiomix.extraction import as_config, compute, extract_case
from radiomix.extraction.provenance import content_hash
from radiomix.filters import LoG, Square
from radiomix.image import Geometry, Image, LabelMap, Mask
from radiomix.io import to_sitk, write_image
from radiomix.registry import Original, families

SPACING = (2.0, 0.7, 0.9)


def scene(dtype: type = np.float32) -> tuple[Image, LabelMap]:
    """A textured image with two labelled ellipsoids."""
    rng = np.random.default_rng(5)
    z, y, x = np.indices((12, 22, 26))
    array = (120 * np.sin(x / 3) + 80 * np.cos(y / 4) + 9 * z + 15 * rng.normal(size=z.shape)).astype(dtype)
    labels = np.zeros(z.shape, dtype=np.uint8)
    labels[((z - 6) / 4) ** 2 + ((y - 9) / 6) ** 2 + ((x - 9) / 7) ** 2 < 1] = 1
    labels[((z - 5) / 3) ** 2 + ((y - 15) / 4) ** 2 + ((x - 20) / 4) ** 2 < 1] = 2
    geometry = Geometry(SPACING, (5.0, -3.0, 8.0))
    return Image(array, geometry), LabelMap(labels, geometry)


FEW = rx.Config.pyradiomics(features=(("firstorder", ("Mean", "Maximum")), ("glcm", ("Contrast",))), label=1)


# Columns


def test_the_default_columns_are_pyradiomics_107() -> None:
    features = rx.extract(*scene(), label=1)
    counts = features.groupby([column.split("_")[1] for column in features.index]).size().to_dict()
    assert counts == {"shape": 14, "firstorder": 18, "glcm": 24, "gldm": 14, "glrlm": 16, "glszm": 16, "ngtdm": 5}
    assert features.index[0] == "original_shape_Elongation"
    assert features.dtype == np.float64
    assert np.isfinite(features).all()


def test_features_by_name_in_the_order_asked_for() -> None:
    config = FEW.with_(features=(("glcm", ("Contrast", "Autocorrelation")), ("shape", ("Sphericity",))))
    expected = ["original_shape_Sphericity", "original_glcm_Contrast", "original_glcm_Autocorrelation"]
    assert list(rx.extract(*scene(), config).index) == expected


def test_an_unknown_feature_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown glcm feature 'Contrst': did you mean 'Contrast'"):
        rx.extract(*scene(), FEW.with_(features=(("glcm", ("Contrst",)),)))


def test_image_types_come_one_after_the_other_with_their_own_settings() -> None:
    images = (
        ImageType(Original()),
        ImageType(Square(), (("bins", FixedBinNumber(4)),)),
        ImageType(LoG(sigma=(2.0, 3.0))),
    )
    features = rx.extract(*scene(), FEW.with_(images=images))
    names = [column.split("_")[0] for column in features.index[::3]]
    assert names == ["original", "square", "log-sigma-2-0-mm-3D", "log-sigma-3-0-mm-3D"]
    alone = rx.extract(*scene(), FEW.with_(images=(ImageType(Square()),), bins=FixedBinNumber(4)))
    pd.testing.assert_series_equal(features.filter(like="square"), alone, check_names=False)


def test_shape_is_computed_once_whatever_the_image_types() -> None:
    config = FEW.with_(
        features=(("shape", ("Sphericity",)),), images=(ImageType(Square()), ImageType(LoG(sigma=(2.0,))))
    )
    assert list(rx.extract(*scene(), config).index) == ["original_shape_Sphericity"]


def test_several_aggregations_are_named_in_the_family() -> None:
    config = rx.Config.ibsi(
        label=1,
        bins=FixedBinWidth(25),
        features=(("firstorder", ("Mean",)), ("glcm", ("Contrast",)), ("glszm", ("ZonePercentage",))),
        aggregations=(Aggregation.SLICE_AVERAGED, Aggregation.SLICE_MERGED, Aggregation.VOLUME_MERGED),
    )
    features = rx.extract(*scene(), config)
    assert list(features.index) == [
        "original_firstorder_Mean",
        "original_glcm-2Daveraged_Contrast",
        "original_glcm-2Dslicemerged_Contrast",
        "original_glcm-3Dmerged_Contrast",
        "original_glszm-2D_ZonePercentage",
        "original_glszm-3D_ZonePercentage",
    ]
    alone = rx.extract(*scene(), config.with_(aggregations=(Aggregation.VOLUME_MERGED,)))
    assert alone["original_glcm_Contrast"] == features["original_glcm-3Dmerged_Contrast"]


def test_every_family_of_the_ibsi_runs_on_an_image_as_it_is() -> None:
    image, labels = scene(np.int16)
    features = rx.extract(image, labels, rx.Config.ibsi(), label=1)
    assert {column.split("_")[1] for column in features.index} == {name for name, _ in rx.Config.ibsi().features}
    assert set(families()) >= {column.split("_")[1] for column in features.index}


def test_the_volume_histogram_of_continuous_intensities_has_a_thousand_bins() -> None:
    image, labels = scene(np.float64)
    config = rx.Config.ibsi(features=(("ivh", None),), label=1)
    as_they_are = rx.extract(image, labels, config)
    pd.testing.assert_series_equal(as_they_are, rx.extract(image, labels, config.with_(ivh_bins=FixedBinNumber(1000))))
    whole = image.with_array(np.rint(image.array))
    assert rx.extract(whole, labels, config)["original_ivh_IntensityAtVolumeFraction10"] == pytest.approx(
        np.percentile(whole.array[labels.array == 1], 90), abs=2
    )


# What may be given


def test_every_kind_of_input_gives_the_same(tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel")
    image, labels = scene()
    write_image(image, tmp_path / "image.nii.gz")
    write_image(labels, tmp_path / "mask.nii.gz")
    expected = rx.extract(image, labels, FEW)
    for read in (str, Path, lambda path: sitk.ReadImage(str(path)), nibabel.load):
        found = rx.extract(read(tmp_path / "image.nii.gz"), read(tmp_path / "mask.nii.gz"), FEW)
        pd.testing.assert_series_equal(found, expected, rtol=1e-6)


def test_every_kind_of_configuration(tmp_path: Path) -> None:
    content = {"setting": {"binWidth": 10, "label": 1}, "featureClass": {"glcm": ["Contrast"]}}
    (tmp_path / "p.yaml").write_text("setting: {binWidth: 10, label: 1}\nfeatureClass: {glcm: [Contrast]}\n")
    config = rx.Config.pyradiomics(bins=FixedBinWidth(10.0), label=1, features=(("glcm", ("Contrast",)),))
    results = [rx.extract(*scene(), given) for given in (content, tmp_path / "p.yaml", config)]
    results.append(rx.extract(*scene(), config.with_(bins=FixedBinWidth(25)), binWidth=10))
    for result in results[1:]:
        pd.testing.assert_series_equal(result, results[0])


def test_settings_by_name() -> None:
    coarse, fine = (rx.extract(*scene(), FEW, binWidth=width) for width in (25, 5))
    assert coarse["original_firstorder_Mean"] == fine["original_firstorder_Mean"]
    assert coarse["original_glcm_Contrast"] < fine["original_glcm_Contrast"]
    with pytest.raises(ConfigError, match="unknown setting 'bin_width': did you mean 'binWidth'"):
        rx.extract(*scene(), bin_width=5)


def test_inputs_are_not_modified() -> None:
    image, labels = scene()
    made, made_labels = to_sitk(image), to_sitk(labels)
    before = sitk.Hash(made), sitk.Hash(made_labels)
    config = FEW.with_(
        normalise=rx.Normalise(100, 2),
        resample=Resample((1, 1, 1)),
        resegment=Resegment(-150),
        images=(ImageType(LoG()),),
    )
    rx.extract(made, made_labels, config)
    rx.extract(image, labels, config)
    assert (sitk.Hash(made), sitk.Hash(made_labels)) == before
    np.testing.assert_array_equal(image.array, scene()[0].array)


# Labels


def test_a_row_per_label() -> None:
    image, labels = scene()
    table = rx.extract(image, labels, FEW, labels="all")
    assert list(table.index) == [1, 2]
    assert table.index.name == "label"
    for label in (1, 2):
        pd.testing.assert_series_equal(table.loc[label], rx.extract(image, labels, FEW, label=label))
    assert list(rx.extract(image, labels, FEW, labels=[2]).index) == [2]


def test_the_label_given_wins_over_the_configuration() -> None:
    assert rx.extract(*scene(), FEW, label=2).name == 2
    with pytest.raises(LabelError, match="several labels"):
        rx.extract(*scene(), FEW.with_(label=None))


def test_cases_are_generated_label_by_label() -> None:
    image, labels = scene()
    cases = extract_case(image, labels, FEW, labels=[1, 9])
    assert next(cases).label == 1
    with pytest.raises(LabelError, match="no label 9"):
        next(cases)


# Provenance


def test_rows_say_where_they_come_from() -> None:
    image, labels = scene()
    (case,) = extract_case(image, labels, FEW)
    assert list(case.row) == [*case.provenance, *case.values]
    assert case.provenance["radiomix_version"] == rx.__version__
    assert case.provenance["radiomix_config"] == FEW.digest
    assert case.provenance["image_hash"] == content_hash(image)
    assert rx.extract(image, labels, FEW).attrs == {"radiomix_version": rx.__version__, "radiomix_config": FEW.digest}


def test_the_content_hash_sees_every_voxel_the_type_and_the_grid() -> None:
    rng = np.random.default_rng(2)
    array = rng.integers(0, 100, size=(3, 5, 7)).astype(np.int16)
    changed = [array.astype(np.int32), array.reshape(5, 3, 7)]
    for place in np.ndindex(*array.shape):
        other = array.copy()
        other[place] += 1
        changed.append(other)
    images = [Image(array), Image(array, Geometry(SPACING)), *(Image(a) for a in changed)]
    assert len({content_hash(image) for image in images}) == len(images)
    turned = np.asfortranarray(array)
    turned.flags.writeable = False
    assert content_hash(Image(turned)) == content_hash(Image(array))


def test_the_same_twice_is_the_same() -> None:
    first, second = (rx.extract(*scene(), label=1) for _ in range(2))
    pd.testing.assert_series_equal(first, second, rtol=0, atol=0)


# PyRadiomics' diagnostics


@pytest.mark.agreement
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyRadiomics' old code
@pytest.mark.parametrize(
    "settings",
    [{}, {"resampledPixelSpacing": [1, 1, 1], "resegmentRange": [-100, 100]}, {"normalize": True, "padDistance": 2}],
)
def test_diagnostics_equal_pyradiomics(settings: dict[str, Any]) -> None:
    extractor = pytest.importorskip("radiomics.featureextractor", reason="PyRadiomics is not installed")
    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    image, labels = scene()
    content = {"setting": {**settings, "additionalInfo": True}, "featureClass": {"firstorder": ["Mean"]}}
    theirs = extractor.RadiomicsFeatureExtractor(content).execute(to_sitk(image), to_sitk(labels))
    ours = rx.extract(image, labels, content, label=1)
    assert list(ours.index) == list(theirs)
    for column in ours.index[7:]:
        if isinstance(theirs[column], str):
            assert ours[column] == theirs[column], column
        else:
            np.testing.assert_allclose(ours[column], theirs[column], rtol=1e-9, err_msg=column)


def test_diagnostics_of_a_mask_on_another_grid() -> None:
    image, labels = scene()
    coarse = LabelMap(labels.array[:, ::2, ::2], Geometry((2.0, 1.4, 1.8), labels.geometry.origin))
    found = rx.extract(image, coarse, FEW.with_(diagnostics=True, correct_mask=True))
    assert found["diagnostics_Mask-original_Size"] == (13, 11, 12)
    assert found["diagnostics_Mask-corrected_Size"] == (26, 22, 12)


# Two dimensions


@pytest.mark.agreement
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyRadiomics' old code
@pytest.mark.parametrize("settings", [{}, {"resampledPixelSpacing": [1, 1]}, {"normalize": True}])
def test_two_dimensional_images_as_by_pyradiomics(settings: dict[str, Any]) -> None:
    extractor = pytest.importorskip("radiomics.featureextractor", reason="PyRadiomics is not installed")
    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    image, labels = scene()
    flat, flat_labels = to_sitk(image)[:, :, 6], to_sitk(labels)[:, :, 6]
    content = {
        "setting": {**settings, "label": 1, "additionalInfo": False},
        "imageType": {"Original": {}, "Square": {}},
        "featureClass": {"shape2D": None, "firstorder": None, "glcm": None, "ngtdm": None},
    }
    theirs = extractor.RadiomicsFeatureExtractor(content).execute(flat, flat_labels)
    ours = rx.extract(flat, flat_labels, content)
    assert list(ours.index) == list(theirs)
    np.testing.assert_allclose(ours, [float(v) for v in theirs.values()], rtol=1e-6, atol=1e-12)


def test_a_volume_is_said_to_have_no_2d_shape_and_a_slice_no_shape() -> None:
    image, labels = scene()
    config = FEW.with_(features=(("shape2D", None), ("firstorder", ("Mean",))))
    with pytest.warns(RadiomixWarning, match="shape2D family is left out for a volume"):
        assert list(rx.extract(image, labels, config).index) == ["original_firstorder_Mean"]


# The laws of a grid


@pytest.mark.parametrize("padding", [1, 4])
def test_what_lies_around_the_roi_does_not_matter(padding: int) -> None:
    image, labels = scene()
    wide = [np.pad(a.array, padding, constant_values=v) for a, v in ((image, 999), (labels, 0))]
    found = rx.extract(Image(wide[0], image.geometry), LabelMap(wide[1], image.geometry), label=1)
    pd.testing.assert_series_equal(found, rx.extract(image, labels, label=1), rtol=1e-12)


@pytest.mark.parametrize("outside", [(np.nan, np.nan), (np.inf, -np.inf), (1e308, 1e308)])
def test_what_is_not_finite_outside_the_roi_does_not_matter(outside: tuple[float, float]) -> None:
    image, labels = scene(np.float64)
    array = image.array.copy()
    array[labels.array != 1] = outside[0]
    array[:, ::2][labels.array[:, ::2] != 1] = outside[1]
    found = rx.extract(image.with_array(array), labels, label=1)
    pd.testing.assert_series_equal(found, rx.extract(image, labels, label=1), rtol=0, atol=0)


def test_compute_takes_a_mask_on_the_images_grid() -> None:
    image, labels = scene()
    values = compute(image, Mask(labels.array == 1, labels.geometry), FEW)
    assert values == dict(rx.extract(image, labels, FEW))


def test_a_configuration_is_none_or_content() -> None:
    assert as_config() == as_config({}) == rx.Config.pyradiomics()
    with pytest.raises(ConfigError, match="a path or a mapping"):
        as_config(3)
    with pytest.raises(InputError, match="an image is a path"):
        rx.extract(3, 4)


# Loading and compiling


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )


def test_importing_loads_nothing_heavy() -> None:
    heavy = "{'numba', 'sklearn', 'SimpleITK', 'pandas', 'scipy', 'xgboost', 'matplotlib'}"
    code = f"import sys, radiomix; found = {heavy} & set(sys.modules); assert not found, found"
    assert run_python(code).returncode == 0


def test_compilation_is_announced_once_and_only_when_it_happens(tmp_path: Path) -> None:
    code = (
        "import numpy as np\n"
        "from radiomix.extraction.announce import announce_compilation\n"
        "from radiomix.kernels.labels import locate\n"
        "from radiomix.kernels.fingerprint import PRIMES, fingerprint\n"
        "announce_compilation(), announce_compilation()\n"
        "labels = np.ones((2, 2, 2), dtype=np.uint8)\n"
        "locate(labels, 1), fingerprint(PRIMES, PRIMES)\n"
    )
    cold, warm = (run_python(code, NUMBA_CACHE_DIR=str(tmp_path)).stderr for _ in range(2))
    assert cold.count("radiomix: compiling kernels") == 1
    assert warm == ""


def test_warnings_are_not_repeated_per_label() -> None:
    image, labels = scene()
    coarse = LabelMap(labels.array[:, ::2, ::2], Geometry((2.0, 1.4, 1.8), labels.geometry.origin))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        rx.extract(image, coarse, FEW, labels="all")
    assert len(said) == 1


def test_features_that_are_not_defined_are_noted() -> None:
    scattered = np.zeros((9, 9, 9), np.uint8)
    scattered[[1, 4, 7], [1, 4, 7], [1, 4, 7]] = 1
    image = Image(np.arange(729.0).reshape(9, 9, 9))
    with pytest.warns(RadiomixWarning, match=r"label 1: 24 of 107 .* original_glcm \(24\)\."):
        features = rx.extract(image, Image(scattered))
    assert features.index[features.isna()].str.startswith("original_glcm_").all()
