"""Whether quoted strings, words and single characters find exactly the documents that have them.

    python bench/exact.py INDEX [--queries 1200] [--seed 1]

The oracle knows nothing of the engine, grams or units: it looks through the texts in the catalog. Both the
texts and what is looked for are put into one form, by rules of its own on Unicode's data: compatibility
decomposition without diacritics, full case folding, OpenCC's `t2s` on each character, and the tables of
`index/analysis/variants.py`. Of that, punctuation that ends or parts a sentence is a bar, any other sign but
`+ # % & @ $ =` and the like is nothing; and a match may not begin or end inside a run of letters or a number.

What is asked for: stretches of 2 to 10 characters of random documents and titles, across punctuation, with
their quotation marks, spaces and tags (which are not in the text any more), words, and single characters.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import unicodedata
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import opencc

from index.analysis.variants import CHOSEN, RADICALS, REGIONAL, SEMANTIC
from index.engines.base import Sort
from index.store.reader import IndexReader, OpenIndex
from search.planning.planner import make_plan
from search.query.parser import parse_query
from search.query.resolve import QueryContext
from search.settings import SearchSettings

_SIMPLIFY = opencc.OpenCC("t2s").convert
_VARIANTS = {pair[0]: pair[1] for pair in (REGIONAL + SEMANTIC + RADICALS + CHOSEN).split()}
_BAR = "|"
_POINT = "\1"  # in a number
_SIGNS = "+#%&@$=§¶‰.,"
_DASHES = "—―"
_NOTHING = "\"'`*/\\~^<>|"
# Of scripts that are written with spaces.
_LETTER = r"[^\W\d_\u1100-\U0010ffff]"
is_letter = re.compile(_LETTER).fullmatch
_THOUSANDS = re.compile(r"(?<![\d,.])(?<!\d[.,])[1-9]\d{0,2}(?:,\d{3})+(?!,?\d)")


@cache
def _form(character: str) -> str:
    """What a character is compared as."""
    if character in "\n\r\v\f\x85":
        return _BAR
    if character == "，":
        return _BAR
    text = character
    for _ in range(4):
        decomposed = unicodedata.normalize("NFKD", text).casefold()
        kept = (c for c in decomposed if not 0x300 <= ord(c) < 0x370 and unicodedata.category(c) != "Cf")
        text = "".join(_VARIANTS.get(c) or (_SIMPLIFY(c) if c >= "\u3400" else c) for c in kept)
    name = unicodedata.name(text, "") if len(text) == 1 else ""
    if text > "\x7f" and name.startswith("LATIN SMALL LETTER ") and " WITH " in name:
        text = unicodedata.lookup(name.partition(" WITH ")[0])
    if unicodedata.category(character) != "Nd" and any(c.isdecimal() for c in text):
        text = f" {text} "
    return "".join(map(_sign, text))


def _sign(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] in "LMN" or character in _SIGNS:
        return character
    if category in ("Cc", "Cf", "Cs") or 0xFE00 <= ord(character) < 0xFE10:
        return " " if character == "\t" else ""
    if character in _NOTHING or category[0] == "Z" or category in ("Ps", "Pe", "Pi", "Pf", "Pc"):
        return " "
    if category == "Pd" and character not in _DASHES:
        return " "
    if category[0] == "S" or character in "′″·•‧・":
        return " " if character in "′″·•‧・´⁄∙" else character
    return _BAR


def normal(text: str) -> str:
    """A text as the oracle sees it: what is nothing is a space, and what parts a sentence a bar."""
    text = "".join(map(_form, text))
    text = _THOUSANDS.sub(lambda number: number[0].replace(",", ""), text).replace(",", _BAR)
    text = re.sub(r"(?<=\d)\.(?=\d)", _POINT, text)
    text = re.sub(rf"\.(?!{_LETTER})|(?<=\.\.)\.|(?<=\.)\.", _BAR, text)  # but .NET, node.js
    return re.sub(r" *\|[ |]*", _BAR, re.sub(" +", " ", text))


def expression(core: str) -> re.Pattern[str]:
    """What finds a normal string in a normal text: any spaces between, but not inside letters or numbers."""
    parts = re.findall(rf"{_LETTER}+|\d+(?:{_POINT}\d+)*|\S", core)
    pattern = re.escape(parts[0])
    for left, right in pairwise(parts):
        alike = (left[-1].isdecimal() and right[0].isdecimal()) or (
            is_letter(left[-1]) and is_letter(right[0])
        )
        pattern += (" +" if alike else " *") + re.escape(right)
    if parts[0][0].isdecimal():
        pattern = rf"(?<!\d)(?<!\d{_POINT})" + pattern
    elif is_letter(parts[0][0]):
        pattern = rf"(?<!{_LETTER})" + pattern
    if parts[-1][-1].isdecimal():
        pattern += rf"(?!{_POINT}?\d)"
    elif is_letter(parts[-1][-1]):
        pattern += rf"(?!{_LETTER})"
    return re.compile(pattern)


def questions(texts: list[str], titles: list[str], count: int, draw: random.Random) -> list[str]:
    """Strings to ask for, each once."""
    characters = Counter("".join(draw.sample(texts, min(len(texts), 300))))
    singles = [c for c in characters if core(c)]
    asked: dict[str, None] = {}
    while len(asked) < count:
        kind = draw.random()
        if kind < 0.15:
            asked[draw.choice(singles)] = None
            continue
        source = draw.choice(titles if kind < 0.3 else texts)
        if len(source) < 12:
            continue
        start = draw.randrange(len(source) - 10)
        string = source[start : start + draw.randint(2, 10)]
        if kind > 0.85:  # the words of letters and the numbers of the text
            runs = re.findall(r"[A-Za-z0-9][A-Za-z0-9.+#-]*", source[start : start + 400])
            string = draw.choice(runs) if runs else string
        # A stretch that begins or ends inside a run of letters or a number is another word's part.
        if '"' not in string and _is_whole(source, string):
            asked[string] = None
    return list(asked)


def core(string: str) -> str:
    """A string that is asked for, as the oracle sees it."""
    return normal(string).strip(f"{_BAR} ")


def _is_whole(source: str, string: str) -> bool:
    wanted = core(string)
    return bool(wanted and expression(wanted).search(normal(source)))


@dataclass(frozen=True, slots=True)
class Text:
    """A normal text, and the same without spaces: what it lacks, the other lacks, too."""

    normal: str
    packed: str

    def has(self, packed: str, pattern: re.Pattern[str]) -> bool:
        """Whether the pattern, of a string that is `packed` without spaces, occurs."""
        return packed in self.packed and bool(pattern.search(self.normal))


def read(text: str) -> Text:
    """A text of the catalog, made ready."""
    made = normal(text)
    return Text(made, made.replace(" ", ""))


def found_by_index(index: OpenIndex, string: str, limit: int) -> set[str]:
    """The ids of what a quoted string finds."""
    settings = SearchSettings()
    tree = parse_query(f'"{string}"', settings, index.zone).tree
    limits = settings.max_query_words, settings.max_expansions
    plan = make_plan(tree, QueryContext(index.analyzer, index.engine.terms, *limits))
    hits = index.engine.search(plan.strict, sort=Sort.NEWEST, offset=0, limit=limit).hits
    return {hit.id for hit in hits}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--queries", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    started = time.time()
    with closing(IndexReader(arguments.index)) as reader, reader.acquire() as index:
        articles = list(index.articles.all_articles())
        draw = random.Random(arguments.seed)
        asked = questions([a.text for a in articles], [a.title for a in articles], arguments.queries, draw)
        texts = [(a.id, read(a.title), read(a.text)) for a in articles]
        print(f"{len(articles):,} articles, {len(asked):,} queries, read in {time.time() - started:.0f} s")
        wrong = missing = surplus = 0
        for string in asked:
            wanted_string = core(string)
            packed, pattern = wanted_string.replace(" ", ""), expression(wanted_string)
            wanted = {i for i, *parts in texts if any(text.has(packed, pattern) for text in parts)}
            found = found_by_index(index, string, len(articles))
            missing += len(wanted - found)
            surplus += len(found - wanted)
            if found != wanted:
                wrong += 1
                examples = sorted(wanted ^ found)[:2]
                print(
                    f"  {string!r}: {len(wanted - found)} missing, {len(found - wanted)} too many {examples}"
                )
    exact = len(asked) - wrong
    print(
        f"{exact:,} of {len(asked):,} queries find exactly what the texts have ({missing} documents missing, "
        f"{surplus} too many; {time.time() - started:.0f} s)"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
