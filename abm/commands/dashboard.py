"""`abm dashboard`: the live model in a browser, on this machine alone."""

from __future__ import annotations

import argparse
import os
import shlex
import socket
from functools import partial
from typing import Any

from abm.commands import settings

SCALE, PORT = 1000, 8765
NEEDS = ("solara", "solara_assets", "ipyvuetify", "altair", "networkx")
STAY_HERE = {  # read when Solara is imported: no telemetry, nothing fetched from elsewhere
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_ASSETS_CDN": "http://127.0.0.1:9/",
    "SOLARA_APP": "abm.view.dashboard:Page",
    "SOLARA_CHECK_HOOKS": "off",
    "SOLARA_MODE": "production",
    "SOLARA_THEME_SHOW_BANNER": "False",
}


def add(commands: Any) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser(
        "dashboard",
        help="play with the live model in a browser",
        description="Show the live model in a browser, to this machine alone: play, step, reset, "
        "sliders of levers and parameters, figures, and why people move.",
    )
    add_argument = parser.add_argument
    add_argument("scenario", nargs="?", default="war-years", metavar="SCENARIO")
    scale, port = partial(settings.whole, SCALE), partial(settings.whole, PORT)
    add_argument(
        "--scale", type=scale, default=SCALE, metavar="N", help=f"people an agent; {SCALE} if not"
    )
    add_argument("--port", type=port, default=PORT, metavar="N", help=f"{PORT} if not; 0: any")
    add_argument(
        "--slider",
        action="append",
        default=[],
        metavar="NAME",
        help="one more: a parameter or lever, as abm run --set takes it; can be repeated",
    )
    parser.set_defaults(do=do)


def do(asked: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from abm.scenario import load
    from abm.view import live
    from abm.view.extras import needed

    scenario = load(asked.scenario, scale=asked.scale)
    dials = live.sliders(scenario, asked.slider)
    with _listening(asked.port) as listening:
        os.environ.update(STAY_HERE)
        for module in NEEDS:
            needed(module, "the dashboard", "dashboard")
        from abm.view import dashboard

        command = f"abm run {shlex.quote(asked.scenario)} --scale {asked.scale}"
        address = "http://{}:{}".format(*listening.getsockname())
        print(f"dashboard at {address} (Ctrl-C stops it)", flush=True)
        dashboard.serve(dashboard.Asked(scenario, dials, command), listening)


def _listening(port: int) -> socket.socket:
    """A socket that listens on loopback alone; InputError if the port cannot be had."""
    from abm.errors import InputError

    try:
        return socket.create_server(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        raise InputError(f"port {port}: {error}. Example: --port {PORT + 1}") from None
