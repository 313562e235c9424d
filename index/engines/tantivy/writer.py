"""The writer of tantivy: its memory and its threads."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import tantivy

from index.analysis.document import FACET_FIELDS, KEY_FIELDS, TEXT_FIELDS, Document
from index.engines.tantivy.failures import failures
from index.engines.tantivy.view import share
from index.errors import EngineError

if TYPE_CHECKING:
    from index.packing import PackedArticle

# Bytes of postings held in memory, by all threads together, before they are written out as a segment.
HEAP_SIZE = 256_000_000
# Threads that index: a third of the work for an article is theirs, and half that of the processes that read.
_CORES_A_THREAD, _MOST_THREADS = 3, 4
# Bytes that a writer needs at least: its threads, those that merge, a small heap; and numpy.
_LEAST_MEMORY = 600_000_000


class TantivyWriter:
    """See `index.engines.base.EngineWriter`. tantivy's own must be used by one thread only."""

    def __init__(self, writer: tantivy.IndexWriter, directory: Path) -> None:
        self._writer = writer
        self._directory = directory
        self._is_unfinished = False

    def add(self, document: Document, article: PackedArticle | None = None) -> None:
        self._is_unfinished = True
        made = tantivy.Document()  # field by field, in half the time that a dictionary takes
        add_text = made.add_text
        with failures():
            add_text("id", document.id)
            add_text("newest", document.newest_key)
            add_text("oldest", document.oldest_key)
            for name in TEXT_FIELDS:
                add_text(name, getattr(document, name))
            for name in (*KEY_FIELDS, *FACET_FIELDS):
                for value in getattr(document, name):
                    add_text(name, value)
            if document.date is not None:
                made.add_integer("date", document.date)
            self._writer.add_document(made)

    def delete(self, document_id: str) -> None:
        self._is_unfinished = True
        with failures():
            self._writer.delete_documents_by_term("id", document_id)

    def commit(self) -> dict[str, str]:
        with failures():
            self._writer.commit()
        share(self._directory)
        self._is_unfinished = False
        return {}

    def close(self) -> None:
        with failures():
            if self._is_unfinished:  # not otherwise: it would end the merges of the last commit
                self._writer.rollback()
            self._writer.garbage_collect_files()
            # A writer that is dropped before leaves its merges undone, and segments pile up.
            self._writer.wait_merging_threads()
        share(self._directory)


def heap_size() -> int:
    """`HEAP_SIZE`, or less where this process may not have so much more memory: where Rust gets none, it ends
    the process. Raises EngineError where there is not enough for any."""
    if sys.platform == "win32":
        return HEAP_SIZE
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return HEAP_SIZE
    try:
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except OSError:  # no Linux
        used = 0
    if limit - used < _LEAST_MEMORY:
        raise EngineError(
            "there is not enough memory. End other programs, or allow more (ulimit -v); to index: --jobs 1."
        )
    return min(HEAP_SIZE, (limit - used) // 8)


def threads_for(cores: int) -> int:
    """The number of threads that index on a machine with so many cores."""
    return max(1, min(_MOST_THREADS, (cores + 2) // _CORES_A_THREAD))
