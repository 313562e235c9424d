"""What somebody puts into an archive, or into an address, to harm those who read it: nothing of it runs, in a
browser, a reader of feeds, a spreadsheet, a program or a terminal."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from browser import Visitor, serving
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Dialog, Page

from cli.main import main
from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.settings import Settings
from search.searcher import Searcher
from search.settings import SearchSettings
from web.app import create_app
from web.settings import WebSettings

CASES = json.loads((Path(__file__).parent / "cases" / "hostile.json").read_text(encoding="utf-8"))
TEXTS = [case["text"] for case in CASES["texts"]]
# In all of the articles.
WORD = "靶子"
ATOM = "{http://www.w3.org/2005/Atom}"
FIELDS = ("id", "title", "author", "editor", "url", "thumbnail", "text")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index over all of them."""
    folder = tmp_path_factory.mktemp("hostile") / "archive"
    folder.mkdir()
    articles: list[dict[str, object]] = [
        {"id": f"html {number}", "title": f"{WORD} {number}", "html": case["html"]}
        for number, case in enumerate(CASES["html"])
    ]
    articles += [
        dict.fromkeys(FIELDS, text) | {"categories": [text, text], "text": f"{text}\n{WORD} {text}"}
        for text in TEXTS
    ]
    articles += [
        {"id": f"address {number}", "title": WORD, "url": address, "thumbnail": address,
         "html": f'<p>{WORD}<a href="{address}">a</a><img src="{address}"></p>', "date": 1641276006 + number}
        for number, address in enumerate(CASES["addresses"])
    ]  # fmt: skip
    (folder / "articles.jsonl").write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")
    for number, case in enumerate(CASES["posts"]):
        (folder / f"{number}.md").write_text(case["post"], encoding="utf-8")
    for name in CASES["names"] if sys.platform == "linux" else []:
        (folder / name.replace("/", "∕")).write_text(f"<p>{WORD}", encoding="utf-8")
    directory = folder.parent / "index"
    sync(directory, IngestRequest([folder]), Settings())
    return directory


@pytest.fixture(scope="module")
def client(index: Path) -> Iterator[FlaskClient]:
    app = create_app(WebSettings(index=str(index)))
    with closing(app.extensions["souwen"].searcher):
        yield app.test_client()


@pytest.fixture(scope="module")
def ids(index: Path) -> list[str]:
    """The ids of all articles."""
    with closing(Searcher(index, SearchSettings())) as searcher, searcher.reader.acquire() as opened:
        return [article.id for article in opened.articles.all_articles()]


def test_nothing_is_lost(ids: list[str]) -> None:
    names = [name for name in CASES["names"] if name.endswith(".md")] if sys.platform == "linux" else []
    parts = [*CASES["html"], *CASES["texts"], *CASES["addresses"], *CASES["posts"], *names]
    assert len(ids) == len(parts)


# In a browser

# What an element must not have: a handler, a style, another page inside it, an address that is a script.
FIND_ARMED = """() => {
  const SAFE = ["http:", "https:", "mailto:"];
  const isArmed = ({ name, value }) => {
    if (/^on|^(style|srcdoc|srcset|ping|formaction|http-equiv)$/i.test(name)) return true;
    if (!/href|^src$|^action$|^data$|^poster$|^background$/.test(name)) return false;
    try { return !SAFE.includes(new URL(value, document.baseURI).protocol); } catch { return false; }
  };
  const ALIEN = /^(iframe|object|embed|base|style|applet|frame|math|template|video|audio)$/i;
  const isAlien = (e) => ALIEN.test(e.localName)
    || (e.localName === "script" &&
      !/^\\/static\\/(souwen|typing|reading|watches|kept|files)\\.js\\?/.test(
        e.src.replace(location.origin, "")));
  if (!document.querySelector("main")) // no page of ours: text, as the browser shows it
    return [...document.querySelectorAll("script, img, svg")].map((e) => e.outerHTML);
  return [...document.querySelectorAll("*")]
    .filter((e) => isAlien(e) || [...e.attributes].some(isArmed)).map((e) => e.outerHTML.slice(0, 200));
}"""
# What a reader does sooner or later, to everything that an article has put on the page.
TOUCH = """() => {
  for (const element of document.querySelectorAll(".prose *, .hits *, h1 *"))
    for (const type of "mouseover pointerenter focus toggle animationstart load error begin".split(" "))
      element.dispatchEvent(new Event(type));
}"""


