"""Tokens of odd characters, and long ones: what each engine takes, it finds as it is."""

from __future__ import annotations

from engines import LIMITATIONS, document, found_ids, raw_document, write
from whoosh import query

from index.engines.base import Engine, Sort
from index.engines.nodes import GramPhrase

ODD_TOKENS = [
    '"', "'", "''", '"改"', "+", "-", "c#", "c++", "18.0%", ".", "..", ".*", "a.*", "[a-z]", "(a|b)", "a|b",
    "^a$", "\\", "\\d", "{2}", "a{2}", "?", "*", "&", "@", "~", "<b>", "a:b", "title:x", "AND", "NOT", "😀",
    "👨‍👩‍👧", "𠮷", "e\u0301", "é", "ﬁ", "\u200b", "\ufeff", "·", "ab·",
    "x" * 255, "x" * 256, "y" * 4000, "改" * 300,
]  # fmt: skip


def test_tokens_of_odd_characters_are_found_as_they_are(name: str, engine: Engine) -> None:
    write(engine, [raw_document(str(i), f"u {token} v") for i, token in enumerate(ODD_TOKENS)])
    for i, token in enumerate(ODD_TOKENS):
        for field in ("title_grams", "words", "body_grams", "body_units"):
            assert found_ids(engine, query.Term(field, token)) == [str(i)], token
        assert found_ids(engine, GramPhrase("body_grams", ((0, "u"), (1, token), (2, "v")))) == [str(i)], (
            token
        )
        starting = {str(j) for j, other in enumerate(ODD_TOKENS) if other.startswith(token)}
        assert set(found_ids(engine, query.Prefix("words", token))) == starting, token
        open_phrase = GramPhrase("body_grams", ((0, "u"), (1, token)), unfinished=frozenset([1]))
        if len(token) <= 100 or "long patterns" not in LIMITATIONS.get(name, ()):
            assert set(found_ids(engine, open_phrase)) == starting, token
        assert set(found_ids(engine, open_phrase)) >= starting, token
        wanted = sorted((other, 1) for other in ODD_TOKENS if other.startswith(token))
        assert sorted(engine.terms("words", token)) == wanted, token
        assert engine.frequencies("words", [token]) == {token: 1}, token


def test_names_of_odd_characters(engine: Engine) -> None:
    names = [token for token in ODD_TOKENS if len(token) < 100] + [
        "a b",
        "a  b",
        "a/b/c",
        "a,b",
        "\u3000",
        "a\tb",
    ]
    write(
        engine,
        [document(str(i), author=[n], category=[n], author_facet=[n]) for i, n in enumerate(names)],
    )
    for i, name_ in enumerate(names):
        assert found_ids(engine, query.Term("author", name_)) == [str(i)], name_
        assert found_ids(engine, query.Term("category", name_)) == [str(i)], name_
    assert dict(engine.facets(query.Every(), ["author_facet"])["author_facet"]) == dict.fromkeys(names, 1)


def test_a_token_that_is_too_long_costs_nothing_but_itself(name: str, engine: Engine) -> None:
    long = "x" * 65_531
    write(engine, [raw_document("a", f"u {long} v"), raw_document("b", "u v")])
    assert found_ids(engine, query.Term("words", "v"), Sort.OLDEST) == ["a", "b"]
    assert found_ids(engine, GramPhrase("body_grams", ((0, "u"), (2, "v")))) == ["a"]
    assert found_ids(engine, GramPhrase("body_grams", ((0, "u"), (1, "v")))) == ["b"]
    found = [] if "long tokens" in LIMITATIONS.get(name, ()) else ["a"]
    assert found_ids(engine, query.Term("words", long)) == found
    assert found_ids(engine, query.Prefix("body_units", "x")) == found
