"""Settings of the server and its pages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.errors import SettingsError
from index.settings import choice, path, secret, text
from search.settings import SearchSettings

# The grammar of the package limits.
_RATE = re.compile(
    r"\s*\d+\s*(/|\s+per\s+)\s*(\d+\s+)?(second|minute|hour|day|month|year)s?\s*", re.IGNORECASE
)


def _check_trusted_proxy(value: str) -> None:
    from web.proxies import TrustedProxies

    TrustedProxies(value)


def _check_rate_limit(value: str) -> None:
    if value and not all(map(_RATE.fullmatch, re.split("[,;|]", value))):
        raise SettingsError(
            "rate_limit: {value!r} is not a limit. Write 60/minute, or 5/second;1000/day.", value=value
        )


@dataclass(frozen=True, slots=True)
class WebSettings(SearchSettings):
    """Access, pages and logs of the server; with the settings of searching."""

    images: str = choice("show", "pictures that articles load from other sites", "show", "block")
    rate_limit: str = text(
        "",
        "requests that one address may make, such as 60/minute or 5/second;1000/day; empty: no limit",
        check=_check_rate_limit,
    )
    rate_limit_storage: str = text(
        "memory://",
        "where requests and wrong passwords are counted: by this server, or for several in redis://HOST:PORT",
    )
    username: str = text("souwen", "the user name that goes with the password")
    password: str = secret("the password of pages and API, or its hash (souwen password); empty: none")
    trusted_proxy: str = text(
        "127.0.0.1 ::1",
        "addresses or networks of reverse proxies whose X-Forwarded-… headers are believed; * is any",
        check=_check_trusted_proxy,
    )
    allowed_hosts: str = text(
        "",
        "names by which the server may be called besides its own, such as archive.example; * is any; empty: "
        "on loopback its own, elsewhere any",
    )
    robots: str = choice(
        "articles", "what search engines may list: articles (never results), or none", "articles", "none"
    )
    access_log: str = path("", "a file that gets a line of JSON for each request; - is standard error")
    cors: str = text("", "other sites whose scripts may read the API, such as https://a.example; * is any")
