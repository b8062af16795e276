"""The benchmarks' own arithmetic; nothing is timed here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from benchmarks import curves, peers
from benchmarks.clock import Timing, alternate, least
from benchmarks.kernels import seconds_of
from benchmarks.markdown import replaced
from benchmarks.rois import SIZES, ellipsoid
from benchmarks.rows import Row
from benchmarks.table import between_marks, cells, page, summary
from radiomix.registry import Dialect, families

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.parametrize("voxels", SIZES[:2])
def test_ellipsoids_have_the_size_asked_for_and_come_out_the_same(voxels):
    region, again = ellipsoid(voxels), ellipsoid(voxels)
    assert region.voxels == pytest.approx(voxels, rel=0.01)
    assert (sitk.GetArrayFromImage(region.image) == sitk.GetArrayFromImage(again.image)).all()
    inside = sitk.GetArrayFromImage(region.image)[sitk.GetArrayFromImage(region.mask) > 0]
    assert 20 < np.ptp(inside) / 25 < 60


def test_contestants_run_in_turn():
    order = []

    def work(name, seconds):
        def run():
            order.append(name)
            return seconds

        return run

    timings = alternate({"slow": work("slow", 1.0), "quick": work("quick", 0.4)}, seconds=1.5, most=3)
    assert order == ["slow", "quick"] + ["slow", "quick", "quick"] * 3
    assert timings["slow"].median == 1.0 and len(timings["quick"].seconds) == 6


def test_spread_is_half_the_distance_between_the_quartiles():
    assert Timing([1.0, 2.0, 3.0, 4.0, 5.0]).spread == pytest.approx((4 - 2) / 2 / 3)


def test_a_row_tells_its_ratio_and_whether_the_target_is_met():
    row = Row("work", "region", "peer", Timing([0.01] * 3), Timing([0.5] * 3), 40)
    assert row.ratio == pytest.approx(50)
    assert cells(row) == ("work", "region", "10 ms ±0 %", "peer", "500 ms ±0 %", "50", "40", "yes")


def test_an_absent_peer_is_named_with_its_reason(monkeypatch, tmp_path):
    monkeypatch.setattr(peers, "ENVIRONMENT", tmp_path)
    with pytest.raises(peers.Absent, match="make bench-peers builds it"):
        peers.Peer("MIRP")
    row = Row("work", "region", "MIRP", Timing([0.01] * 3), None, 100, "no environment")
    assert cells(row)[4:] == ("no environment", "", "100", "")
    assert "| MIRP | no environment |" in page([row])


def test_a_peer_that_could_not_be_installed_says_why(monkeypatch, tmp_path):
    monkeypatch.setattr(peers, "ENVIRONMENT", tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    (tmp_path / "mirp.reason").write_text("Collecting mirp\nERROR: No matching distribution found\n", encoding="utf-8")
    with pytest.raises(peers.Absent, match=r"MIRP could not be installed: ERROR: No matching distribution found"):
        peers.Peer("MIRP")


def test_the_readme_shows_a_line_per_work_and_peer_with_missed_targets_in_bold():
    rows = [
        Row("features", "ellipsoid 4,120", "one", Timing([0.002]), Timing([0.2]), 150),
        Row("features", "ellipsoid 4,120", "two", Timing([0.002]), None, 3, "not installed"),
        Row("features", "ellipsoid 55,320", "one", Timing([0.01]), Timing([1.0]), 80),
        Row("features", "ellipsoid 55,320", "two", Timing([0.01]), None, 3, "not installed"),
        Row("features", "phantom", "one", Timing([1.0]), Timing([10.0]), None),
        Row("memory", "ellipsoid 4,120", "one", Timing([100.0]), Timing([1060.0]), 2, unit="MiB"),
    ]
    assert summary(rows).splitlines()[5:] == [
        "| features | ellipsoid 4,120 / 55,320 | 2 ms / 10 ms | one | 200 ms / 1 s | **100** / 100 | 150 / 80 |",
        "| features | ellipsoid 4,120 / 55,320 | 2 ms / 10 ms | two | not installed |  | 3 |",
        "| memory | ellipsoid 4,120 | 100 MiB | one | 1,060 MiB | 10.6 | 2 |",
    ]


def test_only_what_stands_between_the_marks_is_replaced():
    text = "a\n<!-- speed -->\nold\n<!-- /speed -->\nb\n"
    assert between_marks(text, "new\n") == "a\n<!-- speed -->\nnew\n<!-- /speed -->\nb\n"
    with pytest.raises(ValueError, match="expected the lines <!-- speed -->"):
        between_marks("no marks", "new\n")


def test_what_is_measured_again_replaces_its_lines_alone():
    page = "text | x\n\n| work | peer |\n| --- | --- |\n| a | 1 |\n| b | 1 |\n| b | 2 |\n| b c | 1 |\n"
    assert replaced(page, ["| b | 3 |"]) == page.replace("| b | 1 |\n| b | 2 |\n", "| b | 3 |\n")
    assert replaced(page, ["| a | 4 |", "| a | 5 |"]) == page.replace("| a | 1 |\n", "| a | 4 |\n| a | 5 |\n")
    with pytest.raises(ValueError, match="'d', found none"):
        replaced(page, ["| d | 1 |"])


def test_the_readme_has_the_marks():
    assert between_marks(README.read_text(encoding="utf-8"), "").count("speed -->") == 2


def test_least_takes_the_least_after_a_warm_up():
    seconds = iter((0.1, 3.0, 2.0, 4.0))
    assert least(lambda: next(seconds), seconds=5) == 2.0


def test_the_exponent_of_a_power_law():
    at = (1.0, 10.0, 100.0, 1000.0)
    curve = curves.Curve("work", "voxels", at, tuple(n**1.5 for n in at), at)
    assert curve.exponent(curve.seconds) == pytest.approx(1.5)
    assert curve.exponent(curve.mebibytes) == pytest.approx(1.0)


def test_the_page_of_curves_has_every_point_and_its_picture(tmp_path):
    curve = curves.Curve("work", "voxels", (1000, 4000, 16000), (0.001, 0.002, 0.004), (1.0, 4.0, 16.0))
    text = curves.page([curve], "costs.svg")
    assert "Time grows with the voxels to the power 0.50, memory to the power 1.00." in text
    assert "| 4,000 | 2 | 4 |" in text and "](costs.svg)" in text
    curves.plot([curve, curve], tmp_path / "costs.svg")
    assert "exponent 0.50" in (tmp_path / "costs.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("images", curves.IMAGES)
def test_banks_hold_as_many_images_and_the_same_mean_width(images):
    sigmas = curves.bank(images).get("LoG", {"sigma": []})["sigma"]
    assert len(sigmas) == images - 1
    assert not sigmas or np.mean(sigmas) == pytest.approx(np.mean(curves.SIGMAS), abs=1e-3)


@pytest.mark.parametrize("dialect", Dialect)
def test_every_family_of_the_registry_is_can_be_timed(dialect):
    region = ellipsoid(300)
    for family in families().values():
        features = family.available(dialect)
        if features:
            assert np.isfinite(seconds_of(family, features[:1], dialect, region))
