"""A mechanism of your own, from a notebook: one function, one parameter, and no change to the
package. It adds to what a place is worth, or it answers each week as hosts and the Kremlin do.
A real example of each: docs/add-a-mechanism.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from abm import checks
from abm.chance import Floats
from abm.errors import InputError
from abm.hosts_table import HOST_NAMES
from abm.levers import BY_NAME, HOST_LEVERS, LEVERS
from abm.parameters import NAMES

if TYPE_CHECKING:
    from abm.decision import Deciders, World
    from abm.model import EmigrationModel

Part = Floats | float
NULL = 0.0  # the value of its parameter when a mechanism is off; its functions are not called then
SLACK = 1e-9  # rounding in at_most
DECLARED = ("id", "what", "parameter", "value", "unit", "low", "high", "source")


@dataclass(frozen=True)
class OwnMechanism:
    """A mechanism from outside the package, with its one parameter.

    id: X and a number; what: a short sentence; parameter: its name, which `set` takes; value, unit,
    low, high and source: of the parameter, 0 being off. One or both of:

    worth(deciders, world, value): what it adds to the utility of every host, as (people, hosts) or
    broadcasting to it, and of Russia, as (people,) or a number; util a month. With it goes
    at_most(world, value): the most by which any host then gains on Russia for anybody at home
    without a partner abroad, a number or one for each host. Screening rests on it.

    weekly(model, value): a response of hosts or the Kremlin; it sets levers, before rents,
    hostility and policy follow in `hosts_answer`.
    """

    id: str
    what: str
    parameter: str
    value: float
    unit: str
    low: float
    high: float
    source: str
    worth: Callable[[Deciders, World, float], tuple[Part, Part]] | None = None
    at_most: Callable[[World, float], Part] | None = None
    weekly: Callable[[EmigrationModel, float], None] | None = None

    def __post_init__(self) -> None:
        if not (isinstance(self.id, str) and re.fullmatch(r"X\d+", self.id)):
            raise InputError(
                f"a mechanism of your own has an id of X and a number, not {self.id!r}; others are "
                'the package\'s. Example: id="X1"'
            )
        examples = {"what": "friendly publics draw people", "unit": "util", "source": "assumption"}
        for name, example in examples.items():
            self._checked(checks.text, name, example)
        if not (isinstance(self.parameter, str) and self.parameter.isidentifier()):
            raise self.error(f"{self.parameter!r} is no name", 'parameter="welcome_weight"')
        if self.parameter in NAMES or self.parameter in BY_NAME:
            raise self.error(
                f"{self.parameter!r} is a parameter or lever of the package",
                f'parameter="my_{self.parameter}"',
            )
        for name in ("low", "high", "value"):
            object.__setattr__(self, name, self._checked(checks.number, name, f"{name}=1.0"))
        if not self.low < self.high:
            raise self.error(f"low={self.low:g} is not below high={self.high:g}", "low=0, high=2")
        if self.value != NULL and not self.low <= self.value <= self.high:
            raise self.error(
                f"{self.parameter!r} is {self.value:g}, out of its range",
                f"{self.parameter}={self.high:g} ({self.unit}, {self.low:g} to {self.high:g})",
            )
        self._check_functions()

    def _check_functions(self) -> None:
        for name in ("worth", "at_most", "weekly"):
            if not (getattr(self, name) is None or callable(getattr(self, name))):
                raise self.error(f"{name!r} is no function", f"{name}=lambda world, value: value")
        if self.worth is None and self.weekly is None:
            raise self.error(
                "it has no function", "weekly=tighten, or worth=gain with at_most=most"
            )
        if (self.worth is None) != (self.at_most is None):
            raise self.error(
                "'worth' and 'at_most' go together, so that screening stays exact",
                "at_most=lambda world, value: value",
            )

    def error(self, what: str, example: str) -> InputError:
        """The error that names this mechanism."""
        return InputError(f"mechanism {self.id}: {what}. Example: {example}")

    def _checked(self, check: Callable[[str, object, str], object], name: str, like: str) -> object:
        try:
            return check(name, getattr(self, name), like)
        except InputError as error:
            raise InputError(f"mechanism {self.id}: {error}") from None

    def as_dict(self) -> dict[str, Any]:
        """What a run records of it."""
        return {name: getattr(self, name) for name in DECLARED}


def with_more(before: tuple[OwnMechanism, ...], more: object) -> tuple[OwnMechanism, ...]:
    """Mechanisms and some more; no id and no parameter twice."""
    given: list[Any] = list(more) if isinstance(more, Iterable) else [more]
    for each in given:
        if not isinstance(each, OwnMechanism):
            shown = checks.shown(each)
            raise InputError(
                f"'mechanisms' must be a list of abm.OwnMechanism, not {shown}. Example: "
                "mechanisms=[mine]"
            )
    together = (*before, *given)
    for name in ("id", "parameter"):
        said = [getattr(each, name) for each in together]
        twice = [value for value in said if said.count(value) > 1]
        if twice:
            raise InputError(f"two mechanisms have the {name} {twice[0]!r}; give each its own")
    return together


def chosen(
    mechanisms: tuple[OwnMechanism, ...], values: Mapping[str, float], off: Collection[str]
) -> tuple[OwnMechanism, ...]:
    """Mechanisms with parameters set by name, and null for ids that are off."""
    for each in mechanisms:
        if each.id in off and values.get(each.parameter, NULL) != NULL:
            raise InputError(
                f"{each.parameter!r} is set to {values[each.parameter]:g}, but {each.id} is off; "
                f"leave out one of them. Example: without=[{each.id!r}]"
            )
    return tuple(
        replace(each, value=NULL if each.id in off else values.get(each.parameter, each.value))
        for each in mechanisms
    )


def acting(mechanisms: Iterable[OwnMechanism]) -> tuple[OwnMechanism, ...]:
    """Those that are not off."""
    return tuple(each for each in mechanisms if each.value != NULL)


def own_components(d: Deciders, world: World) -> dict[str, tuple[Part, Part]]:
    """What mechanisms add to the utility of every option, by id; checked against at_most."""
    return {
        each.id: _component(each, d, world) for each in world.own if each.worth and len(d.place)
    }


def most_gain(world: World) -> Part:
    """The most that mechanisms together favour each host over Russia by, (hosts,) or a number."""
    return sum((_most(each, world) for each in world.own if each.worth), start=0.0)


def respond(model: EmigrationModel) -> None:
    """The week's responses, and whether the levers that they set are still in their ranges."""
    for each in acting(model.scenario.mechanisms):
        if each.weekly is not None:
            try:
                each.weekly(model, each.value)
            except InputError as error:  # of a lever set by hand
                raise InputError(f"mechanism {each.id}, week {model.week}: {error}") from None
            _check_levers(each, model)


