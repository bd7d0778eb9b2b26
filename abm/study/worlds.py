"""A crossed sweep read world by world: the same parameter points in each of several worlds.

A world is one combination of a study's choices, named by its scenario and what is off in it, such
as "war-years" or "war-years without M6+M7"; other levers are told by name and value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from abm.errors import InputError, unknown
from abm.observation import WORLD
from abm.study import measures
from abm.study.design import apart
from abm.study.factors import SCENARIO, WITHOUT
from abm.study.sweep_results import Sweep

COLUMNS = ["base", "world", "replicate", "outcome", "host", "date", "value"]


@dataclass(frozen=True, eq=False)
class Worlds:
    """Outcomes of parameter points in worlds.

    points : one row a parameter point, by its number (base); one column a parameter
    outcomes : base, world, replicate, outcome, host, date, value
    """

    points: pd.DataFrame
    outcomes: pd.DataFrame

    @property
    def names(self) -> list[str]:
        """The worlds."""
        return sorted(self.outcomes["world"].unique())

    def read(self, measure: str, world: str, hosts: Iterable[str] = ()) -> pd.DataFrame:
        """One number of each run: one row a parameter point, one column a replicate.

        measure : as in `abm sensitivity --outcome`, with a date, the last or the first week kept
        hosts : over which to add up, in place of the measure's one

        Raises InputError for a world, outcome or week that the sweep does not hold.
        """
        asked = measures.parse(measure)
        if world not in self.names:
            raise unknown("world of this study", world, self.names, self.names[0])
        table = self.outcomes[
            (self.outcomes["world"] == world) & (self.outcomes["outcome"] == asked.outcome)
        ]
        places = list(hosts) or [asked.host]
        if asked.outcome.startswith("target.") and not hosts:
            places = list(table["host"].unique())  # a target has a host of its own
        table = table[table["host"].isin(places)]
        days = sorted(pd.to_datetime(table["date"].unique()))
        if not days:
            raise InputError(f"the study keeps no {measure} of {', '.join(places)} in {world}")
        day = _week(asked, days)
        rows = table[table["date"] == day]
        wide = rows.groupby(["base", "replicate"])["value"].sum(min_count=len(places)).unstack()
        return wide.reindex(self.points.index).astype(float)


def of(sweep: Sweep) -> Worlds:
    """The worlds of a crossed sweep, also while it runs."""
    study = sweep.study
    if not study.design.crossed:
        raise InputError(
            f"{study.name} is no crossed study, so its points cannot be told world by world. "
            "Example: [design] crossed = true"
        )
    ranges, choices = apart(study.factors)
    parameters, levers = [f.name for f in ranges], [f.name for f in choices]
    count = 1
    for choice in choices:
        count *= len(choice.values)
    points = sweep.points
    base = points["point"] // count
    scenario = next(iter(study.scenarios))
    names = [_name(row, scenario) for row in points[levers].to_dict("records")]
    keys = pd.DataFrame({"point": points["point"], "base": base, "world": names})
    outcomes = sweep.outcomes.astype({"outcome": str, "host": str}).merge(keys, on="point")
    unique = points.assign(base=base).drop_duplicates("base").set_index("base")[parameters]
    return Worlds(unique, outcomes[COLUMNS])


def merged(worlds: Sequence[Worlds]) -> Worlds:
    """Worlds of several sweeps over the same parameter points as one."""
    points = max((each.points for each in worlds), key=len)
    for each in worlds:
        if not each.points.equals(points.loc[each.points.index, each.points.columns]):
            raise InputError("the studies have other parameter points. Example: one points.csv")
    return Worlds(points, pd.concat([each.outcomes for each in worlds], ignore_index=True))


def _name(levers: Mapping[Any, Any], scenario: str) -> str:
    said = [str(levers.get(SCENARIO, scenario)).removesuffix(".toml")]
    if levers.get(WITHOUT):
        said.append(f"without {levers[WITHOUT]}")
    others = {k: v for k, v in levers.items() if k not in (SCENARIO, WITHOUT)}
    said += [f"{name}={value:g}" for name, value in others.items()]
    return " ".join(said)


def _week(asked: measures.Measure, days: list[pd.Timestamp]) -> pd.Timestamp:
    """The week kept in which the day lies, or the last."""
    if asked.when == "last":
        return days[-1]
    if not isinstance(asked.when, date):
        raise InputError(f"{asked}: a claim reads one week. Example: stock_abroad:2023-12-31")
    day = pd.Timestamp(asked.when)
    found = [each for each in days if each <= day < each + pd.Timedelta(days=7)]
    if not found:
        kept = ", ".join(str(each.date()) for each in days)
        raise InputError(f"{asked}: the study keeps no week with this day. Example: one of {kept}")
    return found[0]


__all__ = ["WORLD", "Worlds", "merged", "of"]
