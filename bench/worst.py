"""Looks for the query that takes longest: a grammar makes queries, and the slowest are changed further.

    nice -n 19 python bench/worst.py INDEX [--seconds 300] [--seed 1] [--size 10]

Queries are made of what the index has most of (characters, words, words of letters, numbers) and of passages,
in all forms of the query language, as long and as nested as the limits allow, on any page, in any order,
explained or not. Half of the tries are new, half change one of the slowest so far or join two of them.
A search is measured in CPU time of the process; of what seems slow, the least of three counts.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from whoosh import query

from index.analysis.bulk import accelerate_folding
from index.analysis.grams import END
from index.engines.base import Sort
from index.errors import QueryError
from index.store.reader import OpenIndex
from search.request import MAX_SIZE, SearchRequest
from search.searcher import Searcher
from search.serialize import results_json
from search.settings import SearchSettings

_KEPT = 30
_WORDS = 400
_LIMITS = SearchSettings()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What queries are made of; the most frequent first."""

    characters: list[str]
    words: list[str]
    letters: list[str]
    numbers: list[str]
    passages: list[str]
    names: list[str]


def read_vocabulary(index: OpenIndex, chooser: random.Random) -> Vocabulary:
    """From the terms of the index and a sample of its texts."""
    words = Counter(dict(index.engine.terms("words", "")))
    terms = index.engine.terms("body_units", "")
    units = Counter({unit.removesuffix(END): articles for unit, articles in terms})

    def most(counts: Counter[str], wanted: Callable[[str], bool]) -> list[str]:
        return [text for text, _ in counts.most_common() if wanted(text)][:_WORDS]

    texts = [article.text for article in index.articles.newest(200)]
    cuts = [chooser.randrange(max(1, len(text))) for text in texts]
    facets = index.engine.facets(query.Every(), ("author_facet", "category_facet"))
    return Vocabulary(
        characters=most(units, lambda unit: len(unit) == 1 and not unit.isascii()),
        words=most(words, lambda word: len(word) > 1 and not word.isascii()),
        letters=most(units, lambda unit: unit.isascii() and unit.isalpha()),
        numbers=most(units, lambda unit: unit.isdigit()),
        passages=[text[cut : cut + 600].replace("\n", " ") for text, cut in zip(texts, cuts, strict=True)],
        names=[value for values in facets.values() for value, _ in values][:_WORDS],
    )


