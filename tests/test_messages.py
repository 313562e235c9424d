"""The pages in each language: which one is chosen, and that the catalogs say all there is to say."""

from __future__ import annotations

import ast
import importlib.util
import io
import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages import Catalog
from babel.messages.mofile import read_mo, write_mo
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from pages import one, page_at

from index.language import LANGUAGES
from search.query.grammar import FIELD_NAMES
from search.query.parser import Note

ROOT = Path(__file__).parent.parent
CATALOGS = sorted((ROOT / "index" / "translations").glob("*/LC_MESSAGES/messages.po"))
HAN = re.compile("[\u4e00-\u9fff]+")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", ROOT / "script" / "messages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def source(script: ModuleType) -> Catalog:
    """The messages of the source."""
    found: Catalog = script.messages()
    return found


def test_each_language_has_a_catalog_but_that_of_the_source() -> None:
    tags = {path.parent.parent.name.replace("_", "-") for path in CATALOGS}
    assert tags | {"en"} == set(LANGUAGES)


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parent.parent.name)
def test_catalogs_are_complete_and_in_step_with_the_source(
    script: ModuleType, source: Catalog, path: Path
) -> None:
    """Where this fails: run script/messages.py, and translate what it lists."""
    catalog = script.read(path)
    assert {entry.id for entry in catalog} == {entry.id for entry in source}
    placeholders = re.compile(r"{\w+[^}]*}")
    for entry in catalog:
        if not entry.id:
            continue
        assert script.is_translated(entry), entry.id
        assert not entry.fuzzy, entry.id
        texts = [entry.string] if isinstance(entry.string, str) else entry.string
        original = entry.id if isinstance(entry.id, str) else entry.id[-1]
        for text in texts:
            assert sorted(placeholders.findall(text)) == sorted(placeholders.findall(original)), entry.id


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parent.parent.name)
def test_catalogs_are_compiled(script: ModuleType, path: Path) -> None:
    """Where this fails: run script/messages.py."""
    expected = io.BytesIO()
    write_mo(expected, script.read(path))
    expected.seek(0)
    with path.with_suffix(".mo").open("rb") as compiled:
        assert _content(read_mo(compiled)) == _content(read_mo(expected))


def _texts(text: str | Iterable[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _content(catalog: Catalog) -> tuple[str, dict[tuple[str | None, ...], tuple[str, ...]]]:
    """Plural forms and messages of a catalog; its header names the program that wrote it."""
    entries = {(entry.context, *_texts(entry.id)): _texts(entry.string) for entry in catalog if entry.id}
    return catalog.plural_forms, entries


def test_all_that_reaches_a_page_is_a_message(script: ModuleType) -> None:
    """Notes and errors begin with a literal, not with an f-string: else no catalog could have them."""
    modules = {module for package in ("index", "search", "web") for module in (ROOT / package).rglob("*.py")}
    for module in modules - {ROOT / "index" / "ingest" / "sync.py"}:  # which only the terminal runs
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in script.KEYWORDS.keys() - {"gettext"}  # which also takes marked ones
            ):
                assert isinstance(node.args[0], ast.Constant), f"{module.name}:{node.lineno}"


def test_templates_hold_no_chinese_of_their_own() -> None:
    for template in (ROOT / "web" / "templates").iterdir():
        # The name, and an example of a query.
        found = set(HAN.findall(template.read_text(encoding="utf-8"))) - {"搜", "文", "地铁"}
        assert not found, (template.name, found)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("zh-CN,zh;q=0.9", "zh-Hans"),
        ("zh-SG", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK,zh;q=0.9,en;q=0.8", "zh-Hant"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-Hans-HK", "zh-Hans"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("fr;q=0.9,zh;q=0.5", "zh-Hans"),
        ("fr,de", "en"),
        ("en;q=0,zh-TW;q=0.1", "zh-Hant"),
        ("*", "zh-Hans"),
        ("§§,;q=x", "en"),
    ],
)
def test_the_browser_is_asked_for_the_language(client: FlaskClient, asked: str, given: str) -> None:
    answer = client.get("/help", headers={"Accept-Language": asked} if asked else {})
    assert f'<html lang="{given}">' in answer.text
    assert {"Accept-Language", "Cookie"} <= set(answer.vary)


