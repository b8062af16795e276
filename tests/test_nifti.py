"""NIfTI read without a library: the first kind's grid as ITK sees it, the second's as nibabel does."""

from __future__ import annotations

import subprocess
import sys
from itertools import permutations, product
from pathlib import Path

import nibabel
import numpy as np
import pytest

from radiomix.errors import UnreadableFile, UnsupportedImage
from radiomix.image import Image
from radiomix.io import read_image, read_labels
from radiomix.io.by_itk import read_by_itk
from radiomix.io.nifti import read_nifti
from tests.data import shared

CODES = [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (2, 2), (1, 2), (2, 1), (3, 0)]  # of qform and sform
OBLIQUE = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
AXES = {
    "straight": np.eye(3),
    "oblique": OBLIQUE,
    "mirrored": OBLIQUE * [1, 1, -1],
    "half a turn": np.diag([-1.0, -1.0, 1.0]),
    **{str(order): np.eye(3)[list(order)] * [1, -1, 1] for order in permutations(range(3)) if order != (0, 1, 2)},
}
SPACING = np.array([0.7, 0.9, 2.5])


def written(
    path: Path, axes: np.ndarray, codes: tuple[int, int] = (1, 1), *, shape: tuple[int, ...] = (3, 4, 5),
    kind: str = "<i2", units: int = 2, origin: tuple[float, ...] = (-31.5, 1200.25, 7.1), second: bool = False,
    scaling: tuple[float, float] | None = None,
) -> Path:  # fmt: skip
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = axes * SPACING, origin
    image, header = (
        (nibabel.Nifti2Image, nibabel.Nifti2Header) if second else (nibabel.Nifti1Image, nibabel.Nifti1Header)
    )
    numbers = np.arange(np.prod(shape)).reshape(shape).astype(kind)
    made = image(numbers, affine, header(endianness=kind[0]), dtype=kind)
    made.set_qform(affine, code=codes[0])
    made.set_sform(affine, code=codes[1])
    made.header["xyzt_units"] = units
    if scaling is not None:
        made.header.set_slope_inter(*scaling)
    nibabel.save(made, path)
    return path


def same(found: Image, expected: Image) -> bool:
    """To the last bit and to the sign of a zero: content hashes see these."""
    np.testing.assert_array_equal(found.array, expected.array)
    described = [
        (repr(image.geometry), image.dimensions, image.source, image.array.dtype) for image in (found, expected)
    ]
    return described[0] == described[1]


# The first kind


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("codes", CODES)
def test_the_grid_is_itk_s(tmp_path: Path, axes: str, codes: tuple[int, int]) -> None:
    for kind, units, origin in product(("<i2", ">f4"), (0, 1, 2, 3, 10), ((0.0, 0.0, 0.0), (-31.5, 1200.25, 7.1))):
        path = written(tmp_path / "image.nii.gz", AXES[axes], codes, kind=kind, units=units, origin=origin)
        found = read_nifti(path)
        weighed = codes[0] != 0 and codes[1] not in (0, 1)
        assert (found is None) == weighed  # ITK decides for one of two
        assert found is None or same(found, read_by_itk(path, None))


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 1), (3, 4, 5, 1), (3, 4, 5, 1, 1)])
def test_the_shape_is_itk_s(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = written(tmp_path / "image.nii", AXES["half a turn"], shape=shape)
    found = read_nifti(path)
    assert found is not None
    assert same(found, read_by_itk(path, None))


def test_real_files_are_read_as_by_itk() -> None:
    read = 0
    for path in sorted((*shared("nasty").glob("*.nii.gz"), *shared("cohorts/sts/STS_001").glob("*.nii.gz"))):
        found = read_nifti(path)
        if found is not None:
            assert same(found, read_by_itk(path, None))
            read += 1
    assert read > 25


@pytest.mark.parametrize(
    "spoil", ["scaled", "skewed", "vectors", "colours", "four dimensions", "no spacing", "two axes in one", "a pair"]
)
def test_what_itk_is_to_judge(tmp_path: Path, spoil: str) -> None:
    path = written(tmp_path / "image.nii", np.eye(3), scaling=(2.0, 1.0) if spoil == "scaled" else None)
    content = bytearray(path.read_bytes())
    match spoil:
        case "skewed":
            content[284:288] = np.float32(0.2).tobytes()
        case "vectors":
            content[68:70] = np.int16(1007).tobytes()
        case "colours":
            content[70:72] = np.int16(128).tobytes()
        case "four dimensions":
            content[40:50] = np.array([4, 3, 2, 2, 5], np.int16).tobytes()
        case "no spacing":
            content[80:84] = np.float32(0).tobytes()
        case "two axes in one":
            content[40:42], content[280:292] = np.int16(2).tobytes(), np.array([0, 0, 1], np.float32).tobytes()
            content[312:324] = np.array([1, 0, 0], np.float32).tobytes()
        case "a pair":
            content[344:348] = b"ni1\0"
    path.write_bytes(content)
    assert read_nifti(path) is None


def test_a_header_of_another_size(tmp_path: Path) -> None:
    """ITK reads such a file, and whatever else it holds."""
    path = written(tmp_path / "image.nii", np.eye(3))
    content = bytearray(path.read_bytes())
    content[0] += 1
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match="no NIfTI header"):
        read_image(path)


