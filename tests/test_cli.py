"""The command line as a person or a script meets it: output, exit codes, messages."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pages import without_catalog

from cli.main import main
from index.article import Article
from search.request import SearchRequest
from search.searcher import Searcher
from search.serialize import results_json
from web.settings import WebSettings

Run = Callable[..., tuple[int, str, str]]

_POST = """
---
title: '{title}'
categories:
 - 新闻
author: 测试员
date: Tue, 04 Jan 2022 06:00:06 GMT
---

<div>
<p>　　{text}</p>
</div>
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `souwen` in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SOUWEN_")]:
        monkeypatch.delenv(name)

    def runner(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["souwen", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return runner


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    """A folder of three posts."""
    folder = tmp_path / "posts"
    folder.mkdir()
    for name, title, text in [
        ("a", "地铁三号线开通", "临江地铁三号线今天开通。"),
        ("b", "公交换乘", "地铁和公交换乘更方便。"),
        ("c", "\x1b[31m红色标题", "没有别的。\x1b]0;title\x07"),
    ]:
        (folder / f"{name}.md").write_text(_POST.format(title=title, text=text), encoding="utf-8")
    return folder


@pytest.fixture
def indexed(run: Run, posts: Path) -> Run:
    """`run`, with the posts indexed."""
    assert run("index", "posts")[0] == 0
    return run


def test_index_says_what_it_did(run: Run, posts: Path) -> None:
    code, out, _ = run("index", "posts")
    assert code == 0
    assert "3 added" in out
    assert "holds 3 articles" in out
    (posts / "a.md").unlink()
    (posts / "photo.jpg").touch()
    (posts / "d.md").write_bytes(b"\xff\xfe\x00\xd8")
    code, out, _ = run("index")
    assert code == 0
    assert "1 added, 1 removed" in out
    assert ".jpg 1" in out
    assert "souwen problems" in out
    code, out, _ = run("index", "--json")
    assert json.loads(out)["unchanged"] == 3


def test_search_exit_codes_are_those_of_grep(indexed: Run) -> None:
    assert indexed("search", "地铁")[0] == 0
    assert indexed("search", "不存在的词语组合")[0] == 1
    assert indexed("search", "地铁", "--page", "0")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        (["交管", "-上牌"], "交管 -上牌"),
        (["-上牌", "交管", "-n", "3"], "-上牌 交管"),
        (["交管", "-docker", "--author", "-甲"], "交管 -docker"),
        (["交管", "--", "-n", "--json"], "交管 -n --json"),
        (["交管", "-"], "交管 -"),
    ],
)
def test_a_sign_that_begins_no_option_is_the_querys(indexed: Run, arguments: list[str], query: str) -> None:
    _, output, _ = indexed("search", "--json", *arguments)
    assert json.loads(output)["query"] == query


def test_search_output(indexed: Run) -> None:
    code, out, _ = indexed("search", "地铁", "公交")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "1. 公交换乘"
    assert "2022-01-04 · 测试员 · 新闻" in lines[1]
    assert "地铁和公交换乘更方便。" in lines[2]
    assert any("Only some of the words from here on" in line for line in lines)
    assert "1-2 of 1 article and 1 partial matches" in lines[-1]
    assert "\x1b" not in out  # not a terminal: no colours


def test_terminal_escapes_in_articles_are_not_obeyed(indexed: Run) -> None:
    for command in (["search", "红色标题"], ["search", "没有别的"]):
        assert "\x1b" not in indexed(*command)[1]


def test_json_is_the_apis_object(indexed: Run, tmp_path: Path) -> None:
    _, out, _ = indexed("search", "地铁", "--json", "-n", "1", "--sort", "newest")
    printed = json.loads(out)
    settings = WebSettings(index=str(tmp_path / ".souwen"))
    searcher = Searcher(tmp_path / ".souwen", settings)
    expected = json.loads(
        json.dumps(results_json(searcher.search(SearchRequest("地铁", size=1, sort="newest"))))
    )
    searcher.close()
    printed.pop("took_ms")
    expected.pop("took_ms")
    assert printed == expected


