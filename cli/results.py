"""Results on a terminal: hits with highlighted snippets, advice, and explanations of scores."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING

from cli.language import _, gettext, ngettext
from cli.options import printable
from index.analysis.document import LEVEL
from index.article import Article, local
from index.language import gettext_noop
from search.results import ResultHit, Results
from search.snippets import Snippet

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from search.explain import Explanation, ScorePart

_MARK = "bold red"


def print_results(out: Console, results: Results, zone: tzinfo) -> None:
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
        print_hit(out, position + 1, hit, zone)
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


def print_hit(out: Console, number: int, hit: ResultHit, zone: tzinfo, *, with_snippets: bool = True) -> None:
    from rich.padding import Padding
    from rich.text import Text

    title = Text(f"{number}. ", style="bold")
    title.append_text(_highlighted(hit.title, "bold"))
    out.print(title)
    indent = (0, 0, 0, 3)
    about = Text(described(hit.article, zone), style="dim")
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


def described(article: Article, zone: tzinfo) -> str:
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
