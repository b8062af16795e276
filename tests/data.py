"""Where the shared real data lie, and what happens when they do not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("RADIOMIX_TEST_DATA", Path(__file__).resolve().parents[2] / "shared"))


def shared(relative: str) -> Path:
    """A file or folder of the shared data; without them the test is skipped, or fails where CI promises them."""
    path = ROOT / relative
    if path.exists():
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI needs the shared test data, and {path} is absent (set RADIOMIX_TEST_DATA)")
    pytest.skip(f"the shared test data are absent: {path} (set RADIOMIX_TEST_DATA to their folder)")
