"""How often "did you mean" is right: 300 typing errors, made from what an index holds.

    python bench/spelling.py INDEX [--wrong] [--seed N]

Texts are drawn with a fixed seed from random titles, since that is what people search for: half of them one
word of a title (2 to 6 characters), half two or three adjacent words (3 to 8 characters, the first and the
last of them no single characters). Each gets one error:

    same sound    a character becomes another that sounds the same (tones aside)
    near sound    … that sounds nearly the same: zh/z, ch/c, sh/s, n/l/r, h/f, an/ang, en/eng, in/ing
    other         … any of the 2,000 most frequent characters of the index. Of texts with three or more: of
                  two, one is left, and the archive has a hundred texts with it
    swapped       two neighbours change places
    missing       a character is left out, of texts with three or more
    surplus       a character is typed twice, or any of the 2,000 is inserted
    letters       a word of five or more letters loses, gains, swaps or changes one

A error counts if it finds few articles, as "did you mean" is for (`FEW`), and fewer than the text it was made
of; what finds more is drawn anew. It is right if the first correction is the text it was made of.

Then the other way round: texts without an error that are in one to nine articles (words of any title or
body, parts of titles, words of letters) should get no suggestion.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

from index.analysis.fold import fold
from index.store.reader import OpenIndex
from search.assist.pinyin import readings
from search.request import SearchRequest
from search.searcher import FEW, Searcher
from search.settings import SearchSettings

KINDS = {
    "same sound": 50,
    "near sound": 40,
    "other": 40,
    "swapped": 45,
    "missing": 40,
    "surplus": 40,
    "letters": 45,
}
_CORRECT = 300
_HAN = re.compile(r"[\u4e00-\u9fff]+")


class Texts:
    """What people would type, drawn from an index."""

    def __init__(self, index: OpenIndex, chooser: random.Random) -> None:
        words = index.engine.terms("words", "")
        self._rare = sorted(
            w for w, n in words if n < FEW and re.fullmatch("[\u4e00-\u9fff]{2,6}|[a-z]{5,}", w)
        )
        titles = sorted({article.title for article in index.articles.newest(10**6)})
        self._titles = [index.analyzer.words(title) for title in titles]
        units = sorted(index.engine.terms("body_units", ""), key=lambda pair: (-pair[1], pair[0]))
        self.characters = [unit for unit, _ in units if _HAN.fullmatch(unit)][:2000]
        self._chooser = chooser

    def words(self) -> str:
        """A word of a title, or a few that stand side by side there."""
        single = self._chooser.random() < 0.5
        while True:
            title = self._chooser.choice(self._titles)
            count = 1 if single else self._chooser.choice((2, 3))
            start = self._chooser.randrange(max(1, len(title) - count + 1))
            part = title[start : start + count]
            text = "".join(part)
            if not _HAN.fullmatch(text) or len(part[0]) < 2 or len(part[-1]) < 2:
                continue
            if 2 <= len(text) <= 6 if single else 3 <= len(text) <= 8:
                return text

    def letters(self) -> str:
        """A word of letters of a title."""
        while True:
            word = self._chooser.choice(self._chooser.choice(self._titles) or [""])
            if re.fullmatch("[a-z]{5,}", word):
                return word

    def correct(self) -> str:
        """A text that may be rare."""
        return self._chooser.choice(self._rare) if self._chooser.random() < 0.5 else self.words()


def make_error(kind: str, texts: Texts, chooser: random.Random) -> tuple[str, str] | None:
    """A text, and the same with an error; None where this text can't have such an error."""
    text = texts.letters() if kind == "letters" else texts.words()
    i = chooser.randrange(len(text))
    match kind:
        case "same sound" | "near sound":
            alike = readings().alike(text[i])
            others = [other for other in texts.characters if alike.get(other) is (kind == "same sound")]
            return (text, text[:i] + chooser.choice(others) + text[i + 1 :]) if others else None
        case "other":
            error = text[:i] + chooser.choice(texts.characters) + text[i + 1 :]
            return (text, error) if len(text) > 2 else None
        case "swapped":
            return text, text[:i] + text[i : i + 2][::-1] + text[i + 2 :]
        case "missing":
            return (text, text[:i] + text[i + 1 :]) if len(text) > 2 else None
        case "surplus":
            put = text[i] if chooser.random() < 0.5 else chooser.choice(texts.characters)
            return text, text[: i + 1] + put + text[i + 1 :]
    letter = chooser.choice("abcdefghijklmnopqrstuvwxyz")
    errors: list[Callable[[], str]] = [
        lambda: text[:i] + text[i + 1 :],
        lambda: text[:i] + letter + text[i:],
        lambda: text[:i] + text[i : i + 2][::-1] + text[i + 2 :],
        lambda: text[:i] + letter + text[i + 1 :],
    ]
    return text, chooser.choice(errors)()


def exact(searcher: Searcher, text: str) -> tuple[int, str | None, float]:
    """How many articles have all of a query, what is suggested instead, and the milliseconds it took."""
    results = searcher.search(SearchRequest(text))
    found = results.total
    return found, results.suggestion and results.suggestion.query, results.took_ms


def errors(
    searcher: Searcher, texts: Texts, kind: str, count: int, chooser: random.Random
) -> Iterator[tuple[str, str, str | None, float]]:
    """So many errors of a kind that count: the text, the error, what is suggested, and the milliseconds."""
    while count:
        made = make_error(kind, texts, chooser)
        if made is None or made[0] == made[1]:
            continue
        text, error = made
        found, suggestion, took = exact(searcher, error)
        if found < FEW and found < exact(searcher, text)[0]:
            count -= 1
            yield text, error, suggestion, took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--wrong", action="store_true", help="list texts that were not corrected")
    parser.add_argument("--seed", type=int, default=20221122)
    arguments = parser.parse_args()
    chooser = random.Random(arguments.seed)
    searcher = Searcher(arguments.index, SearchSettings())
    with searcher.reader.acquire() as index:
        texts = Texts(index, chooser)
    searcher.search(SearchRequest("交通管里"))  # loads what is loaded once
    right_in_all = 0
    times: list[float] = []
    for kind, count in KINDS.items():
        right = none = 0
        for text, error, suggestion, took in errors(searcher, texts, kind, count, chooser):
            times.append(took)
            if suggestion is not None and fold(suggestion) == fold(text):
                right += 1
            else:
                none += suggestion is None
                if arguments.wrong:
                    print(f"  {text} typed {error}: {suggestion}")
        right_in_all += right
        print(
            f"{kind:12} {right:3} of {count} right, {count - right - none} wrong, {none} without suggestion"
        )
    total = sum(KINDS.values())
    print(f"{'all':12} {right_in_all:3} of {total} right: {right_in_all / total:.1%}")
    cuts = statistics.quantiles(times, n=20)
    print(f"a search with an error takes {statistics.median(times):.0f} ms (median), {cuts[18]:.0f} ms (p95)")

    asked = noise = 0
    while asked < _CORRECT:
        text = texts.correct()
        found, suggestion, _ = exact(searcher, text)
        if 0 < found < FEW:
            asked += 1
            noise += suggestion is not None
            if suggestion and arguments.wrong:
                print(f"  {text} ({found}): {suggestion}")
    print(f"without an error, found in 1 to {FEW - 1} articles: {noise} of {asked} got a suggestion")


if __name__ == "__main__":
    main()
