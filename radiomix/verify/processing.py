"""The IBSI's image processing: sizes, voxel counts and intensities after each step of configurations A to E."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..config import Config
from ..image import Image, Mask, bounding_box
from ..io import choose_label, read_image, read_labels, reconcile
from ..preprocess import find_region, prepare
from .check import Check, reference_rows
from .configurations import IMAGE, MASK, found

DIAGNOSTICS = "reference/ibsi1_diagnostic_reference_values.csv"


def check_processing(folder: Path) -> list[Check]:
    """Each published diagnostic value of configurations A to E beside ours."""
    image = read_image(found(folder, IMAGE))
    mask = choose_label(reconcile(image, read_labels(found(folder, MASK))))
    return [check for letter in "ABCDE" for check in _check_configuration(folder, letter, image, mask)]


def _check_configuration(folder: Path, letter: str, image: Image, mask: Mask) -> Iterator[Check]:
    ours = diagnostics(image, mask, Config.preset(f"ibsi-{letter}", diagnostics=True))
    for row in reference_rows(found(folder, DIAGNOSTICS), dataset=f"config_{letter}"):
        value = ours[row["tag"]]
        whole = value == round(value)  # sizes and counts are published with all their digits
        yield Check(
            part=f"processing of configuration {letter}",
            code="",
            term=f"{row['feature_name']}, {row['stage']}",
            aggregation="",
            standard=float(row["value"]),
            tolerance=float(row["tolerance"]),
            ours=value,
            digits=0 if whole else 3,
        )


def diagnostics(image: Image, mask: Mask, config: Config) -> dict[str, float]:
    """The IBSI's diagnostic values by tag: of the image, and of the ROI as read, interpolated and re-segmented."""
    prepared, prepared_mask = prepare(image, mask, config)
    region = find_region(prepared, prepared_mask, config)
    inside, morphological = np.zeros((2, *prepared.array.shape), dtype=bool)
    inside[region.box], morphological[region.box] = region.inside, region.morphological
    return {
        **_of_image("init", image),
        **_of_image("interp", prepared),
        **_of_roi("init", image, mask.array, mask.array),
        **_of_roi("interp", prepared, prepared_mask.array, prepared_mask.array),
        **_of_roi("reseg", prepared, inside, morphological),
    }


def _of_image(step: str, image: Image) -> dict[str, float]:
    values = {"mean": image.array.mean(dtype=float), "min": image.array.min(), "max": image.array.max()}
    values_by_tag = {f"{name}_int_{step}_img": float(value) for name, value in values.items()}
    for axis, name in enumerate("zyx"):
        values_by_tag[f"img_dim_{name}_{step}_img"] = image.array.shape[axis]
        values_by_tag[f"vox_dim_{name}_{step}_img"] = image.spacing[axis]
    return values_by_tag


def _of_roi(step: str, image: Image, inside: np.ndarray, morphological: np.ndarray) -> dict[str, float]:
    values_by_tag: dict[str, float] = {}
    for kind, mask in (("int", inside), ("morph", morphological)):
        values_by_tag[f"{kind}_mask_vox_count_{step}_roi"] = int(mask.sum())
        for axis, name in enumerate("zyx"):
            box = bounding_box(mask)[axis]
            values_by_tag[f"{kind}_mask_bb_dim_{name}_{step}_roi"] = box.stop - box.start
            values_by_tag[f"{kind}_mask_dim_{name}_{step}_roi"] = mask.shape[axis]
    values = image.array[inside]
    statistics = {"mean": values.mean(dtype=float), "min": values.min(), "max": values.max()}
    return values_by_tag | {f"int_mask_{name}_int_{step}_roi": float(value) for name, value in statistics.items()}
