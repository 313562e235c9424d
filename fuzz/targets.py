"""What is promised for any input, as checks that raise where it is broken.

A target takes bytes, since that is what a fuzzer varies. The same checks are run by atheris for hours
(`fuzz/run.py`), and by Hypothesis for seconds (`tests/test_fuzz.py`).
"""

from __future__ import annotations

import json
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import UTC
from functools import partial
from html import unescape
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote_to_bytes

from bs4 import MarkupResemblesLocatorWarning
from flask import Flask
from lxml import etree, html
from werkzeug.exceptions import default_exceptions

from fuzz.soup import extract_with_beautifulsoup
from index.analysis import Analyzer
from index.analysis.bulk import text_grams_of
from index.analysis.fold import MappedText, fold
from index.analysis.grams import SEPARATED, separate, text_grams, units
from index.analysis.numbers import joined_numbers
from index.article import Article, write_jsonl
from index.errors import QueryError
from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.settings import Settings
from index.sources.decode import decode
from index.sources.extract import UNSHOWABLE, extract
from index.sources.fields import ReadingRules
from index.sources.frontmatter import split_front_matter
from index.sources.posts import parse_file
from index.store.directory import IndexDirectory
from index.store.reader import OpenIndex
from search.planning.plan import Plan
from search.planning.planner import make_plan
from search.query.parser import parse_query
from search.query.resolve import QueryContext
from search.settings import SearchSettings
from search.snippets import Highlighter, Snippet
from web.app import create_app
from web.reading import reading_view
from web.settings import WebSettings

Check = Callable[[bytes], None]

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples" / "articles"
CASES = HERE.parent / "tests" / "cases"

warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)


# Golden cases of the tests that are inputs of a target: the file, and the member with the input.
_GOLDEN = {
    "front_matter": (("frontmatter.json", "text"), ("posts.json", "text")),
    "lines": (("jsonl.json", "line"),),
    "extraction": (("extract.json", "html"),),
    "reading": (("extract.json", "html"),),
    "analysis": (("fold.json", "text"), ("grams.json", "text")),
    "query": (("syntax.json", "typed"),),
}


def seeds(target: str) -> list[bytes]:
    """What a fuzzer begins with: golden cases, which are the usual forms and what was found before, and
    others for this target."""
    found: list[str] = json.loads((HERE / "seeds.json").read_text(encoding="utf-8")).get(target, [])
    for name, member in _GOLDEN.get(target, ()):
        golden = json.loads((CASES / name).read_text(encoding="utf-8"))
        cases = golden["cases"] if isinstance(golden, dict) else golden
        found += [case[member] for case in cases if member in case]
    return [text.encode("utf-8", "surrogatepass") for text in found]


# What a post holds

_RULES = ReadingRules(drafts=True)  # so that each is an article


def check_front_matter(data: bytes) -> None:
    """Any bytes are a post: nothing of its body is lost, and what is read of its head is text."""
    text, _ = decode(data)
    front = split_front_matter(text)
    assert text.endswith(front.body) or all(line in text for line in front.body.split("\n"))
    parsed = parse_file("posts/a.md", data, UTC, _RULES)
    assert len(parsed.articles) == 1
    _check_article(parsed.articles[0])


def check_lines(data: bytes) -> None:
    """Any bytes are JSON Lines: each line is an article or a problem, and what is exported is read back."""
    parsed = parse_file("posts/a.jsonl", data, UTC, _RULES)
    lines = sum(bool(line.strip()) for line in decode(data)[0].split("\n"))
    assert len(parsed.articles) + sum(problem.lost for problem in parsed.problems) == lines
    for article in parsed.articles:
        _check_article(article)
    exported = "".join(write_jsonl(iter(parsed.articles))).encode()
    assert parse_file("posts/a.jsonl", exported, UTC, _RULES).articles == parsed.articles


def _check_article(article: Article) -> None:
    assert article.id
    assert article.title
    lines = (article.title, article.author, article.editor, *article.categories, *article.text.split("\n"))
    for line in lines:
        assert not UNSHOWABLE.search(line)
        assert line == line.strip()
    json.dumps(article.to_json(), ensure_ascii=False).encode()


def check_extraction(data: bytes) -> None:
    """Both ways to walk the markup give the same lines, and nothing in them that can't be shown."""
    text = UNSHOWABLE.sub("", data.decode("utf-8", "replace"))
    found = extract(text)
    assert found == extract_with_beautifulsoup(text)
    for line in (*found.text.split("\n"), found.title, found.editor):
        assert line == " ".join(line.split())
        assert not UNSHOWABLE.search(line)


