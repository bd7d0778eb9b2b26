"""Charts of a report to play with: choose a host or outcome, drag over dates, click on bars.

Each function takes tables and gives a Vega-Lite specification, a dictionary that holds its data.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import pandas as pd

from abm.hosts_table import HOME
from abm.study.measures import Reading
from abm.view.extras import needed
from abm.view.labels import wrapped
from abm.view.style import BLUE, GREY, ORANGE, SKY, WORLD, replicates

EXPLORED = (
    "stock_abroad", "departures", "arrivals", "returns", "onward_moves", "insecure_status",
    "permit_refusals", "rent_index", "hostility", "policy_strictness", "fear",
)  # fmt: skip
WIDTH, HEIGHT = 590, 260  # pixels
MOST_FACTORS = 12
FLOWS = {"left Russia": BLUE, "came back": ORANGE, "moved on": SKY}


def over_time(outcomes: pd.DataFrame) -> dict[str, Any]:
    """Any outcome of any host by week; drag over dates to see all hosts in these weeks beside it.

    outcomes : a run's, with replicate where there are several; lines are means, bands their range
    """
    alt = _altair()
    table, names = _wide(outcomes)
    units = outcomes.drop_duplicates("outcome").astype({"outcome": str, "unit": str})
    unit_of = units.set_index("outcome")["unit"].to_dict()
    hosts = [WORLD, *sorted(set(table["host"]) - {WORLD})]
    host = alt.param(name="host", value=hosts[0], bind=_select(alt, hosts, "host"))
    outcome = alt.param(name="outcome", value=names[0], bind=_select(alt, names, "outcome"))
    listed = ", ".join(f"'{name}': '{unit_of[name]}'" for name in names)
    unit = alt.param(name="unit_said", expr=f"({{{listed}}})[outcome]")
    period = alt.selection_interval(name="period", encodings=["x"])
    base = alt.Chart(_csv(alt, table)).transform_calculate(
        value="toNumber(datum[outcome])",
        low="toNumber(datum[outcome + '_low'])",
        high="toNumber(datum[outcome + '_high'])",
    )
    one = base.transform_filter("datum.host == host")
    x = alt.X("date:T", title=None)
    y = alt.Y("value:Q", title=None)
    band = one.mark_area(opacity=0.25, color=BLUE).encode(
        x, alt.Y("low:Q", title=None), y2="high:Q"
    )
    line = one.mark_line(color=BLUE, point={"opacity": 0, "size": 60}).encode(
        x, y, tooltip=["date:T", alt.Tooltip("value:Q", format=",.4~g")]
    )
    title = alt.TitleParams(text=alt.ExprRef("outcome + ', ' + host + ' (' + unit_said + ')'"))
    weeks = (band + line).add_params(period).properties(width=WIDTH, height=HEIGHT, title=title)
    bars = (
        base.transform_filter(period)
        .transform_filter(f"datum.host != '{WORLD}' && isValid(datum.value)")
        .transform_aggregate(mean="mean(value)", groupby=["host"])
        .mark_bar()
        .encode(
            alt.X("mean:Q", title="mean over the dates chosen"),
            alt.Y("host:N", sort="-x", title=None),
            color=alt.condition("datum.host == host", alt.value(ORANGE), alt.value(BLUE)),
            tooltip=["host:N", alt.Tooltip("mean:Q", format=",.4~g")],
        )
        .properties(width=230, title="hosts")
    )
    return _spec((weeks | bars).add_params(host, outcome, unit))


def moves_by_occupation(moves: pd.DataFrame, emigrants: pd.DataFrame) -> dict[str, Any]:
    """Who left, came back and moved on by month, occupation and host: each filters the others."""
    alt = _altair()
    table = monthly_moves(moves, emigrants)
    months = alt.selection_interval(name="months", encodings=["x"])
    occupation = alt.selection_point(name="occupations", fields=["occupation"])
    host = alt.selection_point(name="hosts", fields=["host"])
    colour = alt.Color(
        "flow:N", title=None, scale=alt.Scale(domain=list(FLOWS), range=list(FLOWS.values())),
        legend=alt.Legend(orient="top"),
    )  # fmt: skip
    people = alt.X("sum(people):Q", title="people")
    base = alt.Chart(_csv(alt, table))
    lines = (
        base.transform_filter(occupation).transform_filter(host)
        .mark_line(point=True)
        .encode(
            alt.X("yearmonth(month):T", title=None),
            alt.Y("sum(people):Q", title="people a month"),
            colour,
            tooltip=["flow:N", "yearmonth(month):T", alt.Tooltip("sum(people):Q", format=",.0f")],
        )
        .add_params(months)
        .properties(width=WIDTH + 240, height=HEIGHT, title="by month")
    )  # fmt: skip
    bars = [
        base.transform_filter(months).transform_filter(other)
        .mark_bar()
        .encode(
            people, alt.Y(f"{field}:N", sort="-x", title=None), colour,
            opacity=alt.condition(mine, alt.value(1.0), alt.value(0.25)),
            tooltip=[f"{field}:N", "flow:N", alt.Tooltip("sum(people):Q", format=",.0f")],
        )
        .add_params(mine)
        .properties(width=350, title=title)
        for field, mine, other, title in (
            ("occupation", occupation, host, "by occupation at home"),
            ("host", host, occupation, "by host entered or left"),
        )
    ]  # fmt: skip
    return _spec(lines & alt.hconcat(*bars))


def monthly_moves(moves: pd.DataFrame, emigrants: pd.DataFrame) -> pd.DataFrame:
    """People by month, host, occupation and flow, mean over replicates.

    host : entered by who left Russia, left by the others
    """
    keys = ["replicate", "person"] if "replicate" in moves else ["person"]
    joined = moves.merge(emigrants[[*keys, "occupation"]], on=keys, how="left")
    left, back = joined["origin"] == HOME, joined["destination"] == HOME
    joined = joined.assign(
        month=pd.to_datetime(joined["date"]).dt.strftime("%Y-%m-15"),
        host=joined["destination"].where(left, joined["origin"]),
        flow=pd.Series("moved on", joined.index).mask(left, "left Russia").mask(back, "came back"),
    )
    people = joined.groupby(["month", "host", "occupation", "flow"])["people"].sum()
    return (people / replicates(moves)).round(1).reset_index()


def over_points(points: pd.DataFrame, readings: Sequence[Reading]) -> dict[str, Any]:
    """Each factor of a sweep against an outcome; dragging in one panel marks the points in all.

    points : a sweep's; readings : of the outcomes to choose from, mean over replicates
    """
    alt = _altair()
    factors = [name for name in points.columns if name != "point"][:MOST_FACTORS]
    names = {name: name.replace(".", " of ") for name in factors}  # a dot would mean a part of it
    table = points[["point", *factors]].rename(columns=names)
    labels = []
    for k, reading in enumerate(readings):
        table[f"outcome {k}"] = reading.values.mean(axis=1).reindex(points["point"]).to_numpy()
        labels.append(f"{reading.label} ({reading.unit})")
    numbers = list(range(len(labels)))
    which = alt.param(
        name="which", value=0,
        bind=alt.binding_select(options=numbers, labels=labels, name="outcome: "),
    )  # fmt: skip
    chosen = alt.selection_interval(name="chosen", encodings=["x"], resolve="intersect")
    panels = []
    for name in factors:
        field, text = names[name], points[name].map(lambda value: isinstance(value, str)).any()
        kind = "N" if text else "Q"
        scale = alt.Undefined if text else alt.Scale(zero=False, padding=14)
        panels.append(
            alt.Chart(_csv(alt, table))
            .transform_calculate(value="toNumber(datum['outcome ' + which])")
            .mark_circle(size=45)
            .encode(
                alt.X(f"{field}:{kind}", title=wrapped(name, 40).split("\n"), scale=scale),
                alt.Y("value:Q", title=None, scale=alt.Scale(zero=False)),
                color=alt.condition(chosen, alt.value(BLUE), alt.value("#CCCCCC")),
                tooltip=["point:Q", f"{field}:{kind}", alt.Tooltip("value:Q", format=",.4~g")],
            )
            .properties(width=250, height=190)
        )
    title = alt.TitleParams(text=alt.ExprRef(f"{labels!r}[which]"))
    with warnings.catch_warnings():  # one selection in all panels is what is wanted
        warnings.filterwarnings("ignore", message="Automatically deduplicated selection")
        together = alt.concat(*panels, columns=3).properties(title=title)
        return _spec(together.add_params(which, chosen))


def differences_by_host(differences: pd.DataFrame) -> dict[str, Any]:
    """Any outcome in two worlds by host: the difference with its interval, both sides on hovering.

    differences : as `abm.study.compare.Pair.differences`
    """
    alt = _altair()
    numbers = ["a", "b", "difference", "low", "high"]
    table = differences[["outcome", "host", "unit", *numbers]]
    places = table[table["host"] != WORLD].groupby("outcome")["difference"]
    size = places.agg(lambda each: each.abs().max())
    names = list(size.index[size > 0]) or list(table["outcome"].unique())
    first = "stock_abroad" if "stock_abroad" in names else names[0]
    outcome = alt.param(name="outcome", value=first, bind=_select(alt, names, "outcome"))
    base = alt.Chart(_csv(alt, table)).transform_filter("datum.outcome == outcome")
    host = alt.Y("host:N", sort=alt.EncodingSortField("difference", order="descending"), title=None)
    known = ["host:N", *(alt.Tooltip(f"{name}:Q", format=",.4~g") for name in numbers), "unit:N"]
    bars = base.mark_bar(color=BLUE).encode(
        alt.X("difference:Q", title="B less A, with its 95 % interval"), host, tooltip=known
    )
    lines = base.mark_rule(color="black").encode(alt.X("low:Q"), host, x2="high:Q", tooltip=known)
    title = alt.TitleParams(text=alt.ExprRef("outcome"))
    chart = (bars + lines).properties(width=WIDTH, title=title).add_params(outcome)
    return _spec(chart)


def changed_people(changed: pd.DataFrame, runs: int) -> dict[str, Any]:
    """Whose fate differs between two worlds, by what became of them, work, host and cause; each
    filters the others.

    changed : as `abm.study.compare.Pair.changed`; runs : of each world, over which people are means
    """
    alt = _altair()
    decade = (changed["age_years"] // 10 * 10).astype(int)
    abroad = changed["host_b"].where(changed["host_b"] != HOME, changed["host_a"])
    told = pd.DataFrame(
        {
            "fates": changed["fate_a"].astype(str) + " → " + changed["fate_b"].astype(str),
            "occupation": changed["occupation"],
            "age": decade.astype(str) + " to " + (decade + 9).astype(str),
            "host": abroad,
            "cause": changed["cause"],
        }
    )
    names = list(told)
    counts = changed["people"].groupby([told[name] for name in names]).sum()
    data = _csv(alt, (counts / runs).reset_index())
    picks = {name: alt.selection_point(name=f"pick_{name}", fields=[name]) for name in names}
    panels = []
    for name, pick in picks.items():
        chart = alt.Chart(data)
        for other, filtered in picks.items():
            if other != name:
                chart = chart.transform_filter(filtered)
        panels.append(
            chart.mark_bar(color=BLUE)
            .encode(
                alt.X("sum(people):Q", title="people"),
                alt.Y(f"{name}:N", sort="-x", title=None),
                opacity=alt.condition(pick, alt.value(1.0), alt.value(0.25)),
                tooltip=[f"{name}:N", alt.Tooltip("sum(people):Q", format=",.0f")],
            )
            .add_params(pick)
            .properties(width=300, title=name)
        )
    return _spec(alt.concat(*panels, columns=2))


def _wide(outcomes: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """One row a week and host, a column an outcome (mean, and _low and _high over replicates)."""
    names = [name for name in EXPLORED if (outcomes["outcome"] == name).any()]
    rows = outcomes[outcomes["outcome"].isin(names)].astype({"outcome": str, "host": str})
    found = rows.groupby(["date", "host", "outcome"])["value"].agg(["mean", "min", "max"]).unstack()
    table = pd.DataFrame(index=found.index)
    for name in names:
        for ending, how in (("", "mean"), ("_low", "min"), ("_high", "max")):
            table[name + ending] = found[how, name].map(lambda value: float(f"{value:.5g}"))
    table = table.reset_index()
    return table.assign(date=table["date"].dt.strftime("%Y-%m-%d")), names


def _altair() -> Any:
    return needed("altair", "abm report", "report")


def _select(alt: Any, options: Sequence[str], name: str) -> Any:
    return alt.binding_select(options=list(options), name=f"{name}: ")


def _csv(alt: Any, table: pd.DataFrame) -> Any:
    """The table within the specification, as text, which is half as long as its rows would be."""
    text = table.to_csv(index=False, float_format="%.6g")
    return alt.InlineData(values=text, format=alt.DataFormat(type="csv"))


def _spec(chart: Any) -> dict[str, Any]:
    plain = chart.configure_view(stroke=None).configure_axis(
        labelColor="#333333", titleColor=GREY
    )  # fmt: skip
    spec: dict[str, Any] = plain.to_dict()
    return spec
