"""The synthetic cohort: reproducible, and its truth can be found again in what is measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

import radiomix as rx
from radiomix.datasets import LATENT, SITES, Truth, make_lesion
from radiomix.errors import InputError
from radiomix.io import read_image, read_labels

FEATURES = (("shape", ("Sphericity", "MeshVolume")), ("firstorder", ("Variance",)), ("glcm", ("Correlation",)))


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    rx.make_cohort(folder, n=40, seed=3)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_same_seed_gives_the_same_files_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        rx.make_cohort(tmp_path / name, n=2, seed=seed)
    a, b, c = (content(tmp_path / name) for name in "abc")
    assert set(a) == set(b) == set(c)
    assert a == b
    assert a["cohort.csv"] != c["cohort.csv"]
    assert a["images/lesion-000_image.nii.gz"] != c["images/lesion-000_image.nii.gz"]


def test_the_table_is_a_cohort_and_says_where_its_files_are(cohort: Path) -> None:
    cases = rx.read_cases(cohort / "cohort.csv")
    assert list(cases) == ["ID", "Image", "Mask", "site", "age", "sex", "malignant", "months", "progressed"]
    assert all(Path(path).is_file() for path in [*cases["Image"], *cases["Mask"]])
    assert set(cases["site"]) <= {site.name for site in SITES}
    for image, mask, site in zip(cases["Image"], cases["Mask"], cases["site"], strict=True):
        spacing = next(s.spacing for s in SITES if s.name == site)
        assert read_image(image).spacing == pytest.approx(spacing)
        assert read_labels(mask).labels == (1,)


def test_lesions_lie_wholly_inside_their_image(cohort: Path) -> None:
    for mask in rx.read_cases(cohort / "cohort.csv")["Mask"]:
        inside = read_labels(mask).array > 0
        edges = [inside.take(side, axis=axis) for axis in range(3) for side in (0, -1)]
        assert not any(edge.any() for edge in edges)


def test_features_follow_what_was_put_in(cohort: Path) -> None:
    config = rx.Config.pyradiomics(features=FEATURES, bins=rx.FixedBinNumber(16))
    table = rx.extract_cases(cohort / "cohort.csv", config, workers=1)
    latent = pd.DataFrame(json.loads((cohort / "truth.json").read_text())["lesions"])
    assert spearmanr(latent["heterogeneity"], table["original_firstorder_Variance"])[0] > 0.8
    assert spearmanr(latent["spiculation"], table["original_shape_Sphericity"])[0] < -0.7
    assert spearmanr(latent["size"], table["original_shape_MeshVolume"])[0] > 0.8
    assert spearmanr(latent["fineness"], table["original_glcm_Correlation"])[0] < -0.3


def test_outcomes_follow_the_documented_coefficients(tmp_path: Path) -> None:
    from radiomix.datasets import _outcomes

    rng = np.random.default_rng(0)
    latent = pd.DataFrame(rng.standard_normal((200_000, len(LATENT))), columns=LATENT)
    truth = Truth()
    found = _outcomes(latent, truth, rng)
    near = latent.abs().max(axis=1) < 0.35  # around 0 only the intercepts are left
    prevalence = 1 / (1 + np.exp(-truth.malignant_logit["intercept"]))
    assert found.loc[near, "malignant"].mean() == pytest.approx(prevalence, abs=0.05)
    before = (found.loc[near, "months"] < truth.follow_up_months[0]).mean()
    assert before == pytest.approx(1 - 0.5 ** (truth.follow_up_months[0] / truth.baseline_months), abs=0.05)
    effects = {k: v for k, v in truth.malignant_logit.items() if k != "intercept"}
    mean_shift = latent[found["malignant"] == 1].mean() - latent[found["malignant"] == 0].mean()
    assert mean_shift["size"] == pytest.approx(0.0, abs=0.02), "size has no effect on malignancy"
    for name, effect in effects.items():
        assert mean_shift[name] / mean_shift["heterogeneity"] == pytest.approx(
            effect / effects["heterogeneity"], abs=0.03
        )
    assert found["months"].max() <= truth.follow_up_months[1]


def test_more_heterogeneity_and_spiculation_are_visible() -> None:
    def lesion(heterogeneity: float, spiculation: float):
        return make_lesion(heterogeneity, 0.0, spiculation, 0.0, SITES[0], np.random.default_rng(5))

    (smooth, round_mask), (rough, spiky_mask) = lesion(-2.0, -2.0), lesion(2.0, 2.0)
    assert rough.array[spiky_mask.array].std() > 2 * smooth.array[round_mask.array].std()
    config = rx.Config.pyradiomics(features=(("shape", ("Sphericity",)),))
    round_one, spiky_one = (rx.extract(smooth, m, config).iloc[0] for m in (round_mask, spiky_mask))
    assert spiky_one < round_one - 0.05


def test_nothing_is_overwritten_and_nonsense_is_refused(cohort: Path, tmp_path: Path) -> None:
    before = content(cohort)
    with pytest.raises(InputError, match="holds a cohort already"):
        rx.make_cohort(cohort, n=2)
    assert content(cohort) == before
    with pytest.raises(InputError, match="at least 1; found 0"):
        rx.make_cohort(tmp_path / "none", n=0)
    assert not (tmp_path / "none").exists()
