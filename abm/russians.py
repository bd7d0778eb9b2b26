"""Russians as Mesa agents: views of one person that own nothing, made when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
import pandas as pd
from mesa.agent import GroupBy

from abm import equations, html
from abm.ability import Able, ability
from abm.choices import RUSSIA
from abm.composition import EDUCATIONS, ELITES, LEANINGS, OCCUPATIONS, REGIONS, SEXES
from abm.deciders import deciders_abroad, deciders_at_home
from abm.decision import components, total
from abm.doors import STATUS_NAMES
from abm.emigrants import ARMY, HOME
from abm.errors import InputError
from abm.hosts_table import HOME as HOME_NAME
from abm.hosts_table import HOST_NAMES
from abm.ties import NOBODY

if TYPE_CHECKING:
    from abm.model import EmigrationModel

_NAMED = {
    "sex": SEXES,
    "region": REGIONS,
    "education": EDUCATIONS,
    "occupation": OCCUPATIONS,
    "leaning": LEANINGS,
    "elite": ELITES,
}
_TRAITS = (
    "age_years", "wage_usd", "dissent", "activist", "attachment_standard", "foreign_passport",
    "remote", "children",
)  # fmt: skip
_STATE = ("savings_usd", "discrimination", "weeks_abroad", "ever_discriminated")
ARMY_NAME = "army"
SHOWN_OPTIONS = 6
CHUNK = 65_536  # people whose columns are worked out at a time


class Russian(mesa.Agent):
    """One adult: unique_id is the person's number. Not registered with the model."""

    def __init__(self, model: EmigrationModel, person: int) -> None:
        self.model = model
        self.unique_id = person
        self.pos = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in ATTRIBUTES:
            raise AttributeError(
                f"a Russian has no attribute {name!r}; see abm.russians.ATTRIBUTES"
            )
        value = column(self.model, name, np.array([self.unique_id]))[0]
        return value.item() if isinstance(value, np.generic) else value

    @property
    def partner(self) -> Russian | None:
        """The partner, another adult, if there is one."""
        found = int(self.model.ties.partner(np.array([self.unique_id]))[0])
        return None if found == NOBODY else Russian(self.model, found)

    @property
    def contacts(self) -> list[Russian]:
        """Friends and kin, other adults."""
        found = self.model.ties.contacts(np.array([self.unique_id]))[0]
        return [Russian(self.model, person) for person in found[found != NOBODY].tolist()]

    def explain(self) -> pd.DataFrame:
        """Every option as it stands: utility, able, probability, and the components of utility.

        One row an option; columns: option, here (where the person is now, so the option to stay),
        utility (util a month), able (the doors let the person in, savings cover the journey, exit
        is allowed), probability (of choosing it when reconsidering, among the options one is able
        to take), and the components, whose sum is the utility. It is what the model would use if
        the person reconsidered now, before the week's events.
        """
        return weighed(self.model, self.unique_id)[0]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Russian):
            return NotImplemented
        return other.model is self.model and other.unique_id == self.unique_id

    def __hash__(self) -> int:
        return hash((id(self.model), self.unique_id))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *ATTRIBUTES})

    def _repr_html_(self) -> str:
        partner = self.partner
        facts = {name.replace("_", " "): getattr(self, name) for name in ATTRIBUTES}
        facts["partner"] = "none" if partner is None else repr(partner)
        title = f"Person {self.unique_id}, in {self.host}"
        if self.host == ARMY_NAME:
            return html.card(title, facts)
        options = self.explain().sort_values("probability", ascending=False, kind="stable")
        shown = options[["option", "here", "utility", "able", "probability"]].head(SHOWN_OPTIONS)
        return html.card(title, facts, html.table(shown, "likeliest options, if they decided now"))

    def __repr__(self) -> str:
        return f"Russian({self.unique_id}, {self.age_years}, {self.occupation}, in {self.host})"


def weighed(model: EmigrationModel, person: int) -> tuple[pd.DataFrame, Able]:
    """What a person would weigh now: the table of `Russian.explain`, and what they can take."""
    ids = np.array([person])
    world = model.world()
    place = int(model.emigrants.place_of(ids)[0])
    if place == ARMY:
        raise InputError(f"person {person} has been called up and decides nothing.")
    if place == HOME:
        deciders = deciders_at_home(model, world, model.population.people(ids))
    else:
        deciders = deciders_abroad(model, world, model.emigrants.row_of(ids))
    parts = components(deciders, world)
    utility = total(parts, 1)
    can = ability(deciders, world, model.chance.uniform("exit", ids))
    able = can.in_fact
    options = [*HOST_NAMES, HOME_NAME]
    table = pd.DataFrame(
        {
            "option": options,
            "here": np.arange(len(options)) == (RUSSIA if place == HOME else place),
            "utility": utility[0],
            "able": able[0],
            "probability": equations.logit_probabilities(np.where(able, utility, -np.inf))[0],
            **{name: total({name: part}, 1)[0] for name, part in parts.items()},
        }
    )
    assert len(table) == RUSSIA + 1
    return table, can


