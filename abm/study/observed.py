"""The observation processes: how each source would have counted the people of a run.

Each takes a run's tables, a host and the first and last day that the source speaks of, and gives
one number in the target's unit: NaN when there is nobody to count, never a guess. A week's flow
is spread evenly over its seven days; a stock is read at the end of the last complete week.
Shares and ratios are of adults, who are alike in weight; flows and stocks are of people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pandas as pd

from abm.hosts_table import HOST_NAMES, host_column
from abm.study.readings import (
    Tables,
    completed,
    first_departures,
    mean_over,
    place_at,
    ratio,
    residences,
    share_of_week,
    stays,
    stock_at,
    sum_over,
    weekly,
    year_before,
)

Process = Callable[[Tables, str, date, date], float]

EU_BORDER = ("Estonia", "Latvia", "Lithuania", "Poland")
EU_BEYOND_FINLAND = ("Czechia", "Germany", "France", "Spain", "Italy", "Belgium")
EU = ("Finland", *EU_BORDER, *EU_BEYOND_FINLAND, "Cyprus")
# The seed's "CIS": the former Soviet hosts in the loose sense, so with Georgia.
CIS_TURKEY_SOUTH_EAST_ASIA = (
    *("Georgia", "Armenia", "Azerbaijan", "Kazakhstan", "Kyrgyzstan", "Uzbekistan"),
    *("Turkey", "Thailand", "Indonesia"),
)
NOT_WORKING = ("student", "jobless")
RELOCATED_BY_FIRMS = ("it", "manager", "entrepreneur")
YEAR_2022 = (date(2022, 2, 24), date(2022, 12, 31))
EARLY_DAYS = (date(2022, 2, 24), date(2022, 6, 30))

EU_ENTRIES_A_WEEK = 66_000 / 1.3  # before the order: W304, 66,000 after a rise of 30 %
FINLAND_ENTRIES_A_WEEK = 0.48 * 66_000 / 1.64  # S040's share of W304, before W302's rise of 64 %
KAZAKHSTAN_ENTRIES_A_DAY = 8_500  # W075, before the order
EMPLOYED = 73_600_000  # S015's note, end of 2023
GROWTH_2023 = 3.6  # % of GDP, S013
MEAN_AGE_OF_ALL_RUSSIANS = 40.1  # years, over all ages, 2020: UN WPP 2019
DAYS_PER_YEAR = 365.2425
HALF_A_YEAR = timedelta(days=183)
DAYS_TO_REGISTER = timedelta(days=14)  # ours: a stay long enough to ask for a tax number
ENOUGH_TO_REPORT = 20_000  # people; ours: a host with fewer has too few answers to be named

UNITS = {  # of what each process gives
    "border_crossings": "people",
    "eu_entries_rise": "share",
    "finland_share_of_eu_entries": "share",
    "departures": "people",
    "elite_exits_a_year": "people a year",
    "called_up": "people",
    "stock_abroad": "people",
    "permit_holders": "permits",
    "workers_left": "people",
    "workers_left_or_called_up": "people",
    "ever_returned": "share",
    "clients_returned": "share",
    "early_leavers_returned": "share",
    "residents_left": "people",
    "residents_left_multiple": "ratio",
    "residents_arrived_change": "share",
    "tax_numbers": "people",
    "stable_status": "share",
    "stable_status_in_worst_host": "share",
    "ever_discriminated": "share",
    "returnees_among_employed": "share",
    "returns_share_of_growth": "share",
    "output_needed": "multiple",
    "return_rate_ratio": "ratio",
    "refused_who_returned": "share",
    "departure_ratio_by_wage": "ratio",
    "age_gap_to_adults": "years",
    "age_gap_to_all_ages": "years",
    "higher_education_ratio": "ratio",
    "entrepreneurs_ratio": "ratio",
    "rent_rise": "share",
}

OVER_DAYS = (  # the processes that add up over the days that the source speaks of
    *("border_crossings", "departures", "called_up", "workers_left", "workers_left_or_called_up"),
    *("residents_left", "tax_numbers"),
)


def border_crossings(run: Tables, host: str, first: date, last: date) -> float:
    """Outward crossings as neighbours count them, trips included; people.

    Ordinary trips at the borders that published them (Kazakhstan, EU), and emigrants' departures.
    """
    days = (last - first).days + 1
    trips = days * (KAZAKHSTAN_ENTRIES_A_DAY + EU_ENTRIES_A_WEEK / 7)
    return trips + sum_over(run.outcomes, [host], "departures", first, last)


def eu_entries_rise(run: Tables, host: str, first: date, last: date) -> float:
    """Rise of a week's entries into the EU over the week before; share.

    Trips stay as they were, so the rise is that of emigrants' departures over the week's entries.
    """
    return _rise(run, EU, first, last) / EU_ENTRIES_A_WEEK


def finland_share_of_eu_entries(run: Tables, host: str, first: date, last: date) -> float:
    """Finland's share of a week's entries into the EU; share.

    Counted where one enters, not where one goes (80 % were in transit, W303). Flights had ended
    and its land neighbours had just shut to tourists (W446), so those on their way to the EU's
    interior count for Finland; those for Cyprus, the Baltic states and Poland do not.
    """
    through_finland = _rise(run, ("Finland", *EU_BEYOND_FINLAND), first, last)
    entries = EU_ENTRIES_A_WEEK + _rise(run, EU, first, last)
    return (FINLAND_ENTRIES_A_WEEK + through_finland) / entries


def _rise(run: Tables, hosts: Sequence[str], first: date, last: date) -> float:
    """Departures into hosts, less those of as many days before; people."""
    days = timedelta(days=(last - first).days + 1)
    now = sum_over(run.outcomes, hosts, "departures", first, last)
    return now - sum_over(run.outcomes, hosts, "departures", first - days, last - days)


def departures(run: Tables, host: str, first: date, last: date) -> float:
    """All who left Russia, as flows add up: who leaves twice counts twice; people."""
    return sum_over(run.outcomes, [host], "departures", first, last)


def elite_exits_a_year(run: Tables, host: str, first: date, last: date) -> float:
    """Of the elite, expected to leave in a year; people."""
    exits = sum_over(run.outcomes, [host], "elite_exits", first, last)
    return exits * DAYS_PER_YEAR / ((last - first).days + 1)


def called_up(run: Tables, host: str, first: date, last: date) -> float:
    """Men called up; people."""
    return sum_over(run.outcomes, [host], "called_up", first, last)


def stock_abroad(run: Tables, host: str, first: date, last: date) -> float:
    """Those who left and are there on the last day; people."""
    return stock_at(run.outcomes, host, "stock_abroad", last)


def permit_holders(run: Tables, host: str, first: date, last: date) -> float:
    """Residence permits in force on the last day, one a person, children included; permits.

    The count takes in Russians who lived there before the war: those of the table of hosts, taken
    as holders all through (assumption).
    """
    before = float(host_column("diaspora_2021")[HOST_NAMES.index(host)])
    return before + stock_at(run.outcomes, host, "permit_holders", last)


def workers_left(run: Tables, host: str, first: date, last: date) -> float:
    """Adults with work who left, each once; children, students and the jobless do not count."""
    workers = ~run.emigrants["occupation"].isin(NOT_WORKING)
    left = share_of_week(first_departures(run.emigrants), first, last)
    return float(left[workers].sum() * run.scenario.scale)


def workers_left_or_called_up(run: Tables, host: str, first: date, last: date) -> float:
    """Workers lost to emigration and to the army together; people."""
    return workers_left(run, host, first, last) + called_up(run, host, first, last)


def ever_returned(run: Tables, host: str, first: date, last: date) -> float:
    """Share of those who left that has been back, for good or for a time.

    The survey's returns include temporary ones, so one return by the last day is enough.
    """
    moves = completed(run.moves, last)
    left = moves.loc[moves["origin"] == "Russia", "person"].unique()
    returned = moves.loc[moves["destination"] == "Russia", "person"].unique()
    return ratio(len(returned), len(left))


def clients_returned(run: Tables, host: str, first: date, last: date) -> float:
    """Share of a relocation firm's clients who are back in Russia on the last day.

    Clients: those who left in 2022 as IT specialist, manager or entrepreneur.
    """
    client = run.emigrants["occupation"].isin(RELOCATED_BY_FIRMS)
    return _back(run, run.emigrants[client], YEAR_2022, last)


def early_leavers_returned(run: Tables, host: str, first: date, last: date) -> float:
    """Share of those who left from February to June 2022 who are back on the last day."""
    return _back(run, run.emigrants, EARLY_DAYS, last)


def _back(run: Tables, emigrants: pd.DataFrame, left: tuple[date, date], day: date) -> float:
    """Share of those who first left within a span of days who are in Russia on a day."""
    when = first_departures(emigrants).dt.date
    cohort = emigrants.loc[(when >= left[0]) & (when <= left[1]), "person"]
    return float((place_at(run.moves, day).reindex(cohort) == "Russia").mean())


def residents_left(run: Tables, host: str, first: date, last: date) -> float:
    """Emigrants of a host by its residence rule: stayed half a year, then gone for half a year."""
    homes = residences(stays(run.moves, host), HALF_A_YEAR)
    lived_there = homes["until"] - homes["since"] >= HALF_A_YEAR
    left = homes[lived_there]
    return float((share_of_week(left["until"], first, last) * left["people"]).sum())


def residents_left_multiple(run: Tables, host: str, first: date, last: date) -> float:
    """Emigrants by the residence rule over those of the same days a year before; ratio."""
    before = residents_left(run, host, year_before(first), year_before(last))
    return ratio(residents_left(run, host, first, last), before)


def residents_arrived_change(run: Tables, host: str, first: date, last: date) -> float:
    """Change of immigrants by the residence rule over the same days a year before; share."""
    before = _residents_arrived(run, host, year_before(first), year_before(last))
    return ratio(_residents_arrived(run, host, first, last), before) - 1


def _residents_arrived(run: Tables, host: str, first: date, last: date) -> float:
    """Immigrants by the residence rule: not there for half a year, then stayed half a year."""
    homes = residences(stays(run.moves, host), HALF_A_YEAR)
    end = pd.Timestamp(run.outcomes["date"].max()) + pd.Timedelta(days=7)
    arrived = homes[homes["until"].fillna(end) - homes["since"] >= HALF_A_YEAR]
    return float((share_of_week(arrived["since"], first, last) * arrived["people"]).sum())


def tax_numbers(run: Tables, host: str, first: date, last: date) -> float:
    """Tax numbers issued: one for each person whose stay first reached two weeks; people.

    A number stays in the books when its holder has moved on.
    """
    spells = stays(run.moves, host)
    registered = ~(spells["until"] - spells["since"] < DAYS_TO_REGISTER)
    once = spells[registered].drop_duplicates("person")
    issued = share_of_week(once["since"] + DAYS_TO_REGISTER, first, last)
    return float((issued * once["people"]).sum())


def stable_status(run: Tables, host: str, first: date, last: date) -> float:
    """Share of those still abroad in the survey's weeks whose status is stable."""
    return mean_over(weekly(run.outcomes, [host], "stable_status"), first, last)


