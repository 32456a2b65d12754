"""`kairan authority revoke|succeed`: the time of a machine is over."""

import argparse

from node.refused import Refused, Subparsers
from provisioning.acts import (
    act,
    add_key_file,
    add_machine,
    called,
    known_to,
    machine_called,
    node_here,
    say,
)
from provisioning.authority import next_counter, open_authority, without_its_seed
from provisioning.cuts import cuts
from provisioning.signer import signer
from sync.limits import STATEMENT_BYTES_MAX
from sync.revocation import name_successor, revoke


def add_acts(acts: Subparsers) -> None:
    """Put them beside the others."""
    revoking = act(acts, "revoke", _revoke, "盗まれた機械や、偽の機械を止めます。")
    revoking.add_argument("which", metavar="MACHINE", help="名前、指紋、または鍵")
    add_machine(revoking)
    add_key_file(revoking)
    revoking.add_argument(
        "--keep",
        choices=["held", "nothing"],
        required=True,
        help="held: いま台帳にある分は残す、nothing: 何も残さない",
    )
    revoking.add_argument(
        "--cut", metavar="POST", action="append", default=[], help="その記事までを残す"
    )

    succeeding = act(acts, "succeed", _succeed, "壊れた機械の後を、新しい機械に継がせます。")
    succeeding.add_argument("old", metavar="OLD")
    succeeding.add_argument("new", metavar="NEW")
    add_machine(succeeding)
    add_key_file(succeeding)


def _revoke(told: argparse.Namespace) -> None:
    desk = open_authority(told.authority)
    node = node_here(told)
    known = known_to(desk, node)
    key = machine_called(known, told.which)
    found_cuts = {}
    if node is not None:
        found_cuts = cuts(node.ledger, key, desk.code, keep=told.keep == "held", chosen=told.cut)
    elif told.keep == "held" or told.cut:
        raise Refused("どこまで残すかは台帳で決まります。--machine で町の機械を教えてください。")
    by, counter = signer(told, desk), next_counter(known)
    statement = revoke(key, counter, found_cuts, by.private)
    if len(statement) > STATEMENT_BYTES_MAX:
        raise Refused("列が多すぎて、一度に書ききれません。残す列を --cut で選んでください。")
    say(told, desk, [*without_its_seed(known, key, by, counter), statement])
    print(f"{called(known, key)} を止めました。")
    for lane, cut in found_cuts.items():
        print(f"  残した分: {lane.class_.name.lower()} の{cut.number}番まで")


def _succeed(told: argparse.Namespace) -> None:
    desk = open_authority(told.authority)
    known = known_to(desk, node_here(told))
    old, new = machine_called(known, told.old), machine_called(known, told.new)
    if old == new:
        raise Refused(
            f"どちらも同じ機械（{called(known, old)}）です。"
            "新しい機械は、その「つながりのようす」に出ている指紋で教えてください。"
        )
    counter = next_counter(known)
    say(told, desk, [name_successor(old, new, counter, signer(told, desk).private)])
    print(f"{called(known, old)} の後を、{called(known, new)} が継ぎます。")
