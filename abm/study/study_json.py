"""A study as JSON, and back: with its scenarios resolved, so that a part needs no other file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from abm import own_people
from abm.parameters import Parameters
from abm.scenario import Event, Held, Scenario
from abm.study.factors import Choice, Design, Factor, Uncertainty
from abm.study.keeping import Keep, Stop
from abm.study.study_file import Study

PLAIN = ("name", "title", "replicates", "seed", "seeds", "limit_seconds", "chunk")


def as_dict(study: Study) -> dict[str, Any]:
    """Plain values; the user's own people are told by their hash, their file is kept beside."""
    return {
        **{key: getattr(study, key) for key in PLAIN},
        "scenarios": {name: each.as_dict() for name, each in study.scenarios.items()},
        "factors": [_factor_dict(each) for each in study.factors],
        "design": study.design.as_dict(),
        "keep": study.keep.as_dict(),
        "stop": study.stop and study.stop.as_dict(),
    }


def from_dict(given: Mapping[str, Any], people: Path | None = None) -> Study:
    """The study that `as_dict` wrote; people: the file of the user's own, if there is one."""
    own = own_people.read(people) if people else None
    design = dict(given["design"])
    if "file" in design:
        design["file"] = Path(design["file"])
    return Study(
        **{key: given[key] for key in PLAIN},
        scenarios={name: scenario(each, own) for name, each in given["scenarios"].items()},
        factors=tuple(_factor(each) for each in given["factors"]),
        design=Design(**design),
        keep=_keep(given["keep"]),
        stop=_stop(given["stop"]) if given["stop"] else None,
        people=people,
    )


def _factor_dict(factor: Factor) -> dict[str, Any]:
    said = {key: value for key, value in asdict(factor).items() if value is not None}
    return {**said, "values": list(factor.values)} if isinstance(factor, Choice) else said


def _factor(given: Mapping[str, Any]) -> Factor:
    if "values" in given:
        return Choice(given["name"], tuple(given["values"]))
    return Uncertainty(**given)


def _keep(given: Mapping[str, Any]) -> Keep:
    dates = given["dates"]
    days = None if isinstance(dates, str) else tuple(map(date.fromisoformat, dates))
    read = given.get("targets", False)
    return Keep(tuple(given["outcomes"]), tuple(given["hosts"]), days, read)


def _stop(given: Mapping[str, Any]) -> Stop:
    relative = "half_width_share" in given
    return Stop(
        outcome=given["outcome"],
        host=given["host"],
        date=date.fromisoformat(given["date"]),
        half_width=given["half_width_share" if relative else "half_width"],
        relative=relative,
        confidence=given["confidence"],
        at_most=given["at_most"],
    )


def scenario(given: Mapping[str, Any], own: own_people.OwnPeople | None = None) -> Scenario:
    """The scenario that `Scenario.as_dict` wrote; own: its people, where it has some."""

    def day(value: str | None) -> date | None:
        return date.fromisoformat(value) if value else None

    events = [
        Event(**{**event, "date": day(event["date"]), "until": day(event["until"])})
        for event in given["events"]
    ]
    return Scenario(
        **{key: given[key] for key in ("name", "title", "scale", "seed", "replicate")},
        until=date.fromisoformat(given["until"]),
        parameters=Parameters(**given["parameters"]),
        events=tuple(events),
        held=tuple(Held(**each) for each in given["held"]),
        without=tuple(given["without"]),
        population=own,
        looking_ahead=given["looking_ahead"],
    )
