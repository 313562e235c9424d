"""Values with an outside source, read again when the state of the source has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Followed(Generic[Value]):
    """A value, with the state of its source (any comparable object) when it was read.

    The first value is read at once. Later ones are read at once, too, or with `in_thread` in one thread,
    while callers get the old value. A source that changes constantly is read again only after `rest` times
    the processor time that reading took. `clock` gives seconds.
    """

    def __init__(
        self, *, in_thread: bool = False, rest: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._in_thread = in_thread
        self._rest = rest
        self._clock = clock
        self._lock = threading.Lock()
        self._read: tuple[object, Value] | None = None
        self._not_before = 0.0

    def value(self, state: object, prepare: Callable[[], Callable[[], Value]]) -> Value:
        """The value at this state of the source.

        `prepare` runs before a thread starts, and returns the function that reads; so it can hold
        resources open for the thread. Exceptions of either are raised here and leave the old value. In a
        thread, reading must not raise.
        """
        if self._read is None:
            with self._lock:
                if self._read is None:
                    self._update(state, prepare())
        elif state != self._read[0] and self._clock() >= self._not_before:
            self._look_again(state, prepare)
        assert self._read is not None
        return self._read[1]

    @property
    def was_read(self) -> bool:
        """True once there is a value."""
        return self._read is not None

    def last(self) -> Value:
        """The value read last."""
        assert self._read is not None
        return self._read[1]

    def _look_again(self, state: object, prepare: Callable[[], Callable[[], Value]]) -> None:
        if not self._lock.acquire(blocking=not self._in_thread):
            return
        try:
            read = prepare()
            if self._in_thread:
                try:
                    threading.Thread(target=self._update_and_release, args=(state, read), daemon=True).start()
                    return
                except RuntimeError:  # no thread is to be had
                    pass
            self._update(state, read)
        except BaseException:
            self._lock.release()
            raise
        self._lock.release()

    def _update_and_release(self, state: object, read: Callable[[], Value]) -> None:
        try:
            self._update(state, read)
        finally:
            self._lock.release()

    def _update(self, state: object, read: Callable[[], Value]) -> None:
        started = time.thread_time()
        self._read = state, read()
        self._not_before = self._clock() + self._rest * (time.thread_time() - started)
