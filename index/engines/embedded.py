"""Base of the engines whose index is a directory of this machine. Nobody else writes to it, and the
catalog beside it has the articles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from index.engines.base import ANONYMOUS, Connection
from index.errors import InputError
from index.files import total_size

if TYPE_CHECKING:
    from index.article import Article
    from index.engines.base import ArticleStore, Description, Engine


class EmbeddedEngine:
    """See `index.engines.base.Engine` and `EngineClass`."""

    keeps_articles = False
    name = uid = writer_id = ""
    is_live = True

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @classmethod
    def check_url(cls, url: str) -> None:
        if url:
            raise InputError("--url is for an engine that is elsewhere: add --engine opensearch.")

    @classmethod
    def at(cls, address: str, connection: Connection = ANONYMOUS) -> Engine:
        raise InputError("{address}: this engine has no addresses. Name a directory.", address=address)

    @classmethod
    def abandon(cls, directory: Path, connection: Connection = ANONYMOUS) -> None:
        """Does nothing: unfinished generations lie in the directory."""

    def articles(self, catalog: ArticleStore | None) -> ArticleStore:
        assert catalog is not None
        return catalog

    def description(self, local: Description) -> Description:
        return local

    def has_new_generation(self, meta: Mapping[str, object]) -> bool:
        return False

    def acknowledge(self) -> None:
        """Does nothing: the catalog agrees after each commit."""

    def digests(self) -> dict[str, str]:
        return {}

    def own_articles(self) -> Iterator[Article]:
        return iter(())

    def publish(self) -> None:
        """Does nothing: the directory itself is published."""

    def leave(self) -> None:
        """Does nothing: the index is removed with its directory."""

    def bytes(self) -> int:
        return total_size(self._directory.rglob("*"))
