"""The kernels compiled by several processes at once, from a package that cannot be written to, and not compiled."""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numba.core.types import Function

from radiomix.extraction.announce import MESSAGE

ROOT = Path(__file__).resolve().parents[1]
# One family with few kernels. Where the package may be imported from is the test's choice, not the installation's.
CASE = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np, radiomix as rx
z, y, x = np.indices((6, 6, 6))
inside = ((z - 3) ** 2 + (y - 3) ** 2 + (x - 3) ** 2 < 7).astype(np.uint8)
settings = {"featureClass": {"gldm": None}, "setting": {"additionalInfo": False}}
features = rx.extract(rx.Image(10.0 * x + y), rx.Image(inside), settings)
print(rx.__file__)
print(features.to_json(double_precision=15))
"""
# Views are made in one function and let go in another
HALVES = """
from radiomix.kernels.jit import kernel

@kernel
def halves(values):
    return values[:2], values[2:]

@kernel
def sum_of_first(values):
    low, high = halves(values)
    return low[0] + high[0]
"""
PR_CAPBSET_DROP = 24  # of prctl
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER = 1, 2, 3


def as_anybody() -> None:
    """Root, too, heeds the permissions of files in what this process becomes."""
    if os.geteuid() == 0:
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER):
            if ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError("cannot give up the right to write everywhere")


def start(package: Path, **environment: str) -> subprocess.Popen[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    return subprocess.Popen(
        [sys.executable, "-c", CASE, str(package)],
        env=kept | environment, cwd="/", preexec_fn=as_anybody,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> tuple[str, bool]:
    """What was printed, and whether anything was compiled."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out, MESSAGE in err


def test_processes_that_start_at_once_on_a_cold_cache_agree(tmp_path: Path) -> None:
    together = [start(ROOT, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(3)]
    found = [finish(process) for process in together]
    assert len({out for out, _ in found}) == 1
    assert any(compiled for _, compiled in found)  # one that starts late finds what the others have compiled
    later, compiled = finish(start(ROOT, NUMBA_CACHE_DIR=str(tmp_path)))
    assert later == found[0][0]
    assert not compiled


def test_an_edited_file_makes_its_callers_stale_and_no_others(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "radiomix", tmp_path / "radiomix", ignore=shutil.ignore_patterns("__pycache__"))
    first, compiled = finish(start(tmp_path))
    assert compiled
    for name, recompiles in ("spline", False), ("grid", True):  # `neighbours` calls into `grid`
        kernels = tmp_path / "radiomix/kernels" / f"{name}.py"
        kernels.write_text(kernels.read_text() + "\n# edited\n")
        assert finish(start(tmp_path)) == (first, recompiles)


@pytest.mark.skipif(sys.platform != "linux", reason="permissions are given up the Linux way")
def test_a_package_that_cannot_be_written_to_caches_elsewhere(tmp_path: Path) -> None:
    package, home = tmp_path / "site-packages", tmp_path / "home"
    shutil.copytree(ROOT / "radiomix", package / "radiomix", ignore=shutil.ignore_patterns("__pycache__"))
    home.mkdir()
    for path in (package, *package.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    places = {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    try:
        first, compiled = finish(start(package, **places))
        again, compiled_again = finish(start(package, **places))
    finally:
        for path in (package, *package.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert str(package) in first
    assert first == again
    assert (compiled, compiled_again) == (True, False)
    assert not list(package.rglob("*.nbi"))
    assert list(home.rglob("*.nbi"))


@pytest.mark.parametrize("switch", ["NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK"])
def test_kernels_without_compilation_and_with_bounds_checks(switch: str, tmp_path: Path) -> None:
    kinds = ("glcm", "histogram", "local_intensity", "maximal_correlation", "ngtdm", "shape", "shape2d", "sizes")
    tests = [f"tests/test_{kind}.py" for kind in kinds]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not agreement", *tests],
        env=environment | {switch: "1", "NUMBA_CACHE_DIR": str(tmp_path)},
        cwd=ROOT, text=True, capture_output=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def halves(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Kernels that nobody has compiled: a module of its own in each folder."""
    name = f"halves_in_{folder.name}"
    (folder / f"{name}.py").write_text(HALVES)
    monkeypatch.syspath_prepend(folder)
    return importlib.import_module(name)


def test_kernels_hold_an_array_no_longer_and_let_it_go_no_more_often_than_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = halves(tmp_path, monkeypatch)
    values = np.arange(4.0)
    held = sys.getrefcount(values)
    for _ in range(3):
        assert code.sum_of_first(values) == 2.0
        low, high = code.halves(values)
        assert sys.getrefcount(values) > held
        del low, high
        assert sys.getrefcount(values) == held


def test_compiling_leaves_numba_and_what_was_frozen_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = halves(tmp_path, monkeypatch)
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        assert code.sum_of_first(np.arange(4.0)) == 2.0
        assert 0 < gc.get_freeze_count() <= frozen  # of which some are let go meanwhile
    finally:
        gc.unfreeze()
    assert gc.isenabled()
    assert "get_call_type" not in vars(Function)