def column(model: EmigrationModel, name: str, ids: np.ndarray) -> np.ndarray:
    """One attribute of some people, shape (people,)."""
    people, e = model.population.people(ids), model.emigrants
    if name == "unique_id":
        return ids
    if name in _NAMED:
        return np.array(_NAMED[name])[getattr(people, name)]
    if name in _TRAITS:
        return np.asarray(getattr(people, name))
    place = e.place_of(ids)
    if name == "host":
        names = np.array([*HOST_NAMES, ARMY_NAME, HOME_NAME])
        return names[place]
    if name == "perceived_risk":
        return model.kremlin.perceived_risk(people.region, people.risk_class)
    rows = e.row_of(ids)
    if name == "status":
        names = np.array([*STATUS_NAMES, "at home"])
        return names[np.where(place >= 0, e.status[rows], -1)]
    state = getattr(e, name)[rows]
    start = people.savings_usd if name == "savings_usd" else np.zeros(len(ids), state.dtype)
    return np.where(rows >= 0, state, start)


ATTRIBUTES = ("unique_id", "host", "status", "perceived_risk", *_NAMED, *_TRAITS, *_STATE)


class Russians:
    """All adults, with an AgentSet's methods over columns; agents are made as they are looked at.

    A selection holds numbers of people; select, get, agg, groupby, do, iteration, len and index
    work as in Mesa.
    """

    def __init__(self, model: EmigrationModel, ids: np.ndarray | None = None) -> None:
        self.model = model
        self._ids = ids

    def __len__(self) -> int:
        return self.model.population.size if self._ids is None else len(self._ids)

    def __iter__(self) -> Iterator[Russian]:
        for part in self._parts():
            for person in part.tolist():
                yield Russian(self.model, person)

    def __getitem__(self, item: int | slice) -> Any:
        if isinstance(item, slice):
            numbers = np.arange(*item.indices(len(self)))
            return Russians(self.model, numbers if self._ids is None else self._ids[item])
        if not -len(self) <= item < len(self):
            raise IndexError(f"person {item}: there are {len(self)} people, 0 to {len(self) - 1}")
        place = range(len(self))[item]
        return Russian(self.model, place if self._ids is None else int(self._ids[place]))

    def __contains__(self, agent: object) -> bool:
        if not isinstance(agent, Russian) or agent.model is not self.model:
            return False
        return self._ids is None or agent.unique_id in self._ids

    def _parts(self) -> Iterator[np.ndarray]:
        for start in range(0, len(self), CHUNK):
            stop = min(start + CHUNK, len(self))
            yield np.arange(start, stop) if self._ids is None else self._ids[start:stop]

    def get(self, names: str | list[str]) -> Any:
        """One attribute as an array, or several as a DataFrame with a column each."""
        if isinstance(names, str):
            if names not in ATTRIBUTES:
                raise AttributeError(f"a Russian has no attribute {names!r}: {ATTRIBUTES}")
            parts = [column(self.model, names, part) for part in self._parts()]
            return np.concatenate(parts) if parts else np.empty(0)
        return pd.DataFrame({name: self.get(name) for name in names})

    def select(
        self,
        filter_func: Callable[[Russian], bool] | None = None,
        at_most: int | float = float("inf"),
        **values: Any,
    ) -> Russians:
        """Those for whom filter_func is true, or whose attributes equal values (much faster).

        at_most: how many at the most, as a whole number or, as a float up to 1.0, a share of all.
        Raises AttributeError for a name that is none of ATTRIBUTES.
        """
        for name in values:
            if name not in ATTRIBUTES:
                near = get_close_matches(name, ATTRIBUTES, n=1, cutoff=0.5)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise AttributeError(f"a Russian has no attribute {name!r}{hint}: {ATTRIBUTES}")
        share = isinstance(at_most, float) and at_most <= 1.0
        most = int(at_most * len(self)) if share else at_most
        kept: list[int] = []
        for part in self._parts():
            for name, value in values.items():
                part = part[column(self.model, name, part) == value]
            for person in part.tolist():
                if len(kept) >= most:
                    break
                if filter_func is None or filter_func(Russian(self.model, person)):
                    kept.append(person)
        return Russians(self.model, np.array(kept, dtype=np.int64))

    def agg(self, name: str, func: Callable[[np.ndarray], Any]) -> Any:
        """A function of one attribute's array, as numpy.mean."""
        return func(self.get(name))

    def groupby(self, by: str) -> GroupBy:
        """Selections by the values of one attribute, as Mesa's GroupBy."""
        values = self.get(by)
        ids = np.concatenate(list(self._parts())) if len(self) else np.empty(0, dtype=np.int64)
        return GroupBy(
            {
                (value.item() if isinstance(value, np.generic) else value): Russians(
                    self.model, ids[values == value]
                )
                for value in np.unique(values)
            }
        )

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Russians:
        """Call a method, by name, or a function on each."""
        self.map(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Results of a method, by name, or of a function on each."""
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in self]
        return [method(agent, *args, **kwargs) for agent in self]

    def __repr__(self) -> str:
        return f"Russians({len(self)} agents of {self.model.population.scale} people)"
