"""Access control: a rate limit (settings `rate_limit`, `rate_limit_storage`) and basic
authentication (`username`, `password`), both off by default, and a limit of wrong passwords.

Each applies to every method and path, those without a page too. `/healthz` alone needs neither: monitoring
has no password and asks often. Counts are shared by the processes of a server.
"""

from __future__ import annotations

import hmac
import os
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import ServiceUnavailable, TooManyRequests, Unauthorized
from werkzeug.security import check_password_hash

from index.errors import SettingsError
from index.language import gettext_noop
from web.proxies import limited_unit
from web.server import SHARED_DIRECTORY
from web.settings import WebSettings

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.storage import Storage

# What a hash begins with, as `souwen password` makes it, or older versions of werkzeug.
_HASHES = ("scrypt:", "pbkdf2:")
_FREE = frozenset(["health.ready", "health.live"])
# Requests that no rate limit counts, unless they are refused.
_UNCOUNTED = _FREE | {"health.metrics", "static"}
# Wrong passwords of one address in 60 seconds.
MAX_GUESSES = 10
# Threads of a process that check a hash, or wait to.
_CHECKS = 2


class LimitReachedError(TooManyRequests):
    """More than a limit allows, as an English template and its values."""

    def __init__(self, template: str, retry_after: int, **values: object) -> None:
        super().__init__(template, retry_after=retry_after)
        self.values = values


def init_access(app: Flask, settings: WebSettings, clock: Callable[[], float] = time.time) -> None:
    """Add the rate limit and the password of the settings to an app. Raises SettingsError."""
    if not (settings.rate_limit or settings.password):
        return
    limits = Limits(settings, clock)
    guard = Guard(settings, limits) if settings.password else None

    def refuse() -> None:
        if request.endpoint in _FREE:
            return
        counted = request.endpoint not in _UNCOUNTED
        if counted:
            limits.count_request()
        if guard is None:
            return
        try:
            guard.refuse()
        except Unauthorized:
            if not counted:
                limits.count_request()
            raise

    app.before_request(refuse)


class Limits:
    """Counts requests and wrong passwords by address (of IPv6, by /64).

    Raises SettingsError for a limit or a storage that is none.
    """

    def __init__(self, settings: WebSettings, clock: Callable[[], float] = time.time) -> None:
        from limits import RateLimitItemPerMinute, parse_many  # takes a tenth of a second to load
        from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

        try:
            self._limits = parse_many(settings.rate_limit) if settings.rate_limit else []
        except ValueError:
            raise SettingsError(
                "rate_limit: {value!r} is no limit. Write 60/minute, or 5/second;1000/day.",
                value=settings.rate_limit,
            ) from None
        storage = _storage(settings.rate_limit_storage, clock)
        self._errors = storage.base_exceptions
        self._requests = FixedWindowRateLimiter(storage)
        self._guesses = MovingWindowRateLimiter(storage)
        self._guess = RateLimitItemPerMinute(MAX_GUESSES, namespace="guesses")
        self._clock = clock

    def count_request(self) -> None:
        """Count the request. Raises LimitReachedError where the setting does not allow it."""
        address = _address()
        for limit in self._limits:
            if not self._of_storage(self._requests.hit, limit, address):
                raise LimitReachedError(
                    gettext_noop(
                        "more requests than {limit} came from this address (rate_limit). Try again later."
                    ),
                    self._seconds(self._requests.get_window_stats(limit, address).reset_time),
                    limit=limit,
                )

    def refuse_guesser(self) -> None:
        """Raises LimitReachedError where too many wrong passwords came from the address, whatever comes."""
        if not self._of_storage(self._guesses.test, self._guess, _address()):
            self._refuse_guess()

    def count_guess(self) -> None:
        """Count a wrong password. Raises LimitReachedError for one too many."""
        if not self._of_storage(self._guesses.hit, self._guess, _address()):
            self._refuse_guess()

    def _refuse_guess(self) -> None:
        stats = self._guesses.get_window_stats(self._guess, _address())
        raise LimitReachedError(
            gettext_noop("too many wrong passwords came from this address. Try again in a minute."),
            self._seconds(stats.reset_time),
        )

    def _seconds(self, until: float) -> int:
        return max(1, round(until - self._clock()))

    def _of_storage(
        self, ask: Callable[[RateLimitItem, str], bool], limit: RateLimitItem, address: str
    ) -> bool:
        try:
            return ask(limit, address)
        except self._errors:
            raise ServiceUnavailable(
                gettext_noop("requests can't be counted, and so are not answered (rate_limit_storage)."),
                retry_after=10,
            ) from None


