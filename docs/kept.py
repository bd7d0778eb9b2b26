"""Tables of the documentation that follow from what is kept in results/: `python docs/kept.py`.

A page has them between `<!-- kept: NAME -->` and `<!-- end -->`; NAME is one of BLOCKS.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from abm.mechanisms import MECHANISMS
from abm.study.calibration import pipeline
from abm.study.evidence import EVIDENCE
from abm.study.markdown import table
from abm.study.nine_claims import CLAIMS
from abm.view import terminal

HOME = Path(__file__).resolve().parents[1]
RESULTS = HOME / "results"
BLOCK = re.compile(r"(<!-- kept: ([^>]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{share:.0%}"


def verdicts() -> str:
    """The verdict of each claim."""
    kept = pd.read_csv(RESULTS / "claims" / "verdicts.csv")
    rows = []
    for row in kept.to_dict("records"):
        page = f"../experiments/claims/{CLAIMS[row['id']].study}/README.md"
        rows.append((f"[{row['id']}]({page}) {row['claim']}", f"**{row['verdict']}**", *_told(row)))
    return table(("claim", "verdict", "holds in", "low, middle, high", "decided", "hangs on"), rows)


def _told(row: dict[Any, Any]) -> tuple[str, str, str, str]:
    shares = ", ".join(percent(row[f"share_{name}"]) for name in ("low", "middle", "high"))
    hangs_on = row["hangs_on"] if isinstance(row["hangs_on"], str) else ""
    return percent(row["share"]), shares, f"{row['decided']} of {row['points']}", hangs_on


def claim(id: str) -> str:
    """The verdict of one claim, and of its parts."""
    kept = pd.read_csv(RESULTS / "claims" / "verdicts.csv").set_index("id").loc[id].to_dict()
    parts = pd.read_csv(RESULTS / "claims" / "parts.csv").query("id == @id")
    share, shares, decided, _ = _told(kept)
    rows = [
        (
            row["part"],
            row["unit"],
            terminal.number(row["median"]),
            f"{terminal.number(row['q05'])} to {terminal.number(row['q95'])}",
            terminal.number(row["luck"]),
            row["verdict"] + ("" if row["counts"] else " (shown)"),
            row["hangs_on"] if isinstance(row["hangs_on"], str) else "",
        )
        for row in parts.to_dict("records")
    ]
    columns = ("part", "unit", "median", "5 to 95 % of points", "luck ±", "verdict", "hangs on")
    return (
        f"**{kept['verdict']}**. Decided at {decided} points; holds in {share} of these "
        f"(low, middle, high returns: {shares}).\n\n{table(columns, rows)}"
    )


def ablations() -> str:
    """What each mechanism off, alone, changes; a dot where the interval of luck holds 0."""
    kept = pd.read_csv(RESULTS / "ablations" / "contrasts.csv")
    what = {each.id: each.what for each in MECHANISMS} | {"responses": "answers of hosts, dated"}
    measures = list(dict.fromkeys(kept["measure"]))
    rows = []
    for value, of_one in kept.groupby("value", sort=False):
        by_measure = of_one.set_index("measure")
        cells = [_difference(by_measure.loc[measure]) for measure in measures]
        rows.append((str(value), what[str(value)], *cells))
    units = kept.drop_duplicates("measure").set_index("measure")["unit"]
    named = [f"{m.partition(',')[0].removesuffix('.total')}, {units[m]}" for m in measures]
    return table(("off", "mechanism", *named), rows)


def _difference(row: pd.Series) -> str:
    if row["low"] <= 0 <= row["high"]:
        return "·"
    return terminal.with_spread(row["difference"], (row["high"] - row["low"]) / 2, 2)


def shares() -> str:
    """Shapley shares of the mechanisms, exact of the twin, and their sum."""
    kept = pd.read_csv(RESULTS / "attribution" / "shapley.csv")
    parts = kept.pivot(index="name", columns="outcome", values="value")
    parts = parts.loc[list(dict.fromkeys(kept["name"])), list(dict.fromkeys(kept["outcome"]))]
    parts.loc["all of them"] = parts.sum()
    rows = [
        (str(name), *(f"{value / 1000:+,.0f}" for value in row))
        for name, row in zip(parts.index, parts.to_numpy(), strict=True)
    ]
    return table(("thousand people", *(n.replace("_", " ") for n in parts.columns)), rows)


def checks() -> str:
    """What the long checks asked and what they measured."""
    reached = pd.read_csv(RESULTS / "checks" / "coverage.csv").sum(numeric_only=True)
    changed = pd.read_csv(RESULTS / "checks" / "mutation.csv", index_col="file")
    fuzzed = pd.read_csv(RESULTS / "checks" / "fuzz.csv").sum(numeric_only=True)
    lines = reached["covered_lines"] / reached["num_statements"]
    branches = reached["covered_branches"] / reached["num_branches"]
    rows = [
        ("coverage of the model, lines", "at least 95 %", f"{100 * lines:.1f} %"),
        ("coverage of the model, branches", "at least 95 %", f"{100 * branches:.1f} %"),
    ]
    for file, counts in changed.groupby(level="file", sort=False):
        killed, mutants = counts["killed"].sum(), counts.drop(columns="function").to_numpy().sum()
        measured = f"{100 * killed / mutants:.1f} % ({killed} of {mutants})"
        rows.append((f"mutants killed, `{file}`", "at least 85 %", measured))
    measured = f"{fuzzed['cases']:,.0f} cases, {fuzzed['failed']:.0f} failed"
    rows.append(("damaged inputs (fuzz)", "at least 20,000 cases, none failed", measured))
    return table(("check", "asked", "measured"), rows)


def docking() -> str:
    """The world's flows and stock to the end of 2024, in the twin and in the model."""
    kept = pd.read_csv(RESULTS / "twin" / "docking.csv").query("hosts == 'World'")
    sums = kept.groupby("outcome")[["twin", "model"]].sum()
    order = kept.query("outcome == 'departures' and until_week == 44")
    named: dict[str, dict[Any, Any]] = {
        "departures": sums.loc["departures"].to_dict(),
        "of them under the order, 29 September to 28 December 2022": order.iloc[0].to_dict(),
        "returns": sums.loc["returns"].to_dict(),
        "onward moves": sums.loc["onward_moves"].to_dict(),
        "abroad at the end": kept.query("outcome == 'stock_abroad'").iloc[-1].to_dict(),
    }
    rows = []
    for name, row in named.items():
        difference = f"{100 * (row['twin'] / row['model'] - 1):+.1f} %"
        errors = f" ({abs(row['z']):.1f} errors)" if "z" in row else ""
        pair = in_thousands(row["twin"]), in_thousands(row["model"])
        rows.append((name, *pair, difference + errors))
    return minus(table(("", "twin", "model", "difference"), rows))


