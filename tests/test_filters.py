"""PyRadiomics' image types: equal to PyRadiomics' own, to slow twins, and to themselves wherever the box lies."""

from __future__ import annotations

import logging
import warnings

import numpy as np
import pytest
import SimpleITK as sitk

from radiomix.errors import ConfigError, RadiomixWarning
from radiomix.filters import FILTERS
from radiomix.filters.lbp import LBP2D, LBP3D, icosphere
from radiomix.filters.smooth import LoG, _filtered, _gaussian, _second_derivative
from radiomix.filters.wavelet import Wavelet
from radiomix.image import Geometry, Image
from radiomix.kernels.convolution import convolve_pair
from tests import naive_filters as naive
from tests.data import shared
from tests.test_docs import ROOT, blocks

PYRADIOMICS = [
    ("Square", {}),
    ("SquareRoot", {}),
    ("Logarithm", {}),
    ("Exponential", {}),
    ("Gradient", {}),
    ("Gradient", {"gradientUseSpacing": False}),
    ("LoG", {"sigma": [1.0, 2, 3.5]}),
    ("Wavelet", {}),
    ("Wavelet", {"wavelet": "db3", "level": 2, "start_level": 1}),
    ("Wavelet", {"wavelet": "bior1.3", "force2D": True, "force2Ddimension": 1}),
]
INNER = (slice(4, 13), slice(16, 67), slice(15, 89))
CORNER = (slice(11, 15), slice(70, 81), slice(96, 105))


def lesion(dtype: type = np.float32) -> tuple[sitk.Image, Image]:
    """A real image, as SimpleITK's and as ours."""
    array = sitk.GetArrayFromImage(sitk.ReadImage(str(shared("nasty/img.nii.gz")))).astype(dtype)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((0.6, 0.7, 4.0))
    return image, Image(array, Geometry(spacing=(4.0, 0.7, 0.6)))


def noise(shape: tuple[int, int, int] = (9, 12, 14), spacing=(2.0, 1.0, 1.5)) -> Image:
    values = np.random.default_rng(3).normal(20, 60, shape).round()
    return Image(values.astype(np.int16), Geometry(spacing=spacing))


def whole(image: Image) -> tuple[slice, slice, slice]:
    return tuple(slice(0, n) for n in image.array.shape)


def pyradiomics_images(name: str, image: sitk.Image, settings: dict) -> dict[str, np.ndarray]:
    operations = pytest.importorskip("radiomics.imageoperations", reason="the comparison needs PyRadiomics 3.0.1")
    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    found = getattr(operations, f"get{name}Image")(image, None, **settings)
    return {title: sitk.GetArrayFromImage(derived) for derived, title, _ in found}


