"""Files of records: fields by their names, any size in bounded memory, a bad record costs no other."""

import csv
import io
import json
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article, Problem, ProblemKind, format_date, post_id
from index.errors import InputError
from index.sources.fields import ReadingRules
from index.sources.posts import digest_of
from index.sources.records import RecordReader, parse_field_map

LINE = "城南的书店今天开门，来了不少人，他们在这里看书。"


def read(
    data: bytes | str, name: str = "a.jsonl", *, limit: int = 10_000, maps: tuple[str, ...] = ()
) -> tuple[list[Article], list[Problem]]:
    content = data.encode() if isinstance(data, str) else data
    reader = RecordReader(f"p/{name}", UTC, limit, parse_field_map(maps), ReadingRules())
    articles = list(reader.articles(io.BytesIO(content)))
    assert reader.digest == digest_of(content)
    return articles, reader.problems


@pytest.mark.parametrize(
    "data",
    [
        '[{"title": "甲", "text": "子"}, {"title": "乙", "text": "丑"}]',
        ' [\n{"title": "甲", "text": "子"},\n{"title": "乙", "text": "丑"},\n]\n',
        '{"title": "甲", "text": "子"}\n{"title": "乙", "text": "丑"}\n',
        '{\n  "title": "甲",\n  "text": "子"\n}\n{\n  "title": "乙",\n  "text": "丑"\n}\n',
        '{"count": 2, "articles": [{"title": "甲", "text": "子"}, {"title": "乙", "text": "丑"}]}',
    ],
    ids=["array", "array over lines", "lines", "values over lines", "list in an object"],
)
def test_json_files_of_every_shape(data: str) -> None:
    articles, problems = read(data, "a.json")
    assert [(article.title, article.text) for article in articles] == [("甲", "子"), ("乙", "丑")]
    assert len({article.id for article in articles}) == 2
    assert not problems


def test_a_json_file_without_articles_is_left_out() -> None:
    articles, problems = read('{"name": "pack", "version": "1.0", "scripts": {"build": "x"}}', "package.json")
    assert not articles
    assert [(problem.path, problem.lost) for problem in problems] == [("p/package.json", True)]
    assert "souwen index --map text=KEY" in problems[0].reason


def test_fields_have_the_names_that_people_give_them() -> None:
    record = {
        "标题": "甲",
        "Content": "<p>子</p><p>丑</p>",
        "发布时间": 1641276006000,
        "channel": "金融/国内",
    }
    (article,), problems = read(json.dumps(record))
    assert (article.title, article.text, article.date) == ("甲", "子\n丑", 1641276006)
    assert article.categories == ("金融", "国内")
    assert not problems


def test_mapped_fields_come_before_others_and_lists_are_joined() -> None:
    lines = [{"name": "甲", "paragraphs": ["子", "丑"], "lead": "寅"}, {"title": "乙", "text": "卯"}]
    data = "\n".join(map(json.dumps, lines))
    articles, _ = read(data, maps=("text=lead,title=name", "text=paragraphs"))
    assert [(article.title, article.text) for article in articles] == [("甲", "寅\n子\n丑"), ("乙", "卯")]


@pytest.mark.parametrize("pair", ["text", "text=", "body=x", "=x"])
def test_a_map_of_no_field_is_refused(pair: str) -> None:
    with pytest.raises(InputError, match="FIELD is one of id, title, text"):
        parse_field_map([pair])


def test_records_without_known_fields_are_read_whole_and_told_once() -> None:
    articles, problems = read('{"甲": "子", "乙": ["丑", "寅"]}\n{"甲": "卯"}\n')
    assert [article.text for article in articles] == ["甲：子\n乙：丑\n寅", "甲：卯"]
    assert len(problems) == 1
    assert "2 records have no field title or text" in problems[0].reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "big5hkscs", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_in_every_encoding(encoding: str, delimiter: str) -> None:
    text = '第一行，在這裡\n第二行: "引", 是的' if encoding == "big5hkscs" else f'{LINE}\n第二行 "引", 是的'
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(
        [["标题" if "big" not in encoding else "標題", "content"], ["甲", text]]
    )
    (article,), problems = read(out.getvalue().encode(encoding), "a.csv")
    assert (article.title, article.text) == ("甲", text)
    assert article.id == post_id("p/a.csv#2")
    assert not problems


def test_csv_that_is_not_well_formed_loses_nothing() -> None:
    data = 'title,text\n甲,子\0丑,寅\n\n乙,5" 盘\n丙,"不关\n丁,卯\n'
    articles, problems = read(data, "a.csv")
    assert [(article.title, article.text) for article in articles] == [
        ("甲", "子丑,寅"),
        ("乙", '5" 盘'),
        ("丙", '"不关'),
        ("丁", "卯"),
    ]
    assert [problem.reason for problem in problems] == [
        "line 5: a quote is never closed; each line from there is a record"
    ]


