"""One node in a process of its own, so that what it spends can be told from what others spend.

`python bench/node_process.py FOLDER` reads a JSON object a line and answers each with another.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.meeting import meet
from bench.town import write_posts
from node.node import Node, open_node
from node.road import HttpRoad

_Told = Mapping[str, Any]


def main() -> None:
    """Do what is asked until nothing more is."""
    node = open_node(Path(sys.argv[1]))
    for line in sys.stdin:
        told = json.loads(line)
        print(json.dumps(_DOES[told["do"]](node, told)), flush=True)


def _write(node: Node, told: _Told) -> _Told:
    authors = [Path(author) for author in told["authors"]]
    write_posts(node, count=told["count"], seed=told["seed"], authors=authors)
    return {}


def _exchange(node: Node, told: _Told) -> _Told:
    road = HttpRoad(told["url"])
    key, done = meet(node, road, key=bytes.fromhex(told["key"]))
    road.close()
    return {
        "key": key.hex(),
        "synced": done.synced,
        "rounds": done.rounds,
        "entries": done.taken.entries,
    }


def _rebuild(node: Node, told: _Told) -> _Told:
    node.rebuild()
    return {}


_DOES: Mapping[str, Callable[[Node, _Told], _Told]] = {
    "write": _write,
    "exchange": _exchange,
    "rebuild": _rebuild,
}

if __name__ == "__main__":
    main()
