"""Downloads in a pool of their own: how many there are at a time, that one works at a time, and how long one
may take.

A thread is busy until its client has read all or has left, so that only some of the threads may send
downloads. They take turns, a part each, and rest after it for as long as it took: one thread of a process
at most works for downloads, half of the time, and searches don't wait behind them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

from index.errors import SouwenError
from index.language import gettext_noop
from web.in_progress import InProgress
from web.proxies import limited_unit

# Downloads at a time in a process, of the 24 requests that it answers, and those of one address.
SLOTS = 4
SLOTS_OF_ADDRESS = 2
# Seconds of rest after a part, at most.
_REST = 0.2
# Seconds for a whole download.
SECONDS = 300


class DownloadTooSlowError(SouwenError):
    """A download was not read in time. The file ends in the middle, which its client notices."""

    code = "too_slow"


class Pool:
    """The downloads of a process."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, rest: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._rest = rest
        self._in_progress = InProgress()
        self._turn = threading.Lock()

    def enter(self, address: str, most: int = SLOTS_OF_ADDRESS) -> ExitStack:
        """A slot for a client, until the stack is closed; `most` is how many it may have. Raises
        ServiceUnavailable or TooManyRequests where there is none."""
        unit = limited_unit(address)
        if not self._in_progress.begin(unit, most, SLOTS):
            if self._in_progress.of(unit) >= most:
                raise TooManyRequests(
                    gettext_noop(
                        "two downloads of this address are in progress. Try again when one has ended."
                    ),
                    retry_after=60,
                )
            raise ServiceUnavailable(
                gettext_noop("too many downloads are in progress. Try again in a minute."), retry_after=60
            )
        slot = ExitStack()
        slot.callback(self._in_progress.end, unit)
        return slot

    def send(self, slot: ExitStack, parts: Iterable[str]) -> Iterator[str]:
        """The parts, each made in turn with other downloads. The slot is free when they end, or their client
        goes. Raises DownloadTooSlowError."""
        until = self._clock() + SECONDS
        making = iter(parts)
        with slot:
            while True:
                with self.turn():
                    begun = self._clock()
                    part = next(making, None)
                    if part is not None:
                        self._rest(min(_REST, self._clock() - begun))
                if part is None:
                    return
                if self._clock() > until:
                    raise DownloadTooSlowError("a download took more than {seconds} s.", seconds=SECONDS)
                yield part

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The time in which no other download works."""
        with self._turn:
            yield
