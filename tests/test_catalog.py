"""The catalog: what is stored is given back, and what changes is told, whatever happens in between."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from properties import examples

from index.article import FIRST_DATE, LAST_DATE, Article, Problem, ProblemKind
from index.errors import IndexDamagedError
from index.files import FileState
from index.packing import pack
from index.store.catalog import Catalog, Change
from index.store.catalog_writer import CatalogWriter


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[CatalogWriter]:
    with closing(CatalogWriter.create(tmp_path / "catalog.sqlite")) as made:
        yield made


def article(article_id: str, text: str = "文", path: str = "p/a.jsonl", date: int | None = None) -> Article:
    return Article(id=article_id, path=path, title="题", text=text, html=f"<p>{text}</p>", date=date)


def put(catalog: CatalogWriter, path: str, *articles: Article, size: int = 1) -> Change:
    """Stores a file with these articles."""
    packed = [pack(replace(article, path=path)) for article in articles]
    return catalog.replace_file(FileState(path, size, 0), f"digest {size}", packed, [])


def change(added: str = "", changed: str = "", removed: str = "") -> Change:
    return Change(*(frozenset(ids.split()) for ids in (added, changed, removed)))


def to_read_again(catalog: CatalogWriter) -> set[str]:
    return {path for path, known in catalog.files().items() if known.state.size == -1}


TEXTS = st.text(st.characters(codec="utf-8"))
ARTICLES = st.builds(
    Article,
    id=TEXTS.filter(bool),
    path=TEXTS,
    title=TEXTS,
    text=TEXTS,
    html=TEXTS,
    author=TEXTS,
    editor=TEXTS,
    date=st.one_of(st.none(), st.integers(FIRST_DATE, LAST_DATE)),
    categories=st.lists(TEXTS, max_size=3).map(tuple),
    thumbnail=TEXTS,
    url=TEXTS,
)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ARTICLES)
def test_an_article_is_given_back_as_it_was(catalog: CatalogWriter, stored: Article) -> None:
    catalog.replace_file(FileState("p/a.md", 1, 2), "d", [pack(stored)], [])
    assert catalog.article(stored.id) == stored
    assert list(catalog.all_articles()) == [stored]
    assert catalog.articles([stored.id, f"{stored.id}?"]) == {stored.id: replace(stored, html="")}


def test_what_changes_is_told(catalog: CatalogWriter) -> None:
    assert put(catalog, "p/a", article("1"), article("2"), article("3")) == change(added="1 2 3")
    assert put(catalog, "p/a", article("1"), article("2"), article("3"), size=2) == change()
    told = put(catalog, "p/a", article("1"), article("2", "别的"), article("4"))
    assert told == change(added="4", changed="2", removed="3")
    assert catalog.ids() == {"1", "2", "4"}
    assert catalog.remove_file("p/a") == {"1", "2", "4"}
    assert catalog.remove_file("p/a") == catalog.remove_file("p/unknown") == frozenset()
    assert catalog.count() == 0
    assert not catalog.files()


@pytest.mark.parametrize(
    "other",
    [
        {"title": "别的"},
        {"text": "别的"},
        {"html": "<b>文</b>"},
        {"author": "人"},
        {"editor": "人"},
        {"date": 0},
        {"categories": ("金融",)},
        {"thumbnail": "a.png"},
        {"url": "https://a.cn"},
    ],
    ids=str,
)
def test_a_change_of_anything_is_a_change(catalog: CatalogWriter, other: dict[str, str]) -> None:
    put(catalog, "p/a", article("1"))
    assert put(catalog, "p/a", replace(article("1"), **other)) == change(changed="1")  # type: ignore[arg-type]


def test_what_comes_back_before_the_engine_was_told_is_a_change(catalog: CatalogWriter) -> None:
    """The engine may still have the document: it must be deleted before another is added."""
    put(catalog, "p/a", article("1"))
    catalog.flag_as_indexed()
    assert put(catalog, "p/a") == change(removed="1")
    assert put(catalog, "p/a", article("1")) == change(changed="1")


def test_so_many_runs_are_remembered(catalog: CatalogWriter) -> None:
    for number in range(1100):
        catalog.record_run(float(number), 0.1, 1, 0, 0)
    runs = catalog.last_runs(5000)
    assert [run["started"] for run in runs] == [float(number) for number in range(1099, 99, -1)]


def test_nothing_is_stored_before_the_commit(tmp_path: Path) -> None:
    with closing(CatalogWriter.create(tmp_path / "c")) as catalog:
        put(catalog, "p/a", article("1"))
    with closing(CatalogWriter.open(tmp_path / "c")) as catalog:
        assert catalog.count() == 0
        put(catalog, "p/a", article("1"))
        with closing(Catalog.open(tmp_path / "c")) as reader:
            assert reader.count() == 0
            catalog.commit()
            assert reader.count() == 1


# What the engine was not told yet


def digest(*of: str) -> bytes:
    return pack(article(*of, path="p/a")).digest


def test_marks_say_what_the_engine_may_not_know(catalog: CatalogWriter) -> None:
    assert not catalog.has_unindexed()
    put(catalog, "p/a", article("1"), article("2"))
    assert catalog.unindexed_digests() == {"1": digest("1"), "2": digest("2")}
    catalog.flag_as_indexed()
    assert not catalog.has_unindexed()
    put(catalog, "p/a", article("1", "别的"))
    assert catalog.unindexed_digests() == {"1": digest("1", "别的"), "2": None}
    catalog.flag_as_indexed()
    assert catalog.unindexed_digests() == {}


def test_a_removed_article_is_there_for_those_who_found_it(catalog: CatalogWriter) -> None:
    put(catalog, "p/a", article("1", date=5))
    catalog.flag_as_indexed()
    catalog.remove_file("p/a")
    assert catalog.articles(["1"])["1"].text == "文"
    assert catalog.article("1") is None
    assert (catalog.count(), catalog.ids(), list(catalog.all_articles()), catalog.newest(9)) == (
        0,
        set(),
        [],
        [],
    )
    catalog.flag_as_indexed()
    assert catalog.articles(["1"]) == {}


# Ids that several files use


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_the_first_file_by_path_has_an_id_whichever_is_read_first(catalog: CatalogWriter, order: str) -> None:
    for name in order:
        put(catalog, f"p/{name}", article("1", f"在{name}"), article(name))
    assert {i: catalog.articles([i])[i].text for i in catalog.ids()} == {"1": "在a", "a": "文", "b": "文"}
    assert catalog.problems() == [
        Problem("p/b", "id '1' is also used in p/a, which is indexed", ProblemKind.LOST)
    ]


@pytest.mark.parametrize("order", ["abc", "cba", "bac", "cab"])
def test_an_id_that_becomes_free_is_given_to_the_next_file(catalog: CatalogWriter, order: str) -> None:
    for name in order:
        put(catalog, f"p/{name}", article("1", f"在{name}"))
    catalog.flag_as_indexed()
    catalog.remove_file("p/a")
    assert {"p/b", "p/c"} & to_read_again(catalog)
    for name in ("c", "b"):
        put(catalog, f"p/{name}", article("1", f"在{name}"))
    assert catalog.articles(["1"])["1"].text == "在b"
    assert [problem.path for problem in catalog.problems()] == ["p/c"]


def test_a_file_that_drops_an_id_frees_it(catalog: CatalogWriter) -> None:
    put(catalog, "p/a", article("1"))
    put(catalog, "p/b", article("1"))
    put(catalog, "p/a")
    assert to_read_again(catalog) == {"p/b"}


def test_a_file_that_is_to_be_read_again_is_not_done_with_a_touch(catalog: CatalogWriter) -> None:
    put(catalog, "p/a", article("1"))
    put(catalog, "p/b", article("1"))
    catalog.remove_file("p/a")
    catalog.touch_file(FileState("p/b", 7, 7), "d")
    assert to_read_again(catalog) == {"p/b"}


def test_a_file_that_dropped_an_id_waits_for_it_no_longer(catalog: CatalogWriter) -> None:
    put(catalog, "p/a", article("1"))
    put(catalog, "p/b", article("1"))
    put(catalog, "p/b", article("2"))
    assert not catalog.problems()
    put(catalog, "p/a")
    assert not to_read_again(catalog)


def test_of_two_articles_with_one_id_in_a_file_the_first_has_it(catalog: CatalogWriter) -> None:
    assert put(catalog, "p/a", article("1", "甲"), article("1", "乙")) == change(added="1")
    assert catalog.articles(["1"])["1"].text == "甲"
    assert [problem.reason for problem in catalog.problems()] == ["id '1' is used twice in this file"]


# The files and the problems


def test_the_files_have_what_tells_a_changed_one(catalog: CatalogWriter) -> None:
    catalog.replace_file(FileState("p/a", 10, 20), "d1", [], [])
    catalog.touch_file(FileState("p/a", 11, 21), "d2")
    (known,) = catalog.files().values()
    assert (known.state, known.digest) == (FileState("p/a", 11, 21), "d2")


def test_a_file_that_cannot_be_read_keeps_what_it_held(catalog: CatalogWriter) -> None:
    catalog.replace_file(
        FileState("p/a", 1, 0), "d", [pack(article("1"))], [Problem("p/a", "旧", ProblemKind.PARTIAL)]
    )
    catalog.keep_file("p/a", Problem("p/a", "can't be read", ProblemKind.LOST))
    catalog.keep_file("p/new", Problem("p/new", "can't be read", ProblemKind.LOST))
    assert catalog.ids() == {"1"}
    assert to_read_again(catalog) == {"p/a", "p/new"}
    assert catalog.problems() == [
        Problem("p/new", "can't be read", ProblemKind.LOST),
        Problem("p/a", "can't be read; what it held before is kept", ProblemKind.PARTIAL),
    ]
    put(catalog, "p/a", article("1"))
    assert [problem.path for problem in catalog.problems()] == ["p/new"]


def test_problems_go_with_their_file_and_with_the_next_scan(catalog: CatalogWriter) -> None:
    bad = Problem("p/a:3", "is not valid JSON", ProblemKind.LOST)
    catalog.replace_file(FileState("p/a", 1, 0), "d", [], [Problem("p/a", "有疑", ProblemKind.PARTIAL), bad])
    catalog.set_other_problems([Problem("p/x", "is a link", ProblemKind.LOST)])
    assert [problem.path for problem in catalog.problems()] == ["p/a:3", "p/x", "p/a"]
    catalog.set_other_problems([])
    assert [problem.path for problem in catalog.problems()] == ["p/a:3", "p/a"]
    catalog.remove_file("p/a")
    assert catalog.problems() == []


def test_roots_and_runs(catalog: CatalogWriter) -> None:
    assert (catalog.roots(), catalog.last_run()) == ({}, None)
    catalog.set_roots({"b": Path("/b"), "a": Path("/x/a")})
    catalog.set_roots({"a": Path("/y/a"), "c": Path("/c")})
    assert catalog.roots() == {"a": Path("/y/a"), "c": Path("/c")}
    catalog.record_run(1.5, 2.5, 1, 2, 3)
    catalog.record_run(4.5, 0.5, 4, 5, 6)
    assert catalog.last_run() == {"started": 4.5, "seconds": 0.5, "added": 4, "changed": 5, "removed": 6}


# Reading much, and by date


def test_any_number_of_articles_can_be_read(catalog: CatalogWriter) -> None:
    numbers = [f"{number:04d}" for number in range(1234)]
    put(catalog, "p/a", *map(article, numbers))
    assert [a.id for a in catalog.all_articles()] == numbers
    assert set(catalog.articles([*numbers, "unknown", numbers[0]])) == set(numbers)
    assert catalog.articles([]) == {}


def test_the_newest_come_first_and_those_without_a_date_not_at_all(catalog: CatalogWriter) -> None:
    dates = {"a": 5, "b": None, "c": 9, "d": 5, "e": -7}
    put(catalog, "p/a", *(article(i, date=date) for i, date in dates.items()))
    assert [a.id for a in catalog.newest(9)] == ["c", "a", "d", "e"]
    assert [a.id for a in catalog.newest(2)] == ["c", "a"]
    assert catalog.dates() == (-7, 9)


def test_threads_read_while_one_writes(tmp_path: Path) -> None:
    with (
        closing(CatalogWriter.create(tmp_path / "c")) as writer,
        closing(Catalog.open(tmp_path / "c")) as reader,
    ):
        counts: list[int] = []
        failures: list[Exception] = []
        is_over = threading.Event()

        def read() -> None:
            try:
                while not is_over.is_set():
                    count = reader.count()
                    counts.append(count)
                    assert len(list(reader.all_articles())) >= count
            except Exception as error:  # noqa: BLE001  # a thread's failure is the test's
                failures.append(error)

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(20):
            put(writer, f"p/{number}", *(article(f"{number}-{i}") for i in range(10)))
            writer.commit()
        is_over.set()
        for thread in threads:
            thread.join()
        assert not failures
        assert all(count % 10 == 0 for count in counts)  # never half of a commit
        assert reader.count() == 200


# Damage


@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "other", "directory", "cut off"])
def test_a_damaged_catalog_is_told(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "catalog.sqlite"
    if damage == "cut off":
        with closing(CatalogWriter.create(path)) as catalog:
            put(catalog, "p/a", article("1", "文" * 10_000))
            catalog.commit()
        path.write_bytes(path.read_bytes()[:2000])
    elif damage == "directory":
        path.mkdir()
    elif damage == "other":
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE t (x)")
    elif damage != "missing":
        path.write_bytes(b"" if damage == "empty" else b"garbage " * 1000)
    for kind in (Catalog, CatalogWriter):
        with pytest.raises(IndexDamagedError, match=r"catalog\.sqlite: (is missing|can't be read: )"):
            kind.open(path)
