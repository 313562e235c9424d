"""Settings of searching."""

from __future__ import annotations

from dataclasses import dataclass

from index.settings import Settings, number, path


@dataclass(frozen=True, slots=True)
class SearchSettings(Settings):
    """Synonyms, ranking and limits of queries, and the query log; with the settings of the index."""

    synonyms: str = path(
        "", "a file with words that mean the same: `医保, 医疗保险`, or `北理工 => 北京理工大学`"
    )
    freshness: int = number(
        0,
        "points added to the score of an article of the last week; older ones get less, from three years on "
        "none. A few words score 10 to 40",
        low=0,
    )
    max_query_length: int = number(1000, "characters in a query", low=1)
    max_query_nesting: int = number(
        20, "parentheses inside parentheses in a query; deeper ones are read as text", low=0
    )
    max_query_words: int = number(
        200, "words and operands in a query; further ones are ignored, with a note", low=1
    )
    max_query_patterns: int = number(
        10,
        "words with * or ?, and words or phrases with ~, in a query; further ones are read as words",
        low=0,
    )
    max_expansions: int = number(1000, "indexed words that one wildcard or fuzzy term may match", low=1)
    max_hits: int = number(10000, "results reachable by paging", low=100)
    max_search_seconds: int = number(10, "seconds that a search may take, checked between its steps", low=1)
    query_log: str = path("", "a file (SQLite) that counts the queries of the pages and the API by day")
    query_log_days: int = number(90, "days that the query log keeps", low=1)
