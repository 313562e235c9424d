"""The form that writes a query."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import page_at
from properties import examples
from whoosh import query

from index.settings import zone
from search.query.parser import parse_query
from search.settings import SearchSettings
from web.advanced import PARTS, written


@pytest.mark.parametrize(
    ("filled", "wanted"),
    [
        ({"all": "地铁 票价"}, {"q": "地铁 票价"}),
        ({"any": "地铁 公交"}, {"q": "(地铁 OR 公交)"}),
        ({"any": "地铁"}, {"q": "地铁"}),
        ({"none": "地铁 公交"}, {"q": "-地铁 -公交"}),
        ({"phrase": ' 第三"阶段  票价 '}, {"q": '"第三 阶段 票价"'}),
        ({"all": "地铁", "none": "公交", "field": "title"}, {"q": "title:(地铁 -公交)"}),
        ({"all": "地铁", "field": "nothing"}, {"q": "地铁"}),
        ({"all": "NOT a:b -c"}, {"q": '"NOT" "a:b" "-c"'}),
        ({"from": "去年", "to": "上个月"}, {"from": "去年", "to": "上个月"}),
        ({"all": "地铁", "from": "-30d"}, {"q": "地铁", "from": "-30d"}),
    ],
)
def test_the_form_writes_the_query(
    client: FlaskClient, filled: dict[str, str], wanted: dict[str, str]
) -> None:
    answer = client.get("/advanced", query_string=filled)
    assert answer.status_code == 302
    address = urlsplit(answer.location)
    assert address.path == "/search"
    assert {name: values[0] for name, values in parse_qs(address.query).items()} == wanted
    assert client.get(answer.location).status_code == 200


def test_an_empty_form_is_shown(client: FlaskClient) -> None:
    page = page_at(client, "/advanced", all=" ", phrase="")
    assert len(page.select(".advanced label")) == len(page.select(".advanced :is(input, select)")) == 7
    assert page_at(client, "/advanced", q="地铁 票价").select_one("[name=all]")["value"] == "地铁 票价"
    assert page_at(client, "/advanced", q="title:地铁").select_one("[name=all]")["value"] == ""
    for path in ("/", "/search?q=临江"):
        assert page_at(client, path).select("a[href^='/advanced']")


@settings(max_examples=examples(200))
@given(st.dictionaries(st.sampled_from(PARTS), st.text('地铁 "“（(：:-*~^|!NOTAD', max_size=12)))
def test_whatever_is_filled_in_is_text(parts: dict[str, str]) -> None:
    typed = written(parts)
    parsed = parse_query(typed, SearchSettings(), zone("UTC"))
    assert parsed.notes == ()
    for leaf in parsed.tree.leaves() if parsed.tree is not query.NullQuery else ():
        assert isinstance(leaf, query.Term | query.Phrase)
        assert leaf.fieldname == "text"
