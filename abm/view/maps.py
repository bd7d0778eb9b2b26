"""Where they are: stocks by host on a map, with the week's departures and returns.

Tables are tidy outcomes, as for `abm.view.figures`; of several replicates the mean is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from abm.study.wording import counted
from abm.view import countries
from abm.view.style import (
    BLUE,
    GREY,
    ORANGE,
    SOURCE,
    WORLD,
    by_week,
    canvas,
    dates_along,
    plain,
    replicates,
    rows_of,
    signed,
)  # fmt: skip

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BORDERS = (
    "Borders: Natural Earth 2.0 at 1:110 million, with Crimea in Ukraine, as the United Nations "
    "has it."
)
FLOWS = {"departures": BLUE, "returns": ORANGE}
WIDTH, HEIGHT = (-5700.0, 7100.0), (-3700.0, 2900.0)  # km on the plane: what is shown
BEYOND = {"United States": (-5300.0, 2400.0), "Argentina": (-5300.0, -3300.0)}  # off the map
MARGIN = 400.0  # km from the frame's edge at which other hosts beyond it stand
PEOPLE_A_POINT = 250.0  # people a square point of a circle
WIDTH_OF_1000 = 1.3  # points of a line for a thousand people a week; as the square root
LEAST_NAMED = 0.015  # share of all abroad from which a host has its name
LAND, COAST = "#F2F2EF", "#B5B5B0"
COLOURS = 64  # of the animation
MILLISECONDS = 170  # of its frames


def where_they_are(outcomes: pd.DataFrame, days: Sequence[date | str] | None = None) -> Figure:
    """A map a week: circles for people there at its end, lines for who left Russia and came back.

    days : any day of each week to show; the week of most departures if not said
    """
    table = weekly(outcomes)
    weeks = [_week_of(table, day) for day in days] if days else [_busiest(table)]
    columns = 1 if len(weeks) == 1 else 2
    rows = -(-len(weeks) // columns)
    figure, panels = canvas(rows, columns, height=rows * (5.0 if columns == 1 else 2.65) + 0.8)
    for axes, week in zip(panels, weeks, strict=False):
        _land(axes)
        shown = pd.DataFrame(table.xs(week, level="date"))
        _draw(axes, shown, small=columns > 1)
        said = _said(shown, week)
        axes.set_title(said.replace(": ", "\n", columns - 1), fontsize=9, loc="left")
    for axes in panels[len(weeks) :]:
        axes.set_axis_off()
    _legend(panels[0], small=columns > 1)
    return signed(figure, "Where they are, and who came and went in the week", _source(outcomes))


def animate(outcomes: pd.DataFrame, path: str | Path, every: int = 1, dpi: int = 80) -> Path:
    """Write the map of every week, or of each so many, as a GIF; its path.

    Below the map, departures and returns of all weeks with a line at the week shown.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    table = weekly(outcomes)
    weeks = table.index.get_level_values("date").unique()
    figure, (axes, below) = canvas(2, 1, height=7.0, ratios=(5.2, 1.0), sharex=False)
    figure.set_layout_engine("none")
    axes.set_position((0.01, 0.24, 0.98, 0.66))
    below.set_position((0.1, 0.13, 0.86, 0.09))
    _land(axes)
    _legend(axes)
    now = _flows_below(below, outcomes)
    signed(figure, "Where they are, week by week", _source(outcomes))
    figure.set_dpi(dpi)
    page = FigureCanvasAgg(figure)
    frames = []
    for week in weeks[:: max(1, every)]:
        shown = pd.DataFrame(table.xs(week, level="date"))
        marks = _draw(axes, shown)
        axes.set_title(_said(shown, week), fontsize=9, loc="left")
        now.set_xdata([week, week])
        page.draw()
        frames.append(Image.fromarray(np.asarray(page.buffer_rgba())).convert("RGB"))
        for mark in marks:
            mark.remove()
    # One palette for all, without dither: what stands still costs nothing, a quarter of the bytes.
    richest = max(frames, key=lambda frame: len(frame.getcolors(frame.width * frame.height) or ()))
    palette = richest.quantize(COLOURS, Image.Quantize.FASTOCTREE)
    first, *rest = (frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
    first.save(path, save_all=True, append_images=rest, duration=MILLISECONDS, loop=0)
    return Path(path)


def weekly(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Indexed by date and host: stock_abroad (people), departures, returns (people a week)."""
    columns = {}
    for outcome in ("stock_abroad", *FLOWS):
        rows = rows_of(outcomes, outcome)
        rows = rows[rows["host"] != WORLD]
        mean = rows.groupby(["date", "host"], observed=True)["value"].sum() / replicates(outcomes)
        columns[outcome] = mean
    return pd.DataFrame(columns).fillna(0.0)


def _week_of(table: pd.DataFrame, day: date | str) -> pd.Timestamp:
    """The first day of the week that a day lies in; KeyError outside of the table."""
    weeks = table.index.get_level_values("date").unique().sort_values()
    place = int(weeks.searchsorted(pd.Timestamp(day), side="right")) - 1
    last = weeks[-1] + pd.Timedelta(days=6)
    if place < 0 or pd.Timestamp(day) > last:
        raise KeyError(f"{day} is in no week of the table, {weeks[0].date()} to {last.date()}")
    return pd.Timestamp(weeks[place])


def _busiest(table: pd.DataFrame) -> pd.Timestamp:
    busy: Any = table["departures"].groupby(level="date").sum().idxmax()
    return pd.Timestamp(busy)


def _land(axes: Axes) -> None:
    """The countries, with Russia a shade darker, within the frame."""
    from matplotlib.collections import PolyCollection

    rings = countries.drawn()
    colours = ["#E2E2DC" if name == "Russia" else LAND for name, _ in rings]
    shapes = [ring for _, ring in rings]
    axes.add_collection(
        PolyCollection(shapes, facecolor=colours, edgecolor=COAST, linewidth=0.4, zorder=0)
    )
    axes.set_xlim(*WIDTH)
    axes.set_ylim(*HEIGHT)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_color(COAST)


def place_of(host: str) -> tuple[float, float]:
    """Where a host's circle stands, km on the plane; beyond the frame, at its edge."""
    if host in BEYOND:
        return BEYOND[host]
    x, y = _within(_middle(host))
    return float(x), float(y)


def _middle(host: str) -> Any:
    """A host's middle on the plane, also out of sight."""
    return countries.on_plane(np.array([countries.middle(host)]), everywhere=True)[0]


def _within(place: Any) -> Any:
    """A place, or the nearest to it that is well within the frame."""
    ends = np.array([WIDTH, HEIGHT]) + MARGIN * np.array([1.0, -1.0])
    return np.clip(place, ends[:, 0], ends[:, 1])


def _draw(axes: Axes, week: pd.DataFrame, small: bool = False) -> list[Any]:
    """One week's circles, lines and names: what was added, to be taken away again."""
    from matplotlib.patches import PathPatch

    shrink = 0.35 if small else 1.0
    home = countries.on_plane(np.array([countries.MOSCOW]))[0]
    places = np.array([place_of(str(host)) for host in week.index])
    drawn: list[Any] = []
    for (flow, colour), side in zip(FLOWS.items(), (1, -1), strict=True):
        for place, people in zip(places, week[flow], strict=True):
            if people > 0:
                width = WIDTH_OF_1000 * np.sqrt(people / 1000) * np.sqrt(shrink)
                arc = _arc(home, place, side)
                line = PathPatch(
                    arc, fill=False, edgecolor=colour, linewidth=width, alpha=0.7, zorder=2
                )
                drawn.append(axes.add_patch(line))
    sizes = week["stock_abroad"].to_numpy() / PEOPLE_A_POINT * shrink
    drawn.append(
        axes.scatter(
            places[:, 0], places[:, 1], s=sizes, color=GREY, alpha=0.6, linewidth=0, zorder=3
        )
    )
    drawn.append(axes.plot(*home, "s", color="black", markersize=3 if small else 4, zorder=4)[0])
    return drawn + _names(axes, week["stock_abroad"], places, small)


def _arc(start: Any, end: Any, side: int) -> Any:
    """A curve from one point to another, bent to one side."""
    from matplotlib.path import Path as Curve

    start, end = np.asarray(start, float), np.asarray(end, float)
    along = end - start
    bend = (start + end) / 2 + side * 0.12 * np.array([-along[1], along[0]])
    return Curve([start, bend, end], [Curve.MOVETO, Curve.CURVE3, Curve.CURVE3])


def _names(axes: Axes, stock: pd.Series, places: Any, small: bool) -> list[Any]:
    """Names of hosts with many people, the largest first, each where it hides no other's name or
    circle."""
    from matplotlib.patheffects import withStroke
    from matplotlib.textpath import TextPath

    texts: list[Any] = []
    size, kilometres = (6.0, 40.0) if small else (7.5, 20.0)  # of a point of the page
    line = 1.25 * size * kilometres
    shrink = 0.35 if small else 1.0
    named = stock[(stock > 0) & (stock >= LEAST_NAMED * stock.sum())]
    radius = np.sqrt(named / PEOPLE_A_POINT * shrink / np.pi) * kilometres
    middles = dict(zip(stock.index, places, strict=True))
    half = radius / np.sqrt(2)  # the square within a circle
    taken = [
        (x - r, y - r, x + r, y + r)
        for (x, y), r in ((middles[host], half[host]) for host in named.index)
    ]
    for host in named.sort_values(ascending=False, kind="stable").index:
        wide = TextPath((0, 0), str(host), size=size).get_extents().width * kilometres
        reach, (x, y) = radius[host] + size * kilometres / 3, middles[host]
        for dx, dy in _around(reach, wide, line):
            box = (x + dx, y + dy - line / 2, x + dx + wide, y + dy + line / 2)
            inside = box[0] > WIDTH[0] and box[2] < WIDTH[1]
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                text = axes.text(x + dx, y + dy, host, fontsize=size, va="center", zorder=5)
                text.set_path_effects([withStroke(linewidth=1.5, foreground="white", alpha=0.7)])
                texts.append(text)
                break
    return texts


def _around(reach: float, wide: float, line: float) -> list[tuple[float, float]]:
    """Where a name may start, from a circle's middle: beside it, above, below, then further off."""
    near = [(reach, 0.0), (-reach - wide, 0.0), (-wide / 2, reach + line / 2),
            (-wide / 2, -reach - line / 2)]  # fmt: skip
    return near + [
        (x, side * up * line) for up in (0.6, 1.2) for side in (1, -1)
        for x in (reach, -reach - wide)
    ]  # fmt: skip


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _legend(axes: Axes, small: bool = False) -> None:
    """What a circle and a line stand for."""
    from matplotlib.lines import Line2D

    shrink = 0.35 if small else 1.0
    flows, stocks = ((20_000,), (100_000,)) if small else ((500, 20_000), (10_000, 100_000))
    handles = [
        Line2D([], [], color=colour, linewidth=WIDTH_OF_1000 * np.sqrt(people * shrink / 1000))
        for people in flows
        for colour in FLOWS.values()
    ]
    labels = [f"{flow}, {n:,} a week" for n in flows for flow in FLOWS]
    for people in stocks:
        size = np.sqrt(people / PEOPLE_A_POINT * shrink)
        handles.append(Line2D([], [], marker="o", color=GREY, alpha=0.6, markersize=size,
                              linestyle="", markeredgewidth=0))  # fmt: skip
        labels.append(f"{people:,} people there")
    axes.legend(
        handles, labels, loc="upper right", fontsize=6 if small else 8, framealpha=0.9,
        labelspacing=0.9, borderpad=0.8, edgecolor=COAST,
    )  # fmt: skip


def _flows_below(axes: Axes, outcomes: pd.DataFrame) -> Any:
    """Departures and returns of all weeks; the line to be moved along them."""
    for flow, colour in FLOWS.items():
        weeks = by_week(outcomes, flow, WORLD).mean(axis=1)
        axes.plot(weeks.index, weeks / 1000, color=colour, linewidth=1.2, label=flow)
    plain(axes)
    dates_along(axes)
    axes.set_ylabel("thousand\na week", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.set_ylim(bottom=0)
    return axes.axvline(weeks.index[0], color="black", linewidth=1)


def _said(week: pd.DataFrame, first: pd.Timestamp) -> str:
    total = week.sum()
    return (
        f"Week from {first.day} {first:%B %Y}: {total['stock_abroad']:,.0f} abroad; "
        f"{total['departures']:,.0f} left Russia, {total['returns']:,.0f} came back"
    )


def _source(outcomes: pd.DataFrame) -> str:
    hosts = {str(host) for host in outcomes["host"].unique() if host != WORLD}
    further = sorted(
        host for host in hosts - BEYOND.keys() if (_within(_middle(host)) != _middle(host)).any()
    )
    *most, last = ("the United States", "Argentina", *further)
    beyond = f"{', '.join(most)} and {last} lie beyond the frame"
    return (
        f"{SOURCE}; mean of {counted(replicates(outcomes), 'replicate')}. Circles by area; lines "
        f"as the square root of people; {beyond}.\n{BORDERS}"
    )
