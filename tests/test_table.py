"""Tables: read, written, taken apart, joined."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radiomix import registry
from radiomix.errors import MissingColumn, TableError
from radiomix.table import FAMILY_NAMES, is_feature, join_outcomes, read_table, split_features, write_table
from tests.data import shared


def example() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "ID": ["a", "b", "c"],
            "malignant": [0, 1, 1],
            "radiomix_version": ["0.1.0"] * 3,
            "diagnostics_Mask-original_VoxelNum": [10, 20, 30],
            "original_shape_MeshVolume": [1 / 3, 2e-300, np.pi],
            "wavelet-LLH_glszm-3D_ZonePercentage": [0.1, np.nan, 0.3],
        }
    )


@pytest.mark.parametrize("name", ["t.csv", "t.CSV", "t.csv.gz", "t.tsv", "t.parquet"])
def test_every_format_gives_back_the_same_bits(tmp_path: Path, name: str) -> None:
    written = write_table(example(), tmp_path / "deep" / name)
    pd.testing.assert_frame_equal(read_table(written), example(), check_exact=True)
    assert [p.name for p in written.parent.iterdir()] == [name], "an unfinished file was left behind"


def test_a_failed_write_leaves_the_old_table(tmp_path: Path) -> None:
    path = write_table(example(), tmp_path / "t.parquet")
    before = path.read_bytes()
    with pytest.raises(ValueError, match="Duplicate column names"):
        write_table(pd.concat([example(), example()], axis=1), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


def test_a_data_frame_is_read_as_it_is() -> None:
    table = example()
    assert read_table(table) is table


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.csv", None, "found nothing at"),
        ("t.xlsx", "x", r"unknown table format '\.xlsx'"),
        ("empty.csv", "", "cannot be read as a .csv table"),
        ("ragged.csv", "a,b\n1,2\n1,2,3\n", "cannot be read as a .csv table"),
        ("t.parquet", "no parquet", "cannot be read as a .parquet table"),
    ],
)
def test_unreadable_tables_are_named(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(TableError, match=message):
        read_table(tmp_path / name)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("original_glcm_JointEnergy", True),
        ("log-sigma-2-0-mm-3D_firstorder_90Percentile", True),
        ("original_glcm-2.5Ddirectionmerged_Contrast", True),
        ("pre_original_shape2D_Sphericity", True),
        ("diagnostics_Image-original_Mean", False),
        ("glcm_Contrast", False),
        ("original_gclm_Contrast", False),
        ("age", False),
    ],
)
def test_features_are_known_by_their_names(column: str, expected: bool) -> None:
    assert is_feature(column) is expected


def test_the_families_are_the_registry_s() -> None:
    assert set(FAMILY_NAMES) == set(registry.families())


def test_features_and_metadata_make_the_whole_table() -> None:
    parts = split_features(example(), metadata=["malignant"])
    assert list(parts.features) == ["original_shape_MeshVolume", "wavelet-LLH_glszm-3D_ZonePercentage"]
    assert list(parts.metadata) == ["ID", "malignant", "radiomix_version", "diagnostics_Mask-original_VoxelNum"]


def test_another_extractor_s_numbers_are_features() -> None:
    table = pd.DataFrame({"ID": [1, 2], "outcome": [0, 1], "GLCM_contrast": [1.0, 2.0], "site": ["x", "y"]})
    assert list(split_features(table, metadata=["ID", "outcome"]).features) == ["GLCM_contrast"]


def test_a_table_without_features_is_refused() -> None:
    with pytest.raises(TableError, match="no feature columns among the 1 columns of the table: 'ID'"):
        split_features(pd.DataFrame({"ID": ["a"]}))


def test_text_among_a_feature_s_numbers_is_shown() -> None:
    table = pd.DataFrame({"original_glcm_Contrast": ["1.0", "n/a"], "original_glcm_Id": [1.0, 2.0]})
    with pytest.raises(TableError, match="'original_glcm_Contrast' must hold numbers; found 'n/a'"):
        split_features(table)


def test_a_missing_column_has_its_nearest_spelling() -> None:
    with pytest.raises(MissingColumn, match="unknown column 'malignent': did you mean 'malignant'"):
        split_features(example(), metadata=["malignent"])


@pytest.mark.parametrize(
    ("name", "features"),
    [("nsclc_os_two_centres.csv", 53), ("nsclc_2y_harvard.csv.gz", 1004)],
)
def test_published_pyradiomics_tables_are_split(name: str, features: int) -> None:
    parts = split_features(read_table(shared(f"tables/{name}")))
    assert parts.features.shape[1] == features


def test_outcomes_follow_the_rows() -> None:
    outcomes = pd.DataFrame({"patient": ["c", "a", "z"], "months": [3.0, 1.0, 9.0]})
    joined = join_outcomes(example().drop(columns="malignant"), outcomes, on="ID", outcome_key="patient")
    assert list(joined.columns[:2]) == ["months", "ID"]
    np.testing.assert_array_equal(joined["months"], [1.0, np.nan, 3.0])


@pytest.mark.parametrize(
    ("outcomes", "message"),
    [
        (pd.DataFrame({"ID": ["a", "a"], "x": [1, 2]}), "must be unique among the outcomes; found twice: 'a'"),
        (pd.DataFrame({"ID": ["q"], "x": [1]}), "no ID of the table is among the outcomes: 'a', 'b', 'c' against 'q'"),
        (pd.DataFrame({"ID": ["a"], "malignant": [1]}), "both tables have the columns 'malignant'"),
    ],
)
def test_outcomes_that_do_not_fit_are_refused(outcomes: pd.DataFrame, message: str) -> None:
    with pytest.raises(TableError, match=message):
        join_outcomes(example(), outcomes, on="ID")


def test_tables_load_no_compiler() -> None:
    code = "import sys, radiomix.table; sys.exit('numba' in sys.modules or 'sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
