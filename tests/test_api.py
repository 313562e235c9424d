"""The JSON API holds its contract: DESIGN section 5, field by field, and its own OpenAPI document."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from pages import without_catalog

from index.errors import EngineError
from search import serialize as response
from search.request import MAX_SIZE, SearchRequest
from search.searcher import Searcher
from web import params
from web.context import Context

RADIO = "radio-001"


def _get(client: FlaskClient, path: str, **arguments: object) -> dict[str, Any]:
    answer = client.get(path, query_string=arguments)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/json"
    parsed: dict[str, Any] = json.loads(answer.data)
    return parsed


def _error(client: FlaskClient, path: str, **arguments: object) -> tuple[int, str, str]:
    answer = client.get(path, query_string=arguments)
    parsed = json.loads(answer.data)
    assert list(parsed) == ["error"]
    assert sorted(parsed["error"]) == ["code", "message"]
    return answer.status_code, parsed["error"]["code"], parsed["error"]["message"]


def test_search_answers_the_object_of_the_design(client: FlaskClient) -> None:
    found = _get(client, "/api/search", q="临江 地铁", size=2)
    assert list(found) == [
        "query", "understood", "total", "partial", "took_ms", "page", "size", "hits", "facets",
        "suggestion", "suggestion_total", "zero_results", "notes",
    ]  # fmt: skip
    assert (found["query"], found["page"], found["size"], found["notes"]) == ("临江 地铁", 1, 2, [])
    assert found["total"] >= 3
    hit = found["hits"][0]
    assert sorted(hit) == sorted(
        "id path url source_url title title_html author date categories tags tags_html "
        "thumbnail score missing folded snippets_html".split()
    )
    assert hit["url"] == f"/article/{hit['id']}"
    assert "<mark>" in hit["title_html"]
    assert hit["date"].endswith("Z")
    assert sorted(found["facets"]) == ["author", "category", "month", "tag"]
    for values in found["facets"].values():
        assert all(sorted(value) == ["count", "value"] for value in values)
    assert [value["value"] for value in found["facets"]["month"]] == sorted(
        value["value"] for value in found["facets"]["month"]
    )


def test_search_gives_what_the_terminal_gives(app: Flask, client: FlaskClient) -> None:
    context: Context = app.extensions["souwen"]
    request = SearchRequest("临江", page=2, size=3, sort="newest", author=("临江财经",), date_to="2023")
    expected = response.results_json(context.searcher.search(request))
    arguments = {"page": 2, "size": 3, "sort": "newest", "author": "临江财经", "to": "2023"}
    found = _get(client, "/api/search", q="临江", **arguments)
    assert found | {"took_ms": 0} == json.loads(json.dumps(expected)) | {"took_ms": 0}


def test_filters_and_paging(client: FlaskClient) -> None:
    everything = _get(client, "/api/search", q="临江", size=100)["hits"]
    second = _get(client, "/api/search", q="临江", page=2, size=5)["hits"]
    assert [hit["id"] for hit in second] == [hit["id"] for hit in everything[5:10]]
    economy = _get(client, "/api/search", q="临江", category="金融/临江财经")["hits"]
    assert economy
    assert all(hit["categories"][:2] == ["金融", "临江财经"] for hit in economy)
    for name, value in (("from", "2023"), ("to", "2022-06")):
        dates = [hit["date"] for hit in _get(client, "/api/search", q="临江", **{name: value})["hits"]]
        assert dates
        assert all(
            (date >= "2022-12-31T16") if name == "from" else (date < "2022-06-30T16") for date in dates
        )


def test_an_article_has_its_text_and_its_source(client: FlaskClient) -> None:
    found = _get(client, f"/api/article/{RADIO}")
    assert list(found) == [
        "id", "path", "url", "source_url", "title", "author", "date", "categories",
        "tags", "thumbnail", "editor", "text", "html",
    ]  # fmt: skip
    assert found["id"] == RADIO
    assert found["url"] == f"/article/{RADIO}"
    assert found["text"]


def test_similar_articles_never_include_the_article(client: FlaskClient) -> None:
    metro = _get(client, "/api/search", q="title:临江地铁")["hits"]
    found = _get(client, f"/api/similar/{metro[0]['id']}", size=2)
    assert found["id"] == metro[0]["id"]
    assert {hit["id"] for hit in found["hits"]} == {hit["id"] for hit in metro[1:3]}


def test_suggestions_by_either_name_of_the_parameter(client: FlaskClient) -> None:
    found = _get(client, "/api/suggest", q="漂浮", size=1)
    assert found == _get(client, "/api/suggest", prefix="漂浮", size=1)
    assert found["prefix"] == "漂浮"
    assert [sorted(suggestion) for suggestion in found["suggestions"]] == [["id", "kind", "text"]]
    assert _get(client, "/api/suggest") == {"prefix": "", "suggestions": []}


def test_statistics(client: FlaskClient) -> None:
    found = _get(client, "/api/stats")
    assert found["articles"] == 71
    assert found["timezone"] == "Asia/Shanghai"
    assert found["oldest"] < found["newest"]
    assert found["last_run"]["added"] == 71
    assert found["folders"] == ["articles"]  # not where they are
    assert not any(str(value).startswith("/") for value in found.values())


@pytest.mark.parametrize("value", ["abc", "1e9", "-1", "0", "1.5", "９", "9" * 5000, "1 2", "None"])
@pytest.mark.parametrize("path", ["/api/search", "/api/suggest", f"/api/similar/{RADIO}"])
def test_a_number_that_makes_no_sense_is_an_error(client: FlaskClient, path: str, value: str) -> None:
    status, code, message = _error(client, path, q="临江", size=value)
    assert (status, code) == (400, "bad_query")
    assert message.startswith("size: ")
    assert f"from 1 to {MAX_SIZE}" in message
    assert len(message) < 200


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"page": "abc"}, "page: 'abc' is not allowed. It is a whole number from 1."),
        ({"page": "-1"}, "from 1"),
        ({"page": "1001"}, "10,000"),
        ({"size": "101"}, "from 1 to 100"),
        ({"sort": "best"}, "relevance, newest, oldest"),
        ({"from": "sometime"}, "from: 'sometime' is not a date"),
        ({"to": "2022-13"}, "to: '2022-13' is not a date"),
        ({"q": "长" * 1001}, "1,000 are allowed"),
    ],
)
def test_what_is_not_allowed_is_told(client: FlaskClient, arguments: dict[str, str], told: str) -> None:
    status, code, message = _error(client, "/api/search", **{"q": "临江", **arguments})
    assert (status, code) == (400, "bad_query")
    assert told in message


def test_empty_and_unknown_parameters_are_ignored(client: FlaskClient) -> None:
    plain = _get(client, "/api/search", q="临江")
    odd = _get(client, "/api/search", q="临江", page="", size=" ", sort="", category="", utm_source="x")
    assert plain | {"took_ms": 0} == odd | {"took_ms": 0}
    nameless = _get(client, "/api/search", q="临江", author=" ", **{"": "x"})
    assert plain | {"took_ms": 0} == nameless | {"took_ms": 0}


@pytest.mark.parametrize(
    "path", ["/api/article/nope", "/api/similar/nope", "/api/article/a%2F%2Fb", "/api/x"]
)
def test_what_is_not_there_is_a_404(client: FlaskClient, path: str) -> None:
    status, code, _ = _error(client, path)
    assert (status, code) == (404, "not_found")


def test_other_methods_are_told_which_are_allowed(client: FlaskClient) -> None:
    answer = client.post("/api/search")
    assert answer.status_code == 405
    assert json.loads(answer.data)["error"]["code"] == "method_not_allowed"
    assert "GET" in answer.headers["Allow"]


def test_an_engine_that_fails_is_an_error_and_never_an_empty_result(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise EngineError("the engine is down")

    context: Context = app.extensions["souwen"]
    monkeypatch.setattr(type(context.searcher), "search", fail)
    assert _error(client, "/api/search", q="临江") == (
        503,
        "engine_error",
        f"the engine is down. Run: souwen verify --index {context.settings.index}",
    )


def test_what_nobody_expected_shows_no_stack_trace(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    context: Context = app.extensions["souwen"]
    monkeypatch.setattr(type(context.searcher), "search", fail)
    status, code, message = _error(client, "/api/search", q="临江")
    assert (status, code) == (500, "internal_error")
    assert "secret" not in message


# The OpenAPI document


def _document(client: FlaskClient) -> dict[str, Any]:
    return _get(client, "/api/openapi.json")


def test_the_document_is_valid_openapi(client: FlaskClient) -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator  # half a second, of those who leave it out too

    OpenAPIV31SpecValidator(_document(client)).validate()


def test_the_document_has_every_route_and_parameter(app: Flask, client: FlaskClient) -> None:
    document = _document(client)
    routes = {rule.rule.replace("<article_id:article_id>", "{id}") for rule in app.url_map.iter_rules()}
    assert set(document["paths"]) == {
        route
        for route in routes
        if route.startswith(("/api/", "/search.", "/healthz", "/metrics")) or route.endswith((".ris", ".bib"))
    }
    listed = {parameter["name"] for parameter in document["paths"]["/api/search"]["get"]["parameters"]}
    assert listed == {parameter.name for parameter in params.SEARCH}


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/api/search?q=临江+地铁", "/api/search"),
        ("/api/search?q=锟斤拷", "/api/search"),
        ("/api/search?q=", "/api/search"),
        ('/api/search?q="不存在的一句话', "/api/search"),
        (f"/api/article/{RADIO}", "/api/article/{id}"),
        (f"/api/similar/{RADIO}", "/api/similar/{id}"),
        ("/api/suggest?q=临江", "/api/suggest"),
        ("/api/stats", "/api/stats"),
        ("/api/search?q=a&page=0", "/api/search"),
        ("/api/article/nope", "/api/article/{id}"),
    ],
)
def test_answers_are_as_the_document_says(client: FlaskClient, path: str, template: str) -> None:
    _check_answer(client, path, template)


def test_statistics_without_a_catalog(
    client: FlaskClient, searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    stats = without_catalog(searcher)
    monkeypatch.setattr(Searcher, "stats", lambda _: stats)
    found = _get(client, "/api/stats")
    assert found["articles"] == 71
    assert found["problems"] == dict.fromkeys(("lost", "partial", "guess", "left_out", "empty"))
    assert (found["files"], found["folders"], found["runs"], found["last_run"]) == (None, [], [], None)
    _check_answer(client, "/api/stats", "/api/stats")


def _check_answer(client: FlaskClient, path: str, template: str) -> None:
    document = _document(client)
    answer = client.get(quote(path, safe="/?&=+"))
    said = document["paths"][template]["get"]["responses"][str(answer.status_code)]
    if "$ref" in said:
        said = document["components"]["responses"][said["$ref"].rpartition("/")[2]]
    schema = said["content"]["application/json"]["schema"] | {"components": document["components"]}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(json.loads(answer.data))


def test_the_document_names_the_prefix_as_its_server(client: FlaskClient) -> None:
    answer = client.get("/api/openapi.json", headers={"X-Forwarded-Prefix": "/archive"})
    assert json.loads(answer.data)["servers"] == [{"url": "/archive"}]