def _component(each: OwnMechanism, d: Deciders, world: World) -> tuple[Part, Part]:
    assert each.worth is not None
    try:
        parts = each.worth(d, world, each.value)
    except Exception as error:
        failed = f"worth fails with {type(error).__name__}: {error}"
        raise each.error(failed, "(weight * world.hosts.hostility, 0.0)") from error
    people = len(d.place)
    example = "(weight * world.hosts.hostility, 0.0)"
    if not isinstance(parts, tuple) or len(parts) != 2:
        raise each.error(f"worth gives {checks.shown(parts)}, not the hosts' and Russia's", example)
    abroad = _shaped(each, "worth in the hosts", parts[0], (people, len(HOST_NAMES)))
    home = _shaped(each, "worth in Russia", parts[1], (people,))
    covered = ~d.abroad & (d.partner_place < 0)
    gain = (abroad - home[:, None])[covered]
    excess = gain - _most(each, world)
    if excess.size and excess.max() > SLACK:
        person, host = np.unravel_index(np.argmax(excess), excess.shape)
        raise each.error(
            f"worth favours {HOST_NAMES[host]} over Russia by {gain[person, host]:g} util, more "
            f"than at_most says in week {world.week}",
            f"at_most=lambda world, value: {gain[person, host]:.3g}",
        )
    return abroad, home


def _most(each: OwnMechanism, world: World) -> Floats:
    assert each.at_most is not None
    return _shaped(each, "at_most", each.at_most(world, each.value), (len(HOST_NAMES),))


def _shaped(each: OwnMechanism, what: str, given: object, shape: tuple[int, ...]) -> Floats:
    """Finite numbers in a shape to which they broadcast."""
    shown = f"of {np.shape(given)}" if isinstance(given, np.ndarray) else checks.shown(given)
    wrong = f"{what} must be finite numbers of shape {shape}, or broadcasting to it, not {shown}"
    try:
        values = np.broadcast_to(np.asarray(given, dtype=float), shape)
    except (TypeError, ValueError):
        raise each.error(wrong, "value * world.hosts.hostility") from None
    if not np.isfinite(values).all():
        raise each.error(wrong, "value * world.hosts.hostility")
    return values


def _check_levers(each: OwnMechanism, model: EmigrationModel) -> None:
    for lever in LEVERS:
        actor = model.host_columns if lever.name in HOST_LEVERS else model.kremlin
        values = np.asarray(getattr(actor, lever.name))
        if not ((values >= lever.low) & (values <= lever.high)).all():
            raise each.error(
                f"in week {model.week} it leaves the lever {lever.name!r} out of its range",
                f"{lever.name} from {lever.low:g} to {lever.high:g} ({lever.unit})",
            )
