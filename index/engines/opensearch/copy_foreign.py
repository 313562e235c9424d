"""Copies the documents of other machines when one of them rebuilds the index.

Their files are not on this machine, so their articles are read from the cluster and analysed again. Only
differences are copied: a second pass is short, and reports what has changed since the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from index.analysis import Analyzer
from index.analysis.document import make_documents
from index.engines.opensearch.articles import ClusterArticles
from index.engines.opensearch.client import Address
from index.engines.opensearch.generations import Generations, LiveGeneration
from index.engines.opensearch.mapping import WRITER
from index.engines.opensearch.queries import WINDOW, pages
from index.engines.opensearch.writer import ClusterWriter
from index.packing import pack
from index.settings import zone

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

# Articles that are read and analysed together.
_AT_ONCE = 100


def written(
    client: OpenSearch, address: Address, index: str, wanted: Mapping[str, Any]
) -> dict[str, tuple[str, str]]:
    """Ids of the matching documents, each with the digest of its article and its writer id."""
    body = {"query": dict(wanted), "_source": False, "docvalue_fields": ["digest", WRITER]}
    return {
        hit["sort"][0]: (hit["fields"].get("digest", [""])[0], hit["fields"][WRITER][0])
        for page in pages(client, address, index, body, [{"id": "asc"}], WINDOW)
        for hit in page
    }


def copy_foreign(
    client: OpenSearch, address: Address, live: LiveGeneration, target: str, writer_id: str
) -> None:
    """Makes the documents of other writers in `target` the same as the live ones. Documents without an
    article, or whose id this writer has taken, are left out."""
    others = {"bool": {"must_not": [{"term": {WRITER: writer_id}}]}}
    there = written(client, address, live.index, others)
    here = written(client, address, target, others)
    missing = [document_id for document_id, found in there.items() if here.get(document_id) != found]
    surplus = [document_id for document_id in here if document_id not in there]
    if not missing and not surplus:
        return
    generations = Generations(client, address)
    meta = generations.meta(target)
    analyzer = Analyzer(str(meta["segmenter"]), generations.dictionary(target))
    timezone = zone(str(meta["timezone"]))
    articles = ClusterArticles(client, address, live.index)
    writer = ClusterWriter(client, address, target, writer_id)
    try:
        for document_id in surplus:
            writer.delete(document_id, here[document_id][1])
        for start in range(0, len(missing), _AT_ONCE):
            found = list(articles.whole(missing[start : start + _AT_ONCE]).values())
            documents = make_documents(found, analyzer, timezone)
            for article, document in zip(found, documents, strict=True):
                if article.id in here:
                    writer.delete(article.id, here[article.id][1])
                writer.add(document, pack(article), there[article.id][1])
        writer.commit()
    finally:
        writer.close()
