"""The dashboard in a real browser: play, step, sliders, reset, and nothing leaves the machine."""

from __future__ import annotations

import base64
import io
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from browser import Browser
from dashboard_server import Server, serving
from PIL import Image

from abm.model import EmigrationModel
from abm.view.style import BLUE

if TYPE_CHECKING:
    from selenium.webdriver.remote.webelement import WebElement

pytest.importorskip("solara", reason="pip install 'relokant[dashboard]'")

SCALE = 1000
FRAME = 9  # weeks from one frame to the next
WEEKS_A_SECOND = 5.0
EMPTY = "Nothing has happened yet"
FETCH = """
const done = arguments[arguments.length - 1], image = document.querySelector(arguments[0]);
if (!image) { done(''); return }
fetch(image.src).then(r => r.blob()).then(blob => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(',')[1]);
    reader.readAsDataURL(blob);
});
"""


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("dashboard"), "--scale", str(SCALE)) as started:
        yield started


@pytest.fixture
def page(browser: Browser, server: Server) -> Browser:
    """The dashboard freshly opened: a model of its own in its first week."""
    browser.open(server.address)
    browser.until(lambda: EMPTY in browser.text("body"), "the page")
    assert week(browser) == 0
    return browser


def button(page: Browser, label: str) -> None:
    """Press a button by its label, once it can be pressed."""
    named = [each for each in page.all("button") if each.text.strip() == label]
    assert len(named) == 1, f"{len(named)} buttons {label}"
    page.until(named[0].is_enabled, f"the button {label}")
    named[0].click()


def numbers(page: Browser) -> dict[str, str]:
    """The latest week as the page has it, by heading."""
    cells: list[str] = page.run(
        "return [...document.querySelectorAll('.week tr')].map(r => "
        "[...r.children].map(c => c.textContent))"
    )
    return dict(zip(*cells, strict=True)) if cells else {}


def week(page: Browser) -> int:
    """Weeks gone, as Mesa shows them; -1 while there is no page."""
    said = page.text("body").partition("Step: ")[2].split("\n")[0]
    return int(said) if said else -1


def play_or_pause(page: Browser) -> list[WebElement]:
    """The one button that says the one or the other."""
    return [each for each in page.all("button") if each.text.strip() in ("▶", "❚❚")]


def pause(page: Browser) -> int:
    """Pause, and the weeks gone by then."""
    button(page, "❚❚")
    page.until(lambda: play_or_pause(page)[0].text.strip() == "▶", "the pause")
    return week(page)


def curve(page: Browser) -> tuple[int, int]:
    """Where the curve of departures ends to the right, and how high it rises, in pixels."""
    page.until(lambda: page.all(".flows .widget-image"), "the figure")
    picture = base64.b64decode(page.driver.execute_async_script(FETCH, ".flows .widget-image"))
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    colour = np.array([int(BLUE[k : k + 2], 16) for k in (1, 3, 5)])
    legend = pixels.shape[1] * 3 // 4  # the line in the legend is no part of the curve
    rows, columns = np.nonzero(np.abs(pixels[:, :legend] - colour).sum(axis=2) < 30)
    return int(columns.max()), int(rows.max() - rows.min())


def slide(page: Browser, name: str, key: str) -> str:
    """Press a key on a slider; its value then."""
    (thumb,) = page.all(f"[role=slider][aria-label^='{name} ']")
    page.run("arguments[0].scrollIntoView()", thumb)
    thumb.send_keys(key)
    return str(thumb.get_attribute("aria-valuenow"))


def stock_after(weeks: int, **settings: float) -> str:
    model = EmigrationModel("war-years", scale=SCALE, seed=1, set=settings)
    for _ in range(weeks):
        model.step()
    return f"{model.stock().sum():,.0f}"


def await_stock(page: Browser, weeks: int, **settings: float) -> None:
    """Until the page shows as many people abroad as the model has after so many weeks."""
    wanted = (stock_after(weeks, **settings), weeks)
    page.until(  # each in a message of its own, so one may come before the other
        lambda: (numbers(page).get("stock abroad"), week(page)) == wanted,
        "{} abroad after {} weeks".format(*wanted),
    )


