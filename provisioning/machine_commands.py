"""`kairan provision office|hub`: machines that stand where the town's keys are.

They are members as they are made, for nobody carries them anywhere as a seed. One that was begun
and not finished, for the power went, is finished by asking again.
"""

import argparse

from node.people_commands import first_code_in_words
from node.pins import Pins
from node.refused import Refused, Subparsers
from provisioning.acts import add_hub
from provisioning.authority import Authority, open_authority
from provisioning.seed_commands import making, provision_acts
from provisioning.seeds import Wanted, already_there, check
from provisioning.signer import signer
from provisioning.town import Plan, Town, make_machines
from sync.letters import fingerprint
from sync.machine.keys import load_identity
from sync.machine.pin import pin_in_words
from sync.machine.settings import KEY_FILE, SETTINGS_FILE, Part
from sync.machine.tls import pins


def add_commands(commands: Subparsers) -> None:
    """Put them beside those of other packages."""
    acts = provision_acts(commands)
    office = making(acts, "office", _office, "役場の機械を作ります（はじめから町の仲間です）。")
    hub = making(acts, "hub", _hub, "ハブを作ります（はじめから町の仲間です）。")
    for machine in (office, hub):
        machine.add_argument("--name", metavar="NAME", required=True, help="機械の名前")
    add_hub(office)


def _office(told: argparse.Namespace) -> None:
    if told.hub_pin and not (told.hub or "").startswith("https:"):
        raise Refused("--hub-pin は、https:// で始まる --hub と一緒に使います。")
    plan = Plan(
        folder=told.out,
        name=told.name,
        part=Part.OFFICE,
        hub=told.hub,
        hub_pins=tuple(told.hub_pin),
    )
    if _made(told, plan):
        print(first_code_in_words(Pins(told.out).make_code()))
        print("登録コードは、ここにしか出ません。役場ではじめに担当する人に渡してください。")
        print(f"動かす: kairan office --data {told.out} --port 8700 --address 0.0.0.0")


def _hub(told: argparse.Namespace) -> None:
    if _made(told, Plan(folder=told.out, name=told.name, part=Part.HUB)):
        used, coming = map(pin_in_words, pins(told.out))
        print("役場と公民館の機械を作るときに、このハブの番地と、2つの鍵を教えます。")
        print(f"  --hub https://… --hub-pin {used} --hub-pin {coming}")
        print(f"動かす: kairan hub --data {told.out} --port 8700 --address 0.0.0.0")


def _made(told: argparse.Namespace, plan: Plan) -> bool:
    """Whether it was made; not if that was only asked. Raises Refused."""
    desk = open_authority(told.authority)
    _look(desk, plan)
    if told.dry_run:
        print(f"{plan.folder} に、{plan.name}を作ります（まだ作っていません）。")
        return False
    town = Town(folder=desk.folder, code=desk.code, name=desk.name, authority=signer(told, desk))
    plan.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_machines(town, [plan])
    key = load_identity(plan.folder / KEY_FILE).public
    print(f"{plan.folder} に、{plan.name}を作りました。指紋 {fingerprint(key)}")
    return True


def _look(desk: Authority, plan: Plan) -> None:
    begun = (plan.folder / KEY_FILE).exists()
    if (plan.folder / SETTINGS_FILE).exists() or (plan.folder.exists() and not begun):
        raise Refused(f"{plan.folder} はもうあります。新しいフォルダーの名前にしてください。")
    wanted = [Wanted(line=1, name=plan.name)]
    problems = [*check(wanted), *([] if begun else already_there(desk, wanted))]
    if problems:
        raise Refused(problems[0].why)
