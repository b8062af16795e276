"""Where a row comes from: version, configuration, and fast content hashes of what was read."""

from __future__ import annotations

import hashlib

import numpy as np

from .. import __version__
from ..config import Config
from ..image import Image
from ..kernels.fingerprint import PRIMES, fingerprint


def version(config: Config) -> dict[str, str]:
    """The provenance that needs no look at the voxels."""
    return {"radiomix_version": __version__, "radiomix_config": config.digest}


def provenance(image: Image, labels: Image, config: Config) -> dict[str, str]:
    """The provenance columns of a row."""
    return {**version(config), "image_hash": content_hash(image), "mask_hash": content_hash(labels)}


def content_hash(image: Image) -> str:
    """Sixteen hexadecimal characters that depend on every voxel, the number type and the grid.

    Fast rather than cryptographic: it tells whether two runs saw the same data, not whether someone forged them.
    """
    array = image.array
    if not array.flags.c_contiguous:
        array = np.ascontiguousarray(array)
    octets = array.reshape(-1).view(np.uint8)
    whole = octets.size - octets.size % 8
    words = octets[:whole].view(np.uint64)
    words.flags.writeable = False  # one compiled version, whoever owns the memory
    first, second = fingerprint(words, PRIMES)
    header = repr((array.shape, array.dtype.str, image.geometry, image.dimensions, first, second)).encode()
    return hashlib.blake2b(header + octets[whole:].tobytes(), digest_size=8).hexdigest()
