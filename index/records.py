"""What goes into the catalog and comes out: files as the ledger knows them, articles ready to store."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from operator import attrgetter

from isal import isal_zlib

from index.article import Article


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it looks from outside: what tells a changed one from an unchanged one."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file in the ledger: as it looked when it was read, and the digest of its bytes."""

    state: FileState
    digest: str


@dataclass(frozen=True, slots=True)
class PackedArticle:
    """An article ready to be stored: packed where the parsing is done, in parallel."""

    article: Article  # without its html
    html: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """What a file's new content changes: ids to index anew, and ids to delete."""

    added: frozenset[str]
    changed: frozenset[str]
    removed: frozenset[str]


_values = attrgetter(*(field.name for field in fields(Article)))


def pack(article: Article) -> PackedArticle:
    """The article in the form that the catalog stores."""
    content = "\0".join(map(str, _values(article)))
    return PackedArticle(
        article=replace(article, html=""),
        html=isal_zlib.compress(article.html.encode(), 1),
        digest=hashlib.blake2b(content.encode(), digest_size=16).digest(),
    )
