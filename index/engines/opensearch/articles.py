"""Articles, read from where the cluster keeps them (see `index/engines/base.py`)."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from index.article import Article
from index.engines.opensearch.client import Address, failures, reason_of, unreadable
from index.engines.opensearch.mapping import WRITER, article_of, key_of
from index.engines.opensearch.queries import ask, pages

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

# Articles that are read at once: with their html, some megabytes.
_AT_ONCE = 200
_HTML = "article.html_zlib"


class ClusterArticles:
    """The articles of one index of a cluster, for any number of threads."""

    def __init__(self, client: OpenSearch, address: Address, index: str) -> None:
        self._client = client
        self._address = address
        self._index = index

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        """The articles with these ids, without their html, by id."""
        found = self._get(ids, {"_source_excludes": _HTML})
        return {article_id: article_of(kept) for article_id, kept in found.items()}

    def titles(self, ids: Sequence[str]) -> dict[str, str]:
        """The titles of the articles with these ids, by id."""
        found = self._get(ids, {"_source_includes": "article.id,article.title"})
        return {article_id: kept["title"] for article_id, kept in found.items()}

    def sketches(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The sketches of the articles with these ids, by id."""
        if not ids:
            return {}
        body = {
            "query": {"constant_score": {"filter": {"terms": {"id": list(ids)}}}},
            "size": len(ids),
            "track_total_hits": False,
            "_source": False,
            "docvalue_fields": ["id", "sketch"],
        }
        hits = [hit["fields"] for hit in self._ask(body)["hits"]["hits"]]
        encoded = {hit["id"][0]: hit.get("sketch", [""])[0] for hit in hits}
        return {  # without padding, and for addresses
            article_id: base64.urlsafe_b64decode(sketch + "=" * (-len(sketch) % 4))
            for article_id, sketch in encoded.items()
        }

    def article(self, article_id: str) -> Article | None:
        """The whole article with this id, if there is one."""
        try:
            article_id.encode()
        except UnicodeEncodeError:  # half a character, which no id has
            return None
        return self.whole([article_id]).get(article_id)

    def whole(self, ids: Sequence[str]) -> dict[str, Article]:
        """The whole articles with these ids, by id."""
        return {article_id: article_of(kept) for article_id, kept in self._get(ids, {}).items()}

    def all_articles(self) -> Iterator[Article]:
        """Every whole article, by id, as of one moment."""
        for kept in self._all({"_source": ["article"]}, _AT_ONCE):
            yield article_of(kept)

    def of_writer(self, writer_id: str) -> Iterator[Article]:
        """Every whole article that one machine wrote, by id."""
        body = {"query": {"term": {WRITER: writer_id}}, "_source": ["article"]}
        return map(article_of, self._all(body, _AT_ONCE))

    def texts(self) -> Iterator[str]:
        """The title and the text of every article, by id; a line each paragraph."""
        for kept in self._all({"_source": ["article.id", "article.title", "article.text"]}, _AT_ONCE):
            yield f"{kept['title']}\n{kept['text']}"

    def newest(self, limit: int) -> list[Article]:
        """The newest articles that have a date, without their html."""
        body = {
            "query": {"exists": {"field": "date"}},
            "sort": [{"date": "desc"}, {"id": "asc"}],
            "size": limit,
            "_source": {"excludes": [_HTML]},
        }
        hits = self._ask(body)["hits"]["hits"]
        return [article_of(hit["_source"]["article"]) for hit in hits]

    def with_url(self, urls: Sequence[str]) -> list[str]:
        """None: the cluster has no index of sources."""
        return []

    def added(self, start: int | None, end: int | None) -> None:
        """None: the cluster doesn't keep when articles came in."""

    def last_addition(self) -> None:
        """None: as `added`."""

    def count(self) -> int:
        """The number of articles."""
        return int(self._ask({"size": 0, "track_total_hits": True})["hits"]["total"]["value"])

    def dates(self) -> tuple[int | None, int | None]:
        """The dates of the oldest and the newest article."""
        body = {"size": 0, "aggs": {name: {name: {"field": "date"}} for name in ("min", "max")}}
        found = self._ask(body)["aggregations"]
        oldest, newest = (found[name]["value"] for name in ("min", "max"))
        return None if oldest is None else int(oldest), None if newest is None else int(newest)

    def _ask(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return ask(self._client, self._address, body, index=self._index)

    def _all(self, body: Mapping[str, Any], size: int) -> Iterator[dict[str, Any]]:
        found = pages(self._client, self._address, self._index, body, [{"id": "asc"}], size)
        yield from (hit["_source"]["article"] for page in found for hit in page)

    def _get(self, ids: Sequence[str], parts: Mapping[str, object]) -> dict[str, dict[str, Any]]:
        """Stored parts of articles, by id; only of documents that searches see, too."""
        kept: dict[str, dict[str, Any]] = {}
        for start in range(0, len(ids), _AT_ONCE):
            asked = ids[start : start + _AT_ONCE]
            with failures(self._address):
                found = self._client.mget(
                    body={"ids": [key_of(article_id) for article_id in asked]},
                    index=self._index,
                    params={"realtime": "false", **parts},
                )
            for article_id, document in zip(asked, found["docs"], strict=True):
                if "error" in document:
                    raise unreadable(self._address, reason_of({"error": document["error"]}))
                if document.get("found") and "id" in document["_source"].get("article", {}):
                    kept[article_id] = document["_source"]["article"]
        return kept
