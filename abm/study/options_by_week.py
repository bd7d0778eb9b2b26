"""One person's options, week by week."""

from __future__ import annotations

import pandas as pd

from abm.calendar import week_start
from abm.errors import InputError
from abm.model import EmigrationModel


def options_by_week(model: EmigrationModel, person: int, weeks: int | None = None) -> pd.DataFrame:
    """Step a model, and explain one person's options before each week.

    One row an option and week: date (first day of the week), person, host (where the person is),
    and what `Russian.explain` gives. Ends when the model does, after so many weeks, or when the
    person is called up.
    """
    who = model.russians[person]
    parts: list[pd.DataFrame] = []
    while model.running and (weeks is None or len(parts) < weeks):
        try:
            table = who.explain()
        except InputError:  # called up: decides nothing any more
            break
        table.insert(0, "host", who.host)
        table.insert(0, "person", person)
        table.insert(0, "date", pd.Timestamp(week_start(model.week)))
        parts.append(table)
        model.step()
    if not parts:
        raise InputError(f"person {person} has no week to look at: the run is over")
    return pd.concat(parts, ignore_index=True)