def stable_status_in_worst_host(run: Tables, host: str, first: date, last: date) -> float:
    """The lowest share with a stable status among hosts with enough people to report on."""
    hosts = [name for name in run.outcomes["host"].unique() if name != "World"]
    stocks = {h: mean_over(weekly(run.outcomes, [h], "stock_abroad"), first, last) for h in hosts}
    large = [h for h in hosts if stocks[h] >= ENOUGH_TO_REPORT]
    return min((stable_status(run, h, first, last) for h in large), default=float("nan"))


def ever_discriminated(run: Tables, host: str, first: date, last: date) -> float:
    """Share of those still abroad in the survey's weeks who ever met discrimination."""
    return mean_over(weekly(run.outcomes, [host], "ever_discriminated"), first, last)


def returnees_among_employed(run: Tables, host: str, first: date, last: date) -> float:
    """Share of Russia's employed who had left, are back on the last day and work."""
    workers = run.emigrants.loc[~run.emigrants["occupation"].isin(NOT_WORKING), "person"]
    back = (place_at(run.moves, last).reindex(workers) == "Russia").sum()
    return float(back * run.scenario.scale / EMPLOYED)


def returns_share_of_growth(run: Tables, host: str, first: date, last: date) -> float:
    """Share of a year's growth that returnees gave: the rise of what they add, year on year.

    Both years are means over their days, so those who return in December hardly count.
    """
    return _rise_of_year(run, "gdp_contribution", first, last) / GROWTH_2023


