"""Another dictionary: it never decides what is found, and its preview tells what a rebuild then does."""

from __future__ import annotations

import json
import os
import random
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from archive import Archive
from engines import EMBEDDED
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import examples

from cli.main import main
from index.errors import SettingsError
from search.dictionary.preview import Preview, preview
from search.request import SearchRequest
from search.searcher import Searcher
from search.settings import SearchSettings

DICTIONARY = "漂浮图书馆 50000 n\n书馆开 900000000\n放管 90000\n天文台站 5\n不在这里 5\n"
TEXTS = [
    "漂浮图书馆开放了，图书馆的灯亮着。",
    "城里的图书馆开放到深夜。",
    "放管服改革推进，放管结合。",
    "海上漂浮着一座灯塔。",
    "天文台站在山顶，可以看见漂浮的云。",
    "改革推进图书馆建设。",
    "灯塔与天文台都开放。",
]
QUERIES = ["漂浮图书馆", "图书馆开放", "放管服改革", "天文台", "灯塔 开放"]


@pytest.fixture(scope="module", params=EMBEDDED)
def archives(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Archive, Archive]:
    """The same articles, indexed without and with the dictionary."""
    folder = tmp_path_factory.mktemp(f"dictionaries-{request.param}")
    (folder / "posts").mkdir()
    (folder / "words.txt").write_text(DICTIONARY, encoding="utf-8")
    made = [Archive(folder / "posts", folder / name, request.param) for name in ("plain", "own")]
    chosen = random.Random(1)
    made[0].lines("a.jsonl", {f"a{n}": "".join(chosen.sample(TEXTS, 1 + n % 3)) for n in range(40)})
    made[0].sync()
    made[1].sync(dictionary=str(folder / "words.txt"))
    return made[0], made[1]


@pytest.fixture(scope="module")
def searchers(archives: tuple[Archive, Archive]) -> Iterator[tuple[Searcher, Searcher]]:
    plain, own = (Searcher(archive.directory, SearchSettings()) for archive in archives)
    with closing(plain), closing(own):
        yield plain, own


def ids(searcher: Searcher, text: str) -> list[str]:
    return [hit.article.id for hit in searcher.search(SearchRequest(text, size=10, fold="off")).hits]


@pytest.mark.slow
@settings(max_examples=examples(100))
@given(data=st.data())
def test_a_dictionary_never_loses_a_hit(searchers: tuple[Searcher, Searcher], data: st.DataObject) -> None:
    """Quoted, the same articles are found with both. As typed, every article that contains the text is."""
    source = data.draw(st.sampled_from(TEXTS))
    start = data.draw(st.integers(0, len(source) - 1))
    text = source[start : start + data.draw(st.integers(1, 9))]
    quoted = [
        {hit.article.id for hit in s.search(SearchRequest(f'"{text}"', size=100, fold="off")).hits}
        for s in searchers
    ]
    assert quoted[0] == quoted[1]
    for searcher in searchers:
        results = searcher.search(SearchRequest(text, size=100, fold="off"))
        exact = {hit.article.id for hit in results.full}
        assert quoted[0] <= exact


def test_the_preview_is_what_a_rebuild_gives(searchers: tuple[Searcher, Searcher]) -> None:
    plain, own = searchers
    told: list[tuple[int, int]] = []
    found = preview(plain, DICTIONARY, "words.txt", QUERIES, lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] > 0
    for change in found.rankings:
        text = change.query.text
        assert list(change.before) == ids(plain, text)
        # What was replaced still counts in document frequencies, so that near-equal scores may turn round.
        scores = {h.article.id: h.score for h in own.search(SearchRequest(text, size=100, fold="off")).hits}
        tenth = sorted(scores.values(), reverse=True)[:10][-1]
        assert {each for each, score in scores.items() if score > 1.1 * tenth} <= set(change.after), text
        assert all(scores[each] > 0.9 * tenth for each in change.after), text
        assert len(change.after) == min(10, len(scores))
        with plain.reader.acquire() as before, own.reader.acquire() as after:
            assert list(change.query.before) == before.analyzer.words(text)
            assert list(change.query.after) == after.analyzer.words(text)
    assert any(change.before != change.after for change in found.rankings)
    # The live index is as it was.
    assert not preview(own, DICTIONARY, "words.txt", QUERIES).words
    assert preview(plain, DICTIONARY, "words.txt", QUERIES) == found