def mechanisms_off() -> str:
    """What some mechanisms off change in the twin and in the model, with standard errors."""
    kept = pd.read_csv(RESULTS / "twin" / "mechanisms.csv")
    what = {each.id: each.what for each in MECHANISMS}
    rows = []
    for off, of_one in kept.groupby("off", sort=False):
        cells = [
            f"{in_thousands(row['twin'])} ± {in_thousands(row['twin_se'])}, "
            f"{in_thousands(row['model'])} ± {in_thousands(row['model_se'])}"
            for row in of_one.to_dict("records")
        ]
        rows.append((str(off), what[str(off)], *cells))
    names = ("departures: twin, model", "returns: twin, model", "abroad: twin, model")
    return minus(table(("off", "mechanism", *names), rows))


def in_thousands(people: float) -> str:
    """Whole thousands, or tenths below ten."""
    return f"{people / 1e3:,.{0 if abs(people) >= 9950 else 1}f}"


def minus(text: str) -> str:
    """With signs of minus for hyphens before digits."""
    return re.sub(r"(?<![\w-])-(?=\d)", "−", text)


def fitted_hits() -> str:
    """How near each centre comes: hits, figures within two deviations, log likelihood."""
    about = json.loads((RESULTS / "calibration" / "about.json").read_text("utf-8"))
    kept = pd.read_csv(RESULTS / "calibration" / "targets.csv")
    rows = []
    for name, data in pipeline.data_of().items():
        means = kept[kept["evidence"] == name].set_index("id")["simulated"].reindex(data.ids)
        readings = means.to_numpy(float)
        near = abs(data.best(readings)) <= 2.0
        hit, of = about["hits"][name]
        points = about["posteriors"][name]["effective_points"]
        rows.append(
            (
                name,
                f"{hit} of {of}",
                f"{near.sum()} of {len(near)}",
                f"{data.log_likelihood(readings):.0f}",
                f"{points:.0f} of {about['calibration']['amounts']['pool']:,}",
            )
        )
    columns = ("returns", "targets hit", "figures within two deviations", "log likelihood")
    return table((*columns, "points of the pool that count"), rows)


