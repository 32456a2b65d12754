"""`kairan authority certify|seed|pages`: machines become the town's."""

import argparse
from dataclasses import replace
from pathlib import Path

from node.people_commands import first_code_in_words
from node.pins import Pins
from node.refused import Refused, Subparsers
from provisioning.acts import act, add_key_file, add_machine, add_seed, node_here, say, take_in
from provisioning.authority import Authority, open_authority
from provisioning.page_certificates import NAMES_END_IN, OutsideName, give_pages_certificate
from provisioning.signer import signer
from provisioning.town import Plan, make_seed, widest
from sync.certificate import CLASSES_OF, Role, certify
from sync.errors import Malformed, Unverified
from sync.joining import read_request
from sync.lane import Audience, Class
from sync.letters import as_meant, fingerprint
from sync.limits import INCARNATIONS_MAX, NAME_CHARACTERS_MAX
from sync.machine.pin import PAGES_FILE, TOWN_CERTIFICATE_FILE
from sync.machine.settings import Part, read_address, read_settings

_ROLES = (Role.OFFICE, Role.NODE, Role.FEED, Role.HUB)


def add_acts(acts: Subparsers) -> None:
    """Put them beside the others."""
    certifying = act(acts, "certify", _certify, "機械を町の仲間に加えます。")
    add_machine(certifying)
    add_key_file(certifying)
    certifying.add_argument("--name", metavar="NAME", help="機械の名前")
    certifying.add_argument("--role", choices=list(map(str, _ROLES)), default=str(Role.NODE))
    who = certifying.add_mutually_exclusive_group(required=True)
    who.add_argument("--public-key", metavar="HEX", type=_key, help="機械の公開鍵")
    who.add_argument("--request", metavar="TEXT", help="機械の画面のQRコードを読んだ文字")
    certifying.add_argument(
        "--fingerprint", metavar="LETTERS", help="--request のとき、機械の画面にある指紋"
    )
    certifying.add_argument(
        "--class",
        dest="classes",
        choices=[c.name.lower() for c in Class],
        action="append",
        help="書いてよい種類（既定: その役割で書けるものすべて）",
    )
    certifying.add_argument(
        "--audience", dest="audiences", choices=[a.name.lower() for a in Audience], action="append"
    )
    certifying.add_argument("--incarnations", metavar="N", type=int, default=INCARNATIONS_MAX)

    seeding = act(acts, "seed", _seed, "回線のない公民館へ送る機械の、準備ファイルを作ります。")
    add_machine(seeding)
    add_key_file(seeding)
    seeding.add_argument("--name", metavar="NAME", required=True, help="機械の名前")
    seeding.add_argument("--out", metavar="DIR", type=Path, required=True, help="新しいフォルダー")
    add_seed(seeding)
    seeding.add_argument("--peer", metavar="URL", type=read_address, action="append", default=[])

    paging = act(acts, "pages", _pages, "担当者が役場のパソコンから入るための証明書を作ります。")
    paging.add_argument(
        "--machine", metavar="DIR", type=Path, required=True, help="その機械のフォルダー"
    )
    paging.add_argument(
        "--name",
        metavar="NAME",
        action="append",
        required=True,
        help="その機械の番地か、.local などで終わる名前（くり返せます）",
    )
    add_key_file(paging)


def _certify(told: argparse.Namespace) -> None:
    desk, role = open_authority(told.authority), Role(told.role)
    if told.request:
        _take_request(told, desk)
    if not told.name:
        raise Refused("--name で、機械の名前を教えてください。")
    if not 0 < len(told.name) <= NAME_CHARACTERS_MAX:
        raise Refused(f"名前は{NAME_CHARACTERS_MAX}文字までにしてください。")
    classes = frozenset(Class[name.upper()] for name in told.classes or ())
    if not classes <= CLASSES_OF[role]:
        raise Refused(f"{role} は、その種類を書けません。")
    if told.incarnations < 1:
        raise Refused("--incarnations は1からです。")
    certificate = widest(
        told.public_key, name=told.name, role=role, town=desk.code, counter=desk.counter
    )
    audiences = frozenset(Audience[name.upper()] for name in told.audiences or ())
    certificate = replace(
        certificate,
        classes=classes or certificate.classes,
        audiences=audiences or certificate.audiences,
        incarnations=told.incarnations,
    )
    say(told, desk, [certify(certificate, signer(told, desk).private)])
    print(f"{told.name}（{role}）を仲間に加えました。指紋 {fingerprint(told.public_key)}")


def _take_request(told: argparse.Namespace, desk: Authority) -> None:
    """Whose request it is, if somebody who stands before the machine reads us its fingerprint."""
    try:
        asked = read_request(told.request)
    except (Malformed, Unverified) as wrong:
        raise Refused("仲間に入るための文字ではありません。読み取り直してください。") from wrong
    if asked.town != desk.code:
        raise Refused(f"ほかの町（{asked.town}）の機械です。")
    told.public_key, told.name = asked.key, told.name or asked.name
    seen = told.fingerprint
    if seen is None:
        try:
            seen = input(f"「{told.name}」の画面にある指紋: ")
        except EOFError:
            seen = ""
    if as_meant("".join(seen.split())) != "".join(fingerprint(asked.key).split()):
        raise Refused("指紋が違います。その機械の前で、画面の指紋を確かめてください。")


def _seed(told: argparse.Namespace) -> None:
    desk = open_authority(told.authority)
    if told.hub_pin and not (told.hub or "").startswith("https:"):
        raise Refused("--hub-pin は、https:// で始まる --hub と一緒に使います。")
    plan = Plan(
        folder=told.out,
        name=told.name,
        part=Part.NODE,
        hub=told.hub,
        hub_pins=told.hub_pin,
        peers=told.peer,
    )
    if not 0 < len(told.name) <= NAME_CHARACTERS_MAX:
        raise Refused(f"名前は{NAME_CHARACTERS_MAX}文字までにしてください。")
    try:
        after = make_seed(desk, plan, None if told.blank else signer(told, desk))
    except FileExistsError as wrong:
        raise Refused(f"{told.out} には、もう機械があります。") from wrong
    node = node_here(told)
    take_in(node, after.standing())
    print(f"{told.out} に、{told.name}の準備ファイルを作りました。")
    print(first_code_in_words(Pins(told.out).make_code()))
    if told.blank:
        print("はじめて動かすと、画面に QR コードが出ます。certify --request で仲間に加えます。")
        return
    print(
        "1台の機械にだけ入れてください。その機械は、はじめて動くときに、自分で町の仲間になります。"
    )
    print("同じものを2台で使うと、どちらが本物か確かめるまで、どちらもできることが限られます。")


def _pages(told: argparse.Namespace) -> None:
    desk = open_authority(told.authority)
    read_settings(told.machine)  # it is a machine's
    try:
        give_pages_certificate(
            told.machine, names=told.name, daily=signer(told, desk), town=desk.name
        )
    except OutsideName as wrong:
        ends = "、".join(f".{end}" for end in NAMES_END_IN)
        raise Refused(
            f"{wrong} には使えません。建物の中の番地（192.168.… など）か、"
            f"{ends} で終わる名前にしてください。"
        ) from wrong
    print(f"{told.machine / PAGES_FILE} と {told.machine / TOWN_CERTIFICATE_FILE} を作りました。")
    print("machine.toml に https = 8443 のように書き、機械を動かし直してください。")
    print(f"{TOWN_CERTIFICATE_FILE} を、USBメモリーで役場のパソコンに運んで入れます。")


def _key(text: str) -> bytes:
    key = bytes.fromhex(text)
    if len(key) != 32:
        raise ValueError
    return key
