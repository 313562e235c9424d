"""`souwen dict discover` and `souwen dict check`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cli.language import _, ngettext, padded
from cli.options import index_option, json_option, print_json, printable, progress_bar, settings_for
from index.settings import read_named_file

if TYPE_CHECKING:
    from search.dictionary.preview import Cut, Preview, RankingChange, WordEffect

# Words that are printed.
_LISTED = 50


@click.group("dict")
def dict_command() -> None:
    """Find new words for the dictionary, and try a changed one before the index is rebuilt with it.

    \b
    Example:
      souwen dict discover > new.txt         words that the dictionary cuts up, to be reviewed
      cat new.txt >> words.txt
      souwen dict check words.txt            what that changes
      SOUWEN_DICTIONARY=words.txt souwen index --rebuild
    """


@dict_command.command("discover")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Number of words.")
@click.option(
    "--min-count",
    type=click.IntRange(2),
    help="Minimum occurrences of a word. [default: 5, or one in a million words]",
)
@index_option
@json_option
def discover_command(limit: int, min_count: int | None, directory: str | None, as_json: bool) -> None:
    """Propose words of the articles that the dictionary cuts up, the best first.

    Each line can go into a dictionary as it is: a word, the frequency that makes it one word, and, as a
    comment, how often it occurs, how it is cut now, its cohesion (bits that its parts say about one another)
    and its freedom (bits of choice in what stands before and after it), and a passage with it.

    \b
    Examples:
      souwen dict discover
      souwen dict discover --limit 1000 --min-count 20 --json
    """
    from index.analysis.words import parse_dictionary
    from index.engines.base import Connection
    from index.store.reader import IndexReader
    from search.dictionary.discover import discover, example

    settings = settings_for(directory)
    reader = IndexReader(settings.index, Connection.of(settings))
    with closing(reader), reader.acquire() as index:
        text = index.dictionary
        if settings.dictionary:
            text = read_named_file("dictionary", settings.dictionary)
        dictionary = parse_dictionary(text, settings.dictionary or "dictionary")
        with progress_bar(_("articles/s")) as show:
            texts = _counted(index.articles.texts(), index.articles.count(), show)
            found = discover(texts, dictionary, limit, min_count)
        examples = [example(index, word.word) for word in found]
    if as_json:
        print_json([asdict(word) | {"example": text} for word, text in zip(found, examples, strict=True)])
        return
    for word, text in zip(found, examples, strict=True):
        click.echo(
            f"{word.word} {word.frequency}  # "
            + _(
                "{count:,}×, now {parts}, cohesion {cohesion:.1f}, freedom {left:.1f} {right:.1f}: {text}",
                count=word.count,
                parts="|".join(word.parts),
                cohesion=word.cohesion,
                left=word.left_entropy,
                right=word.right_entropy,
                text=printable(text),
            )
        )
    if not found:
        click.echo(_("No new words: too few texts, or the dictionary has them all."), err=True)


@dict_command.command("check")
@click.argument("file", type=click.Path())
@click.argument("queries", required=False, type=click.Path())
@index_option
@json_option
def check_command(file: str, queries: str | None, directory: str | None, as_json: bool) -> None:
    """Show what the dictionary FILE would change: in words, and in the best results of QUERIES.

    FILE is compared with the dictionary that the index was made with. QUERIES is a file with a query on
    each line. Nothing in the index is changed: the articles that are cut otherwise are replaced in a
    temporary copy.

    \b
    Examples:
      souwen dict check words.txt
      souwen dict check words.txt queries.txt --json
    """
    from search import open_index
    from search.dictionary.preview import preview

    settings = settings_for(directory)
    text = read_named_file("FILE", file)
    wanted = read_named_file("QUERIES", queries).split("\n") if queries else []
    wanted = [line.strip() for line in wanted if line.strip()]
    with open_index(settings.index, settings) as searcher:
        with progress_bar(_("articles/s")) as show:
            found = preview(searcher, text, file, wanted, show)
        if as_json:
            print_json(asdict(found))
            return
        with searcher.reader.acquire() as index:
            ids = {each for change in found.rankings for each in (*change.before, *change.after)}
            titles = {each.id: each.title for each in index.articles.articles(sorted(ids)).values()}
    for line in _lines(found, titles):
        click.echo(printable(line))


def _counted(texts: Iterable[str], total: int, show: Callable[[int, int], None]) -> Iterator[str]:
    for number, text in enumerate(texts, start=1):
        yield text
        if number % 100 == 0 or number == total:
            show(number, total)


def _lines(found: Preview, titles: dict[str, str]) -> Iterator[str]:
    if not found.words:
        yield _("The dictionary is the one that the index was made with: nothing would change.")
        return
    yield _(
        "{words:,} words differ. {articles:,} articles are cut differently, {titles:,} of them in the title.",
        words=len(found.words),
        articles=found.articles,
        titles=found.changed_titles,
    )
    yield ""
    ordered = sorted(found.words, key=lambda word: -abs(word.after - word.before))
    for word in ordered[:_LISTED]:
        yield _effect(word)
    if len(ordered) > _LISTED:
        yield _("… and {count:,} more; --json lists all.", count=len(ordered) - _LISTED)
    if found.titles:
        yield ""
        yield from map(_cut, found.titles)
    for change in found.rankings:
        yield ""
        yield from _ranking(change, titles)


def _effect(word: WordEffect) -> str:
    text = _(
        "{word}: of {articles:,} articles, one word in {before:,}, then in {after:,}",
        word=word.word,
        articles=word.articles,
        before=word.before,
        after=word.after,
    )
    if word.after == word.before:
        return _("{effect}: no change", effect=text)
    is_rare = word.before < word.after < word.articles / 2
    return _("{effect}; a higher frequency would make that more", effect=text) if is_rare else text


def _cut(cut: Cut) -> str:
    return f"{'|'.join(cut.before)}  →  {'|'.join(cut.after)}"


def _ranking(change: RankingChange, titles: dict[str, str]) -> Iterator[str]:
    query = change.query
    is_recut = query.before != query.after
    yield f"{query.text}: {_cut(query) if is_recut else '|'.join(query.before)}"
    if change.before == change.after:
        same = ngettext(
            "the same {count:,} article in the same order",
            "the same {count:,} articles in the same order",
            len(change.after),
            count=len(change.after),
        )
        yield f"    {same}"
        return
    ranks = {article_id: rank for rank, article_id in enumerate(change.before, start=1)}
    for rank, article_id in enumerate(change.after, start=1):
        was = ranks.get(article_id)
        moved = _("new") if was is None else "" if was == rank else _("was {rank}", rank=was)
        yield f"{rank:6}. {padded(moved, 7)} {titles.get(article_id, article_id)}"
    for article_id in change.before:
        if article_id not in change.after:
            gone = padded(_("gone"), 7)
            yield f"        {gone} {titles.get(article_id, article_id)}"
