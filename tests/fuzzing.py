"""Inputs damaged at random: each is accepted and right, or refused in one clear line, status 2.

A case starts from a valid file and suffers a few changes: other values, missing, doubled or moved
lines, stray bytes. It then goes the whole way of the command line, which stops where a model would
run. Nothing may be written, no other exception may pass, and what is accepted must make sense.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import abm
from abm import cli
from abm.parameters import PARAMETERS
from abm.scenario import Scenario
from abm.study import estimate, runner, study_json, targets
from abm.study.study_file import Study

HOME = Path(__file__).resolve().parents[1]
DATA = HOME / "abm" / "data"
LONGEST = 20.0  # seconds that a case may take on a busy machine
WEIRD = (
    "", "0", "-1", "1", "2", "0.5", "1e308", "-1e308", "1e-320", "nan", "inf", "-inf", "true",
    "[]", "{}", "[[]]", "[1, 2]", "{ a = 1 }", '""', '"x"', "'x'", "2022-02-30", "2023-06-01",
    "1900-01-01", "9999-12-31", "12:00:00", "2023-06-01T12:00:00Z", "9" * 400, "0x7fffffffffffffff",
    '"war-years"', '"../../../etc/passwd"', '"/dev/zero"', '"mine.toml"', '"M8"', '["M8", "M8"]',
    '"Georgia"', '"EU"', "\x00", "\ufeff", "é", "\u202e", "🏠", "\r", "\t", "=", "[", "]", '"', "#",
    "$(id)", "`id`", "__import__('os')", "!!python/object", "1_000", "1,000", ",", ",,", ";",
    '"prior"', '[6, 8]', '[8, 6]', '{ distribution = "normal" }', '"last"', '"weeks"', '"World"',
)  # fmt: skip
STUDY = """name = "small"
scenario = "war-years"
scale = 1000
until = 2022-06-30
replicates = 4
seed = 1
seeds = "common"
limit_seconds = 600
[set]
entry_ban.Finland = 0
[uncertainties]
cost_of_leaving = [6, 8]
conscience = "prior"
attachment_spread = { distribution = "normal", mean = 1.8, spread = 0.4, low = 1.0, high = 3.0 }
[levers]
renewal_strictness.Turkey = [0.2, 0.8]
without = [[], ["M8"]]
[design]
method = "latin-hypercube"
size = 16
[keep]
outcomes = ["stock_abroad", "departures.total"]
hosts = ["World", "Turkey"]
dates = [2022-03-31, 2022-06-30]
[stop]
outcome = "stock_abroad"
date = 2022-06-30
half_width_share = 0.05
at_most = 40
"""
SCENARIO = """name = "mine"
title = "Mine"
base = "war-years"
until = 2023-12-31
scale = 1000
seed = 3
without = ["M8"]
looking_ahead = false
[parameters]
conscience = 0.3
[levers]
entry_ban.Finland = 0
renewal_strictness.Turkey = 0.3
repression = 0.5
[[events]]
date = 2023-06-01
until = 2023-09-01
host = "Georgia"
lever = "direct_flights"
value = 0
kind = "imposed"
source = "a question"
note = "none"
[[events]]
date = 2023-03-02
hosts = ["Estonia", "Latvia"]
lever = "entry_ban"
value = 1
kind = "response"
source = "S041"
"""
PEOPLE = """age,sex,region,education,occupation,weight,partnered,dissent,leaning
23,female,capitals,higher,student,50000,0,0.7,Europe and the West
29,male,capitals,higher,it,70000,,0.5,
29,female,cities,higher,specialist,400000,,,
38,male,cities,other,worker,2600000,,0.1,former Soviet
52,male,elsewhere,other,worker,1900000,,,
57,female,elsewhere,other,jobless,900000,,,
"""
FACTS = """id,outcome,host,date_from,date_to,value,low,high,unit,source,note
a,stock_abroad,Georgia,,2022-12-31,74000,60000,90000,people,made up,a stock
b,arrivals,EU,2022-03-01,2022-12-31,,40000,80000,people,made up,a flow
c,ever_discriminated,World,2022-09-01,2022-12-30,0.3,,,share,made up,a share
"""


class Accepted(BaseException):
    """A case came as far as a run; with what was to be run."""


@dataclass(frozen=True)
class Kind:
    """A kind of input: a valid beginning, the command's arguments, what holds once accepted."""

    name: str
    start: Callable[[], str]
    file: str
    arguments: Callable[[Path], list[str]]


