"""`souwen search`, `show`, `similar`, `suggest`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cli.options import console, index_option, json_option, print_json, printable, settings_for
from cli.results import described, print_hit, print_results
from search import open_index
from search.request import SearchRequest

if TYPE_CHECKING:
    from click.parser import _OptionParser as OptionParser

_NOTHING_FOUND = 1
# Stands before a word that click would take for an option; no argument of a process can have it.
_WORD = "\0"


class _QueryCommand(click.Command):
    """A command whose query words may begin with `-`, unless that begins one of its options: `-上牌` is part
    of the query, `-n` is an option. Everything behind `--` is part of the query."""

    def make_parser(self, ctx: click.Context) -> OptionParser:
        parser = super().make_parser(ctx)
        parse = parser.parse_args
        options = {name for each in self.get_params(ctx) for name in each.opts if name[1:2] != "-"}

        def parse_args(args: list[str]) -> tuple[dict[str, Any], list[str], list[click.Parameter]]:
            given, words, order = parse(
                [
                    _WORD + arg if arg[:1] == "-" and arg[:2] not in {"-", "--", *options} else arg
                    for arg in args
                ]
            )
            values = {name: _without_sign(value) for name, value in given.items()}
            return values, [_without_sign(word) for word in words], order

        parser.parse_args = parse_args  # type: ignore[method-assign]
        return parser


def _without_sign(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(map(_without_sign, value))
    return value.removeprefix(_WORD) if isinstance(value, str) else value


@click.command("search", cls=_QueryCommand)
@click.argument("words", nargs=-1, metavar="QUERY…")
@click.option("-n", "size", type=int, default=10, show_default=True, help="Results on a page.")
@click.option("--page", type=int, default=1, show_default=True, help="The page, from 1.")
@click.option(
    "--sort",
    default="relevance",
    show_default=True,
    metavar="relevance|newest|oldest",
    help="Sort order.",
)
@click.option(
    "--category",
    multiple=True,
    metavar="C",
    help="Only this category: 金融 or 金融/新浪财经; may be repeated.",
)
@click.option("--tag", multiple=True, metavar="T", help="Only with this tag; may be repeated: any of them.")
@click.option("--author", multiple=True, metavar="A", help="Only this author; may be repeated.")
@click.option("--not-category", multiple=True, metavar="C", help="Not this category; may be repeated.")
@click.option("--not-tag", multiple=True, metavar="T", help="Not with this tag; may be repeated.")
@click.option("--not-author", multiple=True, metavar="A", help="Not this author; may be repeated.")
@click.option(
    "--from",
    "date_from",
    metavar="D",
    default="",
    help="From this date on: 2022, 2022-01, 2022-01-04, -30d, 去年, 上个月.",
)
@click.option("--to", "date_to", metavar="D", default="", help="Up to this date, in the same forms.")
@click.option("--no-fold", "unfolded", is_flag=True, help="List copies, and all of a series, too.")
@click.option("--explain", "explained", is_flag=True, help="Show how each article got its score.")
@index_option
@json_option
def search_command(
    words: Sequence[str],
    size: int,
    page: int,
    sort: str,
    category: tuple[str, ...],
    tag: tuple[str, ...],
    author: tuple[str, ...],
    not_category: tuple[str, ...],
    not_tag: tuple[str, ...],
    not_author: tuple[str, ...],
    date_from: str,
    date_to: str,
    unfolded: bool,
    explained: bool,
    directory: str | None,
    as_json: bool,
) -> None:
    """Search, and print ranked results with highlighted hits.

    Exits with 0 if something was found, 1 if not, 2 on an error. -词 leaves a word out; behind --, all
    is the query.

    \b
    Examples:
      souwen search 交管 放管服              all of the words
      souwen search '"跨省通办"'             exactly this
      souwen search 电动车 -上牌 date:2023   without a word, in a year
      souwen search 公交 --sort newest -n 5  the newest first
      souwen search --category 编程 docker   in a category
      souwen search 地铁 --from -30d --not-author 新浪财经
                                             of the last 30 days, not by this author
      souwen search 放管服 --explain         and why in this order
    """
    settings = settings_for(directory)
    searcher = open_index(settings.index, settings)
    request = SearchRequest(
        query=" ".join(words),
        page=page,
        size=size,
        sort=sort,
        category=category,
        tag=tag,
        author=author,
        not_category=not_category,
        not_tag=not_tag,
        not_author=not_author,
        date_from=date_from,
        date_to=date_to,
        explain=explained,
        fold="off" if unfolded else "on",
    )
    results = searcher.search(request)
    if as_json:
        from search.serialize import results_json

        print_json(results_json(results))
    else:
        print_results(console(), results, searcher.zone())
    sys.exit(0 if results.hits or results.total else _NOTHING_FOUND)


@click.command("show")
@click.argument("article_id", metavar="ID")
@index_option
@json_option
def show_command(article_id: str, directory: str | None, as_json: bool) -> None:
    """Print an article: title, metadata and text.

    \b
    Example:
      souwen show d0f4556f894ca57a
    """
    settings = settings_for(directory)
    searcher = open_index(settings.index, settings)
    article = searcher.article(article_id)
    if as_json:
        from search.serialize import article_json

        print_json(article_json(article))
        return
    from rich.text import Text

    out = console()
    out.print(Text(printable(article.title), style="bold"))
    tags = "".join(f" #{printable(tag)}" for tag in article.tags)
    out.print(Text(described(article, searcher.zone()) + tags, style="dim"))
    out.print(Text(printable(article.path), style="dim"))
    for line in article.text.split("\n"):
        out.print()
        out.print(Text(printable(line)))


@click.command("similar")
@click.argument("article_id", metavar="ID")
@click.option("-n", "size", type=int, default=10, show_default=True, help="Number of results.")
@index_option
@json_option
def similar_command(article_id: str, size: int, directory: str | None, as_json: bool) -> None:
    """List the articles most like one, by its content words; without its copies.

    \b
    Example:
      souwen similar d0f4556f894ca57a
    """
    settings = settings_for(directory)
    searcher = open_index(settings.index, settings)
    hits = searcher.similar(article_id, size)
    if as_json:
        from search.serialize import similar_json

        print_json(similar_json(article_id, hits))
    else:
        out = console()
        for number, hit in enumerate(hits, start=1):
            print_hit(out, number, hit, searcher.zone(), with_snippets=False)
    sys.exit(0 if hits else _NOTHING_FOUND)


@click.command("suggest")
@click.argument("prefix", nargs=-1, metavar="PREFIX")
@click.option("-n", "size", type=int, default=8, show_default=True, help="Number of results.")
@index_option
@json_option
def suggest_command(prefix: Sequence[str], size: int, directory: str | None, as_json: bool) -> None:
    """Suggest queries that begin with PREFIX.

    \b
    Example:
      souwen suggest 交管
      souwen suggest jiaoguan                words by their pinyin, too
    """
    settings = settings_for(directory)
    typed = " ".join(prefix)
    suggestions = open_index(settings.index, settings).suggest(typed, size)
    if as_json:
        from search.serialize import suggest_json

        print_json(suggest_json(typed, suggestions))
    else:
        for suggestion in suggestions:
            click.echo(printable(suggestion.text))
    sys.exit(0 if suggestions else _NOTHING_FOUND)
