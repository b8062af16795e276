"""The command line is read in two ways, and both mean the same."""

from __future__ import annotations

import subprocess
import sys
import warnings
from functools import wraps
from inspect import signature
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import radiomix as rx
from radiomix.cli import COMMANDS, main
from radiomix.cli.options import write
from radiomix.cli.plain import plain_call
from radiomix.cli.typed import parser
from radiomix.extraction.announce import MESSAGE


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A line that extracts a few features of one case."""
    folder = tmp_path_factory.mktemp("case")
    rx.make_cohort(folder, n=2, seed=1)
    (folder / "few.yaml").write_text("featureClass: {firstorder: [Mean]}\n")
    image, mask = (str(folder / f"images/lesion-000_{kind}.nii.gz") for kind in ("image", "mask"))
    return ["extract", image, mask, "-p", str(folder / "few.yaml")]


def read_by(reader, line: list[str]) -> tuple[str, dict[str, object]] | None:
    """The command that a reader calls for a line, and all its values; None where it calls none."""
    called = []

    def recorder(command):
        @wraps(command)
        def record(**given: object) -> None:
            bound = signature(command).bind(**given)
            bound.apply_defaults()
            called.append((command.__name__, bound.arguments))

        return record

    reader([recorder(command) for command in COMMANDS], line)
    return called[0] if called else None


def by_plain(commands, line: list[str]) -> None:
    call = plain_call(commands, line)
    if call is not None:
        call()


def by_parser(commands, line: list[str]) -> None:
    with pytest.raises(SystemExit):
        parser(commands)(args=line)


@pytest.mark.parametrize(
    "line",
    [
        "extract image.nii mask.nii",
        "extract cases.csv",
        "extract image.nii mask.nii --out table.csv --format json --overwrite -j 2 --label all -p file.yaml",
        "extract --out table.csv image.nii -s binWidth:10 mask.nii -s label:2 --setting force2D:true",
        "maps image.nii mask.nii -o folder --radius 2 --families glcm,glrlm --features Contrast --full --suffix .nrrd",
        "check cases.csv --jobs 3",
        "evaluate table.csv --outcome y --split centre --folds 3 --permutations 0 --shuffled --choice simplest",
        "train table.csv -o model.rmx --outcome y --seed 7 --model ridge",
        "predict model.rmx image.nii mask.nii --given age:61 --given site:B --label 3",
        "models",
        "compare image.nii mask.nii",
        "verify --data folder",
        "demo --cases 30",
    ],
)
def test_a_plain_line_means_what_the_parser_makes_of_it(line: str) -> None:
    found = read_by(by_plain, line.split())
    assert found is not None
    assert found == read_by(by_parser, line.split())


@pytest.mark.parametrize(
    "line",
    [
        "", "--help", "extrct a b", "extract", "extract --help", "extract a b c", "extract a b --nope",
        "extract a b -o", "extract a --out -o b", "extract a b -fjson", "extract a b --format=json",
        "extract a b --format xml", "extract a b --out x --out y", "extract a b --resume --resume", "extract -- a b",
        "extract a b --jobs 0", "extract a b --jobs x", "extract a b --jobs 02", "extract a b --label -1",
        "compare a b --tolerance 1e-3", "train table.csv", "models x", "demo --cases 3",
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_the_parser(line: str) -> None:
    assert plain_call(COMMANDS, line.split()) is None
    assert plain_call(COMMANDS, ["extract", "", "b"]) is None


@pytest.mark.parametrize("style", ["txt", "csv", "json"])
def test_one_case_loads_neither_parser_nor_table_nor_itk(case: list[str], style: str) -> None:
    code = (
        "import sys; from radiomix.cli import main\n"
        "heavy = {'typer', 'pydantic', 'rich', 'pandas', 'SimpleITK', 'nibabel', 'sklearn', 'matplotlib', 'pywt'}\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    line = [sys.executable, "-c", code, *case, "--format", style]
    ended = subprocess.run(line, capture_output=True, text=True, check=True)
    assert "original_firstorder_Mean" in ended.stdout
    assert ended.stderr.splitlines()[-1] == "[]"


def test_one_row_is_written_as_pandas_writes_it(tmp_path: Path) -> None:
    row = {
        "Image": 'a "b", c\nd.nii', "Label": 1, "notes": "", "nothing": None, "shape": (1, 2.5), "yes": True,
        "NaN": np.nan, "inf": -np.inf, "small": 5e-324, "third": 1 / 3, "whole": 3.0, "large": 1e22,
        "of NumPy": np.float64(0.1), "counted": np.int64(7),
    }  # fmt: skip
    write([row], tmp_path / "one.csv", None, overwrite=False)
    pd.DataFrame([row]).to_csv(tmp_path / "theirs.csv", index=False)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "theirs.csv").read_bytes()


def test_a_reader_that_goes_away_and_a_user_who_does(
    case: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = [sys.executable, "-m", "radiomix", *case]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert (process.stderr.read().replace(f"{MESSAGE}\n", ""), process.wait()) == ("", 1)

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("radiomix.cli.plain_call", lambda *_: interrupted)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    with pytest.raises(SystemExit) as ended:
        main(line[3:])
    assert (ended.value.code, *capsys.readouterr()) == (130, "", "")
