"""What is measured: each function yields the rows of one kind of work, contestants in alternation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import SimpleITK as sitk

from radiomix.config import Aggregation, Config, FixedBinNumber, FixedBinWidth, ImageType, Resample, Resegment
from radiomix.extraction import Settings, extract
from radiomix.filters import LoG, Wavelet
from radiomix.io import read_image, read_labels
from radiomix.registry import Original

from .clock import Timing, Work, alternate, compiled, on_all_cores, timed
from .peers import Absent, Peer, pyradiomics
from .rois import SIZES, Region, ellipsoid, real

TEXTURE = ("glcm", "glrlm", "glszm", "gldm", "ngtdm")
BANK = (ImageType(Original()), ImageType(Wavelet()), ImageType(LoG((1.0, 2.0, 3.0))))
BANK_PARAMETERS: dict[str, Any] = {"imageType": {"Original": {}, "Wavelet": {}, "LoG": {"sigma": [1.0, 2.0, 3.0]}}}
CLASSES = {name: [] for name in ("shape", "firstorder", *TEXTURE)}


@dataclass(frozen=True)
class Row:
    """One line of the table. `target` is the least ratio, theirs to ours; `absent` says why there is no number."""

    work: str
    region: str
    peer: str
    ours: Timing | None
    theirs: Timing | None
    target: float | None
    absent: str = ""
    unit: str = "s"

    @property
    def ratio(self) -> float | None:
        return self.theirs.median / self.ours.median if self.ours and self.theirs else None

    @property
    def met(self) -> bool | None:
        return None if self.ratio is None or self.target is None else self.ratio >= self.target


@cache
def ellipsoids() -> tuple[Region, ...]:
    return tuple(ellipsoid(voxels) for voxels in SIZES)


@cache
def real_regions() -> tuple[Region, ...]:
    return tuple(real())


def ours(region: Region, config: Settings = None, workers: int = 1) -> Work:
    """Our extraction, on images in memory."""
    image, labels = read_image(region.image), read_labels(region.mask)
    return compiled(timed(lambda: extract(image, labels, config, workers=workers)))


def contest(
    work: str, region: Region, config: Config, peers: dict[str, Callable[[], Work]], targets: dict[str, float]
) -> Iterator[Row]:
    """Our time and each peer's in alternation; a peer that cannot run is a row that says why."""
    contestants: dict[str, Work] = {"radiomix": ours(region, config)}
    missing: dict[str, str] = {}
    for name, start in peers.items():
        try:
            contestants[name] = start()
        except Absent as reason:
            missing[name] = str(reason)
    timings = alternate(contestants)
    for name in peers:
        yield Row(
            work, region.name, name, timings["radiomix"], timings.get(name), targets.get(name), missing.get(name, "")
        )


class Peers:
    """Peers' processes, started when first asked for and kept for the whole run."""

    def __init__(self) -> None:
        self._running: dict[str, Peer] = {}

    def load(self, name: str, region: Region, features: str = "default") -> Work:
        if name not in self._running:
            self._running[name] = Peer(name)
        return self._running[name].load(region, features)

    def close(self) -> None:
        for peer in self._running.values():
            peer.close()


def default_features(peers: Peers) -> Iterator[Row]:
    targets = dict(zip(ellipsoids(), (150, 80, 120, 200), strict=True))
    for region in (*ellipsoids(), *real_regions()):
        yield from contest(
            "107 default features",
            region,
            Config(),
            {
                "PyRadiomics": lambda region=region: pyradiomics(region),
                "pictologics": lambda region=region: peers.load("pictologics", region),
            },
            {"PyRadiomics": targets[region], "pictologics": 3} if region in targets else {},
        )


def texture_classes(peers: Peers) -> Iterator[Row]:
    config = Config(features=tuple((name, None) for name in TEXTURE))
    parameters = {"featureClass": {name: [] for name in TEXTURE}}
    for region in ellipsoids()[2:]:
        start = {"PyRadiomics": lambda region=region: pyradiomics(region, parameters)}
        yield from contest("five texture classes", region, config, start, {"PyRadiomics": 40})


def filter_bank(peers: Peers) -> Iterator[Row]:
    config = Config(images=BANK)
    parameters = {**BANK_PARAMETERS, "featureClass": CLASSES}
    for region, target in zip(ellipsoids(), (100, 50, 40, 40), strict=True):
        start = {"PyRadiomics": lambda region=region: pyradiomics(region, parameters)}
        yield from contest("original, 8 wavelets, LoG 1-3 mm", region, config, start, {"PyRadiomics": target})


def threads(peers: Peers) -> Iterator[Row]:
    region = ellipsoids()[3]
    with on_all_cores():
        timings = alternate({str(count): ours(region, Config(images=BANK), count) for count in (1, 2)})
    yield Row("filter bank, 2 threads (peer: 1)", region.name, "radiomix", timings["2"], timings["1"], 1.7)


def resampling(peers: Peers) -> Iterator[Row]:
    config = Config(resample=Resample((1.0, 1.0, 1.0)))
    parameters = {"featureClass": CLASSES, "setting": {"resampledPixelSpacing": [1, 1, 1]}}
    for region in ellipsoids()[:3]:
        anisotropic = with_spacing(region, (0.8, 0.8, 2.5))
        start = {"PyRadiomics": lambda region=anisotropic: pyradiomics(region, parameters)}
        yield from contest("resampling to 1 mm, features", anisotropic, config, start, {"PyRadiomics": 20})


def with_spacing(region: Region, spacing: tuple[float, float, float]) -> Region:
    volumes = [sitk.Image(volume) for volume in (region.image, region.mask)]
    for volume in volumes:
        volume.SetSpacing(spacing)
    return Region(f"{region.name}, {'x'.join(map(str, spacing))} mm", *volumes)


def bin_numbers(peers: Peers) -> Iterator[Row]:
    """256 bins must take at most 1.5 times as long as 32, so 32 bins at least 1 / 1.5 of the time of 256."""
    for region in ellipsoids()[1:3]:
        few, many = (ours(region, Config(bins=FixedBinNumber(count))) for count in (32, 256))
        timings = alternate({"few": few, "many": many})
        yield Row("256 bins (peer: 32 bins)", region.name, "radiomix", timings["many"], timings["few"], 1 / 1.5)


def ibsi_set(peers: Peers) -> Iterator[Row]:
    """Every IBSI feature with one aggregation; no interpolation, range -1000 to 400, bin width 25."""
    config = Config.ibsi(
        bins=FixedBinWidth(25.0),
        resegment=Resegment(low=-1000.0, high=400.0),
        aggregations=(Aggregation.VOLUME_MERGED,),
        ivh_bins=FixedBinWidth(2.5),
    )
    for region in (*(r for r in real_regions() if r.name == "IBSI CT phantom"), ellipsoids()[2]):
        start = {
            name: lambda name=name, region=region: peers.load(name, region, "ibsi") for name in ("MIRP", "pictologics")
        }
        yield from contest("the whole IBSI set", region, config, start, {"MIRP": 100, "pictologics": 3})


IN_PROCESS = (default_features, texture_classes, filter_bank, threads, resampling, bin_numbers, ibsi_set)
