"""Searches that answer for all shards, and lists of any length, consistent by a point in time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from index.engines.opensearch.client import Address, failures, reason_of, unreadable

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

# How long a moment is kept between two pages.
_KEEP = "5m"
# Hits of a page: what `index.max_result_window` allows.
WINDOW = 10_000

Found = dict[str, Any]


def ask(client: OpenSearch, address: Address, body: Mapping[str, Any], **parameters: object) -> Found:
    """The answer to one search. Raises EngineError if a shard is missing from it."""
    with failures(address):
        answer: Found = client.search(
            body=dict(body), params={"allow_partial_search_results": "false", **parameters}
        )
    check(answer, address)
    return answer


def ask_together(
    client: OpenSearch, address: Address, index: str, searches: Sequence[tuple[Mapping[str, Any], str]]
) -> list[Found]:
    """Answers to several searches that run in parallel, each with its search type. Raises EngineError if a
    shard is missing from one."""
    lines: list[Mapping[str, Any]] = []
    for body, kind in searches:
        lines += [{"index": index, "search_type": kind, "allow_partial_search_results": False}, body]
    with failures(address):
        answers: list[Found] = client.msearch(body=lines)["responses"]
    for answer in answers:
        if "error" in answer:
            raise unreadable(address, reason_of(answer))
        check(answer, address)
    return answers


def check(answer: Found, address: Address) -> None:
    """Raises EngineError where shards are missing from an answer."""
    shards = answer["_shards"]
    if shards["failed"] or answer.get("timed_out"):
        failed = shards.get("failures") or [{}]
        reason = reason_of(failed[0].get("reason", {})) or "a shard took too long"
        raise unreadable(address, reason)


def pages(
    client: OpenSearch,
    address: Address,
    index: str,
    body: Mapping[str, Any],
    sort: Sequence[Any],
    size: int,
    kind: str = "query_then_fetch",
) -> Iterator[list[Found]]:
    """Hits of a search, page by page, at one point in time. `sort` must be unique for each hit; `kind` is
    the search type."""
    after: Sequence[Any] | None = None
    with _moment(client, address, index) as moment:
        while True:
            asked: dict[str, Any] = {
                **body,
                "pit": {"id": moment, "keep_alive": _KEEP},
                "sort": list(sort),
                "size": size,
                "track_total_hits": False,
            }
            if after is not None:
                asked["search_after"] = list(after)
            hits = ask(client, address, asked, search_type=kind)["hits"]["hits"]
            if hits:
                yield hits
                after = hits[-1]["sort"]
            if len(hits) < size:
                return


@contextmanager
def _moment(client: OpenSearch, address: Address, index: str) -> Iterator[str]:
    with failures(address):
        moment: str = client.create_pit(index=index, params={"keep_alive": _KEEP})["pit_id"]
    try:
        yield moment
    finally:
        with suppress(Exception):  # it ends by itself
            client.delete_pit(body={"pit_id": [moment]})


def escaped(text: str) -> str:
    """A text escaped for Lucene's regular expressions."""
    return re.sub(r'[.?+*|{}\[\]()"\\#@&<>~^$-]', lambda found: "\\" + found[0], text)


def starting_with(field: str, prefix: str, most: int) -> dict[str, Any]:
    """A term suggester for the tokens that are a prefix and one more character, the most frequent first."""
    return {
        "field": field,
        "analyzer": "keyword",
        "prefix_length": len(prefix),
        "max_edits": 1,
        "min_word_length": 1,
        "max_inspections": 1_000_000,
        "suggest_mode": "always",
        "accuracy": 0.0,
        "size": most,
        "shard_size": most,
        "sort": "frequency",
    }
