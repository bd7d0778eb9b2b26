"""The same people in two worlds: whose fate differs, and by how much every outcome does.

A person has the same luck in every scenario, so that two runs of one seed and replicate differ by
their causes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abm import html
from abm import scenario as scenarios
from abm.errors import InputError
from abm.fates import FATES, INSECURE, MOVED_ON, RETURNED, SETTLED, STAYED
from abm.hosts_table import HOME
from abm.observation import OUTCOMES
from abm.scenario import Scenario
from abm.study import contrasts, store
from abm.study import evidence as posterior
from abm.study.keeping import A_WEEK, TOTAL
from abm.study.progress import Progress, told
from abm.study.results import Replicates
from abm.study.runner import replicate
from abm.study.turn import Biographies, biographies

Draw = Callable[["Pair", Path], object]
MARK = "compare.json"
KEYS = ["replicate", "person"]
TRAITS = ["sex", "age_years", "region", "occupation", "people"]
MUST_AGREE = {  # what two worlds need in common, and how to give it to both
    "scale": "scale=1000 (--scale 1000)",
    "seed": "seed=1 (--seed 1)",
    "until": 'until="2024-12-31" (--until 2024-12-31)',
    "population": "population=FILE (--population FILE.csv)",
}
STATUS, CALL_UP = "status", "call-up"  # causes of a turn that is no move
ABROAD = [FATES[fate] for fate in (SETTLED, MOVED_ON, INSECURE)]


@dataclass(frozen=True, eq=False)
class Pair:
    """Runs of two scenarios, in pairs of a replicate each that have the same people and luck.

    Counts are in real people, children included, and means over replicates.
    """

    a: Replicates
    b: Replicates

    @cached_property
    def lives(self) -> pd.DataFrame:
        """One row for each replicate and person that left or was called up in either world.

        Columns: replicate, person, fate_a, fate_b, host_a, host_b (Russia for who stayed home),
        sex, age_years, region, occupation, people.
        """
        sides = []
        for side, runs in (("a", self.a), ("b", self.b)):
            names = {"fate": f"fate_{side}", "host": f"host_{side}"}
            sides.append(runs.fates.set_index(KEYS).rename(columns=names))
        traits = pd.concat([side[TRAITS] for side in sides])
        traits = traits[~traits.index.duplicated()]
        lives = traits.join([side.drop(columns=TRAITS) for side in sides])
        for side in "ab":
            lives[f"fate_{side}"] = lives[f"fate_{side}"].fillna(FATES[STAYED])
            lives[f"host_{side}"] = lives[f"host_{side}"].fillna(HOME)
        order = ["fate_a", "fate_b", "host_a", "host_b", *TRAITS]
        return lives[order].sort_index().reset_index()

    @cached_property
    def changed(self) -> pd.DataFrame:
        """Those of `lives` whose fate differs, with where and why the two lives part.

        parted : first day of the first week with a move that is not made in both worlds; NaT where
            there is none
        cause : of this move, in the first of the worlds that has it; else "call-up" or "status"
        """
        lives = self.lives
        changed = lives[lives["fate_a"] != lives["fate_b"]].set_index(KEYS)
        changed = changed.join(_partings(self.a.moves, self.b.moves)).reset_index()
        called = (changed[["fate_a", "fate_b"]] == "called up").any(axis=1)
        unmoved = pd.Series(np.where(called, CALL_UP, STATUS), changed.index)
        return changed.assign(cause=changed["cause"].fillna(unmoved))

    @cached_property
    def flows(self) -> pd.DataFrame:
        """People by their fates in both worlds: fate_a, fate_b, people.

        Those who stayed home in both are left out.
        """
        keys = ["fate_a", "fate_b"]
        people = self.lives.groupby(keys, observed=True)["people"].sum() / len(self.a.runs)
        return people.reset_index()

    @property
    def matrix(self) -> pd.DataFrame:
        """The flows as a table: one row a fate in A, one column a fate in B, all in order."""
        table = self.flows.astype({"fate_a": str, "fate_b": str})
        table = table.pivot(index="fate_a", columns="fate_b", values="people")
        return table.reindex(index=list(FATES), columns=list(FATES)).fillna(0.0)

    @cached_property
    def who(self) -> pd.DataFrame:
        """Whose fate differs, by each of several traits.

        Columns: by (occupation, age, host, cause), group, people (whose fate differs), abroad and
        returned (how many more of them in B). Host: where they are in the world in which they are
        abroad, A's if in both; Russia for nobody's.
        """
        changed = self.changed
        abroad = [changed[f"fate_{side}"].isin(ABROAD) for side in "ab"]
        host = changed["host_a"].where(abroad[0], changed["host_b"].where(abroad[1], HOME))
        back = [changed[f"fate_{side}"] == FATES[RETURNED] for side in "ab"]
        decade = changed["age_years"] // 10 * 10
        counted = pd.DataFrame(
            {
                "people": changed["people"],
                "abroad": changed["people"] * (abroad[1].astype(int) - abroad[0]),
                "returned": changed["people"] * (back[1].astype(int) - back[0]),
            }
        )
        groups = {
            "occupation": changed["occupation"],
            "age": decade.astype(str) + " to " + (decade + 9).astype(str),
            "host": host,
            "cause": changed["cause"],
        }
        parts = []
        for by, group in groups.items():
            sums = counted.groupby(group.rename("group").astype(str)).sum() / len(self.a.runs)
            sums = sums.sort_values("people", ascending=False, kind="stable").reset_index()
            sums.insert(0, "by", by)
            parts.append(sums)
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Every outcome of every host in both worlds, B less A.

        What is counted a week is added up over the run (``.total``); of states, the last week's.
        Columns: outcome, host, unit, a, b (means), and those of `contrasts.differences`; gain says
        how many times fewer runs give the same interval than without common luck.
        """
        here, there = _totals(self.b.outcomes), _totals(self.a.outcomes)
        table = contrasts.differences(here, there)
        table.insert(0, "b", here.mean(axis=1))
        table.insert(0, "a", there.mean(axis=1))
        return table.reset_index()

    def person(self, person: int, replicate: int = 0) -> Biographies:
        """One person's two lives: every decision, and where and why they part.

        Both worlds are stepped again, which costs two runs. Raises InputError for a number that is
        no person's, or no replicate's.
        """
        if not 0 <= replicate < len(self.a.runs):
            raise InputError(
                f"replicate {replicate} was not run; there are {len(self.a.runs)}, from 0. "
                "Example: pair.person(12, replicate=0)"
            )
        pair = (self.a.runs[replicate].scenario, self.b.runs[replicate].scenario)
        return biographies(*pair, person)

    def save(
        self, directory: str | Path, overwrite: bool = False, draw: Draw | None = None
    ) -> Path:
        """Write compare.json, differences.csv, flows.csv, who.csv, changed.csv, figures/*.png.

        The folder appears whole or not at all. ``draw`` is called with the pair and the folder for
        the figures, for example ``abm.view.compare_figures.draw_all``.

        Raises InputError and OutputError as `Replicates.save`.
        """

        def fill(folder: Path) -> None:
            for name in ("differences", "flows", "who", "changed"):
                table = getattr(self, name)
                table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
            told = {side: runs.scenario.as_dict() for side, runs in (("a", self.a), ("b", self.b))}
            replicates = len(self.a.runs)
            store.write_json(
                folder / MARK,
                {**told, "replicates": replicates, "notes": self.notes, **store.origin()},
            )
            if draw is not None:
                (folder / "figures").mkdir()
                draw(self, folder / "figures")

        return store.put(fill, directory, overwrite, MARK)

    @property
    def notes(self) -> list[str]:
        """What to know before reading a difference as one cause's doing."""
        dropped = ["responses" in runs.scenario.without for runs in (self.a, self.b)]
        if dropped[0] == dropped[1]:
            return []
        less, more = (self.a, self.b) if dropped[0] else (self.b, self.a)
        return [
            f"{less.scenario.name} drops dated responses and {more.scenario.name} keeps them, so "
            "the difference has two causes; without responses drops them in both"
        ]

    def _repr_html_(self) -> str:
        a, b = self.a.scenario, self.b.scenario
        runs = len(self.a.runs)
        facts = {
            "A": a.full_name,
            "B": b.full_name,
            "runs": f"{runs} of each until {a.until}, {a.scale:,} people an agent, seed {a.seed}",
            "whose fate differs": f"{self.changed['people'].sum() / runs:,.0f} people",
            "tables": "changed, flows, who, differences; person(12) tells two lives",
        }
        if self.notes:
            facts["note"] = "; ".join(self.notes)
        flows = self.flows[self.flows["fate_a"] != self.flows["fate_b"]]
        most = flows[flows["people"] > 0].sort_values("people", ascending=False, kind="stable")
        return html.card("The same people in two worlds", facts, html.table(most, "from, to"))

    def __repr__(self) -> str:
        a, b = self.a.scenario, self.b.scenario
        runs = f"{len(self.a.runs)} pair{'s' * (len(self.a.runs) > 1)} of runs"
        return (
            f"<{runs} of {a.name} and {b.name} until {a.until}, {a.scale:,} people an agent, "
            f"seed {a.seed}>"
        )


