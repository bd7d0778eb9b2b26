"""What one adult of the plain object model does in a week: decides, or lives abroad."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil, inf

from abm import equations
from abm import equations_of_hosts as host_equations
from abm.calendar import WEEKS_PER_YEAR
from abm.doors import (
    CITIZEN,
    CITIZEN_WEEKS,
    IRREGULAR,
    LONG_PERMIT,
    LONG_PERMIT_WEEKS,
    PENDING,
    PERMIT,
    REAPPLY_WEEKS,
    VISITOR,
)
from abm.emigrants import (
    ABDUCTION,
    ATTENTION,
    DISCRIMINATION,
    JOB_LOST,
    JOBLESS,
    LOCAL_WORK,
    NEWS_FROM_HOME,
    NONE,
    PERMIT_ENDED,
    PERMIT_REFUSED,
    REMOTE_WORK,
    SAVINGS_ENDED,
    TRIGGERS,
)
from benchmarks.object_adult import Adult
from benchmarks.object_hosts import ObjectHost, third


@dataclass
class Intent:
    """A move that somebody wants to make; None is Russia.

    arrivals: when each host, then Russia, arrives in the race; luck: u of a departure.
    """

    adult: Adult
    origin: ObjectHost | None
    destination: ObjectHost | None
    arrivals: list[float]
    cause: str
    luck: float | None


def first_of(arrivals: list[float], hosts: list[ObjectHost]) -> ObjectHost | None:
    """The option that arrives first; Russia is the last of them."""
    row = arrivals.index(min(arrivals))
    return hosts[row] if row < len(hosts) else None


def race(luck: list[float], utilities: list[float], able: list[bool]) -> list[float]:
    """When each option arrives, never if it cannot be taken."""
    options = zip(luck, utilities, able, strict=True)
    return [float(equations.log_arrival(e, v)) if can else inf for e, v, can in options]


# --- deciding --------------------------------------------------------------------------------


def options(adult: Adult) -> tuple[list[float], list[bool], list[bool], list[bool]]:
    """Of each host and Russia: utility, able as one believes, able in fact, considered."""
    model = adult.model
    doors = [adult.door(host) for host in model.hosts]
    pairs = list(zip(model.hosts, doors, strict=True))
    contacts = Counter(friend.host.row for friend in adult.contacts if friend.host is not None)
    there = [adult.worth_of(host, door, contacts[host.row]) for host, door in pairs]
    stopped = (
        adult.host is None
        and adult.draftable
        and model.luck.uniform("exit", adult.person) < model.kremlin.exit_ban
    )
    believed = [*(adult.able(host, door, door.believed, stopped) for host, door in pairs), True]
    in_fact = [*(adult.able(host, door, door.open, stopped) for host, door in pairs), True]
    considered = [*(not door.unheard for door in doors), True]
    return [*there, adult.worth_of_home()], believed, in_fact, considered


def decide_at_home(adult: Adult, draw: float) -> Intent | None:
    """Whether somebody at home reconsiders, and where they set out to, if they get there."""
    model, p = adult.model, adult.model.parameters
    attention = equations.attention(
        p.attention_per_month, p.order_attention, adult.perceived_risk(), model.kremlin.mobilisation
    )
    if draw >= attention:
        return None
    u = float(draw / attention)
    luck = model.luck.departure(adult.person, model.week, u)
    utilities, believed, in_fact, considered = options(adult)
    choice = first_of(race(luck, utilities, believed), model.hosts)
    wish = first_of(race(luck, utilities, considered), model.hosts)
    if wish is not None and adult.is_kept_out_of(wish):
        model.shut_out(adult)
    if choice is None:
        model.immobile += adult.people if wish is not None else 0.0
        if wish is None and first_of(race(luck, utilities, [True] * len(luck)), model.hosts):
            model.never_heard += adult.people  # would want to go where a door has opened
        return None
    if not in_fact[choice.row]:
        model.turned_back += adult.people
        model.shut_out(adult)
        adult.savings_usd = max(0.0, adult.savings_usd - adult.journey_usd(choice))
        return None
    gains = {name: -value for name, value in adult.ills_of_home().items()}
    gains["wages"] = adult.consumption_in(choice) - adult.consumption_at_home()
    cause = max(gains, key=lambda name: gains[name])
    return Intent(adult, None, choice, race(luck, utilities, in_fact), cause, u)


def decide_abroad(adult: Adult) -> Intent | None:
    """Where somebody abroad who has been struck by something moves, if anywhere."""
    model = adult.model
    if adult.luck is not None:
        luck = model.luck.departure(adult.person, *adult.luck)
    else:
        luck = model.luck.abroad(adult.person, adult.occasion)
    utilities, _, able, _ = options(adult)
    arrivals = race(luck, utilities, able)
    choice = first_of(arrivals, model.hosts)
    if choice is adult.host:
        return None
    return Intent(adult, adult.host, choice, arrivals, TRIGGERS[adult.trigger], None)


# --- a week abroad -------------------------------------------------------------------------------


def live_abroad(adult: Adult) -> None:
    """Memories, work, savings and permit; the most urgent trigger stays."""
    assert adult.host is not None
    p, model = adult.model.parameters, adult.model
    adult.weeks_abroad += 1
    adult.trigger, adult.next_trigger = adult.next_trigger, NONE
    word = model.luck.word("life abroad", adult.person, adult.weeks_abroad)
    if third(word, 0) < equations.attention(p.attention_per_month, 0.0, 0.0, 0.0):
        adult.occasion += 1
        adult.luck = None
        strike(adult, ATTENTION)
    adult.discrimination = float(host_equations.forgotten(adult.discrimination))
    if third(word, 1) < host_equations.discrimination_chance(
        p.discrimination_base,
        p.discrimination_from_hostility,
        adult.host.hostility,
        p.anti_discrimination_effect * adult.host.anti_discrimination,
    ):
        adult.discrimination += 1.0
        model.rejections += adult.people
        strike(adult, DISCRIMINATION)
    work_a_week(adult, third(word, 2))
    spend_a_week(adult)
    check_permit(adult)
    news = model.kremlin.news
    if news > 0 and model.luck.uniform("news from home", adult.person, model.week) < news:
        strike(adult, NEWS_FROM_HOME)
    if adult.activist and model.abductions[adult.host.row]:
        strike(adult, ABDUCTION)


def strike(adult: Adult, trigger: int) -> None:
    """Make somebody re-evaluate; a more urgent reason prevails."""
    adult.trigger = max(adult.trigger, trigger)


def work_a_week(adult: Adult, luck: float) -> None:
    """A job is found or lost, remote work ends; who lives on transfers keeps them."""
    p = adult.model.parameters
    assert adult.host is not None
    closed = adult.host.institutions_closed if adult.in_science else 0.0
    if adult.work == LOCAL_WORK:
        failure = p.failure_per_month + p.institution_loss_per_month * closed
        lost = luck < equations.weekly_chance(failure)
    elif adult.work == REMOTE_WORK:
        remote = equations.weekly_chance(p.remote_loss_per_month)
        lost = not adult.jobless_at_home and luck < remote
    else:
        finding = equations.weekly_chance(p.job_finding_per_month * adult.access_to(adult.host))
        may = adult.status != IRREGULAR and not adult.jobless_at_home
        if may and luck < finding:
            adult.work = LOCAL_WORK
        return
    if lost:
        adult.work = JOBLESS
        strike(adult, JOB_LOST)


def spend_a_week(adult: Adult) -> None:
    """Savings follow income less rent and living."""
    p, host = adult.model.parameters, adult.host
    assert host is not None
    income = 0.0
    if adult.work == LOCAL_WORK:
        income = adult.local_wage_usd(host)
    elif adult.work == REMOTE_WORK:
        income = equations.remote_income(adult.wage_usd, p.transfer_barrier, host.payments)
    rent, living = p.rent_share * host.rent_usd, p.living_cost_ppp_usd * host.prices
    before = adult.savings_usd
    adult.savings_usd = float(host_equations.savings_next(before, income, rent, living))
    if before > 0 and adult.savings_usd <= 0:
        strike(adult, SAVINGS_ENDED)


def check_permit(adult: Adult) -> None:
    """A week of somebody's papers; who waits for a renewal, or has lost a stay, decides."""
    model, host = adult.model, adult.host
    assert host is not None
    stay = model.week - adult.arrived_week
    if adult.status == LONG_PERMIT and stay >= host.citizenship_weeks:
        adult.status, adult.permit_ends = CITIZEN, model.week + CITIZEN_WEEKS
    start = model.parameters.application_weeks
    if adult.status == VISITOR and stay >= start:
        if not adult.runs_border(host) and stay >= start + 1:
            strike(adult, PERMIT_ENDED)
        if not adult.runs_border(host) or adult.work == LOCAL_WORK or adult.is_protected(host):
            apply_for_permit(adult)
    elif adult.status == IRREGULAR and adult.is_protected(host):
        apply_for_permit(adult)
    if adult.permit_ends <= model.week:
        answer_permit(adult)
    if adult.permit_ends == model.week + 1 and adult.status in (PERMIT, LONG_PERMIT):
        strike(adult, PERMIT_ENDED)


