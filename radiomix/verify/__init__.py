"""This installation against the values of the IBSI standard."""

from __future__ import annotations

from pathlib import Path

from ..files import write_text
from .check import Check
from .configurations import check_configurations
from .filters import check_filtered_features, check_maps
from .page import as_markdown, as_text, counts, sentence, summary
from .phantom import check_phantom, digital_phantom
from .processing import check_processing

__all__ = ["Check", "check_phantom", "digital_phantom", "run", "verify"]


def verify(data: Path | None = None) -> list[Check]:
    """Every check: the digital phantom, and with a folder of the IBSI's data all else.

    Parameters
    ----------
    data : a folder with `reference`, `phantoms` and `maps`; None for the embedded phantom only
    """
    checks = check_phantom()
    if data is not None:
        for part in (check_processing, check_configurations, check_maps, check_filtered_features):
            checks += part(data)
    return checks


def run(data: Path | None = None, page: Path | None = None) -> int:
    """Print every value of the standard beside ours, and the verdict; counts, and what is missed, come last.

    Parameters
    ----------
    data : see `verify`
    page : where to write the same as Markdown

    Returns
    -------
    The exit code: 0, or 1 where a value is missed.
    """
    checks = verify(data)
    print(as_text(checks))
    for part, found in summary(checks):
        print(sentence(part, found))
    print(sentence("in all", counts(checks)))
    missed = [check for check in checks if check.passed is False]
    if missed:
        print(f"\nMissed:\n{as_text(missed)}")
    if page is not None:
        write_text(page, as_markdown(checks))
    return int(bool(missed))
