"""Reading an index that others write: an open generation, replaced when another becomes live."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from index.analysis import Analyzer
from index.catalog import Catalog
from index.engine import Engine, engine_class
from index.errors import EngineError, IndexDamagedError, SouwenError
from index.generation import Generation, IndexDirectory, Meta
from index.scan import identity
from index.settings import zone

# Seconds between two looks at the directory: a change is noticed within a second. Where readers come all the
# time, none waits for a look; the first one after so many seconds does.
_LOOK_EVERY = 0.5
_STALE = 1.0


class OpenIndex:
    """One generation, open for reading: catalog, engine, and the analysis they were made with.

    To try another dictionary, that may be given, with an engine directory for which it was used. `version`
    goes up with every commit that is seen.
    """

    def __init__(
        self, generation: Generation, *, dictionary: str | None = None, engine: Path | None = None
    ) -> None:
        self.generation = generation
        self._identity = identity(generation.path)
        self.catalog = Catalog.open(generation.catalog_file)
        try:
            self.engine: Engine = engine_class(generation.meta.engine).open(
                engine or generation.engine_directory
            )
        except SouwenError:
            self.catalog.close()
            raise
        self.analyzer = Analyzer(
            generation.meta.segmenter, generation.dictionary if dictionary is None else dictionary
        )
        self.zone: ZoneInfo = zone(generation.meta.timezone)
        self.version = 0
        self._users = 0
        self._retired = False

    @property
    def meta(self) -> Meta:
        return self.generation.meta

    def is_at(self, path: Path) -> bool:
        """Whether this generation is the directory there, and no copy that has taken its place."""
        return self.generation.path == path and identity(path) == self._identity

    def close(self) -> None:
        """Lets go of all files."""
        self.catalog.close()
        self.engine.close()


class IndexReader:
    """The live generation of an index directory, for any number of threads."""

    def __init__(self, directory: Path) -> None:
        self._place = IndexDirectory(directory)
        self._lock = threading.Lock()
        self._open: OpenIndex | None = None
        self._looked = 0.0
        self._looking = False

    @property
    def place(self) -> IndexDirectory:
        """The index directory."""
        return self._place

    @contextmanager
    def acquire(self) -> Iterator[OpenIndex]:
        """The live generation, which stays open until the context ends, whatever happens meanwhile. One that
        can't be read is opened anew the next time.

        Raises IndexMissingError, IndexDamagedError or IndexMismatchError.
        """
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
        """Lets go of all files, once nobody reads them."""
        with self._lock:
            self._retire()

    def _live(self) -> OpenIndex:
        now = time.monotonic()
        if self._open is not None and now - self._looked < _STALE:
            if now - self._looked >= _LOOK_EVERY and not self._looking:
                self._looking = True
                self._open._users += 1
                threading.Thread(target=self._look, args=(self._open,), daemon=True).start()
            return self._open
        self._looked = now
        name = self._place.current_name()
        if self._open is not None and self._open.is_at(self._place.path / name):
            try:
                self._open.version += self._open.engine.refresh()
                return self._open
            except SouwenError:
                if self._place.current_name() == name:
                    raise
        fresh = self._open_live(name)
        self._retire()
        self._open = fresh
        return fresh

    def _look(self, index: OpenIndex) -> None:
        """Looks beside those who read what is open. What is wrong, the next of them will see."""
        now, looked, fresh, is_newer = time.monotonic(), 0.0, index, False
        try:
            name = self._place.current_name()
            if index.is_at(self._place.path / name):
                is_newer = index.engine.refresh()
            else:
                fresh = self._open_live(name)
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

    def _open_live(self, name: str) -> OpenIndex:
        """Opens what is live, called `name` a moment ago; anew if the generation was replaced and removed
        meanwhile."""
        while True:
            try:
                return OpenIndex(self._place.current())
            except SouwenError:
                before, name = name, self._place.current_name()
                if name == before:
                    raise

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
