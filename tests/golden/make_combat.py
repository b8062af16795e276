"""Reference numbers for tests/test_harmonise.py, computed with neuroCombat (not a dependency: install it elsewhere).

    python -m venv v && v/bin/pip install neuroCombat pandas 'numpy<1.24'
    v/bin/python tests/golden/make_combat.py tests/golden

writes combat_cases.csv (simulated here) and combat_reference.csv.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from neuroCombat import neuroCombat

SETTINGS = {
    "parametric": {},
    "nonparametric": {"parametric": False},
    "mean_only": {"mean_only": True},
    "reference": {"ref_batch": "b"},
    "no_covariates": {"covariates": False},
}


def simulate() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    site = np.repeat(["a", "b", "c"], [9, 14, 11])
    cases = pd.DataFrame(
        {"site": site, "age": rng.integers(40, 80, len(site)), "sex": rng.choice(["f", "m"], len(site))}
    )
    shift, scale = {"a": 0.0, "b": 1.0, "c": -0.6}, {"a": 1.0, "b": 1.8, "c": 0.7}
    for j in range(10):
        noise = rng.normal(size=len(site)) * np.array([scale[s] for s in site])
        moved = np.array([shift[s] for s in site]) * rng.normal(1, 0.4)
        cases[f"f{j}"] = np.round(
            (10 + 3 * j) + (j + 1) * (noise + moved + 0.02 * cases["age"] + 0.3 * (cases["sex"] == "m")), 4
        )
    return cases


def harmonised(
    cases: pd.DataFrame, *, parametric=True, mean_only=False, ref_batch=None, covariates=True
) -> pd.DataFrame:
    features = [c for c in cases if c.startswith("f")]
    said = neuroCombat(
        dat=cases[features].T.to_numpy(),
        covars=cases[["site", "age", "sex"]],
        batch_col="site",
        categorical_cols=["sex"] if covariates else None,
        continuous_cols=["age"] if covariates else None,
        parametric=parametric,
        mean_only=mean_only,
        ref_batch=ref_batch,
    )
    return pd.DataFrame(said["data"].T, columns=features)


def main(folder: Path) -> None:
    cases = simulate()
    cases.to_csv(folder / "combat_cases.csv", index=False)
    parts = [harmonised(cases, **how).assign(setting=name, case=range(len(cases))) for name, how in SETTINGS.items()]
    table = pd.concat(parts).melt(["setting", "case"], var_name="feature")
    # neuroCombat stops its iterations at a relative change of 1e-4, and at once where a shift is negative
    table = table.assign(tolerance=1e-5, source="neuroCombat 0.2.12")
    table.to_csv(folder / "combat_reference.csv", index=False, float_format="%.10g")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
