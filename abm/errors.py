"""What the user is told when something they gave cannot be used."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """A name, number, date or file from the user that cannot be used. One clear sentence."""


class OutputError(OSError):
    """A folder or file that cannot be written. One clear sentence."""


def unknown(kind: str, name: object, known: Iterable[str], example: str) -> InputError:
    """The error for a name that does not exist, with the nearest one that does.

    kind: what it should have been ("parameter", "host"); example: a valid use.
    """
    near = get_close_matches(str(name), list(known), n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return InputError(f"unknown {kind} {name!r}.{hint} Example: {example}")


TOLD_BY = {  # the key that only one kind of file has, the kind, and what takes it
    "calibration": ("calibration", "abm calibrate"),
    "design": ("study", "abm sweep"),
    "base": ("scenario", "abm run"),
    "events": ("scenario", "abm run"),
    "parameters": ("scenario", "abm run"),
}


def refuse_other_kinds(table: Iterable[str], wanted: str) -> None:
    """InputError where the keys of a TOML file are those of another kind of file.

    wanted: "scenario", "study" or "calibration"
    """
    for key, (kind, command) in TOLD_BY.items():
        if key in table:
            if kind != wanted:
                raise InputError(f"this is a {kind}, not a {wanted}: run it by {command} FILE.toml")
            return