# The elements of a reading view, and of a passage with its marks.
_INERT = frozenset(
    "a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em "
    "figcaption figure h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span "
    "strong sub summary sup table tbody td tfoot th thead time tr u ul var wbr".split()
)
_INERT_ATTRIBUTES = frozenset(
    "alt aria-hidden class colspan datetime height href id loading referrerpolicy rel reversed rowspan scope "
    "src start tabindex title value width".split()
)


_ANCHOR = re.compile("#p[0-9]+")


@contextmanager
def reading_target() -> Iterator[Check]:
    """Whatever the body of a post is, nothing in its reading view can do anything."""
    app = create_app(WebSettings(index="none"))
    with (
        app.test_request_context(),
        closing(app.extensions["souwen"].searcher),
    ):  # it says things in a language
        yield _check_reading


def _check_reading(data: bytes) -> None:
    text = UNSHOWABLE.sub("", data.decode("utf-8", "replace"))
    article = Article("x", "x.md", "题", "", html=text, url="https://site.example/a/b")
    for pictures in (True, False):
        shown = str(reading_view(article, pictures=pictures).html)
        for element in html.document_fromstring(f"<div>{shown}</div>").body.iterdescendants():
            assert element.tag in _INERT, element.tag
            assert set(element.attrib) <= _INERT_ATTRIBUTES, element.attrib
            for name in {"href", "src"} & set(element.attrib):
                if _ANCHOR.fullmatch(element.attrib[name]):  # of a paragraph
                    continue
                assert element.attrib[name].lower().startswith(("http://", "https://", "mailto:"))


# What becomes of text

_analyzers = (Analyzer(), Analyzer("jieba"))


def check_analysis(data: bytes) -> None:
    """Folding knows no context; the fast way gives what the reference gives; each unit starts one gram; a
    folded text comes from the original in order; both segmenters give the same words."""
    text = _any_text(data)
    half = len(text) // 2
    assert fold(text[:half]) + fold(text[half:]) == fold(text)
    assert fold(fold(text)) == fold(text)
    parts = [text[:half], text, text[half:]]
    for part, fast in zip(parts, text_grams_of(parts), strict=True):
        separated = separate(part)
        found = units(separated)
        assert (fast.separated, fast.grams) == (separated, text_grams(found))
        assert sorted(fast.units.split(" ")) == sorted(
            {*found, *joined_numbers(part.translate(SEPARATED))} or {""}
        )
        assert len(fast.grams.split()) == len(found)
    assert _analyzers[0].words(text) == _analyzers[1].words(text)
    mapped = MappedText(text, SEPARATED)
    before = (0, 0)
    for position in range(len(mapped.text)):
        start, end = mapped.source(position, position + 1)
        assert 0 <= start < end <= len(text)
        assert before <= (start, end)
        before = (start, end)


def check_snippets(data: bytes) -> None:
    """Marks stand in order inside the text, a passage without them is a part of the text, and its HTML says
    just that. What is before the first line break is searched for in the rest."""
    typed, _, text = _any_text(data).partition("\n")
    tree = parse_query(typed[:200], SearchSettings(), UTC).tree
    highlight_terms = make_plan(
        tree, QueryContext(_analyzers[0], lambda field, prefix: [], 200, 1000)
    ).highlight_terms
    title = Highlighter(highlight_terms).highlight(text, "title")
    assert title.text == text
    for snippet in (title, *Highlighter(highlight_terms).snippets(text)):
        _check_snippet(snippet, text)


def _check_snippet(snippet: Snippet, text: str) -> None:
    assert snippet.text in text
    places = [0, *(place for mark in snippet.highlights for place in mark), len(snippet.text)]
    assert places == sorted(places)
    assert all(start < end for start, end in snippet.highlights)
    written = snippet.to_html()
    written = written.removeprefix("…") if snippet.before else written
    written = written.removesuffix("…") if snippet.after else written
    plain = re.sub("</?mark>", "", written)
    assert "<" not in plain
    assert unescape(plain) == unescape(snippet.text.replace("&", "&amp;"))
    assert written.count("<mark>") == written.count("</mark>") == len(snippet.highlights)


def _any_text(data: bytes) -> str:
    """Any text, lone surrogates too: bytes that are no UTF-8 become some."""
    return data.decode("utf-8", "surrogateescape")


