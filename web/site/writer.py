"""Articles → the pieces of a site search: their names and bytes.

Every piece but the manifest is named by its contents, so a piece that is the same has the same name. The same
articles give the same bytes. They are numbered by date, the oldest first, and cut into two segments: new
articles come into the last, small one, and leave the pieces of the other as they are.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from itertools import islice
from typing import Any

from index.analysis import Analyzer
from index.analysis.document import author_keys, category_paths, searched_text
from index.analysis.fold import fold_key
from index.article import Article, local
from index.engines.bm25 import stored_length
from web.site.folds import fold_table
from web.site.postings import Block, blocks
from web.site.records import Record, make_primer, make_record
from web.site.terms import Postings, kept_words

# The script that reads another format says so.
FORMAT = 1
MANIFEST = "souwen.json"
PIECES = "pieces"
# Articles of the last segment, at most: those of one file that is read whole.
_RECENT = 32
# Articles whose records are one file, and bytes of a file of blocks, from which on it ends: what a host that
# knows no ranges sends for one of them.
_TOGETHER = 64
_FILE = 128_000
_AT_ONCE = 64


_PIECE = re.compile(r"[0-9a-f]{16}\.bin", re.ASCII)


def is_piece(name: str) -> bool:
    """True for what can be the name of a piece."""
    return _PIECE.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Site:
    """The pieces of a search by name, and its manifest."""

    pieces: Mapping[str, bytes]
    manifest: bytes
    articles: int


class _Pieces(dict[str, bytes]):
    """Pieces by name."""

    def keep(self, data: bytes) -> str:
        """Adds a piece; returns its name."""
        name = f"{hashlib.sha256(data).hexdigest()[:16]}.bin"
        self[name] = data
        return name


def make_site(articles: Iterable[Article], analyzer: Analyzer, zone: tzinfo) -> Site:
    """The search of these articles."""
    light = (replace(each, html="") for each in articles)
    ordered = sorted(light, key=lambda each: (each.date is not None, each.date or 0, each.id))
    pieces = _Pieces()
    settled = len(ordered) - len(ordered) % _RECENT
    segments = [(0, Postings()), (settled, Postings())]
    lengths: list[tuple[int, int, int]] = []
    characters: set[str] = set()
    for (start, postings), end in zip(segments, (settled, len(ordered)), strict=True):
        for part in _parts(ordered[start:end]):
            lengths += _add(part, analyzer, postings, characters)
    frequencies = analyzer.frequencies()
    words = kept_words(frequencies, [postings for _, postings in segments])
    core = {
        "format": FORMAT,
        "articles": len(ordered),
        "lengths": [[stored_length(each[field]) for each in lengths] for field in range(3)],
        "averages": [sum(each[field] for each in lengths) / (len(lengths) or 1) for field in range(3)],
        "days": _days(ordered, zone),
        "segments": [
            # The words of the dictionary are in the first segment alone.
            _segment(start, postings, words if start == 0 else {}, pieces)
            for start, postings in segments
            if postings.documents
        ],
        "characters": _characters(frequencies, characters),
        "total": sum(frequencies.values()),
        "folds": fold_table(characters),
        "values": pieces.keep(_compressed(_values(ordered))),
    }
    primer = make_primer(ordered)
    core["records"] = _records(ordered, primer, pieces)
    text = json.dumps(core, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    name = pieces.keep(_deflated(len(text).to_bytes(4, "big") + text + primer))
    manifest = {"souwen": FORMAT, "articles": len(ordered), "core": name, "zone": str(zone)}
    return Site(pieces, json.dumps(manifest, indent=1).encode() + b"\n", len(ordered))


def _parts(articles: Sequence[Article]) -> Iterable[list[Article]]:
    left = iter(articles)
    while part := list(islice(left, _AT_ONCE)):
        yield part


def _add(
    articles: Sequence[Article], analyzer: Analyzer, postings: Postings, characters: set[str]
) -> list[tuple[int, int, int]]:
    """Adds articles to postings; returns the lengths of their fields."""
    texts = [text for article in articles for text in (article.title, searched_text(article))]
    tokens = iter(analyzer.tokens_of(texts))
    lengths = []
    for title, body in zip(tokens, tokens, strict=True):
        lengths.append(postings.add(title, body))
        characters.update(title.separated, body.separated)
    return lengths


def _days(articles: Sequence[Article], zone: tzinfo) -> list[int | None]:
    """The date of each article in days since 1970 in a time zone, as the difference from the one before; None
    where it has none."""
    found: list[int | None] = []
    before = 0
    for article in articles:
        if article.date is None:
            found.append(None)
            continue
        day = local(article.date, zone).toordinal() - 719_163
        found.append(day - before)
        before = day
    return found


def _segment(start: int, postings: Postings, words: Mapping[str, int], pieces: _Pieces) -> dict[str, Any]:
    """A segment: its files, and where its blocks are in them."""
    files: list[tuple[str, int]] = []
    keys, sizes = [], []
    waiting: list[Block] = []

    def end_file() -> None:
        if waiting:
            files.append((pieces.keep(b"".join(block.data for block in waiting)), len(waiting)))
            waiting.clear()

    for block in blocks(postings, words):
        keys.append(block.first)
        sizes.append(len(block.data))
        waiting.append(block)
        if sum(len(each.data) for each in waiting) >= _FILE and postings.documents > _RECENT:
            end_file()
    end_file()
    return {"start": start, "articles": postings.documents, "files": files, "keys": keys, "sizes": sizes}


def _characters(frequencies: Mapping[str, int], characters: Iterable[str]) -> tuple[str, list[int]]:
    """The frequencies of single characters in the dictionary."""
    known = sorted(each for each in characters if frequencies.get(each))
    return "".join(known), [frequencies[each] for each in known]


def _values(articles: Sequence[Article]) -> dict[str, dict[str, list[int]]]:
    """The articles of each author, category and tag, as the differences of their numbers."""
    found: dict[str, dict[str, list[int]]] = {"author": {}, "category": {}, "tag": {}}
    for number, article in enumerate(articles):
        levels = [name for path in article.category_paths for name in path]
        paths = [path for path_levels in article.category_paths for path in category_paths(path_levels)]
        for field, keys in (
            ("author", author_keys(article.author)),
            ("category", map(fold_key, (*paths, *levels))),
            ("tag", map(fold_key, article.tags)),
        ):
            for key in dict.fromkeys(keys):
                found[field].setdefault(key, []).append(number)
    return {
        field: {
            key: [number - before for before, number in zip([0, *numbers], numbers, strict=False)]
            for key, numbers in sorted(keys.items())
        }
        for field, keys in found.items()
    }


def _records(articles: Sequence[Article], primer: bytes, pieces: _Pieces) -> dict[str, Any]:
    """The records of all articles, so many a file; the rest of a long text is a file of its own."""
    files: list[str] = []
    sizes: list[int] = []
    rests: dict[int, str] = {}
    for start in range(0, len(articles), _TOGETHER):
        records: list[Record] = [make_record(each, primer) for each in articles[start : start + _TOGETHER]]
        files.append(pieces.keep(b"".join(record.head for record in records)))
        sizes += [len(record.head) for record in records]
        rests |= {
            start + number: pieces.keep(record.rest) for number, record in enumerate(records) if record.rest
        }
    return {"together": _TOGETHER, "files": files, "sizes": sizes, "rests": rests}


def _compressed(value: object) -> bytes:
    return _deflated(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


def _deflated(data: bytes) -> bytes:
    made = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return made.compress(data) + made.flush()
