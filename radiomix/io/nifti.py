"""The voxels of a NIfTI file as they are stored: a header's few fields, so that no library need be loaded for them."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from ..errors import UnreadableFile

HEADER = 348  # bytes, and so says its first number
FIELDS = (("h", 70), ("f", 108), ("f", 112), ("f", 116))  # data type, first voxel, slope, intercept
NUMBERS = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
}  # fmt: skip


def read_stored(path: Path) -> np.ndarray | None:
    """The numbers of a file in a row, x fastest; None where they are not the intensities themselves.

    That is where a slope and an intercept scale them, and where they are of a kind that NumPy has no name for.

    Raises
    ------
    UnreadableFile
    """
    content = _content(path)
    for order in "<>":
        if len(content) >= HEADER and struct.unpack_from(f"{order}i", content)[0] == HEADER:
            kind, start, slope, intercept = (struct.unpack_from(order + code, content, at)[0] for code, at in FIELDS)
            break
    else:
        raise UnreadableFile(f"cannot read {path}: the file is damaged or cut short (no NIfTI header)")
    scaled = math.isfinite(slope) and slope != 0 and (slope, intercept) != (1, 0)
    if scaled or kind not in NUMBERS:
        return None
    number = np.dtype(order + NUMBERS[kind])
    voxels = memoryview(content)[int(start) :]
    # a copy, as the memory of the file's content cannot be written to: kernels would be compiled for that, too
    return np.frombuffer(voxels[: len(voxels) // number.itemsize * number.itemsize], number).copy()


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile(f"cannot read {path}: the file is damaged or cut short ({error})") from None
