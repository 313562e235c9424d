"""How soon a person sees a page: the first contentful paint in Chromium, and how large a page is.

    python bench/page.py INDEX [--times 20] [--query 公安]

Each page is opened in a new window, as by somebody who was never here: nothing is cached. The paint is the
browser's own PerformancePaintTiming, in milliseconds since the address was asked for. Needs the test extras
and a Chromium on the PATH, or in CHROME_PATH.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from browser import find_browser, launch, serving

_PAINTED = "performance.getEntriesByName('first-contentful-paint').map(entry => entry.startTime)"
_BYTES = """performance.getEntries().filter(e => e.transferSize !== undefined)
  .reduce((sum, e) => [sum[0] + e.transferSize, sum[1] + e.decodedBodySize], [0, 0])"""


def opened(browser: Browser, address: str) -> tuple[float, list[int]]:
    """The paint in ms, and bytes as sent and as read, of a page and all that it loads from the site."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.route(lambda url: not url.startswith("http://127.0.0.1"), lambda route: route.abort())
    page = context.new_page()
    page.goto(address, wait_until="load")
    while not (painted := page.evaluate(_PAINTED)):
        page.wait_for_timeout(20)
    paint, sizes = painted[0], page.evaluate(_BYTES)
    context.close()
    return paint, sizes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--query", default="公安")
    arguments = parser.parse_args()
    program = find_browser()
    if program is None:
        raise SystemExit("There is no Chromium on the PATH, nor in CHROME_PATH.")
    with serving(arguments.index) as site, sync_playwright() as playwright:
        browser = launch(playwright, program)
        query = quote(arguments.query)
        with urlopen(f"{site}/api/search?q={query}") as answer:
            article = json.load(answer)["hits"][0]["url"]
        for path in ("/", f"/search?q={query}", f"{article}?q={query}", "/about"):
            paints, sizes = zip(*(opened(browser, site + path) for _ in range(arguments.times)), strict=True)
            print(
                f"{path.partition('?')[0]:28} median {statistics.median(paints):.0f}, "
                f"longest {max(paints):.0f} ms; {sizes[0][0] / 1000:.1f} KB sent, "
                f"{sizes[0][1] / 1000:.1f} KB read"
            )
        browser.close()


if __name__ == "__main__":
    main()
