"""What extraction costs against the size of the ROI, the number of grey levels and the number of filters.

    python -m benchmarks.curves [--page docs/costs.md]

Times are medians on one core; memory is the peak above the loaded images, of a process of its own (Linux).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from .clock import on_one_core
from .processes import MEMORY
from .rois import Region, ellipsoid
from .rows import CLASSES, ours

VOXELS = (4_000, 16_000, 64_000, 250_000, 1_000_000, 4_000_000)
LEVELS = (8, 16, 32, 64, 128, 256, 512)
FILTERS = (1, 2, 4, 8, 16)
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
    def exponent(self) -> float:
        """Of the power law through the larger half of the points, where the fixed cost no longer counts."""
        half = len(self.at) // 2
        return float(np.polyfit(np.log(self.at[half:]), np.log(self.seconds[half:]), 1)[0])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curves", description=__doc__)
    parser.add_argument("--page", type=Path, help="a Markdown page to write; the plot is written beside it")
    options = parser.parse_args()
    os.environ["NUMBA_NUM_THREADS"] = "1"
    on_one_core()
    curves = [by_voxels(), by_levels(), by_filters()]
    print(text := page(curves))
    if options.page:
        plot(curves, options.page.with_suffix(".png"))
        options.page.write_text(text, encoding="utf-8")


def by_voxels() -> Curve:
    costs = [cost(ellipsoid(n), parameters()) for n in VOXELS]
    return curve("107 default features", "ROI voxels", [ellipsoid_size(n) for n in VOXELS], costs)


def by_levels() -> Curve:
    costs = [cost(ellipsoid(MIDDLE), parameters(binCount=n)) for n in LEVELS]
    return curve(f"107 default features, {MIDDLE:,} voxels", "grey levels", LEVELS, costs)


def by_filters() -> Curve:
    costs = []
    for n in FILTERS:
        sigmas = [round(1 + 0.25 * k, 2) for k in range(n - 1)]
        costs.append(cost(ellipsoid(MIDDLE), parameters(images={"Original": {}, "LoG": {"sigma": sigmas}})))
    return curve(f"default features of the original and of LoG images, {MIDDLE:,} voxels", "images", FILTERS, costs)


def parameters(images: dict[str, Any] | None = None, **setting: Any) -> dict[str, Any]:
    return {"imageType": images or {"Original": {}}, "featureClass": CLASSES, "setting": setting}


def ellipsoid_size(voxels: int) -> int:
    return ellipsoid(voxels).voxels


def cost(region: Region, content: dict[str, Any]) -> tuple[float, float]:
    """Median seconds and peak MiB."""
    work = ours(region, content)
    first = (work(), work())[1]
    seconds = median(work() for _ in range(max(3, min(15, int(3 / first)))))
    return seconds, peak(region, content)


def peak(region: Region, content: dict[str, Any]) -> float:
    with TemporaryDirectory() as folder:
        paths = [str(path) for path in region.write(Path(folder))]
        call = [sys.executable, "-c", MEMORY, "radiomix", *paths, json.dumps(content)]
        answer = subprocess.run(call, capture_output=True, text=True, check=False)
    return float(answer.stdout.split()[-1]) / 2**20 if answer.returncode == 0 else float("nan")


def curve(title: str, quantity: str, at: Sequence[float], costs: Sequence[tuple[float, float]]) -> Curve:
    seconds, mebibytes = zip(*costs, strict=True)
    return Curve(title, quantity, tuple(at), seconds, mebibytes)


def page(curves: Sequence[Curve]) -> str:
    lines = [
        "# What extraction costs",
        "",
        "Written by `make bench-curves`: one core, images in memory, medians; memory is the peak above loaded images.",
        "The exponent is that of the power law through the larger half of the points.",
        "",
        "![time against size, levels and filters](costs.png)",
    ]
    for c in curves:
        lines += ["", f"## {c.title}", "", f"Time grows as {c.quantity} to the power {c.exponent:.2f}.", ""]
        lines += [f"| {c.quantity} | time [ms] | memory [MiB] |", "| --- | --- | --- |"]
        lines += [f"| {n:,} | {s * 1e3:.3g} | {m:.3g} |" for n, s, m in zip(c.at, c.seconds, c.mebibytes, strict=True)]
    return "\n".join(lines) + "\n"


def plot(curves: Sequence[Curve], path: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(curves), figsize=(11, 3.4), layout="constrained")
    for axis, c in zip(axes, curves, strict=True):
        axis.loglog(c.at, [1e3 * s for s in c.seconds], "o-", color="#1f5f8b")
        axis.set(title=c.title.split(",")[0], xlabel=c.quantity, ylabel="time [ms]")
        axis.title.set_fontsize(9)
        axis.grid(alpha=0.3, which="both")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
