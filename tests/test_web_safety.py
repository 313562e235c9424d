"""What is in articles and addresses never becomes markup or code of a page."""

from __future__ import annotations

import json
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from pages import link_of, one, page_at

from index.article import Article
from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.settings import Settings
from search.planning.plan import HighlightTerm
from web.app import create_app
from web.reading import reading_view
from web.settings import WebSettings

ATOM = "{http://www.w3.org/2005/Atom}"
SCRIPTS = ["/static/souwen.js", "/static/typing.js", "/static/reading.js", "/static/watches.js"]
HOSTILE_ID = "a/b?c=1#d 甲\"<'&%2F"
HOSTILE_TITLE = "\"><script>alert(1)</script>' 木马程序"
HOSTILE_HTML = """
<p onclick="alert(1)" style="position:fixed" class="x" id="q">木马<b>程</b>序<script>alert(2)</script></p>
<img src="x" onerror="alert(3)"><img src="https://p.example/a.png" onload="alert(3)" alt='"><script>'>
<img src="data:text/html,x"><img src="javascript:alert(1)">
<a href="javascript:alert(4)">a</a><a href=" java&#10;script:alert(5)">b</a><a href="https://p.example/">c</a>
<svg><script>alert(6)</script><a xlink:href="javascript:alert(7)">x</a></svg>
<style>body{display:none}</style><iframe src="https://evil.example"></iframe><object data="x"></object>
<form action="https://evil.example"><input name="q"><button>go</button></form>
<math><mtext><table><mglyph><style><img src=x onerror=alert(8)></style></mglyph></table></mtext></math>
<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example">
<mark id="evil">不是搜索结果</mark><details open ontoggle="alert(9)"><summary>s</summary></details>
"""


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The front end over articles that were written to break it."""
    folder = tmp_path_factory.mktemp("hostile")
    articles = [
        {
            "id": HOSTILE_ID,
            "title": HOSTILE_TITLE,
            "html": HOSTILE_HTML,
            "author": '<img src=x onerror="alert(1)">',
            "categories": ["<b>甲</b>", "乙\"'"],
            "url": "javascript:alert(1)",
            "thumbnail": "javascript:alert(1)",
            "date": "2022-01-04T06:00:06Z",
        },
        {"id": "plain", "title": "平常的一篇", "text": "1 < 2 木马程序\n第二行 & <vector>"},
        {
            "id": "relative",
            "title": "相对地址",
            "html": '<p>正文</p><a href="/x">x</a><img src="../i.png"><img src="//c.example/j.png">',
            "url": "https://source.example/news/1.html",
        },
        {"id": "lines", "title": "没有段落", "html": "<b>第一行</b>\n第二行\n<i>第三行</i>"},
    ]
    lines = "\n".join(json.dumps(article, ensure_ascii=False) for article in articles)
    (folder / "articles.jsonl").write_text(lines, encoding="utf-8")
    directory = folder / "index"
    sync(directory, IngestRequest([folder]), Settings())
    app = create_app(WebSettings(index=str(directory)))
    yield app.test_client()
    app.extensions["souwen"].close()


def test_hostile_text_is_shown_as_text(hostile: FlaskClient) -> None:
    page = page_at(hostile, "/search", q=HOSTILE_TITLE)
    hit = next(hit for hit in page.select(".hit") if "script" in one(hit, "h2").text)
    assert one(hit, "h2").text == HOSTILE_TITLE
    assert "<img src=x" in hit.text
    assert not hit.select("img, script")
    assert one(page, "#q")["value"] == HOSTILE_TITLE
    for path in ("/", "/about", "/search?author=%22%3E%3Cscript%3E", "/search?category=%3Cb%3E&q=%3Cb%3E"):
        assert [
            str(script.get("src", "")).split("?")[0] for script in page_at(hostile, path).select("script")
        ] == SCRIPTS


def test_hostile_html_is_harmless(hostile: FlaskClient) -> None:
    page = page_at(hostile, f"/article/{quote(HOSTILE_ID, safe='')}", q="木马程序")
    prose = one(page, ".prose")
    for own in prose.select("a.para"):
        own.decompose()
    allowed = {"href", "rel", "src", "alt", "loading", "referrerpolicy", "id", "class", "tabindex"}
    for tag in prose.find_all(True):
        assert tag.name in {"p", "b", "mark", "img", "a", "div", "details", "summary", "table", "tbody"}, tag
        assert set(tag.attrs) <= allowed, tag
        assert tag.name == "mark" or not {"id", "class"} & set(tag.attrs)
    assert [str(image["src"]) for image in prose.select("img")] == ["https://p.example/a.png"]
    assert [link.get("href") for link in prose.select("a[href]")] == ["https://p.example/"]
    assert prose.select("a[href]")[0]["rel"] == ["noopener", "noreferrer", "nofollow", "ugc"]
    assert "".join(mark.text for mark in prose.select("mark")) == "木马程序"
    assert page.select(".source a")[0].text == "JSON"  # the source is no web address


def test_text_without_markup_is_shown_line_by_line(hostile: FlaskClient) -> None:
    prose = one(page_at(hostile, "/article/plain", q="木马"), ".prose")
    assert [line.text for line in prose.select("p")] == ["1 < 2 木马程序", "第二行 & <vector>"]
    assert len(one(page_at(hostile, "/article/lines"), ".prose").select("br")) == 2


def test_addresses_are_relative_to_the_source(hostile: FlaskClient) -> None:
    page = page_at(hostile, "/article/relative")
    assert link_of(page, ".prose a:not(.para)") == "https://source.example/x"
    assert [image["src"] for image in page.select(".prose img")] == [
        "https://source.example/i.png",
        "https://c.example/j.png",
    ]
    assert link_of(page, ".source a[rel~=noopener]") == "https://source.example/news/1.html"


@pytest.mark.parametrize(
    "path",
    ["/", "/search?q=临江", "/article/radio-001", "/api/stats", "/nope", "/static/souwen.css", "/feed.atom"],
)
def test_every_answer_has_the_security_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' http: https: data:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_no_page_needs_what_the_policy_forbids(client: FlaskClient) -> None:
    for path in ("/", "/search?q=临江", "/article/radio-001?q=自行车", "/help", "/about", "/nope"):
        page = BeautifulSoup(client.get(path).text, "lxml")
        assert not page.select("[style], style, script:not([src])")
        assert not [tag for tag in page.find_all(True) for name in tag.attrs if name.startswith("on")]


def test_any_id_has_an_address(hostile: FlaskClient) -> None:
    page = page_at(hostile, "/search", q="木马程序")
    links = [str(a["href"]) for a in page.select(".hit h2 a")]
    titles = [one(page_at(hostile, link), "h1").text for link in links]
    assert HOSTILE_TITLE in titles
    found = json.loads(hostile.get(f"/api/article/{quote(HOSTILE_ID, safe='')}").data)
    assert found["id"] == HOSTILE_ID
    assert json.loads(hostile.get("/api" + found["url"]).data) == found


def test_feeds_hold_hostile_text_and_what_xml_cannot(hostile: FlaskClient) -> None:
    feed = ET.fromstring(hostile.get("/feed.atom?q=木马程序\x01\ufffe<%26").data)
    assert feed.findtext(f"{ATOM}title") == "搜文：木马程序<&"
    found = ET.fromstring(hostile.get("/feed.atom?q=木马程序").data)
    assert HOSTILE_TITLE in [entry.findtext(f"{ATOM}title") for entry in found.findall(f"{ATOM}entry")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "markup", ["<div>", "<font>", "<b>", "甲<br>", "<p>甲</p>", "<table><tr><td>", "<math>"]
)
def test_endless_markup_takes_no_endless_time(markup: str) -> None:
    article = Article("x", "x.md", "题", "甲", html=markup * 5000 + "甲")
    term = HighlightTerm(("甲",), ("body",), 1.0)
    started = time.thread_time()
    reading = reading_view(article, [term])
    assert time.thread_time() - started < 10  # seconds of the processor; it takes a tenth
    assert reading.html.count("甲") == article.html.count("甲")
    assert reading.html.count("</mark>") == reading.hits > 0
    assert reading.html.count(' id="h1"') == 1


@pytest.mark.parametrize(
    "address",
    [
        *("/article/../../etc/passwd", "/article/..%2f..%2fetc%2fpasswd", "/article/%00", "/article/%ff%fe"),
        *("/api/article/..%2f..%2f..%2fetc%2fpasswd", "/api/article//etc/passwd", "/api/similar/%00"),
        *("/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static//etc/passwd"),
        *("/static/..\\app.py", "/static/%00", "/static/souwen.js%00.css", "/%00", "/../../etc/passwd"),
    ],
)
def test_an_address_leads_to_no_file(hostile: FlaskClient, address: str) -> None:
    answer = hostile.get(address)
    assert answer.status_code == 404
    assert "root:" not in answer.text
    assert "create_app" not in answer.text


@pytest.mark.parametrize("path", ["/search", "/article/plain", "/api/search", "/api/suggest", "/feed.atom"])
@pytest.mark.parametrize(
    "query", [b"q=\xb5\xd8\xcc\xfa", b"q=%B5%D8", b"\xff=\xfe&lang=\xc2", b"q=\xed\xa0\x80%00"]
)
def test_bytes_that_are_no_utf_8_are_read_as_what_they_are(
    hostile: FlaskClient, path: str, query: bytes
) -> None:
    """Browsers escape them; other programs don't."""
    answer = hostile.get(path, environ_overrides={"QUERY_STRING": query.decode("latin-1")})
    assert answer.status_code == 200
