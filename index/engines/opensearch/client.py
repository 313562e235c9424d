"""Addresses of clusters, connections to them, and their errors as EngineError."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from index.engines.base import Connection
from index.errors import EngineError, InputError
from index.packages import install_command

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

DEFAULT_NAME = "souwen"
INSTALL = install_command("opensearch-py", "orjson")
# What OpenSearch allows an index to be called, less what souwen appends.
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,199}")
_SECONDS = 30
# Connections kept open to each node: a server has eight threads, a writer four.
_CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Address:
    """Nodes of a cluster, and the name of an index on it.

    >>> Address.parse("https://a.example:9200,https://b.example:9200/news").name
    'news'
    """

    nodes: tuple[str, ...]
    name: str

    def __str__(self) -> str:
        return f"{','.join(self.nodes)}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Reads `https://NODE:9200/NAME`; several nodes with commas, and without a name `souwen`.

        Raises InputError.
        """
        nodes: list[str] = []
        name = ""
        for part in text.split(","):
            try:
                url = urlsplit(part.strip())
                port = url.port
            except ValueError as error:
                raise InputError("{part}: is no address: {reason}.", part=part, reason=error) from None
            if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
                raise InputError(
                    "{part!r} is no address of a cluster. Give one such as "
                    "https://search.example.org:9200/news",
                    part=part,
                )
            if url.username or url.password:
                raise InputError(
                    "an address is written down with the index, so it must not have a password in it: put "
                    "that into SOUWEN_OPENSEARCH_USER and SOUWEN_OPENSEARCH_PASSWORD."
                )
            host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
            nodes.append(f"{url.scheme}://{host}:{port or (443 if url.scheme == 'https' else 9200)}")
            name = url.path.strip("/") or name
        name = name or DEFAULT_NAME
        if not _NAME.fullmatch(name):
            raise InputError(
                "an index can't be called {name!r}. Small letters, digits, - _ and . are allowed, "
                "the first of them a letter or a digit.",
                name=name,
            )
        return cls(tuple(dict.fromkeys(nodes)), name)


def connect(address: Address, connection: Connection) -> OpenSearch:
    """A thread-safe client. Raises EngineError where opensearch-py is not installed."""
    try:
        from opensearchpy import OpenSearch
    except ImportError:
        raise EngineError(
            "the engine opensearch needs a package that is not installed. Run: {command}", command=INSTALL
        ) from None
    logging.getLogger("opensearch").setLevel(logging.CRITICAL)  # all that it says is raised, too
    options: dict[str, Any] = {}
    if connection.user or connection.password:  # in UTF-8 (RFC 7617); opensearch-py takes Latin-1 alone
        encoded = base64.b64encode(f"{connection.user}:{connection.password}".encode()).decode()
        options["headers"] = {"Authorization": f"Basic {encoded}"}
    if connection.token:
        options["headers"] = {"Authorization": f"Bearer {connection.token}"}
    if connection.ca:
        options["ca_certs"] = connection.ca
    if any(node.startswith("https:") for node in address.nodes):
        options["verify_certs"] = True
    return OpenSearch(
        list(address.nodes),
        timeout=_SECONDS,
        max_retries=max(2, len(address.nodes)),
        retry_on_status=(),
        pool_maxsize=_CONNECTIONS,
        http_compress=any(node.startswith("https:") for node in address.nodes),
        **options,
    )


@contextmanager
def failures(address: Address) -> Iterator[None]:
    """Converts the errors of opensearch-py to EngineErrors that say what to do."""
    import opensearchpy

    try:
        yield
    except opensearchpy.AuthenticationException:
        raise EngineError(
            "{url} requires a user name and a password, or the given ones are wrong. Set "
            "SOUWEN_OPENSEARCH_USER and SOUWEN_OPENSEARCH_PASSWORD, or SOUWEN_OPENSEARCH_TOKEN.",
            url=address,
        ) from None
    except opensearchpy.AuthorizationException as error:
        raise EngineError(
            "{url} does not allow this: {reason}", url=address, reason=reason_of(error)
        ) from None
    except opensearchpy.SSLError as error:
        raise EngineError(
            "{url} has a certificate that is not trusted: {reason}. Set SOUWEN_OPENSEARCH_CA to the file of "
            "the authority that issued it.",
            url=address,
            reason=error.error,
        ) from None
    except opensearchpy.ConnectionTimeout:
        raise EngineError(
            "{url} has not answered for {seconds} seconds.", url=address, seconds=_SECONDS
        ) from None
    except opensearchpy.ConnectionError as error:
        raise EngineError("no node of {url} answers: {reason}", url=address, reason=error.error) from None
    except opensearchpy.TransportError as error:
        if error.status_code == 503:
            raise unreadable(address, reason_of(error)) from None
        if error.status_code == 429:
            raise EngineError(
                "{url} is overloaded: {reason}. Try again later.",
                url=address,
                reason=reason_of(error),
            ) from None
        raise EngineError("{url} can't do this: {reason}", url=address, reason=reason_of(error)) from error


def unreadable(address: Address, reason: str) -> EngineError:
    """The error for an answer from which shards are missing."""
    return EngineError(
        "a part of the index at {url} can't be read now, so results would be incomplete: {reason}",
        url=address,
        reason=reason,
    )


def reason_of(error: Any) -> str:
    """Reasons in an error answer of the cluster, down to the cause."""
    info = getattr(error, "info", error)
    if not isinstance(info, dict):
        return str(getattr(error, "error", error))
    found = info.get("error", info)
    if not isinstance(found, dict):
        return str(found)
    causes = [found.get("reason") or found.get("type")]
    failed = found.get("failed_shards") or []
    for inner in (found.get("caused_by"), *(shard.get("reason") for shard in failed[:1])):
        if isinstance(inner, dict) and inner.get("reason") not in causes:
            causes.append(inner.get("reason"))
    return "; ".join(str(cause) for cause in causes if cause)
