"""The examples run as a reader would run them, on fewer patients."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
WRITTEN = {
    "benign_or_malignant": ["features.csv", "report.html", "report.json", "model.rmx"],
    "treatment_response": ["features.csv", "baseline.html", "change.html"],
    "progression": ["features.csv", "report.html", "report.json"],
}


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_example_runs(name: str, tmp_path: Path) -> None:
    script = EXAMPLES / f"{name}.py"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    command = [sys.executable, str(script), str(tmp_path / "run"), "30"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    for file in WRITTEN[name]:
        assert (tmp_path / "run" / file).stat().st_size > 0