class Guard:
    """Checks name and password. The right ones are remembered as a digest with a key of this process, since
    checking a hash takes tens of milliseconds. One hash is checked at a time, and one more request may wait
    for it: guessing keeps neither all cores nor all threads busy."""

    def __init__(
        self,
        settings: WebSettings,
        limits: Limits,
        check_hash: Callable[[str, str], bool] = check_password_hash,
    ) -> None:
        self._limits = limits
        self._check_hash = check_hash
        self._name = settings.username.encode()
        self._password = settings.password
        self._key = secrets.token_bytes(32)
        self._known = b""
        self._checks = threading.BoundedSemaphore(_CHECKS)
        self._checking = threading.Lock()

    def refuse(self) -> None:
        """Raises Unauthorized, or LimitReachedError for an address from which too many wrong ones came."""
        given = request.authorization
        if given is None or given.type != "basic" or not given.password:
            _refuse_unauthorized()
            return
        name, password = given.username or "", given.password
        self._limits.refuse_guesser()
        if self.is_known(name, password):
            return
        if not self._checks.acquire(blocking=False):
            raise ServiceUnavailable(
                gettext_noop("many passwords are being checked. Try again in a few seconds."), retry_after=3
            )
        try:
            with self._checking:
                self._limits.refuse_guesser()  # others may have guessed meanwhile
                right = self.is_right(name, password)
                if not right:
                    self._limits.count_guess()
        finally:
            self._checks.release()
        if not right:
            _refuse_unauthorized()

    def is_known(self, name: str, password: str) -> bool:
        """True if these were found right before."""
        return hmac.compare_digest(self._digest(name, password), self._known)

    def is_right(self, name: str, password: str) -> bool:
        """Compares in constant time for every name and every wrong password."""
        if self.is_known(name, password):
            return True
        right = hmac.compare_digest(name.encode("utf-8", "replace"), self._name)
        if self._password.startswith(_HASHES):
            right &= self._check_hash(self._password, password)
        else:
            right &= hmac.compare_digest(password.encode("utf-8", "replace"), self._password.encode())
        if right:
            self._known = self._digest(name, password)
        return right

    def _digest(self, name: str, password: str) -> bytes:
        given = f"{len(name)}:{name}:{password}".encode("utf-8", "replace")
        return hmac.digest(self._key, given, "sha256")


def _refuse_unauthorized() -> None:
    challenge = WWWAuthenticate("basic", {"realm": "souwen", "charset": "UTF-8"})
    raise Unauthorized(gettext_noop("a user name and a password are required."), www_authenticate=challenge)


def _address() -> str:
    return limited_unit(request.remote_addr or "")


def _storage(uri: str, clock: Callable[[], float]) -> Storage:
    from limits.errors import ConfigurationError
    from limits.storage import storage_from_string

    from web.counts import COUNTS_FILE, SharedStorage

    if uri == "memory://":
        shared = os.environ.get(SHARED_DIRECTORY)
        return SharedStorage(Path(shared, COUNTS_FILE) if shared else None, clock)
    try:
        return storage_from_string(uri)  # type: ignore[return-value]  # async ones have other schemes
    except (ConfigurationError, ImportError) as error:
        raise SettingsError(
            "rate_limit_storage: {uri!r}: {reason}. Write memory://, or redis://HOST:PORT with "
            "the package redis installed beside souwen.",
            uri=uri,
            reason=error,
        ) from None