def fitted_targets() -> str:
    """Each target judged or set at the centre of each evidence scenario, misses first."""
    kept = pd.read_csv(RESULTS / "calibration" / "targets.csv")
    kept = kept[kept["hit"].notna() | (kept["status"] == "set")]
    outside = (kept["simulated"] < kept["observed_low"]) | (
        kept["simulated"] > kept["observed_high"]
    )
    kept = kept.assign(outside=outside)
    misses = kept.groupby("id", sort=False)["outside"].sum()
    rows = []
    for id in misses.sort_values(ascending=False, kind="stable").index:
        of_one = kept[kept["id"] == id].set_index("evidence")
        first = of_one.iloc[0]
        cells = [_at_centre(of_one, name) for name in EVIDENCE]
        observed = terminal.span(first["observed_low"], first["observed_high"])
        what = first["what"] + (" (set)" if first["status"] == "set" else "")
        rows.append((id, what, f"{observed} {first['unit']}", *cells))
    return table(("", "what", "observed", *(f"{name} returns" for name in EVIDENCE)), rows)


def _at_centre(target: pd.DataFrame, evidence: str) -> str:
    if evidence not in target.index:
        return "–"
    row = target.loc[evidence]
    told = terminal.number(row["simulated"])
    asked = row["status"] in ("fit", "set", f"evidence {evidence}")
    return f"({told})" if not asked else f"**{told}**" if row["outside"] else told


def fitted_factors() -> str:
    """What the fit says of each factor, best told first; those left out by the screen in a line."""
    kept = pd.read_csv(RESULTS / "calibration" / "factors.csv")
    covered = pd.read_csv(RESULTS / "calibration" / "recovery-summary.csv").set_index("factor")
    left_out = kept["status"] == "left out by the screen"
    middle = kept[(kept["evidence"] == "middle") & ~left_out]
    rows = []
    for row in middle.sort_values("shrinkage", ascending=False).to_dict("records"):
        of_one = kept[kept["factor"] == row["factor"]].set_index("evidence")
        rows.append(
            (
                row["factor"],
                terminal.span(row["prior_low"], row["prior_high"]),
                *(_learnt(of_one.loc[name]) for name in EVIDENCE),
                ", ".join(percent(max(0.0, of_one.at[name, "shrinkage"])) for name in EVIDENCE),
                percent(covered.at[row["factor"], "coverage"]),
            )
        )
    rest = ", ".join(sorted(set(kept.loc[left_out, "factor"])))
    columns = ("factor", "prior", *EVIDENCE, "variance gone: low, middle, high", "truths covered")
    return f"{table(columns, rows)}\n\nLeft out by the screen, so as they were: {rest}.\n"


def _learnt(factor: pd.Series) -> str:
    """The centre, bold if it lies outside the interval, and the interval."""
    centre, low, high = (terminal.number(factor[name]) for name in ("centre", "low", "high"))
    outside = not factor["low"] <= factor["centre"] <= factor["high"]
    return f"**{centre}** ({low} to {high})" if outside else f"{centre} ({low} to {high})"


def predicted_scores() -> str:
    """Scores of what was predicted from mid-2023, by evidence scenario and predictor."""
    kept = pd.read_csv(RESULTS / "calibration-2023" / "prediction-scores.csv")
    rows = [
        (
            str(row["evidence"]),
            str(row["predictor"]),
            str(row["facts"]),
            f"{row['relative_crps']:.2f}",
            f"{row['model_on_same']:.2f}",
            percent(row["coverage"]),
        )
        for row in kept.to_dict("records")
    ]
    columns = ("returns", "predictor", "figures", "CRPS", "the model's on the same", "coverage")
    return table(columns, rows)


BLOCKS: dict[str, Callable[[], str]] = {
    "fitted hits": fitted_hits,
    "fitted targets": fitted_targets,
    "fitted factors": fitted_factors,
    "predicted scores": predicted_scores,
    "shares": shares,
    "ablations": ablations,
    "checks": checks,
    "docking": docking,
    "mechanisms off": mechanisms_off,
    "verdicts": verdicts,
    **{f"claim {id}": lambda id=id: claim(id) for id in CLAIMS},  # type: ignore[misc]
}


def filled(page: str) -> str:
    """A page with its blocks anew; KeyError for a name that is none."""
    return BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found[2]]()}\n{found[4]}", page)


def pages() -> list[Path]:
    """The pages that have blocks."""
    found = [*(HOME / "docs").glob("*.md"), *(HOME / "experiments").rglob("*.md")]
    return sorted(path for path in found if BLOCK.search(path.read_text("utf-8")))


if __name__ == "__main__":
    for path in pages():
        path.write_text(filled(path.read_text("utf-8")), "utf-8")
