"""The notes of a search in the language of the pages.

Notes are English templates (`search.syntax.Note`); this table has the Chinese of each. One that isn't in
the table is shown as it is.
"""

from __future__ import annotations

from search.syntax import Note

CHINESE = {
    "There is nothing to search for.": "没有可以搜索的词。",
    "The query has more than {limit} words (max_query_words); the last ones were ignored.": (
        "查询超过 {limit} 个词，后面的没有搜索。"
    ),
    "{prefix}… stands for {count} words; the {limit} most frequent were searched (max_expansions).": (
        "“{prefix}…” 可以匹配 {count} 个词，只搜索了最常见的 {limit} 个。"
    ),
    "{date} is not a date, and was searched as text. Allowed: {allowed}.": (
        "“{date}” 不是日期，已当作普通文字搜索。日期可以写成：{allowed}。"
    ),
    "The operators could not be understood; the query was searched as text.": (
        "无法理解其中的运算符，已当作普通文字搜索。"
    ),
    "{operator} has nothing on one side, and was searched as a word.": (
        "{operator} 有一边是空的，已当作普通词语搜索。"
    ),
    "? and ~ work in title and body only; {text} was searched as it stands.": (
        "? 和 ~ 只能用于标题和正文，“{text}” 已按原样搜索。"
    ),
    "Some words of {text} are too common to be held to a distance, and were searched anywhere.": (
        "“{text}” 中有的词太常见，无法限定距离，已在全文中搜索。"
    ),
    "A quotation mark has no partner, and was ignored.": "有一个引号没有配对，已忽略。",
    "A parenthesis has no partner, and was ignored.": "有一个括号没有配对，已忽略。",
    "Parentheses were ignored: {deepest} inside one another, and {limit} are allowed (max_query_nesting).": (
        "括号嵌套了 {deepest} 层，最多 {limit} 层，已忽略全部括号。"
    ),
    "The synonyms are those from before a mistake: {error}": "同义词文件有误，仍在使用之前的同义词：{error}",
    "The dictionary {file} is not the one that the index was made with. To apply it, run: "
    "souwen index --rebuild --index {index}": (
        "词典 {file} 与建立索引时的不同。要使用它，请运行：souwen index --rebuild --index {index}"
    ),
    "There is no field {name}; it was searched as text. Fields: {fields}.": (
        "没有名为 “{name}” 的字段，已当作普通文字搜索。可用的字段：{fields}。"
    ),
}


def in_chinese(note: Note) -> str:
    """What the page says."""
    return CHINESE.get(note.template, note.template).format(**note.values)
