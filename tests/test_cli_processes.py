"""The command line as a process: pipes that are closed, and signals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from archive import Archive

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent


def started(archive: Archive, command: str, *arguments: str) -> subprocess.Popen[str]:
    """A process that runs `souwen` on the index of an archive."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "cli", command, "--index", str(archive.directory), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_a_reader_that_has_seen_enough(archive: Archive) -> None:
    """`souwen export | head -1` ends without a complaint, and well."""
    archive.lines("many.jsonl", {str(number): "文" * 2000 for number in range(500)})
    archive.sync()
    for arguments in (["export"], ["search", "文", "-n", "100"], ["search", "文", "-n", "100", "--json"]):
        with started(archive, *arguments) as writer:
            assert writer.stdout is not None
            assert writer.stderr is not None
            writer.stdout.readline()
            writer.stdout.close()
            assert writer.stderr.read() == ""
            assert writer.wait() == 0


def test_watch_applies_changes(archive: Archive) -> None:
    archive.post("a.md", "文章")
    archive.sync()
    with started(archive, "index", "--watch") as watcher:
        assert watcher.stdout is not None
        assert watcher.stderr is not None
        try:
            assert "Watching" in watcher.stderr.readline()
            watcher.stdout.readline()  # the run before
            archive.post("new.md", "新来的文章")
            printed = watcher.stdout.readline()
            if "Nothing has changed" in printed:  # the look when watching began came first
                printed = watcher.stdout.readline()
            assert "1 added" in printed
        finally:
            watcher.terminate()
    assert archive.find("新来的") == ["新来的文章"]
