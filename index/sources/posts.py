"""Files → articles and problems: encodings, formats, front matter.

A file that can't be read well is read with what there is, and says so; one that can't be read at
all becomes a `Problem`. Nothing here raises for what is in a file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import tzinfo
from io import BytesIO
from pathlib import PurePosixPath

from index.article import Article, Problem, post_id
from index.sources.body import MARKDOWN_SUFFIXES, category_levels, first_line, one_line, read_body
from index.sources.dates import parse_date
from index.sources.decode import decode
from index.sources.frontmatter import split_front_matter
from index.sources.pages import is_page, read_page
from index.sources.records import NO_MAP, RECORD_SUFFIXES, FieldMap, RecordReader

POST_SUFFIXES = MARKDOWN_SUFFIXES | frozenset([".html", ".htm", ".txt"])
SUFFIXES = POST_SUFFIXES | RECORD_SUFFIXES


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What one file holds. `digest` identifies its bytes."""

    articles: tuple[Article, ...]
    problems: tuple[Problem, ...]
    digest: str


def digest_of(data: bytes) -> str:
    """What tells one content of a file from another."""
    return new_digest(data).hexdigest()


def new_digest(data: bytes = b"") -> hashlib.blake2b:
    """The digest of a content that may go on."""
    return hashlib.blake2b(data, digest_size=16)


def parse_file(path: str, data: bytes, zone: tzinfo, field_map: FieldMap = NO_MAP) -> ParsedFile:
    """The articles in the bytes of a file, and what was wrong with it.

    `path` is as in `Article.path`; its suffix decides the format. `zone` is that of local dates;
    `field_map` tells what the fields of records are called.
    """
    if is_of_records(path):
        reader = RecordReader(path, zone, len(data), field_map)
        articles = tuple(reader.articles(BytesIO(data)))
        return ParsedFile(articles, tuple(reader.problems), reader.digest)
    text, complaints = decode(data)
    article, more = _parse_post(path, text, zone)
    complaints += more
    problems = [Problem(path, "; ".join(complaints), lost=False)] if complaints else []
    return ParsedFile((article,), tuple(problems), digest_of(data))


def is_of_records(path: str) -> bool:
    """Whether a file has any number of articles, each a record, and can be read in parts."""
    return PurePosixPath(path).suffix.lower() in RECORD_SUFFIXES


def _parse_post(path: str, text: str, zone: tzinfo) -> tuple[Article, list[str]]:
    front = split_front_matter(text)
    if not front.values and path.lower().endswith((".html", ".htm")) and is_page(front.body):
        front = read_page(front.body)
    complaints = [front.problem] if front.problem else []
    body, extracted, loss = read_body(front.body, PurePosixPath(path).suffix.lower())
    title = one_line(front.text("title")) or extracted.title
    if not title:
        title = first_line(extracted.text) or PurePosixPath(path).stem
    date = None
    if written := front.text("date"):
        try:
            date = parse_date(written, zone)
        except ValueError as error:
            complaints.append(f"date: {error}")
    if loss:
        complaints.append(loss)
    if not extracted.text:
        complaints.append("the body has no text")
    article = Article(
        id=post_id(path),
        path=path,
        title=title,
        text=extracted.text,
        html=body,
        author=one_line(", ".join(front.texts("author"))),
        editor=one_line(front.text("editor")) or extracted.editor,
        date=date,
        categories=category_levels(front.texts("categories")),
        thumbnail=front.text("thumbnail") or front.text("headimg") or next(iter(extracted.images), ""),
        url=front.text("url") or front.text("link") or front.text("source"),
    )
    return article, complaints
