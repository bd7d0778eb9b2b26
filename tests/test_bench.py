"""The benchmark's page and figure, from measurements made up; its times are never tested."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import bench
from benchmarks.jobs import COLUMNS, OBJECTS


def row(job: str, system: str, people: int, seconds: float) -> bench.Row:
    speed = people * 149 / seconds
    return bench.Row(job, system, people, 149, people // 60, 0.1, seconds, speed, 200.0, 1.0)


def test_what_was_measured_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "FOLDER", tmp_path)
    table = [row("war years", COLUMNS, 89_000, 1.0), row("war years", OBJECTS, 19_000, 67.0)]
    growth = [
        row(job, COLUMNS, people, people / 1e5)
        for job in ("more people, as many movers", "as many people, more movers")
        for people in (89_000, 894_000)
    ]
    parts = dict.fromkeys([*bench.STEPS.values(), "moves"], 0.1) | {"decisions": 0.7}
    limits = {
        "scale": 10,
        "seconds": 1.0,
        "parts": parts,
        "counts": {"listed": 10, "weighed": 5, "weeks abroad": 20},
        "weeks": 149,
        "least_bytes": 10**9,
        "bandwidth": 1e10,
    }
    bench.save(table, growth, [limits])
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"bench.csv", "growth.csv", "profile.csv", "bench.png", "README.md"}
    assert OBJECTS in (tmp_path / "bench.csv").read_text()
    shares = [share.share for share in bench.shares(limits)]
    assert sum(shares) == pytest.approx(0.8)  # decisions, all of their steps, and moves
