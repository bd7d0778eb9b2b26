"""The report: one page that holds all it shows and needs no network, whatever was run."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from browser import Browser
from selenium.webdriver.common.action_chains import ActionChains
from small_studies import small

import abm
from abm.cli import main
from abm.errors import InputError
from abm.study import store
from abm.study.compare import Pair, compare
from abm.study.results import Replicates, Run
from abm.study.runner import run
from abm.study.sweep_results import Sweep
from abm.study.targets import FILE
from abm.view import charts, compare_figures, extras, figures
from abm.view.page import Page
from abm.view.report import of_run, of_sweep, page_of, report

OUTSIDE = re.compile(r"""(?:src|href)\s*=\s*(?!['"]?(?:data:|#))""")


@pytest.fixture(scope="module")
def folder(small_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two runs with its report."""
    again = run(replace(small_run.scenario, replicate=0), replicate=1)
    where = Replicates((small_run, again)).save(tmp_path_factory.mktemp("results") / "mine")
    report(where)
    return where


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """A small sweep, done."""
    return abm.sweep(small(), tmp_path_factory.mktemp("sweeps") / "grid", on="serial")


def words(source: str) -> str:
    """The text of a page, scripts left out."""
    return re.sub(r"<[^>]*>", " ", re.sub(r"(?s)<(script|style).*?</\1>", "", source))


def specs(source: str) -> list[dict]:
    """The charts that a page holds."""
    found = re.findall(r"(?s)<script type='application/json' class='spec'>(.*?)</script>", source)
    return [json.loads(text) for text in found]


def data_of(spec: dict) -> str:
    """The one table that a chart holds, as text."""
    (values,) = spec["datasets"].values()
    return values


def test_a_page_of_runs_holds_figures_tables_charts_and_where_it_comes_from(folder: Path) -> None:
    source = (folder / "report.html").read_text("utf-8")
    text = words(source)
    assert source.count("src='data:image/png;base64,") == 9
    assert len(specs(source)) == 2
    assert "2 replicates, 10,000 people an agent, seed 1" in text
    provenance = json.loads((folder / "run.json").read_text("utf-8"))
    for told in ("code_sha256", "model_sha256", "data_sha256", "version", "started_utc"):
        assert str(provenance[told]) in text
    assert "mobilisation_weight" in text
    assert "Finland" in text
    markup = re.sub(r"(?s)<script.*?</script>", "", source)
    assert not OUTSIDE.search(markup)
    assert "No figure of" not in text


def test_the_charts_hold_the_numbers_of_the_tables(small_run: Run) -> None:
    outcomes = small_run.outcomes
    values = data_of(charts.over_time(outcomes))
    table = pd.read_csv(StringIO(values)).set_index(["date", "host"])
    for name, host in (("departures", "World"), ("rent_index", "Georgia")):
        rows = outcomes[(outcomes["outcome"] == name) & (outcomes["host"] == host)]
        drawn = table.xs(host, level="host")[name].to_numpy()
        assert drawn == pytest.approx(rows["value"].to_numpy(), rel=1e-4)
    moves = charts.monthly_moves(small_run.moves, small_run.emigrants)
    left = moves.loc[moves["flow"] == "left Russia", "people"].sum()
    departures = outcomes.query("outcome == 'departures' and host == 'World'")["value"].sum()
    assert left == departures
    assert moves["people"].sum() == small_run.moves["people"].sum()


@pytest.mark.parametrize("until", ["2022-03-02", "2022-03-31"])
def test_a_run_of_a_week_or_a_few_has_its_page(until: str, tmp_path: Path) -> None:
    short = run("war-years", scale=10_000, until=until)
    page = of_run(store.read(short.save(tmp_path / "short")))
    text = words("".join(page.parts))
    assert "No figure of targets: no target has a simulated value" in text
    assert page.charts == 1 + (len(short.moves) > 0)
    assert "Waves" in page.headings
    without = of_run(replace(store.read(tmp_path / "short"), moves=None, emigrants=None))
    assert "keeps no moves" in words("".join(without.parts))
    assert without.charts == 1


def test_a_run_in_which_nobody_leaves_has_its_page(tmp_path: Path) -> None:
    nobody = run("war-years", scale=10_000, until="2022-03-31", set={"cost_of_leaving": 14.0})
    assert nobody.moves.empty
    text = words("".join(of_run(store.read(nobody.save(tmp_path / "nobody"))).parts))
    assert "No figure of pyramids: nobody left" in text
    assert "nobody left, so there is no time abroad" in text


def test_a_page_of_own_targets_is_judged_and_drawn_by_these(
    small_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = []
    stocks = figures.stock_abroad
    monkeypatch.setattr(figures, "stock_abroad", lambda *a: shown.append(a[2]) or stocks(*a))
    targets = pd.read_csv(FILE, dtype=str)
    targets[targets["id"] == "T10.1"].assign(id="G1", used_to_set="").to_csv(
        tmp_path / "mine.csv", index=False
    )
    where = Replicates((small_run,)).save(tmp_path / "run", own_targets=tmp_path / "mine.csv")
    text = words("".join(of_run(store.read(where)).parts))
    assert re.search(r"targets hit\s+[01] of 1", text)
    assert shown[0]["id"].tolist() == ["G1"]
    (where / store.OWN_TARGETS).unlink()
    with pytest.raises(InputError, match=r"own-targets\.csv"):
        of_run(store.read(where))


def test_a_page_of_a_sweep(sweep: Sweep) -> None:
    page = of_sweep(sweep)
    text = words("".join(page.parts))
    (spec,) = specs("".join(page.parts))
    factors = [factor.name for factor in sweep.study.factors]
    assert len(spec["concat"]) == len(factors)
    assert all(name in text for name in factors)
    table = pd.read_csv(StringIO(data_of(spec)))
    assert len(table) == len(sweep.points)
    label = spec["params"][0]["bind"]["labels"][0]
    outcome, host = sweep.study.keep.outcomes[0], sweep.study.keep.hosts[0]
    assert outcome in label
    first = sweep.outcomes["date"].min().date()
    mean = sweep.values(outcome, host, first).groupby("point")["value"].mean()
    assert table["outcome 0"].to_numpy() == pytest.approx(mean.to_numpy(), rel=1e-4)


def test_a_sweep_that_ends_before_its_targets_has_its_page(tmp_path: Path) -> None:
    kept = {"outcomes": ["departures.total"], "targets": True}
    page = of_sweep(abm.sweep(small(keep=kept), tmp_path / "early", on="serial"))
    (spec,) = specs("".join(page.parts))
    assert "departures.total" in spec["params"][0]["bind"]["labels"][0]


def test_a_sweep_without_runs_has_a_page(sweep: Sweep, tmp_path: Path) -> None:
    shutil.copytree(sweep.folder, tmp_path / "empty")
    for part in (tmp_path / "empty").rglob("part-*.parquet"):
        part.unlink()
    page = of_sweep(Sweep(tmp_path / "empty"))
    assert "No run is done yet" in words("".join(page.parts))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pair, Path]:
    """Two worlds, and the folder that they are written to."""
    both = compare("war-years", "no-mobilisation", scale=10_000, until="2022-10-31", replicates=2)
    return both, both.save(tmp_path_factory.mktemp("pairs") / "mine", draw=compare_figures.draw_all)


def test_a_page_of_two_worlds(pair: tuple[Pair, Path]) -> None:
    both, where = pair
    page = page_of(where)
    source = page.html()
    text = words(source)
    assert both.a.scenario.title in page.title
    assert both.b.scenario.title in page.title
    assert source.count("data:image/png") == 2
    differing, whose = specs(source)
    table = pd.read_csv(StringIO(data_of(differing))).set_index(["outcome", "host"])
    expected = both.differences.set_index(["outcome", "host"])["difference"]
    assert table["difference"].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-4, abs=1e-9)
    people = pd.read_csv(StringIO(data_of(whose)))["people"].sum()
    assert people == pytest.approx(both.changed["people"].sum() / 2)
    for told in ("differences.csv", "compare.json", "parameters of A", "dated events of B"):
        assert told in text


def test_a_page_of_a_folder_of_tables_holds_texts_and_pictures(tmp_path: Path) -> None:
    (tmp_path / "claim.csv").write_text("what,value\n<b>rents</b>,1.5\n")
    (tmp_path / "claim.json").write_text('{"title": "A claim", "notes": ["mind this"]}')
    (tmp_path / "claim.md").write_text("# What <it> says")
    page = page_of(tmp_path)
    assert page.title == "A claim"
    source = "".join(page.parts)
    for told in ("&lt;b&gt;rents&lt;/b&gt;", "mind this", "What &lt;it&gt; says"):
        assert told in source
    assert "Figures" not in page.headings
    (tmp_path / "claim.json").write_text("{")
    with pytest.raises(InputError, match=r"cannot read .*claim\.json"):
        page_of(tmp_path)
    (tmp_path / "claim.json").unlink()
    (tmp_path / "claim.md").write_bytes(b"\xff\xfe no UTF-8")
    with pytest.raises(InputError, match=r"cannot read .*claim\.md"):
        page_of(tmp_path)


def test_a_page_of_claims_shows_their_verdicts_and_figures(pair: tuple[Pair, Path]) -> None:
    """A folder as `abm claims` writes it: tables, figures, and what made them."""
    claims = pair[1].parent / "claims"
    shutil.copytree(pair[1] / "figures", claims / "figures")
    verdicts = pd.DataFrame({"claim": ["T17"], "verdict": ["supported"]})
    verdicts.to_csv(claims / "verdicts.csv", index=False)
    store.write_json(claims / "claims.json", store.origin())
    page = page_of(claims)
    source = "".join(page.parts)
    assert page.title == "claims"
    assert page.charts == 0
    assert source.count("data:image/png") == len(list((claims / "figures").iterdir())) == 2
    for told in ("T17", "supported", store.origin()["model_sha256"]):
        assert told in words(source)


def test_texts_and_data_cannot_break_out_of_the_page() -> None:
    nasty = "</script><script>alert(1)</script>"
    page = Page(nasty)
    page.heading(nasty)
    page.note(nasty)
    page.table(pd.DataFrame({nasty: [nasty]}), nasty)
    page.chart({"data": {"values": nasty}})
    source = page.html()
    assert "<script>alert" not in source
    assert specs(source) == [{"data": {"values": nasty}}]


def test_the_command_writes_where_it_is_told(
    sweep: Sweep, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(sweep.folder), "--out", str(tmp_path / "page.html")]) == 0
    assert os.listdir(tmp_path) == ["page.html"]
    assert "page.html" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["nowhere"], 2, "nowhere"),
        ([], 2, "abm report results/mine"),
        (["FOLDER", "--out", "no/such/folder/page.html"], 1, "cannot write"),
    ],
)
def test_what_cannot_be_done_is_told(
    sweep: Sweep,
    arguments: list[str],
    status: int,
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    given = [argument.replace("FOLDER", str(sweep.folder)) for argument in arguments]
    assert main(["report", *given]) == status
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_told_in_one_line(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nothing can be written, nothing can be taken away either."""

    opened = Path.open

    def read_only(path: Path, mode: str = "r", **more: Any) -> Any:
        if mode == "r":
            return opened(path, mode, **more)
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "open", read_only)
    monkeypatch.setattr(Path, "unlink", lambda path, **_: read_only(path, "w"))
    assert main(["report", str(sweep.folder)]) == 1
    assert "read-only file system" in capsys.readouterr().err


def test_a_missing_package_is_told_before_anything_is_written(
    sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(extras, "import_module", nothing)
    with pytest.raises(InputError, match=r"needs altair.*relokant\[report\]"):
        report(sweep.folder, tmp_path / "page.html")
    assert os.listdir(tmp_path) == []


# --- in a real browser ---------------------------------------------------------------------------


AREA = ".role-scope > g > path.background"  # where lines and dots are drawn
BAR = ".mark-rect.role-mark:not([class*=brush]) path"


def lines_of(browser: Browser, chart: str) -> str:
    """The paths of a chart's lines."""
    return str(browser.run(
        "return [...document.querySelectorAll(arguments[0] + ' .mark-line path')]"
        ".map(path => path.getAttribute('d')).join('|')", chart,
    ))  # fmt: skip


def bars_of(browser: Browser, chart: str) -> str:
    """The shapes of a chart's bars."""
    return str(browser.run(
        "return [...document.querySelectorAll(arguments[0])]"
        ".map(path => path.getAttribute('d')).join('|')", f"{chart} {BAR}",
    ))  # fmt: skip


def choose(browser: Browser, chart: str, place: int, option: str) -> None:
    """Choose an option in one of a chart's lists."""
    from selenium.webdriver.support.select import Select

    Select(browser.all(f"{chart} select")[place]).select_by_visible_text(option)


def changed(browser: Browser, look: Callable[[Browser, str], str], chart: str, before: str) -> str:
    """What a look gives once it is no longer as before."""
    browser.until(lambda: look(browser, chart) not in ("", before), f"a change of {chart}", 20)
    return look(browser, chart)


def drag(browser: Browser, chart: str, of: str, across: tuple[float, float]) -> None:
    """Drag from one share of an element's width to another, at half its height."""
    area = browser.all(f"{chart} {of}")[0]
    browser.run("arguments[0].scrollIntoView({block: 'center'})", area)
    width = area.size["width"]
    start, end = (round((share - 0.5) * width) for share in across)
    ActionChains(browser.driver).move_to_element_with_offset(
        area, start, 0
    ).click_and_hold().move_by_offset(end - start, 5).release().perform()


def test_a_browser_opens_the_page_without_a_network(browser: Browser, folder: Path) -> None:
    browser.open((folder / "report.html").as_uri())
    browser.until(lambda: len(browser.all(".chart svg")) == 2, "two charts", 30)
    assert browser.run("return [...document.images].every(i => i.complete && i.naturalWidth > 0)")
    before = lines_of(browser, "#chart1")
    choose(browser, "#chart1", 0, "Georgia")
    georgia = changed(browser, lines_of, "#chart1", before)
    choose(browser, "#chart1", 1, "rent_index")
    changed(browser, lines_of, "#chart1", georgia)
    browser.until(
        lambda: "rent_index, Georgia (multiple)" in browser.text("#chart1"), "the title", 10
    )
    bars = bars_of(browser, "#chart1")
    drag(browser, "#chart1", AREA, (0.6, 0.9))
    changed(browser, bars_of, "#chart1", bars)
    assert browser.leaving() == []
    assert browser.errors() == []


def test_a_click_on_an_occupation_filters_the_rest(browser: Browser, folder: Path) -> None:
    browser.open((folder / "report.html").as_uri())
    browser.until(lambda: len(browser.all(f"#chart2 {BAR}")) > 0, "bars", 30)
    before = lines_of(browser, "#chart2")
    bar = browser.all(f"#chart2 {BAR}")[0]
    browser.run("arguments[0].scrollIntoView({block: 'center'})", bar)
    ActionChains(browser.driver).move_to_element(bar).click().perform()
    changed(browser, lines_of, "#chart2", before)
    assert browser.leaving() == []
    assert browser.errors() == []


def test_a_browser_filters_points_of_a_sweep(
    browser: Browser, sweep: Sweep, tmp_path: Path
) -> None:
    browser.open(report(sweep.folder, tmp_path / "page.html").as_uri())
    browser.until(lambda: len(browser.all("#chart1 .mark-symbol path")) > 0, "dots", 30)

    def colours(browser: Browser, chart: str) -> str:
        return str(browser.run(
            "return [...document.querySelectorAll(arguments[0] + ' .mark-symbol path')]"
            ".map(path => path.getAttribute('fill')).join('|')", chart,
        ))  # fmt: skip

    before = colours(browser, "#chart1")
    assert "#CCCCCC" not in before
    drag(browser, "#chart1", AREA, (0.02, 0.5))
    after = changed(browser, colours, "#chart1", before)
    assert "#CCCCCC" in after
    assert "#0072B2" in after
    assert browser.leaving() == []
    assert browser.errors() == []


def test_a_click_on_a_fate_tells_whose_it_is(
    browser: Browser, pair: tuple[Pair, Path], tmp_path: Path
) -> None:
    browser.open(report(pair[1], tmp_path / "page.html").as_uri())
    browser.until(lambda: len(browser.all(f"#chart2 {BAR}")) > 0, "bars", 30)
    before = bars_of(browser, "#chart2")
    bar = browser.all(f"#chart2 {BAR}")[0]
    browser.run("arguments[0].scrollIntoView({block: 'center'})", bar)
    ActionChains(browser.driver).move_to_element(bar).click().perform()
    changed(browser, bars_of, "#chart2", before)
    before = bars_of(browser, "#chart1")
    choose(browser, "#chart1", 0, "rent_index")
    changed(browser, bars_of, "#chart1", before)
    assert browser.leaving() == []
    assert browser.errors() == []
