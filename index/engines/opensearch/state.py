"""Where on a cluster this machine's index is: the one file of the engine's directory."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from index.errors import IndexDamagedError

_FILE = "cluster.json"


@dataclass(frozen=True, slots=True)
class Place:
    """What `cluster.json` says: the address, the index that was written last, and the name of this machine's
    ledger among those that write to it. An index that is `building` is not live yet."""

    url: str
    index: str
    ledger: str
    building: bool = False

    @classmethod
    def read(cls, directory: Path) -> Place:
        """Raises IndexDamagedError where there is nothing to read."""
        file = directory / _FILE
        try:
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise IndexDamagedError("{file}: can't be read: {reason}", file=file, reason=error) from None

    def write(self, directory: Path) -> None:
        """Takes the place of what was written before, at once."""
        unfinished = directory / f"{_FILE}.new"
        unfinished.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        unfinished.replace(directory / _FILE)
