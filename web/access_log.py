"""The access log: a line of JSON for each request (setting `access_log`)."""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import sys
from datetime import UTC, datetime

from index.errors import SettingsError
from web.instrumentation import RequestRecord


class AccessLog:
    """Writes to a file, or for `-` to standard error. Several processes may write to one file; a file that
    was renamed (log rotation) is created again. Raises SettingsError where the file can't be written."""

    def __init__(self, file: str) -> None:
        self._handler: logging.Handler
        try:
            self._handler = (
                logging.StreamHandler(sys.stderr)
                if file == "-"
                else logging.handlers.WatchedFileHandler(file, encoding="ascii")
            )
        except OSError as error:
            raise SettingsError(
                "access_log: {file}: {reason}. Name another file, or - for standard error.",
                file=file,
                reason=error.strerror,
            ) from None

    def write(self, answered: RequestRecord) -> None:
        """Writes a line of ASCII, whatever a client sends."""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "address": answered.address,
            "method": answered.method,
            "path": answered.path,
            "query": answered.query,
            "status": answered.status,
            "bytes": answered.size,
            "ms": round(answered.seconds * 1000, 1),
            "agent": answered.agent,
            "process": os.getpid(),
        }
        self._handler.handle(logging.makeLogRecord({"msg": json.dumps(line)}))

    def close(self) -> None:
        """Closes the file."""
        self._handler.close()
