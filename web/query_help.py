"""The query language as the help page tells it: one table. Every example in it is tested to run."""

from __future__ import annotations

from dataclasses import dataclass


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
        "词语",
        "直接输入想找的词，用空格隔开。不必担心分词：文章里出现过的任何一段文字都能找到。",
        (
            Form(("公安 放管服",), "两个词都要出现，位置不限；这样的文章不够一页时，后面是只有部分词语的"),
            Form(("公安放管服",), "不加空格也可以，由词典断开；连在一起出现的文章排在前面"),
            Form(("漂浮圖書館", "漂浮图书馆"), "繁体与简体视为相同"),
            Form(("ＡＢＣ１２３", "abc123"), "全角与半角、大写与小写视为相同"),
        ),
    ),
    Section(
        "phrases",
        "原文",
        "加上引号，就只找一字不差的原文。",
        (
            Form(('"跨省通办"', "“跨省通办”", "「跨省通办」"), "这几个字必须连在一起；三种引号都可以"),
            Form(('"城市 地铁"~10',), "两个词都出现，而且相隔不超过 10 个字"),
        ),
    ),
    Section(
        "operators",
        "组合与排除",
        "运算符要大写，两边留空格。全角的（）－｜：同样有效。",
        (
            Form(("地铁 AND 公交",), "两者都必须有"),
            Form(("地铁 OR 公交", "地铁 | 公交"), "有其一即可"),
            Form(("地铁 NOT 公交", "地铁 -公交"), "有前者，没有后者"),
            Form(("(地铁 OR 公交) 票价", "（地铁｜公交）票价"), "用括号分组"),
        ),
    ),
    Section(
        "fields",
        "指定范围",
        "字段名后面加冒号，中文英文都可以。",
        (
            Form(("标题:地铁", "title:地铁"), "标题里有"),
            Form(("正文:地铁", "body:地铁"), "正文里有"),
            Form(("作者:新浪财经", "author:新浪财经"), "这位作者（完整的名字）"),
            Form(("分类:金融", "category:金融/新浪财经"), "这个分类，包括它下面的各级"),
            Form(("标题:(地铁 OR 公交)",), "括号里的都在这个范围内"),
        ),
    ),
    Section(
        "dates",
        "日期",
        "按索引的时区计算，首尾都包括在内。",
        (
            Form(("日期:2022", "date:2022-01", "date:2022-01-04"), "某年、某月、某日"),
            Form(("date:2022-01..2022-03",), "从 2022 年 1 月到 3 月"),
            Form(("date:>=2022-01", "date:<2022-03-15"), "从那时起；早于那时"),
        ),
    ),
    Section(
        "patterns",
        "模糊与加权",
        "适合记不清写法的时候。",
        (
            Form(("交管*",), "以此开头"),
            Form(("tensor?low", "micro*ft"), "？代表一个字母，* 代表任意多个"),
            Form(("kubernets~",), "拼写相近的字母词（差一个字母；~2 是差两个）"),
            Form(("地铁^3 公交",), "“地铁” 在排序中更重要"),
        ),
    ),
)
