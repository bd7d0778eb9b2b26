"""The dashboard: Mesa's SolaraViz over the live model, served to this machine alone.

`abm.commands.dashboard` imports it once it has told Solara to stay on this machine.
"""

from __future__ import annotations

import asyncio
import socket
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd
import solara
import solara.lab
import uvicorn
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from mesa.visualization import Slider as MesaSlider
from mesa.visualization import SolaraViz, solara_viz
from mesa.visualization.utils import force_update, update_counter
from solara.server.starlette import app
from starlette.middleware.trustedhost import TrustedHostMiddleware

from abm.calendar import START, week_start
from abm.scenario import Scenario
from abm.view import figures, live_figures, maps
from abm.view.live import LiveModel, Slider

WEEKS_A_FRAME = 9  # a frame takes about as long as twenty weeks
SEEDS = 50
WIDTH, DOTS_PER_INCH = 6.5, 110
HOSTS = ("Turkey", "Georgia", "Armenia", "Kazakhstan", "Kyrgyzstan", "Germany", "Uzbekistan")
DRAWN = ("stock_abroad", "departures", "returns")
TOLD = (*DRAWN, "onward_moves", "insecure_status", "involuntarily_immobile")
HEADS = ("Week", "Who moved", "", "Cause", "Speaks for it, and against it (util)")
STYLE = """
.v-tabs, .v-input--checkbox { display: none }  /* one page; threads would draw half a week */
.v-input__slider .v-input__slot { flex-wrap: wrap }
.v-input__slider .v-label { width: 100%; height: auto; font-size: 13px }
.vue-grid-item .widget-image { max-width: 100%; max-height: 100%; object-fit: contain }
.live { font-size: 11px; line-height: 1.3; height: 100%; overflow: auto }
.live.flows { display: flex; flex-direction: column; overflow: hidden }
.live.flows > :last-child { flex: 1 1 0; min-height: 0 }
.live td, .live th { padding: 1px 8px 1px 0; text-align: left; vertical-align: top }
.live code { user-select: all; font-size: 11px !important }
.live .nowrap { white-space: nowrap }
"""


@dataclass(frozen=True)
class Asked:
    """What the page starts from."""

    scenario: Scenario
    dials: tuple[Slider, ...]
    command: str


asked: Asked | None = None  # the page is made by Solara, which passes nothing


def serve(what: Asked, listening: socket.socket) -> None:
    """Show the dashboard on a socket that listens, until Ctrl-C."""
    global asked
    asked = what
    warnings.filterwarnings("ignore", "Cookies with samesite")  # of no use without https
    guarded = TrustedHostMiddleware(app, allowed_hosts=["127.0.0.1", "localhost"])
    config = uvicorn.Config(guarded, log_level="error", timeout_graceful_shutdown=1)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


@solara.component  # type: ignore[untyped-decorator]
def Controls(  # noqa: N802
    model: Any,
    renderer: Any = None,
    *,
    model_parameters: Any,
    play_interval: Any,
    render_interval: Any,
    use_threads: Any = None,
) -> None:
    """Play, step and reset, in the thread that draws the page.

    SolaraViz's own steps the model in threads of its own. Press play again before the last of them
    has ended, and two of them step one model.
    """
    playing = solara.use_reactive(False)

    async def play() -> None:
        while playing.value and model.value.running:
            for _ in range(render_interval.value):
                model.value.step()
                await asyncio.sleep(play_interval.value / 1000)  # now buttons are heard
            force_update()
        playing.value = False

    def step() -> None:
        for _ in range(render_interval.value):
            model.value.step()
        force_update()

    def play_or_pause() -> None:
        if playing.value:
            force_update()  # what goes since the last frame is shown before the button changes
        playing.value = not playing.value

    def reset() -> None:
        playing.value = False
        model.value = type(model.value)(**model_parameters.value)

    solara.lab.use_task(play, dependencies=[playing.value], prefer_threaded=False)
    update_counter.get()  # drawn again with each frame, as the last week ends the play
    over = not model.value.running
    with solara.Row(justify="space-between"):
        solara.Button("Reset", color="primary", on_click=reset)
        label = "❚❚" if playing.value else "▶"
        solara.Button(label, color="primary", on_click=play_or_pause, disabled=over)
        solara.Button("Step", color="primary", on_click=step, disabled=over or playing.value)


solara_viz.ModelController = Controls


