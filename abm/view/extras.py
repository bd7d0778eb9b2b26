"""Packages that only some figures need, imported when they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from abm.errors import InputError


def needed(module: str, what: str, extra: str) -> Any:
    """A module, or InputError that says how to install it.

    what : what needs it, for people; extra : the package's extra that brings it
    """
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise InputError(
            f"{what} needs {package}. Example: pip install 'relokant[{extra}]'"
        ) from None