class Reader(Visitor):
    """Somebody who opens hostile pages, with or without the protection of the policy."""

    def __init__(self, browser: Browser, site: str, *, guarded: bool) -> None:
        super().__init__(browser, site, bypass_csp=not guarded)
        self.context.set_default_timeout(60_000)  # pages of a hundred articles, on a slow machine
        self.is_guarded = guarded
        self.harm: list[str] = []
        self.page.on("dialog", self._dismiss)

    def look(self, path: str) -> Page:
        """Opens a page; what it does that it shouldn't is added to `harm`."""
        self.page.goto(path)
        armed = self.page.evaluate(f"() => {{ ({TOUCH})(); return ({FIND_ARMED})(); }}")
        self.harm += [f"{path}: {element}" for element in armed]
        if self.page.evaluate("'hostile' in window"):  # by now
            self.harm.append(f"{path}: a script has run")
        if not self.page.url.startswith(self.site):
            self.harm.append(f"{path}: led to {self.page.url}")
        return self.page

    def _dismiss(self, dialog: Dialog) -> None:
        self.harm.append(f"{self.page.url}: {dialog.message}")
        dialog.dismiss()

    def verdict(self) -> list[str]:
        """All harm that was done, or, where there was a policy, tried."""
        loaded = [f"loaded {r.url} as {r.resource_type}" for r in self.outside
                  if r.resource_type != "image" or not r.url.startswith("https://p.example/")]  # fmt: skip
        return [*self.harm, *loaded, *self.complaints]


@pytest.fixture(scope="module")
def hostile_site(index: Path) -> Iterator[str]:
    with serving(index) as address:
        yield address


@pytest.fixture(params=[True, False], ids=["policy", "no policy"])
def reader(request: pytest.FixtureRequest, browser: Browser, hostile_site: str) -> Iterator[Reader]:
    made = Reader(browser, hostile_site, guarded=request.param)
    yield made
    made.close()


@pytest.fixture
def unguarded(browser: Browser, hostile_site: str) -> Iterator[Reader]:
    made = Reader(browser, hostile_site, guarded=False)
    yield made
    made.close()


def test_the_watch_sees_what_runs(reader: Reader) -> None:
    """Without the policy, a script in a page is seen to run; with it, to be stopped."""
    page = reader.look("/help")
    inject = """() => document.body.insertAdjacentHTML("beforeend",
      '<img src=x onerror="hostile = 1; alert(1); fetch(`https://evil.example/`)">')"""
    if reader.is_guarded:
        with page.expect_console_message(lambda message: "policy: script-src" in message.text):
            page.evaluate(inject)
        assert any("policy: script-src" in line for line in reader.verdict())
        assert not page.evaluate("'hostile' in window")
    else:
        with page.expect_response("https://evil.example/"):
            page.evaluate(inject)
        assert page.evaluate("'hostile' in window")
        assert reader.harm[-1].endswith(": 1")
        assert "loaded https://evil.example/ as fetch" in reader.verdict()
    assert "onerror" in page.evaluate(FIND_ARMED)[0]


def test_nothing_runs_where_articles_are_read(reader: Reader, ids: list[str]) -> None:
    for article_id in ids:
        if reader.is_guarded and article_id in TEXTS:
            continue  # the list has the same in every place
        page = reader.look(f"/article/{quote(article_id, safe='')}?q=alert+{quote(WORD)}")
        assert page.locator("h1").count() == 1
    assert reader.verdict() == []


def test_nothing_runs_where_articles_are_listed(reader: Reader, ids: list[str]) -> None:
    shown = 0
    for query in (
        f"q={WORD}&size=100&explain=1",
        f"q={WORD}&size=100&page=2",
        "q=alert&size=100",
        "from=1900&lang=en",
    ):
        page = reader.look(f"/search?{query}")
        shown += page.locator(".hit").count()
    assert shown > len(ids)
    for path in ("/", "/about", "/help", f"/feed.atom?q={WORD}&size=100", "/feed.atom?size=100"):
        reader.look(path)
    assert reader.verdict() == []


def test_nothing_runs_that_an_address_says(unguarded: Reader) -> None:
    for text in (text.encode("utf-8", "replace").decode() for text in TEXTS):
        unguarded.look(f"/search?{urlencode({'q': text, 'category': text, 'author': text})}")
    for text in TEXTS[:8]:
        unguarded.look(f"/search?{urlencode({'q': text, 'from': text, 'lang': text, 'theme': text})}")
        unguarded.look(f"/article/{quote(text, safe='')}x?{urlencode({'q': text})}")
        unguarded.look(f"/{quote(text)}")
    assert unguarded.verdict() == []


def test_nothing_runs_that_is_suggested(unguarded: Reader) -> None:
    """Nor in the page of results that is put in place while typing."""
    page = unguarded.look("/")
    for typed in ("<script>", "[bold red]题"):
        page.locator("#q").fill(typed)
        page.locator("#found li").filter(has_text=typed).first.wait_for()
        page.locator(".hit h2").filter(has_text=typed).first.wait_for()
        assert page.evaluate(FIND_ARMED) == []
    assert unguarded.verdict() == []


def test_no_other_site_runs_an_answer_as_a_script(unguarded: Reader) -> None:
    """JSON, JSON Lines, CSV and pages are taken for no script, whatever they hold."""
    page = unguarded.look("/help")
    for path in (
        f"/api/search?q={WORD}&size=100",
        f"/search.jsonl?q={WORD}",
        f"/search.csv?q={WORD}",
        f"/search?q={WORD}",
    ):
        outcome = page.evaluate(
            """(src) => new Promise((resolve) => {
              const script = document.body.appendChild(document.createElement("script"));
              script.onload = () => resolve("loaded");
              script.onerror = () => resolve("refused");
              script.src = src;
            })""",
            path,
        )
        assert outcome == "refused", path
    for path in ("/api/stats", f"/api/search?q={WORD}&size=100", f"/api/suggest?q={quote('<script')}"):
        page.goto(path)
        assert page.evaluate("document.querySelectorAll('script, img, svg').length") == 0
    assert unguarded.harm == []


