"""Values that are read again when their source looks different."""

from __future__ import annotations

import threading

import pytest

from search.followed import Followed


class Source:
    """A source whose readings are counted, and may be held up."""

    def __init__(self) -> None:
        self.readings = 0
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.was_read = threading.Event()

    def read(self) -> int:
        assert self.may_go_on.wait(60)
        self.readings += 1
        self.was_read.set()
        return self.readings


def test_a_value_is_read_again_only_when_its_source_looks_different() -> None:
    source, followed = Source(), Followed[int]()
    values = [followed.value(state, lambda: source.read) for state in "aaabba"]
    assert values == [1, 1, 1, 2, 2, 3]


def test_what_cant_be_read_is_tried_each_time_and_leaves_the_value_of_before() -> None:
    def fail() -> int:
        raise ZeroDivisionError

    followed = Followed[int]()
    with pytest.raises(ZeroDivisionError):
        followed.value("a", lambda: fail)
    assert not followed.was_read
    source = Source()
    assert followed.value("a", lambda: source.read) == 1
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            followed.value("b", lambda: fail)
        assert followed.last() == 1
    assert followed.value("b", lambda: source.read) == 2


def test_a_preparation_that_fails_lets_the_next_one_try() -> None:
    """As where an index is gone for a moment."""

    def gone() -> None:
        raise FileNotFoundError

    source, followed = Source(), Followed[int](in_thread=True)
    assert followed.value("a", lambda: source.read) == 1
    with pytest.raises(FileNotFoundError):
        followed.value("b", gone)  # type: ignore[arg-type]
    source.was_read.clear()
    followed.value("b", lambda: source.read)
    assert source.was_read.wait(60)


def test_in_a_thread_the_value_of_before_is_given_meanwhile() -> None:
    source, followed = Source(), Followed[int](in_thread=True)
    assert followed.value("a", lambda: source.read) == 1
    source.was_read.clear()
    source.may_go_on.clear()
    assert [followed.value("b", lambda: source.read) for _ in range(3)] == [1, 1, 1]
    source.may_go_on.set()
    assert source.was_read.wait(60)
    assert source.readings == 2


def test_a_source_that_changes_all_the_time_is_left_alone_for_a_while() -> None:
    now = 0.0
    source = Source()

    def work() -> int:
        sum(range(200_000))  # some processor time
        return source.read()

    followed = Followed[int](rest=1000.0, clock=lambda: now)
    assert followed.value(0, lambda: work) == 1
    assert followed.value(1, lambda: work) == 1
    now = 1e9
    assert followed.value(2, lambda: work) == 2