def test_a_choice_is_remembered(client: FlaskClient) -> None:
    page = page_at(client, "/search", q="临江", sort="newest")
    links = {str(a["lang"]): str(a["href"]) for a in page.select(".choices .lang a")}
    assert set(links) == set(LANGUAGES)
    assert one(page_at(client, "/search" + links["en"]), "html")["lang"] == "en"
    page = page_at(client, "/search", q="临江")
    assert one(page, "html")["lang"] == "en"
    assert "articles" in one(page, ".summary").text
    assert one(page_at(client, "/", lang="zh-TW"), "html")["lang"] == "zh-Hant"
    assert "篩選" in one(page_at(client, "/search", q="临江"), ".to-filters").text
    assert one(page_at(client, "/", lang="tlh"), "html")["lang"] == "zh-Hant"  # not one of ours


def test_a_choice_holds_under_the_prefix_only(client: FlaskClient) -> None:
    answer = client.get("/?lang=en", headers={"X-Forwarded-Prefix": "/archive", "X-Forwarded-Proto": "https"})
    cookie = answer.headers["Set-Cookie"]
    for part in ("lang=en", "Path=/archive/", "SameSite=Lax", "HttpOnly", "Secure"):
        assert part in cookie


def test_an_answer_in_another_language_is_another_answer(client: FlaskClient) -> None:
    for path in ("/", "/search?q=临江"):
        first = client.get(path, headers={"Accept-Language": "zh"})
        conditional = {"If-None-Match": first.headers["ETag"]}
        assert client.get(path, headers={"Accept-Language": "zh"} | conditional).status_code == 304
        other = client.get(path, headers={"Accept-Language": "en"} | conditional)
        assert other.status_code == 200
        assert '<html lang="en">' in other.text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/search?q=a&page=abc", {"zh-Hans": "page：不能是 'abc'", "en": "page: 'abc' is not allowed"}),
        ("/search?q=a&from=x", {"zh-Hans": "不是日期", "zh-Hant": "不是日期", "en": "is not a date"}),
        ("/article/nope", {"zh-Hans": "没有 id 为 'nope' 的文章", "zh-Hant": "沒有 id 為 'nope' 的文章"}),
        ("/nope", {"zh-Hans": "/nope 没有内容", "en": "there is nothing at /nope"}),
    ],
)
def test_errors_speak_the_language(client: FlaskClient, path: str, said: dict[str, str]) -> None:
    for tag, words in said.items():
        page = BeautifulSoup(client.get(path, headers={"Accept-Language": tag}).text, "lxml")
        assert words in one(page, "main").text


def test_the_api_speaks_english(client: FlaskClient) -> None:
    for path in ("/api/search?q=a&page=abc", '/api/search?q="a'):
        answer = client.get(path, headers={"Accept-Language": "zh-TW"})
        assert not HAN.search(answer.text.split('"notes"')[-1])
        assert "Cookie" not in answer.vary


def test_notes_speak_the_language(client: FlaskClient) -> None:
    spoken = set()
    for tag in LANGUAGES:
        client.get("/", query_string={"lang": tag})
        spoken.add(one(page_at(client, "/search", q='临江 "地铁'), ".notes").text)
    assert len(spoken) == 3
    assert any(str(Note("A quotation mark has no partner, and was ignored.")) in text for text in spoken)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_examples_name_fields_in_the_language(client: FlaskClient, tag: str) -> None:
    page = page_at(client, "/", lang=tag)
    fields = [code.text.split(":")[0] for code in page.select(".examples code") if ":" in code.text]
    assert len(fields) == 4
    assert {FIELD_NAMES[field] for field in fields} == {"title", "author", "category", "date"}
    assert ("標題" in fields, "title" in fields) == (tag == "zh-Hant", tag == "en")


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_kind_of_page_can_be_rendered(client: FlaskClient, tag: str) -> None:
    client.get("/", query_string={"lang": tag})
    for path in (
        "/",
        "/search?q=临江 地铁",
        '/search?q="绝无此句"',
        "/article/radio-001?q=自行车",
        "/help",
        "/about",
    ):
        page = page_at(client, path)
        assert one(page, "html")["lang"] == tag
        assert not re.search(r"[{]\w+[}]|%\(", page.text)
