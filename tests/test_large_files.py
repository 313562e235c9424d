"""Large files of records are work for several processes: what they give is what one process gives."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from archive import Archive, counts

from index.files import FileState
from index.ingest.job import IngestRequest
from index.ingest.processes import AHEAD_BYTES, WORTH_PROCESSES, process_files
from index.ingest.workers import FileResult, FileTask, WorkerConfig
from index.sources.fields import ReadingRules
from index.sources.records import RecordReader
from index.sources.scan import scan
from index.sources.streams import Piece, RecordFile

Record = dict[str, str]
# The largest file that is read whole, 8 times this; and the largest record. In bytes.
LIMIT = 1_000_000
SMALL = {"max_file_mb": LIMIT // 1_000_000}


def records(count: int, text: str = "运河两岸的修钟人在漂浮的图书馆里值夜。") -> list[Record]:
    made = [{"title": f"第{i}篇", "text": f"{text * (i % 7 + 1)}编号{i}"} for i in range(count)]
    made[5]["text"] = "很长的一行。" * 35_000  # longer than a piece, and split into chapters
    made[6] = {"name": "一个没有标题的记录"}
    made[7]["date"] = "某年某月"
    return made


def json_lines(made: Sequence[Record]) -> str:
    lines = [json.dumps(record, ensure_ascii=False) for record in made]
    lines[40] = '{"title": "坏行", "text": '
    lines[41] = ""
    lines[42] = json.dumps({"text": "太大" * LIMIT})
    return "\n".join(lines)


def json_array(made: Sequence[Record]) -> str:
    values = [json.dumps(record, ensure_ascii=False) for record in made]
    values[40] = '{"title": "坏值", "text" "冒号不见了"}'
    values[42] = json.dumps({"text": "太大" * LIMIT})
    return "[" + ",\n".join(values) + "]"


def csv_table(made: Sequence[Record]) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["title", "date", "text"])
    for number, record in enumerate(made):
        text = "太大" * LIMIT if number == 42 else record.get("text", "")
        writer.writerow([record.get("title", ""), record.get("date", ""), f"第一行\n{text}"])
    return file.getvalue()


FORMS: list[tuple[str, Callable[[Sequence[Record]], str]]] = [
    ("dump.jsonl", json_lines),
    ("dump.json", json_array),
    ("dump.csv", csv_table),
]


@pytest.fixture(params=FORMS, ids=[name for name, _ in FORMS])
def dump(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file that is worth processes, with records that can't be read, and some that are large."""
    name, written = request.param
    path = tmp_path / "files" / name
    path.parent.mkdir()
    path.write_text(written(records(450)), encoding="utf-8")
    assert path.stat().st_size > WORTH_PROCESSES
    return path


def results(path: Path, jobs: int, ahead_bytes: int = AHEAD_BYTES) -> list[FileResult]:
    files = scan({"files": path.parent}, path.parent.parent / "none").files.values()
    config = WorkerConfig("rjieba", "", "Asia/Shanghai", LIMIT, ReadingRules())
    return list(process_files([FileTask(file) for file in files], config, jobs, ahead_bytes))


@pytest.mark.slow
def test_several_processes_give_what_one_gives(dump: Path) -> None:
    alone = results(dump, 1)
    assert results(dump, 2) == alone
    assert results(dump, 2, ahead_bytes=1) == alone
    assert [result.continues for result in alone] == [True] * (len(alone) - 1) + [False]
    assert [result.is_continued for result in alone] == [False] + [True] * (len(alone) - 1)


@pytest.mark.slow
def test_pieces_give_what_the_whole_gives(dump: Path) -> None:
    """The articles and problems of a file that is read at once, with the numbers of its lines."""
    reader = RecordReader(f"files/{dump.name}", UTC, LIMIT, {}, ReadingRules())
    with dump.open("rb") as file:
        articles = list(reader.articles(file))
    found = results(dump, 2)
    texts = [packed.unpacked().text for result in found for packed in result.articles]
    assert sum(map(len, texts)) + texts.count("") == pytest.approx(
        sum(len(article.text) for article in articles), rel=0.001
    )
    ids = [packed.article.id.partition("-")[0] for result in found for packed in result.articles]
    assert list(dict.fromkeys(ids)) == [article.id for article in articles]
    problems = [problem for result in found for problem in result.problems]
    assert sorted(problems, key=repr) == sorted(reader.problems, key=repr)
    assert found[-1].digest == reader.digest


@pytest.mark.slow
def test_an_index_of_large_files_follows_them(dump: Path, tmp_path: Path) -> None:
    archives = [Archive(dump.parent, tmp_path / f"index-{jobs}") for jobs in (1, 2)]
    for jobs, archive in enumerate(archives, start=1):
        archive.sync(IngestRequest([dump.parent], jobs=jobs), **SMALL)
        dump.touch()
        assert counts(archive.sync(IngestRequest(jobs=jobs), **SMALL)) == (0, 0, 0, 1)
    one, two = archives
    assert (one.texts(), one.problems()) == (two.texts(), two.problems())
    changed = dump.read_text(encoding="utf-8").replace("编号7", "换过的7")
    dump.write_text(changed, encoding="utf-8")
    told = [archive.sync(IngestRequest(jobs=jobs), **SMALL) for jobs, archive in enumerate(archives, start=1)]
    assert counts(told[0]) == counts(told[1]) == (0, 11, 0, 0)
    assert (one.texts(), one.problems()) == (two.texts(), two.problems())
    assert one.find("换过的7") == two.find("换过的7") != []
    assert one.agrees() and two.agrees()


def pieces(data: bytes, suffix: str) -> list[Piece]:
    return list(RecordFile(io.BytesIO(data), suffix, 10_000_000).pieces())


def test_pieces_are_cut_by_bytes_and_by_records() -> None:
    line = json.dumps({"text": "字" * 100}) + "\n"
    assert [len(piece.rows) for piece in pieces(line.encode() * 410, ".jsonl")] == [200, 200, 10]
    large = json.dumps({"text": "字" * 200_000}, ensure_ascii=False) + "\n"
    found = pieces((line + large + line).encode(), ".jsonl")
    assert [len(piece.rows) for piece in found] == [2, 1]
    assert sum(piece.size for piece in found) == len((line + large + line).encode())


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_pieces_of_every_encoding(encoding: str) -> None:
    lines = "".join(
        json.dumps({"text": f"这是我们国家的改革，在这里说到{i}"}, ensure_ascii=False) + "\n"
        for i in range(450)
    )
    reader = RecordReader("p/a.jsonl", UTC, 10_000, {}, ReadingRules())
    texts = [
        article.text
        for piece in pieces(lines.encode(encoding), ".jsonl")
        for article in reader.read(piece.rows)
    ]
    assert texts == [f"这是我们国家的改革，在这里说到{i}" for i in range(450)]


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    path = tmp_path / "files" / "dump.jsonl"
    path.parent.mkdir()
    path.write_text("{}\n", encoding="utf-8")
    (file,) = scan({"files": path.parent}, tmp_path / "none").files.values()
    gone = replace(file, state=FileState(file.state.path, LIMIT, 0))
    path.unlink()
    config = WorkerConfig("rjieba", "", "UTC", LIMIT, ReadingRules())
    (result,) = process_files([FileTask(gone)], config, 2)
    assert result.unreadable is not None and "No such file" in result.unreadable.reason
    assert not result.continues
