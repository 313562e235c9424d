"""Mappings and settings of an index on a cluster, documents as JSON, and articles as stored in `_source`.

Tokens are made by souwen, as for every engine: text fields are split at spaces and not analysed further.
Tokens are indexed but not stored; `_source` has the article alone.

A phrase of grams at offsets is written as text for `match_phrase`: `GAP` at a position without a condition,
and `OR` between the alternative grams at one position:

    AB GAP CD␞CE        AB, then a free position, then CD or CE
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

from isal import isal_zlib

from index.analysis.document import FACET_FIELDS, GRAM_FIELDS, KEY_FIELDS, UNIT_FIELDS, WORD_FIELDS, Document
from index.analysis.grams import END
from index.article import Article, joined_categories, split_categories
from index.engines.bm25 import K1, B
from index.packing import PackedArticle

# No token has control characters in it.
GAP, OR = "\x02", "\x03"
PHRASE = "phrase"
# The field with the id of the writer that a document belongs to, by the name that indexes which exist have.
WRITER = "ledger"
# Lucene has room for 32,766 bytes in a term: so many UTF-16 units of any text. Longer tokens are left out.
_LONGEST = 10_922
# Whole values that are longer are not searched or counted.
_LONGEST_VALUE = 8_000
# Bytes of an `_id`; longer ids are kept by their digest there.
_LONGEST_KEY = 512
# A field without a token would not count in the statistics of BM25.
NOTHING = "\x04"


def counted_field(field: str) -> str:
    """Name of the field with the distinct words (or runs of letters or digits) of a text, for listing
    terms with their document frequencies."""
    return f"{field}_counted"


def index_body(shards: int, meta: Mapping[str, object], replicas: Mapping[str, object]) -> dict[str, Any]:
    """Settings and mappings of a new index."""
    index = {
        "number_of_shards": shards,
        **replicas,
        "similarity": {"bm25": {"type": "BM25", "k1": K1, "b": B}},
        "analysis": _analysis(),
    }
    mappings = {
        "dynamic": "strict",
        "_meta": dict(meta),
        "_source": {"includes": ["article"]},
        "properties": _properties(),
    }
    return {"settings": {"index": index}, "mappings": mappings}


def _analysis() -> dict[str, Any]:
    """Analyzers: `tokens` of documents, and `PHRASE` of queries for adjacent grams."""
    return {
        "tokenizer": {"spaces": {"type": "whitespace", "max_token_length": 1_000_000}},
        "filter": {
            "indexable": {"type": "length", "max": _LONGEST},
            "any": {"type": "pattern_capture", "preserve_original": False, "patterns": [f"([^{OR}]+)"]},
            "gap": {"type": "stop", "stopwords": [GAP]},
        },
        "analyzer": {
            "tokens": {"type": "custom", "tokenizer": "spaces", "filter": ["indexable"]},
            PHRASE: {"type": "custom", "tokenizer": "spaces", "filter": ["any", "gap"]},
        },
    }


def _properties() -> dict[str, Any]:
    """Mappings of the fields of a document."""
    scored = {"type": "text", "analyzer": "tokens", "similarity": "bm25"}
    unscored = {"type": "text", "analyzer": "tokens", "index_options": "docs", "norms": False}
    counted = {"type": "keyword", "index": False, "ignore_above": _LONGEST}
    value = {"type": "keyword", "ignore_above": _LONGEST_VALUE}
    return {
        "article": {"type": "object", "enabled": False},
        "id": {"type": "keyword"},
        WRITER: {"type": "keyword"},
        "digest": {"type": "keyword", "index": False},
        "date": {"type": "long"},
        # Read for hundreds of hits at once, which `_source`, with texts and html, is too long for.
        "sketch": {"type": "binary", "doc_values": True},
        **dict.fromkeys(GRAM_FIELDS, scored),
        **dict.fromkeys(WORD_FIELDS, scored | {"index_options": "freqs"}),
        **dict.fromkeys(UNIT_FIELDS, unscored),
        **{counted_field(name): counted for name in (*WORD_FIELDS, *UNIT_FIELDS)},
        **dict.fromkeys(KEY_FIELDS, value | {"doc_values": False}),
        **dict.fromkeys(FACET_FIELDS, value | {"index": False}),
    }


def key_of(document_id: str) -> str:
    """The `_id` of a document."""
    if len(document_id) * 4 <= _LONGEST_KEY or len(document_id.encode()) <= _LONGEST_KEY:
        return document_id
    from hashlib import blake2b

    return f"blake2b:{blake2b(document_id.encode(), digest_size=32).hexdigest()}"


def source_of(document: Document, packed: PackedArticle | None, writer_id: str) -> bytes:
    """A document and its article as one line of JSON."""
    import orjson

    source: dict[str, Any] = {"id": document.id, WRITER: writer_id, "article": {WRITER: writer_id}}
    for name in GRAM_FIELDS:
        source[name] = getattr(document, name) or NOTHING
    for name in WORD_FIELDS:
        words = getattr(document, name)
        source[name] = words or NOTHING
        source[counted_field(name)] = list(set(words.split(" "))) if words else []
    for name in UNIT_FIELDS:
        units = getattr(document, name)
        source[name] = units
        source[counted_field(name)] = [unit for unit in units.split(" ") if unit.endswith(END)]
    for name in (*KEY_FIELDS, *FACET_FIELDS):
        source[name] = getattr(document, name)
    if document.date is not None:
        source["date"] = document.date
    if document.sketch:
        source["sketch"] = base64.b64encode(document.sketch).decode("ascii")
    if packed is not None:
        article = packed.unpacked()
        source["digest"] = packed.digest.hex()
        source["article"] |= {
            "id": article.id,
            "path": article.path,
            "title": article.title,
            "text": article.text,
            "html_zlib": base64.b64encode(isal_zlib.compress(article.html.encode(), 1)).decode("ascii"),
            "author": article.author,
            "editor": article.editor,
            "date": article.date,
            "categories": joined_categories(article),
            "thumbnail": article.thumbnail,
            "url": article.url,
            "tags": article.tags,
        }
    return orjson.dumps(source)


def article_of(kept: Mapping[str, Any]) -> Article:
    """The article in a `_source`, with its html if that was asked for."""
    packed = kept.get("html_zlib", "")
    categories, other_categories = split_categories(kept["categories"])
    return Article(
        id=kept["id"],
        path=kept["path"],
        title=kept["title"],
        text=kept["text"],
        html=zlib.decompress(base64.b64decode(packed)).decode() if packed else "",
        author=kept["author"],
        editor=kept["editor"],
        date=kept["date"],
        categories=categories,
        other_categories=other_categories,
        thumbnail=kept["thumbnail"],
        url=kept["url"],
        tags=tuple(kept.get("tags", ())),
    )
