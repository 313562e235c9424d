"""The terminal in each language: which one is chosen, what it says, and what stays the same."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from forked import run_forked

from cli.help import messages_of
from cli.language import language, width
from cli.main import COMMANDS, souwen
from index.errors import InputError
from index.language import LANGUAGES, Message, translated, translations

ROOT = Path(__file__).parent.parent
CASES = json.loads((ROOT / "tests" / "cases" / "terminal.json").read_text(encoding="utf-8"))
POSTS = {
    "a": ("地铁三号线开通", "临江地铁三号线今天开通。"),
    "b": ("公交换乘", "地铁和公交换乘更方便。"),
    "c": ("夜班公交", "夜班公交延长到一点。"),
}
# What differs from one run to the next, and scores, which are the engine's.
_VARIABLE = re.compile(r"\d[\d,.]*(?= (?:秒|毫秒|s\b|ms\b))|(?<=\"took_ms\": )[\d.]+|\b\d+\.\d\d\b")
_LOCALES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_SOUWEN = """
import os
os.environ.update({environment!r})
os.chdir({folder!r})
from cli.main import main
main()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three posts in `posts`, an index of them, and settings."""
    made = tmp_path_factory.mktemp("language")
    (made / "posts").mkdir()
    (made / "souwen.toml").write_text('password = "geheim"\n', encoding="utf-8")
    for name, (title, text) in POSTS.items():
        post = f"---\ntitle: {title}\ndate: 2022-01-04\nauthor: 测试员\n---\n<p>{text}</p>\n"
        (made / "posts" / f"{name}.md").write_text(post, encoding="utf-8")
    assert souwen_in(made, "C", "index", "posts").returncode == 0
    return made


def souwen_in(folder: Path, locale: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A command in a locale, in a terminal of 60 columns."""
    environment = dict.fromkeys(_LOCALES, "") | {"LC_ALL": locale, "COLUMNS": "60"} | more
    return run_forked(_SOUWEN.format(environment=environment, folder=str(folder)), *arguments)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-Hans"),
        ({"LANG": "zh_SG.UTF-8"}, "zh-Hans"),
        ({"LANG": "zh"}, "zh-Hans"),
        ({"LANG": "zh_Hans"}, "zh-Hans"),
        ({"LANG": "zh_CN.GB18030"}, "zh-Hans"),
        ({"LANG": "zh_CN.UTF-8@pinyin"}, "zh-Hans"),
        ({"LANG": "zh_TW.UTF-8"}, "zh-Hant"),
        ({"LANG": "zh_HK"}, "zh-Hant"),
        ({"LANG": "zh_MO"}, "zh-Hant"),
        ({"LANG": "zh_Hant"}, "zh-Hant"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "zh_TW.UTF-8"}, "zh-Hant"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "zh_TW.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh-Hans"),  # empty is not set
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_TW:en"}, "zh-Hant"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "fr:zh_TW:zh_CN"}, "zh-Hant"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en:zh_CN"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "fr"}, "en"),
        ({"LC_ALL": "C", "LANGUAGE": "zh_CN"}, "en"),  # as with gettext
        ({"LANGUAGE": "zh_CN"}, "en"),
        ({"LANG": "zhuang"}, "en"),
        ({"LANG": "::@@..__"}, "en"),
        ({"LANG": "zh_" + "X" * 10_000}, "zh-Hans"),
    ],
)
def test_the_locale_chooses(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name in _LOCALES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "utf-8"))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), "utf-8"))
    assert language() == expected


@pytest.mark.parametrize(
    ("encoding", "expected"), [("gb18030", "zh-Hans"), ("latin1", "en"), ("ascii", "en")]
)
def test_an_encoding_without_chinese_gets_english(
    monkeypatch: pytest.MonkeyPatch, encoding: str, expected: str
) -> None:
    for name in _LOCALES:
        monkeypatch.setenv(name, "zh_CN.UTF-8" if name == "LANG" else "")
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding))
    assert language() == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case["arguments"]))
def test_what_is_said(folder: Path, case: dict[str, Any]) -> None:
    """In English only where click says nothing: its words are its own."""
    for locale in case.keys() & {"C", "zh_CN.UTF-8", "zh_TW.UTF-8"}:
        done = souwen_in(folder, locale, *case["arguments"])
        assert done.returncode == case["code"]
        assert said(done, folder) == case[locale]


