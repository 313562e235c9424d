"""A search for real sites of Hexo and Hugo, made by their generators.

They take minutes and a network: `TEST_GENERATORS=1 pytest tests/test_site_generators.py`, with npm and hugo.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import Visitor
from playwright.sync_api import Browser, expect
from static_host import hosting

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("TEST_GENERATORS"), reason="TEST_GENERATORS isn't set"),
]

ROOT = Path(__file__).parent.parent
POSTS = {
    "lighthouse": ("灯塔看守人的菜园", "园艺", "他在礁石上种了三十年的番茄，海雾替他浇水。"),
    "noodles": ("面馆的最后一夜", "吃", "老板把跨江大桥画在了墙上，客人说画得比真的直。"),
}


def _posts(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, (title, tag, text) in POSTS.items():
        (folder / f"{name}.md").write_text(
            f"---\ntitle: {title}\ndate: 2024-03-02 10:00:00\ntags: [{tag}]\n---\n{text}\n", encoding="utf-8"
        )


def _run(folder: Path, *command: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _search(site: Path, public: Path) -> None:
    souwen = (sys.executable, "-m", "cli")
    _run(site, *souwen, "index", ".")
    _run(site, *souwen, "site", str(public / "search"))


def _hexo(site: Path) -> Path:
    if not (npm := shutil.which("npm")):
        pytest.skip("no npm")
    _posts(site / "source" / "_posts")
    (site / "package.json").write_text('{"name": "blog", "private": true, "hexo": {"version": "8.0.0"}}')
    (site / "_config.yml").write_text(
        "title: 博客\nurl: HOST\npermalink: :year/:month/:title/\ntheme: landscape\n"
    )
    _run(
        site, npm, "install", "--no-audit", "--no-fund", "hexo", "hexo-renderer-marked", "hexo-renderer-ejs",
        "hexo-renderer-stylus", "hexo-theme-landscape", "hexo-generator-index",
    )  # fmt: skip
    return site / "public"


def _hugo(site: Path) -> Path:
    if not shutil.which("hugo"):
        pytest.skip("no hugo")
    _posts(site / "content" / "posts")
    (site / "config.toml").write_text('title = "博客"\nbaseURL = "HOST/"\n')
    layouts = site / "layouts" / "_default"
    layouts.mkdir(parents=True)
    for name in ("single", "list"):
        (layouts / f"{name}.html").write_text(
            "<!doctype html><meta charset=utf-8><title>{{ .Title }}</title><h1>{{ .Title }}</h1>"
            "{{ .Content }}"
        )
    return site / "public"


GENERATORS: dict[str, tuple[Callable[[Path], Path], str, tuple[str, ...]]] = {
    "hexo": (_hexo, "_config.yml", ("node", "node_modules/hexo/bin/hexo", "generate")),
    "hugo": (_hugo, "config.toml", ("hugo",)),
}


@pytest.mark.parametrize("generator", GENERATORS)
def test_hits_lead_to_the_pages_that_the_generator_made(
    generator: str, tmp_path: Path, browser: Browser
) -> None:
    prepare, configuration, generate = GENERATORS[generator]
    site = tmp_path / "blog"
    public = prepare(site)
    public.mkdir(exist_ok=True)
    with hosting(public) as host:
        file = site / configuration
        file.write_text(file.read_text(encoding="utf-8").replace("HOST", host.rstrip("/")), encoding="utf-8")
        _run(site, *generate)
        _search(site, public)
        person = Visitor(browser, host.rstrip("/"))
        page = person.open("/search/?q=江大桥画")
        link = page.locator("#souwen ol a")
        expect(link).to_have_text("面馆的最后一夜")
        link.click()
        expect(page.locator("h1", has_text="面馆的最后一夜").first).to_be_visible()
        person.close()
