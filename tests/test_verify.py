"""`radiomix verify`: the verdict follows from the published value, and a miss is a miss."""

from __future__ import annotations

import csv
import os
from dataclasses import replace

import pytest

from radiomix import verify
from radiomix.errors import UnreadableFile
from radiomix.verify.check import Check, significant
from radiomix.verify.phantom import VALUES, check_phantom, digital_phantom
from tests.data import shared

ZONES = Check("digital phantom", "P30P", "Zone percentage", "3D", standard=0.0676, tolerance=0.0, ours=0.06757)


def test_the_phantom_has_every_published_value_within_tolerance():
    checks = check_phantom()
    assert len(checks) == 487
    assert [check for check in checks if check.passed is False] == []
    assert sum(check.passed is None for check in checks) == 5


def test_the_embedded_phantom_is_the_published_one():
    image, mask = digital_phantom()
    assert image.array.size == 80 and int(mask.array.sum()) == 74
    published = verify.configurations.read_image(shared("ibsi/phantoms/digital_1/image/phantom.nii.gz"))
    inside = verify.configurations.read_labels(shared("ibsi/phantoms/digital_1/mask/mask.nii.gz"))
    assert (image.array == published.array).all()
    assert (mask.array == inside.array).all()


def test_the_embedded_values_are_the_published_ones():
    with shared("ibsi/reference/ibsi1_reference_values.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == "digital_phantom"]
    published = [verify.configurations.standardised(row) for row in rows]
    assert list(verify.check.reference_rows(VALUES)) == published


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({}, True),
        ({"ours": 0.06765}, False),
        ({"ours": None}, False),
        ({"ours": float("nan")}, False),
        ({"standard": None, "tolerance": None}, None),
        ({"ours": 0.0681, "tolerance": 0.0005}, True),
        ({"ours": 0.0682, "tolerance": 0.0005}, False),
    ],
)
def test_the_verdict_is_computed_from_value_and_tolerance(change, passed):
    assert replace(ZONES, **change).passed is passed


def test_values_are_compared_at_three_digits_as_the_standard_prints_them():
    assert significant(0.067567, 3) == 0.0676
    assert replace(ZONES, digits=0).passed is False


def test_a_miss_is_printed_and_ends_in_exit_code_1(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(verify, "check_phantom", lambda: [ZONES, replace(ZONES, ours=0.5)])
    page = tmp_path / "docs" / "page.md"
    assert verify.run(page=page) == 1
    printed = capsys.readouterr().out
    assert "in all: 1 of 2 values within the published tolerance" in printed
    assert "MISS" in printed.split("Missed:")[1] and "pass" not in printed.split("Missed:")[1]
    assert "| P30P | Zone percentage | 3D | 0.0676 | 0 | 0.5 | MISS |" in page.read_text()


def test_all_well_ends_in_exit_code_0(capsys):
    assert verify.run() == 0
    assert "482 of 482 values within the published tolerance; 5 not standardised" in capsys.readouterr().out


@pytest.mark.agreement
def test_configurations_on_the_ct_phantom():
    checks = verify.check_configurations(shared("ibsi"))
    assert len(checks) == 1347
    assert [check for check in checks if check.passed is False] == []


@pytest.mark.agreement
def test_filtered_features_of_the_ct_phantom():
    everything = os.environ.get("RADIOMIX_AGREEMENT") == "all"
    checks = verify.check_filtered_features(shared("ibsi"), () if everything else ("1.B", "3.A", "4.A", "6.A", "9.A"))
    assert len(checks) == (396 if everything else 90)
    assert sum(check.passed is True for check in checks) == (323 if everything else 90)
    assert [check for check in checks if check.passed is False] == []


@pytest.mark.agreement
def test_processing_of_the_ct_phantom():
    checks = verify.check_processing(shared("ibsi"))
    assert len(checks) == 300
    assert [check for check in checks if not check.passed] == []


def test_a_folder_without_the_data_is_named(tmp_path):
    with pytest.raises(UnreadableFile, match=r"expected phantoms/ct/image/phantom\.nii\.gz"):
        verify.verify(tmp_path)
