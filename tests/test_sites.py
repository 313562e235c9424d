"""Sites: recognised by their generators' files; the addresses of their articles; what is left out of them."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from index.article import ProblemKind
from index.errors import SettingsError
from index.sources.fields import ReadingRules
from index.sources.posts import parse_file
from index.sources.scan import Scan, scan
from index.sources.sites import recognise

SHANGHAI = ZoneInfo("Asia/Shanghai")
CASES = json.loads((Path(__file__).parent / "cases" / "sites.json").read_text(encoding="utf-8"))


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def look(folder: Path, **settings: str) -> Scan:
    return scan({folder.name: folder}, folder.parent / "index", **settings)


def read(folder: Path, found: Scan, **rules: Any) -> dict[str, tuple[str, str]]:
    """The address and the title of each article, by its path in the folder."""
    made: dict[str, tuple[str, str]] = {}
    for path, file in found.files.items():
        parsed = parse_file(
            path, Path(file.location).read_bytes(), SHANGHAI, ReadingRules(tuple(found.sites), **rules)
        )
        for article in parsed.articles:
            made[path.removeprefix(f"{folder.name}/")] = (article.url, article.title)
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["comment"])
def test_golden(case: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "blog"
    write(folder, case["files"])
    found = look(folder, **case.get("settings", {}))
    assert {path: url for path, (url, _) in read(folder, found).items()} == case["urls"]
    left_out = {
        problem.path.removeprefix("blog/"): problem.reason
        for problem in found.problems
        if problem.kind is ProblemKind.LEFT_OUT
    }
    assert left_out == case.get("left_out", {})
    assert [site.generator for site in found.sites] == ([case["generator"]] if "generator" in case else [])
    assert pickle.loads(pickle.dumps(found.sites)) == found.sites


def test_a_folder_inside_a_site_is_a_part_of_it(tmp_path: Path) -> None:
    write(
        tmp_path / "blog",
        {"hugo.toml": 'baseURL = "https://a.example/"', "content/posts/春天.md": "文", "README.md": "文"},
    )
    folder = tmp_path / "blog" / "content" / "posts"
    found = look(folder)
    assert read(folder, found) == {"春天.md": ("https://a.example/posts/%E6%98%A5%E5%A4%A9/", "春天")}


def test_relative_pictures_of_a_site_have_an_address(tmp_path: Path) -> None:
    write(
        tmp_path / "blog",
        {
            "hugo.toml": 'baseURL = "https://a.example/"',
            "content/posts/spring/index.md": "---\ntitle: 题\ncover: a.png\n---\n文",
        },
    )
    found = look(tmp_path / "blog")
    (file,) = found.files.values()
    parsed = parse_file(
        file.state.path, Path(file.location).read_bytes(), SHANGHAI, ReadingRules(tuple(found.sites))
    )
    assert parsed.articles[0].thumbnail == "https://a.example/posts/spring/a.png"


def test_posts_of_the_future_wait_where_the_generator_has_them_wait(tmp_path: Path) -> None:
    post = "---\ntitle: 题\ndate: 2030-01-01\n---\n文"
    write(tmp_path / "hugo", {"hugo.toml": 'baseURL = "https://a.example/"', "content/a.md": post})
    write(tmp_path / "plain", {"a.md": post})
    now, later = 1_700_000_000, 1_900_000_000
    for name, count in (("hugo", 0), ("plain", 1)):
        folder = tmp_path / name
        found = look(folder)
        assert len(read(folder, found, now=now)) == count
        assert len(read(folder, found, now=later)) == len(read(folder, found, now=now, drafts=True)) == 1


@pytest.mark.parametrize(
    "files",
    [
        {"_config.yml": "url: [" * 10_000},
        {"_config.yml": "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(100))},
        {"hugo.toml": "a = [" * 10_000},
        {"hugo.toml": "\0\0"},
        {"book.toml": "src = 3"},
        {"mkdocs.yml": "- a\n- b"},
        {"docusaurus.config.js": "url: 'https://a.example" * 1000},
        {".vuepress": "a file"},
    ],
    ids=lambda files: next(iter(files)),
)
def test_a_configuration_that_makes_no_sense_stops_nothing(files: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "blog"
    write(folder, {**files, "docs/a.md": "文"})
    recognise("blog", folder, {path.name for path in folder.iterdir()})
    assert set(look(folder).files) == {"blog/docs/a.md"}


def test_ignore_files_hold_for_their_folder_and_the_innermost_decides(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    write(
        folder,
        {
            ".souwenignore": "# 不要\n*.txt\n/drafts/\n!public/\n日记/2020*\n",
            "a.md": "文",
            "a.txt": "文",
            "drafts/a.md": "文",
            "public/a.md": "文",
            "themes/a.md": "文",
            "日记/2020-01.md": "文",
            "日记/2021-01.md": "文",
            "诗/.souwenignore": "!*.txt\n",
            "诗/a.txt": "文",
        },
    )
    found = look(folder)
    assert set(found.files) == {
        f"notes/{name}" for name in ("a.md", "public/a.md", "日记/2021-01.md", "诗/a.txt")
    }
    assert {problem.path: problem.reason for problem in found.problems} == {
        "notes/a.txt": "in .souwenignore",
        "notes/drafts": "in .souwenignore",
        "notes/themes": "themes/ is left out",
        "notes/日记/2020-01.md": "in .souwenignore",
    }


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"site_url": "a.example"}, "site_url: 'a.example'"),
        ({"permalink": ":jahr/:title/"}, "there is no :jahr"),
    ],
)
def test_settings_that_make_no_sense_are_errors(settings: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=said):
        look(tmp_path, **settings)
