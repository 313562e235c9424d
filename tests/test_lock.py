"""The lock in requirements/ answers what pyproject.toml asks for, by hashes alone."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = ["build", "release", "run", "test"]


def read_lock(name: str) -> dict[str, list[Requirement]]:
    """The requirements of a file, by name; a package has several where they differ by Python or system."""
    locked: dict[str, list[Requirement]] = {}
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", "")
    for line in text.splitlines():
        if line and not line.lstrip().startswith("#"):
            requirement, *hashes = line.split("--hash=sha256:")
            assert hashes, f"{name}.txt: no hash: {line}"
            found = Requirement(requirement)
            locked.setdefault(canonicalize_name(found.name), []).append(found)
    return locked


def asked_for() -> dict[str, list[str]]:
    """What each file has to answer, as pyproject.toml writes it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed, extras = project["project"]["dependencies"], project["project"]["optional-dependencies"]
    return {
        "build": project["build-system"]["requires"],
        "release": (ROOT / "requirements" / "release.in").read_text(encoding="utf-8").splitlines()[1:],
        "run": needed,
        "test": [
            *(item for name in ("opensearch", "mcp") for item in extras[name]),
            *(item for item in (*needed, *extras["test"]) if "souwen" not in item),
        ],
    }


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_answers_what_is_asked_for(name: str) -> None:
    """Where this fails: run script/lock."""
    locked = read_lock(name)
    for text in asked_for()[name]:
        asked = Requirement(text)
        pins = locked[canonicalize_name(asked.name)]
        for pin in pins:
            (version,) = pin.specifier
            assert version.operator == "=="
            assert asked.specifier.contains(version.version), f"{name}.txt has {pin}, asked for is {text}"


def test_tests_run_on_the_versions_that_people_run() -> None:
    locked = read_lock("test")
    for name, pins in read_lock("run").items():
        assert {str(pin.specifier) for pin in pins} <= {str(pin.specifier) for pin in locked[name]}


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_names_no_server(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|^\s*--?(i|f|index|extra-index|find-links|trusted-host)\b", text, re.MULTILINE)