def test_the_preview_counts_what_is_cut_otherwise(
    archives: tuple[Archive, Archive], searchers: tuple[Searcher, Searcher]
) -> None:
    plain, own = archives
    found = preview(searchers[0], DICTIONARY, "words.txt", [])
    with closing(plain.open()) as before, closing(own.open()) as after:
        articles = list(before.articles.all_articles())
        cuts = {a.id: (before.analyzer.words(a.text), after.analyzer.words(a.text)) for a in articles}
    texts = {article.id: article.text for article in articles}
    assert found.articles == sum(old != new for old, new in cuts.values())
    assert [effect.word for effect in found.words] == [line.split()[0] for line in DICTIONARY.splitlines()]
    for effect in found.words:
        assert effect.articles == sum(effect.word in text for text in texts.values())
        assert effect.before == sum(effect.word in old for old, _ in cuts.values())
        assert effect.after == sum(effect.word in new for _, new in cuts.values())
    assert found.rankings == ()


def test_titles_are_shown_once_for_each_word(any_archive: Archive) -> None:
    for number in range(3):
        any_archive.post(f"{number}.md", "文", title=f"漂浮图书馆 {number}")
    any_archive.sync()
    with closing(Searcher(any_archive.directory, SearchSettings())) as searcher:
        found = preview(searcher, "漂浮图书馆 50000", "words.txt", [])
    assert (found.articles, found.changed_titles) == (3, 3)
    assert [(cut.before, cut.after) for cut in found.titles] == [
        (("漂浮", "图书馆", cut.text[-1]), ("漂浮图书馆", cut.text[-1])) for cut in found.titles
    ]
    assert len(found.titles) == 1


def test_a_bad_dictionary_is_told(searchers: tuple[Searcher, Searcher]) -> None:
    with pytest.raises(SettingsError, match=r"words.txt, line 2: expected a word"):
        preview(searchers[0], "好词 5\n坏 词 5\n", "words.txt", [])


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    archives: tuple[Archive, Archive],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Run:
    """Runs `souwen dict … --index …` in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SOUWEN_")]:
        monkeypatch.delenv(name)

    def runner(command: str, *arguments: str) -> tuple[int, str, str]:
        folder = str(archives[0].directory)
        monkeypatch.setattr(sys, "argv", ["souwen", "dict", command, "--index", folder, *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return runner


def test_check_at_the_terminal(run: Run) -> None:
    Path("words.txt").write_text(f"{DICTIONARY}# 注\n", encoding="utf-8")
    Path("queries.txt").write_text("漂浮图书馆\n\n灯塔 开放\n", encoding="utf-8")
    code, out, err = run("check", "words.txt", "queries.txt")
    assert (code, err) == (0, "")
    assert re.search(
        r"^5 words differ\. \d+ articles are cut differently, 0 of them in the title\.$", out, re.M
    )
    assert re.search(r"^漂浮图书馆: of (\d+) articles, one word in 0, then in \d+", out, re.M)
    assert "不在这里: of 0 articles, one word in 0, then in 0: no change" in out
    assert "漂浮图书馆: 漂浮|图书馆  →  漂浮图书馆" in out
    parsed = json.loads(run("check", "words.txt", "--json")[1])
    assert parsed.keys() == set(Preview.__dataclass_fields__)
    Path("words.txt").write_text("", encoding="utf-8")
    assert "nothing would change" in run("check", "words.txt")[1]


@pytest.mark.slow
def test_discover_at_the_terminal(run: Run) -> None:
    code, out, err = run("discover", "--min-count", "2", "--limit", "3")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert 1 <= len(lines) <= 3
    for line in lines:
        assert re.match(r"\S+ \d+  # \d+×, now \S+\|\S+, cohesion \d+\.\d, freedom \d\.\d \d\.\d: .", line)
    # Its lines are a dictionary.
    Path("new.txt").write_text(out, encoding="utf-8")
    assert json.loads(run("check", "new.txt", "--json")[1])["articles"] > 0
    words = json.loads(run("discover", "--min-count", "2", "--json")[1])
    assert [word["word"] for word in words[:3]] == [line.split()[0] for line in lines]
    assert all(word["example"] for word in words)
    code, out, err = run("discover", "--min-count", "5000")
    assert (code, out) == (0, "")
    assert "No new words" in err


def test_what_can_not_be_read_is_told(run: Run) -> None:
    assert run("check", "nowhere.txt") == (2, "", "souwen: FILE: nowhere.txt: No such file or directory\n")
