"""What those who decide want to do: the moves that a week begins with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abm.chance import Floats, Integers
from abm.people import Flags


@dataclass(frozen=True)
class Intents:
    """Moves that people want to make this week. Columns of shape (movers,).

    origin: a host's row or HOME; destination: an option; arrivals: (movers, options), for those
    who get no place; cause: why they left home, or the trigger abroad; luck: u of departure;
    people: real people who move, children included.
    """

    person: Integers
    origin: Integers
    destination: Integers
    arrivals: Floats
    cause: Integers
    luck: Floats
    people: Floats

    def take(self, rows: Integers | Flags) -> Intents:
        """Some of the moves."""
        return Intents(*(getattr(self, name)[rows] for name in Intents.__dataclass_fields__))


def together(parts: Sequence[Intents]) -> Intents:
    """The moves of all parts, one after the other."""
    return Intents(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in Intents.__dataclass_fields__
        )
    )