def test_play_and_pause_and_the_curve_follows(page: Browser) -> None:
    button(page, "▶")
    page.until(lambda: week(page) >= FRAME, "the first frame")
    first = curve(page)
    page.until(lambda: week(page) >= 4 * FRAME, "three frames more")
    gone = pause(page)
    assert curve(page)[0] > first[0]
    assert numbers(page)["stock abroad"] == stock_after(gone)
    assert page.text(".decisions").count("Russia") >= 5
    button(page, "STEP")
    await_stock(page, gone + FRAME)
    assert page.errors() == []


def test_however_fast_one_presses_weeks_go_one_by_one(page: Browser) -> None:
    for _ in range(9):  # play comes last
        page.run("arguments[0].click()", *play_or_pause(page))
        time.sleep(0.1)
    page.until(lambda: week(page) >= 2 * FRAME, "two frames")
    gone = pause(page)
    assert numbers(page)["stock abroad"] == stock_after(gone)
    assert page.errors() == []


def test_a_slider_and_reset_make_another_world(page: Browser) -> None:
    from selenium.webdriver.common.keys import Keys

    button(page, "STEP")
    await_stock(page, FRAME)
    before = curve(page)

    assert slide(page, "cost_of_leaving", Keys.HOME) == "4"
    assert week(page) == FRAME, "a slider acts at the reset"
    button(page, "RESET")
    page.until(lambda: week(page) == 0, "the reset")
    page.until(lambda: EMPTY in page.text("body"), "an empty page")
    button(page, "STEP")
    await_stock(page, FRAME, cost_of_leaving=4.0)
    assert "--seed 1 --set cost_of_leaving=4" in page.text(".flows code")
    page.until(lambda: curve(page) != before, "another curve")
    assert page.errors() == []


def test_figures_stay_in_their_frames(page: Browser) -> None:
    button(page, "STEP")
    page.until(lambda: len(page.all(".vue-grid-item .widget-image")) == 3, "the figures")
    for image in page.all(".vue-grid-item .widget-image"):
        item = page.run("return arguments[0].closest('.vue-grid-item')", image)
        assert 0 < image.size["height"] <= item.size["height"]
        assert 0 < image.size["width"] <= item.size["width"]


def test_five_weeks_a_second_with_its_figures(page: Browser, server: Server) -> None:
    button(page, "▶")
    page.until(lambda: week(page) >= 2 * FRAME, "the start")
    began, computed = week(page), server.cpu_seconds()
    page.until(lambda: week(page) >= began + 4 * FRAME, "four frames")
    rate = (week(page) - began) / (server.cpu_seconds() - computed)
    button(page, "❚❚")
    assert rate >= WEEKS_A_SECOND, "weeks for each second that the server computes"


def test_it_plays_to_the_end_and_starts_anew(page: Browser) -> None:
    from selenium.webdriver.common.keys import Keys

    assert int(slide(page, "Render Interval", Keys.END)) >= 99
    button(page, "▶")
    last = EmigrationModel("war-years", scale=10_000).weeks
    page.until(lambda: week(page) == last, "the end", 120)
    page.until(lambda: numbers(page)["week from"].startswith("2024-12"), "the last week")
    page.until(lambda: not play_or_pause(page)[0].is_enabled(), "no more play")
    button(page, "RESET")
    page.until(lambda: week(page) == 0, "the reset")
    button(page, "STEP")
    page.until(lambda: week(page) > 0, "a step")
    assert page.errors() == []


def test_nothing_leaves_this_machine(page: Browser, server: Server) -> None:
    button(page, "STEP")
    page.until(lambda: week(page) == FRAME, "a step")
    assert page.leaving() == []
    assert len(page.requests) > 10, "the page's own files were seen"
    assert page.errors() == []
    watched = server.sockets()
    assert "socket.bind 127.0.0.1" in watched
    assert {line.rpartition(" ")[2] for line in watched} <= {"127.0.0.1", "::1"}
    assert server.listens() == ["127.0.0.1"]


def test_it_answers_to_the_names_of_this_machine_alone(server: Server) -> None:
    with urllib.request.urlopen(server.address, timeout=30) as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.HTTPError) as refused:
        other = urllib.request.Request(server.address, headers={"Host": "evil.test"})
        urllib.request.urlopen(other, timeout=30)
    assert refused.value.code == 400


def test_ctrl_c_ends_it_without_a_word(tmp_path: Path) -> None:
    with serving(tmp_path, "--scale", "10000") as started:
        with urllib.request.urlopen(started.address, timeout=60) as answer:
            assert answer.status == 200
        assert started.stop() == (0, "")
