"""A generation on a cluster: one index, `NAME-000001`, behind the alias `NAME`, which moves from the old to
the new at once. What the generation was made with is in the `_meta` of its mapping.

A second alias, `NAME-000001-write`, is for writers alone: a request to it fails once the index is gone, where
one to the index itself would make it anew.
"""

from __future__ import annotations

import base64
import re
import time
import uuid
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index.engines.opensearch.client import Address, failures
from index.engines.opensearch.mapping import index_body
from index.errors import (
    EngineError,
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    InputError,
)

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

# While an index is filled, copies would be filled with it, segments made of a second's documents, and merged
# that are merged again in the end.
_LOADING = {
    "auto_expand_replicas": "false",
    "number_of_replicas": 0,
    "refresh_interval": "-1",
    "merge.policy.segments_per_tier": 50,
    "merge.policy.max_merge_at_once": 50,
}
# A copy of each shard where there is a second node for it.
_SERVING = {
    "auto_expand_replicas": "0-1",
    "refresh_interval": None,
    "merge.policy.segments_per_tier": None,
    "merge.policy.max_merge_at_once": None,
}
# Bytes of a packed dictionary: it is part of what every node keeps in memory.
_MOST_DICTIONARY = 1_000_000
# Bytes of a segment: Lucene merges larger ones no more until half of what is in them is gone.
_LARGE = 5_000_000_000


@dataclass(frozen=True, slots=True)
class LiveGeneration:
    """The index that is live: its name and metadata, and a stamp that changes with every commit."""

    index: str
    meta: Mapping[str, Any]
    changed: str


