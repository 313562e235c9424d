"""Documents in bulk, several requests at once, with retries that neither lose nor repeat any.

A document is stored under its id, so that one sent twice is there once. Several machines may index their own
folders into one index: a document belongs to the writer that wrote it, and is neither replaced nor deleted by
another.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from index.analysis.document import Document
from index.engines.opensearch.client import Address, failures, reason_of, unreadable
from index.engines.opensearch.generations import Generations, writing
from index.engines.opensearch.mapping import WRITER, key_of, source_of
from index.errors import EngineError

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

    from index.packing import PackedArticle

# Requests under way, and threads that send them.
_UNDER_WAY = 5
_THREADS = 3
# Seconds between two tries.
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
_BUSY = (429, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class LoadLimits:
    """Bytes of a request (a few times those of all requests under way are held in memory); seconds that a
    cluster may be too busy, or without a shard, before a run gives up (`patience`); seconds that a request
    may wait for a shard that is away, and for an answer: longer, so that what was taken is told."""

    request_bytes: int = 4_000_000
    patience: float = 120.0
    wait_for_shard: int = 5
    wait_for_answer: int = 30


LOAD_LIMITS = LoadLimits()


@dataclass(slots=True)
class _Operation:
    """A pending operation on one document: `create` where none is expected, `index` and `delete` for one
    that is known. `line` is the document."""

    kind: str
    id: str
    writer_id: str
    line: bytes = b""


class _Outcome(Enum):
    """Outcomes of an operation: done; conflict (a document exists where none was expected); to be retried;
    refused."""

    DONE = auto()
    THERE = auto()
    BUSY = auto()
    REFUSED = auto()


# Errors of a node that has just gone; its shards move to others, or it comes back.
_LOST_NODE = frozenset(
    "node_not_connected_exception node_disconnected_exception connect_transport_exception "
    "node_closed_exception".split()
)


def _classify(operation: _Operation, result: Mapping[str, Any]) -> _Outcome:
    """The outcome of an operation, read from its item in the answer. Raises EngineError for an unexpected
    error."""
    status = result["status"]
    if "error" not in result or (operation.kind == "delete" and status == 404):
        return _Outcome.DONE
    if status == 409 and operation.kind == "create":
        return _Outcome.THERE
    if status in (*_BUSY, 409) or result["error"].get("type") in _LOST_NODE:
        return _Outcome.BUSY
    if status == 400:
        return _Outcome.REFUSED
    raise EngineError("{engine}: {reason}", engine="opensearch", reason=reason_of(result))


class ClusterWriter:
    """See `EngineWriter`. Filled requests are sent before `commit`, and searches may see them early. The
    next run repairs what an interrupted one left, as for every engine."""

    def __init__(
        self,
        client: OpenSearch,
        address: Address,
        index: str,
        writer_id: str,
        limits: LoadLimits = LOAD_LIMITS,
    ) -> None:
        self._client = client
        self._limits = limits
        self._address = address
        self._index = index
        self._writer_id = writer_id
        self._generations = Generations(client, address)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="bulk")
        self._waiting: dict[str, _Operation] = {}
        self._size = 0
        self._under_way: deque[tuple[frozenset[str], Future[dict[str, str]]]] = deque()
        self._refused: dict[str, str] = {}

    def add(self, document: Document, article: PackedArticle | None = None, writer_id: str = "") -> None:
        """See `EngineWriter`. `writer_id` is the owner of a document that a rebuild copies."""
        line = source_of(document, article, writer_id or self._writer_id)
        known = self._waiting.get(document.id)
        kind = "create" if known is None or known.kind == "create" else "index"
        self._put(_Operation(kind, document.id, writer_id or self._writer_id, line))

    def delete(self, document_id: str, writer_id: str = "") -> None:
        """See `EngineWriter`."""
        self._put(_Operation("delete", document_id, writer_id or self._writer_id))

    def commit(self) -> dict[str, str]:
        """See `EngineWriter`."""
        self.flush()
        with failures(self._address):
            answer = self._client.indices.refresh(index=writing(self._index))
        if answer["_shards"]["failed"]:
            raise unreadable(self._address, "not all shards were refreshed")
        self._generations.changed(self._index)
        refused, self._refused = self._refused, {}
        return refused

    def flush(self) -> None:
        """Waits until all documents given so far are durable on the cluster."""
        self._send()
        while self._under_way:
            self._take()

    def close(self) -> None:
        """Ends the threads. Uncommitted documents may or may not have been stored."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _put(self, operation: _Operation) -> None:
        known = self._waiting.pop(operation.id, None)
        if known is not None:
            self._size -= len(known.line)
        self._waiting[operation.id] = operation
        self._size += len(operation.line) + 100
        if self._size >= self._limits.request_bytes:
            self._send()

    def _send(self) -> None:
        """Sends pending operations, after those in flight for the same documents."""
        if not self._waiting:
            return
        operations = list(self._waiting.values())
        ids = frozenset(self._waiting)
        self._waiting, self._size = {}, 0
        while len(self._under_way) >= _UNDER_WAY or any(ids & others for others, _ in self._under_way):
            self._take()
        self._under_way.append((ids, self._pool.submit(self._write, operations)))

    def _take(self) -> None:
        _, future = self._under_way.popleft()
        self._refused |= future.result()

    def _write(self, operations: list[_Operation]) -> dict[str, str]:
        """Writes documents, with retries. Returns the reasons of those refused, by id."""
        refused: dict[str, str] = {}
        known = [operation for operation in operations if operation.kind != "create"]
        others = self._others(known)
        todo = []
        for operation in operations:
            if operation.id not in others:
                todo.append(operation)
            elif operation.kind == "index":
                refused[operation.id] = _taken(others[operation.id])
        started, wait = time.monotonic(), _FIRST_WAIT
        while todo:
            todo, reason = self._try(todo, refused)
            if not todo:
                break
            if time.monotonic() - started > self._limits.patience:
                raise EngineError(
                    "{url} has not taken {count} documents for {seconds:.0f} seconds: {reason}. What was "
                    "committed before is in the index; run this again to go on.",
                    url=self._address,
                    count=len(todo),
                    seconds=self._limits.patience,
                    reason=reason,
                )
            wait = _rest(wait)
        return refused

    def _try(self, operations: list[_Operation], refused: dict[str, str]) -> tuple[list[_Operation], str]:
        """Sends documents once. Returns those to send again, with reasons."""
        import opensearchpy
        import orjson

        lines: list[bytes] = []
        for operation in operations:
            lines.append(orjson.dumps({operation.kind: {"_id": key_of(operation.id)}}))
            if operation.line:
                lines.append(operation.line)
        body = b"\n".join(lines) + b"\n"
        with failures(self._address):
            try:
                answer = self._client.bulk(
                    body=body,
                    index=writing(self._index),
                    params={
                        "require_alias": "true",
                        "timeout": f"{self._limits.wait_for_shard}s",
                        "request_timeout": self._limits.wait_for_answer,
                        "filter_path": "errors,items.*.status,items.*.error",
                    },
                )
            except opensearchpy.TransportError as error:
                if not _is_passing(error):
                    raise
                return operations, reason_of(error)
        if not answer["errors"]:
            return [], ""
        again: list[_Operation] = []
        there: list[_Operation] = []
        reason = ""
        for operation, item in zip(operations, answer["items"], strict=True):
            (result,) = item.values()
            match _classify(operation, result):
                case _Outcome.THERE:
                    there.append(operation)
                case _Outcome.BUSY:
                    again.append(operation)
                    reason = reason_of(result)
                case _Outcome.REFUSED:
                    refused[operation.id] = f"the cluster can't index it: {reason_of(result)}"
        if there:  # sent before, by a request that was not answered, or another's
            others = self._others(there)
            for operation in there:
                if operation.id in others:
                    refused[operation.id] = _taken(others[operation.id])
                else:
                    operation.kind = "index"
                    again.append(operation)
        return again, reason

    def _others(self, operations: Iterable[_Operation]) -> dict[str, str]:
        """Ids that belong to another writer than the one that writes them, with the owner's id."""
        asked = list(operations)
        if not asked:
            return {}
        documents = self._known(asked)
        others: dict[str, str] = {}
        for operation, document in zip(asked, documents, strict=True):
            owner = document.get("_source", {}).get("article", {}).get(WRITER, operation.writer_id)
            if owner != operation.writer_id:
                others[operation.id] = owner
        return others

    def _known(self, operations: Sequence[_Operation]) -> list[dict[str, Any]]:
        """Documents stored under the ids, with their writer ids, in order. Waits while a shard can't be
        read."""
        import opensearchpy

        ids = [key_of(operation.id) for operation in operations]
        started, wait = time.monotonic(), _FIRST_WAIT
        while True:
            with failures(self._address):
                try:
                    found: dict[str, Any] = self._client.mget(
                        body={"ids": ids},
                        index=writing(self._index),
                        params={"_source_includes": f"article.{WRITER}"},
                    )
                except opensearchpy.TransportError as error:
                    if not _is_passing(error) or time.monotonic() - started > self._limits.patience:
                        raise
                else:
                    documents: list[dict[str, Any]] = found["docs"]
                    failed = [document for document in documents if "error" in document]
                    if not failed:
                        return documents
                    if time.monotonic() - started > self._limits.patience:
                        raise unreadable(self._address, reason_of(failed[0]))
            wait = _rest(wait)


def _is_passing(error: Any) -> bool:
    """True for an error that may be temporary. Without a connection there is no status."""
    return not isinstance(error.status_code, int) or error.status_code in _BUSY


def _rest(wait: float) -> float:
    """Sleeps, and returns the next delay."""
    time.sleep(wait * random.uniform(0.5, 1.0))
    return min(2 * wait, _LONGEST_WAIT)


def _taken(writer_id: str) -> str:
    return f"its id is also used by {writer_id}, whose article is indexed"