@solara.component  # type: ignore[untyped-decorator]
def Page() -> None:  # noqa: N802 - so Solara's components are called
    """The whole page; every browser tab has a model of its own."""
    assert asked is not None
    scenario, dials = asked.scenario, asked.dials
    model = solara.use_memo(lambda: LiveModel(scenario, dials), [])
    solara.Title("Relokant")
    solara.Style(STYLE)
    SolaraViz(
        model,
        components=[(flows, 0), (stocks, 0), (places, 0), (decisions, 0)],
        model_params=_params(scenario, dials),
        name=scenario.title or scenario.name,
        play_interval=1,
        render_interval=WEEKS_A_FRAME,
    )


def _params(scenario: Scenario, dials: tuple[Slider, ...]) -> dict[str, Any]:
    """What SolaraViz makes a model of at each reset: what is fixed, and where sliders stand."""
    seeds = MesaSlider("seed", scenario.seed, 1, max(SEEDS, scenario.seed))
    sliders = {
        dial.name: MesaSlider(
            f"{dial.name} ({dial.unit})", dial.start, dial.low, dial.high, dial.step, dtype=float
        )
        for dial in dials
    }
    return {"scenario": scenario, "dials": dials, "seed": seeds, **sliders}


def flows(model: LiveModel) -> solara.Element:
    """The latest week in numbers, the same run from a shell, departures and returns so far."""
    with solara.Div(classes=["live", "flows"]) as shown:
        solara.HTML("div", unsafe_innerHTML=_week(model))
        _so_far(model, figures.departures_and_returns, height=3.8)
    return shown


def stocks(model: LiveModel) -> solara.Element:
    """People abroad so far, by host."""
    return _so_far(model, lambda outcomes: live_figures.stocks(outcomes, HOSTS), height=5.2)


def places(model: LiveModel) -> solara.Element:
    """The map of the latest week."""
    return _figure(model, _latest_map)


def _latest_map(outcomes: pd.DataFrame) -> Figure:
    return maps.where_they_are(outcomes, [outcomes["date"].max()])


def _so_far(
    model: LiveModel, draw: Callable[[pd.DataFrame], Figure], height: float
) -> solara.Element:
    """A figure over all weeks that there are to be, so that its curves grow to the right."""

    def drawn(outcomes: pd.DataFrame) -> Figure:
        figure = draw(outcomes)
        figure.set_size_inches(WIDTH, height)
        for axes in figure.axes:
            axes.set_xlim(date2num(START), date2num(model.scenario.until))
        return figure

    return _figure(model, drawn)


def _figure(model: LiveModel, draw: Callable[[pd.DataFrame], Figure]) -> solara.Element:
    if not model.week:
        return solara.Text("Nothing has happened yet: press ▶ or Step.")
    outcomes = model.outcomes()
    figure = draw(outcomes[outcomes["outcome"].isin(DRAWN)])
    return solara.FigureMatplotlib(figure, format="png", dpi=DOTS_PER_INCH)


def _week(model: LiveModel) -> str:
    assert asked is not None
    told = [("week from", str(week_start(max(model.week - 1, 0))))]
    for name in TOLD if model.week else ():
        people = model.observations.series(name)[-1]
        told.append((name.replace("_", " "), f"{people:,.0f}"))
    heads = "".join(f"<th>{name}</th>" for name, _ in told)
    cells = "".join(f"<td>{value}</td>" for _, value in told)
    words = [asked.command, f"--seed {model.scenario.seed}"]
    words += [f"--set {name}={value:g}" for name, value in model.settings.items()]
    return (
        f'<table class="week"><tr>{heads}</tr><tr class="nowrap">{cells}</tr></table>'
        f"The same from a shell: <code>{escape(' '.join(words))}</code>"
    )


def decisions(model: LiveModel) -> solara.Element:
    """Some who moved of late, and what weighs with them."""
    rows = [
        f'<tr><td class="nowrap">{row["week"]}</td><td>{row["who"]}</td>'
        f"<td>{row['from']} → {row['to']}</td>"
        f"<td>{row['cause']}</td>"
        f"<td>{row['speaks for it']}<br>{row['speaks against it']}</td></tr>"
        for _, row in model.decisions_table().iterrows()
    ]
    heads = "".join(f"<th>{head}</th>" for head in HEADS)
    table = f"<table><tr>{heads}</tr>{''.join(rows)}</table>"
    return solara.HTML("div", table, classes=["live", "decisions"])
