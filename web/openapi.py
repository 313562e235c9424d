"""The OpenAPI 3.1 document, made from the parameters (web/params.py) and the answers (search/answers.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from search import answers
from search.answers import Error, Health, IndexStats, ResultPage, Similar, Suggestions, WholeArticle
from search.citations import BIBTEX, RIS
from search.request import MAX_FILTERS
from web import params
from web.params import Parameter

Schema = dict[str, Any]

_JSON = "application/json"
_AT_MOST = " (at most as many as the setting max_hits says, by default 10,000)"


def make_document() -> dict[str, object]:
    """The whole document without `servers`."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "souwen",
            "version": _version(),
            "description": "搜文: full-text search in an archive of Chinese articles. Dates are in UTC; "
            "dates in queries are in the index's time zone (see /api/stats). Unknown parameters are ignored.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": _paths(),
        "components": {"schemas": _schemas(), "responses": _error_responses()},
    }


def _paths() -> Schema:
    """The operations, by their paths."""
    return {
        "/api/search": _operation(
            "search", "Search for articles", ResultPage, _parameters(params.SEARCH), (400, 503)
        ),
        "/api/article/{id}": _operation("article", "A whole article", WholeArticle, [_ID], (404, 503)),
        "/api/similar/{id}": _operation(
            "similar",
            "The articles most similar to one, the closest first, without its copies",
            Similar,
            [_ID, *_parameters((params.SIMILAR_SIZE,))],
            (400, 404, 503),
        ),
        "/api/suggest": _operation(
            "suggest",
            "Words and titles for what has been typed so far, pinyin included",
            Suggestions,
            _parameters((params.PREFIX, params.SUGGEST_SIZE)),
            (400, 503),
        ),
        "/api/stats": _operation("stats", "The contents of the index in numbers", IndexStats, [], (503,)),
        "/search.csv": _operation(
            "searchCsv",
            f"The articles of all pages, for a spreadsheet{_AT_MOST}",
            ("text/csv; charset=utf-8", {"type": "string"}),
            _parameters(params.DOWNLOAD),
            (400, 503),
        ),
        "/search.jsonl": _operation(
            "searchJsonLines",
            f"The articles of all pages, a Hit on each line{_AT_MOST}",
            ("application/x-ndjson", {"type": "string"}),
            _parameters(params.DOWNLOAD),
            (400, 503),
        ),
        **{
            f"/search.{kind}": _operation(
                f"search{name}",
                f"References to the articles of all pages, {form}{_AT_MOST}",
                (content_type, {"type": "string"}),
                _parameters(params.DOWNLOAD),
                (400, 503),
            )
            for kind, name, form, content_type in (
                ("ris", "Ris", "in RIS", RIS),
                ("bib", "Bibtex", "in BibTeX", BIBTEX),
                ("txt", "References", "numbered, by GB/T 7714", "text/plain; charset=utf-8"),
            )
        },
        **{
            f"/article/{{id}}.{kind}": _operation(
                f"article{name}",
                f"The reference to an article in {form}",
                (content_type, {"type": "string"}),
                [_ID],
                (404, 503),
            )
            for kind, name, form, content_type in (
                ("ris", "Ris", "RIS", RIS),
                ("bib", "Bibtex", "BibTeX", BIBTEX),
            )
        },
        "/healthz": _operation("ready", "Readiness: 200 if searches can be answered", Health, [], (503,)),
        "/healthz/live": _operation(
            "live", "Liveness: 200 if the server answers, with or without an index", Health, []
        ),
        "/metrics": _operation(
            "metrics",
            "Latencies and the state of the index, in the text format of Prometheus",
            ("text/plain; version=0.0.4; charset=utf-8", {"type": "string"}),
            [],
        ),
        "/api/openapi.json": {
            "get": {
                "operationId": "openapi",
                "summary": "This document",
                "responses": {"200": _json_response("OpenAPI 3.1", {"type": "object"})},
            }
        },
    }


def _version() -> str:
    try:
        return version("souwen")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0"


