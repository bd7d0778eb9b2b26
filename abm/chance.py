"""The only randomness: draws addressed by who, what for and when.

A draw is a pure function of (seed, replicate, purpose, person, when, place). Nobody's draw depends
on who else acted, so a person has the same luck in every scenario.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.signedinteger[Any]]
Words = NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio, Steele et al. 2014
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _12, _32 = (np.uint64(k) for k in (30, 27, 31, 12, 32))
_LOWER = np.uint64(2**32 - 1)


def _mix(word: Words) -> Words:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014), in place on a fresh array."""
    word ^= word >> _30
    word *= _FIRST
    word ^= word >> _27
    word *= _SECOND
    word ^= word >> _31
    return word


def _words(key: Any, person: Integers, when: Integers | int | None) -> Words:
    mixed = _mix(np.array(person, dtype=np.uint64, ndmin=1) * _STEP + key)
    if when is None:
        return mixed
    if isinstance(when, int):  # a product of plain numbers costs less than one of arrays
        return _mix(mixed + np.uint64(when * int(_STEP) % 2**64))
    return _mix(mixed + when.astype(np.uint64) * _STEP)


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


@cache
def name_key(name: str) -> np.uint64:
    """The key of a place or purpose: its name, never its position in a table."""
    return np.uint64(_digest(name))


def name_keys(names: tuple[str, ...]) -> Words:
    """Keys of several names, shape (names,)."""
    return np.array([name_key(name) for name in names], dtype=np.uint64)


class Chance:
    """Every draw of one run, keyed by its seed and replicate."""

    def __init__(self, seed: int, replicate: int = 0) -> None:
        self._root = f"{seed}/{replicate}/"
        self._keys: dict[str, np.uint64] = {}

    def key(self, purpose: str) -> np.uint64:
        """The 64-bit key of a purpose in this run."""
        found = self._keys.get(purpose)
        if found is None:
            found = self._keys[purpose] = np.uint64(_digest(self._root + purpose))
        return found

    def words(self, purpose: str, person: Integers, when: Integers | int | None = None) -> Words:
        """64 random bits a person and time; shape as person and when broadcast."""
        return _words(self.key(purpose), person, when)

    def words_by_purpose(
        self, purposes: tuple[str, ...], person: Integers, when: Integers | int | None = None
    ) -> Words:
        """64 random bits, shape (purposes, persons); of each purpose as `words`."""
        keys = np.array([self.key(purpose) for purpose in purposes])
        return _words(keys[:, None], person, when)

    def uniform(self, purpose: str, person: Integers, when: Integers | int | None = None) -> Floats:
        """Uniform in (0, 1), one a person and time."""
        return to_uniform(self.words(purpose, person, when))

    def exponential_by_place(
        self, purpose: str, person: Integers, when: Integers | int | None, places: Words
    ) -> Floats:
        """Exponential with mean 1, shape (persons, places), keyed by the places' names."""
        return -np.log(to_uniform(self.words_by_place(purpose, person, places, when)))

    def words_by_place(
        self, purpose: str, person: Integers, places: Words, when: Integers | int | None = None
    ) -> Words:
        """64 random bits, shape (persons, places), keyed by the places' names."""
        return _mix(self.words(purpose, person, when)[:, None] + places[None, :])

    def words_at_place(
        self, purpose: str, person: Integers, place: Words, when: Integers | int | None = None
    ) -> Words:
        """64 random bits for each pair of a person and a place, (pairs,); as `words_by_place`."""
        return _mix(self.words(purpose, person, when) + place)

    def stream(self, purpose: str, when: int, part: int) -> np.random.Generator:
        """A sequential stream of its own for a purpose, time and part."""
        counter = np.array([0, 0, when, part], dtype=np.uint64)
        bits = np.random.Philox(key=int(self.key(purpose)), counter=counter)
        return np.random.Generator(bits)


def to_uniform(words: Words) -> Floats:
    """The upper 52 bits as a number in (0, 1), never 0 and never 1."""
    return _to_unit(words >> _12, 2.0**-52)


def _to_unit(whole: Words, unit: float) -> Floats:
    """(n + 1/2) × unit."""
    result = whole.astype(np.float64)
    result += 0.5
    result *= unit
    return result


def thirds(words: Words) -> tuple[Floats, Floats, Floats]:
    """Three independent uniforms of 21 bits from each word, for chances that need no more."""
    mask, unit = np.uint64(2**21 - 1), 2.0**-21
    first, second, third = words >> np.uint64(43), (words >> np.uint64(22)) & mask, words & mask
    return _to_unit(first, unit), _to_unit(second, unit), _to_unit(third, unit)


def halves(words: Words) -> tuple[Floats, Floats]:
    """Two independent uniforms of 32 bits from each word."""
    first, second = words >> _32, words & _LOWER
    return _to_unit(first, 2.0**-32), _to_unit(second, 2.0**-32)


def quarter_below(words: Words, quarter: int, chance: Floats) -> NDArray[np.bool_]:
    """Whether one of four independent uniforms of 16 bits in each word lies below a chance."""
    pieces = words.view(np.uint16).reshape(*words.shape, 4)
    return pieces[..., quarter] < np.ceil(chance * 2.0**16 - 0.5)
