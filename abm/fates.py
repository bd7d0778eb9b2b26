"""What became of people: one fate each, as things stand at the end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from abm.composition import OCCUPATIONS, REGIONS, SEXES
from abm.decision import own_insecurity
from abm.emigrants import ARMY
from abm.hosts_table import HOME, HOST_NAMES
from abm.observation import INSECURE_FROM

if TYPE_CHECKING:
    from abm.model import EmigrationModel

# The first that is true of a person, from the last to the first: an insecure status weighs more
# than having moved on. Who was turned back at a border has stayed home.
FATES = ("stayed home", "left and settled", "moved on", "insecure", "returned", "called up")
STAYED, SETTLED, MOVED_ON, INSECURE, RETURNED, CALLED_UP = range(len(FATES))
WHEREABOUTS = np.array([*HOST_NAMES, "army", HOME])  # by place: HOME is -1, ARMY -2


def fates_table(model: EmigrationModel) -> pd.DataFrame:
    """One row for each agent that ever left or was called up; all others stayed home.

    Columns: person, fate, host (where they are: a host, Russia or army), sex, age_years, region,
    occupation, people (children included).
    """
    e = model.emigrants
    place = e.place[: e.rows]
    rows = np.flatnonzero((e.first_left_week[: e.rows] >= 0) | (place == ARMY))
    place = place[rows].astype(np.int64)
    here = np.flatnonzero(place >= 0)
    abroad = rows[here]
    last = max(model.week - 1, 0)  # the week that was observed last
    weeks_left = (e.permit_ends[abroad] - last).astype(float)
    insecurity = own_insecurity(e.status[abroad], weeks_left, place[here], model.world())
    fate = np.where(place == ARMY, CALLED_UP, RETURNED)
    moved_on = e.arrived_week[abroad] > e.left_week[abroad]
    fate[here] = np.where(moved_on, MOVED_ON, SETTLED)
    fate[here[insecurity >= INSECURE_FROM]] = INSECURE
    people = model.population.people(e.person[rows])
    return pd.DataFrame(
        {
            "person": people.ids,
            "fate": pd.Categorical.from_codes(fate, pd.Index(FATES)),
            "host": WHEREABOUTS[place],
            "sex": np.array(SEXES)[people.sex],
            "age_years": people.age_years,
            "region": np.array(REGIONS)[people.region],
            "occupation": np.array(OCCUPATIONS)[people.occupation],
            "people": e.people[rows],
        }
    )
