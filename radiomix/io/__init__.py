"""Reading and writing: files and other libraries' images become `Image` and `LabelMap`, and back."""

from __future__ import annotations

from ..itk import from_sitk, to_sitk
from .space import choose_label, masks, reconcile
from .volumes import Source, read_image, read_labels, write_image

__all__ = [
    "Source",
    "choose_label",
    "from_sitk",
    "masks",
    "read_image",
    "read_labels",
    "reconcile",
    "to_sitk",
    "write_image",
]
