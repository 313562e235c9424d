"""The query language on the help page: one table. Every example is tested. The texts are messages,
translated where they are shown."""

from __future__ import annotations

from dataclasses import dataclass

from index.language import gettext_noop


@dataclass(frozen=True, slots=True)
class Form:
    """Ways to type a condition, and their meaning."""

    examples: tuple[str, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class Section:
    """A group of forms; `id` is its anchor on the page."""

    id: str
    title: str
    lead: str
    forms: tuple[Form, ...]


SECTIONS = (
    Section(
        "words",
        gettext_noop("Words"),
        gettext_noop(
            "Type the words you look for, with spaces between them. Whatever stands in an article can be "
            "found."
        ),
        (
            Form(
                ("公安 放管服",),
                gettext_noop(
                    "every word, anywhere in title or text; where that leaves the first page short, "
                    "articles with some of the words follow, and the page says from where"
                ),
            ),
            Form(
                ("跨省通办怎么办理",),
                gettext_noop(
                    "without spaces, too: a dictionary finds the words; particles such as 的 or 吗 "
                    "between them need not occur"
                ),
            ),
            Form(("漂浮圖書館", "漂浮图书馆"), gettext_noop("Traditional and Simplified are the same")),
            Form(
                ("ＡＢＣ１２３", "abc123"),
                gettext_noop("full-width and half-width, upper and lower case are the same"),
            ),
        ),
    ),
    Section(
        "phrases",
        gettext_noop("Quotations"),
        gettext_noop("Quotation marks find exactly what is between them."),
        (
            Form(
                ('"跨省通办"', "“跨省通办”", "「跨省通办」"),
                gettext_noop("exactly this; with any of these quotation marks"),
            ),
            Form(('"城市 地铁"~10',), gettext_noop("both, at most 10 characters apart")),
        ),
    ),
    Section(
        "operators",
        gettext_noop("Both, either, without"),
        gettext_noop("Operators are upper case, with spaces around them. Full-width （）－｜： work, too."),
        (
            Form(("地铁 AND 公交",), gettext_noop("both words; no partial matches")),
            Form(("地铁 OR 公交", "地铁 | 公交"), gettext_noop("either")),
            Form(("地铁 NOT 公交", "地铁 -公交"), gettext_noop("the first without the second")),
            Form(("(地铁 OR 公交) 票价", "（地铁｜公交）票价"), gettext_noop("grouped by parentheses")),
        ),
    ),
    Section(
        "fields",
        gettext_noop("Fields"),
        gettext_noop("The name of a field, in Chinese or English, and a colon."),
        (
            Form(("标题:地铁", "title:地铁"), gettext_noop("in the title")),
            Form(("正文:地铁", "body:地铁"), gettext_noop("in the text")),
            Form(
                ("作者:新浪财经", "author:新浪财经"),
                gettext_noop("by this author: the whole name, or one of several names"),
            ),
            Form(
                ("分类:金融", "category:金融/新浪财经"),
                gettext_noop("in this category: the name of a level, or the path to one, with all below it"),
            ),
            Form(
                ("标签:园艺", "tag:园艺"), gettext_noop("with this tag; tags are searched with the text, too")
            ),
            Form(("标题:(地铁 OR 公交)",), gettext_noop("everything in the parentheses is in this field")),
        ),
    ),
    Section(
        "dates",
        gettext_noop("Dates"),
        gettext_noop("In the time zone of the index; both ends are inside."),
        (
            Form(("日期:2022", "date:2022-01", "date:2022-01-04"), gettext_noop("in this year, month, day")),
            Form(("date:2022-01..2022-03",), gettext_noop("from January to March 2022")),
            Form(("date:>=2022-01", "date:<2022-03-15"), gettext_noop("from this month on; before this day")),
            Form(
                ("date:-30d", "date:-2w", "date:-6m", "date:-1y"),
                gettext_noop("from 30 days, two weeks, six months, a year ago on, counted from today"),
            ),
            Form(
                ("date:上个月", "date:去年", "date:6月", "date:last month"),
                gettext_noop("in words: last month, last year, the last June that has begun"),
            ),
        ),
    ),
    Section(
        "arrivals",
        gettext_noop("News and addresses"),
        gettext_noop("Neither a change of an article nor a new index makes it new."),
        (
            Form(
                ("added:-7d", "收录:昨天", "added:>2026-01-04T12:00"),
                gettext_noop("what came into the index within seven days, yesterday, after this moment"),
            ),
            Form(
                ("https://news.example/a.html",),
                gettext_noop("the article that has this address as its source"),
            ),
        ),
    ),
    Section(
        "patterns",
        gettext_noop("Patterns and weights"),
        gettext_noop("For words whose spelling you are not sure of."),
        (
            Form(("交管*",), gettext_noop("words that start with this")),
            Form(("tensor?low", "micro*ft"), gettext_noop("? is one letter, * any number of them")),
            Form(
                ("kubernets~",),
                gettext_noop("words of letters that are spelled alike (one letter wrong; ~2: two)"),
            ),
            Form(("地铁^3 公交",), gettext_noop("地铁 counts three times as much in the order")),
        ),
    ),
)