def _targets() -> str:
    return "".join((DATA / "targets.csv").read_text("utf-8").splitlines(keepends=True)[:6])


KINDS = (
    Kind("scenario", lambda: SCENARIO, "mine.toml", lambda p: ["run", str(p)]),
    Kind("study", lambda: STUDY, "study.toml", lambda p: ["sweep", str(p), "--dry-run"]),
    Kind("targets", _targets, "targets.csv", lambda p: ["run", "war-years", "--targets", str(p)]),
    Kind(
        "population",
        lambda: PEOPLE,
        "people.csv",
        lambda p: ["run", "war-years", "--scale", "1000", "--population", str(p)],
    ),
    Kind("facts", lambda: FACTS, "facts.csv", lambda p: ["validate", str(p)]),
    Kind(
        "arguments",
        lambda: "entry_ban.Finland=0\nconscience=0.3\nrenewal_strictness=0.5\n",
        "set.txt",
        lambda p: ["run", *_settings(p)],
    ),
    Kind("results of a run", lambda: "run", "run", lambda p: ["verify", str(p), "--runs", "0"]),
    Kind("results of a sweep", lambda: "sweep", "sweep", lambda p: ["sensitivity", str(p)]),
)


def _settings(path: Path) -> list[str]:
    text = path.read_text("utf-8", "replace").replace("\x00", "")
    return [part for line in text.splitlines() for part in ("--set", line)]


def damaged(text: str, luck: random.Random) -> bytes:
    """The text after a few accidents."""
    for _ in range(luck.choice((0, 1, 1, 1, 2, 2, 3, 6))):
        text = luck.choice(ACCIDENTS)(text, luck)
    content = text.encode("utf-8", "surrogatepass")
    if luck.random() < 0.1:
        at = luck.randrange(len(content) + 1)
        content = content[:at] + luck.randbytes(luck.randrange(4)) + content[at:]
    return content


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True) or [""]


def _other_value(text: str, luck: random.Random) -> str:
    """A word, number, text or cell becomes another."""
    parts = list(re.finditer(r'"[^"\n]*"|[\w.-]+', text))
    if not parts:
        return text
    part = luck.choice(parts)
    return text[: part.start()] + luck.choice(WEIRD) + text[part.end() :]


def _without_a_line(text: str, luck: random.Random) -> str:
    lines = _lines(text)
    del lines[luck.randrange(len(lines))]
    return "".join(lines)


def _a_line_twice(text: str, luck: random.Random) -> str:
    lines = _lines(text)
    lines.insert(luck.randrange(len(lines) + 1), luck.choice(lines))
    return "".join(lines)


def _cut(text: str, luck: random.Random) -> str:
    return text[: luck.randrange(len(text) + 1)]


def _stray(text: str, luck: random.Random) -> str:
    at = luck.randrange(len(text) + 1)
    return text[:at] + luck.choice(WEIRD) + text[at:]


def _swapped(text: str, luck: random.Random) -> str:
    words = list(re.finditer(r"[\w.-]+", text))
    if len(words) < 2:
        return text
    one, other = sorted(luck.sample(words, 2), key=lambda word: word.start())
    middle = text[one.end() : other.start()]
    return f"{text[: one.start()]}{other[0]}{middle}{one[0]}{text[other.end() :]}"


ACCIDENTS = (
    _other_value, _other_value, _other_value, _without_a_line, _a_line_twice, _cut, _stray, _swapped
)  # fmt: skip


@cache
def _whole_folders() -> Path:
    """A results folder of a run and of a sweep, made once."""
    home = Path(tempfile.mkdtemp(prefix="fuzz-"))
    quick: dict[str, Any] = {"scale": 10_000, "until": "2022-03-31"}
    abm.run(**quick).save(home / "run")
    table = {**quick, "levers": {"renewal_strictness": [0.2, 0.8]}, "design": {"method": "grid"}}
    abm.sweep({**table, "replicates": 2, "chunk": 1}, out=home / "sweep", on="serial")
    return home


