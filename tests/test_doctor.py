"""`souwen doctor`, `--version` and completion: what is told of a machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from archive import Archive

from cli.doctor import Check, State, run_checks
from cli.installed import EXTRAS, packages, versions
from cli.main import main

Diagnose = Callable[..., dict[str, Check]]


@pytest.fixture
def diagnose(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Diagnose:
    """The last check of each name, of an index and with settings from the environment."""
    monkeypatch.chdir(tmp_path)

    def run(index: Path | str, **settings: str) -> dict[str, Check]:
        for name, value in settings.items():
            monkeypatch.setenv(f"SOUWEN_{name.upper()}", value)
        return {check.name: check for check in run_checks(str(index))}

    return run


def test_a_machine_that_has_everything(diagnose: Diagnose, archive: Archive) -> None:
    archive.post("a.md", "一篇文章")
    archive.sync()
    checks = diagnose(archive.directory)
    assert {
        "installed",
        "packages",
        "settings",
        "engine",
        "dictionary",
        "index",
        "rights",
        "disk",
    } <= checks.keys()
    assert [check for check in checks.values() if check.state is State.FAILED] == []
    assert str(checks["index"].message).startswith("1 articles")
    assert version("tantivy") in str(checks["installed"].message)


def test_without_an_index_there_is_a_hint(diagnose: Diagnose, tmp_path: Path) -> None:
    checks = diagnose(tmp_path / "none")
    assert checks["index"].state is State.HINT
    assert "souwen index" in str(checks["index"].message)
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_is_named(diagnose: Diagnose, archive: Archive, tmp_path: Path) -> None:
    archive.post("a.md", "一篇文章")
    archive.sync()
    words = tmp_path / "words.txt"
    words.write_text("云 计算 5\n", encoding="utf-8")
    archive.directory.chmod(0o777)
    shutil.move(archive.folder, tmp_path / "elsewhere")
    checks = diagnose(archive.directory, dictionary=str(words), synonyms=str(tmp_path / "none.txt"))
    for name, told in {
        "dictionary": "line 1",
        "synonyms": "none.txt",
        "index": "not there: posts",
        "rights": "everybody",
    }.items():
        assert checks[name].state is State.FAILED
        assert told in str(checks[name].message)


def test_a_damaged_index_and_a_cluster_that_does_not_answer(diagnose: Diagnose, archive: Archive) -> None:
    archive.post("a.md", "一篇文章")
    archive.sync()
    for path in archive.directory.glob("gen-*/meta.json"):
        path.write_text("{")
    assert diagnose(archive.directory)["index"].state is State.FAILED
    checks = diagnose("http://127.0.0.1:9/news")
    assert checks["index"].state is State.FAILED
    assert "disk" not in checks


def test_wrong_settings_end_the_checks_that_need_them(diagnose: Diagnose, tmp_path: Path) -> None:
    checks = diagnose(tmp_path / "none", max_hits="many")
    assert checks["settings"].state is State.FAILED
    assert "max_hits" in str(checks["settings"].message)
    assert "index" not in checks


@pytest.mark.parametrize(("directory", "status"), [("index", 0), ("broken", 1)])
def test_the_exit_code_tells_if_all_is_well(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], directory: str, status: int,
) -> None:  # fmt: skip
    archive.post("a.md", "一篇文章")
    archive.sync()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "current").write_text("gen-000009")
    monkeypatch.setattr(sys, "argv", ["souwen", "doctor", "--json", "--index", str(tmp_path / directory)])
    with pytest.raises(SystemExit) as ended:
        main()
    answer = json.loads(capsys.readouterr().out)
    assert ended.value.code == status
    assert answer["ok"] is (status == 0)
    assert {"name", "state", "message", "advice"} == answer["checks"][0].keys()


def test_the_version_tells_what_is_installed() -> None:
    told = versions()
    assert told.startswith(f"souwen {version('souwen')}\n")
    assert f"tantivy {version('tantivy')}" in told
    for extra in EXTRAS:
        assert re.search(rf"^{extra}: \S", told, re.MULTILINE)
    assert "mcp" in {package.name for package in packages() if package.extra == "mcp"}
    assert not {"pytest", "ruff"} & {package.name for package in packages()}


_ASKED = {
    "bash": 'eval "$(souwen completion bash)"; COMP_WORDS=(souwen {words}); COMP_CWORD={at}; '
    '_souwen_completion souwen; echo "${{COMPREPLY[@]}}"',
    "zsh": "_SOUWEN_COMPLETE=zsh_complete COMP_WORDS='souwen {words}' COMP_CWORD={at} souwen",
    "fish": "_SOUWEN_COMPLETE=fish_complete COMP_WORDS='souwen {words}' COMP_CWORD={words} souwen",
}


@pytest.mark.slow
@pytest.mark.parametrize("shell", _ASKED)
def test_shells_complete_commands_and_options(shell: str) -> None:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    def ask(words: str) -> str:
        script = _ASKED[shell].format(words=words, at=len(words.split()))
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment)
        return done.stdout

    assert "doctor" in ask("doc")
    assert "search" not in ask("doc")
    if shell != "fish":  # which passes the word alone
        assert "--rebuild" in ask("index --reb")
    if shutil.which(shell):
        script = subprocess.run(
            ["souwen", "completion", shell], capture_output=True, text=True, env=environment, check=True
        ).stdout
        checked = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True)
        assert (checked.returncode, checked.stderr) == (0, "")
