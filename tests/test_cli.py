"""The command line: what it prints, writes and exits with."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import radiomix as rx
from radiomix.cli import main
from radiomix.models.evaluation import Evaluation
from radiomix.table import read_table


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    rx.make_cohort(folder, n=4, seed=1)
    (folder / "few.yaml").write_text("featureClass: {firstorder: [Mean, Entropy], shape: [MeshVolume]}\n")
    (folder / "broken.csv").write_text(
        (folder / "cohort.csv").read_text() + "missing,images/none.nii.gz,images/none.nii.gz,north,50,male,0,1.0,1\n"
    )
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Run the command line in this process: (exit code, stdout, stderr)."""
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


def pair(cohort: Path, number: int = 0) -> tuple[Path, Path]:
    return tuple(cohort / "images" / f"lesion-00{number}_{kind}.nii.gz" for kind in ("image", "mask"))


def test_the_help_loads_no_numbers() -> None:
    code = (
        "import sys, radiomix.cli; heavy = {'numpy', 'pandas', 'numba', 'sklearn', 'SimpleITK', 'matplotlib'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_every_verb_has_help(run) -> None:
    _, listed, _ = run("--help")
    for verb in ("extract", "maps", "check", "evaluate", "train", "predict", "compare", "verify", "demo"):
        assert verb in listed
        code, text, _ = run(verb, "--help")
        assert code == 0
        assert f"usage: radiomix {verb}" in text


def test_the_version_is_the_package_s(run) -> None:
    assert run("--version")[:2] == (0, rx.__version__ + "\n")


def test_one_case_on_the_terminal_is_what_python_gives(run, cohort: Path) -> None:
    image, mask = pair(cohort)
    code, text, _ = run("extract", image, mask, "-p", cohort / "few.yaml")
    assert code == 0
    found = dict(line.split(": ", 1) for line in text.splitlines())
    expected = rx.extract(str(image), str(mask), cohort / "few.yaml")
    assert {name: float(found[name]) for name in expected.index} == expected.to_dict()
    assert found["radiomix_version"] == rx.__version__


@pytest.mark.parametrize(("name", "options"), [("t.csv", ()), ("t.json", ()), ("t.txt", ()), ("t.out", ("-f", "json"))])
def test_one_case_in_every_format(run, cohort: Path, tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    out = tmp_path / name
    code, _, _ = run("extract", *pair(cohort), "-p", cohort / "few.yaml", "-o", out, *options)
    assert code == 0
    match out.suffix:
        case ".csv":
            row = read_table(out).iloc[0].to_dict()
        case ".txt":
            row = dict(line.split(": ", 1) for line in out.read_text().splitlines())
        case _:
            row = json.loads(out.read_text())
    mean = rx.extract(*map(str, pair(cohort)), cohort / "few.yaml")["original_firstorder_Mean"]
    assert float(row["original_firstorder_Mean"]) == mean


def test_settings_go_over_the_file(run, cohort: Path) -> None:
    image, mask = map(str, pair(cohort))
    overrides = ("-s", "binWidth:5", "-s", "resampledPixelSpacing:2,2,2")
    code, text, _ = run("extract", image, mask, "-p", cohort / "few.yaml", *overrides, "-f", "json")
    assert code == 0
    content = {
        "setting": {"binWidth": 5, "resampledPixelSpacing": [2, 2, 2]},
        "featureClass": {"firstorder": ["Entropy"]},
    }
    expected = rx.extract(image, mask, content)["original_firstorder_Entropy"]
    assert json.loads(text)["original_firstorder_Entropy"] == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-s", "binWidth:[1"), "cannot parse the value of a setting; found 'binWidth:[1'"),
        (("-s", "binwidth:5"), "did you mean 'binWidth'"),
        (("-s", "binWidth"), "expected a setting as name:value, such as binWidth:10; found 'binWidth'"),
        (("-p", "absent.yaml"), "expected a parameter file; found nothing at absent.yaml"),
        (("--label", "two"), "expected an integer or \"all\" as label; found 'two'"),
        (("--label", "7"), "7"),
        (("-o", "/dev/null/t.csv"), "/dev/null"),
        (("-p", "broken.yaml"), "cannot parse the parameter file broken.yaml"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    run, cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "broken.yaml").write_text("setting: [1\n")
    monkeypatch.chdir(tmp_path)
    code, text, error = run("extract", *pair(cohort), "-s", "binWidth:5", *arguments)
    assert (code, text) == (2, "")
    assert error.startswith("radiomix: ")
    assert len([line for line in error.splitlines() if "compiling" not in line]) == 1
    assert message in error
    assert "Traceback" not in error


def test_an_existing_file_is_kept_unless_asked(run, cohort: Path, tmp_path: Path) -> None:
    out = tmp_path / "t.csv"
    out.write_text("mine")
    few = ("-p", cohort / "few.yaml")
    for command in (
        ("extract", *pair(cohort), *few), ("extract", cohort / "cohort.csv", "-j", "1", *few),
        ("extract", cohort / "cohort.csv", "-f", "json", *few), ("check", *pair(cohort)), ("compare", *pair(cohort)),
    ):  # fmt: skip
        code, _, error = run(*command, "-o", out)
        assert code == 2
        assert "t.csv exists" in error
        assert out.read_text() == "mine"
    code, _, _ = run("extract", *pair(cohort), "-p", cohort / "few.yaml", "-o", out, "--overwrite")
    assert code == 0
    assert "original_shape_MeshVolume" in out.read_text()


def test_a_cohort_is_written_with_its_columns_and_settings(run, cohort: Path, tmp_path: Path) -> None:
    out = tmp_path / "features.csv"
    code, _, _ = run("extract", cohort / "cohort.csv", "-p", cohort / "few.yaml", "-o", out, "-j", "1")
    assert code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["features.csv", "features_config.json"]
    table = read_table(out)
    assert table["ID"].tolist() == [f"lesion-00{i}" for i in range(4)]
    assert {"site", "age", "malignant", "radiomix_config", "image_hash"} <= set(table)
    expected = [rx.extract(*map(str, pair(cohort, i)), cohort / "few.yaml") for i in range(4)]
    np.testing.assert_array_equal(table[expected[0].index], pd.DataFrame(expected))


def test_a_failing_case_is_told_and_the_others_are_written(run, cohort: Path, tmp_path: Path) -> None:
    code, _, error = run("extract", cohort / "broken.csv", "-p", cohort / "few.yaml", "-o", tmp_path / "run", "-j", "1")
    assert code == 1
    assert "missing: there is no file" in error
    assert "1 case(s) failed; the others are written" in error
    assert len(read_table(tmp_path / "run/features.csv")) == 4
    failures = read_table(tmp_path / "run/failures.csv")
    assert failures[["ID", "age", "error"]].to_numpy().tolist() == [["missing", 50, "UnreadableFile"]]


def test_a_cohort_as_json_is_a_file_that_any_reader_takes(run, cohort: Path, tmp_path: Path) -> None:
    out = tmp_path / "t.json"
    table = read_table(cohort / "cohort.csv").assign(age=[np.nan, 50, 51, 52])
    table.to_csv(cohort / "aged.csv", index=False)
    options = ("-p", cohort / "few.yaml", "-o", out, "-j", "1")
    assert run("extract", cohort / "aged.csv", *options)[0] == 0
    rows = json.loads(out.read_text(), parse_constant=pytest.fail)
    assert [row["age"] for row in rows] == [None, 50, 51, 52]
    assert all(row["original_shape_MeshVolume"] > 0 for row in rows)
    code, _, error = run("extract", cohort / "aged.csv", *options, "--overwrite", "--resume")
    assert code == 2
    assert "--resume continues a run that writes a table or a folder" in error


def test_check_says_what_would_fail_before_anything_is_written(run, cohort: Path, tmp_path: Path) -> None:
    code, text, _ = run("check", cohort / "broken.csv", "-o", tmp_path / "checked.csv")
    assert code == 1
    assert "missing: UnreadableFile: there is no file" in text
    assert "4 of 5 case(s) can be extracted" in text
    assert read_table(tmp_path / "checked.csv")["error"].notna().sum() == 1
    code, text, _ = run("check", *pair(cohort))
    assert (code, text) == (0, "1 of 1 case(s) can be extracted\n")


def test_an_image_without_a_mask_is_explained(run, cohort: Path) -> None:
    code, _, error = run("extract", pair(cohort)[0])
    assert code == 2
    assert "expected a table of cases or a folder, or an image and a mask" in error


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    frame["malignant"] = (frame["a"] + 0.5 * rng.normal(size=60) > 0).astype(int)
    frame["ID"] = [f"p{i}" for i in range(60)]
    path = tmp_path_factory.mktemp("table") / "table.csv"
    frame.to_csv(path, index=False)
    return path


def test_train_and_predict_give_a_probability_per_row(run, table: Path, tmp_path: Path) -> None:
    model, out = tmp_path / "model.rmx", tmp_path / "predictions.csv"
    options = ("--outcome", "malignant", "--patient", "ID", "--model", "elastic-net")
    assert run("train", table, "-o", model, *options)[0] == 0
    assert run("train", table, "-o", model, *options)[0] == 2, "a model is not overwritten unasked"
    assert run("predict", model, table, "-o", out)[0] == 0
    found, truth = read_table(out)["probability"], read_table(table)["malignant"]
    assert len(found) == 60
    assert found[truth == 1].mean() > found[truth == 0].mean() + 0.3
    code, _, error = run("predict", model, "image.nii.gz")
    assert code == 2
    assert "expected a table (.csv, .tsv, .parquet), or an image and a mask; found only image.nii.gz" in error


def test_an_evaluation_prints_scores_and_writes_its_page(run, table: Path, tmp_path: Path) -> None:
    quick = ("--models", "elastic-net", "--folds", "2", "--repeats", "1", "--permutations", "1")
    options = ("--outcome", "malignant", "--patient", "ID", *quick)
    code, text, _ = run("evaluate", table, *options, "-j", "1", "-o", tmp_path / "report.html")
    assert code == 0
    assert "volume only" not in text, "the table has no volume"
    assert "elastic-net reaches AUC" in text
    shown = text.splitlines()
    assert shown[0].split() == ["auc", "balanced_accuracy", "brier", "calibration_slope"]
    assert re.match(r"elastic-net +0\.\d\d \(0\.\d\d to \d\.\d\d\)", shown[1])
    assert "<html" in (tmp_path / "report.html").read_text()
    scores = json.loads((tmp_path / "report.json").read_text())
    assert scores
    assert run("evaluate", table, *options, "-o", tmp_path / "report.html")[0] == 2
    (tmp_path / "report.html").unlink()
    code, _, error = run("evaluate", table, *options, "-o", tmp_path / "report.html")
    assert code == 2
    assert "report.json exists" in error, "the numbers beside the report are not overwritten either"
    code, _, error = run("evaluate", table, *options, "-o", tmp_path / "report.pdf")
    assert code == 2
    assert "expected a report (.html) or numbers (.json, .csv, .parquet) as --out; found 'report.pdf'" in error


QUICK = ("--models", "ridge", "--folds", "2", "--repeats", "1", "--permutations", "0", "-j", "1")


def evaluated(run, tmp_path: Path, table: Path, *options: object) -> Evaluation:
    """What an evaluation wrote as JSON."""
    out = tmp_path / "result.json"
    code, _, error = run("evaluate", table, "--patient", "ID", *QUICK, *options, "-o", out, "--overwrite")
    assert code == 0, error
    return Evaluation.from_json(out)


def test_folds_made_elsewhere_come_from_a_file_or_columns(run, table: Path, tmp_path: Path) -> None:
    frame = read_table(table).assign(fold_a=np.arange(60) % 3, fold_b=np.arange(60) // 30)
    frame.to_csv(tmp_path / "with_folds.csv", index=False)
    frame[["ID"]].assign(fold=frame["fold_a"]).to_csv(tmp_path / "x.csv", index=False)
    by_file = evaluated(run, tmp_path, table, "--outcome", "malignant", "--split", tmp_path / "x.csv")
    options = ("--outcome", "malignant", "--split", "fold_a, fold_b")
    by_column = evaluated(run, tmp_path, tmp_path / "with_folds.csv", *options)

    def tested(result: Evaluation, repeat: int) -> list[tuple[int, int]]:
        chosen = result.folds.query("side == 'test' and repeat == @repeat").sort_values("row")
        return list(zip(chosen["row"], chosen["fold"], strict=True))

    assert tested(by_file, 0) == tested(by_column, 0) == [(i, i % 3) for i in range(60)]
    assert tested(by_column, 1) == [(i, i // 30) for i in range(60)]
    assert by_file.settings["split"] == by_column.settings["split"] == "given folds"
    assert by_column.cohort["features"] == 3, "a column of folds is no feature"
    pd.DataFrame({"ID": ["p98", "p99"], "fold": [0, 1]}).to_csv(tmp_path / "x.csv", index=False)
    strange = ("evaluate", table, "--outcome", "malignant", *QUICK, "--split")
    assert "found nothing at absent.csv" in run(*strange, "absent.csv")[2]
    assert "none of the 2 ID of the folds is in the table, e.g. 'p98'" in run(*strange, tmp_path / "x.csv")[2]
    assert "unknown split 'patients': did you mean 'patient'" in run(*strange, "patients")[2]


def test_an_evaluation_by_time_takes_the_column_of_dates(run, table: Path, tmp_path: Path) -> None:
    dated = tmp_path / "dated.csv"
    frame = read_table(table)
    frame.assign(scanned=pd.date_range("2020-01-01", periods=60).astype(str)[::-1]).to_csv(dated, index=False)
    result = evaluated(run, tmp_path, dated, "--outcome", "malignant", "--split", "time", "--date", "scanned")
    folds = result.folds.query("fold == 1")
    assert folds.query("side == 'test'")["row"].max() < folds.query("side == 'train'")["row"].min()


def test_harmonisation_choice_and_columns_reach_the_evaluation(run, table: Path, tmp_path: Path) -> None:
    frame = read_table(table)
    frame["site"] = np.arange(60) % 2
    frame[["a", "b"]] += 100 * frame[["site"]].to_numpy()
    frame["age"] = 50 + np.arange(60) % 7
    frame.to_csv(sites := tmp_path / "sites.csv", index=False)
    columns = ("--outcome", "malignant", "--centre", "site", "--clinical", "age")
    with_both = ("--harmonise", "combat", "--choice", "simplest", "--use", "both")
    plain, result = (evaluated(run, tmp_path, sites, *columns, *more) for more in ((), with_both))
    assert (result.settings["harmonise"], result.settings["choice"]) == ("combat", "simplest")
    assert (plain.settings["harmonise"], plain.settings["choice"]) == (None, "best")
    first = [found.models.set_index("model")["n_columns"]["ridge"] for found in (plain, result)]
    assert first == [3, 4], "the age beside the features"
    model = tmp_path / "model.rmx"
    assert run("train", sites, "-o", model, "--model", "ridge", "--patient", "ID", *columns, *with_both)[0] == 0
    about = rx.load_model(model).about
    assert about["harmonise"] == "combat"
    assert {"site", "age", "a"} <= set(about["columns"])


@pytest.mark.parametrize(
    ("command", "options", "message"),
    [
        ("evaluate", ("--harmonise", "combad", "--centre", "ID"), "unknown harmonise 'combad': did you mean 'combat'"),
        ("evaluate", ("--harmonise", "combat"), "harmonise= needs a study with centre=..."),
        ("evaluate", ("--choice", "simple"), "did you mean 'simplest'"),
        ("evaluate", ("--use", "bath"), "unknown use 'bath': did you mean 'both'"),
        ("train", ("--use", "bath"), "unknown use 'bath': did you mean 'both'"),
        ("train", ("--choice", "simple"), "did you mean 'simplest'"),
        ("evaluate", ("--split", "time"), 'split="time" needs a study with date=...'),
        ("evaluate", ("--shuffled",), "Image"),
    ],
)
def test_a_wrong_option_of_a_study_is_explained(
    run, table: Path, tmp_path: Path, command: str, options: tuple[str, ...], message: str
) -> None:
    named = ("--model", "ridge", "-o", tmp_path / "m.rmx") if command == "train" else QUICK
    code, _, error = run(command, table, "--outcome", "malignant", *named, *options)
    assert code == 2
    assert message in error
    assert "Traceback" not in error


@pytest.fixture(scope="module")
def lesions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of features with its images, as `radiomix extract` writes it."""
    folder = tmp_path_factory.mktemp("lesions")
    cases = rx.make_cohort(folder, n=24, seed=3)
    cases.assign(scanner=["A", "B"] * 12).to_csv(folder / "cohort.csv", index=False)
    (folder / "few.yaml").write_text("featureClass: {firstorder: [Mean, Entropy], glcm: [Contrast, Idn]}\n")
    with pytest.raises(SystemExit):
        main([
            "extract", str(folder / "cohort.csv"), "-p", str(folder / "few.yaml"), "-j", "1",
            "-o", str(folder / "features.csv"),
        ])  # fmt: skip
    return folder


def test_shuffled_voxels_are_a_control_where_images_are_at_hand(run, lesions: Path, tmp_path: Path) -> None:
    options = ("--outcome", "malignant", "--exclude", "months,progressed,age")
    result = evaluated(run, tmp_path, lesions / "features.csv", *options, "--shuffled")
    assert "shuffled voxels" in set(result.summary().index)
    assert result.settings["shuffled"] is True


def test_what_a_model_needs_beside_an_image_is_given_by_name(run, lesions: Path, tmp_path: Path) -> None:
    model, image, mask = tmp_path / "m.rmx", *pair(lesions)
    columns = ("--outcome", "malignant", "--centre", "scanner", "--clinical", "age", "--exclude", "months,progressed")
    how = ("--model", "ridge", "--harmonise", "combat", "--use", "both", "-o", model)
    assert run("train", lesions / "features.csv", *columns, *how)[0] == 0
    row = read_table(lesions / "features.csv").iloc[0]
    given = ("--given", f"age:{row['age']}", "--given", f"scanner: {row['scanner']}")
    code, text, error = run("predict", model, image, mask, *given)
    assert code == 0, error
    expected = rx.load_model(model).predict(read_table(lesions / "features.csv"))["probability"].iloc[0]
    assert pd.read_csv(io.StringIO(text))["probability"][0] == pytest.approx(expected, rel=1e-9)
    code, _, error = run("predict", model, image, mask)
    assert code == 2
    assert "scanner" in error
    assert "expected column:value as --given, such as age:61; found 'age'" in run(
        "predict", model, image, mask, "--given", "age"
    )[2]  # fmt: skip
    assert "--given is for one image and its mask" in run("predict", model, lesions / "features.csv", *given)[2]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"outcome": "malignant"}, ["elastic-net", "forest", "xgboost"]),
        ({"time": "months", "event": "malignant"}, ["cox", "xgboost-cox"]),
    ],
)
def test_each_kind_of_outcome_has_default_models(table: Path, columns: dict[str, str], expected: list[str]) -> None:
    from radiomix.cli.studies import _default_models

    frame = read_table(table).assign(months=np.arange(1.0, 61.0))
    assert _default_models(rx.Study(frame, patient="ID", **columns)) == expected


def test_maps_are_written_beside_one_another(run, cohort: Path, tmp_path: Path) -> None:
    options = ("--families", "firstorder", "--features", "Mean,Entropy", "-j", "1")
    code, text, _ = run("maps", *pair(cohort), "-o", tmp_path / "maps", *options)
    assert (code, text) == (0, f"2 maps in {tmp_path / 'maps'}\n")
    assert sorted(p.name for p in (tmp_path / "maps").iterdir()) == [
        "original_firstorder_Entropy.nii.gz",
        "original_firstorder_Mean.nii.gz",
    ]
    assert run("maps", *pair(cohort), "-o", tmp_path / "maps", *options)[0] == 2
    one = run("maps", *pair(cohort), "-o", tmp_path / "one", "--families", "firstorder", "--features", "Mean")
    assert one[:2] == (0, f"1 map in {tmp_path / 'one'}\n")


def test_the_installation_is_verified_by_the_embedded_standard(run) -> None:
    code, text, _ = run("verify")
    assert code == 0
    assert "passed" in text or "met" in text


def test_a_page_of_verification_is_not_overwritten(run, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("mine")
    code, _, error = run("verify", "-o", page)
    assert code == 2
    assert "page.md exists" in error
    assert page.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--outcome", "malignent"), "did you mean 'malignant'"),
        (("--outcome", "malignant", "--models", "elastic"), "did you mean 'elastic-net'"),
    ],
)
def test_a_wrong_name_in_a_study_has_its_nearest_spelling(
    run, table: Path, arguments: tuple[str, ...], message: str
) -> None:
    code, _, error = run("evaluate", table, *arguments)
    assert code == 2
    assert message in error
    assert "Traceback" not in error


def test_an_absent_table_is_named(run) -> None:
    code, _, error = run("evaluate", "absent.csv", "--outcome", "x")
    assert code == 2
    assert "found nothing at absent.csv" in error


def test_the_demonstration_touches_no_folder_that_is_not_its_own(run, tmp_path: Path) -> None:
    mine = tmp_path / "features.csv"
    mine.write_text("mine")
    for options in ((), ("--overwrite",)):
        code, _, error = run("demo", "-o", tmp_path, *options)
        assert code == 2
        assert "is not empty: choose another folder" in error
        assert [p.name for p in tmp_path.iterdir()] == ["features.csv"]
        assert mine.read_text() == "mine"