def output_needed(run: Tables, host: str, first: date, last: date) -> float:
    """Output a returnee at work, in those of the mean worker, that the least claimed share needs.

    A fifth of the year's growth over the rise of returnees at work, in shares of the employed.
    """
    more_at_work = _rise_of_year(run, "returnees_at_work", first, last) / EMPLOYED
    return ratio(0.2 * GROWTH_2023 / 100, more_at_work)


def _rise_of_year(run: Tables, outcome: str, first: date, last: date) -> float:
    """Mean of a state over the days of a year less that of the year before, before the war nil."""
    weeks = ((last - first).days + 1) / 7
    now = sum_over(run.outcomes, ["World"], outcome, first, last)
    return (
        now - sum_over(run.outcomes, ["World"], outcome, year_before(first), year_before(last))
    ) / weeks


def return_rate_ratio(run: Tables, host: str, first: date, last: date) -> float:
    """Returns a person-year in the CIS, Turkey and South-East Asia over those in the EU; ratio."""
    east = _return_rate(run, CIS_TURKEY_SOUTH_EAST_ASIA, first, last)
    return ratio(east, _return_rate(run, EU, first, last))


def _return_rate(run: Tables, hosts: Sequence[str], first: date, last: date) -> float:
    """Returns to Russia from hosts a year for each person there."""
    returns = sum_over(run.outcomes, hosts, "returns", first, last)
    person_weeks = sum_over(run.outcomes, hosts, "stock_abroad", first, last)
    return ratio(returns, person_weeks * 7 / DAYS_PER_YEAR)


