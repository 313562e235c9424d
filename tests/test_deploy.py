"""The units and the container file of docs/deploy.md, as far as a machine without them can check them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import souwen

DEPLOY = (Path(__file__).parent.parent / "docs" / "deploy.md").read_text(encoding="utf-8")
UNITS = dict(re.findall(r"```ini\n# /etc/systemd/system/(\S+)\n(.*?)```", DEPLOY, re.DOTALL))
(CONTAINER,) = re.findall(r"```dockerfile\n# Containerfile\n(.*?)```", DEPLOY, re.DOTALL)
CONTEXT = souwen.make_context("souwen", ["config"], resilient_parsing=True)


def parses(words: list[str]) -> None:
    """The command line takes these words."""
    command = souwen.get_command(CONTEXT, words[0])  # type: ignore[attr-defined]
    assert command is not None
    command.make_context(words[0], words[1:])


def test_units_run_commands_that_there_are() -> None:
    assert sorted(UNITS) == ["souwen-index.service", "souwen-index.timer", "souwen.service"]
    for name, unit in UNITS.items():
        if name.endswith(".service"):
            (started,) = re.findall(r"^ExecStart=/usr/local/bin/souwen (.*)$", unit, re.MULTILINE)
            parses(shlex.split(started))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """A program that is there, and this user, in place of those that an installation has."""
    for name, unit in UNITS.items():
        unit = unit.replace("/usr/local/bin/souwen", sys.executable).replace("User=souwen\n", "")
        (tmp_path / name).write_text(unit, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in UNITS)],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, [line for line in done.stderr.splitlines() if str(tmp_path) in line]) == (0, [])


def test_the_container_runs_commands_that_there_are() -> None:
    lines = re.sub(r"\\\n", " ", CONTAINER).strip().splitlines()
    steps = [line.split(" ", 1) for line in lines]
    names = [name for name, _ in steps]
    assert names[0] == "FROM"
    assert set(names) <= {*"FROM COPY RUN USER ENV VOLUME EXPOSE HEALTHCHECK ENTRYPOINT CMD".split()}
    assert names.index("RUN") < names.index("USER") < names.index("CMD")
    last = dict(steps)
    assert json.loads(last["ENTRYPOINT"]) == ["souwen"]
    parses(json.loads(last["CMD"]))
    compile(json.loads(last["HEALTHCHECK"].removeprefix("CMD "))[2], "healthcheck", "exec")
    for name, argument in steps:
        if name == "RUN":
            assert subprocess.run(["sh", "-n", "-c", argument]).returncode == 0
    for command in re.findall(r"podman run .*? souwen ((?!`)[a-z].*?)`", DEPLOY):
        parses(shlex.split(command))
