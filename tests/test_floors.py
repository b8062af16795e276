"""The floor table of docs/architecture.md, held by reading every import."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "radiomix"
ARCHITECTURE = PACKAGE.parent / "docs" / "architecture.md"

FLOOR_1 = {"errors", "files", "image", "registry", "config"}
BETWEEN = {"itk"}
FLOOR_2 = {"features", "filters", "preprocess", "presets", "io"}
FLOOR_3 = {"extraction", "maps"}
FLOOR_4 = {
    "cohort",
    "batch",
    "journal",
    "table",
    "parameters",
    "compat",
    "datasets",
    "spellings",
    "perturbations",
    "verify",
}
TABLE_HALF = {"models", "study"}
FLOOR_5 = {"report", "cli", "demo"}

LOW = {"kernels", *FLOOR_1, *BETWEEN}

# room -> the other rooms of radiomix that it may import; a room is a module or a folder directly under radiomix/
ROOMS = {
    "__init__": set(),
    "__main__": {"cli"},
    "kernels": set(),
    "itk": FLOOR_1,
    **dict.fromkeys(FLOOR_1, FLOOR_1),
    **{room: FLOOR_1 | {"kernels", "itk"} for room in FLOOR_2},
    **{room: FLOOR_1 | FLOOR_2 | {"kernels", "itk"} for room in FLOOR_3},
    **{room: FLOOR_1 | FLOOR_2 | FLOOR_3 | FLOOR_4 | {"kernels"} for room in FLOOR_4},
    "maps": LOW | FLOOR_2 | {"extraction"},
    "table": {"errors", "files", "config"},
    "models": {"errors", "files", "table"},
    "study": {"errors", "table", "models", "config"},
    **dict.fromkeys(FLOOR_5, LOW | FLOOR_2 | FLOOR_3 | FLOOR_4 | TABLE_HALF | FLOOR_5),
}

# what a function may import that its module may not, and why
INSIDE_FUNCTIONS = {
    "registry": {"features", "filters"},  # the registry looks its entries up
    "config": {"parameters", "presets"},  # alternative constructors
    "extraction": {"parameters"},  # a path where a Config is expected
    "maps": {"parameters"},
    "models": {"report"},
    "study": {"extraction", "cohort", "perturbations", "report", "parameters"},  # new or shuffled images; a page
}

TABLE_LIBRARIES = frozenset({"sklearn", "lifelines", "xgboost", "sksurv", "imblearn", "shap", "skops", "statsmodels"})
PLOTTING = frozenset({"matplotlib", "jinja2"})
IMAGE_LIBRARIES = frozenset({"SimpleITK", "nibabel", "pydicom", "highdicom", "pywt", "numba", "radiomics"})

# room -> libraries outside the standard library that it must not load
FORBIDDEN = {
    **{room: TABLE_LIBRARIES | PLOTTING | IMAGE_LIBRARIES | {"pandas", "scipy"} for room in FLOOR_1},
    **{room: TABLE_LIBRARIES | PLOTTING | {"pandas"} for room in FLOOR_2},
    **dict.fromkeys(FLOOR_3 | FLOOR_4, TABLE_LIBRARIES | PLOTTING),
    **dict.fromkeys(TABLE_HALF, IMAGE_LIBRARIES),
}
FORBIDDEN["itk"] = FORBIDDEN["io"] | {"nibabel", "scipy"}
FORBIDDEN["features"] |= {"SimpleITK", "nibabel"}
FORBIDDEN["preprocess"] |= {"nibabel"}
FORBIDDEN["table"] |= IMAGE_LIBRARIES
KERNELS_MAY = {"numpy", "numba", "math", "__future__", "collections", "functools", "itertools", "typing"}
# kernels/jit.py drives the compiler and watches the kernels' sources
COMPILER_MAY = KERNELS_MAY | {"contextlib", "gc", "hashlib", "llvmlite", "pathlib", "re"}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[str, bool]]:
    """Every absolute module name that a file imports, and whether that happens inside a function."""
    package = ["radiomix", *path.relative_to(PACKAGE).parts[:-1]]
    for node, inside in walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from ((alias.name, inside) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=0):
                yield str(module), inside
            case ast.ImportFrom(module=module, names=names, level=level):
                base = package[: len(package) - level + 1]
                if module:
                    yield ".".join([*base, module]), inside
                else:
                    yield from ((".".join([*base, alias.name]), inside) for alias in names)
            case ast.Call(func=ast.Name(id="import_module"), args=[ast.Constant(value=str(name))]):
                yield name, inside


def walk(node: ast.AST, inside: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Every node and whether it lies in a function; what only the type checker reads is left out."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                yield from walk(child, True)
            case _:
                yield child, inside
                yield from walk(child, inside)


def room_imported(name: str) -> str | None:
    """The room that a module name of radiomix belongs to; None for the package itself and for other libraries."""
    parts = name.split(".")
    if parts[0] != "radiomix" or len(parts) == 1:
        return None
    inside_package = (PACKAGE / parts[1]).is_dir() or (PACKAGE / f"{parts[1]}.py").is_file()
    return parts[1] if inside_package else None


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_look_down_only(path: Path) -> None:
    room = room_of(path)
    assert room in ROOMS, f"{room} has no floor: give it one here and in docs/architecture.md"
    for name, inside in imported(path):
        target = room_imported(name)
        if target is None or target == room:
            continue
        allowed = ROOMS[room] | (INSIDE_FUNCTIONS.get(room, set()) if inside else set())
        assert target in allowed, f"{room} imports {name}; it may import {sorted(allowed)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_each_floor_keeps_to_its_libraries(path: Path) -> None:
    room = room_of(path)
    for name, _ in imported(path):
        library = name.split(".")[0]
        if library == "radiomix":
            continue
        assert library not in FORBIDDEN.get(room, set()), f"{room} must not load {library}"
        if room == "kernels":
            allowed = COMPILER_MAY if path.name == "jit.py" else KERNELS_MAY
            assert library in allowed, f"{path.name} may import {sorted(allowed)}, not {library}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_outside_libraries_are_declared(path: Path) -> None:
    import tomllib

    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    declared = {re.match(r"[\w-]+", line).group().lower() for line in [*project["dependencies"], *extras]}
    installed_as = {"yaml": "pyyaml", "sklearn": "scikit-learn", "pywt": "pywavelets", "sksurv": "scikit-survival",
                    "imblearn": "imbalanced-learn", "markupsafe": "jinja2", "radiomics": "pyradiomics"}  # fmt: skip
    for name, _ in imported(path):
        library = name.split(".")[0]
        if library in sys.stdlib_module_names or library == "radiomix":
            continue
        assert installed_as.get(library, library).lower() in declared, f"{library} is not in pyproject.toml"


def test_the_documented_table_names_every_room() -> None:
    table = ARCHITECTURE.read_text(encoding="utf-8").split("## Floors")[1]
    documented = set(re.findall(r"`(\w+)/?`", table.split("\nRooms")[0]))
    rooms = {room_of(path) for path in FILES} - {"__init__", "__main__"}
    assert rooms <= documented, f"not in the floor table of docs/architecture.md: {sorted(rooms - documented)}"


def test_the_walker_sees_what_it_should(tmp_path: Path) -> None:
    source = "import numpy\nfrom os import path\ndef f():\n    from sklearn import svm\n"
    found = [
        (getattr(node, "module", None), inside)
        for node, inside in walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom)
    ]
    assert found == [("os", False), ("sklearn", True)]
