"""A synthetic cohort whose truth is known: what was put into the images decides the outcomes."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import ndimage

from .errors import InputError
from .image import Geometry, Image, Mask
from .io import write_image

FIELD_OF_VIEW = 44.0  # mm, along every axis
BACKGROUND, CONTRAST = 40.0, 60.0  # intensity around lesions, and what lesions add


@dataclass(frozen=True)
class Site:
    """A hospital's scanner: voxel spacing in mm (z, y, x), noise sd, gain and offset of intensities."""

    name: str
    spacing: tuple[float, float, float]
    noise: float
    gain: float
    offset: float
    share: float


SITES = (
    Site("north", (1.25, 1.25, 1.25), noise=5.0, gain=1.0, offset=0.0, share=0.4),
    Site("south", (1.5, 1.1, 1.1), noise=8.0, gain=1.1, offset=15.0, share=0.35),
    Site("coast", (1.8, 1.4, 1.4), noise=6.0, gain=0.9, offset=-10.0, share=0.25),
)


@dataclass(frozen=True)
class Truth:
    """What the outcomes depend on. Every latent variable is a standard normal number per lesion.

    Attributes
    ----------
    malignant_logit : log odds per sd of a latent variable; `intercept` sets the prevalence
    log_hazard : log hazard of progression per sd
    baseline_months : median time to progression where every latent variable is 0
    follow_up_months : censoring is uniform between these
    """

    malignant_logit: dict[str, float] = field(
        default_factory=lambda: {
            "intercept": -0.2, "heterogeneity": 1.6, "fineness": 0.8, "spiculation": 1.4, "age": 0.8,
        }
    )  # fmt: skip
    log_hazard: dict[str, float] = field(
        default_factory=lambda: {"heterogeneity": 0.9, "spiculation": 0.7, "age": 0.5, "size": 0.2}
    )
    baseline_months: float = 18.0
    follow_up_months: tuple[float, float] = (12.0, 60.0)


LATENT = ("heterogeneity", "fineness", "spiculation", "size", "age")


def make_cohort(folder: str | os.PathLike[str], n: int = 60, seed: int = 0, truth: Truth | None = None) -> pd.DataFrame:
    """Write a cohort of synthetic lesions with outcomes that depend on texture and shape.

    Each lesion is a sphere of 7 to 11 mm radius (`size`) whose surface is roughened by directional harmonics
    (amplitude 2 to 35 % of the radius: `spiculation`), filled with a Gaussian random field (sd 4 to 40:
    `heterogeneity`; correlation length 4 to 1.5 mm: `fineness`). Three sites differ in voxel spacing, noise, gain
    and offset. With the default `Truth`,

    - log odds of `malignant` = -0.2 + 1.6 heterogeneity + 0.8 fineness + 1.4 spiculation + 0.8 age
    - log hazard of `progressed` at `months` = 0.9 heterogeneity + 0.7 spiculation + 0.5 age + 0.2 size, exponential
      times with a median of 18 months at 0, censored uniformly between 12 and 60 months

    where each variable counts in standard deviations (age: 62 years, sd 10). Sex has no effect, nor has the site.

    Parameters
    ----------
    folder : gets `cohort.csv`, `truth.json`, and `<ID>_image.nii.gz`, `<ID>_mask.nii.gz` in `images/`
    n : lesions, one per patient
    seed : the same seed gives the same files

    Returns
    -------
    DataFrame with the columns ID, Image, Mask, site, age, sex, malignant, months, progressed; paths are absolute.

    Raises
    ------
    InputError
        `folder` holds a cohort already, or `n` is not positive.
    """
    root = Path(folder).resolve()
    if n < 1:
        raise InputError(f"expected a number of lesions of at least 1; found {n}")
    if (root / "cohort.csv").exists():
        raise InputError(f"{root} holds a cohort already: choose another folder or remove it")
    truth = truth or Truth()
    rng = np.random.default_rng(seed)
    latent = pd.DataFrame(rng.standard_normal((n, len(LATENT))), columns=LATENT)
    sites = rng.choice(len(SITES), size=n, p=[site.share for site in SITES])
    (root / "images").mkdir(parents=True, exist_ok=True)
    paths = [_write_lesion(root, i, latent.loc[i], SITES[site], rng) for i, site in enumerate(sites)]
    cohort = pd.concat([pd.DataFrame(paths), _clinical(latent, sites, rng), _outcomes(latent, truth, rng)], axis=1)
    cohort.to_csv(root / "cohort.csv", index=False)
    known = {"seed": seed, **asdict(truth), "sites": [asdict(site) for site in SITES]}
    known["lesions"] = latent.assign(ID=cohort["ID"]).to_dict("records")
    (root / "truth.json").write_text(json.dumps(known, indent=1), encoding="utf-8")
    return cohort.assign(**{column: [str(root / path) for path in cohort[column]] for column in ("Image", "Mask")})


