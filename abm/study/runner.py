"""One run of the model, or several with other luck."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from abm import checks
from abm import scenario as scenarios
from abm.fates import fates_table
from abm.model import EmigrationModel
from abm.own_mechanism import OwnMechanism
from abm.scenario import Scenario
from abm.study import evidence as posterior
from abm.study import memory
from abm.study.progress import Progress, told
from abm.study.results import Drawn, Replicates, Run

MOST_REPLICATES = 1_000_000


def run(
    scenario: str | Path | Scenario = "war-years",
    *,
    scale: int | None = None,
    seed: int | None = None,
    until: str | date | None = None,
    set: Mapping[str, Any] | None = None,
    without: Iterable[str] = (),
    screened: bool = True,
    replicate: int = 0,
    population: pd.DataFrame | str | Path | None = None,
    mechanisms: Iterable[OwnMechanism] = (),
    looking_ahead: bool | None = None,
    evidence: str | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run a scenario once and keep its tables.

    Parameters
    ----------
    scenario : a packaged name, a TOML file, or a resolved scenario
    scale : people an agent; seed : of all luck; until : last day ("2023-12-31"); each as the
        scenario says when None
    set : parameters and levers by name, ``{"renewal_strictness.Turkey": 0.2}``
    without : mechanisms switched off, ``["M8"]``; "responses": dated answers to an inflow
    screened : False looks at everybody every week: slow, the same people
    replicate : 0 or more; another number is other luck in the same scenario
    population : your own people, as a DataFrame or a CSV file (docs/your-own-people.md)
    mechanisms : your own, beside the package's (docs/add-a-mechanism.md)
    looking_ahead : whether people weigh what lies ahead; as the scenario says when None
    evidence : "low", "middle" or "high": the centre of its fitted parameters, but for what the
        scenario or ``set`` says; None: the package's own
    progress : called after each week with the weeks done and the weeks in all

    Raises
    ------
    InputError : an unknown name, a value out of its range, a date out of the horizon, or more
        memory needed than is free
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    resolved = scenarios.load(
        scenario,
        scale=scale,
        seed=seed,
        until=until,
        set=set,
        without=without,
        replicate=replicate,
        population=population,
        mechanisms=mechanisms,
        looking_ahead=looking_ahead,
    )
    resolved = posterior.at_centre(resolved, evidence, set)
    memory.check(resolved)
    model = EmigrationModel(resolved, screened=screened, replicate=resolved.replicate)
    with told(progress, resolved.name) as report:
        while model.running:
            model.step()
            if report is not None:
                report(model.steps, model.weeks)
    result = Run(
        scenario=model.scenario,
        screened=screened,
        population=model.population.summary(),
        outcomes=model.outcomes(),
        moves=model.moves_table(),
        emigrants=model.emigrants_table(),
        refusals=model.refusals_table(),
        fates=fates_table(model),
        started=started,
        seconds=time.perf_counter() - clock,
        evidence=evidence,
    )
    model.__dict__.clear()  # a Mesa model and its agents refer to each other: free them at once
    return result


def replicate(
    scenario: str | Path | Scenario = "war-years",
    n: int = 5,
    *,
    screened: bool = True,
    progress: Progress | None = None,
    evidence: str | None = None,
    points: int | None = None,
    **changes: Any,
) -> Replicates:
    """Run a scenario ``n`` times, differing by luck alone.

    evidence: the centre of an evidence scenario's posterior, as in `run`; points: not its centre
    but so many of its draws ("middle" if evidence is not said), n runs at each, of other luck.
    changes: scale, seed, until, set, without, looking_ahead, population and mechanisms, as in
    `run`.

    The number of the replicate is a key of its own beside the seed, never seed + 1.
    """
    n = checks.whole("replicates", n, low=1, high=MOST_REPLICATES, example=5)
    resolved = scenarios.load(scenario, **changes)
    worlds, drawn = [resolved] * n, None
    if evidence is not None or points is not None:
        name = posterior.checked("middle" if evidence is None else evidence)
        kept = tuple(changes.get("set") or ())
        draws = posterior.numbers(name, points)
        drawn = Drawn(name, tuple(draw for draw in draws for _ in range(n)), resolved, kept)
        worlds = [posterior.world(resolved, name, draw, kept) for draw in drawn.draws]

    with told(progress, resolved.name) as report:

        def one(number: int) -> Run:
            def weeks_done(week: int, weeks: int) -> None:
                if report is not None:
                    report(number * weeks + week, len(worlds) * weeks)

            done = run(worlds[number], screened=screened, replicate=number, progress=weeks_done)
            return replace(done, evidence=drawn.evidence) if drawn else done

        return Replicates(tuple(one(number) for number in range(len(worlds))), drawn)
