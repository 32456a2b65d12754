"""What `bench/harness_kairan.py` has our machines do, each time in a process of its own.

    python -m bench.harness_machine town FOLDER --machine FOLDER=PART … --author FOLDER …
    python -m bench.harness_machine write FOLDER --author FOLDER …   (documents, one a line)
    python -m bench.harness_machine pack FOLDER                      (what serves, before one comes)
    python -m bench.harness_machine read FOLDER                      (the same, all that are held)
    python -m bench.harness_machine offer FOLDER                     (an address a line: exchange)

`offer` is the one that is measured; it does what a neighbour's thread in `kairan sync` does.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from bench.harness_posts import documents, write_documents
from bench.meeting import meet, open_machine
from bench.table import number_of_bytes
from node.road import HttpRoad
from provisioning.town import Plan, make_machines, open_town
from sync.machine.keys import load_identity
from sync.machine.packing import pack_next
from sync.machine.settings import KEY_FILE, Part
from sync.machine.tls import pins

_CODE = "990019"


def main() -> None:
    """Do the one thing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    does = parser.add_subparsers(required=True)
    town = does.add_parser("town")
    town.set_defaults(does=_town)
    town.add_argument("folder", type=Path)
    town.add_argument("--machine", action="append", default=[])
    town.add_argument("--tls", action="store_true")
    town.add_argument("--author", action="append", type=Path, default=[])
    for name, do in (
        ("write", _write),
        ("pack", _pack),
        ("read", _read),
        ("offer", _offer),
    ):
        one = does.add_parser(name)
        one.set_defaults(does=do)
        one.add_argument("folder", type=Path)
        one.add_argument("--author", action="append", type=Path, default=[])
        one.add_argument("--hub", type=Path, help="whose keys are known")
        one.add_argument("--kept", action="store_true", help="the connection, between exchanges")
    told = parser.parse_args()
    told.does(told)


def _town(told: argparse.Namespace) -> None:
    machines = [machine.rsplit("=", 1) for machine in told.machine]
    make_machines(
        open_town(told.folder, code=_CODE, name="見本町"),
        [
            *(
                Plan(folder=Path(f), name=Path(f).name, part=Part(part), plain=not told.tls)
                for f, part in machines
            ),
            *(Plan(folder=author, name=author.name, part=Part.NODE) for author in told.author),
        ],
    )


def _write(told: argparse.Namespace) -> None:
    write_documents(
        open_machine(told.folder).ledger,
        map(json.loads, sys.stdin),
        town=_CODE,
        authors=[load_identity(author / KEY_FILE) for author in told.author],
    )


def _pack(told: argparse.Namespace) -> None:
    """What `kairan hub` and `kairan sync` do once nothing happens for some seconds."""
    ledger = open_machine(told.folder).ledger
    began = time.process_time()
    while pack_next(ledger):
        pass
    seconds, packs = time.process_time() - began, ledger.packs()
    size = sum(pack.wrapped_size for pack in packs)
    print(f"packed once: {seconds:.2f} s of CPU, {len(packs)} packs of {number_of_bytes(size)}")


def _read(told: argparse.Namespace) -> None:
    for document in documents(open_machine(told.folder).ledger):
        print(json.dumps(document, ensure_ascii=False))


def _offer(told: argparse.Namespace) -> None:
    machine = open_machine(told.folder)
    at, key = "", b""
    print("{}", flush=True)
    for line in sys.stdin:
        if line.strip() != at:
            at = line.strip()
            road = HttpRoad(at, pins=pins(told.hub) if told.hub else ())
        # Where it lives may change, whom we know by that key does not.
        try:
            key, done = meet(machine, road, key=key)
            said = {} if done.synced else {"error": "they don't hold the same"}
        except Exception as wrong:  # the harness says it, and ends
            said = {"error": repr(wrong)}
        if not told.kept:
            road.close()
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
