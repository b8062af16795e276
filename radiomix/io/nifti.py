"""NIfTI files: voxels as they are stored and their grid, read from a header's few fields without any library."""

from __future__ import annotations

import gzip
import math
import zlib
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..errors import UnreadableFile, UnsupportedImage
from ..image import Geometry, Image, triple
from ..itk import refuse_unsupported

ENDINGS = (".nii", ".nii.gz")
NUMBERS = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
}  # fmt: skip
# name: what it holds, and where in the header; `codes` are those of the qform and of the sform
FIELDS: dict[int, dict[str, tuple[Any, int]]] = {
    348: {
        "dim": ("8i2", 40), "intent": ("i2", 68), "kind": ("i2", 70), "pixdim": ("8f4", 76), "first": ("f4", 108),
        "slope": ("f4", 112), "intercept": ("f4", 116), "units": ("u1", 123), "codes": ("2i2", 252),
        "quaternion": ("3f4", 256), "offset": ("3f4", 268), "rows": ("(3,4)f4", 280), "magic": ("S4", 344),
    },
    540: {
        "dim": ("8i8", 16), "intent": ("i4", 504), "kind": ("i2", 12), "pixdim": ("8f8", 104), "first": ("i8", 168),
        "slope": ("f8", 176), "intercept": ("f8", 184), "units": ("i4", 500), "codes": ("2i4", 344),
        "quaternion": ("3f8", 352), "offset": ("3f8", 376), "rows": ("(3,4)f8", 400), "magic": ("S8", 4),
    },
}  # fmt: skip
ORDERS: tuple[Literal["<", ">"], ...] = ("<", ">")  # of a number's bytes
SCANNER = 1  # the code of a grid in the scanner's own coordinates
SEVERAL = (1004, 1005, 1007)  # intents: matrices and vectors, several numbers per voxel
MILLIMETRES = {1: 1000.0, 3: 0.001}  # per unit of length, where that is metres or micrometres
SKEW = 1e-4  # how far axes may be from right angles, in cosines


@dataclass(frozen=True)
class Header:
    """The header of one file, NIfTI-1 (348 bytes) or NIfTI-2 (540)."""

    path: Path
    fields: Any

    @property
    def second(self) -> bool:
        """Whether this is NIfTI-2, which ITK does not read."""
        return self.fields.itemsize == 540

    @property
    def whole(self) -> bool:
        """Whether this is a file in one piece, with dimensions as the standard has them."""
        return self.fields["magic"].startswith(b"n+") and 1 <= self.fields["dim"][0] <= 7

    @cached_property
    def size(self) -> tuple[int, ...]:
        """Voxels along (x, y, z, ...), less what is one voxel thick beyond z."""
        size = [int(n) for n in self.fields["dim"][1 : 1 + self.fields["dim"][0]]]
        while len(size) > 3 and size[-1] == 1:
            size.pop()
        return tuple(size)

    @property
    def number(self) -> np.dtype | None:
        """The type of the voxels, where NumPy has a name for it."""
        name = NUMBERS.get(int(self.fields["kind"]))
        return None if name is None else np.dtype(self.fields.dtype["slope"].byteorder + name)

    @property
    def scaled(self) -> bool:
        """Whether a slope and an intercept make the intensities from what is stored."""
        slope, intercept = self.fields["slope"], self.fields["intercept"]
        return math.isfinite(slope) and slope != 0 and (slope, intercept) != (1, 0)

    @cached_property
    def geometry(self) -> Geometry | None:
        """The grid as ITK sees it; None where it weighs qform against sform, or refuses the file."""
        if not self.whole or self.fields["intent"] in SEVERAL:
            return None
        dimensions, scale = len(self.size), MILLIMETRES.get(int(self.fields["units"]) & 7, 1.0)
        steps = self.fields["pixdim"][1 : 1 + dimensions].astype(np.float64) * scale
        if dimensions not in (2, 3) or min(self.size) < 1 or not (np.isfinite(steps) & (steps > 0)).all():
            return None
        axes, origin = np.eye(3), np.zeros(3)
        if self.fields["codes"].any():
            placed = self._placed()
            if placed is None:
                return None
            # from right-anterior-superior to left-posterior-superior
            axes, origin = placed[:, :3] * [[-1], [-1], [1]], placed[:, 3] * [-1, -1, 1] * scale
        if dimensions == 2:  # the plane z = 0, 1 mm thick
            axes[2], axes[:, 2], steps, origin[2] = 0, (0, 0, 1), np.append(steps, 1.0), 0
        if np.linalg.det(axes) == 0:
            return None
        # zeros have the signs that ITK gives them: a content hash tells these apart
        cosines = axes / np.sqrt((axes * axes).sum(axis=0))
        cosines = np.where(cosines == np.eye(3), np.eye(3), cosines)
        z, y, x = (triple(row) for row in cosines[::-1, ::-1])
        return Geometry(triple(steps[::-1]), triple(origin[::-1] if origin.any() else np.zeros(3)), (z, y, x))

    def _placed(self) -> np.ndarray | None:
        """The (3, 4) matrix from an index to a position, right-anterior-superior, float64."""
        qform, sform = self.fields["codes"]
        if not sform:
            return self._turned()
        if qform and sform != SCANNER and not self.second:
            return None
        rows = self.fields["rows"].astype(np.float64)
        lengths = np.sqrt((rows[:, :3] ** 2).sum(axis=0))
        if not (np.isfinite(rows).all() and lengths.all()):
            return None
        cosines = rows[:, :3] / lengths
        return rows if np.abs(cosines @ cosines.T - np.eye(3)).max() <= SKEW else None

    def _turned(self) -> np.ndarray:
        """The matrix of the qform: a rotation by a quaternion, rounded to the header's own precision."""
        b, c, d = self.fields["quaternion"].astype(np.float64)
        rest = 1 - (b * b + c * c + d * d)
        if rest < 1e-7:  # half a turn, to within rounding
            length = 1 / math.sqrt(b * b + c * c + d * d)
            a, b, c, d = 0.0, b * length, c * length, d * length
        else:
            a = math.sqrt(rest)
        x, y, z = self.fields["pixdim"][1:4].astype(np.float64)
        z = -z if self.fields["pixdim"][0] < 0 else z
        columns = (
            ((a * a + b * b - c * c - d * d) * x, 2 * (b * c + a * d) * x, 2 * (b * d - a * c) * x),
            (2 * (b * c - a * d) * y, (a * a + c * c - b * b - d * d) * y, 2 * (c * d + a * b) * y),
            (2 * (b * d + a * c) * z, 2 * (c * d - a * b) * z, (a * a + d * d - c * c - b * b) * z),
            self.fields["offset"],
        )
        return np.array(columns).T.astype(self.fields["rows"].dtype).astype(np.float64)