def said(done: subprocess.CompletedProcess[str], folder: Path) -> list[str]:
    """The lines of a command, without what differs from run to run."""
    text = (done.stdout + done.stderr).replace(str(folder.resolve()), "DIR").replace(str(folder), "DIR")
    return [line.rstrip() for line in _VARIABLE.sub("N", text).splitlines()]


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "地铁 公交"),
        ("search", "绝无此句 地铁"),
        ("search", '"地铁', "--explain"),
        ("stats",),
        ("verify",),
        ("config",),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_json_is_the_same_in_every_language(folder: Path, arguments: tuple[str, ...]) -> None:
    first, other = (souwen_in(folder, locale, *arguments, "--json") for locale in ("C", "zh_CN.UTF-8"))
    assert json.loads(first.stdout)
    assert without_changes(other.stdout) == without_changes(first.stdout)
    assert other.returncode == first.returncode


def without_changes(text: str) -> str:
    """JSON without what differs from run to run: times, and the space that is free."""
    return re.sub(r"[\d.]+ GB are free", "", _VARIABLE.sub("N", text))


def test_exports_are_the_same_in_every_language(folder: Path) -> None:
    said = {souwen_in(folder, locale, "export").stdout for locale in ("C", "zh_CN.UTF-8")}
    assert len(said) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [
        {"LANG": "zh_CN.GB18030"},
        {"LANG": "zh_CN.GB18030", "PYTHONIOENCODING": "gb18030"},
        {"LANG": "zh_TW.Big5", "PYTHONIOENCODING": "big5"},
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "ascii"},
        {"LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "latin1"},
        {"LANG": "nowhere_XX.nothing@@", "LANGUAGE": ":::"},
    ],
    ids=str,
)
def test_no_terminal_is_too_small_for_a_message(tmp_path: Path, environment: dict[str, str]) -> None:
    """A process of its own, whose streams have the encoding from the start."""
    for arguments, code in ((["--help"], 0), (["search", "地铁"], 2), (["nonsense"], 2)):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "cli", *arguments],
            env={name: value for name, value in os.environ.items() if name not in _LOCALES}
            | {"PYTHONPATH": str(ROOT)}
            | environment,
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == code
        assert b"Traceback" not in done.stderr
        assert done.stdout + done.stderr


@pytest.mark.parametrize("locale", ["zh_CN.UTF-8", "zh_TW.UTF-8", "C"])
def test_help_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch, locale: str) -> None:
    """But for a command that is longer than a line, which stays whole."""
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.delenv("LANGUAGE", raising=False)
    context = souwen.make_context("souwen", ["config"], resilient_parsing=True)
    for name in COMMANDS:
        command = souwen.get_command(context, name)  # type: ignore[attr-defined]
        text = command.make_context(name, [], resilient_parsing=True, terminal_width=58).get_help()
        assert bool(re.search("[\u4e00-\u9fff]{6}", text)) == (locale != "C")
        for line in text.splitlines():
            assert width(line) <= 60 or re.match(r" +(SOUWEN_\S+ )?(souwen|mkdir|cat) ", line), line


def test_all_of_a_commands_help_is_in_the_catalogs() -> None:
    context = souwen.make_context("souwen", ["config"], resilient_parsing=True)
    found = [help_ for _, help_ in COMMANDS.values()] + [*messages_of(souwen)]
    for name in COMMANDS:
        found += messages_of(souwen.get_command(context, name))  # type: ignore[attr-defined]
    assert len(found) > 150
    for tag in LANGUAGES.keys() - {"en"}:
        assert [text for text in found if translations(tag).gettext(text) == text] == []


def test_the_terminal_prints_messages_only() -> None:
    """No English text is printed that is not looked up: a literal with words, to the functions that print."""
    words = re.compile(r"(?<!--)\b[A-Za-z]{3,} [a-z]{2,}")
    for path in sorted((ROOT / "cli").glob("*.py")):
        # Assistants, and reports of what is installed, are in English.
        if path.name.startswith("mcp_") or path.name == "installed.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            if name in ("echo", "print", "append", "Text", "Check"):
                for each in node.args[name == "Check" :]:  # behind its name
                    parts = each.values if isinstance(each, ast.JoinedStr) else [each]
                    texts = [part.value for part in parts if isinstance(part, ast.Constant)]
                    found = [text for text in texts if isinstance(text, str) and words.search(text)]
                    assert not found, f"{path.name}:{node.lineno}: {found}"


def test_messages_in_messages_and_reasons_are_translated() -> None:
    inner = Message("environment variable {name}", {"name": "SOUWEN_X"})
    error = InputError("{setting}: {path}: {reason}", setting="a", path=inner, reason="Permission denied")
    assert str(error) == "a: environment variable SOUWEN_X: Permission denied"
    assert translated(error, "zh-Hans") == "a：环境变量 SOUWEN_X：没有权限"
    wrapped = InputError(
        "{path}: can't be read: {reason}", path="f", reason=ValueError(Message("a word is missing"))
    )
    assert translated(wrapped, "zh-Hant") == "f：不能讀取：缺了一個詞"
    assert translated(wrapped, "en") == str(wrapped) == "f: can't be read: a word is missing"
