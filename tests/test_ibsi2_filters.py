"""The IBSI's filters against direct convolution, and the laws that hold for them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import pywt
from scipy import ndimage

from radiomix.errors import ConfigError, RadiomixWarning
from radiomix.filters import FILTERS
from radiomix.filters.fourier import Shannon, Simoncelli, shannon_band, simoncelli_band
from radiomix.filters.gabor import Gabor
from radiomix.filters.riesz import RieszLoG, RieszSimoncelli
from radiomix.filters.separable import Boundary, on_axes, rotations
from radiomix.filters.spatial import LAWS, Laws, LoGIBSI, Mean, SeparableWavelet
from radiomix.image import Geometry, Image
from tests import naive_filters as naive

SCIPY_MODE = {"zero": "constant", "nearest": "nearest", "periodic": "wrap", "mirror": "reflect"}
BOX = (slice(0, 4), slice(3, 9), slice(6, 13))


def noise(shape: tuple[int, int, int] = (9, 11, 13), spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Image:
    return Image(np.random.default_rng(8).normal(30, 10, shape), Geometry(spacing=spacing))


def whole(image: Image) -> tuple[slice, slice, slice]:
    return tuple(slice(0, n) for n in image.array.shape)


def only(made, image: Image, box=None) -> np.ndarray:
    ((_, derived),) = made.images(image, box or whole(image))
    return derived.array


def unit(name: str) -> np.ndarray:
    return np.asarray(LAWS[name]) / np.linalg.norm(LAWS[name])


@pytest.mark.parametrize("boundary", SCIPY_MODE)
def test_spatial_filters_equal_direct_convolution(boundary):
    image, mode = noise(), SCIPY_MODE[boundary]
    kernels = {
        Mean(3, boundary=boundary): np.full((3, 3, 3), 1 / 27),
        Mean(5, dimension=2, boundary=boundary): np.full((1, 5, 5), 1 / 25),
        LoGIBSI(1.2, boundary=boundary): naive.log_kernel(1.2, 4, 3),
        LoGIBSI(1.2, cutoff=3, dimension=2, boundary=boundary): naive.log_kernel(1.2, 3, 2),
        Laws("E5L3W5", boundary=boundary): naive.separable_kernel(unit("E5"), unit("L3"), unit("W5")),
        Laws("S5E3", boundary=boundary): naive.separable_kernel(unit("S5"), unit("E3"), [1]),
    }
    for made, kernel in kernels.items():
        expected = ndimage.convolve(image.array, kernel, mode=mode)[BOX]
        np.testing.assert_allclose(only(made, image, BOX), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("boundary", SCIPY_MODE)
def test_pooled_energy_equals_the_24_rotations_one_by_one(boundary):
    image, mode = noise(), SCIPY_MODE[boundary]
    kernel = naive.separable_kernel(unit("E5"), unit("L3"), unit("S3"))
    every = [ndimage.convolve(image.array, k, mode=mode) for k in naive.rotated_kernels(kernel)]
    assert len(every) == 24
    energy = ndimage.uniform_filter(np.abs(np.max(every, axis=0)), 5, mode=mode)
    found = only(Laws("E5L3S3", "max", 2, boundary=boundary), image, BOX)
    np.testing.assert_allclose(found, energy[BOX], rtol=1e-9, atol=1e-9)
    average = only(Laws("E5L3S3", "average", boundary=boundary), image, BOX)
    np.testing.assert_allclose(average, np.mean(every, axis=0)[BOX], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("boundary", list(Boundary))
def test_a_cascade_continues_each_level_anew(boundary):
    """Two levels of low pass are one low pass after another, each on an image continued beyond its edges."""
    image = noise()
    first = only(SeparableWavelet("db2", "LLL", boundary=boundary), image)
    low = np.zeros(9)
    low[:8:2] = pywt.Wavelet("db2").dec_lo
    second = ndimage.convolve(first, naive.separable_kernel(low, low, low), mode=SCIPY_MODE[boundary.value])
    np.testing.assert_allclose(only(SeparableWavelet("db2", "LLL", 2, boundary=boundary), image), second, rtol=1e-9)


def test_rotations_are_proper_and_distinct():
    letters = [((1.0, 0.0, 0.0),), ((0.0, 2.0, 1.0),), ((3.0, 1.0, 0.0),)]
    assert rotations(letters).total() == len(rotations(letters)) == 24
    assert rotations(letters[:2]).total() == len(rotations(letters[:2])) == 4
    assert on_axes(letters) in rotations(letters)
    mirrored = [(letters[0][0][::-1],), letters[1], letters[2]]
    assert on_axes(mirrored) not in rotations(letters)


@pytest.mark.parametrize(
    "made",
    [
        Laws("E5L5S3", "max", 1),
        SeparableWavelet("db2", "LLH", 1, "average"),
        LoGIBSI(1.0),
        Gabor(2, 3, 0.7, theta_step=np.pi / 4),
    ],
)
def test_a_turned_image_has_a_turned_response(made):
    image = noise((10, 10, 10))
    for plane in ((0, 1), (1, 2), (0, 2)):
        turned = image.with_array(np.rot90(image.array, 1, plane))
        np.testing.assert_allclose(only(made, turned), np.rot90(only(made, image), 1, plane), rtol=1e-9, atol=1e-9)


def test_gabor_equals_its_slow_twin():
    image = noise((3, 14, 15), spacing=(4.0, 2.0, 2.0))
    made = Gabor(3.0, 5.0, 0.8, 0.6, response="real", dimension=2, boundary="zero")
    # the twin's kernel is as large as the plane; the filter's ends at half the plane's size
    for place in ((0, 7, 7), (2, 6, 8)):
        twin = naive.gabor_response(image.array[place[0]], *place[1:], 1.5, 2.5, 0.8, 0.6)
        assert only(made, image)[place] == pytest.approx(twin.real, rel=1e-4)


def test_gabor_responds_most_to_a_wave_of_its_own_direction():
    x = np.arange(40.0)
    wave = np.cos(2 * np.pi * (x * np.cos(0.5) + x[:, None] * np.sin(0.5)) / 6)
    image, centre = Image(wave[None]), (slice(0, 1), slice(18, 22), slice(18, 22))
    answers = {t: only(Gabor(4, 6, 1, t, dimension=2), image, centre).mean() for t in (-0.5, 0.0, 0.5, 1.0, 2.1)}
    assert max(answers, key=answers.get) == 0.5
    pooled = only(Gabor(4, 6, 1, theta_step=0.1 * np.pi, pooling="max", dimension=2), image, centre)
    assert answers[0.0] < pooled.mean() <= answers[0.5]


def test_simoncelli_bands_share_the_energy_of_what_they_let_through():
    """The squares of neighbouring bands add up to one between the first and the last."""
    radius = np.linspace(2.0**-3, 2.0**-1, 50)
    squares = sum(simoncelli_band(level)(radius) ** 2 for level in range(1, 7))
    np.testing.assert_allclose(squares, 1)
    np.testing.assert_array_equal(sum(shannon_band(level)(radius) for level in range(1, 7)), 1)


@pytest.mark.parametrize("made", [Simoncelli, Shannon])
def test_band_pass_images_let_no_constant_through(made):
    flat = Image(np.full((15, 15, 15), 5.0))
    np.testing.assert_allclose(only(made(1), flat), 0, atol=1e-12)
    for boundary in ("mirror", "nearest"):
        np.testing.assert_allclose(only(made(1, boundary=boundary), flat), 0, atol=1e-9)


@pytest.mark.parametrize("order", [1, 2])
def test_alignment_turns_a_riesz_transform_and_keeps_its_length(order):
    image, box = noise((13, 14, 15)), (slice(2, 6), slice(3, 7), slice(4, 8))
    orders = [o for o in product(range(order + 1), repeat=3) if sum(o) == order]
    plain = sum(only(RieszSimoncelli(o), image, box) ** 2 for o in orders)
    aligned = [only(RieszSimoncelli(o, alignment_sigma=1.5), image, box) for o in orders]
    np.testing.assert_allclose(sum(a**2 for a in aligned), plain, rtol=1e-8)
    if order == 1:
        assert all((a >= -1e-9).all() for a in aligned)
        strongest = aligned[orders.index((1, 0, 0))]
        assert (strongest**2).sum() > max((a**2).sum() for a in aligned if a is not strongest)


def test_a_riesz_transform_finds_the_direction_of_an_edge():
    array = np.zeros((24, 24, 24))
    array[:, 12:, :] = 100
    image, box = Image(array), (slice(8, 16),) * 3
    along = {
        o: np.abs(only(RieszLoG(o, sigma=2.0, boundary="nearest"), image, box)).max() for o in ((1, 0, 0), (0, 1, 0))
    }
    assert along[0, 1, 0] > 50 * along[1, 0, 0]
    aligned = only(RieszLoG((1, 0, 0), 1.0, sigma=2.0, boundary="nearest"), image, box)
    assert aligned.max() == pytest.approx(along[0, 1, 0], rel=1e-3)


def test_a_sampled_log_that_does_not_sum_to_zero_is_said():
    with pytest.warns(RadiomixWarning, match=r"log-ibsi-sigma-1-mm-3D: sigma is small beside the voxels, .* resample"):
        only(LoGIBSI(1.0), noise(spacing=(5.0, 1.0, 1.0)))


def test_names_say_what_was_done():
    image = noise((12, 12, 12))
    made = {
        "mean-5-3D": Mean(),
        "mean-3-2D-zero": Mean(3, dimension=2, boundary="zero"),
        "log-ibsi-sigma-1-5-mm-3D": LoGIBSI([1.5]),
        "laws-L5E5-max-energy-7": Laws("L5E5", "max", 7),
        "gabor-sigma-3-mm-lambda-3-mm-gamma-1-theta-247-5-2D": Gabor(theta=-5 * np.pi / 8, dimension=2),
        "gabor-sigma-3-mm-lambda-3-mm-gamma-1-average-every-22-5-3D": Gabor(theta_step=np.pi / 8),
        "bior1-3-level-2-HHL-average": SeparableWavelet("bior1.3", "HHL", 2, "average"),
        "simoncelli-level-1-3D": Simoncelli(),
        "shannon-level-2-2D-mirror": Shannon(2, dimension=2, boundary="mirror"),
        "riesz-0-2-0-log-ibsi-sigma-3-mm-3D": RieszLoG((0, 2, 0)),
        "riesz-1-0-aligned-1-mm-simoncelli-level-1-2D": RieszSimoncelli((1, 0), 1.0),
    }
    assert [name for f in made.values() for name, _ in f.images(image, whole(image))] == list(made)
    for name in made:
        assert not set(name) & set("[]<>_. ")
    assert len(list(SeparableWavelet().images(image, whole(image)))) == 8


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("Mean", {"support": 4}, "Mean expects an odd support of 1 or more voxels; found 4"),
        ("Mean", {"boundary": "miror"}, "unknown boundary 'miror': did you mean 'mirror'"),
        ("Mean", {"dimension": 1}, "Mean expects dimension 2 or 3; found 1"),
        ("Laws", {"kernel": "L5E4"}, "unknown Laws kernel 'E4'"),
        ("Laws", {"kernel": ["L5E5", "L5E5E5"]}, "Laws expects kernels of one dimension at a time"),
        ("Laws", {"pooling": "mean"}, "unknown pooling 'mean'.* Accepted: 'average', 'max'"),
        ("Gabor", {"wavelength": 0}, "Gabor expects wavelength above 0; found 0"),
        ("Gabor", {"theta_step": 1.0}, "Gabor expects theta_step that divides a full turn, radians; found 1.0"),
        ("SeparableWavelet", {"subband": "LL"}, "unknown subband 'LL'"),
        ("Simoncelli", {"level": 0}, "Simoncelli expects a whole level of 1 or more; found 0"),
        ("RieszLoG", {"order": [0, 0, 0]}, "RieszLoG expects whole orders of 0 or more, not all 0"),
        ("RieszLoG", {"order": [1.5, 0, 0]}, "RieszLoG expects whole orders of 0 or more, not all 0"),
        ("RieszLoG", {"order": 1}, "RieszLoG expects an order of two or three numbers"),
        ("RieszLoG", {"sigma": "3"}, "RieszLoG expects sigma above 0 mm; found '3'"),
        ("Mean", {"support": "5"}, "Mean expects an odd support of 1 or more voxels; found '5'"),
        ("Laws", {"energy_distance": 2.5}, "Laws expects energy_distance in whole voxels; found 2.5"),
        ("Laws", {"kernel": 5}, "Laws expects two or three kernels"),
        ("Gabor", {"theta": "pi"}, "Gabor expects theta in radians; found 'pi'"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name, settings, message):
    with pytest.raises(ConfigError, match=message):
        FILTERS[name].from_settings(settings)


def test_a_flat_image_needs_a_filter_of_the_plane():
    flat = Image(np.ones((1, 8, 8)), dimensions=2)
    with pytest.raises(ConfigError, match=r"Mean expects an image of 3 dimensions \(or the setting dimension: 2\)"):
        only(Mean(), flat)
    assert only(Mean(3, dimension=2), flat).shape == (1, 8, 8)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("Mean", {"support": [3, 5], "boundary": "zero"}),
        ("LoGIBSI", {"sigma": [1.5], "dimension": 2}),
        ("Laws", {"kernel": ["L5E5"], "pooling": "max", "energy_distance": 3}),
        ("Gabor", {"sigma": 2.0, "response": "angle", "theta": 0.5}),
        ("SeparableWavelet", {"wavelet": "haar", "subband": ["LLH"], "level": 2}),
        ("Simoncelli", {"level": [1, 2]}),
        ("RieszLoG", {"order": [0, 2, 0], "alignment_sigma": 1.0}),
        ("RieszSimoncelli", {"order": [0, 2], "boundary": "mirror"}),
    ],
)
def test_settings_make_the_filter_and_come_back(name, settings):
    made = FILTERS[name].from_settings(settings)
    assert FILTERS[name].from_settings(made.to_settings()) == made
    assert made.to_settings() == settings
