"""What the sources would have counted in a run of the twin: a reading of each target that it has.

Where a source's count rests on outcomes alone, the model's own observation process reads the twin's
table. Where it rests on single moves, the twin's counts take their place. Each function here has
the name and the unit of the process whose place it takes, in `abm.study.observed`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from abm.calendar import week_start
from abm.chance import Floats
from abm.composition import OCCUPATIONS
from abm.hosts_table import HOST_NAMES
from abm.study import observed
from abm.study.observed import EMPLOYED, EU, MEAN_AGE_OF_ALL_RUSSIANS, NOT_WORKING
from abm.study.processes import process_named
from abm.study.readings import ratio, share_of_week, year_before
from abm.study.target import Target
from abm.study.targets import TARGETS, judged
from abm.study.twin_life import HALF_A_YEAR_WEEKS

if TYPE_CHECKING:
    from abm.study.twin import TwinRun

FROM_OUTCOMES = (
    "border_crossings", "eu_entries_rise", "finland_share_of_eu_entries", "departures",
    "called_up", "stock_abroad", "permit_holders", "stable_status", "stable_status_in_worst_host",
    "ever_discriminated", "returns_share_of_growth", "output_needed", "return_rate_ratio",
    "rent_rise",
)  # fmt: skip
OUTCOMES_READ = (
    "departures", "returns", "stock_abroad", "called_up", "permit_holders", "stable_status",
    "ever_discriminated", "gdp_contribution", "returnees_at_work", "rent_index",
)  # fmt: skip
_WORK = ~np.isin(OCCUPATIONS, NOT_WORKING)
_IN_EU = np.isin(HOST_NAMES, EU)


def readings(run: TwinRun, targets: Sequence[Target] = TARGETS) -> pd.Series:
    """Readings by target's id; NaN where the twin has none or the run ends too early."""
    values = {target.id: reading(run, target) for target in targets}
    return pd.Series(values, dtype=float, name="reading")


def reading(run: TwinRun, target: Target) -> float:
    """What the source of a target would have counted in a run of the twin."""
    if target.process is None or not _seen(run, target):
        return float("nan")
    where = target.host, target.date_from, target.date_to
    if target.process in FROM_OUTCOMES:
        return process_named(target.process)(run.observed, *where)
    return BY_COUNTS[target.process](run, *where) if target.process in BY_COUNTS else float("nan")


def judge(run: TwinRun) -> pd.DataFrame:
    """The table of targets, as of a run of the model; simulated is missing where it has none."""
    rows = [judged(t, [reading(run, t)], _seen(run, t)) for t in TARGETS]
    table = pd.DataFrame(rows).drop(columns="spread").astype({"hit": "boolean"})
    none = ~table["id"].isin([t.id for t in TARGETS if t.process in (*FROM_OUTCOMES, *BY_COUNTS)])
    table.loc[none & table["status"].isin(["fit", "set"]), "status"] = "not by the twin"
    return table.assign(hit=table["hit"].mask(none))


def _seen(run: TwinRun, target: Target) -> bool:
    last = week_start(run.weeks) - timedelta(days=1)
    return last >= target.date_to + timedelta(days=target.days_after)


# --- counts in place of moves ----------------------------------------------------------------


def _within(weeks: int, first: date, last: date, delay: int = 0) -> Floats:
    """Share of each week's days, put off by some weeks, that lie within a span, (weeks,)."""
    days = pd.Series([week_start(week - delay) for week in range(weeks)])
    return share_of_week(days, first, last).to_numpy()


def _week_at(day: date) -> int:
    """The last week that is complete on a day."""
    return (day - week_start(0)).days // 7 - (1 if (day - week_start(0)).days % 7 != 6 else 0)


def workers_left(run: TwinRun, host: str, first: date, last: date) -> float:
    left = run.counts.first_by_occupation[:, _WORK].sum(axis=1)
    return float(left @ _within(run.weeks, first, last))


def workers_left_or_called_up(run: TwinRun, host: str, first: date, last: date) -> float:
    return workers_left(run, host, first, last) + observed.called_up(
        run.observed, host, first, last
    )


