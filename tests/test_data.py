"""The packaged tables are whole: every field, unit, range and source."""

import csv
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import abm
from abm.calendar import START
from abm.hosts_table import HOME, HOST_NAMES, unions
from abm.levers import BY_NAME, HOST_LEVERS
from abm.scenario import load

DATA = Path(abm.__file__).parent / "data"
TEXT_FIELDS = ("iso3", "leaning_group", "union")
LEANINGS = {"former Soviet", "Europe and the West", "elsewhere"}
RUSSIAN_FIELDS = {
    "iso3", "settlement_population", "wage_net_mean_usd", "wage_net_it_usd", "rent_usd",
    "price_level", "unemployment",
}  # fmt: skip
UNITS = {
    "iso3": "code", "leaning_group": "label", "union": "label", "settlement_population": "persons",
    "diaspora_2021": "persons", "russian_language_ease": "share",
    "wage_net_mean_usd": "USD/month", "wage_net_it_usd": "USD/month", "rent_usd": "USD/month",
    "price_level": "US = 1", "unemployment": "share", "visa_free_days": "days",
    "border_run": "0/1", "permit_months": "months", "refusal_base": "probability",
    "right_to_work": "index 0-1", "direct_flights": "0/1", "land_border": "0/1",
    "travel_hours": "hours", "payment_access": "index 0-1", "citizenship_years": "years",
    "hostility_base": "index 0-1", "external_pressure": "index 0-1",
    "handover_risk": "index 0-1", "internal_passport": "0/1", "descent_share": "share",
    "tourist_visas": "share", "skill_visas": "share", "humanitarian_visas_activists": "share",
    "humanitarian_visas_draft": "share", "competing_refugees": "persons", "visa_reach": "share",
}  # fmt: skip
FIELDS_IN_LEVERS = set(UNITS) & set(HOST_LEVERS)
Row = dict[str, str]


def read(name: str) -> list[Row]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def hosts() -> list[Row]:
    return read("hosts.csv")


@pytest.fixture(scope="module")
def war_years() -> dict[str, Any]:
    return tomllib.loads((DATA / "scenarios" / "war-years.toml").read_text("utf-8"))


def test_every_host_has_every_field_once(hosts: list[Row]) -> None:
    found = [(row["host"], row["field"]) for row in hosts]
    expected = {(host, field) for host in HOST_NAMES for field in UNITS}
    expected |= {(HOME, field) for field in RUSSIAN_FIELDS}
    assert set(found) == expected
    assert len(found) == len(expected)


def test_units_are_those_of_the_fields(hosts: list[Row]) -> None:
    assert {(row["field"], row["unit"]) for row in hosts} == set(UNITS.items())


def test_ranges_hold_their_values(hosts: list[Row]) -> None:
    for row in hosts:
        if row["field"] not in TEXT_FIELDS:
            assert float(row["low"]) <= float(row["value"]) <= float(row["high"]), row


def test_values_suit_their_units(hosts: list[Row]) -> None:
    positive = {"settlement_population", "diaspora_2021", "permit_months", "travel_hours"}
    for row in hosts:
        if row["unit"] in ("share", "probability", "index 0-1"):
            assert float(row["low"]) >= 0, row
            assert float(row["high"]) <= 1, row
        elif row["unit"] == "0/1":
            assert row["value"] in ("0", "1"), row
        elif row["unit"] in ("USD/month", "US = 1") or row["field"] in positive:
            assert float(row["low"]) > 0, row


def test_labels(hosts: list[Row]) -> None:
    codes = [row["value"] for row in hosts if row["field"] == "iso3"]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 3 and code.isupper() for code in codes)
    assert {row["value"] for row in hosts if row["field"] == "leaning_group"} == LEANINGS
    assert {row["value"] for row in hosts if row["field"] == "union"} == {"EU", "EAEU", "none"}


def test_levels_of_levers_lie_in_the_levers_ranges(hosts: list[Row]) -> None:
    for row in hosts:
        if row["field"] in FIELDS_IN_LEVERS:
            BY_NAME[row["field"]].check(float(row["value"]))


def test_every_row_names_its_source(hosts: list[Row]) -> None:
    for row in hosts:
        assert row["source"].strip(), row
        assert row["source_kind"] in ("web", "unverified", "assumption"), row
        assert row["confidence"] in ("low", "medium", "high"), row
        assert (row["source"] == "assumption") == (row["source_kind"] == "assumption"), row


def test_assumed_numbers_carry_a_range(hosts: list[Row]) -> None:
    """An open assumption is a range; only what is known to be nil may have none."""
    for row in hosts:
        if row["source_kind"] == "assumption" and row["field"] not in TEXT_FIELDS:
            known_to_be_nil = row["field"] == "competing_refugees" and row["value"] == "0"
            assert known_to_be_nil or float(row["low"]) < float(row["high"]), row


def test_no_proprietary_city_index_is_packaged() -> None:
    packaged = [path for path in DATA.rglob("*") if path.suffix in (".csv", ".toml")]
    assert packaged
    assert [path.name for path in packaged if "numbeo" in path.read_text("utf-8").lower()] == []


def test_quarters_of_russia() -> None:
    rows = read("russia_quarters.csv")
    years = (2022, 2023, 2024)
    assert [r["quarter"] for r in rows] == [f"{y}Q{q}" for y in years for q in (1, 2, 3, 4)]
    assert all(r["source"] for r in rows)
    assert all(0 < float(r["unemployment"]) < 0.1 for r in rows)
    growth = {2022: 1.003, 2023: 1.003 * 1.078, 2024: 1.003 * 1.078 * 1.091}
    for year, expected in growth.items():
        wages = [float(r["real_wage_index"]) for r in rows if r["quarter"].startswith(str(year))]
        assert sum(wages) / 4 == pytest.approx(expected, abs=1e-3)


def test_war_years_states_its_run(war_years: dict[str, Any]) -> None:
    assert war_years["name"] == "war-years"
    assert (war_years["scale"], war_years["seed"]) == (100, 1)
    assert war_years["until"] == date(2024, 12, 31)
    assert load("war-years").events


def test_events_are_dated_sourced_and_known(war_years: dict[str, Any]) -> None:
    for event in war_years["events"]:
        lever = BY_NAME[event["lever"]]
        lever.check(event["value"])
        assert START <= event["date"] <= war_years["until"], event
        assert event["date"] < event.get("until", date.max), event
        assert event["kind"] in ("imposed", "response"), event
        assert event["source"].strip(), event
        named = event.get("hosts", [event["host"]] if "host" in event else [])
        assert set(named) <= {*HOST_NAMES, *unions()}, event
        assert bool(named) == (lever.actor == "host"), event


def test_no_two_events_set_one_lever_on_one_day() -> None:
    events = [(event.date, event.lever, event.host) for event in load("war-years").events]
    assert len(set(events)) == len(events)


def test_a_stay_is_renewed_only_where_there_is_one(hosts: list[Row]) -> None:
    days = {row["host"]: float(row["value"]) for row in hosts if row["field"] == "visa_free_days"}
    runs = {row["host"]: row["value"] for row in hosts if row["field"] == "border_run"}
    visa_hosts = [host for host in HOST_NAMES if days[host] == 0 and host != "Indonesia"]
    assert all(runs[host] == "0" for host in visa_hosts)
