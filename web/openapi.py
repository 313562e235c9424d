"""The API's description in OpenAPI 3.1, made from the table of parameters and the schemas below."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from web import params
from web.params import Parameter

Schema = dict[str, object]

_JSON = "application/json"
_AT_MOST = " (at most as many as the setting max_hits says, by default 10,000)"


def make_document() -> dict[str, object]:
    """The whole document, but for `servers`."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "souwen",
            "version": _version(),
            "description": "搜文: full-text search in an archive of Chinese articles. Dates are in UTC; "
            "dates in queries are in the index's time zone (see /api/stats). Unknown parameters are ignored.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": {
            "/api/search": _operation(
                "search", "Search for articles", "Results", _parameters(params.SEARCH), (400, 503)
            ),
            "/api/article/{id}": _operation("article", "A whole article", "Article", [_ID], (404, 503)),
            "/api/similar/{id}": _operation(
                "similar",
                "The articles most like one, the closest first, without its copies",
                "Similar",
                [_ID, *_parameters((params.SIMILAR_SIZE,))],
                (400, 404, 503),
            ),
            "/api/suggest": _operation(
                "suggest",
                "Words and titles for what has been typed so far, pinyin included",
                "Suggestions",
                _parameters((params.PREFIX, params.SUGGEST_SIZE)),
                (400, 503),
            ),
            "/api/stats": _operation("stats", "What the index holds, in numbers", "Stats", [], (503,)),
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
            "/healthz": _operation("ready", "Whether searches can be answered", "Health", [], (503,)),
            "/healthz/live": _operation(
                "live", "Whether the server answers at all, with or without an index", "Health", []
            ),
            "/metrics": _operation(
                "metrics",
                "Latencies, and the state of the index, in the text format of Prometheus",
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
        },
        "components": {"schemas": SCHEMAS, "responses": _error_responses()},
    }


def _version() -> str:
    try:
        return version("souwen")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0"


