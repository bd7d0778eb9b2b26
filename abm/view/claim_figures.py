"""A claim over parameter points: the effect of each part, the range in which the claim holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abm.study.claim import OPEN
from abm.study.evidence import EVIDENCE
from abm.view.labels import BY, scaled
from abm.view.style import BLUE, GREEN, GREY, ORANGE, SKY, canvas, plain, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from abm.study.claim import Judged, Part
    from abm.study.claims_run import Verdict

COLOURS: dict[str, str] = dict(zip(EVIDENCE, (SKY, ORANGE, BLUE), strict=True))
PANEL = 1.0  # inches a part
REACH = 0.08  # of the span, beyond the last point


def effects(verdict: Verdict) -> Figure:
    """One panel a part: a dot for each parameter point, by evidence scenario; hollow where open."""
    claim = verdict.claim
    figure, panels = canvas(
        len(claim.parts), 1, height=1.2 + PANEL * len(claim.parts), sharex=False
    )
    for axes, part, found in zip(panels, claim.parts, verdict.parts, strict=True):
        _panel(axes, part, found, verdict)
    for name in EVIDENCE:
        panels[0].plot([], [], "o", color=COLOURS[name], label=f"{name} returns")
    panels[0].legend(
        loc="lower right", bbox_to_anchor=(1, 1.2), ncols=3, frameon=False, fontsize=8, borderpad=0
    )
    shares = verdict.whole.shares
    told = "" if np.isnan(shares["all"]) else f"; holds in {shares['all']:.0%} of decided points"
    return signed(
        figure,
        f"{claim.id}: {claim.title}\n{verdict.whole.verdict}{told}",
        f"{BY}; a dot is a parameter point, hollow where luck leaves it open, the bar their median;"
        "\ngreen: where the claim holds.",
    )


def _panel(axes: Axes, part: Part, found: Judged, verdict: Verdict) -> None:
    assert found.effect is not None
    known = found.effect.dropna()
    by, unit = scaled(known, part.unit)
    ends = [value / by for value in (part.low, part.high) if np.isfinite(value)]
    values = known / by
    low, high = min([*values, *ends, 0.0]), max([*values, *ends, 0.0])
    reach = REACH * ((high - low) or 1.0)
    axes.set_xlim(low - reach, high + reach)
    from_, to = max(part.low / by, low - reach), min(part.high / by, high + reach)
    axes.axvspan(from_, to, color=GREEN, alpha=0.14, linewidth=0)
    axes.axvline(0, color=GREY, linewidth=0.8)
    height = np.random.default_rng(0).uniform(-0.3, 0.3, len(values))
    evidence = verdict.evidence.reindex(values.index)
    open_ = (found.status.reindex(values.index) == OPEN).to_numpy()
    for place, value, name, hollow in zip(height, values, evidence, open_, strict=True):
        colour = COLOURS.get(str(name), GREY)
        face = "none" if hollow else colour
        axes.plot(value, place, "o", markersize=4.5, color=colour, markerfacecolor=face, alpha=0.85)
    axes.plot([float(values.median())] * 2, [-0.45, 0.45], color="black", linewidth=1.4)
    aside = "" if part.counts else " (shown beside, not counted)"
    axes.set_title(f"{part.what}, {unit}{aside}: {found.verdict}", fontsize=9, loc="left")
    axes.set_ylim(-0.6, 0.6)
    axes.set_yticks([])
    plain(axes)
    axes.spines["left"].set_visible(False)
    axes.tick_params(labelsize=8, color=GREY)
