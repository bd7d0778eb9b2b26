"""A real headless Chromium for the tests, what it asked the network for and complained of.

Nothing outside this machine can be reached from it: only loopback names resolve, so a page that
needs the network fails, and its requests are listed.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from needed import skip_or_fail

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

PROGRAMS = ("chromium", "chromedriver")
INSTALL = "apt-get install chromium chromium-driver, and pip install 'relokant[test]'"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--window-size=1400,1000",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)  # fmt: skip
WITHIN_THE_PAGE = ("data", "blob", "about", "chrome", "devtools")
LOOPBACK = ("127.0.0.1", "localhost")
PATIENCE = 60.0  # seconds for anything that takes about one


@dataclass
class Browser:
    """A running Chromium: its driver, and what it did since `forget`."""

    driver: Chrome
    requests: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """Open an address, http or file, and forget what was before."""
        self.driver.get("about:blank")
        self.listen()
        for seen in (self.requests, self.failures, self.complaints):
            seen.clear()
        self.driver.get(address)

    def listen(self) -> None:
        """Take in what happened since the last time: requests, failures, errors of the console."""
        addresses: dict[str, str] = {}
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            self._take(message["method"], message.get("params", {}), addresses)
        for entry in self.driver.get_log("browser"):
            if entry["level"] == "SEVERE":
                self.complaints.append(entry["message"])

    def _take(self, method: str, told: dict[str, Any], addresses: dict[str, str]) -> None:
        if method == "Network.requestWillBeSent":
            addresses[told["requestId"]] = told["request"]["url"]
            self.requests.append(told["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.requests.append(told["url"])
        elif method == "Network.loadingFailed" and not told.get("canceled"):
            address = addresses.get(told["requestId"], told["requestId"])
            self.failures.append(f"{address}: {told.get('errorText')}")
        elif method == "Network.responseReceived" and told["response"]["status"] >= 400:
            self.failures.append(f"{told['response']['url']}: {told['response']['status']}")

    def leaving(self) -> list[str]:
        """Requests so far to anything but this machine."""
        self.listen()
        return [address for address in self.requests if not stays(address)]

    def errors(self) -> list[str]:
        """Errors of the console and failed requests so far."""
        self.listen()
        return [*self.complaints, *self.failures]

    def all(self, css: str) -> list[WebElement]:
        """The elements that a CSS selector finds."""
        return self.driver.find_elements("css selector", css)

    def text(self, css: str) -> str:
        """The text of the first element that a selector finds, "" while there is none."""
        return self.run("const e = document.querySelector(arguments[0]); "
                        "return e ? e.innerText : '';", css)  # fmt: skip

    def run(self, script: str, *arguments: object) -> Any:
        """What a script returns, in the page."""
        return self.driver.execute_script(script, *arguments)

    def until(self, holds: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
        """Poll until something holds; what it gives."""
        from selenium.common.exceptions import TimeoutException
        from selenium.webdriver.support.wait import WebDriverWait

        try:
            return WebDriverWait(self.driver, patience, 0.05).until(lambda _: holds())
        except TimeoutException:
            page = self.run("return document.body.innerText")[:2000]
            raise TimeoutError(
                f"{what}: not within {patience:.0f} s\n{self.errors()}\n{page}"
            ) from None


def stays(address: str) -> bool:
    """Whether a request to this address stays on this machine."""
    parts = urlsplit(address)
    return parts.scheme in (*WITHIN_THE_PAGE, "file") or parts.hostname in LOOPBACK


def missing() -> list[str]:
    """What this machine lacks of Chromium, its driver and selenium."""
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    try:
        import selenium  # noqa: F401
    except ImportError:
        lacking.append("selenium")
    return lacking


@contextmanager
def running() -> Iterator[Browser]:
    """Start Chromium with a profile of its own, and stop it. Skips where it is missing."""
    skip_or_fail("Chromium", missing(), INSTALL)
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    with ExitStack() as stack:
        profile = tempfile.mkdtemp(prefix="chromium-")
        stack.callback(shutil.rmtree, profile, ignore_errors=True)
        options = ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        driver = Chrome(options, Service(shutil.which("chromedriver")))
        stack.callback(driver.quit)
        yield Browser(driver)