# In programs


def test_a_feed_is_a_feed_and_its_summaries_are_text_with_marks(client: FlaskClient, ids: list[str]) -> None:
    seen = set()
    for address in (
        f"/feed.atom?q={WORD}&size=100",
        "/feed.atom?size=100",
        *(f"/feed.atom?{urlencode({'q': t})}" for t in TEXTS[:8]),
    ):
        feed = ET.fromstring(client.get(address).data)
        for entry in feed.iter(f"{ATOM}entry"):
            seen.add(entry.findtext(f"{ATOM}title"))
            summary = entry.findtext(f"{ATOM}summary") or ""
            assert set(re.findall("<[^>]*>?", summary)) <= {"<p>", "</p>", "<mark>", "</mark>"}
            for link in entry.iter(f"{ATOM}link"):
                assert link.get("href", "").startswith("http://localhost/article/")
        assert {element.tag.removeprefix(ATOM) for element in feed.iter()} <= set(
            "feed title id link updated author name entry published category summary".split()
        )
    assert "<script>alert(1)</script>" in seen


def _spreadsheet(data: bytes, separator: str) -> list[list[str]]:
    """The cells as a spreadsheet has them where lists are separated so."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=separator))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_is_a_formula(client: FlaskClient, ids: list[str], separator: str) -> None:
    """Programs split the lines of a file where their language separates lists."""
    rows = _spreadsheet(client.get(f"/search.csv?q={WORD}").data, separator)
    assert len(rows) >= len(ids)
    formulas = [
        cell
        for row in rows
        for cell in row
        if re.match(r"[\s\0\u200b\u2060\ufeff]*[=+\-@＝＋－＠]|[\t\r]", cell)
    ]
    assert formulas == []


def test_lines_of_json_are_those_of_the_articles(client: FlaskClient, ids: list[str]) -> None:
    answer = client.get(f"/search.jsonl?q={WORD}").data
    found = [json.loads(line) for line in answer.decode().removesuffix("\n").split("\n")]
    assert sorted(hit["id"] for hit in found) == sorted(ids)
    for hit in found:
        for part in (hit["title_html"], *hit["snippets_html"]):
            assert set(re.findall("<[^>]*>?", part)) <= {"<mark>", "</mark>"}


# At a terminal

# As the system hands arguments over: bytes that are not UTF-8 are lone surrogates, and NUL can't be in one.
TYPED = [os.fsdecode(text.replace("\0", "").encode("utf-8", "surrogatepass")) for text in TEXTS]
LISTED = ("search", WORD, "-n", "100")
COMMANDS: list[tuple[str, ...]] = [
    LISTED,
    (*LISTED, "--explain"),
    (*LISTED, "--page", "2"),
    (*LISTED, "--json"),
    ("problems",),
    ("problems", "--json"),
    ("stats",),
    ("stats", "--json"),
    ("suggest", "<script"),
    ("suggest", "<script", "--json"),
    ("verify",),
    ("dict", "discover"),
    ("index", "\x1b[31m/\x9b"),
    ("index", "--forget", "\x1b[31m\u202e"),
    ("index", "--engine", "\x1b[31m"),
    ("\x1b[31m\u202e",),
    ("search", "--\x1b[31m\x9b"),
    ("search", "-n", "\x1b[31m\x9b", "x"),
    *(("dict", "check", text) for text in TYPED),
    *((command, text) for command in ("show", "similar", "search", "suggest") for text in TYPED),
    *((command, "--json", "--", text) for command in ("show", "search") for text in TYPED),
    *((*LISTED, option, text) for option in ("--category", "--from") for text in TYPED),
]
# What a terminal obeys, or shows in another order or not at all: control characters (but the line end),
# directions, and lone surrogates, which are bytes that are not UTF-8.
OBEYED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, index: Path
) -> Callable[..., str]:
    """Runs `souwen`, and gives all that it prints."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SOUWEN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SOUWEN_INDEX", str(index))

    def runner(arguments: tuple[str, ...]) -> str:
        monkeypatch.setattr(sys, "argv", ["souwen", *arguments])
        with pytest.raises(SystemExit):
            main()
        captured = capsys.readouterr()
        return captured.out + captured.err

    return runner


@pytest.mark.slow
def test_a_terminal_gets_no_orders(run: Callable[..., str]) -> None:
    for arguments in COMMANDS:
        printed = run(arguments)
        assert printed or arguments[0] == "suggest", arguments
        assert not OBEYED.search(printed), (arguments, ascii(OBEYED.search(printed)))
        if "--json" in arguments and printed.startswith(("{", "[")):
            json.loads(printed)


def test_a_terminal_is_told_what_was_ignored(index: Path, run: Callable[..., str]) -> None:
    printed = run(("index",))
    assert not OBEYED.search(printed), ascii(printed)
