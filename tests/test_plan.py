"""Plans: which runs, in which order, under which ids; and how they grow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_studies import plan, small

from abm.study import study_file
from abm.study.plan import Plan, Round, chunk_size, replicates_in, rounds_until

PRIOR: dict[str, Any] = {"conscience": {}, "fear_weight": {}}


def ids(made: Plan) -> set[str]:
    return set(made.table()["run"])


def test_replicates_come_first() -> None:
    made = plan(replicates=3)
    table = made.table()
    assert table["replicate"].tolist() == [0, 0, 1, 1, 2, 2]
    assert table["point"].tolist() == [0, 1, 0, 1, 0, 1]
    assert table["run"].is_unique
    assert len(made) == 6


@pytest.mark.parametrize("chunk", [1, 2, 3, 4, 100])
def test_chunks_hold_the_runs_in_order(chunk: int) -> None:
    made = plan(replicates=3, chunk=chunk)
    runs = [run for number in range(made.chunks) for run in made.runs_of(number)]
    table = made.table()
    assert [run.id for run in runs] == table["run"].tolist()
    assert [run.point for run in runs] == table["point"].tolist()
    assert [run.replicate for run in runs] == table["replicate"].tolist()
    assert table["chunk"].value_counts().sort_index().tolist() == [
        made.size(number) for number in range(made.chunks)
    ]
    with pytest.raises(IndexError):
        made.runs_of(made.chunks)


def test_few_long_runs_in_a_part_many_short_ones() -> None:
    def size(scale: int, runs: int) -> int:
        return chunk_size(study_file.read(small(scale=scale, chunk=None)), runs)

    assert size(100, 100_000) == 2
    assert size(1000, 100_000) == 20
    assert size(10_000, 100_000) == 64
    assert size(10_000, 10) == 1


def test_ids_stand_on_all_that_makes_a_result() -> None:
    base = ids(plan())
    for changes in (
        {"scale": 9_000},
        {"seed": 2},
        {"until": "2022-04-07"},
        {"without": ["M8"]},
        {"set": {"conscience": 0.7}},
        {"set": {"entry_ban.Finland": 0}},
        {"levers": {"renewal_strictness.Turkey": [0.3, 0.9]}},
        {"levers": {"renewal_strictness.Georgia": [0.2, 0.8]}},
    ):
        assert not base & ids(plan(**changes)), changes


def test_scenarios_share_a_run_until_they_differ() -> None:
    """Both open the same doors until the EU opens in 2023."""
    pair = [ids(plan(scenario=name)) for name in ("war-years", "open-eu")]
    assert pair[0] == pair[1]
    later = [ids(plan(scenario=name, until="2024-12-31")) for name in ("war-years", "open-eu")]
    assert not later[0] & later[1]


def test_ids_stand_on_nothing_else() -> None:
    base = plan()
    for changes in (
        {"name": "other", "title": "Other"},
        {"chunk": 3},
        {"limit_seconds": 9},
        {"set": {"conscience": 0.1}},  # its value in any case
        {"keep": {"outcomes": ["returns"]}},
    ):
        assert ids(plan(**changes)) == ids(base), changes
    assert ids(base) < ids(plan(replicates=3))
    assert ids(base) < ids(plan(levers={"renewal_strictness.Turkey": [0.1, 0.2, 0.8]}))
    one = plan(levers={"renewal_strictness.Turkey": [0.2, 0.8], "conscience": [0.1, 0.2]})
    assert ids(base) < ids(one)


def test_other_code_or_data_gives_other_ids() -> None:
    made = plan()
    for made_by in (("other code", made.made_by[1]), (made.made_by[0], "other data")):
        other = Plan(made.study, made.points, made.rounds, made.chunk, made_by)
        assert not ids(other) & ids(made)


def test_other_code_or_data_draws_the_same() -> None:
    made = plan(seeds="independent")
    other = Plan(made.study, made.points, made.rounds, made.chunk, ("other code", "other data"))
    for number in range(made.chunks):
        for one, another in zip(made.runs_of(number), other.runs_of(number), strict=True):
            assert one.seed == another.seed


def test_ids_are_the_same_in_another_process() -> None:
    code = "from small_studies import plan; print(*plan().table()['run'])"
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parent,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for seed in ("1", "2")
    ]
    assert told[0] == told[1] == plan().table()["run"].tolist()


def test_seeds() -> None:
    common = plan(uncertainties=PRIOR, design={"method": "sobol", "size": 8}, levers=None)
    apart = plan(
        uncertainties=PRIOR, design={"method": "sobol", "size": 8}, levers=None, seeds="independent"
    )

    def seeds(made: Plan) -> list[int]:
        return [run.seed for number in range(made.chunks) for run in made.runs_of(number)]

    assert set(seeds(common)) == {1}
    assert len(set(seeds(apart))) == 8  # a point keeps its own through its replicates
    assert seeds(apart)[:8] == seeds(apart)[8:]
    grown = plan(
        uncertainties=PRIOR,
        design={"method": "sobol", "size": 16},
        levers=None,
        seeds="independent",
    )
    assert seeds(grown)[:8] == seeds(apart)[:8]
    assert all(0 <= seed < 2**63 for seed in seeds(apart))


def test_what_a_point_leaves_alone() -> None:
    made = plan(uncertainties=PRIOR, levers=None, design={"method": "one-at-a-time", "levels": 2})
    first = made.runs_of(0)[0]
    assert first.factors == {}
    assert made.run(1, 0).factors == {"conscience": 0.0}


Counts = st.lists(st.integers(0, 6), min_size=1, max_size=8)


@given(Counts, st.data())
def test_rounds_reach_their_target_and_no_run_is_planned_twice(
    have: list[int], data: st.DataObject
) -> None:
    target = data.draw(st.lists(st.integers(0, 9), min_size=len(have), max_size=len(have)))
    rounds = rounds_until(np.array(have), np.array(target))
    runs = [
        (point, replicate)
        for each in rounds
        for replicate in range(each.first, each.last)
        for point in each.points
    ]
    expected = {(p, r) for p, n in enumerate(target) for r in range(have[p], n)}
    assert len(runs) == len(set(runs)) == sum(each.runs for each in rounds)
    assert set(runs) == expected
    assert [replicate for _, replicate in runs] == sorted(replicate for _, replicate in runs)
    assert [Round.of(each.as_dict()) for each in rounds] == list(rounds)


def test_replicates_in_rounds() -> None:
    rounds = (Round((0, 1, 2), 0, 2), Round((0, 2), 2, 5))
    assert replicates_in(rounds, 3).tolist() == [5, 2, 5]


def test_a_hundred_thousand_runs() -> None:
    made = plan(
        uncertainties={"conscience": {}, "fear_weight": {}, "family_weight": {}},
        levers=None,
        design={"method": "grid", "levels": 32},
        replicates=4,
        chunk=64,
    )
    assert len(made) == 131_072
    assert made.chunks == 2048
    assert made.table()["run"].is_unique
    assert made.runs_of(2047)[-1].replicate == 3