class Grammar:
    """Random queries, and changes of queries; a query is a list of clauses."""

    def __init__(self, vocabulary: Vocabulary, chooser: random.Random) -> None:
        self._has = vocabulary
        self._random = chooser

    def query(self) -> list[str]:
        """Of few clauses mostly, sometimes of as many as are allowed."""
        count = self._random.choice((1, 1, 2, 3, 5, 10, 30, 100))
        form = self._random.choice((self.clause, self._one_kind()))
        return [form() for _ in range(count)]

    def change(self, clauses: list[str], other: list[str]) -> list[str]:
        """A neighbour of a query, perhaps with a part of another."""
        changed = list(clauses)
        position = self._random.randrange(len(changed))
        match self._random.randrange(7):
            case 0:
                changed[position] = self.clause()
            case 1:
                changed.insert(position, self.clause())
            case 2 if len(changed) > 1:
                del changed[position]
            case 3:
                changed += changed
            case 4:
                changed = changed[: len(changed) // 2 + 1] + other[len(other) // 2 :]
            case 5:
                changed = [changed[position]] * self._random.choice((2, 5, 10))
            case _:
                sign = self._random.choice((" OR ", " AND ", " NOT ", " "))
                changed = [f"({sign.join(changed)})", *other[:1]]
        return changed

    def clause(self) -> str:
        """One operand of any kind."""
        return self._random.choice(self._kinds())()

    def _one_kind(self) -> Callable[[], str]:
        return self._random.choice(self._kinds())

    def _kinds(self) -> list[Callable[[], str]]:
        has, pick, number = self._has, self._random.choice, self._random.randint

        def some(texts: list[str]) -> str:
            """A frequent one, mostly."""
            return texts[min(len(texts) - 1, int(self._random.expovariate(1 / 15)))]

        def text() -> str:
            passage = pick(has.passages)
            start = number(0, max(0, len(passage) - 2))
            return passage[start : start + pick((2, 4, 8, 30, 100, 400))].replace('"', " ")

        def any_word() -> str:
            return some(pick((has.characters, has.words, has.letters, has.numbers)))

        def near() -> str:
            return " ".join(any_word() for _ in range(pick((2, 2, 3, 5, 10))))

        def start() -> str:
            return some(pick((has.characters, has.letters, has.numbers)))[: pick((1, 1, 2, 3))]

        def run(texts: list[str]) -> str:
            return "".join(some(texts) for _ in range(pick((1, 2, 3, 6, 20))))

        def nested() -> str:
            """Groups in turn, each in the next."""
            inner = any_word()
            for depth in range(pick((3, 10, 19))):
                inner = f"({any_word()} {('AND', 'OR')[depth % 2]} {inner})"
            return inner

        return [
            any_word,
            lambda: run(has.characters),
            lambda: run(has.words),
            text,
            lambda: f'"{text()}"',
            lambda: f'"{near()}"~{pick((1, 5, 50, 1000, 99999))}',
            lambda: f"{start()}*",
            lambda: f"{run(has.characters)}*",
            lambda: f"{start()}?{pick(('', '*', '?*', start() + '*'))}",
            lambda: f"{some(has.letters)}~{pick((1, 2))}",
            lambda: f"{pick(('title', 'body'))}:{any_word()}",
            lambda: f"{pick(('author', 'category', 'tag'))}:{some(has.names).split(' ')[0]}{pick(('', '*'))}",
            lambda: f"date:{number(1990, 2026)}..{number(1990, 2026)}",
            lambda: f"{any_word()}^{number(2, 100)}",
            lambda: f"-{any_word()}",
            lambda: f"({any_word()} OR {any_word()} OR {start()}*)",
            nested,
            lambda: "(" * number(1, 20) + f'{any_word()} OR "{near()}"~9' + ")" * number(1, 20),
        ]


def request_for(clauses: list[str], size: int, chooser: random.Random) -> SearchRequest:
    """A search for a query, of any page and order."""
    sign = chooser.choice((" ", " ", " OR ", " AND "))
    return SearchRequest(
        sign.join(clauses)[: _LIMITS.max_query_length],
        size=size,
        page=chooser.choice((1, 1, 1, 2, _LIMITS.max_hits // size)),
        sort=chooser.choice((Sort.RELEVANCE, Sort.RELEVANCE, Sort.NEWEST)).value,
        explain=chooser.random() < 0.2,
    )


def cpu(searcher: Searcher, request: SearchRequest) -> float:
    """Seconds of CPU time."""
    started = time.process_time()
    try:
        json.dumps(results_json(searcher.search(request)), ensure_ascii=False)
    except QueryError:
        return 0.0
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=10, help=f"articles on a page, up to {MAX_SIZE}")
    parser.add_argument("--shown", type=int, default=10)
    arguments = parser.parse_args()
    chooser = random.Random(arguments.seed)
    accelerate_folding()
    with closing(Searcher(arguments.index, SearchSettings())) as searcher:
        with searcher.reader.acquire() as index:
            grammar = Grammar(read_vocabulary(index, chooser), chooser)
        searcher.search(SearchRequest("jiaoguan"))
        searcher.suggest("jiaoguan")  # what is loaded once is not the query's
        gc.freeze()
        slowest: list[tuple[float, list[str], SearchRequest]] = []
        until, count = time.monotonic() + arguments.seconds, 0
        while time.monotonic() < until:
            count += 1
            if len(slowest) < _KEPT or chooser.random() < 0.5:
                clauses = grammar.query()
            else:
                clauses = grammar.change(chooser.choice(slowest)[1], chooser.choice(slowest)[1])
            request = request_for(clauses, arguments.size, chooser)
            if slowest and chooser.random() < 0.3:
                like = chooser.choice(slowest)[2]
                request = replace(like, query=request.query)
            least = slowest[-1][0] if len(slowest) == _KEPT else 0.0
            took = cpu(searcher, request)
            for _ in range(2):
                if took > least:
                    took = min(took, cpu(searcher, request))
            if took > least:
                slowest.append((took, clauses, request))
                slowest.sort(key=lambda found: -found[0])
                del slowest[_KEPT:]
    print(f"{count} searches; the slowest took {slowest[0][0] * 1000:.0f} ms of CPU time")
    for took, _, request in slowest[: arguments.shown]:
        print(f"{took * 1000:6.0f} ms  {request}")


if __name__ == "__main__":
    main()
