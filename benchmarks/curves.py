"""What extraction costs against the size of the ROI, the number of grey levels and the number of filters.

    python -m benchmarks.curves [--page docs/costs.md]

Times are the least of several runs on one core; memory is the peak above the loaded images, of a process of its own
(Linux). Five minutes or so.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from .clock import least, on_one_core
from .markdown import table
from .processes import MEMORY
from .rois import Region, ellipsoid
from .rows import CLASSES, ours
from .table import number, written

VOXELS = (4_000, 16_000, 64_000, 250_000, 1_000_000, 4_000_000)
LEVELS = (8, 16, 32, 64, 128, 256, 512)
IMAGES = (1, 2, 4, 8, 16)
SIGMAS = (1.0, 3.0)
MIDDLE = 64_000


@dataclass(frozen=True)
class Curve:
    """Cost against one quantity."""

    title: str
    quantity: str
    at: tuple[float, ...]
    seconds: tuple[float, ...]
    mebibytes: tuple[float, ...]

    @property
    def half(self) -> slice:
        """The larger half of the points, where the fixed cost no longer counts."""
        return slice(len(self.at) // 2, None)

    def exponent(self, costs: Sequence[float]) -> float:
        """Of the power law through the costs in the larger half of the points."""
        return float(np.polyfit(np.log(self.at[self.half]), np.log(costs[self.half]), 1)[0])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curves", description=__doc__)
    parser.add_argument("--page", type=Path, help="a Markdown page to write; the plot is written beside it")
    options = parser.parse_args()
    on_one_core()
    curves = []
    for measure in (by_voxels, by_levels, by_images):
        curves.append(measure())
        print("\n".join(section(curves[-1])), flush=True)
    if options.page:
        plot(curves, options.page.with_suffix(".svg"))
        options.page.write_text(page(curves, f"{options.page.stem}.svg"), encoding="utf-8")


def by_voxels() -> Curve:
    regions = [ellipsoid(n) for n in VOXELS]
    costs = [cost(region, parameters()) for region in regions]
    return curve("107 default features", "voxels of the ROI", [region.voxels for region in regions], costs)


def by_levels() -> Curve:
    region = ellipsoid(MIDDLE)
    costs = [cost(region, parameters(binCount=n)) for n in LEVELS]
    return curve(f"107 default features, {region.voxels:,} voxels", "grey levels", LEVELS, costs)


def by_images() -> Curve:
    region = ellipsoid(MIDDLE)
    costs = [cost(region, parameters(images=bank(n))) for n in IMAGES]
    title = f"the original and its LoG images of {SIGMAS[0]:g} to {SIGMAS[1]:g} mm, {region.voxels:,} voxels"
    return curve(title, "images", IMAGES, costs)


def bank(images: int) -> dict[str, Any]:
    """The original and Laplacians of Gaussians, of the same width on average however many there are."""
    ends = SIGMAS if images > 2 else (sum(SIGMAS) / 2,) * 2
    sigmas = np.linspace(*ends, images - 1).round(3).tolist()
    return {"Original": {}} | ({"LoG": {"sigma": sigmas}} if sigmas else {})


def parameters(images: dict[str, Any] | None = None, **setting: Any) -> dict[str, Any]:
    return {"imageType": images or {"Original": {}}, "featureClass": CLASSES, "setting": setting}


def cost(region: Region, content: dict[str, Any]) -> tuple[float, float]:
    """Seconds and peak MiB."""
    return least(ours(region, content), seconds=4.0), peak(region, content)


def peak(region: Region, content: dict[str, Any]) -> float:
    with TemporaryDirectory() as folder:
        paths = [str(path) for path in region.write(Path(folder))]
        call = [sys.executable, "-c", MEMORY, "radiomix", *paths, json.dumps(content)]
        answer = subprocess.run(call, capture_output=True, text=True, check=False)
    return float(answer.stdout.split()[-1]) / 2**20 if answer.returncode == 0 else float("nan")


def curve(title: str, quantity: str, at: Sequence[float], costs: Sequence[tuple[float, float]]) -> Curve:
    seconds, mebibytes = zip(*costs, strict=True)
    return Curve(title, quantity, tuple(at), seconds, mebibytes)


def page(curves: Sequence[Curve], picture: str) -> str:
    lines = [
        "# What extraction costs",
        "",
        *written("make bench-curves"),
        "",
        "One core, images in memory, warm: the least time of several runs. Memory is the peak above the loaded images",
        "in a process of its own. Regions are the ellipsoids of `benchmarks/rois.py`, in images 256 voxels wide. An",
        "exponent is that of the power law through the larger half of the points (dashed): 1 is proportional.",
        "",
        f"![time and memory against voxels, grey levels and images]({picture})",
    ]
    for c in curves:
        lines += ["", *section(c)]
    return "\n".join(lines) + "\n"


def section(c: Curve) -> Iterator[str]:
    yield from (f"## {c.quantity[0].upper()}{c.quantity[1:]}: {c.title}", "")
    powers = f"{c.exponent(c.seconds):z.2f}, memory to the power {c.exponent(c.mebibytes):z.2f}"
    yield from (f"Time grows with the {c.quantity} to the power {powers}.", "")
    costs = zip(c.at, c.seconds, c.mebibytes, strict=True)
    yield from table(
        (c.quantity, "time [ms]", "memory [MiB]"),
        [(f"{n:,}", number(seconds * 1e3), number(mebibytes)) for n, seconds, mebibytes in costs],
    )


def plot(curves: Sequence[Curve], path: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "costs", "font.size": 9})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, len(curves), figsize=(10, 5.4), sharex="col", layout="constrained")
    for column, c in zip(axes.T, curves, strict=True):
        for axis, costs, label in zip(
            column, ([1e3 * s for s in c.seconds], c.mebibytes), ("time [ms]", "memory [MiB]"), strict=True
        ):
            axis.loglog(c.at, costs, "o-", color="#1f5f8b")
            law = np.polynomial.Polynomial.fit(np.log(c.at[c.half]), np.log(costs[c.half]), 1)
            axis.loglog(c.at, np.exp(law(np.log(c.at))), "--", color="#b3561b", linewidth=1)
            axis.set_title(f"exponent {c.exponent(costs):z.2f}", fontsize=9)
            axis.set_ylabel(label)
            axis.grid(alpha=0.3)
        column[-1].set_xlabel(c.quantity)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    main()
