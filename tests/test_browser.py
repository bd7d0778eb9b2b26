"""The browser of the tests sees what it is there to see."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import INSTALL, Browser, stays
from needed import skip_or_fail


def page(tmp_path: Path, body: str) -> str:
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><html><body>{body}</body></html>", "utf-8")
    return path.as_uri()


def test_a_quiet_page_is_quiet(browser: Browser, tmp_path: Path) -> None:
    browser.open(page(tmp_path, "<p id='a'>Hello</p>"))
    assert browser.text("#a") == "Hello"
    assert browser.leaving() == []
    assert browser.errors() == []


def test_a_request_that_leaves_is_seen_and_fails(browser: Browser, tmp_path: Path) -> None:
    browser.open(page(tmp_path, "<img src='http://192.0.2.1/a.png'><img src='http://a.test/b'>"))
    browser.until(lambda: len(browser.errors()) >= 2, "the failures", 10)
    assert set(browser.leaving()) == {"http://192.0.2.1/a.png", "http://a.test/b"}


def test_an_error_in_a_script_is_seen(browser: Browser, tmp_path: Path) -> None:
    browser.open(page(tmp_path, "<script>nothing.here()</script>"))
    browser.until(browser.errors, "the error", 10)
    assert "nothing is not defined" in browser.errors()[0]
    browser.open(page(tmp_path, ""))
    assert browser.errors() == []


def test_what_stays_on_the_machine() -> None:
    here = ("http://127.0.0.1:8765/a", "ws://localhost:1/b", "data:,x", "file:///tmp/a.html")
    assert all(map(stays, here))
    assert not any(map(stays, ("https://cdn.test/vega.js", "http://10.0.0.1/", "//127.0.0.2/")))


def test_without_chromium_tests_skip_or_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    required = "RELOKANT_REQUIRE_CHROMIUM"
    monkeypatch.delenv(required, raising=False)
    skip_or_fail("Chromium", [], INSTALL)
    with pytest.raises(pytest.skip.Exception, match="no Chromium here: chromium missing"):
        skip_or_fail("Chromium", ["chromium"], INSTALL)
    monkeypatch.setenv(required, "1")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        skip_or_fail("Chromium", ["chromium"], INSTALL)
