"""Commands of the image half: features, maps, checks, comparisons, the demonstration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..errors import ConfigError
from .options import (
    Format,
    ImageFile,
    Jobs,
    LabelOption,
    MaskFile,
    Option,
    OptionalMask,
    Out,
    Overrides,
    Overwrite,
    Parameters,
    Seed,
    Source,
    cases_of,
    format_of,
    label_of,
    names,
    read_config,
    refuse_existing,
    say,
    tell,
    write,
)

if TYPE_CHECKING:
    from ..config import Config


def extract(
    source: Source,
    mask: OptionalMask = None,
    param: Parameters = None,
    setting: Overrides = None,
    out: Out = None,
    style: Annotated[Format | None, Option("--format", "-f", help="By default what --out ends in, or txt.")] = None,
    jobs: Jobs = None,
    label: LabelOption = None,
    resume: Annotated[bool, Option("--resume", help="Continue an interrupted cohort.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Features of one image and mask, or of a cohort."""
    if mask is not None or format_of(out, style) is not Format.CSV:
        refuse_existing(out, overwrite)
    config = read_config(param, setting)
    if mask is not None:
        write(_one_case(source, mask, config, label), out, style, overwrite)
        return
    from ..cohort import extract_cases

    if label is not None:
        raise ConfigError('for a cohort the label stands in the column "Label" of its table')
    whole = out if format_of(out, style) is Format.CSV else None
    if resume and whole is None:
        raise ConfigError("--resume continues a run that writes a table or a folder: name it with --out")
    table = extract_cases(cases_of(source), config, whole, workers=jobs, resume=resume, overwrite=overwrite)
    failures = table.attrs["failures"]
    for failure in failures:
        say(f"{failure.get('ID') or failure['Image']}: {failure['reason']}")
    if whole is None:
        write(table.to_dict("records"), out, style, overwrite)
    if failures:
        say(f"{len(failures)} case(s) failed; the others are written")
        raise SystemExit(1)


def maps(
    image: ImageFile,
    mask: MaskFile,
    out: Annotated[Path, Option("--out", "-o", help="The folder for the maps.")] = Path("maps"),
    param: Parameters = None,
    setting: Overrides = None,
    label: Annotated[int | None, Option("--label", help="The label of the mask.")] = None,
    radius: Annotated[int | None, Option(min=1, help="Of the window, in voxels; by default the file's.")] = None,
    families: Annotated[str, Option(help="Feature families, separated by commas; by default the file's.")] = "",
    features: Annotated[str, Option(help="Features of these families, separated by commas.")] = "",
    full: Annotated[bool, Option("--full", help="Maps on the whole image's grid, not the ROI's box.")] = False,
    suffix: Annotated[str, Option(help="The kind of file: .nii.gz, .nrrd, .mha, ...")] = ".nii.gz",
    jobs: Annotated[int | None, Option("--jobs", "-j", min=1, help="Threads; by default one per core.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Features in a sliding window: an image per feature."""
    from ..maps import save_maps

    written = save_maps(
        str(image), str(mask), out, read_config(param, setting), label=label, radius=radius, full=full, workers=jobs,
        families=names(families) or None, features=names(features) or None, suffix=suffix, overwrite=overwrite,
    )  # fmt: skip
    tell(f"{len(written)} map{'' if len(written) == 1 else 's'} in {out}")


def check(
    source: Source,
    mask: OptionalMask = None,
    param: Parameters = None,
    setting: Overrides = None,
    out: Out = None,
    jobs: Jobs = None,
    overwrite: Overwrite = False,
) -> None:
    """What would go wrong, before anything is computed."""
    refuse_existing(out, overwrite)
    import pandas as pd

    from ..cohort import check_cases
    from ..table import write_table

    cases = cases_of(source) if mask is None else pd.DataFrame({"Image": [str(source)], "Mask": [str(mask)]})
    found = check_cases(cases, read_config(param, setting), workers=jobs or 1)
    if out is not None:
        write_table(found, out)
    for case in found.to_dict("records"):
        text = case["reason"] or case["notes"]
        if text:
            tell(f"{case.get('ID') or case['Image']}: {case['error'] or 'note'}: {text}")
    bad = int((found["reason"] != "").sum())
    tell(f"{len(found) - bad} of {len(found)} case(s) can be extracted")
    if bad:
        raise SystemExit(1)


def compare(
    image: ImageFile,
    mask: MaskFile,
    param: Parameters = None,
    setting: Overrides = None,
    out: Out = None,
    tolerance: Annotated[float, Option(help="The largest relative difference that counts as equal.")] = 1e-6,
    overwrite: Overwrite = False,
) -> None:
    """The same case through PyRadiomics, and the differences."""
    refuse_existing(out, overwrite)
    from ..compat import compare as compare_with_pyradiomics
    from ..table import write_table

    found = compare_with_pyradiomics(str(image), str(mask), read_config(param, setting))
    if out is not None:
        write_table(found, out)
    relative = found["relative"].abs()
    differing = found[~(relative <= tolerance)]
    tell((differing if len(differing) else found).to_string(index=False))
    tell(f"{len(found) - len(differing)} of {len(found)} features agree to {tolerance:g}; worst {relative.max():.2g}")
    if len(differing):
        raise SystemExit(1)


def verify(
    data: Annotated[Path | None, Option(help="A folder of the IBSI's images and reference values.")] = None,
    out: Annotated[Path | None, Option("--out", "-o", help="A page of the results (.md).")] = None,
    overwrite: Overwrite = False,
) -> None:
    """This installation against the values of the IBSI standard."""
    from ..verify import run

    refuse_existing(out, overwrite)
    raise SystemExit(run(data=data, page=out))


def demo(
    out: Annotated[Path, Option("--out", "-o", help="The folder to write to.")] = Path("demo-output"),
    cases: Annotated[int, Option(min=30, help="Lesions in the synthetic cohort.")] = 80,
    seed: Seed = 0,
    jobs: Jobs = None,
    overwrite: Overwrite = False,
) -> None:
    """From a synthetic cohort of images to reports, to look at."""
    from ..demo import run

    run(out, cases=cases, seed=seed, workers=jobs, overwrite=overwrite)


def _one_case(image: Path, mask: Path, config: Config, label: str | None) -> list[dict[str, Any]]:
    from ..batch import Task, extract_case

    rows = extract_case(Task(0, str(image), str(mask), None if label is None else label_of(label)), config)
    if rows[0]["radiomix_notes"]:
        say(f"note: {rows[0]['radiomix_notes']}")
    return [{"Image": str(image), "Mask": str(mask), **row} for row in rows]
