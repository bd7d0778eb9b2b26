"""What runs of the model leave behind: tables, and how they are kept and shown."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from abm import html
from abm.observation import WORLD
from abm.scenario import Scenario
from abm.study import evidence as posterior
from abm.study import store, targets
from abm.study.wording import counted


@dataclass(frozen=True, eq=False)
class Run:
    """What one run leaves behind: tables only; the model itself is gone.

    Attributes
    ----------
    scenario : the resolved scenario, with its scale, seed, replicate, parameters and events
    screened : whether only those who might leave were looked at (the same people either way)
    population : adults (people), mean age (years) and further marks of week 0
    outcomes : tidy; date (first day of the week), host, outcome, value, unit; the host "World" is
        the whole, beside the single hosts: choose one or the other before adding up
    moves : one row a move; week, date, person, origin, destination, cause, people
    emigrants : one row for each agent that ever left
    refusals : one row a permit refused; week, date, person, host, renewal (of one held), people
    fates : one row for each agent that ever left or was called up: what became of it
    started : when the run began, UTC
    seconds : how long it took
    evidence : of whose fitted parameters it is a run, if of any
    """

    scenario: Scenario
    screened: bool
    population: Mapping[str, float]
    outcomes: pd.DataFrame
    moves: pd.DataFrame
    emigrants: pd.DataFrame
    refusals: pd.DataFrame
    fates: pd.DataFrame
    started: datetime
    seconds: float
    evidence: str | None = None

    def targets(self, file: str | Path | None = None) -> pd.DataFrame:
        """What sources observed beside this run: one row a target.

        file : targets of your own (docs/your-own-targets.md), not the packaged ones

        Columns: id, what, observed_low, observed_high, unit, simulated, hit, source, status.
        """
        return targets.evaluate(self, file)

    def save(
        self, directory: str | Path, overwrite: bool = False, draw: store.Draw | None = None
    ) -> Path:
        """Write a results folder; see `Replicates.save`."""
        return Replicates((self,)).save(directory, overwrite, draw)

    def __repr__(self) -> str:
        fitted = f", {self.evidence} evidence" if self.evidence else ""
        return f"<Run of {_described(self.scenario)}{fitted}, {self.seconds:.1f} s>"

    def _repr_html_(self) -> str:
        return _html(self, 1)


@dataclass(frozen=True)
class Drawn:
    """Draws of the packaged posterior, in the order of the runs, and their evidence scenario; the
    scenario before they are set, and the names that they leave alone."""

    evidence: str
    draws: tuple[int, ...]
    base: Scenario = field(repr=False)
    kept: tuple[str, ...] = field(repr=False)

    def __str__(self) -> str:
        last = self.draws[-1]
        draws = "centre" if last == posterior.CENTRE else f"draws 1 to {last}"
        return f"{self.evidence} evidence, {draws}"


@dataclass(frozen=True, eq=False)
class Replicates:
    """Runs of one scenario and seed that differ by luck alone, in order of their replicate.

    drawn : where they are runs at draws of the packaged posterior; they differ by these as well
    """

    runs: tuple[Run, ...]
    drawn: Drawn | None = None

    @property
    def scenario(self) -> Scenario:
        return self.runs[0].scenario

    @property
    def seconds(self) -> float:
        return sum(run.seconds for run in self.runs)

    @property
    def outcomes(self) -> pd.DataFrame:
        """The runs' outcomes under one another, with a first column ``replicate``."""
        return self._stacked("outcomes")

    @property
    def moves(self) -> pd.DataFrame:
        """The runs' moves under one another, with a first column ``replicate``."""
        return self._stacked("moves")

    @property
    def emigrants(self) -> pd.DataFrame:
        """The runs' emigrants under one another, with a first column ``replicate``."""
        return self._stacked("emigrants")

    @property
    def fates(self) -> pd.DataFrame:
        """The runs' fates under one another, with a first column ``replicate``."""
        return self._stacked("fates")

    def targets(self, file: str | Path | None = None) -> pd.DataFrame:
        """What sources observed beside the runs: the mean, and its standard deviation ``spread``.

        file : targets of your own, not the packaged ones

        Columns: id, what, observed_low, observed_high, unit, simulated, spread, hit, source,
        status.
        """
        return targets.evaluate_all(self.runs, file)

    def save(
        self,
        directory: str | Path,
        overwrite: bool = False,
        draw: store.Draw | None = None,
        own_targets: str | Path | None = None,
    ) -> Path:
        """Write run.json, outcomes, moves and emigrants (.parquet), targets.csv and, if asked to
        draw, `figures/*.png`; own-targets.csv, a copy of yours, if there are any.

        The folder appears whole or not at all. ``draw`` is called with the outcomes and the
        folder for the figures, for example ``abm.draw_all``. own_targets : as in `targets`

        Raises
        ------
        InputError : the folder holds results and ``overwrite`` is false, or it holds something else
        OutputError : the folder cannot be written
        """
        provenance = self._provenance()
        own = None if own_targets is None else Path(own_targets)
        if own is not None:
            sha256 = hashlib.sha256(own.read_bytes()).hexdigest()
            provenance["targets"] = {"name": own.name, "sha256": sha256}
        results = store.Results(
            self.outcomes, self.targets(own), provenance, self.moves, self.emigrants, own
        )
        return store.write(results, directory, overwrite, draw)

    def _provenance(self) -> dict[str, Any]:
        scenario = (self.drawn.base if self.drawn else self.scenario).as_dict()
        del scenario["replicate"]  # there may be several, below
        drawn = self.drawn and {
            "evidence": self.drawn.evidence,
            "draws": list(self.drawn.draws),
            "kept": list(self.drawn.kept),
        }
        return {
            **({"posterior": drawn} if drawn else {}),
            "scenario": scenario,
            "seed": self.scenario.seed,
            "replicates": [run.scenario.replicate for run in self.runs],
            "screened": all(run.screened for run in self.runs),
            "population": dict(self.runs[0].population),
            "started_utc": min(run.started for run in self.runs).isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 3),
        }

    def _stacked(self, table: str) -> pd.DataFrame:
        parts = []
        for run in self.runs:
            part = getattr(run, table).copy()
            part.insert(0, "replicate", run.scenario.replicate)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def __repr__(self) -> str:
        fitted = f", {self.drawn}" if self.drawn else ""
        runs = counted(len(self.runs), "run")
        return f"<{runs} of {_described(self.scenario)}{fitted}, {self.seconds:.1f} s>"

    def _repr_html_(self) -> str:
        return _html(self, len(self.runs))


def _described(scenario: Scenario) -> str:
    return (
        f"{scenario.name} until {scenario.until}, "
        f"{scenario.scale:,} people an agent, seed {scenario.seed}"
    )


def _html(result: Run | Replicates, runs: int) -> str:
    """The world in a few numbers (means over runs), targets folded below."""
    world = result.outcomes[result.outcomes["host"] == WORLD]
    by_outcome = world.groupby("outcome", observed=True)["value"]
    stock = world[(world["outcome"] == "stock_abroad") & (world["date"] == world["date"].max())]
    table = result.targets()
    hit, judged = targets.hits(table)
    people = {
        "left Russia": by_outcome.sum()["departures"] / runs,
        "came back": by_outcome.sum()["returns"] / runs,
        "abroad at the end": stock["value"].sum() / runs,
    }
    facts = {
        "what": f"{counted(runs, 'run')} of {_described(result.scenario)}, {result.seconds:.1f} s",
        **{name: f"{count:,.0f} people" for name, count in people.items()},
        "targets hit": f"{hit} of {judged}",
        "tables": "outcomes, moves, emigrants, targets()",
    }
    shown = html.table(table.drop(columns="source"), "targets beside results")
    return html.card(result.scenario.title or result.scenario.name, facts, shown)
