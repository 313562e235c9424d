"""Runs one target under atheris, which is led by what each input makes the code do.

    python fuzz/run.py TARGET [DIRECTORY] [options of libFuzzer]

DIRECTORY keeps the inputs that led somewhere new, and a later run goes on from them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

# What leads the fuzzer: the code that makes these promises, and what walks the markup in Python.
with atheris.instrument_imports(include=["index", "search", "web", "bs4"]):
    from fuzz.targets import TARGETS, seeds

OPTIONS = [
    # An input that takes longer than this (seconds), or more memory (megabytes), is a finding.
    "-timeout=20",
    "-rss_limit_mb=3000",
    # What is quick is varied more often: four times as many requests a second, for the same coverage.
    "-entropic_scale_per_exec_time=1",
]


def main() -> None:
    """Fuzzes until it is stopped, has run so often as `-runs` says, or has found something."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"Name a target: {', '.join(TARGETS)}.")
    name, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="souwen-seeds-") as folder, TARGETS[name]() as check:
        for number, seed in enumerate(seeds(name)):
            (Path(folder) / str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], *OPTIONS, *options, folder], check)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
