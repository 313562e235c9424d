"""Articles → records: what a hit shows, and its text, compressed each by itself.

A browser fetches the records of the hits alone. So small texts compress badly, unless they share a history:
the `primer`, parts of the archive's oldest articles, which the script puts before each record as a stored
block of DEFLATE (RFC 1951, 3.2.4), to which the compressed data refers back.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from index.analysis.document import searched_text
from index.article import Article

# Characters of a text that the second look and a snippet read first; the rest is a record of its own.
HEAD = 12_000
# Bytes of the primer, a little less than DEFLATE's window.
PRIMER = 32_000
# Articles that make the primer, the oldest, so that new ones leave it as it is: how many, each of how many of
# them, and characters of each.
_SAMPLE, _STEP, _READ = 1000, 16, 400
# Chinese takes two bytes a character, and a seventh less when compressed than in UTF-8.
ENCODING = "gb18030"
# Characters of which browsers and Python have other codes in it, by their versions of the standard.
_is_apart = re.compile("[\u1e3f\u20ac\u9fb4-\u9fbb\ue000-\uf8ff\ufe10-\ufe19]").search
# The first byte of a record: its encoding.
_IN_GB, _IN_UTF8 = b"g", b"u"


@dataclass(frozen=True, slots=True)
class Record:
    """The record of an article, and that of the rest of a long text."""

    head: bytes
    rest: bytes


def make_primer(articles: Iterable[Article]) -> bytes:
    """The starts of some old articles. (Frequent strings instead save half as much.)"""
    sample = (article.text[:_READ] for article in islice(articles, 0, _SAMPLE, _STEP))
    return "".join(sample).encode(ENCODING, "replace")[-PRIMER:] or b"\n"


def make_record(article: Article, primer: bytes) -> Record:
    """The record of an article: a line of JSON, then its text."""
    about = [
        article.title,
        article.url.strip(),
        article.author,
        article.date,
        list(article.categories),
        list(article.tags),
    ]
    line = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
    text = searched_text(article)
    rest = text[HEAD:]
    return Record(_deflated(f"{line}\n{text[:HEAD]}", primer), _deflated(rest, primer) if rest else b"")


def _deflated(text: str, primer: bytes) -> bytes:
    if _is_apart(text):
        data = _IN_UTF8 + text.encode("utf-8", "replace")
    else:
        data = _IN_GB + text.encode(ENCODING, "replace")
    made = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zdict=primer)
    return made.compress(data) + made.flush()
