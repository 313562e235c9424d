"""Files that are made to do harm to whoever indexes them: time and memory stay in bounds, all that can be
read is there, and the rest is told."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from archive import Archive

from index.files import FileState
from index.ingest.workers import FileTask, Worker, WorkerConfig
from index.sources.fields import ReadingRules
from index.sources.scan import FoundFile

# For a machine that is very slow or busy, and far less than what grows with the square of these sizes takes.
SECONDS, MEGABYTES = 400, 2000
WORD = "靶子"

# A run in a process of its own: problems by path, the articles' texts (their first line), and peak memory.
RUN = """
import json, resource, sys
from contextlib import closing
from pathlib import Path
from index.store.directory import IndexDirectory
from index.store.reader import OpenIndex
from index.settings import Settings
from index.ingest.job import IngestRequest
from index.ingest.sync import sync
sync(Path(sys.argv[2]), IngestRequest([Path(sys.argv[1])]), Settings())
with closing(OpenIndex.of(IndexDirectory(Path(sys.argv[2])).current())) as index:
    problems = {}
    for problem in index.catalog.problems():
        reason, lost = problems.get(problem.path, ("", False))
        reasons = f"{reason}; {problem.reason}" if reason else problem.reason
        problems[problem.path] = [reasons, lost or problem.lost]
    articles = {}  # a long text has several, of one path
    for article in index.articles.all_articles():
        articles[article.path] = articles.get(article.path, "") + article.text[-40:]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1 if sys.platform == "darwin" else 1000)
print(json.dumps({"problems": problems, "articles": articles, "megabytes": peak}))
"""


def post(head: str, body: str = f"<p>{WORD}") -> bytes:
    return f"---\n{head}\n---\n{body}".encode()


def lines(*records: dict[str, object] | str) -> bytes:
    return "\n".join(r if isinstance(r, str) else json.dumps(r) for r in records).encode()


ALIASES = "\n".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]" for n in range(10))
ENTITIES = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(10))

# By name of the file: what it holds, and what `souwen problems` says of it (nothing: it is read well).
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "aliases.md": (lambda: post(f"a0: &a0 [x, x]\n{ALIASES}\ntitle: 题"), "too many values"),
    "merged.md": (lambda: post("a: &a {b: c}\n" + "<<: *a\n" * 5000), ""),
    "nested.md": (lambda: post("title: " + "[" * 30_000), "nested too deeply"),
    "keys.md": (lambda: post("\n".join(f"k{n}: v" for n in range(200_000))), "only the first 65,536"),
    "long value.md": (lambda: post(f"title: {'题' * 20_000}"), "title: more than 1,000 characters"),
    "long names.md": (
        lambda: post(f"author: {'名' * 20_000}\nurl: https://a.example/{'a' * 20_000}"),
        "url: 20,018 characters are no address",
    ),
    "huge title.csv": (
        lambda: f"标题,正文\n{'题目很长' * 500_000},{WORD}\n".encode(),
        "title: more than 1,000",
    ),
    "garbage.csv": (lambda: bytes(range(256)) * 2000, "have no field title or text"),
    "open fence.md": (lambda: f"```\n{'字符 code ' * 20_000}\n{WORD}".encode(), ""),
    "open fences.md": (lambda: ("```\n~~~~\n" * 20_000 + WORD).encode(), ""),
    "open fence.txt": (lambda: ("```\n" + "行\n" * 60_000 + WORD).encode(), ""),
    "open fence.html": (lambda: f"<p>甲</p>```\n{'字符 code ' * 20_000}\n{WORD}".encode(), ""),
    "open raw.md": (lambda: ("{% raw %}" * 20_000 + WORD).encode(), ""),
    "open comment.mdx": (lambda: ("{/*" * 60_000 + WORD).encode(), ""),
    "quotes.md": (lambda: ("> " * 1000 + WORD).encode(), ""),
    "date.md": (lambda: post(f"date: 2022-01-01{' ' * 60_000}x"), "not a date"),
    "deep.html": (lambda: (f"{'<div>' * 100_000}{WORD}{'</div>' * 100_000}").encode(), ""),
    "deep inline.html": (lambda: (f"{'<b><i>' * 100_000}{WORD}").encode(), ""),
    "deep lists.html": (lambda: (f"{'<ul><li>' * 50_000}{WORD}").encode(), ""),
    "tables.html": (lambda: (f"{'<table><tr><td>' * 20_000}{WORD}").encode(), ""),
    "entities.html": (lambda: f"<!DOCTYPE a [<!ENTITY e0 'x'>{ENTITIES}]><p>&e10;{WORD}".encode(), ""),
    "references.html": (lambda: f"<p>{'&amp;' * 200_000}{WORD}".encode(), ""),
    "never closed.html": (lambda: f"<p>{'<script ' * 1_000_000}</p><p>{WORD}".encode(), ""),
    "less than.txt": (lambda: f"{'<' * 300_000}{WORD}".encode(), ""),
    "tags without end.html": (lambda: f"<p>{'<p ' * 300_000}{WORD}".encode(), ""),
    "attributes.html": (lambda: f"<p {' '.join(f'a{n}=1' for n in range(100_000))}>{WORD}".encode(), ""),
    "comments.html": (lambda: f"<p>{'<!--' * 100_000}{WORD}".encode(), ""),
    "one line.txt": (lambda: f"{'的' * 300_000}{WORD}".encode(), ""),
    "numbers.txt": (lambda: f"{'1,000,' * 100_000}{WORD}".encode(), ""),
    "line breaks.txt": (lambda: b"\n" * 500_000 + WORD.encode(), ""),
    "nul.md": (lambda: post("title: a\0b", f"\0<p>\0{WORD[0]}\0{WORD[1]}"), ""),
    "invalid.md": (lambda: b"\xff\xfe\xfd" * 100_000, "are not valid utf-16"),
    "cut off.md": (lambda: post("title: 题")[:-1], "1 places are not valid utf-8"),
    "empty.md": (lambda: b"", ""),
    "huge line.jsonl": (lambda: lines({"text": "公安部门" * 50_000 + WORD}), ""),
    "members.jsonl": (lambda: lines({f"k{n}": n for n in range(100_000)} | {"text": WORD}), ""),
    "date.jsonl": (lambda: lines({"text": WORD, "date": f"2022-01-01{' ' * 1_000_000}x"}), "not a date"),
    "surrogates.jsonl": (lambda: lines({"text": f"\ud800{WORD}", "title": "\udfff", "id": "\ud800"}), ""),
    "deep.jsonl": (lambda: b"[" * 1_000_000, "is not valid JSON"),
    "number.jsonl": (lambda: b'{"text": ' + b"9" * 100_000 + b"}", "is not valid JSON"),
    "infinite.jsonl": (
        lambda: b'{"text": "\xe9\x9d\xb6\xe5\xad\x90", "title": 1e999, "date": NaN}',
        "not a date",
    ),
}
LOST = {"deep.jsonl", "number.jsonl"}
UNREADABLE = {"garbage.csv", "invalid.md", "cut off.md", "empty.md"}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What becomes of all of them."""
    folder = tmp_path_factory.mktemp("files") / "posts"
    folder.mkdir()
    for name, (content, _) in FILES.items():
        (folder / name).write_bytes(content())
    with (folder / "large.md").open("wb") as large:
        large.truncate(100_000_000)
    (folder.parent / "outside.md").write_text("outside")
    links = {
        "out.md": "../outside.md",
        "device.md": "/dev/zero",
        "loop.md": "loop.md",
        "gone.md": "none",
        "up": ".",
    }
    for name, target in links.items():
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "pipe.md")
    with socket.socket(socket.AF_UNIX) as listening:
        previous = Path.cwd()
        os.chdir(folder)  # the name of a socket must be short
        listening.bind("socket.md")
        os.chdir(previous)
        ended = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", RUN, str(folder), str(folder.parent / "index")],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            cwd=Path(__file__).parent.parent,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="no pipes, and links need rights"),
    pytest.mark.slow,
]