def _damage_folder(folder: Path, luck: random.Random) -> None:
    """One or two files of a folder are cut, lost, or damaged."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in luck.sample(files, min(len(files), luck.choice((1, 1, 2)))):
        match luck.randrange(4):
            case 0:
                path.unlink()
            case 1:
                path.write_bytes(path.read_bytes()[: luck.randrange(path.stat().st_size + 1)])
            case 2 if path.suffix in (".json", ".csv"):
                path.write_bytes(damaged(path.read_text("utf-8"), luck))
            case _:
                content = bytearray(path.read_bytes())
                for _ in range(luck.randrange(1, 9)):
                    content[luck.randrange(len(content))] = luck.randrange(256)
                path.write_bytes(bytes(content))


def lay_out(kind: Kind, luck: random.Random, folder: Path) -> Path:
    """The damaged input of a case."""
    path = folder / kind.file
    if kind.name.startswith("results"):
        shutil.copytree(_whole_folders() / kind.file, path)
        _damage_folder(path, luck)
    else:
        path.write_bytes(damaged(kind.start(), luck))
    return path


@contextmanager
def _stopping_where_a_model_would_run() -> Iterator[None]:
    def reached(*given: Any, **named: Any) -> None:
        raise Accepted(given[0] if given else None)

    with (
        mock.patch.object(runner, "replicate", reached),
        mock.patch.object(estimate, "estimate", reached),
        mock.patch.object(runner, "run", reached),
    ):
        yield


def check(kind: Kind, seed: int) -> tuple[str, float]:
    """Try one case; "accepted" or "refused", and seconds. AssertionError if it is neither."""
    luck = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = lay_out(kind, luck, folder)
        before = _listing(folder)
        shown = path.read_bytes()[:3000] if path.is_file() else b"(a folder)"
        errors, started = io.StringIO(), time.monotonic()
        status: int | None = None
        accepted: Any = None
        with (
            contextlib.chdir(folder),
            contextlib.redirect_stderr(errors),
            contextlib.redirect_stdout(io.StringIO()),
            _stopping_where_a_model_would_run(),
        ):
            try:
                status = cli.main(kind.arguments(path))
            except Accepted as reached:
                accepted, status = reached.args[0], 0
            except Exception as error:
                raise AssertionError(f"{kind.name}, seed {seed}: {error!r}\n{shown!r}") from error
        seconds = time.monotonic() - started
        said = errors.getvalue()
        context = f"{kind.name}, seed {seed}: status {status}\n{said}\n{shown!r}"
        assert seconds < LONGEST, context
        if kind.name != "results of a sweep" or status:
            assert _listing(folder) == before, context
        if status == 2:
            assert said.startswith("abm: ") and said.count("\n") == 1, context
            assert len(said) < 2000, context
            assert "Traceback" not in said, context
            return "refused", seconds
        assert status in (0, 1) if kind.name.startswith("results") else status == 0, context
        _is_right(kind, accepted, path, context)
        return "accepted", seconds


def _listing(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def _is_right(kind: Kind, accepted: Any, path: Path, context: str) -> None:
    """What was accepted keeps to every declared range, and is the same once written and read."""
    if isinstance(accepted, Study):
        for scenario in accepted.scenarios.values():
            _is_a_scenario(scenario, context)
        assert accepted.replicates >= 1, context
    elif isinstance(accepted, Scenario):
        _is_a_scenario(accepted, context)
    if kind.name == "targets":
        for target in targets.chosen(path):
            ends = [end for end in (target.low, target.high) if end is not None]
            assert ends and all(target.holds(end) for end in ends), context


def _is_a_scenario(scenario: Scenario, context: str) -> None:
    null = {0.0, 1.0}  # of mechanisms that are off
    for each in PARAMETERS:
        value = getattr(scenario.parameters, each.name)
        assert each.low <= value <= each.high or value in null, f"{each.name}={value}: {context}"
    if scenario.population is None:
        said = json.loads(json.dumps(scenario.as_dict(), allow_nan=False))
        assert study_json.scenario(said) == scenario, context


def clean() -> None:
    """Remove the folders made once."""
    if _whole_folders.cache_info().currsize:
        shutil.rmtree(_whole_folders(), ignore_errors=True)
        _whole_folders.cache_clear()


os.environ.setdefault("COLUMNS", "80")
