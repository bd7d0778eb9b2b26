"""The tables of the twin beside the model: how they are made, and that the kept ones agree."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from abm.study import twin
from abm.study.observables import CONCLUSIONS, observables
from abm.study.targets import TARGETS

HOME = Path(__file__).parents[1]
KEPT = HOME / "results" / "twin"
MADE = runpy.run_path(str(HOME / "docs" / "twin.py"))


def kept(name: str, **options: Any) -> pd.DataFrame:
    return pd.read_csv(KEPT / f"{name}.csv", **options)


def test_means_are_set_beside_with_the_error_of_their_difference() -> None:
    """By hand: means 12 and 10, standard errors 2 and 1.5, so 20 % and 2 / 2.5 errors."""
    of_twin, of_model = pd.DataFrame({"a": [10.0, 14.0]}), pd.DataFrame({"a": [8.5, 11.5]})
    found = MADE["beside"](of_twin, of_model).loc["a"]
    assert found.tolist() == pytest.approx([12.0, 2.0, 10.0, 1.5, 20.0, 0.8])


def test_groups_of_hosts_add_up_to_the_world() -> None:
    run = twin.run(types=60, until="2024-12-31")
    table = MADE["summary"](run).unstack(level=1)
    assert len(table) == 16
    groups = table.drop(columns="World").sum(axis=1)
    assert groups.to_numpy() == pytest.approx(table["World"].to_numpy())
    assert table.loc["departures", "World"].sum() == pytest.approx(run.series("departures").sum())
    assert table["World"]["stock_abroad", 149] == pytest.approx(run.series("stock_abroad")[-1])
    assert MADE["totals"](run)["returns"] == pytest.approx(table.loc["returns", "World"].sum())


def test_the_kept_tables_are_of_this_code() -> None:
    ids = [each.id for each in TARGETS]
    further, asked = [each.id for each in observables()], [each.what for each in CONCLUSIONS]
    assert list(kept("jacobian")["quantity"]) == [*ids, *further, *asked]
    assert list(kept("targets")["target"]) == ids
    assert list(kept("conclusions")["conclusion"]) == asked
    assert set(kept("worth")["candidate"]) == set(further)
    assert list(kept("mechanisms")["off"].unique()) == list(MADE["OFF"])
    factors = set(kept("parameters")["factor"])
    assert factors == set(kept("jacobian", index_col="quantity").columns)
    assert factors < set(kept("directions").columns)


def test_what_is_told_of_the_middle_evidence_is_one_number() -> None:
    counts = kept("informed").set_index("evidence")["informed"]
    assert counts["middle"] == kept("directions")["informed"].sum()
    now = kept("worth").drop_duplicates("conclusion").set_index("conclusion")["sd_now"]
    sd = kept("conclusions").set_index("conclusion")["sd"]
    assert now.to_dict() == pytest.approx(sd.to_dict(), rel=1e-3)


def test_every_figure_is_on_a_page() -> None:
    pages = "".join(
        (HOME / "docs" / f"{name}.md").read_text() for name in ("twin", "identifiability")
    )
    figures = sorted(KEPT.glob("*.png"))
    assert len(figures) == 3
    for path in figures:
        assert f"(../results/twin/{path.name})" in pages
        with Image.open(path) as picture:
            picture.verify()
