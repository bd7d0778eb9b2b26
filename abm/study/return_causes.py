"""Why people returned: by the last trigger, by a world without the cause, by permits as a lottery.

The model names the last trigger before a return. Whether the person would have returned without it
is another question, which a second world answers: the same people and luck without the mechanism.
For permits the model holds a natural experiment as well: refusal is a draw with a known chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from abm import scenario as scenarios
from abm.chance import Floats, Integers
from abm.hosts_table import HOME, HOST_NAMES
from abm.model import EmigrationModel
from abm.people import Flags
from abm.scenario import Scenario
from abm.study import contrasts
from abm.study.necessity import Bounds, bounds
from abm.study.progress import Progress
from abm.study.readings import ratio
from abm.study.results import Replicates
from abm.study.runner import replicate

# A trigger abroad and the mechanism that makes it strike, or makes it matter.
MECHANISM_OF = {
    "permit refused": "M6",
    "discrimination": "M8",
    "job lost": "M9",
    "savings ended": "M10",
    "partner": "M11",
    "news from home": "M28",
    "abduction": "M27",
    # and mechanisms that wear on people and have no trigger of their own
    "insecure status": "M7",
    "wage offers at home": "M12",
    "rents and hostility": "M15",
}
WEEKS = 26  # within which a return counts as one after a decision on a permit


def returned(runs: Replicates) -> pd.Series:
    """People by replicate and person, of those who ever returned."""
    return _people(runs.moves[runs.moves["destination"] == HOME])


def left(runs: Replicates) -> pd.Series:
    """People by replicate and person, of those who ever left."""
    return _people(runs.moves[runs.moves["origin"] == HOME])


def _people(moves: pd.DataFrame) -> pd.Series:
    """People by replicate and person, each person once."""
    keys = ["replicate", "person"]
    return moves.drop_duplicates(keys).set_index(keys)["people"]


def by_counterfactual(
    scenario: Scenario,
    replicates: int = 5,
    causes: Mapping[str, str] = MECHANISM_OF,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Returns of a scenario beside those of worlds without one mechanism each.

    causes : from a trigger, or a name where there is none, to a mechanism
    progress : called with the worlds done and the worlds in all

    One row a cause: cause, mechanism; by_trigger (people whose return had this last trigger);
    needed (people who returned, and would not have without the mechanism), other_way (who would
    have returned only without it); difference, low, high (people who ever returned, with less
    without the mechanism, with its interval over replicates); necessity (PN: needed over all who
    returned) and necessity_low, its lower bound whatever luck is shared (the upper one is 1, for
    those who did not return are many more); sufficiency (PS) with sufficiency_low and _high, among
    those who left in either world. Means over replicates.
    """
    base = replicate(scenario, replicates)
    causes = {cause: id for cause, id in causes.items() if id not in scenario.without}
    rows = []
    for done, (cause, mechanism) in enumerate(causes.items(), start=1):
        if progress is not None:
            progress(done, len(causes) + 1)
        other = replicate(scenarios.load(scenario, without=[mechanism]), replicates)
        rows.append({"cause": cause, "mechanism": mechanism, **_row(base, other, cause)})
    return pd.DataFrame(rows)


def _row(base: Replicates, other: Replicates, cause: str) -> dict[str, float]:
    n = len(base.runs)
    with_it, without = returned(base), returned(other)
    whole = pd.concat([left(base), left(other)])
    whole = whole[~whole.index.duplicated()].groupby("replicate").sum()
    needed = with_it[~with_it.index.isin(without.index)]
    other_way = without[~without.index.isin(with_it.index)]
    moves = base.moves[(base.moves["destination"] == HOME) & (base.moves["cause"] == cause)]
    sums = [
        side.groupby("replicate").sum().reindex(whole.index, fill_value=0.0)
        for side in (with_it, without)
    ]
    told = contrasts.difference(sums[0], sums[1])
    y, y_without = (ratio(side.sum(), whole.sum()) for side in (with_it, without))
    limits = bounds(y, y_without, y, 1.0 - y, 0.0, 0.0)
    backwards = bounds(y, y_without, 0.0, 0.0, y_without, 1.0 - y_without)
    stayed = whole.sum() - without.sum()
    return {
        "by_trigger": float(moves["people"].sum()) / n,
        "needed": float(needed.sum()) / n,
        "other_way": float(other_way.sum()) / n,
        **{name: told[name] for name in ("difference", "low", "high")},
        "necessity": ratio(needed.sum(), with_it.sum()),
        "necessity_low": limits.necessity[0],
        "sufficiency": ratio(needed.sum(), stayed),
        "sufficiency_low": backwards.sufficiency[0],
        "sufficiency_high": backwards.sufficiency[1],
    }


