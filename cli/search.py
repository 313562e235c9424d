"""`souwen search`, `show`, `similar`, `suggest`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import click

from cli.language import _, gettext, ngettext
from cli.options import console, index_option, json_option, print_json, printable, settings_for
from index.analysis.document import LEVEL
from index.article import Article, local
from index.language import gettext_noop
from search import open_index
from search.request import SearchRequest
from search.results import ResultHit, Results
from search.snippets import Snippet

if TYPE_CHECKING:
    from click.parser import _OptionParser as OptionParser
    from rich.console import Console
    from rich.text import Text

    from search.explain import Explanation, ScorePart

_MARK = "bold red"
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
        _print_results(console(), results, searcher.zone())
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
    out.print(Text(_described(article, searcher.zone()) + tags, style="dim"))
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
            _print_hit(out, number, hit, searcher.zone(), with_snippets=False)
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


def _print_results(out: Console, results: Results, zone: tzinfo) -> None:
    from rich.text import Text

    for note in results.notes:
        out.print(Text(_("Note: {note}", note=printable(gettext(note))), style="yellow"))
    if not results.total:
        out.print(Text(_("Nothing found for: {query}", query=printable(results.request.query))))
    _print_advice(out, results)
    if not results.listed:
        return
    first = (results.request.page - 1) * results.request.size
    first_partial = next((number for number, hit in enumerate(results.hits, start=first) if hit.missing), -1)
    for position, hit in enumerate(results.hits, start=first):
        if position == first_partial:
            out.print(Text(_("Only some of the words from here on:"), style="yellow"))
            out.print()
        _print_hit(out, position + 1, hit, zone)
    summary = _(
        "{shown} of {articles}{folded}{partial}, page {page} of {pages:,}, {ms:.0f} ms",
        shown=f"{first + 1}-{first + len(results.hits)}" if results.hits else _("none"),
        articles=_articles(results.total),
        folded=_(" ({count:,} folded)", count=results.folded) if results.folded else "",
        partial=_(" and {count:,} partial matches", count=results.partial) if results.partial else "",
        page=results.request.page,
        pages=-(-results.listed // results.request.size),
        ms=results.took_ms,
    )
    out.print(Text(summary, style="dim"))


def _print_advice(out: Console, results: Results) -> None:
    """Print the suggestion, and the parts of a query without results."""
    from rich.text import Text

    if results.suggestion is not None:
        guess = Text(_("Did you mean: "))
        for number, each in enumerate((results.suggestion, *results.other_suggestions)):
            guess.append(_(", ") if number else "").append(printable(each.query), style="bold")
            guess.append(_(" ({articles})", articles=_articles(each.total)))
        out.print(guess)
    if results.zero_results is None or len(results.zero_results.parts) < 2:
        return
    out.print(_("No article matches all of this:"))
    for part in results.zero_results.parts:
        name = f"{gettext(part.kind)} " if part.kind != "text" else ""
        line = _("{part}: {articles}", part=f"{name}{printable(part.text)}", articles=_articles(part.total))
        out.print(Text(f"  {line}"))
        if part.rest_total:
            rest, articles = printable(part.rest), _articles(part.rest_total)
            if part.kind in ("text", "excluded") and part.rest:
                line = _("without it: {rest}: {articles}", rest=rest, articles=articles)
            else:
                line = _("without it: {articles}", articles=articles)
            out.print(Text(f"    {line}"))
    out.print()


def _articles(count: int) -> str:
    if not count:
        return _("no article")
    return ngettext("{count:,} article", "{count:,} articles", count, count=count)


def _print_hit(
    out: Console, number: int, hit: ResultHit, zone: tzinfo, *, with_snippets: bool = True
) -> None:
    from rich.padding import Padding
    from rich.text import Text

    title = Text(f"{number}. ", style="bold")
    title.append_text(_highlighted(hit.title, "bold"))
    out.print(title)
    indent = (0, 0, 0, 3)
    about = Text(_described(hit.article, zone), style="dim")
    for tag in hit.tags:
        about.append(" #").append_text(_highlighted(tag))
    lines = [about]
    if with_snippets:
        lines += [_highlighted(snippet) for snippet in hit.snippets]
    if hit.folded.copies:
        lines.append(Text(_("+{count:,} similar", count=len(hit.folded.copies)), style="cyan"))
    if hit.folded.series:
        lines.append(Text(_("+{count:,} more with this title", count=len(hit.folded.series)), style="cyan"))
    if hit.missing:
        missing = " ".join(map(printable, hit.missing))
        lines.append(Text(_("missing: {words}", words=missing), style="yellow"))
    if hit.explanation is not None:
        lines += [Text(printable(line), style="dim") for line in _explained(hit.explanation)]
    for line in lines:
        if out.is_terminal:
            out.print(Padding(line, indent))
        else:
            out.print(Text("   ").append_text(line))
    out.print()


# What `search.explain.ScorePart.kind` says, in the order in which it is printed.
_KINDS = {
    "word": gettext_noop("{score}  words in the {field}: {parts}"),
    "pair": gettext_noop("{score}  pairs of characters in the {field}: {parts}"),
    "phrase": gettext_noop("{score}  what was typed, as a phrase in the {field}: {parts}"),
    "synonym": gettext_noop("{score}  synonyms in the {field}: {parts}"),
    "passage": gettext_noop("{score}  words in one passage in the {field}: {parts}"),
    "fresh": gettext_noop("{score}  freshness, by the {field}: {parts}"),
}
# Kinds of parts of a query without results.
_PARTS = (
    gettext_noop("excluded"),
    gettext_noop("category"),
    gettext_noop("tag"),
    gettext_noop("author"),
    gettext_noop("-category"),
    gettext_noop("-tag"),
    gettext_noop("-author"),
    gettext_noop("date"),
)
_FIELDS = {
    "text": gettext_noop("text"),
    "title": gettext_noop("title"),
    "body": gettext_noop("body"),
    "date": gettext_noop("date"),
}


def _explained(explanation: Explanation) -> Iterator[str]:
    """An explanation as lines: kind by kind, title before body."""
    if not explanation.parts:
        yield _("No score: the order is by date, or nothing in the query scores.")
        return
    if explanation.is_partial:
        yield _(
            "Score {score:.2f}; some of what was asked for matches. It is the sum of", score=explanation.total
        )
    else:
        yield _(
            "Score {score:.2f}; all of what was asked for matches. It is the sum of", score=explanation.total
        )
    for kind, template in _KINDS.items():
        for field, name in _FIELDS.items():
            parts = [part for part in explanation.parts if (part.kind, part.field) == (kind, field)]
            if parts:
                yield gettext(template).format(
                    score=f"{sum(part.score for part in parts):8.2f}",
                    field=gettext(name),
                    parts=_(", ").join(map(_in_words, parts)),
                )


def _in_words(part: ScorePart) -> str:
    typed = _(" for {typed}", typed=part.typed) if part.typed else ""
    weight = _(", weight {weight:.2g}", weight=part.weight) if round(part.weight, 2) != 1 else ""
    return _(
        "{text}{typed} ({score:.2f}{weight})", text=part.text, typed=typed, score=part.score, weight=weight
    )


def _described(article: Article, zone: tzinfo) -> str:
    date = "" if article.date is None else local(article.date, zone).strftime("%Y-%m-%d")
    parts = [date, article.author, *map(LEVEL.join, article.category_paths), article.id]
    return " · ".join(printable(part) for part in parts if part)


def _highlighted(snippet: Snippet, style: str = "") -> Text:
    from rich.text import Text

    text = Text("…" if snippet.before else "", style=style)
    position = 0
    for start, end in snippet.highlights:
        text.append(printable(snippet.text[position:start]))
        text.append(printable(snippet.text[start:end]), style=_MARK)
        position = end
    text.append(printable(snippet.text[position:]))
    return text.append("…" if snippet.after else "")