def make_lesion(
    heterogeneity: float, fineness: float, spiculation: float, size: float, site: Site, rng: np.random.Generator
) -> tuple[Image, Mask]:
    """One lesion: each latent variable in standard deviations; see `make_cohort` for what they do."""
    geometry = Geometry(spacing=site.spacing)
    shape = tuple(round(FIELD_OF_VIEW / step) for step in site.spacing)
    depth = _depth(shape, geometry, _radius(size), _between(spiculation, 0.02, 0.35), rng)
    texture = _between(heterogeneity, 4.0, 40.0) * _random_field(shape, site.spacing, _between(fineness, 4.0, 1.5), rng)
    # a millimetre of partial volume around the surface
    content = np.clip(depth + 0.5, 0.0, 1.0) * (CONTRAST + texture)
    noise = site.noise * rng.standard_normal(shape)
    intensities = site.gain * (BACKGROUND + content) + site.offset + noise
    return Image(np.rint(intensities).astype(np.int16), geometry), Mask(depth > 0, geometry)


def _radius(size: float) -> float:
    return float(9.0 + np.clip(size, -2.0, 2.0))


def _between(latent: float, low: float, high: float) -> float:
    """Standard normal latent values spread between two bounds, geometrically, by the logistic function."""
    return float(low * (high / low) ** (1.0 / (1.0 + np.exp(-1.3 * latent))))


def _depth(
    shape: tuple[int, ...], geometry: Geometry, radius: float, amplitude: float, rng: np.random.Generator
) -> np.ndarray:
    """(z, y, x) distance in mm below the lesion's surface, along the radius; negative outside."""
    centre = [(count - 1) / 2 + rng.uniform(-1, 1) for count in shape]
    axes = [
        (np.arange(count) - middle) * step for count, middle, step in zip(shape, centre, geometry.spacing, strict=True)
    ]
    position = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    distance = np.linalg.norm(position, axis=-1)
    direction = position / np.maximum(distance, 1e-9)[..., None]
    spikes = rng.standard_normal((12, 3))
    spikes /= np.linalg.norm(spikes, axis=1, keepdims=True)
    # each spike is a bump of about 25 degrees around its direction, less the mean so that the size stays
    bumps = np.exp(18.0 * (direction @ spikes.T - 1.0)).sum(axis=-1)
    return radius * (1.0 + amplitude * (2.0 * bumps - 0.6)) - distance


def _random_field(
    shape: tuple[int, ...], spacing: tuple[float, float, float], length: float, rng: np.random.Generator
) -> np.ndarray:
    """(z, y, x) a Gaussian random field with mean 0, sd 1 and a correlation length in mm."""
    noise = rng.standard_normal(shape)
    smooth = ndimage.gaussian_filter(noise, [length / 2 / step for step in spacing], mode="wrap")
    return (smooth - smooth.mean()) / smooth.std()


def _write_lesion(root: Path, number: int, latent: pd.Series, site: Site, rng: np.random.Generator) -> dict[str, str]:
    image, mask = make_lesion(
        latent["heterogeneity"], latent["fineness"], latent["spiculation"], latent["size"], site, rng
    )
    name = f"lesion-{number:03d}"
    paths = {"Image": f"images/{name}_image.nii.gz", "Mask": f"images/{name}_mask.nii.gz"}
    write_image(image, root / paths["Image"])
    write_image(mask, root / paths["Mask"])
    return {"ID": name, **paths}


def _clinical(latent: pd.DataFrame, sites: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "site": [SITES[site].name for site in sites],
            "age": np.rint(62 + 10 * latent["age"]).astype(int),
            "sex": rng.choice(["female", "male"], size=len(latent)),
        }
    )


def _outcomes(latent: pd.DataFrame, truth: Truth, rng: np.random.Generator) -> pd.DataFrame:
    effects = {name: effect for name, effect in truth.malignant_logit.items() if name != "intercept"}
    logit = truth.malignant_logit.get("intercept", 0.0) + _linear(latent, effects)
    hazard = np.log(2.0) / truth.baseline_months * np.exp(_linear(latent, truth.log_hazard))
    progression = rng.exponential(1.0 / hazard)
    censoring = rng.uniform(*truth.follow_up_months, size=len(latent))
    return pd.DataFrame(
        {
            "malignant": (rng.uniform(size=len(latent)) < 1.0 / (1.0 + np.exp(-logit))).astype(int),
            "months": np.round(np.minimum(progression, censoring), 1).clip(0.1),
            "progressed": (progression <= censoring).astype(int),
        }
    )


def _linear(latent: pd.DataFrame, effects: dict[str, float]) -> np.ndarray:
    return sum((effect * latent[name].to_numpy() for name, effect in effects.items()), np.zeros(len(latent)))
