"""Pictures of every kind of page over examples/articles; script/screenshots runs this."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from browser import NONE_FOUND, PAGES, Visitor, find_browser, launch, serving
from playwright.sync_api import sync_playwright

from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.settings import Settings

ROOT = Path(__file__).parent.parent
VIEWS = {
    "desktop": {"viewport": {"width": 1280, "height": 800}, "locale": "zh-CN"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "locale": "zh-CN", "color_scheme": "dark"},
    "phone": {
        "viewport": {"width": 360, "height": 740},
        "locale": "zh-CN",
        "is_mobile": True,
        "has_touch": True,
        "device_scale_factor": 2,
    },
    "english": {"viewport": {"width": 1280, "height": 800}, "locale": "en"},
}


def main(folder: Path) -> int:
    program = find_browser()
    if program is None:
        sys.stderr.write(f"{NONE_FOUND}\n")
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        index = Path(place) / "index"
        sync(index, IngestRequest([ROOT / "examples" / "articles"]), Settings())
        with serving(index) as site, sync_playwright() as playwright:
            browser = launch(playwright, program)
            for view, options in VIEWS.items():
                visitor = Visitor(browser, site, **options)
                for kind, (path, status) in PAGES.items():
                    page = visitor.open(path, status)
                    page.wait_for_load_state("networkidle")
                    page.screenshot(path=folder / f"{kind}-{view}.jpg", type="jpeg", quality=80)
                visitor.close()
            browser.close()
    sys.stdout.write(f"{len(VIEWS) * len(PAGES)} pictures are in {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
