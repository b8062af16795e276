"""One self-contained HTML page, and the same numbers as JSON beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from jinja2 import Environment
from markupsafe import Markup
from matplotlib.figure import Figure

from .. import __version__
from ..errors import ConfigError, InputError
from ..files import write_text
from ..models.outcome import Task
from ..spellings import describe
from . import figures, lesions
from .scores import EXPLANATIONS, readable
from .style import as_svg

if TYPE_CHECKING:
    from ..models.evaluation import Evaluation


@dataclass(frozen=True)
class Picture:
    """A figure in the page, with what it shows in words."""

    svg: Markup
    caption: str


def write_report(evaluation: Evaluation, path: str | os.PathLike[str], *, title: str = "") -> Path:
    """Write an evaluation as one self-contained HTML file, and its numbers as JSON beside it.

    Parameters
    ----------
    path : of the page; the numbers go to the same name with `.json`
    title : what stands at the top; by default the outcome

    Returns
    -------
    The page's path.
    """
    target = Path(path)
    if target.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"a report is an HTML file; expected a name like report.html, found {target.name!r}")
    text = render(evaluation, title=title)
    evaluation.to_json(target.with_suffix(".json"))
    return write_text(target, text)


def render(evaluation: Evaluation, *, title: str = "") -> str:
    """The page as text."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files(__package__).joinpath("page.html.j2").read_text(encoding="utf-8"))
    best = evaluation.best
    return template.render(
        title=title or f"Predicting {' and '.join(evaluation.outcome)}",
        made=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        version=__version__,
        evaluation=evaluation,
        best=best,
        flow=evaluation.cohort.get("flow", []),
        cohort=list(_plain_items({k: v for k, v in evaluation.cohort.items() if k != "flow"})),
        score_tables=_score_tables(evaluation),
        explanations=EXPLANATIONS,
        forest=_picture(
            figures.forest(evaluation), "Each model (blue) beside its controls (grey); the line is chance."
        ),
        curves=list(_curves(evaluation)),
        features=_features(evaluation, best),
        stability=_picture(figures.selection(evaluation, best), "A feature that few folds use is no finding."),
        examples=_examples(evaluation, best),
        comparisons=_readable_rows(evaluation.comparisons),
        settings=list(_plain_items(evaluation.settings)),
        sample_size=list(_plain_items(evaluation.sample_size)),
        messages=evaluation.messages.to_dict("records"),
    )


def _picture(figure: Figure, caption: str) -> Picture:
    return Picture(Markup(as_svg(figure)), caption)


def _curves(evaluation: Evaluation) -> Iterator[Picture]:
    for cohort in [c for c in ("internal", "external") if c in set(evaluation.scores["cohort"])]:
        where = "" if cohort == "internal" else " External cohort."
        if evaluation.task is Task.BINARY:
            yield _picture(figures.roc(evaluation, cohort=cohort), f"Test predictions only.{where}")
            yield _picture(
                figures.calibration(evaluation, cohort=cohort),
                f"On the diagonal, predicted risks are true risks; ticks below are the predictions.{where}",
            )
            yield _picture(
                figures.decision(evaluation, cohort=cohort),
                f"A model helps where its line lies above both treating all and treating none.{where}",
            )
        if evaluation.task.has_times:
            for model in evaluation.models.loc[evaluation.models["kind"] == "model", "model"]:
                yield _picture(
                    figures.kaplan_meier(evaluation, model=model, cohort=cohort),
                    f"Groups cut at the median risk of the training parts; everybody was in a test part.{where}",
                )


def _score_tables(evaluation: Evaluation) -> list[tuple[str, pd.DataFrame]]:
    """(cohort, table with a row per model and control, text in the cells)."""
    tables = []
    for cohort in evaluation.scores["cohort"].unique():
        summary = evaluation.summary(cohort)
        names = [c for c in summary if c != "kind" and not c.endswith(("_low", "_high"))]
        text = pd.DataFrame({name: [readable(row, name) for _, row in summary.iterrows()] for name in names})
        tables.append((cohort, text.set_index(summary.index).assign(kind=summary["kind"])))
    return tables


def _features(evaluation: Evaluation, model: str, most: int = 15) -> list[dict[str, Any]]:
    """The most used features with their meaning; columns of other extractors have none."""
    used = evaluation.selection[evaluation.selection["model"] == model]
    rows = []
    for _, row in used.sort_values("frequency", ascending=False).head(most).iterrows():
        meaning = {"meaning": "", "formula": "", "code": ""}
        try:
            found = describe(row["feature"])
            meaning = {"meaning": found.meaning, "formula": found.formula, "code": found.code}
        except ConfigError:
            pass  # a clinical variable, or a column of another extractor
        rows.append({**row.to_dict(), **meaning})
    return rows


def _examples(evaluation: Evaluation, model: str) -> Picture | None:
    if not {"Image", "Mask"} <= set(evaluation.cases.columns):
        return None
    chosen = lesions.choose(evaluation, model)
    if not all(Path(str(evaluation.cases.loc[e.row, c])).exists() for e in chosen for c in ("Image", "Mask")):
        return None
    return _picture(lesions.draw(evaluation.cases, chosen), "The slice where the ROI is largest, and its outline.")


def _readable_rows(table: pd.DataFrame) -> list[dict[str, str]]:
    """Numbers with three digits; a p-value is never printed as zero."""

    def cell(name: str, value: Any) -> str:
        if not isinstance(value, float):
            return str(value)
        if pd.isna(value):
            return ""
        return "< 0.0001" if name.startswith("p") and value < 1e-4 else f"{value:.3g}"

    return [{name: cell(name, value) for name, value in row.items()} for row in table.to_dict("records")]


def _plain_items(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and value as words; long lists are cut."""
    for name, value in content.items():
        match value:
            case dict():
                text = ", ".join(f"{k}: {_short(v)}" for k, v in value.items())
            case list() | tuple() | set() | frozenset():
                shown = [_short(v) for v in list(value)[:12]]
                text = ", ".join(shown) + (f", ... ({len(value)} in all)" if len(value) > 12 else "")
            case _:
                text = _short(value)
        yield name.replace("_", " "), text or "none"


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
