"""`kairan authority …`: what whoever keeps a town's keys does with them."""

import argparse
import json
import sys

from node.refused import Refused, Subparsers
from provisioning import ending_acts, key_acts, member_acts
from provisioning.acts import act, add_machine, known_to, machine_called, node_here
from provisioning.authority import NoAuthority, open_authority
from provisioning.cuts import NoSuchCut, histories
from provisioning.listing import in_words, listing


def add_commands(commands: Subparsers) -> None:
    """Put `authority` beside the commands of other packages."""
    help_ = "町の鍵を作り、機械を町の仲間に加え、盗まれた機械を止めます。"
    parser = commands.add_parser("authority", help=help_, description=help_)
    acts: Subparsers = parser.add_subparsers(metavar="WHAT", required=True)
    for module in (key_acts, member_acts, ending_acts):
        module.add_acts(acts)
    listed = act(acts, "list", _list, "町の鍵と、機械の一覧を表示します。")
    listed.add_argument("--lanes", metavar="MACHINE", help="その機械の列を、どこまであるかと")
    listed.add_argument("--json", action="store_true", help="プログラム向けの形で")
    add_machine(listed)


refusals = (NoAuthority, NoSuchCut)
"""What stops a command with a message."""


def _list(told: argparse.Namespace) -> None:
    desk = open_authority(told.authority)
    node = node_here(told)
    known = known_to(desk, node)
    if told.lanes:
        if node is None:
            raise Refused("列は台帳にあります。--machine で町の機械を教えてください。")
        for history in histories(node.ledger, machine_called(known, told.lanes), desk.code):
            print(f"{history.lane.class_.name.lower():8} {history.cut.number}番まで  {history.end}")
        return
    found_here = listing(known, desk.code)
    if told.json:
        json.dump(found_here.as_json(), sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        print(in_words(found_here, desk.name))
