"""One adult of the plain object model: a Mesa agent that applies the equations to itself alone."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Any

import mesa

from abm import elite, equations
from abm.calendar import WEEKS_PER_YEAR
from abm.composition import OCCUPATIONS
from abm.doors import (
    CITIZEN,
    CITIZEN_WEEKS,
    IRREGULAR,
    LONG_PERMIT,
    LONG_PERMIT_WEEKS,
    PERMIT,
    SECURE,
    STATUS_INSECURITY,
    VISITOR,
)
from abm.emigrants import JOBLESS, LOCAL_WORK, NONE, REMOTE_WORK
from abm.hosts_table import home_value
from abm.kremlin import DRAFT_ELIGIBLE
from abm.people import ATTACHMENT_LIMIT
from abm.traits_tables import attachment_by_stage, home_wage_mean_usd
from benchmarks.object_hosts import ObjectHost, quarter

TRAITS = (
    "risk_class", "region", "leaning", "occupation", "dissent", "activist", "attachment_standard",
    "wage_usd", "savings_usd", "foreign_passport", "speaks_foreign_language", "remote", "skilled",
    "children", "stage", "descent_host", "elite",
)  # fmt: skip
INSECURITY = STATUS_INSECURITY.tolist()


@dataclass
class Door:
    """A host's door for one person: may they enter, do they think so, as what, for how long."""

    open: bool
    believed: bool
    unheard: bool
    resettled: bool
    status: int
    weeks: float


@dataclass
class Grounds:
    """Why a host would let somebody stay."""

    settlement: bool
    permit: bool
    resettled: bool
    protection: bool


