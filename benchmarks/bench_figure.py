"""The benchmark in one figure: systems, growth, and where the time goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.view.style import BLUE, GREEN, GREY, ORANGE, PINK, RED, SKY, YELLOW, canvas, signed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = (BLUE, ORANGE, GREEN, RED, PINK, SKY, YELLOW, GREY)
SHOWN = 7  # parts with a colour of their own


def draw(table: Sequence[Any], growth: Sequence[Any], profile: Sequence[Any]) -> Figure:
    """Person-weeks a second by system, seconds by people and movers, shares of a run's parts."""
    figure, (bars, lines, parts) = canvas(3, 1, height=11, sharex=False)
    _systems(bars, table)
    _growth(lines, growth)
    _parts(parts, profile)
    return signed(figure, "Speed", "make bench; machine and versions: results/bench/README.md")


def _systems(axes: Any, table: Sequence[Any]) -> None:
    systems = list(dict.fromkeys(row.system for row in table))
    for place, row in enumerate(table):
        colour = COLOURS[systems.index(row.system)]
        axes.barh(place, row.person_weeks_per_second, color=colour)
        text = f" {row.person_weeks_per_second / 1e6:,.2f} M, {row.seconds:,.1f} s"
        axes.text(row.person_weeks_per_second, place, text, va="center", fontsize=8)
    names = [f"{row.system}: {row.job}" for row in table]
    axes.set_yticks(range(len(table)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(right=30 * max(row.person_weeks_per_second for row in table))
    axes.set_xlabel("agent-weeks a second (steps of Flee and Starsim), log scale")
    axes.spines[["top", "right"]].set_visible(False)


def _growth(axes: Any, growth: Sequence[Any]) -> None:
    for job, colour in zip(dict.fromkeys(row.job for row in growth), (BLUE, ORANGE), strict=True):
        found = [row for row in growth if row.job == job]
        by_people = len({row.people for row in found}) > 1
        across = [row.people if by_people else row.moves for row in found]
        said = "agents" if by_people else "moves"
        axes.plot(
            across, [row.seconds for row in found], "o-", color=colour, label=f"{job} ({said})"
        )
    axes.set(
        xscale="log", yscale="log", xlabel="agents, or moves", ylabel="seconds a run, log scale"
    )
    for form in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        form("{x:g}")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


def _parts(axes: Any, profile: Sequence[Any]) -> None:
    names = list(dict.fromkeys(share.part for share in profile))[:SHOWN]
    scales = list(dict.fromkeys(share.scale for share in profile))
    left = np.zeros(len(scales))
    for name, colour in zip((*names, "all else"), COLOURS, strict=True):
        width = np.array([_share(profile, scale, name, names) for scale in scales])
        axes.barh(range(len(scales)), width, left=left, color=colour, label=name)
        left += width
    axes.set_yticks(range(len(scales)), [f"scale {scale}" for scale in scales])
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the run's time")
    axes.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _share(profile: Sequence[Any], scale: int, name: str, named: Sequence[str]) -> float:
    here = {share.part: share.share for share in profile if share.scale == scale}
    if name == "all else":
        return 1 - sum(here.get(each, 0.0) for each in named)
    return float(here.get(name, 0.0))
