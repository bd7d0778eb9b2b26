"""What `abm list` shows: what there is to choose from, with units, ranges and sources.

Each function gives columns, rows and the columns to align to the right.
"""

from __future__ import annotations

import numpy as np

from abm.hosts_table import HOST_NAMES, host_column, host_labels, sourced
from abm.levers import KREMLIN_LEVERS, LEVERS, NO_LIMIT
from abm.mechanisms import MECHANISMS
from abm.model import EmigrationModel
from abm.observation import OUTCOMES
from abm.parameters import PARAMETERS
from abm.scenario import load, packaged_scenarios
from abm.scenario_file import ScenarioFile, leading_comment, read
from abm.study.evidence import told_by_data

Rows = list[tuple[str, ...]]
Listing = tuple[tuple[str, ...], Rows, tuple[str, ...]]


def scenarios() -> Listing:
    """Packaged scenarios: what each asks, what it stands on and what it changes."""
    rows: Rows = []
    for name, title in packaged_scenarios().items():
        file, scenario = read(name), load(name)
        day, source = str(scenario.until), leading_comment(name)
        rows.append((name, title, file.base or "", day, _sets(file), source))
    return ("name", "what", "base", "until", "sets", "source"), rows, ()


def _sets(file: ScenarioFile) -> str:
    """What a scenario file changes itself, counted."""
    counts = {
        "event": len(file.events),
        "lever": len(file.levers),
        "parameter": len(file.parameters),
        "mechanism": len(file.without),
    }
    said = (f"{count} {what}{'s' * (count > 1)}" for what, count in counts.items() if count)
    return ", ".join(said)


def parameters() -> Listing:
    """Every number of the model that is not data, and what the fit to the targets says of it."""
    told = told_by_data()
    rows: Rows = []
    for p in PARAMETERS:
        numbers = (_number(p.value), _range(p.low, p.high))
        rows.append((p.name, p.symbol, *numbers, p.unit, p.status, told.get(p.name, ""), p.source))
    columns = ("name", "symbol", "value", "range", "unit", "status", "fit", "source")
    return columns, rows, ("value",)


def levers() -> Listing:
    """What a scenario can set, and the value before any event: of one number, or by host."""
    model = EmigrationModel(load("war-years", scale=10_000))
    rows: Rows = []
    for each in LEVERS:
        actor = model.kremlin if each.name in KREMLIN_LEVERS else model.host_columns
        values = np.unique(getattr(actor, each.name))
        start = _number(values[0]) if len(values) == 1 else "by host"
        limits = _range(each.low, each.high)
        rows.append((each.name, each.id, each.actor, start, limits, each.unit, each.what))
    return ("name", "id", "actor", "at start", "range", "unit", "what"), rows, ("at start",)


def mechanisms() -> Listing:
    """Mechanisms, and which parameters and levers have which value when one is off."""
    rows: Rows = []
    for each in MECHANISMS:
        off = [f"{name}={value:g}" for name, value in each.off.items()]
        off += [f"lever {name}={value:g}" for name, value in each.held.items()]
        off += [f"no dated {each.drops}"] if each.drops else []
        rows.append((each.id, each.what, ", ".join(off)))
    return ("id", "what", "off means"), rows, ()


def outcomes() -> Listing:
    """What a run observes."""
    rows: Rows = [(o.name, o.id, o.unit, o.where, o.what) for o in OUTCOMES]
    return ("name", "id", "unit", "where", "what"), rows, ()


def hosts() -> Listing:
    """Host countries in February 2022, before any event; how many of their numbers have a page."""
    columns = {
        "name": HOST_NAMES,
        "union": [union.replace("none", "") for union in host_labels("union")],
        "leans to": host_labels("leaning_group"),
        "visa-free": [f"{days:g} days" for days in host_column("visa_free_days")],
        "may work": [f"{share:g}" for share in host_column("right_to_work")],
        "refused": [f"{100 * share:.0f} %" for share in host_column("refusal_base")],
        "hostility": [f"{index:g}" for index in host_column("hostility_base")],
        "payments": [f"{index:g}" for index in host_column("payment_access")],
        "handover": [f"{index:g}" for index in host_column("handover_risk")],
        "sourced": sourced(),
    }
    return tuple(columns), list(zip(*columns.values(), strict=True)), tuple(columns)[3:]


def _range(low: float, high: float) -> str:
    return f"from {_number(low)}" if high == NO_LIMIT else f"{_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    if value == NO_LIMIT:
        return "no limit"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:g}"