def departure_ratio_by_wage(run: TwinRun, host: str, first: date, last: date) -> float:
    below, above = run.counts.first_by_wage.T @ _within(run.weeks, first, last)
    return ratio(above, below)


def ever_returned(run: TwinRun, host: str, first: date, last: date) -> float:
    until = _week_at(last) + 1
    left = run.counts.first_by_occupation[:until].sum()
    return ratio(run.counts.ever_returned[:until].sum(), left)


def clients_returned(run: TwinRun, host: str, first: date, last: date) -> float:
    abroad, back = run.counts.cohorts["of 2022"][_week_at(last), 1]
    return ratio(back, abroad + back)


def early_leavers_returned(run: TwinRun, host: str, first: date, last: date) -> float:
    abroad, back = run.counts.cohorts["early"][_week_at(last), 0]
    return ratio(back, abroad + back)


def returnees_among_employed(run: TwinRun, host: str, first: date, last: date) -> float:
    return float(run.counts.workers_back[_week_at(last)] / EMPLOYED)


def residents_left(run: TwinRun, host: str, first: date, last: date) -> float:
    left = run.counts.residents_left[:, HOST_NAMES.index(host)]
    return float(left @ _within(run.weeks, first, last))


def residents_left_multiple(run: TwinRun, host: str, first: date, last: date) -> float:
    before = residents_left(run, host, year_before(first), year_before(last))
    return ratio(residents_left(run, host, first, last), before)


def residents_arrived_change(run: TwinRun, host: str, first: date, last: date) -> float:
    stayed = run.counts.resident[:, HOST_NAMES.index(host)]

    def arrived(begin: date, end: date) -> float:
        return float(stayed @ _within(run.weeks, begin, end, delay=HALF_A_YEAR_WEEKS))

    before = arrived(year_before(first), year_before(last))
    return ratio(arrived(first, last), before) - 1.0


def tax_numbers(run: TwinRun, host: str, first: date, last: date) -> float:
    issued = run.counts.registered[:, HOST_NAMES.index(host)]
    return float(issued @ _within(run.weeks, first, last))


def refused_who_returned(run: TwinRun, host: str, first: date, last: date) -> float:
    refused, home = run.counts.renewals.T @ _within(run.weeks, first, last)
    return ratio(home, refused)


def age_gap_to_adults(run: TwinRun, host: str, first: date, last: date) -> float:
    return _mean_in_eu(run, "mean_age_years", last) - run.population["mean_age_years"]


def age_gap_to_all_ages(run: TwinRun, host: str, first: date, last: date) -> float:
    return _mean_in_eu(run, "mean_age_years", last) - MEAN_AGE_OF_ALL_RUSSIANS


def higher_education_ratio(run: TwinRun, host: str, first: date, last: date) -> float:
    share = _mean_in_eu(run, "share_higher_education", last)
    return ratio(share, run.population["share_higher_education"])


def entrepreneurs_ratio(run: TwinRun, host: str, first: date, last: date) -> float:
    share = _mean_in_eu(run, "share.entrepreneur", last)
    return ratio(share, run.population["share_entrepreneurs"])


def _mean_in_eu(run: TwinRun, outcome: str, day: date) -> float:
    """A mean over adults in the EU on a day, from the means by host."""
    week = _week_at(day)
    adults = run.counts.adults[week] * _IN_EU
    by_host = np.array([run.series(outcome, name)[week] for name in HOST_NAMES])
    return ratio(float(adults @ by_host), float(adults.sum()))


_Reading = Callable[["TwinRun", str, date, date], float]
BY_COUNTS: Mapping[str, _Reading] = {
    each.__name__: each
    for each in (
        workers_left, workers_left_or_called_up, departure_ratio_by_wage, ever_returned,
        clients_returned, early_leavers_returned, returnees_among_employed, residents_left,
        residents_left_multiple, residents_arrived_change, tax_numbers, refused_who_returned,
        age_gap_to_adults, age_gap_to_all_ages, higher_education_ratio, entrepreneurs_ratio,
    )
}  # fmt: skip
