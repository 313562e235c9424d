"""The state of an index directory on a cluster, kept in the one file of the engine's directory."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from index.errors import IndexDamagedError

_FILE = "cluster.json"


@dataclass(frozen=True, slots=True)
class ClusterState:
    """Content of `cluster.json`: the address, the index written last, and this directory's writer id. An
    index that is `building` is not live yet."""

    url: str
    index: str
    writer_id: str
    building: bool = False

    @classmethod
    def read(cls, directory: Path) -> ClusterState:
        """The state of an engine directory. Raises IndexDamagedError where its file can't be read."""
        file = directory / _FILE
        try:
            values = json.loads(file.read_text(encoding="utf-8"))
            if "ledger" in values:  # its name in older indexes
                values["writer_id"] = values.pop("ledger")
            return cls(**values)
        except (OSError, ValueError, TypeError) as error:
            raise IndexDamagedError("{file}: can't be read: {reason}", file=file, reason=error) from None

    def write(self, directory: Path) -> None:
        """Replaces the file atomically."""
        unfinished = directory / f"{_FILE}.new"
        unfinished.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        unfinished.replace(directory / _FILE)
