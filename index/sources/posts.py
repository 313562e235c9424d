"""Files → articles and problems: encodings, formats, front matter.

A file that is partly readable is read as far as possible, with a complaint; an unreadable one becomes a
`Problem`. No content of a file raises an exception.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from datetime import tzinfo
from io import BytesIO

from index.article import Article, Complaint, Problem, post_id, problems_of
from index.sources.body import MARKDOWN_SUFFIXES, read_body
from index.sources.decode import decode
from index.sources.fields import Body, Made, Origin, ReadingRules, make_article
from index.sources.frontmatter import split_front_matter
from index.sources.pages import is_page, read_page
from index.sources.records import NO_MAP, RECORD_SUFFIXES, FieldMap, RecordReader

POST_SUFFIXES = MARKDOWN_SUFFIXES | frozenset([".html", ".htm", ".txt"])
PAGE_SUFFIXES = frozenset([".html", ".htm"])
SUFFIXES = POST_SUFFIXES | RECORD_SUFFIXES
_PLAIN = ReadingRules()


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """Articles of one file. `digest` identifies its bytes; `again` is set if the next run must read it
    even if unchanged."""

    articles: tuple[Article, ...]
    problems: tuple[Problem, ...]
    digest: str
    again: bool = False


def digest_of(data: bytes) -> str:
    """Digest of the content of a file, in hexadecimal."""
    return new_digest(data).hexdigest()


def new_digest(data: bytes = b"") -> hashlib.blake2b:
    """Digest of a content that is read in parts."""
    return hashlib.blake2b(data, digest_size=16)


def parse_file(
    path: str,
    data: bytes,
    zone: tzinfo,
    rules: ReadingRules = _PLAIN,
    field_map: FieldMap = NO_MAP,
) -> ParsedFile:
    """Articles in the bytes of a file, and its problems. `path` is as in `Article.path`; its suffix
    decides the format. `zone` is the time zone of local dates; `field_map` has the names of fields in
    records."""
    if is_of_records(path):
        reader = RecordReader(path, zone, len(data), field_map, rules)
        articles = tuple(reader.articles(BytesIO(data)))
        return ParsedFile(articles, tuple(reader.problems), reader.digest)
    text, told = decode(data)
    made = _parse_post(path, text, zone, rules)
    complaints = made.complaints if made.article is None else (*told, *made.complaints)
    articles = () if made.article is None else (made.article,)
    return ParsedFile(articles, tuple(problems_of(path, complaints)), digest_of(data), made.again)


def is_of_records(path: str) -> bool:
    """True for a file of records, each an article, which can be read in parts."""
    return _suffix(path) in RECORD_SUFFIXES


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()  # noqa: PTH122  # a Path takes ten times as long


def _parse_post(path: str, text: str, zone: tzinfo, rules: ReadingRules) -> Made:
    front = split_front_matter(text)
    suffix = _suffix(path)
    if not front.values and suffix in PAGE_SUFFIXES and is_page(front.body):
        front = read_page(front.body)
    written, extracted, loss = read_body(front.body, suffix)
    body = Body(written, extracted, source=front.body, is_markdown=suffix in MARKDOWN_SUFFIXES)
    made = make_article(front.values, body, Origin(path, post_id(path)), zone, rules)
    complaints = (*front.complaints, *([Complaint(loss)] if loss else []), *made.complaints)
    return made if made.article is None else replace(made, complaints=complaints)
