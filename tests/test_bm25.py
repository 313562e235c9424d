"""BM25 as it is computed here against tantivy's own account of its scores."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
import tantivy
from hypothesis import given
from hypothesis import strategies as st

from index.engines import bm25

# Lengths on both sides of every step of the first ones, and far beyond.
LENGTHS = [*range(1, 130), 255, 256, 257, 1000, 1007, 1008, 4095, 4096, 30_000, 123_456, 1_000_000]


@dataclass(frozen=True)
class Account:
    """What tantivy says of one score."""

    value: float
    idf: float
    frequency: float
    length: float
    average_length: float


def account(explanation: dict[str, Any]) -> Account:
    found: dict[str, float] = {}

    def walk(node: dict[str, Any]) -> None:
        found[node["description"].split(",")[0]] = node["value"]
        for detail in node.get("details", []):
            walk(detail)

    walk(explanation)
    return Account(explanation["value"], found["idf"], found["freq"], found["dl"], found["avgdl"])


def accounts(texts: list[str], term: str) -> list[Account]:
    """Tantivy's accounts for each text that has the term, in the order of the texts."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", tokenizer_name="whitespace", index_option="freq")
    builder.add_integer_field("number", stored=True)
    index = tantivy.Index(builder.build())
    writer = index.writer(50_000_000, 1)
    for number, text in enumerate(texts):
        writer.add_document(tantivy.Document(text=text, number=number))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    asked = tantivy.Query.term_query(index.schema, "text", term, "freq")
    made = {
        searcher.doc(address)["number"][0]: account(json.loads(asked.explain(searcher, address).to_json()))
        for _, address in searcher.search(asked, len(texts)).hits
    }
    return [made[number] for number in sorted(made)]


def test_lengths_are_rounded_as_tantivy_rounds_them() -> None:
    found = accounts(["x" + " y" * (length - 1) for length in LENGTHS], "x")
    assert [account.length for account in found] == [bm25.stored_length(length) for length in LENGTHS]


@pytest.mark.parametrize("frequency", [1, 2, 7])
def test_scores_are_those_of_tantivy(frequency: int) -> None:
    lengths = [7, 39, 40, 41, 100, 1000, 20_000]
    texts = [" ".join(["x"] * frequency + ["y"] * (length - frequency)) for length in lengths]
    others = ["y", "y y y", "z"]
    average = sum(len(text.split()) for text in texts + others) / len(texts + others)
    idf = bm25.idf(len(texts + others), len(texts))
    for length, found in zip(lengths, accounts(texts + others, "x"), strict=True):
        assert found.frequency == frequency
        assert found.average_length == pytest.approx(average, rel=1e-6)
        assert found.idf == pytest.approx(idf, rel=1e-5)
        made = bm25.score(idf, frequency, bm25.stored_length(length), average)
        assert found.value == pytest.approx(made, rel=1e-4)


@pytest.mark.parametrize("having", [1, 5, 9, 10])
def test_idf_is_that_of_tantivy(having: int) -> None:
    texts = ["x"] * having + ["y"] * (10 - having)
    assert accounts(texts, "x")[0].idf == pytest.approx(bm25.idf(10, having), rel=1e-5)


def test_idf_is_never_negative() -> None:
    assert bm25.idf(10, 10) > 0
    assert bm25.idf(10, 1) > bm25.idf(10, 2) > bm25.idf(10, 10)


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_stored_lengths_keep_their_order_and_lose_an_eighth_at_most(a: int, b: int) -> None:
    a, b = sorted((a, b))
    assert bm25.stored_length(a) <= bm25.stored_length(b)
    assert a * 7 / 8 <= bm25.stored_length(a) <= a
    assert bm25.stored_length(bm25.stored_length(a)) == bm25.stored_length(a)
