"""Articles of a program: a file for each, in a folder that the index follows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from index.article import Article, post_id
from index.durability import unfinished_folder
from index.errors import InputError
from index.ingest.job import IngestReport, IngestRequest
from index.ingest.sync import sync
from index.settings import Settings


def add_articles(
    directory: Path | str,
    folder: Path | str,
    articles: Iterable[Article | Mapping[str, object]],
    settings: Settings | None = None,
) -> IngestReport:
    """Writes articles to `folder`, and makes the index in `directory` follow it; makes both where they are
    not there.

    An article is an `Article`, or a record of JSON Lines with the fields of docs/formats.md; each has an
    `id`, and replaces one that was added with the same. To remove it, remove its file and run `sync`. Raises
    InputError for one that has no id or is no JSON, before anything is written, or another error of
    `index.errors`.
    """
    lines: dict[str, str] = {}
    for number, article in enumerate(articles, start=1):
        record = article.to_json() if isinstance(article, Article) else article
        if not (article_id := str(record.get("id") or "").strip()):
            raise InputError(
                "article {number} has no id. Give each one of its own, which stays.", number=number
            )
        try:
            lines[f"{post_id(article_id)}.jsonl"] = json.dumps(record, ensure_ascii=False) + "\n"
        except (TypeError, ValueError) as error:
            raise InputError(
                "article {number} ({id}) can't be written as JSON: {reason}",
                number=number,
                id=article_id,
                reason=error,
            ) from None
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with unfinished_folder(folder / "articles") as unfinished:
        for name, line in lines.items():
            (unfinished / name).write_text(line, encoding="utf-8", errors="backslashreplace")
        for name in lines:
            (unfinished / name).replace(folder / name)
    return sync(Path(directory), IngestRequest([folder]), settings or Settings())
