"""How objects show themselves in a notebook: a title, a few facts, tables to open. All escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import pandas as pd


def card(title: str, facts: Mapping[str, object], *more: str) -> str:
    """A title over a list of facts, and what follows below."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th>"
        f"<td style='text-align:left'>{escape(said(value))}</td></tr>"
        for name, value in facts.items()
    )
    return f"<div><b>{escape(title)}</b><table>{rows}</table>{''.join(more)}</div>"


def table(rows: pd.DataFrame, summary: str = "") -> str:
    """A table; folded behind its summary if it has one."""
    html = rows.to_html(index=False, border=0, na_rep="", float_format=said)
    if not summary:
        return html
    return f"<details><summary>{escape(summary)}</summary>{html}</details>"


def said(value: object) -> str:
    """A value for people: numbers to four digits that count, with commas from ten thousand."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.4g}"
