"""The command line: what a line means, what is said of a mistake, and what a short command leaves unloaded."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from inspect import Parameter, signature
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest

import radiomix as rx
from radiomix.cli import COMMANDS, main
from radiomix.cli.options import Format, write
from radiomix.cli.parser import call_of
from radiomix.errors import ConfigError
from radiomix.extraction.announce import MESSAGE


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A line that extracts a few features of one case."""
    folder = tmp_path_factory.mktemp("case")
    rx.make_cohort(folder, n=2, seed=1)
    (folder / "few.yaml").write_text("featureClass: {firstorder: [Mean]}\n")
    image, mask = (str(folder / f"images/lesion-000_{kind}.nii.gz") for kind in ("image", "mask"))
    return ["extract", image, mask, "-p", str(folder / "few.yaml")]


def call(line: str) -> tuple[str, dict[str, object]]:
    """The command that a line calls, and the values it is given that are not its defaults."""
    asked = call_of(COMMANDS, line.split())
    defaults = {name: parameter.default for name, parameter in signature(asked.func).parameters.items()}
    assert asked.keywords.keys() == defaults.keys()
    return asked.func.__name__, {name: value for name, value in asked.keywords.items() if value != defaults[name]}


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("extract image.nii mask.nii", {"source": Path("image.nii"), "mask": Path("mask.nii")}),
        (
            "extract cases.csv --out t.csv --format json --overwrite -j 2 --label all -p file.yaml",
            {
                "source": Path("cases.csv"), "out": Path("t.csv"), "style": Format.JSON, "overwrite": True, "jobs": 2,
                "label": "all", "param": Path("file.yaml"),
            },
        ),
        (
            "extract --out t.csv image.nii -s binWidth:10 mask.nii -s label:2 --setting=force2D:true",
            {
                "source": Path("image.nii"), "mask": Path("mask.nii"), "out": Path("t.csv"),
                "setting": ["binWidth:10", "label:2", "force2D:true"],
            },
        ),
        ("extract a -fcsv --label -1", {"source": Path("a"), "style": Format.CSV, "label": "-1"}),
        ("maps a b --radius 2 --full", {"image": Path("a"), "mask": Path("b"), "radius": 2, "full": True}),
        ("evaluate t.csv --folds 3 --permutations 0", {"table": Path("t.csv"), "folds": 3, "permutations": 0}),
        ("predict m.rmx a b --given age:61 --given site:B", {"given": ["age:61", "site:B"]}),
        ("compare a b --tolerance 1e-3", {"image": Path("a"), "mask": Path("b"), "tolerance": 1e-3}),
        ("models", {}),
    ],
)  # fmt: skip
def test_a_line_is_a_command_with_its_values(line: str, values: dict[str, object]) -> None:
    name, found = call(line)
    assert name == line.split()[0]
    assert {key: found[key] for key in values} == values
    assert name == "predict" or found == values


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("extrct a b", "unknown command 'extrct': did you mean 'extract'?"),
        ("--nope", "unrecognized arguments: --nope"),
        ("extract", "required: source"),
        ("compare a", "required: mask"),
        ("extract a b c", "one too many: 'c'"),
        ("extract a b --outt x", "unknown option '--outt': did you mean '--out'?"),
        ("extract a b --ou x", "unknown option '--ou'"),
        ("extract a b -o", "--out/-o: expected one argument"),
        ("extract a --out -o b", "--out/-o: expected one argument"),
        ("extract a b -f xml", "expected 'csv' or 'json' or 'txt'; found 'xml'"),
        ("extract a b --jobs 0", "--jobs/-j: expected 1 or more; found 0"),
        ("extract a b --jobs two", "--jobs/-j: expected a whole number; found 'two'"),
        ("compare a b --tolerance small", "expected a number; found 'small'"),
        ("train table.csv", "required: --out/-o"),
    ],
)
def test_a_mistake_is_said_with_its_remedy(line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)) as error:
        call_of(COMMANDS, line.split())
    assert "--help` explains" in str(error.value)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_the_help_names_every_parameter_and_its_default(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_of(COMMANDS, [command.__name__, "--help"])
    text = capsys.readouterr().out
    assert not ended.value.code
    assert command.__doc__.splitlines()[0] in text
    for parameter in signature(command, eval_str=True).parameters.values():
        _, declared = get_args(parameter.annotation)
        names = getattr(declared, "names", (parameter.name,)) or (f"--{parameter.name}",)
        assert all(name in text for name in names)
        if parameter.default not in (Parameter.empty, None, False, ""):
            assert f"[{parameter.default}]" in text


def test_models_are_listed_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    call_of(COMMANDS, ["models"])()
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == ["model", *rx.list_models().index]


@pytest.mark.parametrize("style", ["txt", "csv", "json"])
def test_one_case_loads_neither_tables_nor_itk(case: list[str], style: str) -> None:
    code = (
        "import sys; from radiomix.cli import main\n"
        "heavy = {'pandas', 'SimpleITK', 'nibabel', 'sklearn', 'matplotlib', 'pywt'}\n"
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

    monkeypatch.setattr("radiomix.cli.call_of", lambda *_: interrupted)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    with pytest.raises(SystemExit) as ended:
        main(line[3:])
    assert (ended.value.code, *capsys.readouterr()) == (130, "", "")
