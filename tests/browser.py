"""A real browser on a real server: what the tests of the pages and the screenshots share."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Route,
    expect,
)

PATIENCE = 60_000  # milliseconds: a busy machine is no failure
expect.set_options(timeout=PATIENCE)

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NONE_FOUND = "no browser: install chromium, or name one in the environment variable CHROME_PATH"

# For all that articles load from elsewhere.
_PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3" width="400" height="300">
<path fill="#a9c3d9" d="M0 0h4v3H0z"/><path fill="#7d9a6f" d="M0 3 1.4 1.2 2.2 2.2 2.9 1.6 4 3z"/></svg>"""
# Told by the page itself: a violation of the policy that blocks nothing visible, too.
_WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("policy: " + event.violatedDirective + " " + event.blockedURI));
"""


def find_browser() -> str | None:
    """The program of a Chromium or Chrome: what CHROME_PATH names, else one on the PATH."""
    named = os.environ.get("CHROME_PATH")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


def launch(playwright: Playwright, program: str) -> Browser:
    """Starts it, without windows."""
    alone = [] if not hasattr(os, "geteuid") or os.geteuid() else ["--no-sandbox"]  # it has none as root
    return playwright.chromium.launch(executable_path=program, args=alone)


@contextmanager
def serving(index: Path, *options: str, **settings: str) -> Iterator[str]:
    """The address of a `souwen serve` over an index, without the slash at its end."""
    command = [sys.executable, "-W", "ignore", "-m", "cli", "serve", "--port", "0", "--index", str(index)]
    environment = os.environ | {f"SOUWEN_{name.upper()}": value for name, value in settings.items()}
    root = Path(__file__).parent.parent
    with subprocess.Popen(
        [*command, *options], stderr=subprocess.PIPE, text=True, cwd=root, env=environment
    ) as server:
        try:
            assert server.stderr is not None
            words = (word for line in server.stderr for word in line.split())
            address = next(word for word in words if word.startswith("http://")).rstrip("/")
            with suppress(HTTPError):  # of a server without an index, which answers all the same
                urlopen(f"{address}/healthz", timeout=60).close()  # the first answer waits for the dictionary
            yield address
        finally:
            server.terminate()


# One page of each kind over examples/articles: its path, and the status of its answer.
PAGES = {
    "home": ("/", 200),
    "results": ("/search?q=临江+地铁", 200),
    "filtered": ("/search?q=临江&category=金融&from=2021&to=2023", 200),
    "notes": ('/search?q=临江+"地铁&page=2&size=5&sort=newest', 200),
    "nothing": ('/search?q="绝无此句"&author=临江财经', 200),
    "explained": ("/search?q=漂浮+图书馆&explain=1", 200),
    "article": ("/article/radio-001?q=导航", 200),
    "code": ("/article/f77791150e57e7c7?q=代码", 200),
    "table": ("/article/5f79222f04e0b2e3?q=摊位", 200),
    "advanced": ("/advanced", 200),
    "timeline": ("/timeline?q=临江&q=地铁&from=2020", 200),
    "watches": ("/watches", 200),
    "help": ("/help", 200),
    "about": ("/about", 200),
    "missing": ("/article/nothing-of-that-name", 404),
    "refused": ("/search?q=临江&page=99999", 400),
}


class Visitor:
    """A person with a browser window. Whatever the pages complain about is kept in `complaints`, and what
    they load from other sites in `outside`: they get a picture there, without a network."""

    def __init__(self, browser: Browser, site: str, **options: Any) -> None:
        self.site = site
        self.context: BrowserContext = browser.new_context(base_url=site, **options)
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(_WATCH_POLICY)
        self.context.route(re.compile(f"^(?!{re.escape(site)})"), self._answer_outside)
        self.complaints: list[str] = []
        self.outside: list[Request] = []
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.page: Page = self.context.new_page()

    def open(self, path: str, status: int = 200) -> Page:
        """The page at a path, which must answer so."""
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == status, (path, answer.status)
        return self.page

    def close(self) -> None:
        """Closes the window."""
        self.context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        # Chromium tells of every answer that is an error, even where the page is one.
        expected = message.text.startswith("Failed to load resource: the server responded with a status")
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(f"{message.text} ({message.location.get('url')})")

    def _answer_outside(self, route: Route, request: Request) -> None:
        self.outside.append(request)
        route.fulfill(body=_PICTURE, content_type="image/svg+xml")
