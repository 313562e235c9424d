"""Readers of an index that others write: the open generation is replaced when another becomes live."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

from index.analysis import Analyzer
from index.engines.base import (
    ANONYMOUS,
    CLUSTER_ENGINE,
    NOWHERE,
    ArticleStore,
    Connection,
    Description,
    Engine,
    engine_class,
    is_address,
)
from index.errors import EngineError, IndexDamagedError, InputError, SouwenError
from index.files import identity
from index.settings import zone
from index.store.catalog import Catalog
from index.store.directory import Generation, IndexDirectory, Meta, check_meta

# Seconds between two looks at the directory, and after which a look is too old to rely on.
LOOK_EVERY, STALE_AFTER = 0.5, 1.0


class OpenIndex:
    """One generation, open for reading: its articles, its engine, and its analyzer.

    `catalog` is this machine's and `generation` its directory; both are None on a machine that only reads
    an index on a cluster. `version` goes up with every commit that is seen.
    """

    def __init__(
        self,
        meta: Meta,
        dictionary: str,
        engine: Engine,
        articles: ArticleStore,
        catalog: Catalog | None,
        generation: Generation | None,
    ) -> None:
        self.meta = meta
        self.dictionary = dictionary
        self.engine = engine
        self.articles = articles
        self.catalog = catalog
        self.generation = generation
        self._identity = identity(generation.path) if generation is not None else None
        self.analyzer = Analyzer(meta.segmenter, dictionary)
        self.zone: ZoneInfo = zone(meta.timezone)
        self.version = 0
        self._users = 0
        self._retired = False

    @classmethod
    def of(
        cls,
        generation: Generation,
        connection: Connection = ANONYMOUS,
        *,
        dictionary: str | None = None,
        engine: Path | None = None,
    ) -> OpenIndex:
        """Opens a generation of this machine. To try another dictionary, `dictionary` may be given with an
        engine directory that was made with it. Raises IndexDamagedError, or EngineError where a cluster
        can't be reached."""
        catalog = Catalog.open(generation.catalog_file)
        try:
            kind = engine_class(generation.meta.engine)
            opened = kind.open(engine or generation.engine_directory, connection)
            text = generation.dictionary if dictionary is None else dictionary
            description = opened.description(Description(meta=asdict(generation.meta), dictionary=text))
            meta = check_meta(description.meta, generation.meta.url or generation.path.parent)
            return cls(meta, description.dictionary, opened, opened.articles(catalog), catalog, generation)
        except SouwenError:
            catalog.close()
            raise

    @classmethod
    def at(cls, address: str, connection: Connection = ANONYMOUS) -> OpenIndex:
        """Opens an index on a cluster, with nothing of it on this machine. Raises InputError, EngineError,
        IndexMissingError or IndexMismatchError."""
        engine = engine_class(CLUSTER_ENGINE).at(address, connection)
        description = engine.description(NOWHERE)
        meta = check_meta(description.meta, address)
        return cls(meta, description.dictionary, engine, engine.articles(None), None, None)

    @property
    def location(self) -> str:
        """The index directory, or the address on a cluster."""
        return str(self.generation.path.parent) if self.generation is not None else self.meta.url

    @property
    def name(self) -> str:
        """The name of the generation."""
        return self.generation.path.name if self.generation and not self.engine.name else self.engine.name

    @property
    def is_live(self) -> bool:
        """True if it was the live generation at the last check."""
        if self.catalog is not None and self.catalog.is_outdated:
            return False
        return self.engine.is_live

    def is_at(self, path: Path | None) -> bool:
        """True if the directory at `path` is this generation, and not a copy that has replaced it; without
        a path, if this generation has no directory."""
        if self.generation is None or path is None:
            return self.generation is None and path is None
        return self.generation.path == path and identity(path) == self._identity

    def close(self) -> None:
        """Closes all files and connections."""
        if self.catalog is not None:
            self.catalog.close()
        self.engine.close()


