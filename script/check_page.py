"""Starts `souwen serve` on a free port, and proves that the page and the API answer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

QUERY = "漂浮图书馆"


def main() -> int:
    souwen = Path(sys.executable).with_name("souwen")
    command = [str(souwen), "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            address = ""
            for line in server.stderr:
                found = re.search(r"http://\S+", line)
                if found:
                    address = found[0].rstrip("/")
                    break
            if not address:
                print("souwen serve ended before it listened", file=sys.stderr)
                return 1
            with urlopen(f"{address}/search?q={quote(QUERY)}", timeout=10) as page:
                html = page.read().decode()
            with urlopen(f"{address}/api/search?q={quote(QUERY)}", timeout=10) as answer:
                total = json.load(answer)["total"]
        finally:
            server.terminate()
    if "<mark>" not in html or total < 1:
        print(f"the page at {address} has no results for {QUERY}", file=sys.stderr)
        return 1
    print(f"The page answers: {total} articles for {QUERY}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