def schema_of(kind: Any) -> Schema:
    """The JSON Schema of a type. A dataclass becomes a reference to its schema in `components`."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        schema = schema_of(arguments[0])
        for more in arguments[1:]:
            if not isinstance(more, str):
                keyword, value = more
                schema = schema | {keyword: value}
            elif "description" in schema:
                schema = schema | {"description": f"{more} {schema['description']}"}
            else:
                schema = schema | {"description": more}
        return schema
    if origin in (UnionType, Union):
        (one,) = (argument for argument in arguments if argument is not NoneType)
        schema = schema_of(one)
        if "$ref" in schema:
            return {"oneOf": [{"type": "null"}, schema]}
        return schema | {"type": [schema["type"], "null"]}
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    if is_dataclass(kind):
        return _ref(kind.__name__)  # type: ignore[union-attr]
    return {"type": {str: "string", int: "integer", float: "number", bool: "boolean"}[kind]}


def _object(kind: type) -> Schema:
    """The JSON Schema of a dataclass. Fields with a default are optional; there are no other properties."""
    hints = get_type_hints(kind, include_extras=True)
    optional = {field.name: field.default for field in fields(kind) if field.default is not MISSING}
    properties = {
        name: _ref(get_args(hint)[0].__name__) if optional.get(name, "") is None else schema_of(hint)
        for name, hint in hints.items()
    }
    return {
        "type": "object",
        "description": kind.__doc__,
        "properties": properties,
        "required": [name for name in hints if name not in optional],
        "additionalProperties": False,
    }


def _schemas() -> dict[str, Schema]:
    """The schemas of all dataclasses that search/answers.py names."""
    kinds = [kind for kind in vars(answers).values() if isinstance(kind, type) and is_dataclass(kind)]
    return {kind.__name__: _object(kind) for kind in kinds}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_ID: Schema = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The article's id, percent-encoded.",
    "schema": {"type": "string", "minLength": 1},
}
_ERRORS = {
    400: "A parameter is not allowed, or the query is over a limit.",
    404: "There is no article with this id.",
    503: "The index can't be searched, or the server is busy; the message says what to do.",
}


def _error_responses() -> Schema:
    return {f"Error{status}": _json_response(text, schema_of(Error)) for status, text in _ERRORS.items()}


def _json_response(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {_JSON: {"schema": schema}}}


def _operation(
    name: str,
    summary: str,
    content: type | tuple[str, Schema],
    parameters: Sequence[Schema],
    errors: Sequence[int] = (),
) -> Schema:
    """A GET request. `content` is the dataclass of its response, or a media type with its schema."""
    kind, schema = content if isinstance(content, tuple) else (_JSON, schema_of(content))
    responses: Schema = {"200": {"description": summary, "content": {kind: {"schema": schema}}}}
    for status in errors:
        responses[str(status)] = {"$ref": f"#/components/responses/Error{status}"}
    found: Schema = {"operationId": name, "summary": summary, "responses": responses}
    if parameters:
        found["parameters"] = list(parameters)
    return {"get": found}


def _parameters(table: Sequence[Parameter]) -> list[Schema]:
    found: list[Schema] = []
    for parameter in table:
        schema: Schema = {"type": "integer" if parameter.is_number else "string"}
        if parameter.default != "":
            schema["default"] = parameter.default
        if parameter.is_number:
            schema["minimum"] = parameter.low
        if parameter.high is not None:
            schema["maximum"] = parameter.high
        if parameter.values:
            schema["enum"] = list(parameter.values)
        if parameter.is_list:  # one value is a list of one: `category=新闻`
            schema = {"type": ["array", "string"], "items": schema, "maxItems": MAX_FILTERS}
        names = {parameter.name: parameter.help, parameter.alias: f"The same as {parameter.name}."}
        found += [
            {"name": name, "in": "query", "description": help_, "allowEmptyValue": True, "schema": schema}
            for name, help_ in names.items()
            if name
        ]
    return found