class IndexReader:
    """The live generation of an index, in a directory or at the address of a cluster. Thread-safe.

    A change is noticed within `stale_after` seconds: the first reader after that time checks. Under
    constant load, a thread checks every `look_every` seconds, so that no reader waits. `clock` is
    monotonic, in seconds.
    """

    def __init__(
        self,
        location: Path | str,
        connection: Connection = ANONYMOUS,
        *,
        look_every: float = LOOK_EVERY,
        stale_after: float = STALE_AFTER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.look_every = look_every
        self.stale_after = stale_after
        self._connection = connection
        self._clock = clock
        self._address = str(location) if is_address(location) else ""
        self._directory = None if self._address else IndexDirectory(Path(location))
        self._lock = threading.Lock()
        self._open: OpenIndex | None = None
        self._looked = -math.inf
        self._looking = False

    @property
    def directory(self) -> IndexDirectory | None:
        """The index directory, if there is one."""
        return self._directory

    @contextmanager
    def acquire(self) -> Iterator[OpenIndex]:
        """The live generation, which stays open until the context ends. One that can't be read is opened
        anew the next time. Raises IndexMissingError, IndexDamagedError or IndexMismatchError."""
        with self._lock:
            try:
                index = self._live()
            except SouwenError:
                self._retire()
                raise
            index._users += 1
        try:
            yield index
        except (IndexDamagedError, EngineError):
            with self._lock:
                if index is self._open:
                    self._retire()
            raise
        finally:
            with self._lock:
                self._let_go(index)

    def close(self) -> None:
        """Closes all files, once nobody reads them."""
        with self._lock:
            self._retire()

    def _live(self) -> OpenIndex:
        now = self._clock()
        if self._open is not None and now - self._looked < self.stale_after:
            if now - self._looked >= self.look_every and not self._looking:
                self._looking = True
                self._open._users += 1
                threading.Thread(target=self._look, args=(self._open,), daemon=True).start()
            return self._open
        self._looked = now
        live = self._live_path()
        if self._open is not None and self._open.is_at(live):
            try:
                self._open.version += self._open.engine.refresh()
                if self._open.is_live:
                    return self._open
            except SouwenError:
                if self._live_path() == live:
                    raise
        fresh = self._open_at(live)
        self._retire()
        self._open = fresh
        return fresh

    def _look(self, index: OpenIndex) -> None:
        """Checks for a new generation, in a thread. After an error, the next reader checks again."""
        now, looked, fresh, is_newer = self._clock(), -math.inf, index, False
        try:
            live = self._live_path()
            if index.is_at(live):
                is_newer = index.engine.refresh()
            if not index.is_at(live) or not index.is_live:
                fresh = self._open_at(live)
            looked = now
        except SouwenError:
            pass
        finally:
            with self._lock:
                self._looking = False
                index.version += is_newer
                if self._open is index:
                    self._looked = looked
                    if fresh is not index:
                        self._retire()
                        self._open = fresh
                elif fresh is not index:
                    fresh.close()
                self._let_go(index)

    def _live_path(self) -> Path | None:
        """The directory of the live generation; None for an address on a cluster."""
        return self._directory.path / self._directory.current_name() if self._directory is not None else None

    def _open_at(self, live: Path | None) -> OpenIndex:
        if self._directory is None or live is None:
            return OpenIndex.at(self._address, self._connection)
        return self._directory.read_current(lambda generation: OpenIndex.of(generation, self._connection))

    def _let_go(self, index: OpenIndex) -> None:
        index._users -= 1
        if index._retired and not index._users:
            index.close()

    def _retire(self) -> None:
        if self._open is not None:
            self._open._retired = True
            if not self._open._users:
                self._open.close()
            self._open = None


@contextmanager
def open_articles(location: Path | str, connection: Connection) -> Iterator[ArticleStore]:
    """Articles of an index without its engine: also of an older format, of another text analysis, or with
    a damaged engine, unless that keeps the articles. Raises IndexMissingError, IndexDamagedError,
    IndexMismatchError or EngineError."""
    if is_address(location):
        opened: Engine | Catalog = engine_class(CLUSTER_ENGINE).at(str(location), connection)
    else:
        directory = IndexDirectory(Path(location))
        opened = directory.read_current(lambda found: _keeper(found, connection), any_version=True)
    with closing(opened):
        yield opened if isinstance(opened, Catalog) else opened.articles(None)


def _keeper(generation: Generation, connection: Connection) -> Engine | Catalog:
    """The catalog or the engine of a generation, whichever keeps the articles."""
    kind = engine_class(generation.meta.engine)
    if kind.keeps_articles:
        return kind.open(generation.engine_directory, connection)
    return Catalog.open(generation.catalog_file)


def catalog_of(index: OpenIndex) -> Catalog:
    """The catalog of an index. Raises InputError on a machine that has none."""
    if index.catalog is None:
        raise InputError(
            "{location}: files and problems are known only on the machine that indexes them. Run this there.",
            location=index.location,
        )
    return index.catalog