class Adult(mesa.Agent):
    """One adult. host is None at home; traits are attributes under the columns' names."""

    def __init__(self, model: Any, person: int, traits: dict[str, Any]) -> None:
        super().__init__(model)
        self.__dict__.update(traits)
        self.person = person
        self.jobless_at_home = OCCUPATIONS[self.occupation] == "jobless"
        self.in_it = OCCUPATIONS[self.occupation] == "it"
        self.in_science = OCCUPATIONS[self.occupation] == "scientist"
        self.seeks_work = OCCUPATIONS[self.occupation] not in ("jobless", "student")
        self.income_follows = self.remote or self.jobless_at_home
        self.partner: Adult | None = None
        self.contacts: list[Adult] = []
        self.host: ObjectHost | None = None
        self.called_up = False
        self.papers: list[int] | None = None
        self.trigger = self.next_trigger = NONE
        self.status, self.permit_ends, self.left_week, self.arrived_week = CITIZEN, 0.0, 0, 0
        self.work, self.discrimination = JOBLESS, 0.0
        self.savings_in_russia_usd = 0.0  # what could not be taken along
        self.settled_before = False
        self.weeks_abroad = self.occasion = 0
        self.luck: tuple[int, float] | None = None  # week and u of a departure still carried

    @property
    def at_home(self) -> bool:
        """At home, and not in the army."""
        return self.host is None and not self.called_up

    @property
    def people(self) -> float:
        """Real people that move with this agent."""
        return float(self.model.scale * (1 + self.children))

    @property
    def draftable(self) -> bool:
        """Whether the army could call this person up."""
        return bool(self.exposure >= DRAFT_ELIGIBLE)

    # --- doors -------------------------------------------------------------------------------

    def door(self, host: ObjectHost, with_partner: bool = False) -> Door:
        """A host's door; with_partner: as if the partner were there already."""
        word, partner = self.word_of(host), self.partner
        settled = partner is not None and partner.host is host and partner.status in SECURE
        joins = with_partner or settled
        visit = self.may_visit(host)
        passport = self.foreign_passport or host.internal_passport
        banned = host.entry_ban > 0
        exempt = not banned or host.entry_exemptions > 0
        descent = self.descent_host == host.row

        def opens(ground: Grounds) -> bool:
            asked = descent or ground.settlement or ground.permit or ground.resettled
            may = (asked and exempt) or ground.protection or visit
            return bool(passport and may)

        ground = self.grounds(host, host.heard, joins)
        open = opens(ground)
        offered = {lever: getattr(host, lever) for lever in host.heard}
        told = opens(self.grounds(host, offered, joins))
        reach = host.visa_free_days > 0 or quarter(word, 2) < host.visa_reach
        shut_unheard = passport and reach and not open and self.has_not_heard(host)
        status = PERMIT if ground.permit or ground.resettled or ground.protection else VISITOR
        status = CITIZEN if descent else LONG_PERMIT if ground.settlement else status
        return Door(
            open=open,
            believed=open or shut_unheard,
            unheard=told and not open,
            resettled=ground.resettled,
            status=status,
            weeks=weeks_on_entry(host, status),
        )

    def may_visit(self, host: ObjectHost) -> bool:
        """Whether a host would let this person in on a visit."""
        on_visa = quarter(self.word_of(host), 2) < host.tourist_visas * host.visa_reach
        admitted = host.visa_free_days > 0 or on_visa
        papers_do = self.draftable or host.draft_papers_only == 0
        return bool(admitted and papers_do and host.entry_ban == 0)

    def runs_border(self, host: ObjectHost) -> bool:
        """Whether this person may renew a visit by leaving and coming in again."""
        return host.border_run > 0 and self.may_visit(host)

    def is_protected(self, host: ObjectHost, offers: dict[str, float] | None = None) -> bool:
        """Whether a host protects this person from Russia, by offers it has been heard of."""
        word, offers = self.word_of(host), offers or host.heard
        return (self.activist and quarter(word, 3) < offers["humanitarian_visas_activists"]) or (
            self.draftable and quarter(word, 3) < offers["humanitarian_visas_draft"]
        )

    def grounds(self, host: ObjectHost, offers: dict[str, float], joins: bool) -> Grounds:
        """On what grounds a host would let this person stay, by offers of doors."""
        word = self.word_of(host)
        skill = self.skilled and quarter(word, 1) < offers["skill_visas"]
        seeks = self.seeks_work and quarter(word, 1) < offers["job_seeker_permits"]
        waits = self.host is not None and self.host.borders_russia and not host.borders_russia
        return Grounds(
            settlement=not self.settled_before
            and quarter(word, 0) < offers["simplified_settlement"],
            permit=skill or seeks or joins,
            resettled=bool(waits and quarter(word, 0) < offers["resettlement"]),
            protection=self.is_protected(host, offers)
            or quarter(word, 3) < self.elite_share_invited(host),
        )

    def word_of(self, host: ObjectHost) -> int:
        """This person's luck with papers in a host."""
        if self.papers is None:
            self.papers = self.model.luck.words("papers", self.person)
        return self.papers[host.row]

    def may_settle(self, host: ObjectHost) -> bool:
        """Whether a settlement tied to residence is granted, as far as they have heard (P6)."""
        share = host.heard["simplified_settlement"]
        return not self.settled_before and quarter(self.word_of(host), 0) < share

    def elite_share_invited(self, host: ObjectHost) -> float:
        """Share of this person's kind of elite whom a host lets in."""
        if not self.elite:
            return 0.0
        own = host.elite_service if self.elite == elite.SILOVIK else host.elite_posts
        return max(host.elite_sanctuary, own)

    def has_not_heard(self, host: ObjectHost) -> bool:
        """News that a door was shut has not reached this person (M5)."""
        week = self.model.week
        share = exp(-(week + 1 - host.shut_in_week) / max(self.model.parameters.news_weeks, 1e-9))
        word = self.model.luck.words("news", self.person)[host.row]
        return host.shut_to_visitors and quarter(word, 0) < share

    def journey_usd(self, host: ObjectHost) -> float:
        """Price of the journey to a host."""
        months = self.model.parameters.journey_months
        return float(equations.journey_usd(months, home_wage_mean_usd()[1], host.travel_hours))

    def able(self, host: ObjectHost, door: Door, open: bool, stopped: bool) -> bool:
        """Whether this person can be in a host: stay there, or enter and pay the way."""
        if host is self.host:
            return True
        p = self.model.parameters
        movable = 1.0
        if self.host is None:
            movable = equations.let_through(p.movable_savings, host.capital_accepted)
        pays = (
            door.resettled or self.elite > 0 or self.savings_usd * movable >= self.journey_usd(host)
        )
        return open and not stopped and pays

    def is_kept_out_of(self, host: ObjectHost) -> bool:
        """Whether a host is shut to this visitor, who has the passport and the money for it."""
        if not (host.shut_to_visitors and self.foreign_passport):
            return False
        luck, door = self.model.luck.uniform("exit", self.person), self.door(host)
        stopped = self.draftable and luck < self.model.kremlin.exit_ban
        return not door.open and self.able(host, door, True, stopped)

    # --- what places are worth -------------------------------------------------------------------

    def local_wage_usd(self, host: ObjectHost) -> float:
        """Wage this person would earn in a host, USD a month."""
        if self.jobless_at_home:
            return 0.0
        base = host.wage_it_usd if self.in_it else host.wage_mean_usd
        mean = home_wage_mean_usd()[0 if self.in_it else 1]
        portability = self.model.parameters.skill_portability
        return float(equations.wage_abroad(base, self.wage_usd, mean, portability))

    def understood(self, host: ObjectHost) -> float:
        """Chance to be understood at work in a host."""
        return float(equations.understood(self.speaks_foreign_language, host.russian_ease))

    def access_to(self, host: ObjectHost) -> float:
        """Access to local work in a host, 0 to 1."""
        access = equations.access_to_work(host.right_to_work, self.understood(host))
        closed = host.institutions_closed if self.in_science else 0.0
        return float(equations.open_to_scientists(access, closed))

    def consumption_in(self, host: ObjectHost) -> float:
        """Worth of consumption in a host, by the work one has there or can expect."""
        p = self.model.parameters
        local = self.local_wage_usd(host)
        share = equations.employability(
            p.job_finding_per_month, self.access_to(host), p.failure_per_month
        )
        if host is self.host and self.work == LOCAL_WORK:
            income = local
        elif host is self.host and self.work == JOBLESS:
            hopes = self.savings_usd > 0 and self.status != IRREGULAR
            income = share * local if hopes else 0.0
        else:
            income = share * local
            if self.income_follows if self.host is None else self.work == REMOTE_WORK:
                remote = equations.remote_income(self.wage_usd, p.transfer_barrier, host.payments)
                income = max(income, remote)
        spent = equations.consumption(
            income, p.rent_share * host.rent_usd, host.prices, p.subsistence_ppp_usd
        )
        return float(equations.worth_of_consumption(p.consumption_weight, spent))

    def worth_of(self, host: ObjectHost, door: Door, contacts: int) -> float:
        """Utility of a host with some contacts there, the move to it included."""
        p = self.model.parameters
        family = self.partner is not None and self.partner.host is host
        lived = 0.0
        if host is self.host:
            theirs = self.partner if family else None
            insecurity = equations.with_partners(
                self.insecurity(), theirs.insecurity() if theirs else 0.0, p.partner_suffering
            )
            lived = equations.with_partners(
                self.discrimination, theirs.discrimination if theirs else 0.0, p.partner_suffering
            )
            cost = 0.0
        else:
            insecurity = equations.insecurity(INSECURITY[door.status], host.refusal, door.weeks)
            if self.host is not None and self.partner and self.partner.host is self.host:
                insecurity = equations.with_partners(insecurity, insecurity, p.partner_suffering)
            cost = p.cost_of_onward_move
            cost *= 1.0 - p.resettlement_ease if door.resettled else 1.0
            if self.host is None:
                cost = equations.moving_cost(
                    p.cost_of_leaving, p.cost_without_flights, host.direct_flights
                )
        return float(
            self.consumption_in(host)
            + equations.worth_of_diaspora(p.diaspora_weight, host.russians)
            + equations.worth_of_contacts(p.contacts_weight, contacts)
            + equations.worth_of_family(p.family_weight, family)
            + host.host_constant
            + equations.worth_of_leaning(p.leaning_weight, self.leaning == host.group)
            + equations.weight_of_insecurity(p.insecurity_weight, insecurity)
            + equations.weight_of_discrimination(p.discrimination_weight, lived)
            + equations.weight_of_fear(p.fear_weight, self.dissent, host.fear)
            + self.worth_as_elite(host)
            - cost
        )

    def worth_as_elite(self, host: ObjectHost) -> float:
        """What a host offers to one of the elite, less the kin left behind."""
        if not self.elite:
            return 0.0
        p, partner = self.model.parameters, self.partner
        own = host.elite_posts + host.elite_payments
        if self.elite == elite.SILOVIK:
            own = host.elite_service
        kin = elite.KIN_LEFT
        if partner is not None:
            kin = elite.PARTNER_LEFT if partner.host is None else elite.NOBODY_LEFT
        return float(
            elite.worth_abroad(
                p.elite_capital,
                host.elite_capital_kept,
                p.elite_security,
                host.elite_sanctuary,
                p.elite_post,
                own,
            )
            + elite.weight_of_hostages(p.elite_hostage, kin)
        )

    def rents(self) -> float:
        """Career and rents that one of the elite keeps by staying."""
        at_stake = self.elite > 0 and self.host is None
        return float(elite.worth_at_home(self.model.parameters.elite_rents, at_stake))

    def insecurity(self) -> float:
        """Insecurity of this person's own status abroad."""
        assert self.host is not None
        left = self.permit_ends - self.model.week
        return float(equations.insecurity(INSECURITY[self.status], self.host.refusal, left))

    def perceived_risk(self) -> float:
        """Risk of being called up as this person sees it."""
        kremlin = self.model.kremlin
        taken, people = kremlin.community[self.region, self.risk_class]
        ties = self.model.parameters.community_ties
        risk = kremlin.risk[self.exposure]
        return float(equations.risk_with_community(risk, ties, taken / people))

    def ills_of_home(self) -> dict[str, float]:
        """What Russia's ills add to the utility of being there."""
        p, kremlin = self.model.parameters, self.model.kremlin
        return {
            "mobilisation": equations.fear_of_mobilisation(
                p.mobilisation_weight, self.perceived_risk()
            ),
            "repression": equations.weight_of_repression(
                p.repression_weight, self.dissent, kremlin.repression, self.model.propaganda
            ),
            "conscience": equations.weight_of_conscience(
                p.repression_weight, self.dissent, p.conscience * (1.0 - kremlin.regime_change)
            ),
            "hardship": equations.weight_of_hardship(
                p.hardship_weight, self.model.real_wage_index, self.jobless_at_home
            ),
        }

    def consumption_at_home(self) -> float:
        """Worth of consumption in Russia."""
        p, model = self.model.parameters, self.model
        income = self.wage_usd * model.real_wage_index * model.wage_offers[self.occupation]
        spent = equations.consumption(income, 0.0, home_value("price_level"), p.subsistence_ppp_usd)
        return float(equations.worth_of_consumption(p.consumption_weight, spent))

    def worth_of_home(self) -> float:
        """Utility of Russia, the way back included."""
        p = self.model.parameters
        family = self.partner is not None and self.partner.at_home
        by_stage = attachment_by_stage()[self.stage]
        pull = equations.attachment(p.attachment_spread, self.attachment_standard, by_stage)
        cost = news = 0.0
        if self.host is not None:
            kremlin = self.model.kremlin
            news = equations.worth_of_offer(p.offer_weight, kremlin.return_offer, self.dissent)
            news += equations.worth_of_hope(p.hope_weight, kremlin.regime_change, self.dissent)
            years = (self.model.week - self.left_week) / WEEKS_PER_YEAR
            least = equations.attachment(p.attachment_spread, -ATTACHMENT_LIMIT, by_stage)
            pull = equations.pull_of_home(pull, least, p.lasting_attachment, years)
            cost = equations.moving_cost(
                p.cost_of_return, p.cost_without_flights, self.host.direct_flights
            )
        return float(
            self.consumption_at_home()
            + equations.worth_of_family(p.family_weight, family)
            + sum(self.ills_of_home().values())
            + pull
            + news
            + self.rents()
            - cost
        )


def weeks_on_entry(host: ObjectHost, status: int) -> float:
    """For how long one may stay in a host with the status that its door gives, weeks."""
    if status == CITIZEN:
        return CITIZEN_WEEKS
    if status == LONG_PERMIT:
        return LONG_PERMIT_WEEKS
    return float(host.permit_weeks if status == PERMIT else host.visitor_weeks)
