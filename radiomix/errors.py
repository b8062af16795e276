"""Everything radiomix raises or warns about on purpose.

RadiomixError
├── InputError (ValueError)            an image or a mask cannot be used as it is
│   ├── UnreadableFile                 missing, damaged, or not an image
│   ├── UnsupportedImage               4D, colour, no voxels
│   ├── NonFiniteVoxels                NaN or infinite intensities inside the ROI
│   ├── GeometryMismatch               image and mask do not lie in the same space
│   ├── LabelError                     no label, several labels without a choice, a label that is absent
│   ├── RegionTooSmall                 the ROI is empty or too small for what was asked
│   └── TooManyBins                    the bin width does not suit the intensities
├── ConfigError (ValueError)           a setting, parameter file, filter or feature name is wrong
├── TableError (ValueError)            a feature table lacks what is asked of it
│   ├── MissingColumn
│   └── TooFewCases
├── ModelError (ValueError)            a model cannot be fitted, saved, read or applied
└── MissingDependency (ImportError)    an optional package is needed; the message gives the command

RadiomixWarning (UserWarning)          something was decided for the user, and is said
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class RadiomixError(Exception):
    """Base of every error raised on purpose."""


class InputError(RadiomixError, ValueError):
    """An image or a mask cannot be used as it is."""


class UnreadableFile(InputError):
    """The file is missing, damaged, or not an image."""


class UnsupportedImage(InputError):
    """The image has a shape or a pixel type that radiomics is not defined for."""


class NonFiniteVoxels(InputError):
    """Intensities inside the ROI are NaN or infinite."""


class GeometryMismatch(InputError):
    """Image and mask do not lie in the same space."""


class LabelError(InputError):
    """The mask has no label, several labels without a choice, or lacks the chosen one."""


class RegionTooSmall(InputError):
    """The ROI is empty or too small for what was asked."""


class TooManyBins(InputError):
    """The bin width would make more grey levels than any texture matrix can hold."""


class ConfigError(RadiomixError, ValueError):
    """A setting, a parameter file, a filter or a feature name is wrong."""


class TableError(RadiomixError, ValueError):
    """A feature table lacks what is asked of it."""


class MissingColumn(TableError):
    """A named column is not in the table."""


class TooFewCases(TableError):
    """A class, a fold or an event count is too small for the evaluation asked for."""


class ModelError(RadiomixError, ValueError):
    """A model cannot be fitted, saved, read or applied."""


class MissingDependency(RadiomixError, ImportError):
    """An optional package is needed."""

    @classmethod
    def needed_for(cls, purpose: str, package: str, extra: str) -> MissingDependency:
        return cls(f"{purpose} needs the package {package}, which is not installed: pip install 'radiomix[{extra}]'")


class RadiomixWarning(UserWarning):
    """Something was decided for the user, and is said."""


def unknown(kind: str, found: object, accepted: Iterable[object]) -> str:
    """The message for a name that is not known: what was found, the nearest spelling, what is accepted.

    >>> unknown("setting", "binwidth", ["binWidth", "binCount"])
    "unknown setting 'binwidth': did you mean 'binWidth'? Accepted: 'binCount', 'binWidth'"
    """
    names = sorted({str(name) for name in accepted})
    by_lower_case = {name.lower(): name for name in names}
    near = get_close_matches(str(found).lower(), by_lower_case, n=1, cutoff=0.5)
    hint = f"did you mean {by_lower_case[near[0]]!r}? " if near else ""
    return f"unknown {kind} {str(found)!r}: {hint}Accepted: {', '.join(map(repr, names))}"
