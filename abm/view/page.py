"""A page that needs nothing but itself: figures, tables and charts inside one HTML file."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pandas as pd

from abm import html
from abm.view.extras import needed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 1060px; margin: 2em auto;
  padding: 0 1em; }
h1 { line-height: 1.2; } h2 { margin-top: 2em; border-bottom: 1px solid #ddd; }
table { border-collapse: collapse; font-size: 14px; margin: .6em 0; }
th, td { padding: .15em .8em .15em 0; text-align: left; vertical-align: top; }
tbody tr:nth-child(even) { background: #f6f6f4; }
details { margin: .6em 0; overflow-x: auto; } summary { cursor: pointer; color: #0072B2; }
img { max-width: 100%; } nav a { margin-right: 1em; } .note { color: #666; font-size: 14px; }
pre { white-space: pre-wrap; }
.chart { overflow-x: auto; } .chart.vega-embed { display: flex; flex-direction: column; }
.vega-bindings { order: -1; } .vega-bind { margin: .3em 0; } .vega-bind-name { font-weight: 600; }
"""
EMBED = """
document.querySelectorAll("script.spec").forEach(spec => {
  vegaEmbed(spec.previousElementSibling, JSON.parse(spec.textContent), {actions: false});
});
"""


@dataclass
class Page:
    """What a report shows, in order."""

    title: str
    parts: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    charts: int = 0

    def heading(self, text: str) -> None:
        """A section, with a link to it on top."""
        self.headings.append(text)
        self.parts.append(f"<h2 id='part{len(self.headings)}'>{escape(text)}</h2>")

    def note(self, text: str) -> None:
        """A sentence or two."""
        self.parts.append(f"<p class='note'>{escape(text)}</p>")

    def text(self, text: str) -> None:
        """A text as it is written, line by line."""
        self.parts.append(f"<pre>{escape(text)}</pre>")

    def facts(self, title: str, facts: dict[str, object]) -> None:
        """Names with values."""
        self.parts.append(html.card(title, facts))

    def table(self, rows: pd.DataFrame, summary: str = "") -> None:
        """A table, folded behind its summary if it has one."""
        self.parts.append(html.table(rows, summary))

    def figure(self, figure: Figure, name: str) -> None:
        """A figure as a picture within the page."""
        picture = BytesIO()
        figure.savefig(picture, format="png", dpi=120)
        self.picture(picture.getvalue(), name)

    def picture(self, png: bytes, name: str) -> None:
        """A PNG within the page."""
        data = b64encode(png).decode("ascii")
        self.parts.append(f"<p><img alt='{escape(name)}' src='data:image/png;base64,{data}'></p>")

    def chart(self, spec: dict[str, Any]) -> None:
        """A Vega-Lite chart, its data included."""
        self.charts += 1
        text = json.dumps(spec, separators=(",", ":")).replace("<", "\\u003c")
        self.parts.append(
            f"<div class='chart' id='chart{self.charts}'></div>"
            f"<script type='application/json' class='spec'>{text}</script>"
        )

    def provenance(self, told: dict[str, Any]) -> None:
        """What re-creates the results: plain facts, and long lists folded."""
        plain = {name: value for name, value in _flat(told).items() if value not in ("", None)}
        self.facts("Provenance", plain)
        for name in ("scenario", "a", "b"):
            scenario = told.get(name)
            if not isinstance(scenario, dict) or "parameters" not in scenario:
                continue
            of = "" if name == "scenario" else f" of {name.upper()}"
            parameters = pd.Series(scenario["parameters"], name="value").rename_axis("parameter")
            self.table(parameters.reset_index(), f"parameters{of}")
            self.table(pd.DataFrame(scenario["events"]), f"dated events{of}")

    def html(self) -> str:
        """The page."""
        links = "".join(
            f"<a href='#part{k}'>{escape(text)}</a>" for k, text in enumerate(self.headings, 1)
        )
        script = ""
        if self.charts:
            vl_convert = needed("vl_convert", "abm report", "report")
            libraries = vl_convert.javascript_bundle().replace("</script", "<\\/script")
            script = f"<script type='module'>{libraries}\n{EMBED}</script>"
        return (
            "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
            "<link rel='icon' href='data:,'>"
            "<meta name='viewport' content='width=device-width'>"
            f"<title>{escape(self.title)}</title><style>{STYLE}</style></head><body>"
            f"<h1>{escape(self.title)}</h1><nav>{links}</nav>{''.join(self.parts)}{script}"
            "</body></html>\n"
        )


def _flat(told: dict[str, Any], above: str = "") -> dict[str, object]:
    """Nested names joined by dots; lists in one line; what is long has tables of its own."""
    flat: dict[str, object] = {}
    for name, value in told.items():
        full = f"{above}{name}"
        if name in ("parameters", "events", "scenarios", "points"):
            continue
        if isinstance(value, dict):
            flat |= _flat(value, f"{full}.")
        elif isinstance(value, list):
            flat[full] = ", ".join(map(str, value))
        else:
            flat[full] = value
    return flat
