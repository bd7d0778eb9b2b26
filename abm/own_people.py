"""People of your own: a table of kinds of people with weights, in place of the packaged ones.

A row is a kind of people. What it leaves out is filled with the packaged shares of `composition`,
given sex, age, region, education and occupation. Columns, units, checks and an example:
docs/your-own-people.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from abm import composition as source
from abm.chance import Floats, Integers
from abm.checks import shown
from abm.composition import AGE_GROUPS, DISSENT_EDGES, FURTHER, SHAPE, Composition
from abm.errors import InputError
from abm.margins import Array
from abm.people_file import AXES, COLUMNS, NAMES, UNKNOWN, Table
from abm.population import LIFE_STAGES, groups, strata_at
from abm.ties import CONTACTS, community


@dataclass(frozen=True)
class OwnPeople:
    """People from a user's table. name: the file's, or "DataFrame"; sha256: of it as a CSV file."""

    name: str
    sha256: str
    types: Composition = field(compare=False, repr=False)

    def as_dict(self) -> dict[str, str]:
        """What a run records of them."""
        return {"name": self.name, "sha256": self.sha256}

    def check_scale(self, scale: int) -> None:
        """InputError where a community has too few agents for the contacts that each one has."""
        sizes = _community_sizes(self.types, scale)
        least = int(np.argmin(sizes))
        if sizes[least] > CONTACTS:
            return
        region, stage = divmod(least, len(LIFE_STAGES))
        works = _largest_scale(self.types, scale)
        agents = "1 agent" if sizes[least] == 1 else f"{sizes[least]:.0f} agents"
        raise InputError(
            f"population {self.name!r} has {agents} in "
            f"{source.REGIONS[region]!r} of age {LIFE_STAGES[stage]} at scale = {scale}; each "
            f"has {CONTACTS} contacts among them, so at least {CONTACTS + 1} are needed. "
            + (f"Example: scale = {works}" if works else "Example: give them more weight")
        )


def read(population: object, folder: Path | None = None) -> OwnPeople:
    """The people of a DataFrame or a CSV file; InputError names row and column.

    folder: where a relative path starts, the working folder if not said.
    """
    if isinstance(population, pd.DataFrame):
        name, content = "DataFrame", population.to_csv(index=False).encode()
    elif isinstance(population, (str, Path)):
        path = (folder or Path()) / population
        name, content = path.name, _content(path)
    else:
        raise InputError(
            f"'population' must be a DataFrame or a CSV file, not {shown(population)}. "
            "Example: people.csv"
        )
    table = Table(name, content, in_memory=isinstance(population, pd.DataFrame))
    return OwnPeople(name, hashlib.sha256(content).hexdigest(), _types(table))


def packaged_people() -> pd.DataFrame:
    """The packaged people as such a table with every column, to start one's own from.

    Age is the youngest of the five-year group, dissent the middle of its bin.
    """
    types = source.composition()
    columns = {name: np.array(NAMES[name])[getattr(types, name)] for name in NAMES}
    columns |= {name: getattr(types, name) for name in ("partnered", "served", "exempt")}
    columns |= {"age": np.array(AGE_GROUPS)[types.age_group], "weight": types.persons}
    edges = np.array(DISSENT_EDGES)
    columns["dissent"] = ((edges[1:] + edges[:-1]) / 2)[types.dissent_bin]
    return pd.DataFrame({name: columns[name] for name in COLUMNS})


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            f"no population file {str(path)!r}. Example: --population people.csv, as in "
            "docs/your-own-people.md"
        ) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(
            f"cannot read population {str(path)!r}: {why}. Example: people.csv"
        ) from None


def _types(table: Table) -> Composition:
    """The types of people in a table; what rows leave out is filled with the packaged shares."""
    said = np.stack([table.bins(name) for name in (*AXES, *FURTHER)])
    said, row = np.unique(said, axis=1, return_inverse=True)  # rows that say the same are one
    persons = np.bincount(row.ravel(), table.weights()).astype(float)
    cell, further = tuple(said[: len(AXES)]), said[len(AXES) :]
    shares: list[Array] = []
    for bins, packaged in zip(further, FURTHER.values(), strict=True):
        usual = packaged()
        usual = np.broadcast_to(usual, (*SHAPE, usual.shape[-1]))[cell]
        shares.append(_known_or(bins, usual))
    joint = source.product(persons, *shares)
    everybody = np.zeros((*SHAPE, *joint.shape[1:]))
    np.add.at(everybody, cell, joint)
    return source.types_of(everybody)


def _known_or(bins: Integers, usual: Array) -> Array:
    """Shares of the bins of a trait, (rows, bins): all in one where it is known."""
    known = bins[:, None] == np.arange(usual.shape[-1])
    return np.where(bins[:, None] == UNKNOWN, usual, known * 1.0)


def _community_sizes(types: Composition, scale: int) -> Floats:
    """Agents of each community; infinite where there are no such people."""
    everybody, strata = groups(types), strata_at(types, scale)
    number = len(source.REGIONS) * len(LIFE_STAGES)
    agents = np.bincount(community(everybody)[strata.group], strata.size, number)
    persons = np.bincount(community(everybody), everybody.persons, number)
    return np.where(persons > 0, agents, np.inf)


def _largest_scale(types: Composition, below: int) -> int:
    """The largest scale that gives each community its share of enough agents, tried out; 0 where
    none does. Agents are rounded over all strata, so a community may have some more or fewer."""
    persons = _community_sizes(types, 1).min()
    scale = min(below - 1, int(persons / (CONTACTS + 1)))
    while scale > 0 and _community_sizes(types, scale).min() <= CONTACTS:
        scale -= 1 + scale // 100
    return max(scale, 0)
