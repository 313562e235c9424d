"""Bytes → text: what is declared, what is guessed, and what is told of a guess."""

import json
import random
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import ProblemKind
from index.sources.decode import decode, find_encoding
from index.sources.posts import parse_file

CASES = Path(__file__).parent / "cases"
CHARSETS = CASES / "reading" / "charsets"
LINE = "城南的书店今天开门，来了不少人，他们在这里看书。\n"


@pytest.mark.parametrize(
    "case", json.loads((CASES / "decode.json").read_text("utf-8")), ids=lambda case: case["comment"]
)
def test_texts_are_read_in_their_encoding(case: dict[str, Any]) -> None:
    assert decode(case["text"].encode(case["encoding"])) == (case["text"], [])


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("sjis.html", "東京都知事"),
        ("eucjp.html", "東京都知事"),
        ("euckr.html", "서울시"),
        ("latin1.html", "Crème brûlée"),
        ("utf16-no-mark.txt", "放管服"),
        ("utf8-head-gbk-body.md", "跨省通办"),
    ],
)
def test_files_are_read_in_their_encoding(name: str, found: str) -> None:
    parsed = parse_file(f"p/{name}", (CHARSETS / name).read_bytes(), UTC)
    assert found in parsed.articles[0].text
    assert not parsed.problems


@pytest.mark.parametrize(
    ("head", "body"), [("utf-8", "gb18030"), ("gb18030", "utf-8"), ("utf-8", "big5hkscs")]
)
def test_head_and_body_in_two_encodings_both_survive(head: str, body: str) -> None:
    text = LINE if body != "big5hkscs" else "城南的書店今天開門，來了不少人。\n"
    data = "---\ntitle: 混合编码\n---\n".encode(head) + text.encode(body) * 3
    assert decode(data) == ("---\ntitle: 混合编码\n---\n" + text * 3, [])


def test_damaged_utf8_stays_utf8() -> None:
    data = (LINE * 20).encode()
    text, complaints = decode(data[:100] + b"\xff" + data[100:])
    assert text.replace("\ufffd", "")[:40] == LINE[:25] + LINE[:15]
    assert complaints == ["3 places are not valid utf-8 and were replaced by \ufffd"] or len(complaints) == 1


def test_noise_is_told() -> None:
    draw = random.Random(1)
    _, complaints = decode(bytes(draw.choice(range(128, 256)) for _ in range(400)))
    assert [complaint.kind for complaint in complaints if "no guess is plausible" in complaint.reason] == [
        ProblemKind.GUESS
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-16-le", "big5hkscs", "cp932"])
def test_the_encoding_of_a_file_is_found_in_its_first_lines(encoding: str) -> None:
    text = {"cp932": "南の町の本屋は、きょう店をひらいて\n", "big5hkscs": "他們在這裡說：來了不少人。\n"}.get(
        encoding, LINE
    )
    found, complaints = find_encoding((text * 5).encode(encoding))
    assert not complaints
    assert (text * 5).encode(encoding).decode(found) == text * 5


@given(st.binary(max_size=300))
def test_any_bytes_become_text(data: bytes) -> None:
    text, _ = decode(data)
    assert "\r" not in text
    assert "\0" not in text


@given(st.text(alphabet="的一是不了在人书店，。\n a", min_size=1))
def test_utf8_is_always_utf8(text: str) -> None:
    assert decode(text.encode()) == (text, [])
