"""What the documentation shows works: code blocks run, the generated reference is up to date."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "README.md",
    "docs/quickstart.md",
    "docs/evaluation.md",
    "docs/dialects.md",
    "docs/parameter-files.md",
    "docs/voxel-maps.md",
)


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), flags=re.M | re.S)


@pytest.mark.parametrize("page", PAGES)
def test_code_blocks_run(page: str, tmp_path: Path) -> None:
    code = blocks(page)
    assert code, f"{page} shows no Python"
    script = tmp_path / "page.py"
    script.write_text(f"if __name__ == '__main__':\n{_indented(code)}", encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def _indented(code: list[str]) -> str:
    # a literal of several lines keeps its own indentation, so the blocks go through exec
    return f"    exec({chr(10).join(code)!r}, {{'__name__': '__main__'}})\n"


def test_feature_reference_is_up_to_date() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import make_reference
    finally:
        sys.path.pop(0)
    assert make_reference.PAGE.read_text(encoding="utf-8") == make_reference.page(), "run python docs/make_reference.py"
