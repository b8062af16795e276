"""Families without aggregations against the IBSI: codes, terms, and every value of the digital phantom."""

from __future__ import annotations

import pytest

from radiomix.features import FAMILIES
from radiomix.registry import Dialect
from tests.ibsi import digital_phantom, identifiers, phantom_rows, verdict

NUMBERS = {"shape": 29, "localintensity": 2, "firstorder": 18, "histogram": 23, "ivh": 7}


@pytest.mark.parametrize("name", NUMBERS)
def test_the_ibsi_has_as_many_features_under_these_codes_and_terms(name: str) -> None:
    family = FAMILIES[name]
    declared = {(family.code, f.code, f.term) for f in family.available(Dialect.IBSI)}
    assert declared == {known for known in identifiers() if known[0] == family.code}
    assert len(declared) == len(family.available(Dialect.IBSI)) == NUMBERS[name]


@pytest.mark.agreement
@pytest.mark.parametrize("name", NUMBERS)
def test_digital_phantom(name: str) -> None:
    family = FAMILIES[name]
    wanted = family.available(Dialect.IBSI)
    rows = phantom_rows(family.code)
    ((_, values),) = family.compute(digital_phantom(), wanted)
    assert len(rows) == NUMBERS[name]
    assert [complaint for f in wanted if (complaint := verdict(values[f.name], rows[f.code, f.term]))] == []


@pytest.mark.parametrize("name", [*NUMBERS, "shape2D"])
def test_names_are_unique_and_everything_is_explained(name: str) -> None:
    features = FAMILIES[name].features
    assert len({f.name for f in features}) == len(features)
    assert all(f.formula and f.meaning.endswith(".") and f.unit for f in features)


@pytest.mark.parametrize(
    ("name", "default", "all_features"), [("shape", 14, 17), ("shape2D", 9, 10), ("firstorder", 18, 19)]
)
def test_pyradiomics_has_as_many_features(name: str, default: int, all_features: int) -> None:
    available = FAMILIES[name].available(Dialect.PYRADIOMICS)
    assert (sum(f.default for f in available), len(available)) == (default, all_features)


def test_only_what_is_asked_for_is_returned() -> None:
    family = FAMILIES["shape"]
    ((_, values),) = family.compute(digital_phantom(), (family["Flatness"], family["MoransI"]))
    assert list(values) == ["Flatness", "MoransI"]
