"""The query language as the help page tells it: one table. Every example in it is tested to run.

The texts are messages, translated where they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from web.language import message


@dataclass(frozen=True, slots=True)
class Form:
    """Ways to type something, and what they mean."""

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
        message("Words"),
        message(
            "Type the words you look for, with spaces between them. Whatever stands in an article can be "
            "found."
        ),
        (
            Form(
                ("公安 放管服",),
                message(
                    "every word, anywhere in title or text; where that leaves the first page short, "
                    "articles with some of the words follow, and the page says from where"
                ),
            ),
            Form(
                ("跨省通办怎么办理",),
                message(
                    "without spaces, too: a dictionary finds the words; particles such as 的 or 吗 "
                    "between them need not occur"
                ),
            ),
            Form(("漂浮圖書館", "漂浮图书馆"), message("Traditional and Simplified are the same")),
            Form(
                ("ＡＢＣ１２３", "abc123"),
                message("full-width and half-width, upper and lower case are the same"),
            ),
        ),
    ),
    Section(
        "phrases",
        message("Quotations"),
        message("Quotation marks find exactly what is between them."),
        (
            Form(
                ('"跨省通办"', "“跨省通办”", "「跨省通办」"),
                message("exactly this; with any of these quotation marks"),
            ),
            Form(('"城市 地铁"~10',), message("both, at most 10 characters apart")),
        ),
    ),
    Section(
        "operators",
        message("Both, either, without"),
        message("Operators are upper case, with spaces around them. Full-width （）－｜： work, too."),
        (
            Form(("地铁 AND 公交",), message("both, and nothing less")),
            Form(("地铁 OR 公交", "地铁 | 公交"), message("either")),
            Form(("地铁 NOT 公交", "地铁 -公交"), message("the first without the second")),
            Form(("(地铁 OR 公交) 票价", "（地铁｜公交）票价"), message("grouped by parentheses")),
        ),
    ),
    Section(
        "fields",
        message("Fields"),
        message("The name of a field, in Chinese or English, and a colon."),
        (
            Form(("标题:地铁", "title:地铁"), message("in the title")),
            Form(("正文:地铁", "body:地铁"), message("in the text")),
            Form(
                ("作者:新浪财经", "author:新浪财经"),
                message("by this author: the whole name, or one of several names"),
            ),
            Form(
                ("分类:金融", "category:金融/新浪财经"),
                message("in this category: the name of a level, or the path to one, with all below it"),
            ),
            Form(("标题:(地铁 OR 公交)",), message("everything in the parentheses is in this field")),
        ),
    ),
    Section(
        "dates",
        message("Dates"),
        message("In the time zone of the index; both ends are inside."),
        (
            Form(("日期:2022", "date:2022-01", "date:2022-01-04"), message("in this year, month, day")),
            Form(("date:2022-01..2022-03",), message("from January to March 2022")),
            Form(("date:>=2022-01", "date:<2022-03-15"), message("from then on; before then")),
        ),
    ),
    Section(
        "patterns",
        message("Patterns and weights"),
        message("For what you do not know exactly how to write."),
        (
            Form(("交管*",), message("what starts so")),
            Form(("tensor?low", "micro*ft"), message("? is one letter, * any number of them")),
            Form(("kubernets~",), message("words of letters that are spelled alike (one slip; ~2: two)")),
            Form(("地铁^3 公交",), message("地铁 counts three times as much in the order")),
        ),
    ),
)