def read_header(path: Path) -> Header | None:
    """The header of a NIfTI file; None where there is none."""
    with path.open("rb") as file:
        start = file.read(4096)
    if start[:2] == b"\x1f\x8b":
        try:
            start = zlib.decompressobj(wbits=31).decompress(start, 1024)
        except zlib.error:
            return None
    for length, order in product(FIELDS, ORDERS):
        if len(start) >= length and np.frombuffer(start, f"{order}i4", count=1)[0] == length:
            return Header(path, np.frombuffer(start, _layout(length).newbyteorder(order), count=1)[0])
    return None


def _layout(length: int) -> np.dtype:
    fields = FIELDS[length]
    kinds, places = zip(*fields.values(), strict=True)
    return np.dtype({"names": list(fields), "formats": kinds, "offsets": places, "itemsize": length})


def read_nifti(path: Path) -> Image | None:
    """An image, or a segmentation; None where ITK is to judge its grid or to scale its numbers, or to refuse it.

    Raises
    ------
    UnreadableFile, UnsupportedImage
    """
    header = read_header(path)
    if header is None:
        return None
    geometry, number = header.geometry, header.number
    if header.second:
        _refuse(header)
    if geometry is None or number is None or (header.scaled and not header.second):
        return None
    array = read_voxels(header, number, header.size)
    if header.scaled:
        array = array * header.fields["slope"] + header.fields["intercept"]
    return Image(array, geometry, str(path), len(header.size))


def _refuse(header: Header) -> None:
    """Raise UnsupportedImage unless a NIfTI-2 file, which ITK is not to judge, holds an image of ours."""
    if not header.whole:
        raise UnreadableFile(
            f"cannot read {header.path}: expected a NIfTI-2 file in one piece with 1 to 7 dimensions; found magic "
            f"{header.fields['magic']} and dim {header.fields['dim'].tolist()}"
        )
    if header.number is None:
        kind = int(header.fields["kind"])
        raise UnsupportedImage(
            f"{header.path} holds numbers of NIfTI's data type {kind}; radiomics needs one intensity per voxel: "
            f"an integer or a float (data types {', '.join(map(str, NUMBERS))})"
        )
    refuse_unsupported(header.size, 1, str(header.number), str(header.path))
    if header.geometry is None:
        raise UnsupportedImage(
            f"{header.path} lies on no grid of right angles: pixdim {header.fields['pixdim'][1:4].tolist()}, "
            f"sform {header.fields['rows'].tolist()}; resample it to one"
        )


def read_voxels(header: Header, number: np.dtype, size: tuple[int, ...]) -> np.ndarray:
    """The stored numbers, of the type that the header gives, as (z, y, x); the size is (x, y) or (x, y, z).

    Raises
    ------
    UnreadableFile
    """
    voxels = memoryview(_content(header.path))[int(header.fields["first"]) :]
    found, wanted = len(voxels) // number.itemsize, math.prod(size)
    if found < wanted:
        raise UnreadableFile(
            f"cannot read {header.path}: the file is damaged or cut short ({found} of {wanted} voxels)"
        )
    # a copy, as the memory of the file's content cannot be written to: kernels would be compiled for that, too
    array = np.frombuffer(voxels, number, wanted).astype(number.newbyteorder("="))
    return array.reshape((1,) * (3 - len(size)) + size[::-1])


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile(f"cannot read {path}: the file is damaged or cut short ({error})") from None
