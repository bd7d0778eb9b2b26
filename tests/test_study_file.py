"""A study's file: what it means, and one clear error for whatever cannot be used."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from small_studies import GRID, small

from abm.errors import InputError
from abm.scenario import packaged_scenarios
from abm.study import study_json
from abm.study.factors import METHODS, Choice, Design, Uncertainty
from abm.study.keeping import Keep, week_of
from abm.study.study_file import Study, read


def test_a_file() -> None:
    study = read(GRID)
    assert study.name == "small-grid"
    assert study.factors == (
        Uncertainty("consumption_weight", 0.8, 1.2),
        Choice("renewal_strictness.Turkey", (0.2, 0.8)),
    )
    assert (study.uncertainties, study.choices) == (study.factors[:1], study.factors[1:])
    assert study.design == Design("grid", levels=2)
    weeks = (date(2022, 3, 31), date(2022, 4, 28))  # the last one is in the week of the 28th
    assert study.keep == Keep(("stock_abroad", "departures.total"), ("World", "Turkey"), weeks)
    assert (study.replicates, study.seed, study.seeds) == (2, 1, "common")
    base = study.scenarios["war-years"]
    assert (base.scale, base.until) == (10_000, date(2022, 4, 30))


def test_what_is_not_said() -> None:
    study = read(small(name=None, keep=None, replicates=None, chunk=None))
    assert study.name == "study"
    assert study.keep == Keep(("stock_abroad",), ("World",), (date(2022, 3, 31),))
    assert (study.replicates, study.stop, study.limit_seconds, study.chunk) == (1, None, None, None)
    assert study.seed == 1  # a study has one of its own, whatever the scenario says


def test_every_kind_of_factor() -> None:
    study = read(
        small(
            uncertainties={
                "conscience": {},
                "fear_weight": {"distribution": "triangular", "mode": 1, "low": 0.5, "high": 2},
                "cost_of_leaving": {"distribution": "normal", "mean": 7, "spread": 1},
                "renewal_strictness": {"EU": {"low": 0.1, "high": 0.4}},
            },
            levers={
                "scenario": ["war-years", "open-eu"],
                "without": [[], ["M8", "M15"]],
                "entry_ban": {"Finland": [0, 1]},
            },
            set={"entry_ban": {"Latvia": 0}},
        )
    )
    assert study.factors == (
        Uncertainty("conscience", 0.0, 1.0),
        Uncertainty("fear_weight", 0.5, 2.0, "triangular", mode=1.0),
        Uncertainty("cost_of_leaving", 4.0, 14.0, "normal", mean=7.0, spread=1.0),
        Uncertainty("renewal_strictness.EU", 0.1, 0.4),
        Choice("scenario", ("war-years", "open-eu")),
        Choice("without", ("", "M8+M15")),
        Choice("entry_ban.Finland", (0.0, 1.0)),
    )
    assert list(study.scenarios) == ["war-years", "open-eu"]
    for scenario in study.scenarios.values():
        assert ("entry_ban", "Latvia", 0.0) in [(h.lever, h.host, h.value) for h in scenario.held]


def test_dates_and_hosts() -> None:
    everything = {"outcomes": ["rent_index"], "hosts": "all", "dates": "weeks"}
    keep = read(small(keep=everything)).keep
    assert keep.dates is None
    assert len(keep.hosts) == 29
    assert week_of(date(2022, 3, 2)) == date(2022, 2, 24)
    assert week_of(date(2022, 3, 3)) == date(2022, 3, 3)


def test_a_scenario_beside_the_study(tmp_path: Path, write: Callable[..., Path]) -> None:
    write('base = "war-years"\n[parameters]\nconscience = 0.5\n', "mine.toml")
    path = write(
        'scenario = "mine.toml"\n[levers]\nentry_ban.Finland = [0, 1]\n[design]\nmethod = "grid"\n',
        "study.toml",
    )
    study = read(path)
    assert study.scenarios["mine.toml"].parameters.conscience == 0.5
    assert study.name == "study"


STOP = {"outcome": "departures", "half_width_share": 0.1, "at_most": 20, "date": "2022-03-31"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"seeds": "independent", "limit_seconds": 60, "title": "Größer"},
        {"stop": STOP},
        {"levers": {"scenario": list(packaged_scenarios()), "without": [[], ["M8"]]}},
        {"uncertainties": {"conscience": {"distribution": "log-uniform", "low": 0.1}}},
        {"keep": {"outcomes": ["stock_abroad"], "dates": "weeks"}},
    ],
    ids=["plain", "options", "stop", "scenarios", "range", "weeks"],
)
def test_json_and_back(changes: dict[str, Any]) -> None:
    study = read(small(**changes))
    text = json.dumps(study_json.as_dict(study), allow_nan=False)
    assert study_json.from_dict(json.loads(text)) == study


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": ({"replicate": 5}, "'replicate'. Did you mean 'replicates'"),
    "unknown scenario": ({"scenario": "war-year"}, "'war-years'"),
    "no design": ({"design": None}, "needs a design"),
    "unknown design": ({"design": {"method": "lattice"}}, "design method 'lattice'"),
    "design without size": ({"design": {"method": "sobol"}}, "needs 'size'. Example: size = 64"),
    "size of a grid": ({"design": {"method": "grid", "size": 5}}, "takes no 'size'"),
    "size as text": ({"design": {"method": "sobol", "size": "64"}}, "design.size"),
    "nothing varied": ({"levers": {}}, "varies nothing"),
    "unknown parameter": ({"uncertainties": {"consience": {}}}, "'conscience'"),
    "unknown host": ({"levers": {"entry_ban.Finnland": [0, 1]}}, "'Finland'"),
    "unknown lever": ({"levers": {"entry_bann.Finland": [0, 1]}}, "'entry_bann.Finland'"),
    "range too wide": ({"uncertainties": {"conscience": {"high": 3}}}, "0 to 1"),
    "range turned round": ({"uncertainties": {"conscience": {"low": 0.9, "high": 0.1}}}, "below"),
    "range as number": ({"uncertainties": {"conscience": 0.5}}, "must be a range"),
    "range of a switch": ({"uncertainties": {"entry_ban.Finland": {}}}, "[levers]"),
    "range without end": ({"uncertainties": {"weekly_places.Turkey": {}}}, "low below high"),
    "unknown key of a range": ({"uncertainties": {"conscience": {"max": 1, "low": 0}}}, "'max'"),
    "unknown distribution": (
        {"uncertainties": {"conscience": {"distribution": "gamma"}}},
        "'gamma'",
    ),
    "half a distribution": (
        {"uncertainties": {"conscience": {"distribution": "normal", "mean": 0.5}}},
        "needs mean and spread",
    ),
    "log of nothing": (
        {"uncertainties": {"conscience": {"distribution": "log-uniform"}}},
        "low above 0",
    ),
    "mode outside": (
        {"uncertainties": {"conscience": {"distribution": "triangular", "mode": 5}}},
        "mode must lie",
    ),
    "lever no list": ({"levers": {"entry_ban.Finland": 1}}, "must be a list"),
    "lever empty": ({"levers": {"entry_ban.Finland": []}}, "must be a list"),
    "lever out of range": ({"levers": {"renewal_strictness.Turkey": [0.2, 7]}}, "0 to 1"),
    "lever twice": ({"levers": {"renewal_strictness.Turkey": [0.2, 0.2]}}, "value twice"),
    "unknown mechanism": ({"levers": {"without": [["M99"]]}}, "'M99'"),
    "varied and set": ({"set": {"renewal_strictness.Turkey": 0.5}}, "[set]"),
    "set out of range": ({"set": {"conscience": 7}}, "0 to 1"),
    "varied twice": (
        {"uncertainties": {"renewal_strictness.Turkey": {}}},
        "'renewal_strictness.Turkey' is in",
    ),
    "scenario twice": (
        {"scenario": "open-eu", "levers": {"scenario": ["war-years"]}},
        "'scenario' is given",
    ),
    "unknown outcome": ({"keep": {"outcomes": ["stock_abord"]}}, "'stock_abroad'"),
    "no outcomes": ({"keep": {"outcomes": []}}, "keep.outcomes"),
    "total of a state": ({"keep": {"outcomes": ["stock_abroad.total"]}}, "does not add up"),
    "unknown kept host": ({"keep": {"hosts": ["Gorgia"]}}, "'Georgia'"),
    "outcome of hosts": ({"keep": {"outcomes": ["rent_index"]}}, "observed for hosts alone"),
    "outcome of the world": (
        {"keep": {"outcomes": ["called_up"], "hosts": ["Georgia"]}},
        "observed for World alone",
    ),
    "date after the end": ({"keep": {"dates": ["2022-12-31"]}}, "after the end"),
    "no dates": ({"keep": {"dates": "never"}}, 'dates = "weeks"'),
    "no such day": ({"keep": {"dates": ["2022-02-30"]}}, "keep.dates"),
    "unknown key of keep": ({"keep": {"outcome": ["departures"]}}, "'outcomes'"),
    "unknown seeds": ({"seeds": "same"}, '"common" or "independent"'),
    "no replicates": ({"replicates": 0}, "replicates"),
    "half a replicate": ({"replicates": 1.5}, "replicates"),
    "scale too large": ({"scale": 30_000}, "scale"),
    "no time": ({"limit_seconds": 0}, "limit_seconds"),
    "stop at what is not kept": ({"stop": {**STOP, "outcome": "returns"}}, "not kept"),
    "stop without width": (
        {"stop": {"outcome": "departures", "at_most": 5}},
        "half_width or half_width_share",
    ),
    "stop never": ({"stop": {"outcome": "departures", "half_width": 5}}, "'at_most'"),
    "stop before it begins": ({"replicates": 9, "stop": {**STOP, "at_most": 5}}, "at_most"),
    "stop after one": ({"replicates": 1, "stop": STOP}, "replicates from 2"),
    "stop on another day": ({"stop": {**STOP, "date": "2022-03-01"}}, "not kept"),
    "stop too sure": ({"stop": {**STOP, "confidence": 95}}, "confidence"),
    "unknown key of a cluster": ({"cluster": {"partition": "short"}}, "'partition'"),
    "people not there": ({"population": "nobody.csv"}, "nobody.csv"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_studies(case: str) -> None:
    changes, said = BAD[case]
    with pytest.raises(InputError) as told:
        read(small(**changes))
    assert said in str(told.value), str(told.value)


BAD_TEXTS = {
    "no TOML": ("replicates: 5", "study.toml is not valid TOML"),
    "wrong key": ("replicate = 5", "study.toml: unknown key"),
}


@pytest.mark.parametrize("case", BAD_TEXTS)
def test_bad_files(case: str, write: Callable[..., Path]) -> None:
    text, said = BAD_TEXTS[case]
    with pytest.raises(InputError, match=said):
        read(write(text, "study.toml"))


def test_the_examples_of_the_page() -> None:
    page = (Path(__file__).parents[1] / "docs" / "sweeps.md").read_text("utf-8")
    blocks = re.findall(r"```toml[^\n]*\n(.*?)```", page, re.DOTALL)
    examples = [tomllib.loads(text) for text in blocks]
    assert len(examples) == 2
    whole = {key: value for example in examples for key, value in example.items()}
    study = read(whole)
    assert (study.name, len(study.factors), study.stop is not None) == ("open-finland", 5, True)
    assert study.cluster.queue == "short"
    assert all(f"`{method}`" in page for method in METHODS)


def test_where_it_runs_changes_nothing_of_the_study() -> None:
    study = read(small(cluster={"queue": "short"}))
    assert study_json.as_dict(study) == study_json.as_dict(read(small()))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no study file .*policy-grid"):
        read(tmp_path / "nothing.toml")
    with pytest.raises(InputError, match="cannot read study"):
        read(tmp_path)


def test_studies_are_frozen() -> None:
    study: Study = read(small())
    with pytest.raises(AttributeError):
        study.replicates = 5  # type: ignore[misc]
