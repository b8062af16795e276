"""Every family and every feature of the registry on one region, so that a new feature is timed without a new line.

    python -m benchmarks.kernels [--voxels 125256]

A feature's time is that of its family when nothing else is asked for; what it shares with others is in each.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from statistics import median

from radiomix.config import Config, FixedBinWidth
from radiomix.features.source import Source
from radiomix.image import Roi
from radiomix.io import choose_label, read_image, read_labels
from radiomix.preprocess import discretise, discretise_for_histogram
from radiomix.registry import Dialect, Family, Feature, families

from .clock import on_one_core, timed
from .rois import Region, ellipsoid

REPEATS = 7
CONFIGS = {
    Dialect.PYRADIOMICS: Config(),
    Dialect.IBSI: Config.ibsi(bins=FixedBinWidth(25.0), ivh_bins=FixedBinWidth(2.5)),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernels", description=__doc__)
    parser.add_argument("--voxels", type=int, default=125_256)
    region = ellipsoid(parser.parse_args().voxels)
    on_one_core()
    print(f"{region.name} voxels, one core, median of {REPEATS} in ms\n")
    for dialect in Dialect:
        for family in families().values():
            if family.available(dialect):
                for name, seconds in measured(family, dialect, region):
                    print(f"{dialect.value:12s} {family.name:15s} {name:45s} {seconds * 1e3:9.3f}", flush=True)


def measured(family: Family, dialect: Dialect, region: Region) -> Iterator[tuple[str, float]]:
    """The whole family, then each of its features alone."""
    features = family.available(dialect)
    yield f"all {len(features)}", seconds_of(family, features, dialect, region)
    for feature in features:
        yield feature.name, seconds_of(family, (feature,), dialect, region)


def seconds_of(family: Family, features: tuple[Feature, ...], dialect: Dialect, region: Region) -> float:
    flat = family.name == "shape2D"
    config, roi = CONFIGS[dialect].with_(force_2d=flat), roi_of(region, flat)
    levels = discretise(roi, config, "original")
    histogram = discretise_for_histogram(roi, config, "original") if family.name == "ivh" else None

    def work() -> float:
        fresh = Source(roi, levels, config, histogram)  # nothing is cached from the run before
        return timed(lambda: family.compute(fresh, features))()

    work()
    return median(work() for _ in range(REPEATS))


def roi_of(region: Region, flat: bool) -> Roi:
    """The region in its bounding box, or its middle slice."""
    image = read_image(region.image)
    mask = choose_label(read_labels(region.mask))
    box = mask.bounding_box()
    if flat:
        middle = (box[0].start + box[0].stop) // 2
        box = (slice(middle, middle + 1), *box[1:])
    inside = mask.array[box]
    z, y, x = (side.start for side in box)
    return Roi(image.array[box], inside, inside, image.spacing, 3, image.array, (z, y, x))


if __name__ == "__main__":
    main()