def compare(
    a: str | Path | Scenario,
    b: str | Path | Scenario,
    *,
    replicates: int = 5,
    progress: Progress | None = None,
    evidence: str | None = None,
    **changes: Any,
) -> Pair:
    """Run two scenarios with the same people and the same luck.

    Parameters
    ----------
    a, b : packaged names, TOML files, or resolved scenarios (``abm.scenario.load``)
    replicates : pairs of runs; intervals need two, and fair ones ten or so
    progress : called with the weeks done and the weeks in all
    evidence : "low", "middle" or "high": the centre of its fitted parameters in both, as in
        `abm.run`
    changes : scale, seed, until, set, without, looking_ahead, population and mechanisms, as in
        `abm.run`, for both

    Raises
    ------
    InputError : as `abm.run`; or the two differ in people, scale, seed or last day, so that nobody
        could be told in both
    """
    worlds = _worlds(a, b, evidence, changes)
    runs = []
    with told(progress, " and ".join(world.name for world in worlds)) as report:
        for number, world in enumerate(worlds):

            def weeks_done(done: int, of: int, before: int = number) -> None:
                if report is not None:
                    report(before * of + done, 2 * of)

            runs.append(replicate(world, replicates, progress=weeks_done))
    return Pair(*runs)


def lives_of(
    a: str | Path | Scenario,
    b: str | Path | Scenario,
    person: int,
    evidence: str | None = None,
    **changes: Any,
) -> Biographies:
    """One person's two lives; as `compare` and `Pair.person`, with no more runs than these two."""
    return biographies(*_worlds(a, b, evidence, changes), person)


