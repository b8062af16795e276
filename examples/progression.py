"""Time to progression: a survival model, its risk groups, and a hospital that the model has never seen.

Run it cell by cell, or whole: `python examples/progression.py [folder] [patients]`.
"""

# %%
import sys
from pathlib import Path

import radiomix as rx


def main(folder: Path, patients: int) -> None:
    # %% A cohort with follow-up: `months` under observation, and whether it ended with progression
    rx.make_cohort(folder / "cohort", n=patients, seed=3)
    config = rx.Config.pyradiomics(bins=rx.FixedBinWidth(10))
    table = rx.extract_cases(folder / "cohort" / "cohort.csv", config, out=folder / "features.csv", workers=1)
    columns = {
        "time": "months",
        "event": "progressed",
        "patient": "ID",
        "centre": "site",
        "clinical": ["age"],
        "exclude": ["malignant"],
        "config": config,
    }
    options = {"permutations": 3, "candidates": 3, "inner_folds": 3, "seed": 0, "workers": 1}

    # %% Nested cross-validation, then every hospital held out in turn
    study = rx.Study(table, **columns)
    result = study.evaluate(["cox"], repeats=1, **options)
    print(result.summary()[["kind", "c_index", "c_index_low", "c_index_high"]].round(2))
    print(result.report(folder / "report.html"))
    elsewhere = study.evaluate(["cox"], split="centre", controls=False, **options)
    print("hospitals never seen:", elsewhere.summary()["c_index"].round(2).to_dict())

    # %% A model to take away, and how surely the highest and the lowest risk stay free of progression
    model = study.fit("cox", seed=0)
    print(model.predict(table)["risk"].describe().round(2))


if __name__ == "__main__":
    folder, count = (*sys.argv[1:], *("run/progression", "60")[len(sys.argv) - 1 :])
    main(Path(folder), int(count))