def test_a_header_that_describes_no_grid(tmp_path: Path) -> None:
    path = written(tmp_path / "image.nii", np.eye(3))
    content = bytearray(path.read_bytes())
    content[80:84] = np.float32(-1.5).tobytes()
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"describes no grid: expected spacings above 0 .* found spacing \(-1.5"):
        read_image(path)


# The second kind


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("codes", [codes for codes in CODES if codes != (0, 0)])
@pytest.mark.parametrize("kind", ["<u1", ">i2", "<f4", ">f8"])
def test_the_second_kind_is_nibabel_s(tmp_path: Path, axes: str, codes: tuple[int, int], kind: str) -> None:
    for ending in ("nii", "nii.gz"):
        path = written(tmp_path / f"image.{ending}", AXES[axes], codes, kind=kind, second=True)
        theirs, found = nibabel.load(path), read_image(path)
        assert isinstance(theirs, nibabel.Nifti2Image)
        np.testing.assert_array_equal(found.array, np.asarray(theirs.dataobj).T)
        assert (found.array.dtype, found.array.flags.writeable) == (np.dtype(kind).newbyteorder("="), True)
        for index in ((0, 0, 0), (2, 3, 4), (1, 0, 3)):
            right_anterior_superior = theirs.affine @ (*index, 1)
            expected = right_anterior_superior[:3] * (-1, -1, 1)
            np.testing.assert_allclose(found.geometry.position(index[::-1])[::-1], expected, rtol=0, atol=1e-9)
        np.testing.assert_allclose(found.spacing[::-1], SPACING, rtol=1e-12)


def test_the_second_kind_equals_the_first(tmp_path: Path) -> None:
    first = read_image(written(tmp_path / "first.nii", OBLIQUE))
    second = read_labels(written(tmp_path / "second.nii", OBLIQUE, second=True))
    np.testing.assert_array_equal(first.array, second.array)
    assert first.geometry.matches(second.geometry)


def test_scaled_numbers_of_the_second_kind(tmp_path: Path) -> None:
    path = written(tmp_path / "image.nii", np.eye(3), second=True, scaling=(0.5, -10.0))
    np.testing.assert_array_equal(read_image(path).array, np.asarray(nibabel.load(path).dataobj).T)


@pytest.mark.parametrize(
    ("shape", "kind", "at", "value", "message"),
    [
        ((3, 4, 5, 2), "<i2", 0, b"", r"4D with size \(3, 4, 5, 2\)"),
        ((3, 4, 5), "<c8", 0, b"", "data type 32; radiomics needs one intensity"),
        ((3, 4, 5), "<i2", 112, np.float64(0).tobytes(), r"no grid of right angles: pixdim \[0.0, 0.9, 2.5\]"),
        ((3, 4, 5), "<i2", 408, np.float64(0.3).tobytes(), r"no grid of right angles: .* sform \[\[0.7, 0.3,"),
    ],
)
def test_the_second_kind_is_refused(
    tmp_path: Path, shape: tuple[int, ...], kind: str, at: int, value: bytes, message: str
) -> None:
    path = written(tmp_path / "image.nii", np.eye(3), shape=shape, kind=kind, second=True)
    content = bytearray(path.read_bytes())
    content[at : at + len(value)] = value
    path.write_bytes(content)
    with pytest.raises(UnsupportedImage, match=message):
        read_image(path)


@pytest.mark.parametrize(("at", "value"), [(4, b"ni2"), (16, b"\x09")])
def test_the_second_kind_is_in_one_piece(tmp_path: Path, at: int, value: bytes) -> None:
    path = written(tmp_path / "image.nii", np.eye(3), second=True)
    content = bytearray(path.read_bytes())
    content[at : at + len(value)] = value
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match="file in one piece with 1 to 7 dimensions; found magic"):
        read_image(path)


@pytest.mark.parametrize(("ending", "left"), [("nii", 600), ("nii.gz", 90)])
def test_the_second_kind_cut_short(tmp_path: Path, ending: str, left: int) -> None:
    path = written(tmp_path / f"image.{ending}", np.eye(3), second=True)
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(UnreadableFile, match="cannot read"):
        read_image(path)


# What is loaded


def test_neither_simpleitk_nor_nibabel_is_loaded_for_it(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['nibabel'] = None\n"
        "from radiomix.io import read_image, read_labels\n"
        "read_image(sys.argv[1]), read_labels(sys.argv[1])\n"
        "sys.exit('SimpleITK' in sys.modules)"
    )
    path = written(tmp_path / "image.nii.gz", np.eye(3))
    subprocess.run([sys.executable, "-W", "error", "-c", code, str(path)], check=True)