def refused_who_returned(run: Tables, host: str, first: date, last: date) -> float:
    """Share of those refused a renewal whose next move, within half a year, is home.

    Each person's first refused renewal (refusals of a first permit are not meant) in a host where
    they already were when the week began; those who stay on without papers count as refused.
    """
    refusals = run.refusals[run.refusals["renewal"].astype(bool)]
    refusals = refusals.sort_values("date", kind="stable").drop_duplicates("person")
    days = pd.to_datetime(refusals["date"]).dt.date
    refused = refusals[(days >= first) & (days <= last)].set_index("person")
    if refused.empty:  # pandas cannot look dates up in an empty table
        return float("nan")
    moves = run.moves[run.moves["person"].isin(refused.index)].sort_values("date", kind="stable")
    since_refusal = moves["date"] - pd.to_datetime(moves["person"].map(refused["date"]))
    earlier = moves[since_refusal < pd.Timedelta(0)].groupby("person")["destination"].last()
    abroad = refused.index[earlier.reindex(refused.index) == refused["host"]]
    soon = moves[(since_refusal >= pd.Timedelta(0)) & (since_refusal <= HALF_A_YEAR)]
    following = soon.groupby("person")["destination"].first()
    return float((following.reindex(abroad) == "Russia").mean())


def departure_ratio_by_wage(run: Tables, host: str, first: date, last: date) -> float:
    """Departures of adults above the median wage over those of the other half; ratio.

    The two halves are equally many, so this is the ratio of their rates.
    """
    left = share_of_week(first_departures(run.emigrants), first, last)
    above = run.emigrants["wage_usd"] > run.population["wage_median_usd"]
    return ratio(left[above].sum(), left[~above].sum())


def age_gap_to_adults(run: Tables, host: str, first: date, last: date) -> float:
    """Mean age of adults in the EU less that of Russia's adults of 20 to 64; years."""
    return float(_in_eu(run, last)["age_years"].mean() - run.population["mean_age_years"])


def age_gap_to_all_ages(run: Tables, host: str, first: date, last: date) -> float:
    """Mean age of adults in the EU less that of all Russians, children included; years."""
    return float(_in_eu(run, last)["age_years"].mean() - MEAN_AGE_OF_ALL_RUSSIANS)


def higher_education_ratio(run: Tables, host: str, first: date, last: date) -> float:
    """Share with higher education in the EU over that of Russia's adults; ratio."""
    share = (_in_eu(run, last)["education"] == "higher").mean()
    return ratio(share, run.population["share_higher_education"])


def entrepreneurs_ratio(run: Tables, host: str, first: date, last: date) -> float:
    """Share of entrepreneurs in the EU over that of Russia's adults; ratio."""
    share = (_in_eu(run, last)["occupation"] == "entrepreneur").mean()
    return ratio(share, run.population["share_entrepreneurs"])


def _in_eu(run: Tables, day: date) -> pd.DataFrame:
    """The emigrants who are in the EU on a day."""
    places = run.emigrants["person"].map(place_at(run.moves, day))
    return run.emigrants[places.isin(EU)]


def rent_rise(run: Tables, host: str, first: date, last: date) -> float:
    """Mean rent of the days over that of February 2022, less one; share."""
    return mean_over(weekly(run.outcomes, [host], "rent_index"), first, last) - 1
