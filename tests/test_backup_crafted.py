"""Backups of strangers: refused with a sentence, or nothing in them is believed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from archive import Archive
from backups import CRAFTED, sql

from index.errors import (
    IndexWriteError,
    InputError,
)
from index.maintenance.backup import backup, restore


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of two articles."""
    base = tmp_path_factory.mktemp("good")
    (base / "posts").mkdir()
    archive = Archive(base / "posts", base / "index")
    archive.post("a.md", "图书馆")
    archive.post("b.md", "修钟人")
    archive.sync()
    backup(archive.directory, base / "good.tar.gz")
    return base / "good.tar.gz"


@pytest.mark.parametrize("kind", CRAFTED)
def test_a_crafted_backup_is_refused_with_a_sentence(good: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "x.tar.gz"
    shutil.copy(good, file)
    CRAFTED[kind](file)
    with pytest.raises(
        (InputError, IndexWriteError), match=r"\.tar\.gz: (is not a backup|the cat|has )|can't be"
    ):
        restore(tmp_path / "index", file, replaces=False)
    assert {path.name for path in tmp_path.iterdir()} == {"x.tar.gz", "index"}
    assert not (tmp_path / "index/current").exists()
    assert [path.name for path in (tmp_path / "index").glob("gen-0.*")] == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE articles SET date = 9000000000000000000 WHERE path LIKE '%b.md'",
        "UPDATE articles SET categories = '[1, [2]]', tags = '{}' WHERE path LIKE '%b.md'",
        "UPDATE articles SET html = x'00' WHERE path LIKE '%b.md'",
        "UPDATE articles SET digest = x'00' WHERE path LIKE '%b.md'",
        "UPDATE articles SET title = 'x', text = x'01' WHERE path LIKE '%b.md'",
    ],
)
def test_articles_that_are_not_what_was_stored_are_in_no_search(
    good: Path, tmp_path: Path, statement: str
) -> None:
    file = tmp_path / "x.tar.gz"
    shutil.copy(good, file)
    trigger = "CREATE TRIGGER t AFTER INSERT ON articles BEGIN DELETE FROM articles; END"
    sql(statement, "UPDATE problems SET kind = 'x'", "UPDATE runs SET started = 9e999", trigger)(file)
    made = restore(tmp_path / "index", file, replaces=False)
    assert (made.articles, made.damaged) == (2, 1)
    restored = Archive(tmp_path, tmp_path / "index")
    assert len(restored.find("图书馆")) == 1
    assert restored.find("修钟人") == []
