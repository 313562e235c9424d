"""Errors of tantivy as errors of souwen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from index.errors import EngineError


@contextmanager
def failures() -> Iterator[None]:
    """Converts the errors of tantivy. It reports failures of the disk and bad requests as ValueError,
    OSError or SystemError, and panics on impossible content of a file; a panic is no Exception."""
    try:
        yield
    except (ValueError, OSError, SystemError) as error:
        raise EngineError("{engine}: {reason}", engine="tantivy", reason=error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise EngineError("{engine}: {reason}", engine="tantivy", reason=error) from error
