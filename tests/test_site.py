"""`souwen site`: what is written, and when."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from archive import Archive
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cli.site import site_command
from index.analysis.fold import fold
from index.article import Article
from index.store.reader import IndexReader
from web.site import bits
from web.site.folds import by_unicode, fold_table
from web.site.page import SCRIPTS, script
from web.site.writer import Site, make_site

NUMBERS = st.sets(st.integers(0, 5000), min_size=1)


@given(NUMBERS, st.lists(st.integers(1, 10**6)))
def test_numbers_are_read_as_they_were_written(numbers: set[int], counts: list[int]) -> None:
    span = max(numbers) + 1
    written = bits.ascending(sorted(numbers), len(numbers), span) + "".join(map(bits.gamma, counts))
    reader = bits.BitReader(bits.packed(written))
    assert reader.ascending(len(numbers), span) == sorted(numbers)
    assert [reader.gamma() for _ in counts] == counts


@given(st.integers(0, 10**9), st.integers(0, 20))
def test_so_are_rice_codes_far_above_their_parameter(number: int, parameter: int) -> None:
    assert bits.BitReader(bits.packed(bits.rice(number, parameter))).rice(parameter) == number


def _site(archive: Archive) -> Site:
    reader = IndexReader(archive.directory)
    try:
        with reader.acquire() as index:
            return make_site(index.articles.all_articles(), index.analyzer, index.zone)
    finally:
        reader.close()


def _run(archive: Archive, folder: Path) -> dict[str, int]:
    done = CliRunner().invoke(
        site_command, [str(folder), "--index", str(archive.directory), "--json"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    written: dict[str, int] = json.loads(done.stdout)
    return written


def _many(archive: Archive, count: int) -> None:
    lines = (
        {
            "id": f"n{number}",
            "title": f"第{number}篇",
            "text": f"江边的灯塔亮了{number}次",
            "date": f"2024-01-{number % 28 + 1:02}",
        }
        for number in range(count)
    )
    archive.write("notes.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    archive.sync()


def test_the_same_articles_give_the_same_bytes(archive: Archive) -> None:
    _many(archive, 70)
    first = _site(archive)
    assert first == _site(archive)
    assert all(re.fullmatch(r"[0-9a-f]{16}\.bin", name) for name in first.pieces)


def test_a_new_article_leaves_the_old_pieces_as_they_are(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "public" / "search"
    _many(archive, 70)
    assert _run(archive, folder)["articles"] == 70
    before = {path.name: path.read_bytes() for path in (folder / "pieces").iterdir()}
    assert _run(archive, folder)["new"] == 0
    archive.lines("new.jsonl", {"z": "灯塔旁开了一家面馆"})
    archive.write(
        "z.jsonl", '{"id": "zz", "title": "面馆", "text": "灯塔旁开了一家面馆", "date": "2025-01-01"}\n'
    )
    archive.sync()
    _run(archive, folder)
    after = {path.name: path.read_bytes() for path in (folder / "pieces").iterdir()}
    assert before.items() <= after.items(), "pages that are open go on"
    archive.write("z.jsonl", '{"id": "zz", "title": "面馆", "text": "面馆关了", "date": "2025-01-01"}\n')
    archive.sync()
    assert _run(archive, folder)["removed"] > 0


def test_most_pieces_are_kept_when_one_article_comes(archive: Archive) -> None:
    _many(archive, 200)
    before = _site(archive)
    archive.write(
        "z.jsonl", '{"id": "zz", "title": "面馆", "text": "灯塔旁开了一家面馆", "date": "2025-01-01"}\n'
    )
    archive.sync()
    after = _site(archive)
    new = after.pieces.keys() - before.pieces.keys()
    # The last segment, the records of the last articles, the values and the core.
    assert len(new) <= 4


def test_other_files_are_left_alone(archive: Archive, tmp_path: Path) -> None:
    _many(archive, 3)
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "index.html").write_text("mine")
    refused = CliRunner().invoke(site_command, [str(tmp_path / "public"), "--index", str(archive.directory)])
    assert "Name a folder of its own" in str(refused.exception)
    assert [path.name for path in (tmp_path / "public").iterdir()] == ["index.html"]
    folder = tmp_path / "public" / "search"
    _run(archive, folder)
    (folder / "index.html").write_text("mine")
    (folder / "pieces" / "note.txt").write_text("mine")
    archive.post("b.md", "又一篇")
    archive.sync()
    assert _run(archive, folder)["kept_page"]
    assert (folder / "index.html").read_text() == "mine"
    assert (folder / "pieces" / "note.txt").read_text() == "mine"


def test_a_list_of_a_stranger_removes_nothing_else(archive: Archive, tmp_path: Path) -> None:
    archive.post("a.md", "图书馆")
    archive.sync()
    folder, other = tmp_path / "site" / "search", tmp_path / "site" / "index.html"
    folder.mkdir(parents=True)
    other.write_text("page of the site", encoding="utf-8")
    crafted = {"pieces": ["../../index.html"], "before": [str(other), "../../../site/index.html"], "page": ""}
    (folder / ".souwen-site.json").write_text(json.dumps(crafted), encoding="utf-8")
    for _ in range(2):
        done = CliRunner().invoke(site_command, [str(folder), "--index", str(archive.directory)])
        assert done.exit_code == 0, done.output
    assert other.read_text(encoding="utf-8") == "page of the site"


def test_an_archive_without_articles_has_a_search(archive: Archive, tmp_path: Path) -> None:
    archive.sync()
    assert _run(archive, tmp_path / "search")["articles"] == 0


def test_characters_that_unicode_folds_otherwise_are_in_the_table() -> None:
    pairs, others = fold_table(set("国叶着ss"))
    table = dict(zip(pairs[::2], pairs[1::2], strict=True)) | others
    for character in "國葉著ß":
        assert table.get(character, by_unicode(character)) == fold(character)
    assert "é" not in table


def test_the_script_has_all_of_its_parts_and_is_small() -> None:
    import gzip

    parts = {path.stem for path in (Path(script.__code__.co_filename).parent / "script").glob("*.js")}
    assert parts == set(SCRIPTS)
    made = script()
    assert b"innerHTML" not in made
    assert b"eval(" not in made
    assert len(gzip.compress(made, 9)) < 25_000


@pytest.mark.parametrize("address", ["", "javascript:alert(1)"])
def test_records_keep_what_is_published(address: str) -> None:
    import zlib

    from web.site.records import make_record

    article = Article("a", "p", "<b>题</b>", "正文\u1e3f", url=address)
    data = zlib.decompressobj(-zlib.MAX_WBITS, b"\n").decompress(make_record(article, b"\n").head)
    assert data[:1] == b"u"
    line, _, text = data[1:].decode().partition("\n")
    assert (json.loads(line)[:2], text) == (["<b>题</b>", address], "正文\u1e3f")
