"""Labelled lines at the head of a plain text: 标题：… and 日期：…, as newspapers and forums are saved."""

from __future__ import annotations

import re

# Lines of a labelled head.
_MAX_LINES = 15
_LABELS = {
    label: key
    for key, labels in {
        "title": "标题 標題 题目 題目 题名 題名 篇名",
        "date": "日期 时间 時間 发布时间 發布時間 发表时间 發表時間 发布日期 發布日期 出版日期 发表日期",
        "author": "作者 记者 記者 撰文 通讯员",
        "editor": "编辑 編輯 责任编辑 責任編輯 责编",
        "source": "来源 來源 出处 出處 媒体",
        "category": "分类 分類 栏目 欄目 专栏 專欄 版块",
        "tags": "标签 標籤 关键词 關鍵詞 关键字",
        "url": "链接 鏈接 连结 网址 網址 原文链接",
        "description": "摘要 导读 導讀",
    }.items()
    for label in labels.split()
}
_LABEL = re.compile(
    r"^\s*(?:[【\[](?P<bracketed>{labels})[】\]]\s*[：:]?|(?P<label>{labels})\s*[：:])\s*(?P<value>.*)$".format(
        labels="|".join(_LABELS)
    )
)


def labelled_head(text: str) -> tuple[dict[str, str], list[str], int] | None:
    """The values of labelled lines up to the first blank line, the other lines among them, and the length of
    all that; None where a text begins in another way, or its head has no title.

    >>> labelled_head("标题：青岚市志\\n作者：某\\n第3版\\n\\n正文")
    ({'title': '青岚市志', 'author': '某'}, ['第3版'], 17)
    """
    lines = text.lstrip().split("\n", _MAX_LINES)[:_MAX_LINES]
    if not _LABEL.match(lines[0]):
        return None
    values: dict[str, str] = {}
    others: list[str] = []
    length = len(text) - len(text.lstrip())
    for line in lines:
        if not line.strip():
            break
        length += len(line) + 1
        found = _LABEL.match(line)
        if not found:
            others.append(line)
        elif value := found["value"].strip():
            values.setdefault(_LABELS[found["label"] or found["bracketed"]], value)
    return None if "title" not in values or len(others) > len(values) else (values, others, length)
