"""Write docs/features.md from the registry: every feature with its IBSI code, formula, meaning and unit.

Run by `make docs`; a test fails when the page and the registry differ.
"""

from __future__ import annotations

from pathlib import Path

from radiomix.registry import Dialect, Family, Feature, families

PAGE = Path(__file__).with_name("features.md")

HEAD = """# Feature reference

Generated from the registry by `docs/make_reference.py`; do not edit. A column is `<image>_<family>_<Feature>`.
"P" marks features of PyRadiomics' dialect, "I" those of the IBSI's; "on request" ones must be named.
A code is the IBSI's permanent identifier; features without one are not defined by the IBSI.
"""


def where(feature: Feature) -> str:
    letters = [d.name[0] for d in Dialect if d in feature.dialects]
    return " ".join(letters) + ("" if feature.default else ", on request")


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def section(family: Family) -> str:
    rows = [
        f"| {f.name} | {where(f)} | {f.code} | {cell(f.term)} | `{cell(f.formula)}` | {cell(f.meaning)} | {f.unit} |"
        for f in family.features
    ]
    head = "| Feature | Dialect | Code | IBSI term | Formula | Meaning | Unit |\n|---|---|---|---|---|---|---|"
    title = f"## {family.name}: {family.title}" + (f" ({family.code})" if family.code else "")
    return "\n".join([title, "", head, *rows, ""])


def page() -> str:
    return "\n".join([HEAD, *(section(family) for family in families().values())])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")