class Generations:
    """The generations of the index at one address.

    Readers, who look twice a second, have `grace` seconds to leave an index before it is removed.
    """

    grace = 2.0

    def __init__(self, client: OpenSearch, address: Address) -> None:
        self._client = client
        self._address = address

    def live(self) -> LiveGeneration | None:
        """The live generation, or None."""
        found = self._mappings("*.mappings._meta.souwen,*.mappings._meta.changed")
        if found is None:
            return None
        ((index, mappings),) = found.items()
        meta = mappings.get("mappings", {}).get("_meta", {})
        if "souwen" not in meta:
            raise IndexDamagedError(
                "{file}: is not an index that souwen made. Name another: {command}",
                file=self._address,
                command="souwen index FOLDER --engine opensearch --url https://NODE:9200/NAME",
            )
        return LiveGeneration(index, meta["souwen"], meta.get("changed", ""))

    def current(self) -> LiveGeneration:
        """The live generation. Raises IndexMissingError where there is none."""
        live = self.live()
        if live is None:
            raise IndexMissingError(
                "there is no index at {path}. Make one with: {command}",
                path=self._address,
                command=f"souwen index FOLDER --engine opensearch --url {self._address}",
            )
        return live

    def meta(self, index: str) -> dict[str, Any]:
        """The metadata that a generation was made with."""
        meta: dict[str, Any] = self._described(index)["souwen"]
        return meta

    def dictionary(self, index: str) -> str:
        """The user dictionary that a generation was made with."""
        packed = self._described(index)["dictionary"]
        return zlib.decompress(base64.b64decode(packed)).decode() if packed else ""

    def create(self, meta: Mapping[str, object], dictionary: str, shards: int, *, live: bool) -> str:
        """A new, empty index, ready to be filled; with `live`, the alias is on it at once."""
        packed = base64.b64encode(zlib.compress(dictionary.encode(), 9)).decode() if dictionary else ""
        if len(packed) > _MOST_DICTIONARY:
            raise InputError(
                "dictionary: is too large for a cluster: {size:,} bytes when packed, and {limit:,} "
                "are allowed. Leave out words that jieba has.",
                size=len(packed),
                limit=_MOST_DICTIONARY,
            )
        described: dict[str, object] = {"souwen": dict(meta), "changed": _new_stamp(), "dictionary": packed}
        body = index_body(shards, described, _LOADING)
        number = max(self._numbers(), default=0)
        while True:
            number += 1
            index = f"{self._address.name}-{number:06d}"
            names = [writing(index), *([self._address.name] if live else [])]
            if self._create(index, described["changed"], body | {"aliases": {name: {} for name in names}}):
                return index

    def changed(self, index: str) -> None:
        """Changes the commit stamp, by which readers notice a commit."""
        described = self._described(index) | {"changed": _new_stamp()}
        with failures(self._address):
            self._client.indices.put_mapping(index=index, body={"_meta": described})

    def finalize(self, index: str) -> None:
        """Finalizes a bulk load: merges segments, which halves the time of a search, then turns on replicas
        and regular refreshes.

        Takes about 20 seconds a gigabyte. If the cluster can't merge, or takes longer than the time limit,
        the load is complete all the same.
        """
        with suppress(EngineError), failures(self._address):
            found = self._client.indices.stats(index=index, metric="store")["_all"]["primaries"]
            size = int(found["store"]["size_in_bytes"]) // self.shards(index)
            self._client.indices.forcemerge(
                index=index, params={"max_num_segments": 1 + size // _LARGE, "request_timeout": 3600}
            )
        with failures(self._address):
            self._client.indices.put_settings(index=index, body={"index": dict(_SERVING)})

    def wait_for_copies(self, index: str) -> None:
        """Waits until each shard has a replica (where there is a node for it), at most a minute."""
        with failures(self._address):
            self._client.cluster.health(
                index=index, params={"wait_for_status": "green", "request_timeout": 60, "ignore": 408}
            )

    def finalize_if_loading(self, index: str) -> None:
        """Finalizes a bulk load that has not been finalized."""
        if self._settings(index).get("refresh_interval") == "-1":
            self.finalize(index)

    def publish(self, index: str) -> None:
        """Switches the alias to an index in one step, and removes those before it."""
        live = self.live()
        actions: list[dict[str, Any]] = [{"add": {"index": index, "alias": self._address.name}}]
        if live is not None and live.index != index:
            actions.insert(0, {"remove": {"index": live.index, "alias": self._address.name}})
        with failures(self._address):
            self._client.indices.update_aliases(body={"actions": actions})
        older = [number for number in self._numbers() if number < _number(index)]
        if older:
            time.sleep(self.grace)
            for number in older:
                self.remove(f"{self._address.name}-{number:06d}")

    def remove(self, index: str, *, even_live: bool = False) -> None:
        """Removes an index, if it is there and not live."""
        live = self.live()
        if live is None or live.index != index or even_live:
            with failures(self._address):
                self._client.indices.delete(index=index, params={"ignore_unavailable": "true"})

    def bytes(self, index: str) -> int:
        """The size on the disks of the cluster, copies included."""
        with failures(self._address):
            found = self._client.indices.stats(index=index, metric="store")
        return int(found["_all"]["total"]["store"]["size_in_bytes"])

    def uid(self, index: str) -> str:
        """The UUID of an index: no other on any cluster has it."""
        return str(self._settings(index)["uuid"])

    def shards(self, index: str) -> int:
        """The number of shards of an index."""
        return int(self._settings(index)["number_of_shards"])

    def _create(self, index: str, stamp: object, body: dict[str, Any]) -> bool:
        """Creates an index; returns False if one of that name exists. After the loss of its manager node,
        a cluster repeats the request by itself and then reports the index that it has just made."""
        import opensearchpy

        with failures(self._address):
            try:
                self._client.indices.create(index=index, body=body)
            except opensearchpy.RequestError as error:
                if error.error == "resource_already_exists_exception":
                    return bool(self._described(index).get("changed") == stamp)
                if error.error == "invalid_alias_name_exception":
                    raise EngineError(
                        "{url}: there is an index of that name that souwen did not make. Choose another.",
                        url=self._address,
                    ) from None
                raise
        return True

    def _mappings(self, part: str) -> dict[str, Any] | None:
        import opensearchpy

        with failures(self._address):
            try:
                found: dict[str, Any] = self._client.indices.get_mapping(
                    index=self._address.name, params={"filter_path": part}
                )
            except opensearchpy.NotFoundError:
                return None
            if not found:  # it has no _meta
                found = self._client.indices.get_alias(index=self._address.name)
        if len(found) != 1:
            raise IndexDamagedError(
                "{file}: is an alias of several indices ({names}). Remove it from all but one.",
                file=self._address,
                names=", ".join(sorted(found)),
            )
        return found

    def _numbers(self) -> list[int]:
        with failures(self._address):
            found = self._client.indices.get_alias(
                index=f"{self._address.name}-*", params={"ignore_unavailable": "true"}
            )
        return sorted(_number(index) for index in found if self._is_generation(index))

    def _is_generation(self, index: str) -> bool:
        return re.fullmatch(rf"{re.escape(self._address.name)}-\d{{6}}", index, re.ASCII) is not None

    def _described(self, index: str) -> dict[str, Any]:
        with failures(self._address):
            found: dict[str, Any] = self._client.indices.get_mapping(index=index)[index]["mappings"]["_meta"]
        return found

    def _settings(self, index: str) -> dict[str, Any]:
        with failures(self._address):
            found: dict[str, Any] = self._client.indices.get_settings(index=index)[index]
        settings: dict[str, Any] = found["settings"]["index"]
        return settings


def writing(index: str) -> str:
    """The alias of an index that writers use."""
    return f"{index}-write"


def refuse_others(there: Mapping[str, Any], here: Mapping[str, Any], address: object) -> None:
    """Raises IndexMismatchError where the live index was made with other metadata than this machine's."""
    for name in ("format", "analysis", "segmenter", "timezone", "dictionary"):
        if there.get(name) != here.get(name):
            raise IndexMismatchError(
                "the index at {path} was made with {name} {there}, and this machine has {wanted}, so "
                "queries would not match. Use the same here, or rebuild the index: {command}",
                path=address,
                name=name,
                there=there.get(name) or "none",
                wanted=here.get(name) or "none",
                command=f"souwen index --rebuild --engine opensearch --url {address}",
            )


def _number(index: str) -> int:
    return int(index.rpartition("-")[2])


def _new_stamp() -> str:
    return uuid.uuid4().hex
