"""The columns against plain objects: the same moves, person by person, week by week.

`benchmarks.object_model` reads the rules a second time, with one Mesa agent an adult, and looks at
everybody; the model lists and screens. They share the equations, the people and the keyed luck.
No difference is expected: utilities agree but for their last bit, and only a tie within that bit,
between two options of a race or between a draw and its threshold, could make one move differ. A
decision meets one about once in 10¹³; these runs hold some 10⁵. So the count allowed is none.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from abm.calendar import START
from abm.doors import CITIZEN, LONG_PERMIT, PERMIT
from abm.model import EmigrationModel
from abm.scenario import Event, load
from benchmarks.object_adult import Adult
from benchmarks.object_life import options
from benchmarks.object_model import ObjectModel

MOVE = ["week", "person", "origin", "destination", "cause"]
REFUSAL = ["week", "person", "host", "renewal"]
# Leaving, moving on and coming back are cheap and often thought of: many moves in a few weeks.
RESTLESS = {
    "attention_per_month": 0.5,
    "cost_of_leaving": 4.0,
    "cost_of_onward_move": 2.0,
    "cost_of_return": 1.5,
}
# Besides, doors are shut, others new, places scarce, men stopped and called up, activists abducted.
HARSH = {
    **RESTLESS,
    "mobilisation": 0.6,
    "mobilisation_quota": 2e6,
    "exit_ban": 0.5,
    "news_weeks": 4.0,
    "news_months": 0.5,
    "repression": 1.0,
    "repression_weight": 5.0,
    "host_constant.Poland": 3.5,
    "host_constant.Kyrgyzstan": 3.0,
    "abductions": 5.0,
    "abductions_per_activist_year": 0.002,
    "fear_weight": 4.0,
    "return_offer": 1.0,
    "simplified_settlement.Germany": 0.5,
    "job_seeker_permits.Poland": 1.0,
    "resettlement.Germany": 1.0,
    "resettlement_ease": 1.0,
    "aid.Kazakhstan": 1.0,
    "capital_accepted.Germany": 1.0,
    "sanctions.United Arab Emirates": 1.0,
    "living_cost.Turkey": 1.5,
    "institutions_closed": 0.5,
    "security_plea": 1.0,
    "anti_discrimination.Serbia": 1.0,
    "humanitarian_visas_draft": 0.3,
    "publicity.Germany": 1.0,
    "entry_ban.Georgia": 1.0,
    "host_constant.Georgia": 3.0,
    "entry_ban.Finland": 1.0,
    "entry_exemptions.Finland": 0.0,
    "draft_papers_only.Serbia": 1.0,
    "border_run.Thailand": 1.0,
    "incident.Turkey": 1.0,
    "weekly_places.Turkey": 60_000.0,
    "weekly_places.Armenia": 40_000.0,
    "weekly_places.Kazakhstan": 40_000.0,
    "weekly_places.Germany": 40_000.0,
}


NEWS_FROM_HOME = tuple(
    Event(START + timedelta(weeks=week), lever, 1.0, None, None, "imposed", "made up", "")
    for week, lever in ((12, "return_offer"), (20, "regime_change"))
)


@dataclass(frozen=True)
class Pair:
    """The model and the plain objects after the same weeks."""

    model: EmigrationModel
    objects: ObjectModel


def lived(
    weeks: int, seed: int, set: dict[str, float] | None = None, more: tuple[Event, ...] = ()
) -> Pair:
    """Both, after some weeks at 10,000 people an agent of the baseline with more events."""
    scenario = replace(baseline := load(), events=(*baseline.events, *more))
    changes: dict[str, Any] = {"scale": 10_000, "seed": seed, "set": set}
    pair = Pair(EmigrationModel(scenario, **changes), ObjectModel(scenario, **changes))
    for _ in range(weeks):
        pair.model.step()
        pair.objects.step()
    return pair


def rows(table: pd.DataFrame, columns: list[str]) -> Counter[tuple[Any, ...]]:
    return Counter(table[columns].itertuples(index=False, name=None))


def check_moves(pair: Pair) -> None:
    model, objects = rows(pair.model.moves_table(), MOVE), Counter(pair.objects.moves)
    only = {"model alone": sorted(model - objects), "objects alone": sorted(objects - model)}
    assert not any(only.values()), only
    assert rows(pair.model.refusals_table(), REFUSAL) == Counter(pair.objects.refusals)


def check_who_cannot_leave(pair: Pair) -> None:
    seen, objects = pair.model.observations, pair.objects
    assert seen.series("turned_back").sum() == objects.turned_back
    assert seen.series("involuntarily_immobile").sum() == objects.immobile
    assert seen.series("called_up").sum() == objects.kremlin.called_up
    assert seen.series("abductions").sum() == objects.abducted


def check_lives_abroad(pair: Pair) -> None:
    e = pair.model.emigrants
    found = e.abroad()
    abroad = {adult.person: adult for adult in pair.objects.adults if adult.host is not None}
    assert set(e.person[found].tolist()) == set(abroad)
    adults = [abroad[person] for person in e.person[found].tolist()]
    for name in ("status", "work", "trigger", "next_trigger", "permit_ends", "occasion"):
        assert getattr(e, name)[found].tolist() == [getattr(adult, name) for adult in adults], name
    for name in ("savings_usd", "discrimination"):
        column = [getattr(adult, name) for adult in adults]
        np.testing.assert_allclose(getattr(e, name)[found], column, rtol=1e-9, err_msg=name)


def check_hosts(pair: Pair) -> None:
    columns = pair.model.host_columns
    for name in ("newcomers", "rent_usd", "hostility", "renewal_strictness", "refusal", "fear"):
        column = [getattr(host, name) for host in pair.objects.hosts]
        np.testing.assert_allclose(getattr(columns, name), column, rtol=1e-9, err_msg=name)


def check_options(pair: Pair) -> None:
    """Each option's utility and who is able, for those abroad and some at home."""
    abroad = [adult for adult in pair.objects.adults if adult.host is not None]
    home = [adult for adult in pair.objects.adults if adult.at_home]
    for adult in abroad[:200] + home[:: len(home) // 100]:
        utility, _, able, _ = options(adult)
        table = pair.model.russians[adult.person].explain()
        np.testing.assert_allclose(table["utility"], utility, rtol=1e-9, err_msg=repr(adult.person))
        assert table["able"].tolist() == able, adult.person


def check(pair: Pair) -> None:
    """Nothing differs that somebody could see."""
    check_moves(pair)
    check_options(pair)
    check_who_cannot_leave(pair)
    check_lives_abroad(pair)
    check_hosts(pair)


# The last lines of each test see to it that the run holds what it is there to compare.


def test_the_war_years_to_the_end_of_the_call_up() -> None:
    pair = lived(37, seed=1)  # mobilisation in weeks 30 to 35
    check(pair)
    moves = pair.objects.moves
    assert any(week >= 30 and cause == "mobilisation" for week, *_, cause in moves)
    assert pair.objects.kremlin.called_up > 0


def test_a_restless_world() -> None:
    pair = lived(26, seed=2, set=RESTLESS, more=NEWS_FROM_HOME)
    check(pair)
    moves = pair.objects.moves
    assert {"attention", "partner", "news from home"} <= {cause for *_, cause in moves}
    assert sum(destination == "Russia" for _, _, _, destination, _ in moves) > 20
    assert sum("Russia" not in (start, end) for _, _, start, end, _ in moves) > 20
    assert pair.objects.refusals


def sought_work(adult: Adult) -> bool:
    """Whether somebody's permit in Poland can have been given to seek work alone."""
    if adult.host is None or adult.host.name != "Poland" or adult.status != PERMIT:
        return False
    other = adult.skilled or adult.activist or adult.draftable or adult.partner is not None
    return adult.seeks_work and not other


# Settlements, citizenship after months, borders that shut and protection that comes and goes.
LAWFUL = {
    **RESTLESS,
    "citizenship_years": 0.3,
    "simplified_settlement": 0.5,
    "renewal_strictness": 0.8,
    "application_weeks": 3.5,
    "processing_weeks": 4.5,
}
TURNS = (
    (8, "visa_free_days", 0.0, "Georgia"),
    (10, "humanitarian_visas_draft", 1.0, None),
    (12, "entry_ban", 1.0, "Serbia"),
    (14, "draft_papers_only", 1.0, "Kazakhstan"),
    (14, "tourist_visas", 0.3, "Georgia"),
    (20, "humanitarian_visas_draft", 0.0, None),
    (20, "humanitarian_visas_activists", 1.0, None),
)


def test_permits_that_end_borders_that_shut_and_protection() -> None:
    turns = tuple(
        Event(START + timedelta(weeks=week), lever, value, host, None, "imposed", "made up", "")
        for week, lever, value, host in TURNS
    )
    pair = lived(28, seed=3, set=LAWFUL, more=turns)
    check(pair)
    model = pair.model
    status = model.emigrants.status[model.emigrants.abroad()]
    assert (status == CITIZEN).any() and (status == LONG_PERMIT).any()
    assert any(cause == "permit ended" for *_, cause in pair.objects.moves)
    assert pair.objects.protected > 0


def test_doors_shut_and_new_scarce_places_an_exit_ban_and_abductions() -> None:
    pair = lived(7, seed=5, set=HARSH)
    check(pair)
    objects = pair.objects
    assert objects.turned_back > 0 and objects.crowded_out > 0
    assert objects.kremlin.called_up > 0
    assert any(adult.settled_before for adult in objects.adults)
    assert any(sought_work(adult) for adult in objects.adults)
    assert objects.resettled > 0 and objects.abducted > 0
    assert objects.never_heard > 0  # wishes that a door unheard of would have changed
