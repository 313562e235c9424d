"""What a reader chose: `?lang=en` at any address chooses, and a cookie remembers.

    lang     the language of the pages; else what the browser asks for

Answers say in `Vary` what they depend on, so that caches keep them apart.
"""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Flask, Response, request

from web.language import closest

# What is allowed as each, by the name of the parameter and the cookie.
_READ = {"lang": closest}
_YEAR = 365 * 24 * 3600
_TEXTS = ("text/html", "application/atom+xml", "application/opensearchdescription+xml")


def init_preferences(app: Flask) -> None:
    """Makes an app remember what readers choose."""
    app.after_request(_remember)
    app.jinja_env.globals["choice_url"] = choice_url


def choice_url(name: str, value: str) -> str:
    """The address of the same page with a preference chosen; relative to the page."""
    kept = [(key, kept) for key, kept in request.args.items(multi=True) if key != name]
    return f"?{urlencode([*kept, (name, value)])}"


def _remember(response: Response) -> Response:
    if response.mimetype not in _TEXTS:
        return response
    response.vary.update(("Accept-Language", "Cookie"))
    for name, read in _READ.items():
        if value := read(request.args.get(name, "")):
            response.set_cookie(
                name,
                value,
                max_age=_YEAR,
                path=f"{request.script_root}/",
                secure=request.is_secure,
                httponly=True,
                samesite="Lax",
            )
    return response
