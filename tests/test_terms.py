"""What columns mean, and tables renamed between spellings."""

from __future__ import annotations

import csv
import itertools
import pkgutil

import pandas as pd
import pytest

import radiomix as rx
from radiomix.errors import ConfigError
from radiomix.registry import families
from radiomix.spellings import describe, terms
from radiomix.table import is_feature
from radiomix.verify.phantom import VALUES
from tests.data import shared

ZONE_PERCENTAGE = "original_glszm_ZonePercentage"
EVERY_COLUMN = [
    f"wavelet-LLH_{family.name}_{feature.name}" for family in families().values() for feature in family.features
]


def test_describe_gives_formula_code_meaning_and_unit():
    found = describe(ZONE_PERCENTAGE)
    assert (found.image, found.family, found.feature, found.aggregation) == ("original", "glszm", "ZonePercentage", "")
    assert (found.code, found.term, found.unit) == ("P30P", "Zone percentage", "1")
    assert found.formula and found.meaning
    assert "P30P Zone percentage" in str(found)


def test_describe_reads_filters_and_aggregations():
    found = describe("log-sigma-2-0-mm-3D_glcm-3Dmerged_JointEnergy")
    assert (found.image, found.family, found.aggregation) == ("log-sigma-2-0-mm-3D", "glcm", "3Dmerged")
    assert found.code == "8ZQL"


def test_describe_names_the_nearest_feature():
    with pytest.raises(ConfigError, match="did you mean 'ZonePercentage'"):
        describe("original_glszm_ZonePercentages")
    with pytest.raises(ConfigError, match="did you mean 'glszm'"):
        describe("original_glsm_ZonePercentage")
    with pytest.raises(ConfigError, match="expected <image>_<family>_<Feature>"):
        describe("age")


def test_every_feature_has_a_formula_and_a_meaning():
    for column in EVERY_COLUMN:
        found = describe(column)
        assert found.formula and found.meaning and found.unit, column


@pytest.mark.parametrize("to", ["ibsi", "code"])
def test_every_column_comes_back(to):
    table = pd.DataFrame([range(len(EVERY_COLUMN))], columns=EVERY_COLUMN)
    renamed = terms(table, to)
    assert renamed.columns.is_unique
    assert all(is_feature(column) for column in renamed.columns)
    pd.testing.assert_frame_equal(terms(renamed, "pyradiomics"), table)
    assert list(table.columns) == EVERY_COLUMN


def test_a_table_keeps_what_is_no_feature():
    table = pd.DataFrame([["p1", 60, 0.5]], columns=["ID", "age_at_diagnosis_years", ZONE_PERCENTAGE])
    assert list(terms(table, "code").columns) == ["ID", "age_at_diagnosis_years", "original_glszm_P30P"]
    assert list(terms(table, "ibsi").columns)[-1] == "original_glszm_ZonePercentage"


def test_a_series_is_renamed_too():
    values = pd.Series({"original_glcm-3Dmerged_JointEnergy": 0.1})
    assert list(terms(values, "code").index) == ["original_glcm-3Dmerged_8ZQL"]
    assert list(terms(values, "ibsi").index) == ["original_glcm-3Dmerged_AngularSecondMoment"]


def test_an_unknown_spelling_is_refused():
    with pytest.raises(ConfigError, match="unknown spelling 'codes': did you mean 'code'"):
        terms(pd.DataFrame(), "codes")


def test_no_module_stands_in_the_way_of_a_public_name():
    """Python puts an imported submodule in the place of a name that the package would load when first used."""
    modules = {module.name for module in pkgutil.iter_modules(rx.__path__)}
    assert "spellings" in modules
    assert modules & set(rx.__all__) == set()
    assert callable(rx.describe) and callable(rx.terms)


def test_codes_and_terms_are_the_standards():
    with shared("ibsi/reference/ibsi_identifiers.csv").open(newline="") as file:
        standard = {(row["feature_id"], row["feature_name"].lower()) for row in csv.DictReader(file)}
    with VALUES.open(newline="") as file:  # the list above names a feature that exists for 10 % and 90 % only once
        standard |= {(row["code"], row["term"].lower()) for row in csv.DictReader(itertools.islice(file, 1, None))}
    for family in families().values():
        for feature in family.features:
            if feature.code:
                assert (feature.code, feature.term.lower()) in standard, f"{family.name} {feature.name}"