def test_memory_is_bounded(outcome: dict[str, Any]) -> None:
    assert outcome["megabytes"] < MEGABYTES


@pytest.mark.parametrize("name", FILES)
def test_what_can_be_read_is_there_and_the_rest_is_told(outcome: dict[str, Any], name: str) -> None:
    told = FILES[name][1]
    reason, lost = outcome["problems"].get(
        f"posts/{name}",
        outcome["problems"].get(f"posts/{name}:1", outcome["problems"].get(f"posts/{name}:2", ["", False])),
    )
    assert (told in reason) if told else (reason == "")
    assert lost == (name in LOST)
    if name not in LOST | UNREADABLE:
        assert WORD in outcome["articles"][f"posts/{name}"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("large.md", "is too large: 100,000,000 bytes, and 64,000,000 are allowed (max_file_mb)"),
        ("out.md", "is a link that leads out of the folder, or nowhere"),
        ("device.md", "is a link that leads out of the folder, or nowhere"),
        ("loop.md", "is a link that leads out of the folder, or nowhere"),
        ("gone.md", "is a link that leads out of the folder, or nowhere"),
        ("pipe.md", "is not a regular file"),
        ("socket.md", "is not a regular file"),
    ],
)
def test_what_is_not_opened_is_told(outcome: dict[str, Any], name: str, told: str) -> None:
    assert outcome["problems"][f"posts/{name}"] == [told, True]


def test_nothing_else_is_there(outcome: dict[str, Any]) -> None:
    assert set(outcome["articles"]) == {f"posts/{name}" for name in FILES if name not in LOST}


def prepared(location: Path, size: int, limit: int = 1000) -> Any:
    task = FileTask(FoundFile(FileState("posts/a.md", size, 0), str(location), str(location.parent)))
    (made,) = Worker(WorkerConfig("rjieba", "", "UTC", limit, ReadingRules())).prepare([task])
    return made


def test_what_has_become_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.md")
    assert prepared(tmp_path / "a.md", 10).unreadable.reason == "can't be read: not a regular file"


def test_what_has_grown_is_read_up_to_the_limit(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"x" * 5000)
    made = prepared(tmp_path / "a.md", 10)
    assert [problem.reason for problem in made.problems] == [
        "is too large: 1,001 bytes, and 1,000 are allowed (max_file_mb)"
    ]
    assert not made.articles


def test_an_index_in_a_folder_is_no_article(archive: Archive) -> None:
    """Its dictionary.txt would be one, and each run would find another."""
    archive.directory = archive.folder / "index"
    archive.post("a.md", WORD)
    words = archive.folder.parent / "words.txt"
    words.write_text("靶子", encoding="utf-8")
    for _ in range(2):
        assert archive.sync(dictionary=str(words)).articles == 1
    assert (archive.directory / "gen-000001" / "dictionary.txt").exists()
    assert archive.problems() == []