@pytest.mark.agreement
@pytest.mark.parametrize("box", [INNER, CORNER], ids=["inner", "corner"])
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
@pytest.mark.parametrize(("name", "settings"), PYRADIOMICS, ids=[f"{n}{i}" for i, (n, _) in enumerate(PYRADIOMICS)])
def test_images_equal_pyradiomics(name, settings, dtype, box):
    image, ours = lesion(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        expected = pyradiomics_images(name, image, settings)
    found = dict(FILTERS[name].from_settings(settings).images(ours, box))
    assert list(found) == list(expected)
    for title, derived in found.items():
        reference = expected[title][box]
        assert derived.array.dtype == reference.dtype
        assert derived.spacing == ours.spacing
        if name == "LoG":  # a rounding to single precision may tip the other way after a run-in of finite length
            assert np.mean(derived.array != reference) < 3e-2
            np.testing.assert_allclose(derived.array, reference, rtol=2e-7, atol=1e-7 * np.ptp(reference))
        else:
            np.testing.assert_array_equal(derived.array, reference)


@pytest.mark.agreement
def test_two_dimensional_images_equal_pyradiomics():
    values = np.random.default_rng(0).normal(100, 30, (21, 24)).astype(np.float32)
    ours = Image(values[None], dimensions=2)
    box = (slice(0, 1), slice(3, 15), slice(8, 24))
    for name, settings in (("LoG", {"sigma": [1.5]}), ("Wavelet", {}), ("Gradient", {}), ("Square", {})):
        expected = pyradiomics_images(name, sitk.GetImageFromArray(values), settings)
        found = dict(FILTERS[name].from_settings(settings).images(ours, box))
        assert list(found) == list(expected)
        for title, derived in found.items():
            np.testing.assert_array_equal(derived.array[0], expected[title][box[1:]])


@pytest.mark.parametrize("name", [n for n in FILTERS if n not in ("Original", "LBP3D")])
def test_only_the_place_of_the_box_decides(name):
    image, box = noise(), (slice(2, 6), slice(0, 7), slice(5, 14))
    settings = {"sigma": [2.0]} if name in ("LoG", "LoGIBSI") else {}
    made = FILTERS[name].from_settings(settings)
    before = image.array.copy()
    image.array.flags.writeable = False
    everywhere = dict(made.images(image, whole(image)))
    for title, derived in made.images(image, box):
        np.testing.assert_allclose(derived.array, everywhere[title].array[box], rtol=1e-6, atol=1e-5)
        assert derived.geometry.position((0, 0, 0)).tolist() == image.geometry.position((2, 0, 5)).tolist()
    np.testing.assert_array_equal(image.array, before)


def test_log_matches_the_sampled_gaussian():
    image = noise()
    ((name, derived),) = LoG(sigma=(3.0,)).images(image, whole(image))
    sampled = naive.gaussian_laplacian(image.array, image.spacing, 3.0, margin=15)
    assert name == "log-sigma-3-0-mm-3D"
    np.testing.assert_allclose(derived.array, sampled, atol=8e-3 * np.ptp(sampled))


def test_log_of_a_constant_is_zero_and_of_a_parabola_its_curvature():
    flat = Image(np.full((8, 8, 8), 7.0))
    ((_, derived),) = LoG(sigma=(1.0,)).images(flat, whole(flat))
    np.testing.assert_allclose(derived.array, 0, atol=1e-5)
    x = np.arange(81.0)
    parabola = Image(np.broadcast_to((x - 40) ** 2, (8, 8, 81)), Geometry(spacing=(1.0, 1.0, 0.5)))
    ((_, derived),) = LoG(sigma=(1.5,)).images(parabola, (slice(3, 5), slice(3, 5), slice(39, 42)))
    np.testing.assert_allclose(derived.array, 1.5**2 * 2 / 0.5**2, rtol=1e-3)


def test_log_leaves_out_a_sigma_that_is_too_large_and_says_so():
    image = noise((6, 12, 14), spacing=(1.0, 1.0, 1.0))
    with pytest.warns(
        RadiomixWarning, match=r"no LoG image for sigma 5\.5 mm: .* at least \[7, 7, 7\] .* \[6, 12, 14\]"
    ):
        found = dict(LoG(sigma=(5.5, 5.0)).images(image, whole(image)))
    assert list(found) == ["log-sigma-5-0-mm-3D"]


@pytest.mark.parametrize("make", [_gaussian, _second_derivative])
@pytest.mark.parametrize(("axis", "shape"), [(2, (2, 300, 17)), (1, (2, 17, 300)), (0, (17, 2, 35))])
def test_recursion_equals_its_slow_twin(make, axis, shape):
    volume = np.random.default_rng(1).normal(size=shape)
    for scale in (0.6, 2.5):
        recursion = make(scale, 1.0)
        found = np.moveaxis(_filtered(volume, axis, recursion, slice(5, 14)), axis, -1)
        lines = np.moveaxis(volume, axis, -1)
        for place in ((0, 0), (1, -1), (1, 1)):
            expected = naive.recursive_response(lines[place], *recursion)[5:14]
            np.testing.assert_allclose(found[place], expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_convolution_equals_its_slow_twin(axis):
    source = np.random.default_rng(2).normal(size=(7, 8, 9))
    low, high = np.array([1.0, 2.0, -0.5, 0.25]), np.array([0.5, -1.0, 3.0, 1.0])
    for taps, found in zip((low, high), convolve_pair(source, axis, low, high), strict=True):
        np.testing.assert_allclose(found, naive.convolution(source, axis, taps), rtol=1e-12)


def test_the_bands_of_a_wavelet_hold_the_energy_of_the_image():
    image = Image(np.random.default_rng(5).normal(size=(8, 10, 12)))
    bands = dict(Wavelet("haar").images(image, whole(image)))
    assert len(bands) == 8
    energy = sum((band.array**2).sum() for band in bands.values())
    assert energy == pytest.approx(8 * (image.array**2).sum(), rel=1e-12)


def test_wavelet_names_count_levels_from_the_first_that_is_kept():
    names = [name for name, _ in Wavelet("haar", level=2, start_level=1).images(noise(), whole(noise()))]
    details = ["LLH", "LHL", "LHH", "HLL", "HLH", "HHL", "HHH"]
    assert names == [f"wavelet-{d}" for d in details] + [f"wavelet2-{d}" for d in details] + ["wavelet2-LLL"]


@pytest.mark.parametrize("method", ["default", "ror", "uniform", "var"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_local_binary_patterns_equal_their_slow_twin(method, axis):
    image = Image(noise().array.astype(np.float64))
    ((name, derived),) = LBP2D(radius=1.5, samples=7, method=method, axis=axis).images(image, whole(image))
    planes, found = image.array.swapaxes(0, axis), derived.array.swapaxes(0, axis)
    assert name == "lbp-2D"
    for place in [(0, 0, 0), (3, 5, 4), (8, 8, 8), (2, 0, 7)]:
        expected = naive.local_binary_pattern(planes[place[0]], *place[1:], 1.5, 7, method)
        assert found[place] == pytest.approx(expected, rel=1e-9)


def test_local_binary_patterns_keep_the_number_type():
    ((_, derived),) = LBP2D().images(noise(), whole(noise()))
    assert derived.array.dtype == np.int16
    assert set(np.unique(derived.array)) <= set(range(10))


def test_an_icosphere_has_its_vertices_on_the_sphere_and_is_symmetric():
    for subdivisions, count in ((0, 12), (1, 42), (2, 162)):
        vertices = icosphere(subdivisions, 2.0)
        assert vertices.shape == (count, 3)
        np.testing.assert_allclose(np.linalg.norm(vertices, axis=1), 2.0)
        opposite = np.abs(vertices[:, None] + vertices).sum(axis=-1).min(axis=1)
        np.testing.assert_allclose(opposite, 0, atol=1e-12)


def test_spherical_patterns_of_a_peak_a_pit_and_a_constant():
    array = np.zeros((7, 7, 7))
    array[3, 3, 3] = 10
    centre = (slice(3, 4),) * 3
    for sign, bits in ((1, 0), (-1, 42)):
        found = {n: float(i.array.item()) for n, i in LBP3D().images(Image(sign * array), centre)}
        assert list(found) == ["lbp-3D-m1", "lbp-3D-m2", "lbp-3D-k"]
        assert found["lbp-3D-m1"] == pytest.approx(bits * np.sqrt(42) / (4 * np.pi))
    flat = {n: float(i.array.item()) for n, i in LBP3D().images(Image(np.zeros((7, 7, 7))), centre)}
    assert flat["lbp-3D-k"] == -3


@pytest.mark.parametrize("name", ["Square", "SquareRoot", "Logarithm", "Exponential"])
def test_an_image_of_zeros_stays_finite(name):
    image = Image(np.zeros((3, 3, 3), np.int16))
    ((_, derived),) = FILTERS[name]().images(image, whole(image))
    assert np.isfinite(derived.array).all()


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("Wavelet", {"wavelet": "coif-1"}, "unknown wavelet 'coif-1': did you mean 'coif1'"),
        ("Wavelet", {"level": 0}, "Wavelet expects a whole level of 1 or more; found 0"),
        ("Wavelet", {"level": 1.5}, "Wavelet expects a whole level of 1 or more; found 1.5"),
        ("LoG", {"sigma": ["1.5"]}, "LoG expects sigma above 0 mm; found '1.5'"),
        ("LBP2D", {"lbp2DSamples": 8.5}, "LBP2D expects lbp2DSamples from 1 to 31; found 8.5"),
        ("LoG", {"sigma": [1, -2]}, "LoG expects sigma above 0 mm; found -2"),
        ("LBP2D", {"lbp2DMethod": "unifrom"}, "unknown lbp2DMethod 'unifrom': did you mean 'uniform'"),
        ("LBP3D", {"lbp3DLevels": 0}, "LBP3D expects lbp3DLevels of 1 or more; found 0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name, settings, message):
    with pytest.raises(ConfigError, match=message):
        FILTERS[name].from_settings(settings)


@pytest.mark.parametrize(("name", "settings"), [*PYRADIOMICS, ("LBP2D", {"lbp2DMethod": "ror"}), ("LBP3D", {})])
def test_settings_make_the_filter_and_come_back(name, settings):
    made = FILTERS[name].from_settings({"binWidth": 25, **settings})
    assert set(settings) <= FILTERS[name].SETTINGS
    assert FILTERS[name].from_settings(made.to_settings()) == made
    assert hash(made) == hash(FILTERS[name].from_settings(settings))


def test_the_representation_shows_what_was_changed():
    assert repr(Wavelet("haar", level=2)) == "Wavelet(wavelet='haar', level=2)"
    assert repr(LoG(sigma=(1.0,))) == "LoG(sigma=(1.0,))"


def test_the_documented_filter_works():
    (code,) = blocks("docs/add-a-filter.md")
    exec(compile(code, "docs/add-a-filter.md", "exec", dont_inherit=True), {"__name__": __name__})


def test_the_page_of_filters_names_every_filter_and_setting():
    page = (ROOT / "docs/filters.md").read_text(encoding="utf-8")
    for name, kind in FILTERS.items():
        assert f"`{name}`" in page
        assert all(f"`{setting}`" in page for setting in kind.SETTINGS), name
    (code,) = blocks("docs/filters.md")
    exec(compile(code, "docs/filters.md", "exec", dont_inherit=True), {"__name__": __name__})
