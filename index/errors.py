"""The errors that souwen reports. Every message is written for a person: it says what was wrong, where,
what is allowed, and what to run next.

    SouwenError
    ├── SettingsError          a setting is unknown or malformed
    ├── InputError             a folder or file to index does not exist or can't be used
    │   └── VanishedError      a followed folder is gone, or so much of it that a disk may be missing
    ├── IndexMissingError      there is no index where one was expected
    ├── IndexMismatchError     the index was made with another format, dictionary or time zone
    ├── IndexDamagedError      the index is there, but its files can't be read
    ├── IndexWriteError        the disk is full, read-only or broken
    ├── IndexBusyError         another process is writing
    ├── EngineError            an engine is unknown, not installed, or failed
    ├── QueryError             a query is over a limit, or a parameter makes no sense
    │   └── TooSlowError       a search takes longer than it may
    └── NotFoundError          no article has this id
"""


class SouwenError(Exception):
    """Base of all errors that are reported to people. `code` names the kind in JSON errors.

    The message is an English template with values, so that pages can translate the template. The value
    `command` is what to run next.
    """

    code = "error"

    def __init__(self, template: str, /, **values: object) -> None:
        super().__init__(template.format(**values) if values else template)
        self.template = template
        self.values = values


class SettingsError(SouwenError):
    """A setting is unknown or malformed."""

    code = "bad_setting"


class InputError(SouwenError):
    """A folder or file to index does not exist or can't be used."""

    code = "bad_input"


class VanishedError(InputError):
    """A followed folder is gone, or so much of it that a disk may be missing."""

    code = "vanished"


class IndexMissingError(SouwenError):
    """There is no index where one was expected."""

    code = "no_index"


class IndexMismatchError(SouwenError):
    """The index was made with another format, dictionary or time zone."""

    code = "index_mismatch"


class IndexDamagedError(SouwenError):
    """The index is there, but its files can't be read."""

    code = "index_damaged"


class IndexWriteError(SouwenError):
    """The index can't be written: the disk is full, read-only or broken."""

    code = "index_not_written"


class IndexBusyError(SouwenError):
    """Another process is writing to the index."""

    code = "index_busy"


class EngineError(SouwenError):
    """An engine is unknown, not installed, or failed. Never shown as "no results"."""

    code = "engine_error"


class QueryError(SouwenError):
    """A query is over a limit, or a parameter makes no sense."""

    code = "bad_query"


class TooSlowError(QueryError):
    """A search takes longer than it may."""

    code = "too_slow"


class NotFoundError(SouwenError):
    """No article has this id."""

    code = "not_found"