# What a person types, and what a program sends


@contextmanager
def _example_index() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="souwen-fuzz-") as folder:
        sync(Path(folder) / "index", IngestRequest([EXAMPLES]), Settings())
        yield Path(folder) / "index"


@contextmanager
def query_target() -> Iterator[Check]:
    """Anything can be searched for, and what was understood means the same when it is typed."""
    with _example_index() as directory, closing(OpenIndex.of(IndexDirectory(directory).current())) as index:
        yield partial(_check_query, index)


def _check_query(index: OpenIndex, data: bytes) -> None:
    typed = _any_text(data)
    try:
        plan = _plan(index, typed)
    except QueryError:
        assert len(typed) > SearchSettings().max_query_length
        return
    if len(plan.understood) > SearchSettings().max_query_length or any(
        "max_" in str(note) for note in plan.notes
    ):
        return  # over a limit: what is left out isn't asked for again
    again = _plan(index, plan.understood)
    # Signs that had nothing to stand at are gone by now: what is left is written the same ever after.
    if again.understood != plan.understood:
        assert _plan(index, again.understood).understood == again.understood
    assert index.engine.count(again.strict) == index.engine.count(plan.strict)


def _plan(index: OpenIndex, typed: str) -> Plan:
    settings = SearchSettings()
    parsed = parse_query(typed, settings, index.zone)
    limits = settings.max_query_words, settings.max_expansions
    plan = make_plan(parsed.tree, QueryContext(index.analyzer, index.engine.terms, *limits))
    for note in (*parsed.notes, *plan.notes):
        str(note)
    return plan


@contextmanager
def request_target() -> Iterator[Check]:
    """No request is an error of the server, and every answer is what its type says."""
    with _example_index() as directory:
        app = create_app(WebSettings(index=str(directory), cors="https://a.example"))
        app.config["PROPAGATE_EXCEPTIONS"] = True
        with closing(app.extensions["souwen"].searcher):
            yield partial(_check_request, app)


def _check_request(app: Flask, data: bytes) -> None:
    """A request as it is written: a method, an address, and headers on the lines that follow."""
    first, *lines = data.split(b"\n")
    method, _, address = first.partition(b" ")
    path, _, query = address.partition(b"?")
    environ: dict[str, object] = {
        "REQUEST_METHOD": method.decode("latin-1") or "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(b"/" + path.lstrip(b"/")).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": "souwen.example",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",  # no proxy that is believed
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": None,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for line in lines:
        name, _, value = line.decode("latin-1").partition(":")
        environ[f"HTTP_{name.strip().upper().replace('-', '_')}"] = value.strip()
    environ["HTTP_ACCEPT_ENCODING"] = "identity"
    answers: list[tuple[str, list[tuple[str, str]]]] = []
    body = app(environ, lambda status, headers, error=None: answers.append((status, headers)))
    try:
        content = b"".join(body)
    finally:
        getattr(body, "close", lambda: None)()
    ((status, headers),) = answers
    code = int(status[:3])
    assert code < 500, content
    assert code in (200, 304, 308) or code in default_exceptions
    if content:
        _check_answer(dict(headers).get("Content-Type", ""), content.decode())


def _check_answer(kind: str, content: str) -> None:
    if kind == "application/json":
        json.loads(content)
    elif kind == "application/x-ndjson":
        for line in content.removesuffix("\n").split("\n"):
            assert not line or json.loads(line)
    elif kind.startswith(("application/atom+xml", "application/opensearch")):
        etree.fromstring(content.encode())
    elif kind.startswith("text/html"):
        for element in html.document_fromstring(content).iter():
            assert not any(name.startswith("on") or name == "style" for name in element.attrib)
            assert element.tag not in ("style", "iframe", "object", "embed", "base")
            assert element.tag != "script" or re.match(r"/static/\w+\.js\?", element.get("src", ""))
            address = element.get("href", "") or element.get("src", "")
            assert not re.match(r"(?i)\s*(javascript|data|vbscript):", address)


# Each target's name, and what makes it ready.
TARGETS: dict[str, Callable[[], AbstractContextManager[Check]]] = {
    "front_matter": lambda: nullcontext(check_front_matter),
    "lines": lambda: nullcontext(check_lines),
    "extraction": lambda: nullcontext(check_extraction),
    "reading": reading_target,
    "analysis": lambda: nullcontext(check_analysis),
    "snippets": lambda: nullcontext(check_snippets),
    "query": query_target,
    "request": request_target,
}
