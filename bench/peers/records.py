"""Records between this process and a peer's: their number of strings, then each as its length and UTF-8."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import IO

_NUMBER = Struct(">I")


def write_record(stream: IO[bytes], record: Sequence[str]) -> None:
    """Writes a record without flushing the stream."""
    encoded = [text.encode("utf-8", "replace") for text in record]
    stream.write(_NUMBER.pack(len(record)) + b"".join(_NUMBER.pack(len(text)) + text for text in encoded))


def read_record(stream: IO[bytes]) -> list[str]:
    """The next record. Raises EOFError where the stream ends."""
    return [_read(stream, _number(stream)).decode() for _ in range(_number(stream))]


def _number(stream: IO[bytes]) -> int:
    return int(_NUMBER.unpack(_read(stream, _NUMBER.size))[0])


def _read(stream: IO[bytes], size: int) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise EOFError("the peer has ended")
    return found
