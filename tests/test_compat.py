"""The comparison with an installed PyRadiomics."""

from __future__ import annotations

import builtins
import importlib.util

import pytest
import SimpleITK as sitk

from radiomix.compat import compare, run_pyradiomics
from radiomix.errors import MissingDependency
from tests.agreement import SETTINGS, synthetic, synthetic_one_label

needs_pyradiomics = pytest.mark.skipif(
    importlib.util.find_spec("radiomics") is None,
    reason="PyRadiomics is not installed (it builds on Python <= 3.11 only)",
)


@needs_pyradiomics
def test_compare_has_a_row_per_feature_with_both_values():
    table = compare(*synthetic_one_label())
    assert list(table.columns) == ["column", "ours", "pyradiomics", "absolute", "relative"]
    assert len(table) == 107
    assert table["relative"].max() < 1e-9
    assert (table["absolute"] <= (table["ours"] - table["pyradiomics"]).abs()).all()


@needs_pyradiomics
def test_compare_gives_pyradiomics_the_same_label_and_settings():
    image, mask = synthetic()
    table = compare(
        image, mask == 2, {"setting": {"binWidth": 10}, "featureClass": {"firstorder": ["Entropy"], "glcm": []}}
    )
    assert len(table) == 25
    assert table["relative"].max() < 1e-9


@needs_pyradiomics
def test_compare_reads_files(tmp_path):
    paths = [str(tmp_path / name) for name in ("image.nii.gz", "mask.nii.gz")]
    for volume, path in zip(synthetic_one_label(), paths, strict=True):
        sitk.WriteImage(volume, path)
    table = compare(*paths, {"featureClass": {"shape": []}})
    assert table["column"].str.startswith("original_shape_").all()
    assert table["relative"].max() < 1e-9


@needs_pyradiomics
def test_pyradiomics_leaves_the_tolerance_of_simpleitk_as_it_was():
    before = sitk.ProcessObject.GetGlobalDefaultCoordinateTolerance()
    run_pyradiomics(*synthetic_one_label(), SETTINGS["geometryTolerance"])
    assert sitk.ProcessObject.GetGlobalDefaultCoordinateTolerance() == before


def test_without_pyradiomics_the_command_is_named(monkeypatch):
    real_import = builtins.__import__

    def absent(name, *args, **kwargs):
        if name.startswith("radiomics"):
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingDependency, match=r"pip install --no-build-isolation pyradiomics==3\.0\.1"):
        compare(*synthetic_one_label())
