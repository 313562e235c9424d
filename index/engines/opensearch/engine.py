"""The engine for archives that outgrow one machine: an OpenSearch cluster, with nothing installed on it.

Its directory has one file, which says where on the cluster (`index/engines/opensearch/state.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whoosh import query

from index.analysis.document import GRAM_FIELDS, UNIT_FIELDS
from index.analysis.grams import END
from index.article import Article
from index.engines.base import (
    ANONYMOUS,
    NOWHERE,
    ArticleStore,
    Connection,
    Description,
    FacetCounts,
    Hits,
    Sort,
)
from index.engines.opensearch.articles import ClusterArticles
from index.engines.opensearch.client import Address, connect, failures, reason_of, unreadable
from index.engines.opensearch.compiler import compile_best, compile_tree
from index.engines.opensearch.copy_foreign import copy_foreign, written
from index.engines.opensearch.generations import Generations, refuse_others
from index.engines.opensearch.hits import BARE, SORTS, aggregations, facet_counts, hit_of
from index.engines.opensearch.mapping import GAP, NOTHING, WRITER, counted_field
from index.engines.opensearch.queries import WINDOW, Found, ask, ask_together, escaped, pages, starting_with
from index.engines.opensearch.state import ClusterState
from index.engines.opensearch.writer import LOAD_LIMITS, ClusterWriter
from index.errors import EngineError, InputError

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

# Up to so many documents, shards are told of each other's statistics before they score; with more, each has
# nearly those of all.
_EXACT_STATISTICS = 10_000_000
# Tokens that start alike, and that follow a unit, that are counted: the most frequent.
_MOST_TERMS = 60_000
_MOST_FOLLOWERS = 10_000
# Characters of a pattern: OpenSearch takes 1,000, signs before them included.
_MOST_PATTERN = 400
# Grams that start alike that are listed, of a shard: what Lucene takes in one query.
_MOST_GRAMS = 1_023
# Tokens counted by one request.
_COUNTED = 500


class OpenSearchEngine:
    """See `index.engines.base.Engine` and `EngineClass`. Its writers keep to `load_limits`."""

    keeps_articles = True
    load_limits = LOAD_LIMITS

    def __init__(
        self,
        address: Address,
        client: OpenSearch,
        index: str,
        directory: Path | None = None,
        state: ClusterState | None = None,
    ) -> None:
        self._address = address
        self._client = client
        self._generations = Generations(self._client, address)
        self._directory = directory
        self._state = state
        self._index = self._live = index
        live = self._generations.live()
        self._seen = live.changed if live is not None and live.index == index else ""
        self._shards = self._generations.shards(index)
        self._documents = self._articles.count()

    @classmethod
    def check_url(cls, url: str) -> None:
        if url:
            Address.parse(url)

    @classmethod
    def create(
        cls, directory: Path, description: Description = NOWHERE, connection: Connection = ANONYMOUS
    ) -> OpenSearchEngine:
        """Creates an index on the cluster, or joins the live one there, unless that is to be replaced."""
        if not description.url:
            raise InputError(
                "the engine opensearch needs the address of a cluster: "
                "souwen index FOLDER --engine opensearch --url https://NODE:9200/NAME"
            )
        address = Address.parse(description.url)
        client = connect(address, connection)
        generations = Generations(client, address)
        live = generations.live()
        joins = live is not None and not description.replaces
        if live is not None and joins:
            if description.meta:
                refuse_others(live.meta, description.meta, address)
            index = live.index
        else:
            shards = description.shards or (1 if live is None else generations.shards(live.index))
            index = generations.create(description.meta, description.dictionary, shards, live=live is None)
        building = live is not None and not joins
        # Who joins has written nothing yet: its first run compares what is there with its catalog.
        state = ClusterState(str(address), "" if joins else index, description.writer_id, building)
        directory.mkdir()
        state.write(directory)
        return cls(address, client, index, directory, state)

    @classmethod
    def open(cls, directory: Path, connection: Connection = ANONYMOUS) -> OpenSearchEngine:
        state = ClusterState.read(directory)
        address = Address.parse(state.url)
        client = connect(address, connection)
        index = state.index if state.building else Generations(client, address).current().index
        return cls(address, client, index, directory, state)

    @classmethod
    def at(cls, address: str, connection: Connection = ANONYMOUS) -> OpenSearchEngine:
        parsed = Address.parse(address)
        client = connect(parsed, connection)
        return cls(parsed, client, Generations(client, parsed).current().index)

    @classmethod
    def abandon(cls, directory: Path, connection: Connection = ANONYMOUS) -> None:
        state = ClusterState.read(directory)
        if state.building:
            address = Address.parse(state.url)
            Generations(connect(address, connection), address).remove(state.index)

    def articles(self, catalog: ArticleStore | None) -> ClusterArticles:
        return self._articles

    @property
    def _articles(self) -> ClusterArticles:
        return ClusterArticles(self._client, self._address, self._index)

    @property
    def writer_id(self) -> str:
        return self._state.writer_id if self._state is not None else ""

    @property
    def name(self) -> str:
        return self._index

    @property
    def uid(self) -> str:
        return self._generations.uid(self._index)

    def description(self, local: Description) -> Description:
        meta, dictionary = self._generations.meta(self._index), self._generations.dictionary(self._index)
        return Description(str(self._address), meta, dictionary, self._shards, self.writer_id)

    def search(
        self,
        tree: query.Query,
        *,
        sort: Sort,
        offset: int,
        limit: int,
        facets: Sequence[str] = (),
        count_to: int | None = None,
    ) -> Hits:
        counts_all = count_to is None or bool(facets)
        counted = {"track_total_hits": counts_all or count_to, "aggs": aggregations(facets)}
        page = {"sort": SORTS[sort], "from": offset, "size": limit, **BARE}
        is_scored = sort is Sort.RELEVANCE
        if offset + limit > WINDOW:
            body = {"query": self._compile(tree)}
            hits = self._deep(body | BARE, sort, offset, limit)
            answer = self._search(body | counted | {"size": 0})
        elif is_scored and (best := self._best(tree, page, counted)):
            hits, answer = best
        else:
            answer = self._search({"query": self._compile(tree)} | counted | page, is_scored=is_scored)
            hits = answer["hits"]["hits"]
        total = int(answer["hits"]["total"]["value"])
        return Hits(tuple(hit_of(hit, sort) for hit in hits), total, facet_counts(answer, facets))

    def _best(self, tree: query.Query, page: Found, counted: Found) -> tuple[list[Found], Found] | None:
        """Hits of a broad tree, with the answer that counts its matches; None where one request is faster,
        or documents without a score, which come last, are among the hits.

        Scoring can skip documents, and counting needs no scores: where all are counted, two requests run in
        parallel.
        """
        if not isinstance(tree, query.AndMaybe) or not (best := compile_best(tree, self._starting)):
            return None
        most = counted["track_total_hits"]
        if most is not True:
            answer = self._search({"query": best, "track_total_hits": most} | page, is_scored=True)
            hits, is_whole = answer["hits"]["hits"], answer["hits"]["total"]["value"] >= most
            return (hits, answer) if is_whole and len(hits) == page["size"] else None
        searches = (
            ({"query": best, "track_total_hits": False} | page, self._kind(is_scored=True)),
            ({"query": self._compile(tree.a), "size": 0} | counted, self._kind(is_scored=False)),
        )
        answers = ask_together(self._client, self._address, self._index, searches)
        hits, total = answers[0]["hits"]["hits"], answers[1]["hits"]["total"]["value"]
        if len(hits) < page["size"] and page["from"] + len(hits) < total:
            return None
        return hits, answers[1]

    def _deep(self, body: dict[str, Any], sort: Sort, offset: int, limit: int) -> list[Found]:
        """Hits of a page beyond the depth of a single search."""
        hits: list[Found] = []
        position = 0
        kind = self._kind(is_scored=sort is Sort.RELEVANCE)
        for page in pages(self._client, self._address, self._index, body, SORTS[sort], WINDOW, kind):
            hits += page[max(0, offset - position) : max(0, offset + limit - position)]
            position += len(page)
            if position >= offset + limit:
                break
        return hits

    def facets(self, tree: query.Query, fields: Sequence[str]) -> FacetCounts:
        body = {"query": self._compile(tree), "size": 0, "aggs": aggregations(fields)}
        return facet_counts(self._search(body), fields)

    def count(self, tree: query.Query) -> int:
        body = {"query": self._compile(tree), "size": 0, "track_total_hits": True}
        return int(self._search(body)["hits"]["total"]["value"])

    def terms(self, field: str, prefix: str) -> list[tuple[str, int]]:
        if field in GRAM_FIELDS:
            grams = [gram for gram in self._starting(field, prefix) if gram != NOTHING]
            return list(self.frequencies(field, grams).items())
        if field in UNIT_FIELDS and not (prefix and prefix.isascii() and prefix.isalnum()):
            others = [unit for unit in self._starting(field, prefix) if not unit.endswith(END)]
            return [*self._listed(field, prefix), *self.frequencies(field, others).items()]
        return self._listed(field, prefix)

    def _listed(self, field: str, prefix: str) -> list[tuple[str, int]]:
        """Words, or runs of letters or digits, that start with a prefix, the most frequent first."""
        pattern = f"{escaped(prefix[:_MOST_PATTERN])}.*"
        body = {
            "query": {"prefix": {field: {"value": prefix}}} if prefix else {"match_all": {}},
            "size": 0,
            "aggs": {
                "terms": {"terms": {"field": counted_field(field), "size": _MOST_TERMS, "include": pattern}}
            },
        }
        buckets = self._search(body)["aggregations"]["terms"]["buckets"]
        found = ((str(bucket["key"]), int(bucket["doc_count"])) for bucket in buckets)
        return [(token, count) for token, count in found if token.startswith(prefix)]

    def frequencies(self, field: str, tokens: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(tokens), _COUNTED):
            part = tokens[start : start + _COUNTED]
            filters = {str(number): {"term": {field: token}} for number, token in enumerate(part)}
            body = {"size": 0, "aggs": {"tokens": {"filters": {"filters": filters}}}}
            buckets = self._search(body)["aggregations"]["tokens"]["buckets"]
            for number, token in enumerate(part):
                if count := int(buckets[str(number)]["doc_count"]):
                    found[token] = count
        return found

    def followers(self, field: str, unit: str) -> list[tuple[str, int]]:
        suggest = {"text": unit + GAP, "term": starting_with(field, unit, _MOST_FOLLOWERS)}
        found = self._search({"size": 0, "suggest": {"grams": suggest}})
        options = found["suggest"]["grams"][0]["options"]
        return [
            (option["text"][len(unit) :], int(option["freq"]))
            for option in options
            if len(option["text"]) == len(unit) + 1
        ]

    def ids(self) -> set[str]:
        return set(self.digests())

    def digests(self) -> dict[str, str]:
        wanted = {"term": {WRITER: self.writer_id}} if self.writer_id else {"match_all": {}}
        found = written(self._client, self._address, self._index, wanted)
        return {document_id: digest for document_id, (digest, _) in found.items()}

    def refresh(self) -> bool:
        live = self._generations.current()
        is_new = (live.index, live.changed) != (self._index, self._seen)
        self._live, self._seen = live.index, live.changed
        return is_new

    @property
    def is_live(self) -> bool:
        return self._live == self._index

    def has_new_generation(self, meta: Mapping[str, object]) -> bool:
        if not self._is_behind():
            return False
        refuse_others(self._generations.meta(self._index), meta, self._address)
        return True

    def _is_behind(self) -> bool:
        return self._state is not None and not self._state.building and self._state.index != self._index

    def acknowledge(self) -> None:
        if self._is_behind():
            assert self._directory is not None and self._state is not None
            self._state = replace(self._state, index=self._index)
            self._state.write(self._directory)

    def own_articles(self) -> Iterator[Article]:
        return self._articles.of_writer(self.writer_id)

    def leave(self) -> None:
        with failures(self._address):
            self._client.delete_by_query(
                index=self._index,
                body={"query": {"term": {WRITER: self.writer_id}}},
                params={"conflicts": "proceed", "refresh": "true", "timeout": "5m"},
                request_timeout=3600,
            )
        if self._articles.count():
            self._generations.changed(self._index)
        else:
            self._generations.remove(self._index, even_live=True)

    def publish(self) -> None:
        assert self._directory is not None and self._state is not None
        if not self._state.building:
            self._generations.finalize_if_loading(self._index)
            return
        live = self._generations.live()
        if live is not None:
            copy_foreign(self._client, self._address, live, self._index, self._state.writer_id)
        self._generations.finalize(self._index)
        self._generations.wait_for_copies(self._index)
        if live is not None:  # once more: the first time may have taken long
            copy_foreign(self._client, self._address, live, self._index, self._state.writer_id)
        self._generations.publish(self._index)
        self._state = replace(self._state, building=False)
        self._state.write(self._directory)

    @contextmanager
    def writer(self) -> Iterator[ClusterWriter]:
        if self._state is None:
            raise EngineError(
                "{engine}: only an index directory can write; this is the address of a cluster",
                engine="opensearch",
            )
        writer = ClusterWriter(
            self._client, self._address, self._index, self._state.writer_id, self.load_limits
        )
        try:
            yield writer
        finally:
            writer.close()

    def close(self) -> None:
        self._client.close()

    def bytes(self) -> int:
        return self._generations.bytes(self._index)

    def _search(self, body: dict[str, Any], *, is_scored: bool = False) -> Found:
        kind = self._kind(is_scored=is_scored)
        return ask(self._client, self._address, body, index=self._index, search_type=kind)

    def _kind(self, *, is_scored: bool) -> str:
        """Search type: with or without an exchange of term statistics between shards."""
        is_small = self._documents < _EXACT_STATISTICS
        return "dfs_query_then_fetch" if is_scored and self._shards > 1 and is_small else "query_then_fetch"

    def _compile(self, tree: query.Query) -> dict[str, Any]:
        return compile_tree(tree, self._starting)

    def _starting(self, field: str, prefix: str) -> list[str]:
        """Grams of a field that start with a text: of each shard the first `_MOST_GRAMS` in order. Only
        Lucene's query rewriting lists them."""
        body = {
            "query": {"prefix": {field: {"value": prefix, "rewrite": f"top_terms_{_MOST_GRAMS}"}}},
        }
        with failures(self._address):
            found = self._client.indices.validate_query(
                index=self._index, body=body, params={"rewrite": "true", "all_shards": "true"}
            )
        if not found["valid"] or found["_shards"]["failed"]:
            raise unreadable(self._address, reason_of(found))
        grams: set[str] = set()
        sign = f"{field}:"
        for explanation in found["explanations"]:
            text = explanation.get("explanation", "")
            if text.startswith(sign):
                grams.update(text[len(sign) :].split(f" {sign}"))
        return sorted(grams)
