"""Ids that several articles have: one of them is indexed, and the next takes over."""

from __future__ import annotations

import os

import pytest
from archive import Archive


@pytest.mark.parametrize("first", ["a", "b"])
def test_the_smallest_path_has_an_id_and_the_next_takes_over(any_archive: Archive, first: str) -> None:
    """Whichever file was there first; and in the same run in which the winner goes."""
    second = "b" if first == "a" else "a"
    any_archive.lines(f"{first}.jsonl", {"1": f"图书馆{first}", first: "别的"})
    any_archive.sync()
    any_archive.lines(f"{second}.jsonl", {"1": f"图书馆{second}", second: "别的"})
    any_archive.sync()
    assert any_archive.find("图书馆") == ["图书馆a"]
    reason = "id '1' is also used in posts/a.jsonl, which is indexed"
    assert any_archive.reasons() == {"posts/b.jsonl": reason}
    (any_archive.folder / "a.jsonl").unlink()
    any_archive.sync()
    assert any_archive.find("图书馆") == ["图书馆b"]
    assert any_archive.texts() == {"1": "图书馆b", "b": "别的"}
    assert not any_archive.problems()
    assert any_archive.agrees()


def test_an_id_that_a_changed_file_drops_is_taken_over(archive: Archive) -> None:
    archive.lines("a.jsonl", {"1": "在a"})
    archive.lines("b.jsonl", {"1": "在b"})
    archive.lines("c.jsonl", {"1": "在c"})
    archive.sync()
    archive.lines("a.jsonl", {"2": "在a"})
    archive.sync()
    assert archive.texts() == {"1": "在b", "2": "在a"}
    assert list(archive.reasons()) == ["posts/c.jsonl"]
    assert archive.agrees()


def test_a_file_that_was_only_touched_takes_over_too(archive: Archive) -> None:
    """Its content is known, but not what has become of the id that it wanted."""
    archive.lines("a.jsonl", {"1": "在a"})
    archive.lines("b.jsonl", {"1": "在b"})
    archive.sync()
    (archive.folder / "a.jsonl").unlink()
    os.utime(archive.folder / "b.jsonl", ns=(0, 10**18))
    archive.sync()
    assert archive.texts() == {"1": "在b"}


def test_one_id_twice_in_a_file_is_one_article(any_archive: Archive) -> None:
    line = '{"id": "1", "text": "图书馆%s"}\n'
    any_archive.write("a.jsonl", line % "甲" + line % "乙")
    any_archive.sync()
    assert any_archive.find("图书馆") == ["图书馆甲"]
    assert any_archive.reasons() == {"posts/a.jsonl": "id '1' is used twice in this file"}
    any_archive.write("a.jsonl", line % "丙" + line % "乙")
    any_archive.sync()
    assert any_archive.find("图书馆") == ["图书馆丙"]
    assert any_archive.agrees()


@pytest.mark.parametrize(("source", "target"), [("a", "b"), ("b", "a")])
def test_an_article_moves_from_file_to_file(any_archive: Archive, source: str, target: str) -> None:
    any_archive.lines(f"{source}.jsonl", {"1": "图书馆", "2": "钟楼"})
    any_archive.lines(f"{target}.jsonl", {"3": "书市"})
    any_archive.sync()
    any_archive.lines(f"{source}.jsonl", {"2": "钟楼"})
    any_archive.lines(f"{target}.jsonl", {"3": "书市", "1": "图书馆"})
    any_archive.sync()
    assert any_archive.find("图书馆") == ["图书馆"]
    assert not any_archive.problems()
    assert any_archive.agrees()
