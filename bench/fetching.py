"""A machine that fetches all that another one holds, forgets it, and begins again, until ended.

`python -m bench.fetching FOLDER URL` prints a line of JSON for each time.
"""

import json
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.meeting import meet
from node.node import open_node
from node.road import HttpRoad
from sync.machine.settings import KEY_FILE, SETTINGS_FILE, STATEMENTS_FILE


def main() -> None:
    """Fetch, again and again."""
    folder, url = Path(sys.argv[1]), sys.argv[2]
    while True:
        with TemporaryDirectory() as empty:
            for name in (KEY_FILE, SETTINGS_FILE, STATEMENTS_FILE):
                shutil.copy(folder / name, empty)
            node, road = open_node(Path(empty)), HttpRoad(url)
            began = time.perf_counter()
            _, done = meet(node, road, key=b"")
            road.close()
            node.database.close()
        told = {"entries": done.taken.entries, "seconds": round(time.perf_counter() - began, 3)}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
