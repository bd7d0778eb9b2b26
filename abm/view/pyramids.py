"""Who they are: pyramids of age and sex of those who left, are abroad, came back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from abm.composition import AGE_GROUPS, SEXES, persons_by_sex_and_age
from abm.hosts_table import HOME
from abm.study.wording import counted
from abm.view.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    canvas,
    plain,
    replicates,
    signed,
)  # fmt: skip

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEP = 5  # years of an age group
AGES = tuple(f"{age}–{age + STEP - 1}" for age in AGE_GROUPS)
COLOURS: Mapping[str, str] = {"male": BLUE, "female": ORANGE}
WORDS = {"male": "men", "female": "women"}


def pyramids(emigrants: pd.DataFrame) -> Figure:
    """Age and sex at the run's end: all who ever left, those abroad, those who are back.

    emigrants : a run's, with replicate where there are several. Bars are per cent of the adults
        of a panel; their darker part has higher education; the line is all adults of Russia.
    """
    if emigrants.empty:
        raise ValueError("nobody left, so there is nobody to draw")
    abroad = ~emigrants["place"].isin([HOME, "army"])
    parts = {
        "ever left": emigrants,
        "abroad at the end": emigrants[abroad],
        "back in Russia": emigrants[emigrants["place"] == HOME],
    }
    figure, panels = canvas(1, 3, height=4.6, sharey=True)
    everybody = russians()
    widest = float(everybody.to_numpy().max())
    for axes, (title, part) in zip(panels, parts.items(), strict=True):
        table = by_age(part)
        widest = max(widest, _pyramid(axes, table, everybody))
        axes.set_title(f"{title} ({counted(len(part), 'adult')})", fontsize=10, loc="left")
    for axes in panels:
        axes.set_xlim(-1.1 * widest, 1.1 * widest)
    panels[0].set_yticks(range(len(AGES)), AGES, fontsize=8)
    panels[0].set_ylabel("age in February 2022, years")
    _legend(panels[0])
    source = (
        f"Simulated by Relokant; adults of {counted(replicates(emigrants), 'replicate')}, in "
        "brackets how many agents they are. Darker: higher education. Line: all adults of Russia, "
        "mid-2020 (UN WPP 2019)."
    )
    return signed(figure, "Who left, who is abroad, who came back", source)


def by_age(emigrants: pd.DataFrame) -> pd.DataFrame:
    """Per cent of some adults by youngest age (rows) and sex (columns), and of these with higher
    education (columns sex + " higher")."""
    ages = (emigrants["age_years"] // STEP * STEP).clip(AGE_GROUPS[0], AGE_GROUPS[-1])
    whole = max(len(emigrants), 1)
    columns = {}
    for sex in SEXES:
        chosen = emigrants["sex"] == sex
        for name, rows in (
            (sex, chosen),
            (f"{sex} higher", chosen & (emigrants["education"] == "higher")),
        ):
            counts = ages[rows].value_counts().reindex(pd.Index(AGE_GROUPS), fill_value=0)
            columns[name] = 100 * counts / whole
    return pd.DataFrame(columns, index=pd.Index(AGE_GROUPS, name="age"))


def russians() -> pd.DataFrame:
    """Per cent of Russia's adults by youngest age (rows) and sex (columns)."""
    persons = persons_by_sex_and_age()[:, :, 0, 0, 0]
    return pd.DataFrame(100 * persons.T / persons.sum(), pd.Index(AGE_GROUPS), list(SEXES))


def _pyramid(axes: Axes, table: pd.DataFrame, everybody: pd.DataFrame) -> float:
    """Men to the left, women to the right; the widest bar, per cent."""
    from matplotlib.ticker import FuncFormatter

    places = np.arange(len(table))
    for sex, side in zip(SEXES, (-1, 1), strict=True):
        colour = COLOURS[sex]
        axes.barh(places, side * table[sex], 0.86, color=colour, alpha=0.45)
        axes.barh(places, side * table[f"{sex} higher"], 0.86, color=colour)
        edges = np.arange(len(table) + 1) - 0.5
        axes.stairs(side * everybody[sex], edges, orientation="horizontal", color=BLACK,
                    baseline=None, linewidth=1.2)  # fmt: skip
    axes.axvline(0, color="white", linewidth=1)
    axes.set_xlabel("per cent of the panel's adults")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):g}"))
    plain(axes)
    axes.tick_params(axis="y", length=0)
    return float(table[list(SEXES)].to_numpy().max())


def _legend(axes: Axes) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Patch(color=COLOURS[sex], label=WORDS[sex]) for sex in SEXES]
    handles.append(Line2D([], [], color=BLACK, linewidth=1.2, label="all of Russia"))
    axes.figure.legend(
        handles=handles, frameon=False, fontsize=8, loc="upper right", ncols=3, labelcolor=GREY
    )