def _worlds(
    a: str | Path | Scenario,
    b: str | Path | Scenario,
    evidence: str | None,
    changes: Mapping[str, Any],
) -> tuple[Scenario, Scenario]:
    one, other = (
        posterior.at_centre(scenarios.load(each, **changes), evidence, changes.get("set"))
        for each in (a, b)
    )
    check(one, other)
    return _told_apart(one, other), _told_apart(other, one)


def _told_apart(one: Scenario, other: Scenario) -> Scenario:
    """A scenario, its name with what it alone sets where the other has the same name."""
    alone = [each for each in one.settings if each not in other.settings]
    if one.name != other.name or not alone:
        return one
    return replace(one, name=f"{one.name} with {', '.join(alone)}")


def check(a: Scenario, b: Scenario) -> None:
    """InputError unless the two scenarios have the same people for as long."""
    for name, example in MUST_AGREE.items():
        mine, other = getattr(a, name), getattr(b, name)
        if mine != other:
            shown = [_shown(value) for value in (mine, other)]
            raise InputError(
                f"{a.name} and {b.name} differ in {name!r}: {shown[0]} and {shown[1]}, so no "
                f"person can be told in both. Give both the same. Example: {example}"
            )


def _shown(value: Any) -> str:
    return "the packaged people" if value is None else str(getattr(value, "name", value))


def _partings(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """The first move of each person that is not the same in both: parted, cause."""
    keys = [*KEYS, "date", "destination"]
    both = a[[*keys, "cause"]].merge(
        b[[*keys, "cause"]], on=keys, how="outer", suffixes=("_a", "_b"), indicator=True
    )
    apart = both[both["_merge"] != "both"]
    apart = apart.assign(cause=apart["cause_a"].fillna(apart["cause_b"]))
    apart = apart.sort_values([*KEYS, "date", "_merge"], kind="stable")
    first = apart.drop_duplicates(KEYS).set_index(KEYS)
    return first.rename(columns={"date": "parted"})[["parted", "cause"]]


def _totals(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Flows added up and states at the end: rows outcome, host, unit; one column a replicate."""
    keys = ["outcome", "host", "replicate"]
    by_run = outcomes.groupby(keys, observed=True, sort=False)["value"]
    flows = {each.name for each in OUTCOMES if each.unit.endswith(A_WEEK)}
    units = {each.name: each.unit.removesuffix(A_WEEK) for each in OUTCOMES}
    table = pd.DataFrame({"sum": by_run.sum(), "last": by_run.last(skipna=False)}).reset_index()
    names = table["outcome"].astype(str)
    flow = names.isin(flows)
    table = pd.DataFrame(
        {
            "outcome": names.where(~flow, names + TOTAL),
            "host": table["host"].astype(str),
            "unit": names.map(units),
            "replicate": table["replicate"],
            "value": table["sum"].where(flow, table["last"]),
        }
    )
    wide = table.set_index(["outcome", "host", "unit", "replicate"])["value"].unstack("replicate")
    order = table.drop_duplicates(["outcome", "host"])[["outcome", "host", "unit"]]
    return wide.reindex(pd.MultiIndex.from_frame(order))
