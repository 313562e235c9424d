"""Writers that are killed at random moments: a short round of `bench/crash.py`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.parametrize(("engine", "kills"), [("tantivy", 8), ("whoosh", 3)])
def test_no_kill_does_damage(engine: str, kills: int) -> None:
    command = [sys.executable, "-W", "ignore", "bench/crash.py", "--engine", engine, "--kills", str(kills)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{engine}: {kills} kills, 0 violations" in done.stdout
