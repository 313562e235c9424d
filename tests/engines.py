"""What tests of engines are made of: documents and trees written briefly, and engines to put them into."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cluster import NONE_FOUND, nodes
from whoosh import query

from index.analysis.document import FACET_FIELDS, Document
from index.engines.base import ENGINES, NOWHERE, Description, Engine, Sort, engine_class
from index.engines.nodes import GramPhrase, TermSet

BOUNDARY = "|"
REFERENCE = "whoosh"
# Those that need nothing but this process.
EMBEDDED = tuple(name for name in ENGINES if not engine_class(name).keeps_articles)
# What an engine is known not to do, by name. tantivy leaves out tokens over 65,530 bytes, and looks at the
# first 100 characters of the grams of a phrase with unfinished ones. OpenSearch leaves out tokens of over
# 32,766 bytes; and where a text has no tokens, it counts in the average length as if it had one.
LIMITATIONS: dict[str, set[str]] = {
    "tantivy": {"long tokens", "long patterns"},
    "opensearch": {"long tokens", "empty texts"},
}


def document(
    document_id: str,
    *,
    title: str = "",
    body: str = "",
    author: Sequence[str] = (),
    category: Sequence[str] = (),
    tag: Sequence[str] = (),
    date: int | None = None,
    **facets: Sequence[str],
) -> Document:
    """A document of texts whose words are parted by spaces, and whose units are single characters. Its words
    are those of the body: an engine knows nothing of titles."""
    made: dict[str, Any] = {name: tuple(facets.get(name, ())) for name in FACET_FIELDS}
    made["words"] = " ".join(word for word in body.split() if word != BOUNDARY)
    for field, text in (("title", title), ("body", body)):
        units = text.replace(" ", "")
        made[f"{field}_units"] = " ".join(dict.fromkeys(units))
        made[f"{field}_grams"] = " ".join(a + b for a, b in pairwise(units + BOUNDARY))
    return Document(
        document_id,
        date=date,
        author=tuple(author),
        category=tuple(category),
        tag=tuple(tag),
        **made,
    )


def raw_document(document_id: str, tokens: str) -> Document:
    """A document with the same tokens in every text field."""
    return Document(document_id, tokens, tokens, tokens, tokens, tokens)


def tree(node: list[Any]) -> query.Query:
    """The tree that a list of a golden case stands for."""
    kind, *rest = node
    match kind:
        case "term":
            field, text, *boost = rest
            return query.Term(field, text, boost=boost[0] if boost else 1.0)
        case "phrase":
            field, grams, *slop, unfinished = rest if len(rest) == 4 else [*rest, []]
            found = tuple((o, g) for o, g in grams)
            return GramPhrase(field, found, slop[0] if slop else 0, unfinished=frozenset(unfinished))
        case "prefix":
            return query.Prefix(*rest)
        case "any":
            return TermSet(rest[0], tuple(rest[1:]))
        case "date":
            return query.NumericRange("date", *rest)
        case "every":
            return query.Every()
        case "none":
            return query.NullQuery
        case "and":
            return query.And([tree(child) for child in rest])
        case "or":
            return query.Or([tree(child) for child in rest])
        case "not":
            return query.Not(tree(rest[0]))
        case "maybe":
            return query.AndMaybe(tree(rest[0]), tree(rest[1]))
        case "const":
            return query.ConstantScoreQuery(tree(rest[0]), float(rest[1]))
    raise AssertionError(f"no node is called {kind!r}")


def write(engine: Engine, documents: Sequence[Document] = (), deleted: Sequence[str] = ()) -> None:
    """Deletes, adds, commits, and lets searches see it."""
    with engine.writer() as writer:
        for document_id in deleted:
            writer.delete(document_id)
        for added in documents:
            writer.add(added)
        writer.commit()
    engine.refresh()


@contextmanager
def new_engine(name: str, directory: Path, *, shards: int = 2) -> Iterator[Engine]:
    """A new, empty index, which is gone in the end."""
    description = NOWHERE
    if name == "opensearch":
        if not nodes():
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NONE_FOUND)
        url = f"{','.join(nodes())}/test-{uuid.uuid4().hex}"
        description = Description(url, writer_id="test", shards=shards)
    with closing(engine_class(name).create(directory, description)) as made:
        try:
            yield made
        finally:
            made.leave()


@contextmanager
def temporary_engine(name: str, documents: Sequence[Document]) -> Iterator[Engine]:
    """A new index with these documents."""
    with (
        tempfile.TemporaryDirectory() as folder,
        new_engine(name, Path(folder, "e"), shards=1) as made,
    ):
        write(made, documents)
        yield made


def found_ids(engine: Engine, node: query.Query, sort: Sort = Sort.NEWEST) -> list[str]:
    return [hit.id for hit in engine.search(node, sort=sort, offset=0, limit=1000).hits]
