"""What tests share: a small run of the baseline, a made-up table of outcomes, marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from browser import Browser

    from abm.model import EmigrationModel
    from abm.study.results import Run

VERIFICATION = Path(__file__).parent / "verification"
CAUSES = ("attention", "permit ended", "permit refused", "job lost", "partner")

# The same examples every time, and no clock: a slow machine is no failure.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in tests/verification is slow."""
    for item in items:
        if VERIFICATION in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def small_run() -> Run:
    """The baseline at 10,000 people an agent until the end of 2022; do not change its tables."""
    from abm.study.runner import run

    return run("war-years", scale=10_000, seed=1, until="2022-12-31")


@pytest.fixture(scope="session")
def finished() -> Callable[..., EmigrationModel]:
    """finished(seed=2, ...): a model run to its end, by default the baseline at 3,000 people an
    agent until the end of 2022."""
    from abm.model import EmigrationModel

    def run_to_the_end(scenario: Any = "war-years", **changes: Any) -> EmigrationModel:
        settings = {"scale": 3000, "seed": 1, "until": "2022-12-31", **changes}
        model = EmigrationModel(scenario, **settings)
        while model.running:
            model.step()
        return model

    return run_to_the_end


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium, started when first used; skips where it is missing."""
    from browser import running

    with running() as started:
        yield started


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a scenario file: its text, and its name if it is not mine.toml."""

    def to_file(text: str, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return to_file


@pytest.fixture
def outcomes() -> pd.DataFrame:
    """Made-up tidy outcomes: 2 replicates, 60 weeks, 14 hosts and the World."""
    generator = np.random.default_rng(1)
    dates = pd.Timestamp("2022-02-24") + pd.to_timedelta(7 * np.arange(60), "D")
    hosts = [f"Host {letter}" for letter in "ABCDEFGHIJKLMN"]
    names = ["departures", "returns", "stock_abroad"]
    names += [f"return_causes.{cause}" for cause in CAUSES]
    parts = []
    for replicate in range(2):
        for name in names:
            values = generator.gamma(5.0, 100.0, (len(dates), len(hosts)))
            table = pd.DataFrame(values, columns=hosts).assign(World=values.sum(axis=1), date=dates)
            tidy = table.melt("date", var_name="host", value_name="value")
            parts.append(tidy.assign(replicate=replicate, outcome=name, unit="people"))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails the test if a model is made."""
    from abm.study import runner

    def run(*arguments: object, **named: object) -> None:
        raise AssertionError("a model ran before the input was checked")

    monkeypatch.setattr(runner, "EmigrationModel", run)
