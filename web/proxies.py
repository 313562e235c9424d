"""Addresses of clients: the peer's own, or what a trusted proxy says (settings `trusted_proxy`)."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from index.errors import SettingsError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Key of an environ: the address is that of a proxy which tells no other, and may be that of many.
MANY = "souwen.many"
# Headers by which a proxy shows that it is one.
_OF_A_PROXY = (
    "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA",
)  # fmt: skip
_log = logging.getLogger("souwen")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TrustedProxies:
    """The addresses and networks whose X-Forwarded-… headers are believed; `*` is any.

    Raises SettingsError for what is neither.
    """

    def __init__(self, setting: str) -> None:
        names = setting.replace(",", " ").split()
        self.any = "*" in names
        try:
            self._networks = [ipaddress.ip_network(name, strict=False) for name in names if name != "*"]
        except ValueError as error:
            raise SettingsError(
                "trusted_proxy: {reason}. Write addresses or networks, such as 10.0.0.7 or 10.0.0.0/8.",
                reason=error,
            ) from None

    def __contains__(self, address: str) -> bool:
        if self.any:
            return True
        parsed = parse_address(address)
        return parsed is not None and any(parsed in network for network in self._networks)

    def client(self, peer: str, forwarded: str) -> str:
        """The right-most address of X-Forwarded-For that is not a trusted proxy's.

        To the left of it stands what a client claims. With `*`, the right-most address is believed alone.
        """
        address = peer
        hops = forwarded.split(",")
        for hop in reversed(hops[-1:] if self.any else hops):
            parsed = parse_address(hop)
            if address not in self or parsed is None:
                break
            address = str(parsed)
        return address


class Proxied:
    """Middleware that believes the headers of trusted proxies, and of nobody else. It warns once where a
    proxy doesn't tell whom it asks for: all its clients would share one limit."""

    def __init__(self, app: WSGIApplication, trusted: TrustedProxies, *, expected: bool) -> None:
        """With `expected`, a trusted address is known to be a proxy; else its headers have to show it."""
        self._direct = app
        self._proxied = ProxyFix(app, x_for=0, x_proto=1, x_host=1, x_prefix=1)
        self._trusted = trusted
        self._expected = expected
        self._warned = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        if peer not in self._trusted:
            return self._direct(environ, start_response)
        forwarded = environ.get("HTTP_X_FORWARDED_FOR", "")
        environ[MANY] = not forwarded
        if not forwarded and not self._warned:
            self._warn(peer, environ)
        environ["REMOTE_ADDR"] = self._trusted.client(peer, forwarded)
        return self._proxied(environ, start_response)

    def _warn(self, peer: str, environ: WSGIEnvironment) -> None:
        is_health = environ.get("PATH_INFO", "").startswith("/healthz")  # monitoring asks past the proxy
        if is_health or not (self._expected or any(name in environ for name in _OF_A_PROXY)):
            return
        self._warned = True
        _log.warning(
            "Warning: the proxy at %s is trusted (trusted_proxy), but sends no X-Forwarded-For: all of its "
            "clients share one limit of requests and wrong passwords. docs/deploy.md has what to write.",
            peer,
        )


def parse_address(text: str) -> Address | None:
    """An address, with or without port, brackets or scope; an IPv4 address in IPv6 is IPv4. None for other
    texts."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def limited_unit(address: str) -> str:
    """The unit that limits count: an IPv4 address, or the /64 of an IPv6 address, all of which one client
    may have."""
    parsed = parse_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed or address)