def test_a_record_over_the_limit_costs_no_other() -> None:
    large = "大" * 20_000
    lines = "\n".join(
        json.dumps({"title": t, "text": x}) for t, x in (("甲", "子"), ("乙", large), ("丙", "丑"))
    )
    array = json.dumps(
        [{"title": "甲", "text": "子"}, {"title": "乙", "text": large}, {"title": "丙", "text": "丑"}]
    )
    table = f'title,text\n甲,子\n乙,"{large[:9000]}\n{large[:9000]}"\n丙,丑\n'
    for name, data, where in (("a.jsonl", lines, 2), ("a.json", array, 2), ("a.csv", table, 3)):
        articles, problems = read(data, name)
        assert [article.title for article in articles] == ["甲", "丙"], name
        assert [(problem.path, problem.lost) for problem in problems] == [(f"p/{name}:{where}", True)]
        assert "is too large" in problems[0].reason


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 150_000,
        b'{"a":' * 40_000,
        b'[{"text": "' + b"x" * 500_000,
        b'[{"title": "a", "text": tru}, {"title": "b"}',
        b"\x1f\x8b\x08\x00" + bytes(range(256)) * 500,
        b'[{"text": ' + b"9" * 100_000 + b"}]",
        b"\0" * 100_000,
        b'a,b\n"' + b"x,\n" * 40_000,
    ],
    ids=[
        "brackets",
        "objects",
        "a string without end",
        "no JSON",
        "gzip",
        "a long number",
        "zeros",
        "a quote",
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv", "a.tsv"])
def test_bombs_and_garbage_are_told(data: bytes, name: str) -> None:
    articles, problems = read(data, name, limit=100_000)
    assert articles or problems or not data.strip(b"\0[")


def test_records_without_a_date_have_that_of_the_path() -> None:
    articles, problems = read('{"text": "甲"}\n{"text": "乙", "date": "2020-01-01"}', "2021-03-04.jsonl")
    assert [format_date(article.date) for article in articles] == [
        "2021-03-04T00:00:00Z",
        "2020-01-01T00:00:00Z",
    ]
    assert problems == [
        Problem(
            "p/2021-03-04.jsonl",
            "1 records have no date, and were given that of the file's path",
            ProblemKind.GUESS,
        )
    ]


def test_tags_and_categories_beyond_what_people_give_are_told() -> None:
    names = [f"签{number}" for number in range(25_000)]
    records = [
        {"text": "甲", "tags": ",".join(names)},
        {"text": "乙", "category": ",".join(f"{name}/子" for name in names)},
        {"text": "丙", "categories": names},
    ]
    articles, problems = read("\n".join(map(json.dumps, records)), limit=10_000_000)
    first, second, third = articles
    assert len(first.tags) == len([second.categories, *second.other_categories]) == 1000
    assert third.categories == tuple(names[:20])
    assert [problem.reason for problem in problems] == [
        "tags: 25,000, and only the first 1,000 were read",
        "categories: 25,000, and only the first 1,000 were read",
        "too many values (20,000 are read); levels of a category: 25,000, and only the first 20 were read",
    ]


def test_problems_are_listed_up_to_a_number() -> None:
    _, problems = read("{\n" * 5000)
    assert len(problems) == 1001
    assert problems[-1].reason == "has 4,000 more records with problems"


TEXT = st.text(alphabet="的一书店，。\n\"',;\\ab\t", max_size=30)


@given(
    st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=20), st.sampled_from(["a.csv", "a.json", "a.jsonl"])
)
def test_what_was_written_is_read(pairs: list[tuple[str, str]], name: str) -> None:
    records = [{"title": f"题{title}", "text": f"文{text}"} for title, text in pairs]
    out = io.StringIO()
    if name == "a.csv":
        writer = csv.DictWriter(out, ["title", "text"], quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(records)
    elif name == "a.json":
        json.dump(records, out)
    else:
        out.write("\n".join(map(json.dumps, records)))
    articles, problems = read(out.getvalue(), name)
    assert not problems
    wanted = [(" ".join(r["title"].split()), " ".join(r["text"].split())) for r in records]
    assert [(a.title, " ".join(a.text.split())) for a in articles] == wanted


@given(st.binary(max_size=400), st.sampled_from(["a.csv", "a.tsv", "a.json", "a.jsonl"]))
def test_any_bytes_are_read(data: bytes, name: str) -> None:
    read(data, name, limit=100)


def test_charsets_are_not_needed(tmp_path: Path) -> None:
    data = "\n".join(json.dumps({"text": LINE}, ensure_ascii=False) for _ in range(3)).encode("gb18030")
    articles, _ = read(data)
    assert [article.text for article in articles] == [LINE] * 3
