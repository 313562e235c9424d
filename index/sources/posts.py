"""Files → articles and problems: encodings, formats, front matter.

A file that can't be read well is read with what there is, and says so; one that can't be read at
all becomes a `Problem`. Nothing here raises for what is in a file.
"""

from __future__ import annotations

import codecs
import hashlib
import html
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import PurePosixPath
from typing import TypeGuard

from index.article import FIRST_DATE, LAST_DATE, Article, Problem
from index.sources.dates import parse_date
from index.sources.extract import UNSHOWABLE, Extracted, extract, has_markup, unswallowed
from index.sources.frontmatter import split_front_matter

POST_SUFFIXES = frozenset([".md", ".markdown", ".html", ".htm", ".txt"])
LINES_SUFFIXES = frozenset([".jsonl", ".ndjson"])
SUFFIXES = POST_SUFFIXES | LINES_SUFFIXES

# The most frequent characters and marks of written Chinese, simplified and traditional: what tells
# a right decoding from a wrong one, which has next to none of them.
_COMMON = frozenset(
    "，。、的一是不了在人有我他这這个個们們中来來上大为為和国國地到以说說时時要就出会會可也你对對生能"
)
# So many characters tell of an encoding.
_SAMPLE = 100_000
_MARKS = "\u0300-\u036f\u3099\u309a"
_MARKED = re.compile(f"[^\\W_][{_MARKS}]+")
_ODD = re.compile(f"{UNSHOWABLE.pattern[:-1]}{_MARKS}]")


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What one file holds. `digest` identifies its bytes."""

    articles: tuple[Article, ...]
    problems: tuple[Problem, ...]
    digest: str


def digest_of(data: bytes) -> str:
    """What tells one content of a file from another."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def post_id(path: str) -> str:
    """The id of the article in the file at this path (see `Article.path`): the same on every machine.

    >>> post_id("posts/a.md")
    '79e2769c087af48c'
    """
    return hashlib.blake2b(path.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def parse_file(path: str, data: bytes, zone: tzinfo) -> ParsedFile:
    """The articles in the bytes of a file, and what was wrong with it.

    `path` is as in `Article.path`; its suffix decides the format. `zone` is that of local dates.
    """
    text, complaints = decode(data)
    if PurePosixPath(path).suffix.lower() in LINES_SUFFIXES:
        articles, problems = _parse_lines(path, text, zone)
    else:
        article, more = _parse_post(path, text, zone)
        articles, complaints = [article], complaints + more
        problems = []
    if complaints:
        problems.insert(0, Problem(path, "; ".join(complaints), lost=False))
    return ParsedFile(tuple(articles), tuple(problems), digest_of(data))


def decode(data: bytes) -> tuple[str, list[str]]:
    """Bytes → text with `\\n` line ends and no control characters, and what was wrong.

    UTF-8 (with or without mark), UTF-16 with mark, else GB18030 or Big5, whichever reads as Chinese.
    """
    text, complaints = _decode_bytes(data)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _ODD.search(text):
        text = UNSHOWABLE.sub("", text)
        # One form for é and e + ´; only there, since NFC would replace some Han characters.
        text = _MARKED.sub(lambda found: unicodedata.normalize("NFC", found[0]), text)
    return text, complaints


def _decode_bytes(data: bytes) -> tuple[str, list[str]]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _replacing(data, "utf-16")
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    candidates = [_replacing(data, encoding) for encoding in ("utf-8", "gb18030", "big5hkscs")]
    return max(candidates, key=lambda candidate: _plausibility(candidate[0]))


def _replacing(data: bytes, encoding: str) -> tuple[str, list[str]]:
    text = data.decode(encoding, errors="replace")
    wrong = text.count("\ufffd")
    if not wrong:
        return text, []
    return text, [f"{wrong} places are not valid {encoding} and were replaced by \ufffd"]


def _plausibility(text: str) -> float:
    """The share of characters beyond ASCII that are frequent in Chinese, less those unreadable."""
    foreign = [character for character in text[:_SAMPLE] if character > "\x7f"]
    good = sum(character in _COMMON for character in foreign)
    bad = sum(character == "\ufffd" or "\ue000" <= character <= "\uf8ff" for character in foreign)
    return (good - 3 * bad) / max(1, len(foreign))


def _parse_post(path: str, text: str, zone: tzinfo) -> tuple[Article, list[str]]:
    front = split_front_matter(text)
    complaints = [front.problem] if front.problem else []
    body, extracted = _read_body(front.body)
    title = _one_line(front.text("title")) or extracted.title
    if not title:
        title = _first_line(extracted.text) or PurePosixPath(path).stem
    date = None
    if written := front.text("date"):
        try:
            date = parse_date(written, zone)
        except ValueError as error:
            complaints.append(f"date: {error}")
    if not extracted.text:
        complaints.append("the body has no text")
    article = Article(
        id=post_id(path),
        path=path,
        title=title,
        text=extracted.text,
        html=body,
        author=_one_line(", ".join(front.texts("author"))),
        editor=_one_line(front.text("editor")) or extracted.editor,
        date=date,
        categories=_categories(front.texts("categories")),
        thumbnail=front.text("thumbnail") or front.text("headimg") or next(iter(extracted.images), ""),
        url=front.text("url") or front.text("link") or front.text("source"),
    )
    return article, complaints


def _parse_lines(path: str, text: str, zone: tzinfo) -> tuple[list[Article], list[Problem]]:
    articles: list[Article] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(Problem(where, f"is not valid JSON ({error})", lost=True))
            continue
        if not isinstance(record, dict):
            problems.append(Problem(where, "is not a JSON object", lost=True))
            continue
        article, complaints = _article_of(record, path, number, zone)
        articles.append(article)
        if complaints:
            problems.append(Problem(where, "; ".join(complaints), lost=False))
    return articles, problems


def _article_of(record: dict[str, object], path: str, number: int, zone: tzinfo) -> tuple[Article, list[str]]:
    complaints: list[str] = []

    def text_of(key: str) -> str:
        return cleaned(key, record.get(key))

    def cleaned(key: str, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return decode(str(value).encode("utf-8", "replace"))[0]
        complaints.append(f"{key}: must be text")
        return ""

    written_text = "\n".join(_lines(text_of("text")))
    if written_html := text_of("html"):
        body, extracted = _read_body(written_html)
        if written_text:
            extracted = Extracted(written_text, extracted.editor, extracted.images, extracted.title)
    else:
        body = _as_html(written_text)  # text is text, also where it looks like markup
        extracted = extract(body)
    date = None
    value = record.get("date")
    if _is_timestamp(value):
        date = value
    elif written := text_of("date"):
        try:
            date = parse_date(written, zone)
        except ValueError as error:
            complaints.append(f"date: {error}")
    listed = record.get("categories")
    categories = (
        [cleaned("categories", item) for item in listed]
        if isinstance(listed, list)
        else text_of("categories").split("/")
    )
    if not extracted.text:
        complaints.append("the body has no text")
    article_id = _one_line(text_of("id")) or post_id(f"{path}#{number}")
    article = Article(
        id=article_id,
        path=path,
        title=_one_line(text_of("title")) or extracted.title or _first_line(extracted.text) or article_id,
        text=extracted.text,
        html=body,
        author=_one_line(text_of("author")),
        editor=_one_line(text_of("editor")) or extracted.editor,
        date=date,
        categories=_categories(categories),
        thumbnail=text_of("thumbnail") or next(iter(extracted.images), ""),
        url=text_of("url"),
    )
    return article, complaints


def _is_timestamp(value: object) -> TypeGuard[int]:
    """Whether a number is a date in seconds since 1970: not 20220104, which is one as it is written."""
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return FIRST_DATE <= value <= LAST_DATE and not re.fullmatch(
        "(19|20)[0-9]{2}[01][0-9][0-3][0-9]", str(value)
    )


def _read_body(body: str) -> tuple[str, Extracted]:
    """The body as HTML, and what it holds. Text without markup: each line is a paragraph."""
    body = unswallowed(body) if has_markup(body) else _as_html(html.unescape(body))
    return body, extract(body)


def _as_html(text: str) -> str:
    """A paragraph for each line of a text."""
    return "\n".join(f"<p>{html.escape(line, quote=False)}</p>" for line in _lines(text))


def _lines(text: str) -> list[str]:
    """The lines of a text that are not empty, each with single spaces."""
    return [line for line in map(_one_line, text.split("\n")) if line]


def _categories(names: list[str]) -> tuple[str, ...]:
    return tuple(name for name in map(_one_line, names) if name)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _first_line(text: str) -> str:
    return text.partition("\n")[0][:80].rstrip()
