"""How many runs common luck saves: measured on the contrast that the claims use most."""

from __future__ import annotations

from abm.study.compare import compare

REPLICATES = 30
FEWER = 5  # times fewer runs than with other luck on both sides, at the least


def test_paired_runs_need_a_fifth_of_the_runs_for_the_same_interval_on_returns() -> None:
    """An interval's width goes with the root of variance over runs; so the ratio of variances of
    an unpaired and a paired difference is the ratio of runs."""
    pair = compare(
        "war-years", "lenient-renewal", scale=5000, until="2023-12-31", replicates=REPLICATES
    )
    table = pair.differences.set_index(["outcome", "host"])
    returns = table.loc[("returns.total", "World")]
    assert returns["high"] < 0  # fewer return where permits are renewed
    assert returns["gain"] > FEWER
    assert table.loc[("departures.total", "World"), "gain"] > FEWER
