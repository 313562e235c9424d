"""How long suggestions take while somebody types.

    python bench/suggest.py INDEX [--prefixes 1000]

What is typed on the way to a title or to a word of one, drawn with a fixed seed: its first characters, its
pinyin, initials, a character and pinyin; one to eight of them. In process, as `/api/suggest` answers.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from contextlib import closing
from pathlib import Path

from search.assist.pinyin import readings
from search.searcher import Searcher
from search.serialize import suggest_json
from search.settings import SearchSettings


def mixed_prefixes(searcher: Searcher, count: int) -> list[str]:
    """What is typed, the same for the same index."""
    chooser = random.Random(20221122)
    with searcher.reader.acquire() as index:
        titles = sorted({article.title for article in index.articles.newest(10**6)})
        prefixes: list[str] = []
        while len(prefixes) < count:
            title = chooser.choice(titles)
            words = [word for word in index.analyzer.words(title) if len(word) > 1]
            word = chooser.choice(words or [title])
            sounds = readings().of_word(word)
            initials = "".join(sound[:1] for sound in sounds)
            whole = "".join(sounds)
            typed = chooser.choice(
                (title, title, word, whole, whole, initials, word[0] + "".join(sounds[1:]))
            )
            prefixes.append(typed[: chooser.randint(1, 8)])
    return prefixes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--prefixes", type=int, default=1000)
    arguments = parser.parse_args()
    with closing(Searcher(arguments.index, SearchSettings())) as searcher:
        prefixes = mixed_prefixes(searcher, arguments.prefixes)
        started = time.perf_counter()
        searcher.suggest("jiaoguan")
        print(f"the first, which reads the words: {time.perf_counter() - started:.2f} s")
        wall: list[float] = []
        busy: list[float] = []
        for prefix in prefixes:
            started, begun = time.perf_counter(), time.process_time()
            json.dumps(suggest_json(prefix, searcher.suggest(prefix)), ensure_ascii=False)
            wall.append((time.perf_counter() - started) * 1000)
            busy.append((time.process_time() - begun) * 1000)
    for name, took in (("wall clock", wall), ("processor", busy)):
        cuts = statistics.quantiles(took, n=100)
        print(f"{name}: p50 {cuts[49]:.1f}, p95 {cuts[94]:.1f}, p99 {cuts[98]:.1f} ms")


if __name__ == "__main__":
    main()
