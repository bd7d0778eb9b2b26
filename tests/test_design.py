"""Designs: balanced, within ranges, the same again, growing; what does not fit is one error."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest, qmc, truncnorm

from abm.errors import InputError
from abm.study import factors, study_file
from abm.study.design import at, block, points, size
from abm.study.factors import Choice, Design, Factor, Uncertainty

RANGES: tuple[Factor, ...] = (
    factors.uncertainty("mobilisation_weight", "prior"),
    factors.uncertainty("attention_per_month", {"distribution": "log-uniform"}),
    factors.uncertainty(
        "cost_of_leaving", {"distribution": "normal", "mean": 7, "spread": 1, "low": 5, "high": 8}
    ),
    factors.uncertainty("risk_decay_per_month", {"distribution": "triangular", "mode": 0.3}),
)
CHOICES: tuple[Factor, ...] = (
    factors.choice("entry_ban.Finland", [0, 1]),
    factors.choice("scenario", ["war-years", "open-eu"]),
    factors.choice("without", [[], ["M8", "M9"]]),
)
SAMPLES = {
    "latin-hypercube": {"size": 64},
    "sobol": {"size": 64},
    "saltelli": {"size": 16},
    "morris": {"size": 8},
}
ALL = {**SAMPLES, "grid": {"levels": 3}, "one-at-a-time": {}}


def made(method: str, varied: tuple[Factor, ...] = RANGES, seed: int = 1, **changes: Any) -> Any:
    design = factors.design({"method": method, **ALL[method], **changes})
    return points(design, varied, seed)


@pytest.mark.parametrize("method", ALL)
def test_points_are_a_table_of_the_factors_within_their_ranges(method: str) -> None:
    table = made(method)
    assert list(table) == ["point", *(factor.name for factor in RANGES)]
    assert list(table["point"]) == list(range(len(table)))
    for factor in RANGES:
        assert isinstance(factor, Uncertainty)
        values = table[factor.name].dropna()
        assert values.between(factor.low, factor.high).all()
        assert len(values) > 1


@pytest.mark.parametrize("method", ALL)
def test_the_size_is_known_without_making_the_points(method: str) -> None:
    design = factors.design({"method": method, **ALL[method]})
    for varied in (RANGES, RANGES + CHOICES):
        if method != "morris":
            assert size(design, varied) == len(points(design, varied, 1))
    assert size(design, RANGES) == len(points(design, RANGES, 1))


@pytest.mark.parametrize("method", ALL)
def test_the_same_seed_gives_the_same_points_zero_too(method: str) -> None:
    pd.testing.assert_frame_equal(made(method, seed=0), made(method, seed=0))
    if method in SAMPLES:
        assert not made(method, seed=0).equals(made(method, seed=1))


@pytest.mark.parametrize("method", SAMPLES)
def test_a_design_that_grows_keeps_its_points_first(method: str) -> None:
    small = made(method)
    large = made(method, size=2 * SAMPLES[method]["size"])
    pd.testing.assert_frame_equal(large.head(len(small)), small)


def test_a_sobol_sequence_of_any_length_warns_of_nothing_and_is_the_same() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        odd = made("sobol", size=37)
    pd.testing.assert_frame_equal(made("sobol").head(37), odd)


def test_a_grid_with_more_values_keeps_its_points() -> None:
    some = made("grid", CHOICES)
    scenarios = factors.choice("scenario", ["shut-eu", "war-years", "open-eu"])
    grown = made("grid", (CHOICES[0], scenarios, CHOICES[2]))
    columns = [choice.name for choice in CHOICES]
    assert set(map(tuple, some[columns].to_numpy())) < set(map(tuple, grown[columns].to_numpy()))
    assert (len(some), len(grown)) == (8, 12)


def test_distributions_are_those_asked_for() -> None:
    positions = qmc.Sobol(1, rng=1).random_base2(10)[:, 0]
    normal, log = at(RANGES[2], positions), at(RANGES[1], positions)
    assert kstest(normal, truncnorm(-2, 1, loc=7, scale=1).cdf).pvalue > 0.5
    assert kstest(np.log(log), "uniform", (np.log(0.05), np.log(10))).pvalue > 0.5
    triangle = at(RANGES[3], positions)
    assert triangle.mean() == pytest.approx((0.06 + 0.3 + 0.6) / 3, rel=0.01)
    assert at(RANGES[0], np.array([0.0, 0.25, 1.0])) == pytest.approx([0, 2, 8], abs=0)


def test_values_hold_no_digits_that_processors_disagree_on() -> None:
    for value in made("sobol").drop(columns="point").to_numpy().ravel():
        assert float(f"{value:.12g}") == value


def test_all_values_of_a_choice_are_drawn_alike() -> None:
    table = made("sobol", CHOICES)
    for choice in CHOICES:
        assert isinstance(choice, Choice)
        counts = table[choice.name].value_counts()
        assert set(counts.index) == set(choice.values)
        assert counts.max() == counts.min()


@pytest.mark.parametrize("count", [1, 7, 24, 64, 100])
def test_a_latin_hypercube_has_one_point_in_each_part_of_each_range(count: int) -> None:
    table = made("latin-hypercube", size=count)
    parts = np.floor(table["mobilisation_weight"] / 8 * count).astype(int)
    assert sorted(parts) == list(range(count))


def test_factors_of_a_latin_hypercube_do_not_go_together() -> None:
    table = made("latin-hypercube", size=4096).drop(columns="point")
    others = table.corr("spearman").to_numpy()[~np.eye(len(RANGES), dtype=bool)]
    assert np.abs(others).max() < 4 / np.sqrt(4096)


def test_one_at_a_time_leaves_all_others_as_the_scenario_has_them() -> None:
    table = made("one-at-a-time", RANGES + CHOICES).drop(columns="point")
    assert table.iloc[0].drop("scenario").isna().all()
    assert table["scenario"].iloc[0] == "war-years"
    changed = table.drop(columns="scenario").notna().sum(axis=1) + (table["scenario"] == "open-eu")
    assert (changed.iloc[1:] == 1).all()
    assert len(table) == 1 + 4 * 2 + 2 + 1 + 2


def test_saltelli_swaps_one_column_at_a_time() -> None:
    design = factors.design({"method": "saltelli", "size": 8})
    table = points(design, RANGES, 1).drop(columns="point").to_numpy()
    together = block(design, len(RANGES))
    assert together == 6
    for rows in table.reshape(8, together, 4):
        for k in range(4):
            swapped = rows[0].copy()
            swapped[k] = rows[-1][k]
            assert (rows[k + 1] == swapped).all()


def test_a_trajectory_of_morris_moves_each_factor_once_and_equally_far() -> None:
    four = factors.choice("direct_flights", [0, 0.25, 0.5, 1])
    table = made("morris", (RANGES[0], four)).drop(columns="point").to_numpy()
    for rows in table.reshape(8, 3, 2):
        steps = np.abs(np.diff(rows, axis=0))
        assert (np.count_nonzero(steps, axis=0) == 1).all()
        assert steps[:, 0].max() == pytest.approx(8 * 2 / 3)
        assert sorted(rows[:, 1])[::2] in ([0, 0.5], [0.25, 1])


@pytest.mark.parametrize(
    ("design", "varied", "told"),
    [
        (Design("grid"), RANGES, "cannot visit all of a range, here 'mobilisation_weight'"),
        (Design("saltelli", size=100), RANGES, "must be a power of 2.*size = 64, or 128"),
        (Design("morris", size=4), CHOICES[:1], "'entry_ban.Finland' has 2 values.*levels = 2"),
        (Design("morris", size=4, levels=5), RANGES, "must be even. Example: levels = 4"),
        (Design("sobol", size=4), (), "has no factors"),
        (Design("grid", levels=1000), RANGES, "1,000,000,000,000 points, more than 10,000,000"),
        (Design("saltelli", size=2**23), RANGES, "more than 10,000,000"),
    ],
)
def test_a_design_that_does_not_fit(design: Design, varied: tuple[Factor, ...], told: str) -> None:
    with pytest.raises(InputError, match=told):
        points(design, varied, 1)


@pytest.mark.parametrize("method", ["saltelli", "morris"])
def test_without_salib_the_pip_line_is_told(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SALib", None)
    with pytest.raises(InputError, match=r"pip install 'relokant\[study\]'"):
        made(method)
    assert len(made("sobol")) == 64


def from_file(text: str, folder: Path) -> pd.DataFrame:
    (folder / "points.csv").write_text(text, "utf-8")
    return points(Design("file", file=folder / "points.csv"), (RANGES[0], *CHOICES), 1)


HEAD = "without,mobilisation_weight,entry_ban.Finland,scenario\n"


def test_points_from_a_file_in_order_of_the_factors(tmp_path: Path) -> None:
    table = from_file(HEAD + "M8+M9,3.5, 1 ,open-eu\n\n,,0,war-years\n", tmp_path)
    assert list(table) == ["point", "mobilisation_weight", *(choice.name for choice in CHOICES)]
    assert list(table.iloc[0]) == [0, 3.5, 1.0, "open-eu", "M8+M9"]
    assert table.iloc[1].isna().to_list() == [False, True, False, False, True]
    assert table["mobilisation_weight"].dtype == float


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "needs a first line"),
        (HEAD, "a line for each point"),
        (HEAD.replace("ban", "bun") + ",1,1,open-eu\n", "unknown column.*'entry_ban.Finland'"),
        ("scenario,scenario\nwar-years,open-eu\n", "the name of each factor, once"),
        (HEAD + ",1,1,open-eu\n,9,1,open-eu\n", "line 3: 'mobilisation_weight' is 9.*0 to 8"),
        (HEAD + ",1,0.5,open-eu\n", r"line 2: 'entry_ban.Finland' is 0.5.*0.0, 1.0"),
        (HEAD + ",1,1,shut-eu\n", "line 2: 'scenario' is shut-eu.*war-years, open-eu"),
        (HEAD + ",many,1,open-eu\n", "line 2: 'mobilisation_weight' is many"),
        (HEAD + ",nan,1,open-eu\n", "line 2: 'mobilisation_weight' is nan"),
        (HEAD + ",1,1\n", "line 2: 3 cells, but 4 columns"),
    ],
)
def test_a_bad_file_of_points(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=told):
        from_file(text, tmp_path)


def test_a_missing_file_of_points(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        points(Design("file", file=tmp_path / "none.csv"), RANGES, 1)


@pytest.mark.parametrize("given", ["prior", {}, [0, 8]])
def test_ways_to_give_a_whole_range(given: Any) -> None:
    assert factors.uncertainty("mobilisation_weight", given) == RANGES[0]


def test_a_hundred_thousand_points_are_made_within_seconds() -> None:
    table = made("sobol", size=100_000)
    assert len(table.drop_duplicates(list(table)[1:])) == 100_000


# --- every point at every value of the levers ------------------------------------------------


@pytest.mark.parametrize("method", ["latin-hypercube", "sobol"])
def test_crossed_points_are_those_of_the_uncertainties_at_every_choice(method: str) -> None:
    crossed = made(method, RANGES + CHOICES, size=8, crossed=True)
    assert (
        len(crossed)
        == 8 * 8
        == size(factors.design({"method": method, "size": 8, "crossed": True}), RANGES + CHOICES)
    )
    alone = made(method, size=8)
    names = [factor.name for factor in RANGES]
    pd.testing.assert_frame_equal(crossed[names].iloc[::8].reset_index(drop=True), alone[names])
    assert (crossed.groupby(np.arange(64) // 8)[names].nunique() == 1).all().all()
    assert not crossed.drop(columns="point").duplicated().any()
    more = made(method, RANGES + CHOICES, size=16, crossed=True)
    pd.testing.assert_frame_equal(more.head(64), crossed)


def test_a_crossed_design_needs_both(tmp_path: Path) -> None:
    for varied in (RANGES, CHOICES):
        with pytest.raises(InputError, match="crossed"):
            made("sobol", varied, crossed=True)
    with pytest.raises(InputError, match="takes no 'crossed'"):
        made("grid", CHOICES, crossed=True)


def test_a_file_of_points_is_crossed_and_cut(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text("cost_of_leaving,conscience\n6,0.1\n7,0.2\n8,0.3\n")
    study = study_file.read(
        {
            "scenario": "war-years",
            "uncertainties": {"cost_of_leaving": [6, 8]},
            "levers": {"without": [[], ["M8"]]},
            "design": {"method": "file", "file": str(file), "size": 2, "crossed": True},
        }
    )
    assert {f.name: (f.low, f.high) for f in study.uncertainties} == {
        "cost_of_leaving": (6, 8),
        "conscience": (0, 1),  # its own range, since the study does not name it
    }
    table = points(study.design, study.factors, 1)
    assert table[["conscience", "cost_of_leaving", "without"]].to_numpy().tolist() == [
        [0.1, 6, ""], [0.1, 6, "M8"], [0.2, 7, ""], [0.2, 7, "M8"],
    ]  # fmt: skip
    file.write_text("cost_of_leaving,consience\n6,0.1\n")
    with pytest.raises(InputError, match=r"'consience'.*'conscience'"):
        study_file.read(
            {
                "scenario": "war-years",
                "levers": {"without": [[], ["M8"]]},
                "design": {"method": "file", "file": str(file), "crossed": True},
            }
        )
