"""Cohorts: found, read, checked, run; a failing case is a row and never stops the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import radiomix as rx
from radiomix.batch import Row, Task, outcomes
from radiomix.config import Config, encode
from radiomix.errors import ConfigError, InputError, MissingColumn, RadiomixWarning, RegionTooSmall, TableError
from radiomix.journal import Destination, Journal
from radiomix.table import config_of, read_table
from tests.data import shared

CONFIG = Config.pyradiomics(features=(("firstorder", ("Mean", "Maximum")),))


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


# reading and finding


def test_relative_paths_count_from_the_file_and_other_columns_pass(tmp_path: Path) -> None:
    path = tmp_path / "cohort.csv"
    path.write_text("id,IMAGE, mask ,label,age\na,x/i.nii,../m.nii,2,60\nb,/abs/i.nii,m.nii,,61\nc,i.nii,,all,\n")
    cases = rx.read_cases(path)
    assert list(cases) == ["ID", "Image", "Mask", "Label", "age"]
    assert cases["Image"].tolist() == [str(tmp_path / "x/i.nii"), "/abs/i.nii", str(tmp_path / "i.nii")]
    assert cases["Mask"].tolist() == [str(tmp_path.parent / "m.nii"), str(tmp_path / "m.nii"), ""]
    assert cases["Label"].tolist() == [2, None, "all"]


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        ({"Image": ["i"], "Masks": ["m"]}, MissingColumn, "unknown column 'Mask': did you mean 'Masks'"),
        (
            {"Image": ["i"], "image": ["i"], "Mask": ["m"]},
            TableError,
            "expected one column Image; found 'Image', 'image'",
        ),
        ({"Image": [], "Mask": []}, TableError, "expected a row per case"),
        ({"Image": ["i"], "Mask": ["m"], "Label": ["two"]}, TableError, "found 'two' in row 0"),
        ({"Image": ["i"], "Mask": ["m"], "Label": [1.5]}, TableError, "found 1.5 in row 0"),
    ],
)
def test_a_table_that_is_no_cohort_is_refused(columns: dict, error: type[TableError], message: str) -> None:
    with pytest.raises(error, match=message):
        rx.read_cases(pd.DataFrame(columns))


def test_the_given_table_is_not_changed() -> None:
    table = pd.DataFrame({"image": ["i"], "mask": ["m"]}, index=[7])
    rx.read_cases(table)
    pd.testing.assert_frame_equal(table, pd.DataFrame({"image": ["i"], "mask": ["m"]}, index=[7]))


def test_pairs_in_one_folder_are_named_by_their_files(tmp_path: Path) -> None:
    touch(*(tmp_path / f for f in ("p1_image.nii.gz", "p1_mask.nrrd", "p2_image.nii.gz", "p2_mask.nii.gz")))
    cases = rx.find_cases(tmp_path)
    assert list(cases) == ["ID", "Image", "Mask"]
    assert cases["ID"].tolist() == ["p1", "p2"]
    assert [Path(p).name for p in cases["Mask"]] == ["p1_mask.nrrd", "p2_mask.nii.gz"]


def test_a_star_at_the_end_stands_for_any_ending(tmp_path: Path) -> None:
    touch(*(tmp_path / patient / f for patient in "ab" for f in ("PET_image.nii.gz", "PET_mask.nrrd", "CT_image.nii")))
    cases = rx.find_cases(tmp_path, "PET_image*", "PET_mask*")
    assert list(cases) == ["ID", "Image", "Mask"]
    assert cases["ID"].tolist() == ["a", "b"]


def test_pairs_in_folders_are_named_by_their_folders(tmp_path: Path) -> None:
    for patient in ("a", "b"):
        touch(*(tmp_path / patient / f for f in ("CT_image.nii", "CT_mask_1.nii", "CT_mask_2.nii", "MR_image.nii")))
    with pytest.warns(RadiomixWarning, match=r"2 image file\(s\) left out, with nothing matching '\*_mask\*'"):
        cases = rx.find_cases(tmp_path)
    assert cases["ID"].tolist() == ["a", "a", "b", "b"]
    assert cases["Series"].tolist() == ["CT"] * 4
    assert [Path(p).name for p in cases["Mask"]] == ["CT_mask_1.nii", "CT_mask_2.nii"] * 2


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["p_image.nii", "p_image.nrrd", "p_mask.nii"], r"2 images match '\*_image\*' as 'p'"),
        (["notes.txt"], r"no image matching '\*_image\*' lies with a mask"),
    ],
)
def test_a_folder_without_clear_pairs_is_refused(tmp_path: Path, files: list[str], message: str) -> None:
    touch(*(tmp_path / f for f in files))
    with pytest.raises(InputError, match=message):
        rx.find_cases(tmp_path)


def test_a_real_cohort_is_found() -> None:
    cases = rx.find_cases(shared("cohorts/sts"), "PET_image*", "PET_mask*")
    assert len(cases) == cases["ID"].nunique() == 33


# running, with stand-ins for extraction so that only the running is tested


def slow_square(task: Task, config: Config) -> list[Row]:
    return [{"square": task.position**2, "process": os.getpid()}]


def count_threads(task: Task, config: Config) -> list[Row]:
    import scipy.linalg  # noqa: F401  brings a second OpenBLAS
    import SimpleITK as sitk
    from threadpoolctl import threadpool_info

    pools = [pool["num_threads"] for pool in threadpool_info()]
    return [{"threads": max(*pools, sitk.ProcessObject.GetGlobalDefaultNumberOfThreads())}]


def every_second_fails(task: Task, config: Config) -> list[Row]:
    if task.position % 2 == 0:
        raise RegionTooSmall(f"case {task.position} is too small")
    return slow_square(task, config)


def fourth_dies(task: Task, config: Config) -> list[Row]:
    if task.position == 4:
        os.abort()
    return slow_square(task, config)


def third_has_a_defect(task: Task, config: Config) -> list[Row]:
    return [{"quotient": 1 // (task.position - 3)}]


TASKS = [Task(position, "i", "m") for position in range(8)]


@pytest.mark.parametrize("workers", [1, 2])
def test_failures_are_outcomes_of_their_own(workers: int) -> None:
    found = {o.position: o for o in outcomes(every_second_fails, TASKS, CONFIG, workers)}
    assert sorted(found) == list(range(8))
    for position, outcome in found.items():
        if position % 2:
            assert outcome.rows[0]["square"] == position**2
        else:
            assert (outcome.error, outcome.reason) == ("RegionTooSmall", f"case {position} is too small")
            assert outcome.rows == ()


@pytest.mark.parametrize("workers", [1, 2])
def test_even_a_defect_stops_only_its_case(workers: int) -> None:
    found = {o.position: o for o in outcomes(third_has_a_defect, TASKS, CONFIG, workers)}
    assert [p for p, o in found.items() if o.reason] == [3]
    assert found[3].error == "ZeroDivisionError"


def test_a_dying_process_costs_only_its_case() -> None:
    found = {o.position: o for o in outcomes(fourth_dies, TASKS, CONFIG, 2)}
    assert [p for p, o in found.items() if o.reason] == [4]
    assert found[4].error == "ProcessExpired"


def test_work_happens_in_other_processes_and_the_first_success_is_alone() -> None:
    found = list(outcomes(every_second_fails, TASKS, CONFIG, 2))
    assert [o.position for o in found[:2]] == [0, 1]
    assert os.getpid() not in {o.rows[0]["process"] for o in found if o.rows}


def test_a_process_of_a_cohort_has_one_thread_and_leaves_the_environment_alone() -> None:
    before = dict(os.environ)
    assert {o.rows[0]["threads"] for o in outcomes(count_threads, TASKS[:3], CONFIG, 2)} == {1}
    assert dict(os.environ) == before


def test_any_executor_serves() -> None:
    with ThreadPoolExecutor(3) as executor:
        found = list(outcomes(slow_square, TASKS, CONFIG, 1, executor))
    assert sorted(o.rows[0]["square"] for o in found) == [p**2 for p in range(8)]
    assert {o.rows[0]["process"] for o in found} == {os.getpid()}


def test_a_script_without_a_main_guard_works(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from radiomix.batch import Task, outcomes\nfrom radiomix.config import Config\n"
        "from radiomix.batch import check_case\n"
        "tasks = [Task(i, '', '') for i in range(3)]\n"
        "print([o.error for o in outcomes(check_case, tasks, Config(), 2)])\n"
    )
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout.strip() == str(["InputError"] * 3), ended.stderr


# the journal


def test_a_table_file_and_a_folder_are_destinations(tmp_path: Path) -> None:
    named = Destination.of(tmp_path / "t.parquet")
    assert (named.features.name, named.failures.name) == ("t.parquet", "t_failures.csv")
    folder = Destination.of(tmp_path / "run")
    assert (folder.features, folder.failures) == (tmp_path / "run/features.csv", tmp_path / "run/failures.csv")


def test_a_journal_gives_back_what_was_written(tmp_path: Path) -> None:
    found = list(outcomes(every_second_fails, TASKS, CONFIG, 1))
    odd = {
        "float": np.float64(1 / 3),
        "nan": float("nan"),
        "big": 1e300,
        "count": np.int64(3),
        "flag": np.bool_(True),
        "spacing": (1.0, 2.0),
    }
    destination = Destination.of(tmp_path / "t.csv")
    with Journal.open(destination, {"config": "x"}, resume=False, overwrite=False) as journal:
        for outcome in found:
            journal.add(outcome)
        journal.add(type(found[0])(99, (odd,)))
    with open(destination.journal, "a") as file:
        file.write('{"position": 5, "ro')
    with Journal.open(destination, {"config": "x"}, resume=True, overwrite=False) as journal:
        assert journal.done == {1, 3, 5, 7, 99}
        row = journal.outcomes[-1].rows[0]
        assert np.isnan(row.pop("nan"))
        assert row == {"float": 1 / 3, "big": 1e300, "count": 3, "flag": True, "spacing": (1.0, 2.0)}
        assert all(json.loads(line) for line in destination.journal.read_text().splitlines())


def test_work_is_never_overwritten_unasked(tmp_path: Path) -> None:
    destination = Destination.of(tmp_path / "t.csv")
    with Journal.open(destination, {"config": "x"}, False, False):
        pass
    with pytest.raises(TableError, match=r"an interrupted run lies in .*resume=True .* continues it"):
        Journal.open(destination, {"config": "x"}, False, False).__enter__()
    with pytest.raises(TableError, match="had other cases or settings"):
        Journal.open(destination, {"config": "y"}, True, False).__enter__()
    destination.features.write_text("finished")
    for resume in (False, True):
        with pytest.raises(TableError, match=r"t\.csv exists: choose another name, or overwrite=True"):
            Journal.open(destination, {"config": "x"}, resume, False).__enter__()
    with Journal.open(destination, {"config": "x"}, False, True) as journal:
        features = pd.DataFrame({"a": [1]})
        features.attrs["config"] = encode(CONFIG)
        journal.finish(features, pd.DataFrame())
    assert destination.features.read_text() == "a\n1\n"
    assert not destination.journal.exists()


# whole cohorts


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    rx.make_cohort(folder, n=4, seed=1)
    return folder / "cohort.csv"


def test_a_cohort_is_its_cases_one_by_one(cohort: Path) -> None:
    table = rx.extract_cases(cohort, CONFIG, workers=2)
    cases = rx.read_cases(cohort)
    assert list(table.columns[: len(cases.columns)]) == list(cases)
    pd.testing.assert_frame_equal(table[cases.columns], cases)
    for i, case in cases.iterrows():
        alone = rx.extract(case["Image"], case["Mask"], CONFIG)
        assert table.loc[i, alone.index].to_dict() == alone.to_dict()
    assert table.attrs["failures"] == []
    assert (table["radiomix_config"] == CONFIG.digest).all()
    assert (table["radiomix_notes"] == "").all()


def test_the_number_of_processes_changes_no_byte(cohort: Path, tmp_path: Path) -> None:
    for workers in (1, 2):
        rx.extract_cases(cohort, CONFIG, tmp_path / f"{workers}.csv", workers=workers)
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_labels_go_from_the_column_or_all(cohort: Path, tmp_path: Path) -> None:
    from radiomix.image import LabelMap
    from radiomix.io import read_labels, write_image

    case = rx.read_cases(cohort).loc[0]
    first = read_labels(case["Mask"])
    two = first.array.astype(np.uint8)
    two[: two.shape[0] // 2] *= 2
    write_image(LabelMap(two, first.geometry), tmp_path / "two.nii.gz")
    cases = pd.DataFrame({"Image": case["Image"], "Mask": str(tmp_path / "two.nii.gz"), "Label": [2, "all", None]})
    table = rx.extract_cases(cases, CONFIG.with_(label=1), workers=1)
    assert table["Label"].tolist() == [2, 1, 2, 1]
    means = table["original_firstorder_Mean"]
    assert means[0] == means[2] != means[1] == means[3]
    every = rx.extract_cases(cases.drop(columns="Label"), CONFIG, labels="all", workers=1)
    assert every["Label"].tolist() == [1, 2] * 3


def test_failures_stand_in_a_table_and_what_was_decided_in_a_note(cohort: Path, tmp_path: Path) -> None:
    good, nasty = rx.read_cases(cohort).loc[0], shared("nasty")
    pairs = {
        "good": (good["Image"], good["Mask"]),
        "absent": (good["Image"], "nowhere.nii.gz"),
        "blank": (good["Image"], None),
        "empty": (nasty / "img.nii.gz", nasty / "seg_empty.nii.gz"),
        "elsewhere": (good["Image"], nasty / "seg_one_label.nii.gz"),
        "coarse": (nasty / "img.nii.gz", nasty / "mask_half_resolution.nii.gz"),
    }
    cases = pd.DataFrame([{"ID": k, "Image": i, "Mask": m} for k, (i, m) in pairs.items()])
    table = rx.extract_cases(cases, CONFIG, tmp_path / "run", workers=1)
    assert table["ID"].tolist() == ["good", "coarse"]
    assert table.set_index("ID").loc["good", "radiomix_notes"] == ""
    assert "resampled" in table.set_index("ID").loc["coarse", "radiomix_notes"]
    failures = pd.read_csv(tmp_path / "run/failures.csv").set_index("ID")
    assert failures["error"].to_dict() == {
        "absent": "UnreadableFile", "blank": "InputError", "empty": "LabelError", "elsewhere": "GeometryMismatch",
    }  # fmt: skip
    assert [f["ID"] for f in table.attrs["failures"]] == list(failures.index)
    checked = rx.check_cases(cases, CONFIG).set_index("ID")
    assert checked.loc[failures.index, "reason"].to_list() == failures["reason"].to_list()
    assert checked.loc[["good", "coarse"], "reason"].to_list() == ["", ""]
    assert "resampled" in checked.loc["coarse", "notes"]


def test_an_interrupted_run_goes_on_where_it_stopped(cohort: Path, tmp_path: Path) -> None:
    class Interrupted(ThreadPoolExecutor):
        taken = 0

        def submit(self, function, task, *arguments, **options):
            self.taken += 1
            if self.taken > 2:
                raise KeyboardInterrupt
            return super().submit(function, task, *arguments, **options)

    out = tmp_path / "features.csv"
    with pytest.raises(KeyboardInterrupt), Interrupted(1) as executor:
        rx.extract_cases(cohort, CONFIG, out, executor=executor)
    assert not out.exists()
    with pytest.raises(TableError, match="an interrupted run lies in"):
        rx.extract_cases(cohort, CONFIG, out, workers=1)
    journal = Destination.of(out).journal
    kept = journal.read_text().splitlines()
    assert len(kept) == 2, "the settings and the first case"
    marked = json.loads(kept[1])
    marked["rows"][0]["original_firstorder_Mean"] = -1.0
    journal.write_text(kept[0] + "\n" + json.dumps(marked) + "\n")
    resumed = rx.extract_cases(cohort, CONFIG, out, workers=1, resume=True)
    whole = rx.extract_cases(cohort, CONFIG, workers=1)
    assert resumed.loc[0, "original_firstorder_Mean"] == -1.0, "the finished case was computed again"
    pd.testing.assert_frame_equal(resumed[1:], whole[1:])
    assert not journal.exists()


def test_a_wrong_feature_name_is_one_error_before_anything_runs(cohort: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'Mean'"):
        rx.extract_cases(cohort, {"featureClass": {"firstorder": ["Maen"]}}, tmp_path / "t.csv")
    assert not list(tmp_path.iterdir())


def test_a_table_of_features_is_no_table_of_cases(cohort: Path) -> None:
    with pytest.raises(TableError, match="columns that extraction makes, such as 'radiomix_version': drop them"):
        rx.extract_cases(rx.extract_cases(cohort, CONFIG, workers=1), CONFIG, workers=1)


def test_a_written_table_knows_its_settings(cohort: Path, tmp_path: Path) -> None:
    table = rx.extract_cases(cohort, CONFIG, tmp_path / "t.parquet", workers=1)
    assert config_of(table) == CONFIG
    assert config_of(read_table(tmp_path / "t.parquet")) == CONFIG
    assert config_of(table.drop(columns="radiomix_config")) is None
    assert config_of(table.assign(radiomix_config=["a", "b", "c", "d"])) is None
    table.attrs.clear()
    assert config_of(table) is None
    assert config_of(table.assign(radiomix_config=Config.ibsi().digest)) == Config.ibsi()


@pytest.mark.agreement
def test_a_real_cohort_in_two_processes(tmp_path: Path) -> None:
    cases = rx.find_cases(shared("cohorts/sts"), "PET_image*", "PET_mask*").head(6)
    table = rx.extract_cases(cases, None, tmp_path / "t.csv", workers=2)
    assert len(table) == 6
    assert table.filter(regex="^original_").shape[1] == 107
    assert np.isfinite(table.filter(regex="^original_").to_numpy()).all()


def test_processes_that_meet_an_empty_kernel_cache_agree(cohort: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, radiomix as rx\n"
        "config = rx.Config.pyradiomics(features=(('firstorder', None),))\n"
        "t = rx.extract_cases(sys.argv[1], config, sys.argv[2], workers=2)\n"
        "print(len(t), len(t.attrs['failures']))\n"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    for name in ("cold.csv", "warm.csv"):
        ended = subprocess.run(
            [sys.executable, script, cohort, tmp_path / name],
            capture_output=True, text=True, env=environment, timeout=300, check=False,
        )  # fmt: skip
        assert ended.stdout.strip() == "4 0", ended.stderr
        assert ("compiling" in ended.stderr) == (name == "cold.csv"), ended.stderr
    assert (tmp_path / "cold.csv").read_bytes() == (tmp_path / "warm.csv").read_bytes()
