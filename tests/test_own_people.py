"""People of one's own: a table becomes the people of a run, and a bad table is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import abm
from abm import composition, own_people
from abm.chance import Chance
from abm.cli import main
from abm.errors import InputError
from abm.model import EmigrationModel
from abm.people_file import COLUMNS, NAMES, NEEDED
from abm.population import Population
from abm.ties import CONTACTS, Ties

QUICK: dict[str, Any] = {"scale": 10_000, "until": "2022-04-30"}
GOOD = {
    "age": 34, "sex": "female", "region": "capitals", "education": "higher", "occupation": "it",
    "weight": 2e6,
}  # fmt: skip
Finish = Callable[..., EmigrationModel]


@pytest.fixture(scope="module")
def packaged() -> pd.DataFrame:
    """Every column; do not change it."""
    return abm.packaged_people()


@pytest.fixture(scope="module")
def needed(packaged: pd.DataFrame) -> pd.DataFrame:
    """The packaged people by the columns that a table needs; do not change it."""
    return packaged.groupby(list(NEEDED[:-1]), as_index=False)["weight"].sum()


def table(**changes: Any) -> pd.DataFrame:
    """One good row, changed; a column that is None is left out."""
    row = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return pd.DataFrame([row])


def shares(types: composition.Composition, trait: str) -> np.ndarray:
    """Share of people with each value of a trait."""
    found = np.bincount(getattr(types, trait), weights=types.persons)
    return found / found.sum()


# --- the same people, out and in -------------------------------------------------------------


@pytest.mark.parametrize("which", ["packaged", "needed"])
def test_the_packaged_people_come_back(which: str, request: pytest.FixtureRequest) -> None:
    out = composition.composition()
    back = own_people.read(request.getfixturevalue(which)).types
    for name in composition.Composition.__dataclass_fields__:
        np.testing.assert_allclose(getattr(back, name), getattr(out, name), rtol=1e-12)


def test_a_run_of_the_packaged_people_is_the_baseline(
    needed: pd.DataFrame, finished: Finish
) -> None:
    usual, own = finished(**QUICK), finished(**QUICK, population=needed)
    pd.testing.assert_frame_equal(usual.outcomes(), own.outcomes())
    pd.testing.assert_frame_equal(usual.moves_table(), own.moves_table())


def test_file_frame_toml_and_command_line_are_one(
    needed: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    young = needed[needed["age"] < 30]
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "people.csv"
    young.to_csv(file, index=False)
    scenario = tmp_path / "data" / "mine.toml"
    scenario.write_text('base = "war-years"\npopulation = "people.csv"\n')
    (tmp_path / "data" / "theirs.toml").write_text('base = "mine.toml"\n')
    monkeypatch.chdir(tmp_path)
    ways = {
        "frame": abm.run(population=young, **QUICK),
        "path": abm.run(population=file, **QUICK),
        "relative": abm.run(population="data/people.csv", **QUICK),
        "toml": abm.run(scenario, **QUICK),
        "base": abm.run(tmp_path / "data" / "theirs.toml", **QUICK),
        "replicate": abm.replicate("war-years", 1, population=file, **QUICK).runs[0],
    }
    for way, run in ways.items():
        pd.testing.assert_frame_equal(run.moves, ways["frame"].moves)
        assert run.scenario.population is not None
        assert run.scenario.population.name == ("DataFrame" if way == "frame" else "people.csv")
        assert run.population["adults"] == pytest.approx(young["weight"].sum())
    command = ["run", "--population", str(file), "--scale", "10000", "--until", "2022-04-30"]
    assert main([*command, "--replicates", "1", "--quiet", "--out", "results"]) == 0
    kept = json.loads((tmp_path / "results" / "run.json").read_text())
    expected = {"name": "people.csv", "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    assert kept["scenario"]["population"] == expected
    assert ways["frame"].scenario.population.sha256 == expected["sha256"]


def test_a_run_without_a_table_says_so() -> None:
    scenario = abm.run(**QUICK).scenario
    assert scenario.population is None
    assert scenario.as_dict()["population"] is None


# --- whom a table makes ----------------------------------------------------------------------


def test_nothing_of_one_population_leaks_into_another(
    needed: pd.DataFrame, finished: Finish
) -> None:
    young = needed[needed["age"] < 30]
    before = finished(**QUICK)
    own = finished(**QUICK, population=young)
    after = finished(**QUICK)
    pd.testing.assert_frame_equal(before.moves_table(), after.moves_table())
    ages = own.russians.get("age_years")
    assert 20 <= ages.min() and ages.max() < 30
    assert 20 <= own.population.summary()["mean_age_years"] < 30
    assert before.population.size > 5 * own.population.size


def test_weights_are_persons_and_rows_add_up(needed: pd.DataFrame) -> None:
    twice = pd.concat([needed, needed]).sample(frac=1.0, random_state=1)
    one, other = (own_people.read(each).types for each in (needed, twice))
    np.testing.assert_allclose(other.persons, 2 * one.persons)
    size = Population(10_000, Chance(1), other).size
    assert size == pytest.approx(2 * Population(10_000, Chance(1), one).size, abs=1)


def test_what_is_said_holds_and_what_is_missing_is_filled() -> None:
    said = {"dissent": 0.9, "leaning": "elsewhere", "partnered": 1}
    types = own_people.read(table(sex="male", **said)).types
    assert set(types.dissent_bin) == {composition.DISSENTS.index("opponent")}
    assert set(types.leaning) == {composition.LEANINGS.index("elsewhere")}
    assert set(types.partnered) == {1}
    served = composition.served_share()[0, 2, 0, 0, 0]  # men of 30 to 34
    exempt = composition.exempt_share()[0, 2, 0, 1, composition.OCCUPATIONS.index("it")]
    np.testing.assert_allclose(shares(types, "served"), served)
    np.testing.assert_allclose(shares(types, "exempt"), exempt)
    assert types.persons.sum() == pytest.approx(GOOD["weight"])


@pytest.mark.parametrize(
    "changes",
    [
        {"sex": "male"},
        {"sex": "female"},
        {"partnered": 0},
        {"sex": "male", "served": 1, "exempt": 0, "dissent": 1, "leaning": "elsewhere"},
        {"occupation": "jobless", "age": 64, "region": "elsewhere"},
    ],
)
def test_people_all_alike_run_too(changes: dict[str, Any], finished: Finish) -> None:
    settings = {"population": table(**changes), "scale": 1000, "until": "2022-11-30"}
    screened, everybody = (finished(**settings, screened=yes) for yes in (True, False))
    pd.testing.assert_frame_equal(screened.moves_table(), everybody.moves_table())
    traits = {name: value for name, value in {**GOOD, **changes}.items() if name in NAMES}
    for name, value in traits.items():
        assert set(screened.russians.get(name)) == {value}


def test_without_opponents_there_is_no_opposition_to_count(finished: Finish) -> None:
    model = finished(population=table(dissent=0), **QUICK, set={"trapped_men_weight": 0.0})
    for outcome in ("opposition_abroad", "opposition_at_home", "opposition_capacity"):
        assert (model.observations.series(outcome) == 0).all()


def test_a_blank_cell_is_filled_too(tmp_path: Path) -> None:
    half = pd.concat([table(partnered=1.0, dissent=0.9), table(partnered=np.nan, dissent=0.9)])
    types = own_people.read(half).types
    usual = composition.partnered_share()[1, 2, 0, 0, 0, 1]
    assert shares(types, "partnered")[1] == pytest.approx((1 + usual) / 2)


@pytest.mark.parametrize(
    ("dissent", "bin"), [(0, 0), (0.25, 0), (0.26, 1), (0.6, 1), (0.61, 2), (1, 2)]
)
def test_dissent_falls_in_its_bin(dissent: float, bin: int) -> None:
    assert set(own_people.read(table(dissent=dissent)).types.dissent_bin) == {bin}


@pytest.mark.parametrize(("age", "group"), [(20, 0), (24, 0), (25, 1), (34.5, 2), (64, 8)])
def test_ages_fall_in_their_group(age: float, group: int) -> None:
    assert set(own_people.read(table(age=age)).types.age_group) == {group}


def test_what_spreadsheets_write_is_read(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    header = "age, sex,region,education,occupation,weight,partnered"
    rows = [header, "34,female,capitals,higher,it, 20000,True", "", ""]
    file.write_text("\r\n".join(rows), "utf-8-sig")
    assert own_people.read(file).types.persons.sum() == pytest.approx(20_000)


# --- what is refused -------------------------------------------------------------------------


def refusal(population: Any, **changes: Any) -> str:
    with pytest.raises(InputError) as error:
        EmigrationModel(population=population, **{**QUICK, "scale": 100, **changes})
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 500
    assert "xample" in message
    return message


@pytest.mark.parametrize("column", NEEDED)
def test_a_missing_column_is_named(column: str) -> None:
    assert f"no column {column!r}" in refusal(table(**{column: None}))


def test_an_unknown_column_is_named_with_the_nearest() -> None:
    message = refusal(table(occupation=None, ocupation="it"))
    assert "'ocupation'" in message
    assert "Did you mean 'occupation'?" in message


@pytest.mark.parametrize(
    ("column", "value", "must"),
    [
        ("age", 19, "20 to 64"),
        ("age", 65, "20 to 64"),
        ("age", "young", "20 to 64"),
        ("age", None, "20 to 64"),
        ("sex", "woman", "male, female"),
        ("region", "Moscow", "capitals, cities, elsewhere"),
        ("education", "", "other, higher"),
        ("occupation", "baker", "it, entrepreneur"),
        ("weight", 0, "more than 0"),
        ("weight", -5, "more than 0"),
        ("weight", np.nan, "more than 0"),
        ("weight", np.inf, "more than 0"),
        ("weight", "many", "more than 0"),
        ("partnered", 2, "0 or 1"),
        ("served", "yes", "0 or 1"),
        ("served", 1, "blank for women"),
        ("exempt", 1, "blank for women"),
        ("dissent", 1.1, "0 to 1"),
        ("dissent", "nan", "0 to 1"),
        ("leaning", "Asia", "former Soviet, Europe and the West, elsewhere"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column(column: str, value: Any, must: str) -> None:
    good = {name: 0 for name in COLUMNS if name == column and name not in NEEDED}
    good |= {"leaning": "elsewhere"} if column == "leaning" else {}
    both = pd.concat([table(**good), table(**good).astype(object)], ignore_index=True)
    both = both.astype(object)
    both.loc[1, column] = value
    message = refusal(both)
    assert "row 1" in message
    assert repr(column) in message
    assert must in message


def test_a_bad_line_of_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    header = ",".join(NEEDED)
    good = "34,female,capitals,higher,it,20000"
    for row, what in {
        "34,female,capitals,higher,it": "6 cells are needed, not 5",
        "34,female,capitals,higher,it,1,2": "6 cells are needed, not 7",
        "17,female,capitals,higher,it,1": "'age' must be",
        '"34,female': "not CSV",
    }.items():
        file.write_text("\n".join([header, good, "", row]))
        message = refusal(file)
        assert what in message
        assert "line 4" in message
        assert "people.csv" in message


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "no rows"),
        (b"\n\n", "no rows"),
        (",".join(NEEDED).encode(), "no rows"),
        (b"age;sex;region;education;occupation;weight\n34;female", "age;sex"),
        ("age,sex\n34,\xfcber".encode("latin-1"), "line 2 is not UTF-8"),
        (b"age,age\n1,1\n", "twice"),
    ],
)
def test_a_bad_file_is_refused(content: bytes, what: str, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(content)
    assert what in refusal(tmp_path / "people.csv")


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    assert "no population file" in refusal(tmp_path / "absent.csv")
    assert "cannot read" in refusal(tmp_path)
    assert "must be a DataFrame or a CSV file" in refusal([GOOD])
    assert "no rows" in refusal(table().iloc[:0])
    assert "no rows" in refusal(pd.DataFrame())


def test_a_scenario_names_itself_when_its_people_are_wrong(write: Callable[..., Path]) -> None:
    file = write('base = "war-years"\npopulation = "absent.csv"\n')
    with pytest.raises(InputError, match=r"mine\.toml: no population file"):
        abm.run(file)
    with pytest.raises(InputError, match=r"line 1: 'population' must be text"):
        abm.run(write("population = 3\n"))


def test_a_bad_table_is_one_line_on_the_command_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--population", "absent.csv"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "absent.csv" in error


def test_the_page_names_every_column_and_name() -> None:
    page = (Path(__file__).parents[1] / "docs" / "your-own-people.md").read_text("utf-8")
    cells = {line.split("|")[1].strip(" `"): line for line in page.splitlines() if "|" in line}
    assert set(COLUMNS) <= set(cells)
    for column, names in NAMES.items():
        assert all(name in cells[column] for name in names), column


# --- enough of them --------------------------------------------------------------------------


def smallest_community(people: pd.DataFrame) -> float:
    """Persons of the region and life stage that has the fewest."""
    stage = pd.cut(people["age"], [20, 35, 50, 65], right=False)
    return float(people.groupby(["region", stage], observed=True)["weight"].sum().min())


@pytest.mark.parametrize("thinned", [1e-2, 1e-3, 1e-4])
def test_the_scale_that_is_offered_works_and_is_about_the_largest(
    needed: pd.DataFrame, thinned: float
) -> None:
    few = needed.assign(weight=needed["weight"] * thinned)
    message = refusal(few, scale=10_000)
    assert "at scale = 10000" in message
    works = int(message.rpartition("scale = ")[2])
    assert works >= 0.9 * smallest_community(few) / (CONTACTS + 1)
    model = EmigrationModel(population=few, scale=works, until="2022-02-24")
    everybody = np.arange(model.population.size)
    model.step()
    assert np.mean(Ties(model.population).contacts(everybody) < 0) < 0.1
    assert "agents in" in refusal(few, scale=min(10_000, 3 * works))


def test_where_no_scale_works_more_weight_is_asked_for() -> None:
    message = refusal(table(weight=CONTACTS), scale=1)
    assert f"{CONTACTS} agents in 'capitals' of age 20 to 34" in message
    assert "more weight" in message
    EmigrationModel(population=table(weight=CONTACTS + 1), **{**QUICK, "scale": 1})
