"""The benchmarks' own arithmetic; nothing is timed here."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from benchmarks import peers
from benchmarks.clock import Timing, alternate
from benchmarks.curves import Curve
from benchmarks.rois import SIZES, ellipsoid
from benchmarks.rows import Row
from benchmarks.run import cells, page


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


def test_the_exponent_of_a_power_law():
    at = (1.0, 10.0, 100.0, 1000.0)
    assert Curve("", "", at, tuple(n**1.5 for n in at), at).exponent == pytest.approx(1.5)