def _object(description: str, **properties: Schema) -> Schema:
    """An object all of whose properties are always there."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _with_optional(optional: dict[str, Schema], description: str, **properties: Schema) -> Schema:
    """An object that may have some more properties."""
    return _object(description, **properties) | {"properties": properties | optional}


def _text(description: str, **more: object) -> Schema:
    return {"type": "string", "description": description, **more}


def _count(description: str) -> Schema:
    return {"type": "integer", "minimum": 0, "description": description}


def _known(description: str) -> Schema:
    """A count that a machine may not know: null where what it reads is indexed elsewhere."""
    note = "Null where articles are not indexed from this machine."
    return {"type": ["integer", "null"], "minimum": 0, "description": f"{description} {note}"}


def _list(items: Schema, description: str) -> Schema:
    return {"type": "array", "items": items, "description": description}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _date(description: str) -> Schema:
    return {"type": ["string", "null"], "format": "date-time", "description": description}


_HEAD: dict[str, Schema] = {
    "id": _text("Names the article in this index."),
    "path": _text("The name of the indexed folder, a slash, and the file's path inside it."),
    "url": _text("Where this site shows the article: /article/<id>.", format="uri-reference"),
    "title": _text("The title, as text."),
    "author": _text("The author; empty where none is named."),
    "date": _date("When it was published, in UTC; null where no date is named."),
    "categories": _list({"type": "string"}, "From the outermost to the innermost."),
    "thumbnail": _text("The address of a picture; empty where there is none."),
}
_FACET = _list(
    _ref("FacetValue"),
    "The 200 most frequent values among the articles found, with their number; of months, all.",
)

_RUN = _object(
    "A run.",
    started=_text("When it started, in UTC.", format="date-time"),
    seconds={"type": "number", "minimum": 0, "description": "How long it took."},
    added=_count("Articles added."),
    changed=_count("Articles changed."),
    removed=_count("Articles removed."),
) | {"title": "Run"}

SCHEMAS: dict[str, Schema] = {
    "Results": _object(
        "One page of results.",
        query=_text("The query as it was given."),
        understood=_text("The query as it was read, in the query language."),
        total=_count("How many articles were found, partial matches included."),
        relaxed_from={
            "type": ["integer", "null"],
            "minimum": 0,
            "description": "The position (from 0, in the whole list) of the first article that has only "
            "some of the words; null where all have all of them.",
        },
        took_ms={"type": "number", "minimum": 0, "description": "Milliseconds that the search took."},
        page={"type": "integer", "minimum": 1, "description": "The page."},
        size={
            "type": "integer",
            "minimum": 1,
            "maximum": params.SIZE.high,
            "description": "Articles a page.",
        },
        hits=_list(_ref("Hit"), "The articles of this page."),
        facets=_object(
            "Counts over all articles found.",
            author=_FACET,
            category=_FACET,
            month=_FACET,
        ),
        suggestion={
            "type": ["string", "null"],
            "description": "Where few articles have all of the words: the query with its slips put right, "
            "if that finds more. On the first page only.",
        },
        suggestion_total={
            "type": ["integer", "null"],
            "minimum": 1,
            "description": "How many articles have all that the suggestion asks for.",
        },
        dead_end={
            "description": "Why no article has all that was asked for; null where one has, and on all pages "
            "but the first.",
            "oneOf": [{"type": "null"}, _ref("DeadEnd")],
        },
        notes=_list({"type": "string"}, "What could not be read as it was meant, and what else was done."),
    ),
    "DeadEnd": _object(
        "What was asked for, in parts, and what is found without each.",
        parts=_list(
            _object(
                "A word, a quoted text, an exclusion or a filter.",
                kind=_text("What it is.", enum=["text", "excluded", "category", "author", "date"]),
                text=_text("It, in the query language; of a filter, its value."),
                total=_count("Articles that have it, whatever else they have."),
                rest=_text("The query without it; of a filter, the query."),
                rest_total=_count("Articles that have all of the rest, and pass the other filters."),
            ),
            "In the order in which they were typed, the filters last; no words where they are a sentence.",
        ),
        unfiltered=_count(
            "Articles that have all that the query asks for, whatever the filters; 0 without any."
        ),
    ),
    "Hit": _with_optional(
        {"explanation": _ref("Explanation")},
        "An article that was found.",
        **_HEAD,
        title_html=_text("The title as safe HTML, with <mark> around what matched."),
        score={"type": "number", "description": "BM25; 0 where the order is by date."},
        snippets_html=_list({"type": "string"}, "Passages as safe HTML, with <mark> around what matched."),
    ),
    "Explanation": _object(
        "How an article got its score; only with explain=1.",
        partial={"type": "boolean", "description": "Whether it has only some of the words."},
        parts=_list(
            _object(
                "What one part of the query added.",
                kind=_text(
                    "A word; a pair of adjacent characters; what was typed as a phrase; two words near one "
                    "another; a synonym; that the article is of this day or later.",
                    enum=["word", "pair", "phrase", "near", "synonym", "fresh"],
                ),
                field=_text("Where it was found.", enum=["title", "body", "date"]),
                text=_text("What was found, folded."),
                weight={
                    "type": "number",
                    "description": "What BM25 was multiplied by: the weight of the kind, times that which "
                    "was typed, times how often it was typed.",
                },
                score={"type": "number", "description": "What it added: all of them together are the score."},
                typed=_text("What a synonym stands for; else empty."),
            ),
            "The greatest first; none where the order is by date.",
        ),
    ),
    "FacetValue": _object(
        "A value and its number of articles.",
        value=_text("An author, a category path such as 金融/新浪财经, or a month such as 2022-01."),
        count=_count("Articles found that have it."),
    ),
    "Article": _object(
        "A whole article.",
        **_HEAD,
        editor=_text("The editor; empty where none is named."),
        source_url=_text("Where it was published; empty where that isn't known."),
        text=_text("Its paragraphs, one a line."),
        html=_text("Its body as published. NOT sanitised: never put it into a page as it is."),
    ),
    "Similar": _object(
        "The articles most like one.",
        id=_text("The article they are like."),
        hits=_list(_ref("Hit"), "The closest first."),
    ),
    "Suggestions": _object(
        "What a person may want.",
        prefix=_text("What was typed."),
        suggestions=_list(
            _object(
                "A suggestion.",
                text=_text("What to search for."),
                kind=_text("What it is.", enum=["query", "word", "title"]),
                id=_text("The article that has this title; else empty."),
            )
            | {"title": "Suggestion"},
            "What others searched for, if searches are logged; words; titles.",
        ),
    ),
    "Stats": _object(
        "What the index holds.",
        articles=_count("Articles."),
        engine=_text("The search engine."),
        segmenter=_text("What cuts text into words."),
        generation=_text("The live generation of the index."),
        timezone=_text("The time zone of dates in queries, of months, and of dates without one."),
        oldest=_date("The date of the oldest article."),
        newest=_date("The date of the newest article."),
        problems=_object(
            "What could not be read; `souwen problems` lists it.",
            lost=_known("Files or lines that are not in the index."),
            doubtful=_known("Those that are there with what there was."),
        ),
        bytes=_object(
            "Sizes on disk, in bytes.", catalog=_count("The articles."), engine=_count("The engine's files.")
        ),
        folders={
            "type": "array",
            "items": {"type": "string"},
            "description": "The names of the folders that this machine follows.",
        },
        files=_known("Files that were read."),
        generations={
            "type": "object",
            "additionalProperties": {"type": "integer", "minimum": 0},
            "description": "The generations on the disk, and what is live on a cluster, with sizes in bytes.",
        },
        runs={
            "type": "array",
            "description": "The last ten runs of this machine that changed something, the latest first.",
            "items": _RUN,
        },
        last_run={"description": "The first of them.", "oneOf": [{"type": "null"}, _RUN]},
    ),
    "Health": _object("How the server is.", status=_text("That it is well.", enum=["ok"])),
    "Error": _object(
        "What went wrong.",
        error=_object(
            "The error.",
            code=_text("Names the kind of error, such as bad_query."),
            message=_text("For a person: what was wrong, what is allowed, what to run next."),
        ),
    ),
}

_ID: Schema = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The article's id, percent-encoded.",
    "schema": {"type": "string", "minLength": 1},
}
_ERRORS = {
    400: "A parameter or the query is over a limit, or makes no sense.",
    404: "There is no article with this id.",
    503: "The index is missing or can't be read, or the engine failed; the message says what to run.",
}


def _error_responses() -> Schema:
    return {f"Error{status}": _json_response(text, _ref("Error")) for status, text in _ERRORS.items()}


def _json_response(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {_JSON: {"schema": schema}}}


def _operation(
    name: str,
    summary: str,
    content: str | tuple[str, Schema],
    parameters: Sequence[Schema],
    errors: Sequence[int] = (),
) -> Schema:
    """A GET request. `content` is the name of a schema of JSON, or another type with its schema."""
    kind, schema = (_JSON, _ref(content)) if isinstance(content, str) else content
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
        if parameter.pattern:
            schema["pattern"] = parameter.pattern
        names = {parameter.name: parameter.help, parameter.alias: f"The same as {parameter.name}."}
        found += [
            {"name": name, "in": "query", "description": help_, "allowEmptyValue": True, "schema": schema}
            for name, help_ in names.items()
            if name
        ]
    return found