def apply_for_permit(adult: Adult) -> None:
    """Ask for a permit and wait; a settlement is granted at once."""
    adult.status = PENDING
    adult.permit_ends = adult.model.week + ceil(adult.model.parameters.processing_weeks)
    assert adult.host is not None
    if adult.may_settle(adult.host):
        adult.status, adult.settled_before = LONG_PERMIT, True
        adult.permit_ends = adult.model.week + LONG_PERMIT_WEEKS


def answer_permit(adult: Adult) -> None:
    """A stay that ends is renewed at the border, applied for, granted or refused."""
    model, host, week = adult.model, adult.host, adult.model.week
    assert host is not None
    if adult.status == VISITOR and adult.runs_border(host):
        adult.permit_ends = week + host.visitor_weeks
    elif adult.status in (VISITOR, IRREGULAR):
        apply_for_permit(adult)
        strike(adult, PERMIT_ENDED)
    elif adult.status != CITIZEN:
        unlucky = model.luck.uniform("permit", adult.person, adult.weeks_abroad) < host.refusal
        protected = adult.is_protected(host)
        model.protected += adult.people * (unlucky and protected)
        if unlucky and not protected:
            model.refusals.append((week, adult.person, host.name, adult.status != PENDING))
            model.rejections += adult.people
            adult.status, adult.permit_ends = IRREGULAR, week + REAPPLY_WEEKS
            if adult.runs_border(host):
                adult.status, adult.permit_ends = VISITOR, week + host.visitor_weeks
            adult.work = JOBLESS if adult.work == LOCAL_WORK else adult.work
            strike(adult, PERMIT_REFUSED)
        else:
            grant(adult, host, week)


def grant(adult: Adult, host: ObjectHost, week: int) -> None:
    """A permit, a long one after years, at last citizenship."""
    resident = week - adult.arrived_week
    adult.status, weeks = PERMIT, float(host.permit_weeks)
    if resident >= adult.model.parameters.long_permit_years * WEEKS_PER_YEAR:
        adult.status, weeks = LONG_PERMIT, LONG_PERMIT_WEEKS
    if resident >= host.citizenship_weeks:
        adult.status, weeks = CITIZEN, CITIZEN_WEEKS
    adult.permit_ends = week + weeks
