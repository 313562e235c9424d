"""Markdown → HTML → text: golden cases, and that code is whole and nothing else is left of marks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from index.sources.body import read_body

CASES = json.loads((Path(__file__).parent / "cases" / "markdown.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["comment"])
def test_golden(case: dict[str, Any]) -> None:
    _, extracted, loss = read_body(case["text"], case.get("suffix", ".md"))
    assert extracted.text.split("\n") == case["lines"]
    assert not loss