def test_show_similar_suggest(indexed: Run) -> None:
    _, out, _ = indexed("search", "地铁三号线", "--json")
    article_id = json.loads(out)["hits"][0]["id"]
    code, out, _ = indexed("show", article_id)
    assert code == 0
    assert "临江地铁三号线今天开通。" in out
    assert json.loads(indexed("show", article_id, "--json")[1])["title"] == "地铁三号线开通"
    code, out, _ = indexed("similar", article_id)
    assert code == 0
    assert "公交换乘" in out
    assert "地铁三号线开通" not in out
    code, out, _ = indexed("suggest", "地铁")
    assert (code, out) == (0, "地铁三号线开通\n")
    code, _, err = indexed("show", "nothing")
    assert code == 2
    assert "no article with the id 'nothing'" in err


def test_stats_without_a_catalog(indexed: Run, searcher: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    stats = without_catalog(searcher)
    monkeypatch.setattr(Searcher, "stats", lambda _: stats)
    out = indexed("stats")[1]
    assert "articles     71" in out
    for name in ("problems", "files", "folders", "runs", "last_run"):
        assert f"{name:12} known only on the machine that indexes the articles\n" in out
    assert "None" not in out
    assert json.loads(indexed("stats", "--json")[1])["files"] is None


def test_stats_problems_verify(indexed: Run, posts: Path) -> None:
    assert json.loads(indexed("stats", "--json")[1])["articles"] == 3
    assert json.loads(indexed("stats", "--json")[1])["folders"] == {"posts": str(posts)}
    assert "articles     3" in indexed("stats")[1]
    assert json.loads(indexed("stats", "--json")[1])["runs"][0]["added"] == 3
    assert "added 3, changed 0, removed 0" in indexed("stats")[1]
    assert "No problems" in indexed("problems")[1]
    code, out, _ = indexed("verify")
    assert code == 0
    assert "agree" in out
    (posts / "a.md").unlink()
    code, out, _ = indexed("verify")
    assert code == 1
    assert "posts/a.md" in out
    assert json.loads(indexed("verify", "--json")[1])["missing_files"] == ["posts/a.md"]
    code, out, _ = indexed("verify", "--repair")
    assert code == 0
    assert "2 articles in the catalog" in out
    (posts / "b.md").unlink()
    (posts / "c.md").unlink()
    code, _, err = indexed("verify", "--repair")
    assert code == 2
    assert "is empty now" in err


def test_no_backup_is_restored_to_a_cluster_or_made_of_one(indexed: Run, tmp_path: Path) -> None:
    indexed("backup", "all.tar.gz")
    for name, said in (("restore", "--index DIR"), ("backup", "souwen export")):
        code, _, err = indexed(name, "all.tar.gz", "--index", "https://search.example:9200/news")
        assert (code, said in err) == (2, True), err
    code, _, err = indexed("verify", "--repair", "--index", "https://search.example:9200/news")
    assert (code, "is on a cluster" in err) == (2, True), err
    assert not (tmp_path / "https:").exists()


def test_names_that_were_mistyped_leave_nothing_behind(run: Run, tmp_path: Path) -> None:
    for command in (["index", "posst"], ["restore", "all.tar.gz"]):
        code, _, err = run(*command, "--index", "new")
        assert (code, "there is no such file" in err) == (2, True), err
    assert list(tmp_path.iterdir()) == []


def test_arguments_without_sense_interrupt_nothing(indexed: Run, tmp_path: Path) -> None:
    assert indexed("index", "--forget", "nosuch")[0] == 2
    before = (tmp_path / ".souwen" / "gen-000001" / "engine" / "meta.json").stat().st_mtime_ns
    assert indexed("index")[0] == 0
    assert (tmp_path / ".souwen" / "gen-000001" / "engine" / "meta.json").stat().st_mtime_ns == before


def test_the_last_day_of_the_calendar_is_shown(indexed: Run, posts: Path) -> None:
    """In a time zone, it would be in the year 10000."""
    (posts / "d.md").write_text("---\ndate: 9999-12-31T23:59:59Z\n---\n末日之书", encoding="utf-8")
    assert indexed("index")[0] == 0
    code, out, _ = indexed("search", "末日")
    assert (code, "9999-12-31" in out) == (0, True)


def test_backup_and_restore(indexed: Run, tmp_path: Path) -> None:
    code, out, _ = indexed("backup", "all.tar.gz")
    assert (code, out.startswith("3 articles in all.tar.gz")) == (0, True)
    code, out, _ = indexed("restore", "all.tar.gz", "--index", "again")
    assert (code, out.startswith("3 articles are in again")) == (0, True)
    assert indexed("search", "地铁", "--index", "again")[0] == 0
    code, _, err = indexed("restore", "all.tar.gz")
    assert code == 2
    assert "souwen restore all.tar.gz --replace" in err
    assert json.loads(indexed("restore", "all.tar.gz", "--replace", "--json")[1])["articles"] == 3


def test_export_can_be_indexed_again(indexed: Run, tmp_path: Path) -> None:
    assert indexed("export", "-o", "all.jsonl")[0] == 0
    assert indexed("index", "all.jsonl", "--index", "again")[0] == 0

    def found(*where: str) -> list[tuple[str, str]]:
        hits = json.loads(indexed("search", "地铁", "--json", *where)[1])["hits"]
        return [(hit["id"], hit["title"]) for hit in hits]

    assert found("--index", "again") == found()


def test_export_in_parts(indexed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`souwen index` reads no file that is larger than the setting allows."""
    large = f"<p>x</p><!-- {'x' * 190_000} -->"
    lines = [Article(id=str(n), path="", title="题", text="x", html=large).to_json() for n in range(16)]
    (tmp_path / "many.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert indexed("index", "many.jsonl")[0] == 0
    monkeypatch.setenv("SOUWEN_MAX_FILE_MB", "1")
    code, _, err = indexed("export", "-o", "all.jsonl")
    assert code == 0
    assert re.search(r"all.jsonl has [0-9.]+ MB, and souwen index reads files of up to 1 MB", err)
    (tmp_path / "parts").mkdir()
    code, out, err = indexed("export", "-o", "parts", "--json")
    assert (code, err) == (0, "")
    sizes = [path.stat().st_size for path in sorted((tmp_path / "parts").iterdir())]
    assert [part["bytes"] for part in json.loads(out)] == sizes
    assert len(sizes) > 2
    assert max(sizes) <= 1_000_000
    whole = (tmp_path / "all.jsonl").read_bytes()
    assert b"".join(path.read_bytes() for path in sorted((tmp_path / "parts").iterdir())) == whole
    report = json.loads(indexed("index", "parts", "--index", "again", "--json")[1])
    assert (report["articles"], report["lost"]) == (19, 0)
    code, _, err = indexed("export", "-o", "parts")
    assert (code, "articles-00001.jsonl is there already" in err) == (2, True)


def test_config_prints_the_settings_in_effect(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "souwen.toml").write_text('timezone = "Asia/Taipei"\nmax_hits = 500\n')
    monkeypatch.setenv("SOUWEN_MAX_HITS", "700")
    values = json.loads(run("config", "--json")[1])
    assert values["timezone"] == "Asia/Taipei"
    assert values["max_hits"] == 700  # the environment comes before the file
    assert "timezone = 'Asia/Taipei' (default: 'Asia/Shanghai')" in run("config")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["index"], "no folder to index"),
        (["index", "nowhere"], "nowhere: there is no such file or folder"),
        (["index", "posts", "--engine", "lucene"], "unknown engine 'lucene'. Known: tantivy, whoosh"),
        (["index", "posts", "--segmenter", "pkuseg"], "unknown segmenter 'pkuseg'. Known: rjieba, jieba"),
        (["index", "posts", "--jobs", "0"], "--jobs"),
        (["index", "posts", "--forget", "other"], "no folder of that name is followed"),
        (["search", "x"], "there is no index at .souwen. Make one with: souwen index FOLDER"),
        (["nonsense"], "No such command 'nonsense'"),
        (["serve", "--port", "99999"], "--port"),
    ],
)
def test_errors_without_an_index(run: Run, posts: Path, arguments: list[str], message: str) -> None:
    code, out, err = run(*arguments)
    assert code == 2
    assert message in err
    assert "Traceback" not in out + err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--page", "-1"], "page: -1 is not a page; the first is 1."),
        (["-n", "1000000000"], "size: 1000000000 is not between 1 and 100."),
        (["--from", "sometime"], "from: 'sometime' is not a date. Allowed: 2022, 2022-01"),
        (["--sort", "best"], "sort: 'best' is not one of relevance, newest, oldest."),
        (["--page", "2000"], "beyond the 10,000th hit"),
        (["字" * 10_000], "10,001 characters, and 1,000 are allowed"),
    ],
)
def test_errors_of_a_search(indexed: Run, arguments: list[str], message: str) -> None:
    code, out, err = indexed("search", "x", *arguments)
    assert code == 2
    assert re.sub(r"10,00[02] char", "10,001 char", message) in re.sub(r"10,00[02] char", "10,001 char", err)
    assert "Traceback" not in out + err


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("SOUWEN_MAX_HITS", "many", "SOUWEN_MAX_HITS: max_hits must be a whole number from 100, not 'many'"),
        ("SOUWEN_TIMEZONE", "Mars/Olympus", "no time zone 'Mars/Olympus'"),
        ("SOUWEN_COLOUR", "red", "unknown setting 'colour'. Known: index, timezone"),
        ("SOUWEN_CONFIG", "none.toml", "none.toml: can't be read"),
        ("SOUWEN_DICTIONARY", "none.txt", "none.txt"),
    ],
)
def test_malformed_settings(
    run: Run, posts: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(variable, value)
    code, out, err = run("index", "posts")
    assert code == 2
    assert message in err
    assert "Traceback" not in out + err


def test_a_query_of_3000_parentheses_is_searched_as_text(indexed: Run) -> None:
    # Three thousand characters are over the default limit; the nesting is what this is about.
    code, out, _ = indexed("search", "(" * 450 + "地铁" + ")" * 450)
    assert code == 0
    assert "Parentheses were ignored" in out
    code, _, err = indexed("search", "(" * 3000 + "地铁" + ")" * 3000)
    assert code == 2
    assert "6,002 characters, and 1,000 are allowed" in err


def test_a_port_in_use(indexed: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = indexed("serve", "--port", str(taken.getsockname()[1]))
    assert code == 2
    assert "can't listen on 127.0.0.1" in err
    assert "souwen serve --port 8001" in err


def test_every_command_takes_json(run: Run) -> None:
    listed = re.findall(r"^  (\w+) ", run("--help")[1].partition("Commands:")[2], re.MULTILINE)
    assert {"index", "search", "export", "serve"} <= {*listed}
    for name in listed:
        if name != "dict":  # its commands do
            assert "--json" in run(name, "--help")[1], name


def test_search_folds_copies(run: Run, tmp_path: Path) -> None:
    posts = tmp_path / "copies"
    posts.mkdir()
    text = "临江大桥今日起实行单双号限行，公交车与救护车不受影响。"
    for number in range(3):
        (posts / f"{number}.md").write_text(_POST.format(title="限行通告", text=text), "utf-8")
    (posts / "other.md").write_text(
        _POST.format(title="限行通告", text="老城区供水管道抢修完毕，施工路段限行两日。"), "utf-8"
    )
    assert run("index", str(posts))[0] == 0
    code, out, _ = run("search", "单双号", "OR", "供水")
    assert code == 0
    assert out.count("限行通告") == 1
    assert "+2 similar" in out or "+3 more with this title" in out
    assert "1-1 of 4 articles (3 folded), page 1 of 1" in out
    assert json.loads(run("search", "限行通告", "--json")[1])["hits"][0]["folded"]["count"] == 3
    code, out, _ = run("search", "限行通告", "--no-fold")
    assert out.count("限行通告") == 4
    assert "1-4 of 4 articles" in out
    assert "similar" not in out
