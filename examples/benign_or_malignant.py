"""Benign or malignant: from images to a report to a model for the next patient.

Run it cell by cell in a notebook or editor, or whole: `python examples/benign_or_malignant.py [folder] [lesions]`.
"""

# %% A cohort. Yours is a CSV with the columns Image and Mask, and whatever else you know of each patient.
import sys
from pathlib import Path

import radiomix as rx


def main(folder: Path, lesions: int) -> None:
    rx.make_cohort(folder / "cohort", n=lesions, seed=11)
    cases = rx.read_cases(folder / "cohort" / "cohort.csv")

    # %% What would go wrong, before anything is computed
    problems = rx.check_cases(cases)
    print(f"{len(problems)} cases checked")

    # %% Features: one row per lesion; failures would be rows of `table.attrs["failures"]`
    config = rx.Config.pyradiomics(bins=rx.FixedBinWidth(10))
    table = rx.extract_cases(cases, config, out=folder / "features.csv", workers=1)

    # %% How good would such a model be in new patients? Whole patients are held out; the other outcomes are left alone.
    study = rx.Study(
        table,
        outcome="malignant",
        patient="ID",
        centre="site",
        clinical=["age", "sex"],
        exclude=["months", "progressed"],
        config=config,
    )
    result = study.evaluate(["elastic-net"], repeats=1, permutations=5, candidates=4, inner_folds=3, seed=0, workers=1)
    print(result.summary()[["kind", "auc", "auc_low", "auc_high"]].round(2))
    print(*result.statements, sep="\n")
    print(result.report(folder / "report.html"))

    # %% The model, and the next patient: a new image is processed like those the model has seen
    study.fit("elastic-net", seed=0).save(folder / "model.rmx")
    model = rx.load_model(folder / "model.rmx")
    print(model.predict(cases.loc[0, "Image"], cases.loc[0, "Mask"]))


if __name__ == "__main__":
    folder, count = (*sys.argv[1:], *("run/benign-or-malignant", "60")[len(sys.argv) - 1 :])
    main(Path(folder), int(count))