# --- permits as a lottery ------------------------------------------------------------------------


class _Permits(EmigrationModel):
    """A run that notes every decision on a permit and its chance of refusal; it changes nothing."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario, replicate=scenario.replicate)
        self.decided: list[pd.DataFrame] = []

    def record_permits(self, decided: Integers, chance: Floats, refused: Flags) -> None:
        super().record_permits(decided, chance, refused)
        e = self.emigrants
        self.decided.append(
            pd.DataFrame(
                {
                    "week": self.week,
                    "person": e.person[decided],
                    "host": np.array(HOST_NAMES)[e.place[decided].astype(np.int64)],
                    "chance": chance,
                    "refused": refused,
                    "people": e.people[decided],
                }
            )
        )


def permit_decisions(scenario: Scenario, weeks: int = WEEKS) -> pd.DataFrame:
    """Each person's first decision on a permit by luck in a run, if so many weeks were left to run.

    Whom the host protects has a chance of nought, and so no part in the lottery.

    Columns: week, person, host, chance (of refusal then), refused, people, returned (to Russia, as
    the next move, within `weeks`).
    """
    model = _Permits(scenario)
    while model.running:
        model.step()
    table = pd.concat(model.decided, ignore_index=True)
    table = table[table["chance"] > 0].drop_duplicates("person")
    table = table[table["week"] + weeks < model.weeks]
    moves = model.moves_table()[["person", "week", "destination"]]
    after = table[["person", "week"]].merge(moves, on="person", suffixes=("", "_moved"))
    after = after[after["week_moved"] >= after["week"]].drop_duplicates("person")
    home = after[(after["destination"] == HOME) & (after["week_moved"] < after["week"] + weeks)]
    return table.assign(returned=table["person"].isin(home["person"])).reset_index(drop=True)


LOTTERY = ("decided", "refused", "returned_if_refused", "returned_if_granted")


@dataclass(frozen=True)
class Lottery:
    """What refusal did to those whose first permit was decided.

    decided, refused, returned_if_refused, returned_if_granted : people, and shares who returned,
        had all been refused or all been granted; bounds : of PN and PS of refusal for return
    """

    decided: float
    refused: float
    returned_if_refused: float
    returned_if_granted: float
    bounds: Bounds


def lottery(decisions: pd.DataFrame) -> Lottery:
    """PN and PS of refusal from `permit_decisions`.

    Refusal is drawn with a chance that the model knows, so weights 1/chance and 1/(1 - chance)
    make those refused, and those granted, stand for all (Hájek's estimator).
    """
    q, people = decisions["chance"].to_numpy(float), decisions["people"].to_numpy(float)
    x, y = decisions["refused"].to_numpy(bool), decisions["returned"].to_numpy(bool)

    def mean(values: np.ndarray, weights: Floats) -> float:
        return float((values * weights).sum() / weights.sum()) if weights.sum() else float("nan")

    if_refused = mean(y[x], (people / q.clip(1e-9))[x])
    if_granted = mean(y[~x], (people / (1.0 - q).clip(1e-9))[~x])
    shares = [mean(a & b, people) for a, b in ((x, y), (x, ~y), (~x, y), (~x, ~y))]
    return Lottery(
        float(people.sum()),
        mean(x, people),
        if_refused,
        if_granted,
        bounds(if_refused, if_granted, *shares),
    )


def lotteries(scenario: Scenario, replicates: int = 5) -> pd.DataFrame:
    """What refusal did, one row a replicate: as `Lottery`, with the ends of its bounds."""
    rows = []
    for number in range(replicates):
        world = scenarios.load(scenario, replicate=number)
        found = lottery(permit_decisions(world))
        told = {name: getattr(found, name) for name in LOTTERY}
        for name in ("necessity", "sufficiency"):
            told[f"{name}_low"], told[f"{name}_high"] = getattr(found.bounds, name)
        rows.append({"replicate": number, **told})
    return pd.DataFrame(rows)
