"""Backups that were changed, and backups of strangers by the kind of what is wrong with them."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path


def rewritten(file: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """Changes a part of a backup."""
    parts = {}
    with tarfile.open(file) as archive:
        for member in archive:
            part = archive.extractfile(member)
            assert part is not None
            parts[member.name] = part.read()
    parts[name] = change(parts[name])
    with tarfile.open(file, "w:gz") as archive:
        for part_name, data in parts.items():
            member = tarfile.TarInfo(part_name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def meta(**values: object) -> Callable[[Path], None]:
    """Changes the description."""
    return lambda file: rewritten(
        file, "meta.json", lambda data: json.dumps(json.loads(data) | values).encode()
    )


def sql(*statements: str) -> Callable[[Path], None]:
    """Changes the catalog."""

    def change(data: bytes) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "c")
            path.write_bytes(data)
            with closing(sqlite3.connect(path)) as connection:
                for statement in statements:
                    connection.execute(statement)
                connection.commit()
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return path.read_bytes()

    return lambda file: rewritten(file, "catalog.sqlite", change)


def content(name: str, data: bytes) -> Callable[[Path], None]:
    """Replaces a part."""
    return lambda file: rewritten(file, name, lambda _: data)


def member(name: str, **values: object) -> Callable[[Path], None]:
    """Adds something to the archive."""

    def change(file: Path) -> None:
        with tarfile.open(file) as archive:
            parts = [(one, archive.extractfile(one).read()) for one in archive]  # type: ignore[union-attr]
        with tarfile.open(file, "w:gz") as archive:
            added = tarfile.TarInfo(name)
            for key, value in values.items():
                setattr(added, key, value)
            archive.addfile(added)
            for one, data in parts:
                archive.addfile(one, io.BytesIO(data))

    return change


def sparse(file: Path) -> None:
    """A terabyte, in one block."""
    header = bytearray(tarfile.TarInfo("catalog.sqlite").tobuf(tarfile.GNU_FORMAT))
    header[156:157] = tarfile.GNUTYPE_SPARSE
    header[483:495] = b"%011o\0" % 2**32
    header[148:156] = b"%06o\0 " % (256 + sum(header[:148]) + sum(header[156:]))
    file.write_bytes(gzip.compress(bytes(header) + bytes(1024)))


def of_large_headers(file: Path) -> None:
    """A gigabyte of notes on a member, in a megabyte."""
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 2**30
    with gzip.open(file, "wb", 1) as out:
        out.write(header.tobuf())
        for _ in range(64):
            out.write(bytes(2**20))


def bomb(file: Path) -> None:
    """A catalog larger than any disk."""
    header = tarfile.TarInfo("catalog.sqlite")
    header.size = 2**60
    file.write_bytes(gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(2**20)))


REPLACED = "ALTER TABLE roots RENAME TO old"
CRAFTED = {
    "no JSON": content("meta.json", b"{"),
    "nested JSON": content("meta.json", b"[" * 100_000),
    "a list": content("meta.json", b"[]"),
    "not UTF-8": content("meta.json", b"\xff\xfe"),
    "an unknown engine": meta(engine="os.system"),
    "a cluster": meta(engine="opensearch", url="http://127.0.0.1:1/x"),
    "an address": meta(url="http://127.0.0.1:1/x"),
    "an engine that is a number": meta(engine=5),
    "a list of engines": meta(engine=["tantivy"]),
    "an unknown segmenter": meta(segmenter="../x"),
    "a path as time zone": meta(timezone="../../etc/passwd"),
    "no time zone": meta(timezone=None),
    "a huge format": meta(format=10**400),
    "a true format": meta(format=True),
    "an unknown value": meta(extra=1),
    "another dictionary": content("dictionary.txt", "图书 1".encode()),
    "a dictionary that is not UTF-8": content("dictionary.txt", b"\xff"),
    "an empty catalog": content("catalog.sqlite", b""),
    "a catalog that is none": content("catalog.sqlite", b"SQLite format 3\0" + bytes(5000)),
    "a missing table": sql("DROP TABLE claims"),
    "a missing column": sql("ALTER TABLE articles DROP COLUMN text"),
    "an endless view": sql(
        REPLACED,
        "CREATE VIEW roots AS WITH RECURSIVE n(name) AS (SELECT 1 UNION ALL SELECT name + 1 FROM n) "
        "SELECT name, '' AS location, 0 AS drafts, '' AS reading FROM n",
    ),
    "a virtual table": sql("CREATE VIRTUAL TABLE f USING fts5(x)"),
    "a computed column": sql(
        REPLACED,
        "CREATE TABLE roots (name TEXT, location AS (hex(zeroblob(1 << 27))), drafts INTEGER, reading TEXT)",
    ),
    "a wrong type": sql(
        REPLACED,
        "CREATE TABLE roots (name, location, drafts, reading)",
        "INSERT INTO roots VALUES (x'ff', 1.5, 'x', NULL)",
    ),
    "a text that is not UTF-8": sql("UPDATE articles SET title = CAST(x'ff' AS TEXT)"),
    "a member outside": member("../../x"),
    "an absolute member": member("/etc/x"),
    "a link": member("meta.json", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "a hard link": member("catalog.sqlite", type=tarfile.LNKTYPE, linkname="meta.json"),
    "a pipe": member("dictionary.txt", type=tarfile.FIFOTYPE),
    "a folder": member("catalog.sqlite", type=tarfile.DIRTYPE),
    "a part twice": member("meta.json"),
    "a hole": sparse,
    "large headers": of_large_headers,
    "a bomb": bomb,
}
