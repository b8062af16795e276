"""Parameter files: PyRadiomics' own, unchanged, and what they say that cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import radiomix as rx
from radiomix.config import (
    DEFAULT_FAMILIES,
    Aggregation,
    FixedBinNumber,
    FixedBinWidth,
    Interpolator,
    NoBins,
    Normalise,
    RangeMode,
    Resample,
    Resegment,
    Weighting,
)
from radiomix.errors import ConfigError, RadiomixWarning
from radiomix.filters import LoG, Wavelet
from radiomix.parameters import read_parameters, to_pyradiomics, with_settings
from radiomix.parameters.settings import PYRADIOMICS
from radiomix.registry import Dialect, Original

FILES = sorted((Path(__file__).parent / "parameters").glob("*.yaml"))

# every setting of PyRadiomics, and the field of Config that it fills
MEANINGS: list[tuple[dict[str, Any], str, Any]] = [
    ({"label": 3}, "label", 3),
    ({"label_channel": 1}, "label_channel", 1),
    ({"minimumROIDimensions": 3}, "minimum_dimensions", 3),
    ({"minimumROISize": 50}, "minimum_size", 50),
    ({"geometryTolerance": 1e-3}, "geometry_tolerance", 1e-3),
    ({"correctMask": True}, "correct_mask", True),
    ({"additionalInfo": True}, "diagnostics", True),
    ({"binWidth": 10}, "bins", FixedBinWidth(10.0)),
    ({"binCount": 32}, "bins", FixedBinNumber(32)),
    ({"binCount": 32, "binWidth": 10}, "bins", FixedBinNumber(32)),
    ({"binCount": None, "binWidth": 10}, "bins", FixedBinWidth(10.0)),
    ({"normalize": True}, "normalise", Normalise()),
    ({"normalize": True, "normalizeScale": 100, "removeOutliers": 3}, "normalise", Normalise(100.0, 3.0)),
    ({"normalize": False, "normalizeScale": 100}, "normalise", None),
    ({"resampledPixelSpacing": [1, 2, 0]}, "resample", Resample((0.0, 2.0, 1.0))),
    ({"resampledPixelSpacing": [1, 2]}, "resample", Resample((0.0, 2.0, 1.0))),
    (
        {"resampledPixelSpacing": [3, 2, 1], "interpolator": "sitkLinear"},
        "resample",
        Resample((1.0, 2.0, 3.0), Interpolator.LINEAR),
    ),
    (
        {"resampledPixelSpacing": [3, 2, 1], "interpolator": 1},
        "resample",
        Resample((1.0, 2.0, 3.0), Interpolator.NEAREST),
    ),
    ({"resampledPixelSpacing": [3, 2, 1], "interpolator": None}, "resample", None),
    ({"interpolator": "sitkLinear"}, "resample", None),
    ({"padDistance": 8}, "pad_distance", 8),
    ({"preCrop": True}, "pre_crop", True),
    ({"resegmentRange": [400, -100]}, "resegment", Resegment(-100.0, 400.0)),
    (
        {"resegmentRange": [-3, 3], "resegmentMode": "sigma", "resegmentShape": True},
        "resegment",
        Resegment(-3.0, 3.0, RangeMode.SIGMA, shape=True),
    ),
    ({"resegmentRange": [0.4], "resegmentMode": "relative"}, "resegment", Resegment(0.4, mode=RangeMode.RELATIVE)),
    ({"distances": [1, 2]}, "distances", (1, 2)),
    ({"force2D": True}, "force_2d", True),
    ({"force2Ddimension": 2}, "force_2d_axis", 2),
    ({"voxelArrayShift": 300}, "voxel_shift", 300.0),
    ({"symmetricalGLCM": False}, "symmetrical_glcm", False),
    ({"weightingNorm": "euclidean"}, "weighting", Weighting.EUCLIDEAN),
    ({"weightingNorm": None}, "weighting", None),
    ({"gldm_a": 1}, "gldm_alpha", 1.0),
    ({"kernelRadius": 2}, "kernel_radius", 2),
    ({"maskedKernel": False}, "masked_kernel", False),
    ({"initValue": -1}, "initial_value", -1.0),
    ({"voxelBatch": 1000}, "voxel_batch", 1000),
    ({"voxelBatch": -1}, "voxel_batch", None),
]


@pytest.mark.parametrize(("settings", "field", "value"), MEANINGS, ids=[str(m[0]) for m in MEANINGS])
def test_what_each_setting_means(settings: dict[str, Any], field: str, value: Any) -> None:
    config = read_parameters({"setting": settings, "featureClass": {"firstorder": None}})
    assert getattr(config, field) == value
    assert config.with_(**{field: getattr(rx.Config(), field)}, features=rx.Config().features) == rx.Config()


def test_every_setting_has_its_meaning_here() -> None:
    assert set(PYRADIOMICS) == {name for settings, _, _ in MEANINGS for name in settings}


def test_an_empty_file_is_pyradiomics_default() -> None:
    assert read_parameters({}) == rx.Config.pyradiomics()
    assert read_parameters({"setting": None, "imageType": {}, "featureClass": None}) == rx.Config.pyradiomics()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_of_pyradiomics_and_back(path: Path) -> None:
    config = read_parameters(path)
    assert read_parameters(to_pyradiomics(config)) == config


def test_json_and_yaml_say_the_same(tmp_path: Path) -> None:
    content = {"setting": {"binWidth": 7, "distances": [1, 3]}, "imageType": {"LoG": {"sigma": [1.5]}}}
    (tmp_path / "p.json").write_text(json.dumps(content))
    (tmp_path / "p.yaml").write_text("setting: {binWidth: 7, distances: [1, 3]}\nimageType:\n  LoG: {sigma: [1.5]}\n")
    assert read_parameters(tmp_path / "p.json") == read_parameters(str(tmp_path / "p.yaml")) == read_parameters(content)


def test_image_types_and_their_own_settings() -> None:
    config = read_parameters(
        {
            "setting": {"binWidth": 25, "sigma": [4.0]},
            "imageType": {"Original": {}, "LoG": {"binWidth": 10, "sigma": [1.0, 2.0]}, "Wavelet": {"wavelet": "haar"}},
        }
    )
    original, log, wavelet = config.images
    assert original.filter == Original()
    assert log.filter == LoG(sigma=(1.0, 2.0))
    assert wavelet.filter == Wavelet("haar")
    assert config.for_image(log).bins == FixedBinWidth(10.0)
    assert config.for_image(wavelet).bins == FixedBinWidth(25.0)
    assert to_pyradiomics(config)["imageType"]["LoG"] == {"sigma": [1.0, 2.0], "binWidth": 10.0}


def test_a_global_setting_of_a_filter() -> None:
    config = read_parameters({"setting": {"sigma": [4.0]}, "imageType": {"LoG": None}})
    assert config.images[0].filter == LoG(sigma=(4.0,))


def test_the_number_of_bins_wins_within_an_image_type_as_in_pyradiomics() -> None:
    config = read_parameters({"setting": {"binCount": 8}, "imageType": {"Square": {"binWidth": 10}}})
    assert config.for_image(config.images[0]).bins == FixedBinNumber(8)


def test_what_cannot_differ_between_image_types_is_said() -> None:
    with pytest.warns(RadiomixWarning, match="resampledPixelSpacing cannot differ between image types"):
        config = read_parameters({"imageType": {"Square": {"resampledPixelSpacing": [1, 1, 1]}}})
    assert config.images[0].overrides == ()


def test_features_by_name_in_the_order_of_the_file() -> None:
    config = read_parameters(
        {"featureClass": {"glcm": ["Contrast", "Autocorrelation"], "shape": None, "firstorder": []}}
    )
    assert config.features == (("glcm", ("Contrast", "Autocorrelation")), ("shape", None), ("firstorder", None))


def test_no_feature_class_asks_for_all_and_2d_shape_where_it_exists() -> None:
    names = [name for name, _ in read_parameters({"setting": {"force2D": True}}).features]
    assert names == ["shape", "shape2D", *DEFAULT_FAMILIES[1:]]


WRONG: list[tuple[Any, str]] = [
    ({"settings": {}}, "unknown section of a parameter file 'settings': did you mean 'setting'"),
    ({"setting": {"binwidth": 25}}, "unknown setting 'binwidth': did you mean 'binWidth'"),
    ({"imageType": {"Wavelets": {}}}, "unknown image type 'Wavelets': did you mean 'Wavelet'"),
    ({"imageType": {"LoG": {"sigmas": [1]}}}, "unknown setting of image type 'LoG' 'sigmas': did you mean 'sigma'"),
    ({"featureClass": {"GLCMs": None}}, "unknown feature family 'GLCMs': did you mean 'glcm'"),
    ({"featureClass": {"glcm": ["Contrst"]}}, "unknown glcm feature 'Contrst': did you mean 'Contrast'"),
    ({"featureClass": {"glcm": "Contrast"}}, "expects a list of features or nothing; found 'Contrast'"),
    ({"setting": {"binWidth": "25"}}, r"'binWidth' expects a number above 0; found '25' \(str\)"),
    ({"setting": {"binWidth": 0}}, "expects a number above 0; found 0"),
    ({"setting": {"binCount": 2.5}}, "expects an integer of at least 1; found 2.5"),
    ({"setting": {"normalize": 1}}, r"expects true or false; found 1 \(int\)"),
    ({"setting": {"padDistance": True}}, "expects an integer of at least 0; found True"),
    ({"setting": {"interpolator": "Linear"}}, "expects one of sitkNearestNeighbor, .* found 'Linear'"),
    ({"setting": {"interpolator": 11}}, "its number from 1 to 10; found 11"),
    ({"setting": {"resampledPixelSpacing": [1, -1, 1]}}, "of at least 0; found"),
    ({"setting": {"resegmentRange": [1, 2, 3]}}, "expects a list of 1 or 2 numbers; found"),
    ({"setting": {"resegmentMode": "percent"}}, "expects one of absolute, relative, sigma; found 'percent'"),
    ({"setting": {"weightingNorm": "euclid"}}, "expects one of manhattan, euclidean, infinity, no_weighting"),
    ({"setting": {"force2Ddimension": 3}}, "expects an integer from 0 to 2; found 3"),
    ({"setting": [1]}, r"section 'setting' .* holds names and values; found \[1\]"),
    ({"radiomix": {"dialekt": "ibsi"}}, "unknown setting of radiomix 'dialekt': did you mean 'dialect'"),
    (42, "a path or a mapping; found"),
    ("no/such/file.yaml", "there is no parameter file"),
]


@pytest.mark.parametrize(("source", "message"), WRONG, ids=[str(source) for source, _ in WRONG])
def test_wrong_files_are_refused_with_the_remedy(source: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_parameters(source)


@pytest.mark.parametrize(("name", "text"), [("p.yaml", "setting: [1"), ("p.json", "{"), ("p.yml", "just words")])
def test_files_that_are_no_parameter_files(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match="parameter file"):
        read_parameters(tmp_path / name)


def test_overrides_win_over_the_file() -> None:
    config = read_parameters({"setting": {"binWidth": 25, "label": 1}}, {"binWidth": 5})
    assert (config.bins, config.label) == (FixedBinWidth(5.0), 1)
    with pytest.raises(ConfigError, match="did you mean 'binWidth'"):
        read_parameters({}, {"bin_width": 5})


def test_settings_change_a_configuration() -> None:
    base = rx.Config.pyradiomics(resample=Resample((1.0, 1.0, 1.0)), images=(rx.ImageType(LoG(sigma=(1.0,))),))
    changed = with_settings(base, {"interpolator": "sitkLinear", "sigma": [2.0], "binCount": 16})
    assert changed.resample == Resample((1.0, 1.0, 1.0), Interpolator.LINEAR)
    assert changed.images[0].filter == LoG(sigma=(2.0,))
    assert changed.bins == FixedBinNumber(16)
    assert with_settings(changed, {"binCount": None}).bins == FixedBinWidth(25.0)


def test_settings_keep_what_they_do_not_name_in_the_ibsi_dialect() -> None:
    base = rx.Config.preset("ibsi-C")
    changed = with_settings(base, {"binWidth": 10, "resampledPixelSpacing": [1, 1, 1]})
    assert changed.resample == Resample((1.0, 1.0, 1.0), Interpolator.LINEAR, Interpolator.LINEAR, 0.5, True)
    assert changed == base.with_(bins=FixedBinWidth(10.0), resample=changed.resample)


def test_a_file_in_the_ibsi_dialect() -> None:
    """Configuration C of the IBSI, in words."""
    content = {
        "setting": {
            "binWidth": 25,
            "resampledPixelSpacing": [2, 2, 2],
            "interpolator": "sitkLinear",
            "resegmentRange": [-1000, 400],
        },
        "radiomix": {
            "dialect": "ibsi",
            "roundIntensities": True,
            "ivhBinWidth": 2.5,
            "aggregations": ["3Daveraged", "3Dmerged"],
        },
    }
    assert read_parameters(content) == rx.Config.preset("ibsi-C")


def test_the_ibsi_dialect_alone() -> None:
    config = read_parameters({"radiomix": {"dialect": "ibsi"}})
    assert config == rx.Config.ibsi()
    assert (config.dialect, config.bins, config.aggregations) == (Dialect.IBSI, NoBins(), (Aggregation.VOLUME_MERGED,))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (rx.Config.ibsi(), "the IBSI's"),
        (rx.Config.pyradiomics(bins=FixedBinWidth(25, origin=3.0)), "no setting for binOrigin"),
        (rx.Config.pyradiomics(resegment=Resegment(high=3.0)), "needs a lower bound"),
        (rx.Config.pyradiomics(images=(rx.ImageType(Wavelet("haar")), rx.ImageType(Wavelet()))), "Wavelet once"),
    ],
)
def test_what_pyradiomics_has_no_words_for(config: rx.Config, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        to_pyradiomics(config)


@pytest.mark.agreement
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")  # PyRadiomics' validator
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_pyradiomics_accepts_what_is_written(path: Path) -> None:
    extractor = pytest.importorskip("radiomics.featureextractor", reason="PyRadiomics is not installed")
    written = to_pyradiomics(read_parameters(path))
    made = extractor.RadiomicsFeatureExtractor(written)
    assert list(made.enabledImagetypes) == list(written["imageType"])
