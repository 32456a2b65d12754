"""`kairan authority …`: what whoever keeps a town's keys does with them.

What is said goes into the authority's folder, into a file for a stick, and with `--machine`
straight into the ledger of a machine here, usually the office's.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from node.commands import Refused, Subparsers
from node.node import Node, open_node
from node.people_commands import first_code_in_words
from node.pins import Pins
from provisioning.authority import (
    AUTHORITY_FILE,
    CARRIED_FILE,
    Authority,
    NoAuthority,
    adopt,
    found,
    keep_key,
    next_counter,
    open_authority,
    read_key,
    replaced,
    to_say_again,
    without_its_seed,
)
from provisioning.cuts import NoSuchCut, cuts, histories
from provisioning.escrow import unseal
from provisioning.listing import in_words, listing
from provisioning.page_certificates import NAMES_END_IN, OutsideName, give_pages_certificate
from provisioning.paper import PLACES
from provisioning.passphrases import Passphrases
from provisioning.sealed_key import (
    LINES,
    MistypedLine,
    Place,
    SealedKey,
    WrongPassphrase,
    read_line,
    read_sealed,
    seal,
)
from provisioning.town import Plan, make_seed, widest
from sync.bundle import Parcel
from sync.certificate import CLASSES_OF, Certificate, Role, certify
from sync.errors import Malformed, Unverified
from sync.ingest import take
from sync.joining import read_request
from sync.lane import Audience, Class, is_town
from sync.letters import as_meant, fingerprint
from sync.limits import INCARNATIONS_MAX, NAME_CHARACTERS_MAX, STATEMENT_BYTES_MAX
from sync.machine.keys import Identity, make_identity
from sync.machine.pin import PAGES_FILE, TOWN_CERTIFICATE_FILE, read_pin
from sync.machine.settings import Part, read_address, read_settings
from sync.revocation import Revocation, Succession, name_successor, revoke
from sync.statement import Statement
from sync.trust import Trust

_ROLES = (Role.OFFICE, Role.NODE, Role.FEED, Role.HUB)


def add_commands(commands: Subparsers) -> None:
    """Put `authority` beside the commands of other packages."""
    help_ = "町の鍵を作り、機械を町の仲間に加え、盗まれた機械を止めます。"
    parser = commands.add_parser("authority", help=help_, description=help_)
    acts = parser.add_subparsers(metavar="WHAT", required=True)

    new = _act(acts, "new", _new, "町の鍵を2つ（ふだんの鍵と控えの鍵）、紙の控えと作ります。")
    new.add_argument("--town", metavar="CODE", required=True, help="団体コード（6桁）")
    new.add_argument("--name", metavar="NAME", required=True, help="町の名前")

    restore = _act(acts, "restore", _restore, "紙の控えから、鍵のファイルを作り直します。")
    restore.add_argument(
        "--text", metavar="FILE", type=Path, help="QRコードを読んだ文字（-: 標準入力）"
    )
    _add_machine(restore)

    certifying = _act(acts, "certify", _certify, "機械を町の仲間に加えます。")
    _add_machine(certifying)
    _add_key_file(certifying)
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

    seeding = _act(acts, "seed", _seed, "回線のない公民館へ送る機械の、準備ファイルを作ります。")
    _add_machine(seeding)
    _add_key_file(seeding)
    seeding.add_argument("--name", metavar="NAME", required=True, help="機械の名前")
    seeding.add_argument("--out", metavar="DIR", type=Path, required=True, help="新しいフォルダー")
    seeding.add_argument(
        "--blank", action="store_true", help="鍵を入れない（画面のQRコードで、あとから加える）"
    )
    seeding.add_argument("--hub", metavar="URL", type=read_address, help="ハブの番地")
    seeding.add_argument(
        "--hub-pin",
        metavar="PIN",
        type=read_pin,
        action="append",
        default=[],
        help="ハブの鍵（kairan hub-key が出すもの。2つとも）",
    )
    seeding.add_argument("--peer", metavar="URL", type=read_address, action="append", default=[])

    paging = _act(acts, "pages", _pages, "担当者が役場のパソコンから入るための証明書を作ります。")
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
    _add_key_file(paging)

    revoking = _act(acts, "revoke", _revoke, "盗まれた機械や、偽の機械を止めます。")
    revoking.add_argument("which", metavar="MACHINE", help="名前、指紋、または鍵")
    _add_machine(revoking)
    _add_key_file(revoking)
    revoking.add_argument(
        "--keep",
        choices=["held", "nothing"],
        required=True,
        help="held: いま台帳にある分は残す、nothing: 何も残さない",
    )
    revoking.add_argument(
        "--cut", metavar="POST", action="append", default=[], help="その記事までを残す"
    )

    succeeding = _act(acts, "succeed", _succeed, "壊れた機械の後を、新しい機械に継がせます。")
    succeeding.add_argument("old", metavar="OLD")
    succeeding.add_argument("new", metavar="NEW")
    _add_machine(succeeding)
    _add_key_file(succeeding)

    unsealing = _act(
        acts, "unseal", _unseal, "後を継いだ機械で、前の機械に届いた手紙を読めるようにします。"
    )
    unsealing.add_argument(
        "--machine", metavar="DIR", type=Path, required=True, help="後を継いだ機械のフォルダー"
    )
    unsealing.add_argument(
        "--key", metavar="FILE", type=Path, dest="key_file", required=True, help="控えの鍵"
    )

    replacing = _act(acts, "replace", _replace, "なくした鍵、盗まれた鍵を、新しい鍵に替えます。")
    replacing.add_argument("--place", choices=["daily", "reserve"], default="daily")
    replacing.add_argument(
        "--all", action="store_true", help="手もとの控えにない証明も、新しい鍵で言い直す"
    )
    _add_machine(replacing)
    _add_key_file(replacing)

    listed = _act(acts, "list", _list, "町の鍵と、機械の一覧を表示します。")
    listed.add_argument("--lanes", metavar="MACHINE", help="その機械の列を、どこまであるかと")
    listed.add_argument("--json", action="store_true", help="プログラム向けの形で")
    _add_machine(listed)


refusals = (NoAuthority, NoSuchCut)
"""What stops a command with a message."""


def _act(acts: Subparsers, name: str, does: object, help_: str) -> argparse.ArgumentParser:
    parser = acts.add_parser(name, help=help_, description=help_)
    parser.add_argument(
        "--authority", metavar="DIR", type=Path, required=True, help="町の鍵のフォルダー"
    )
    parser.add_argument(
        "--passphrase-fd", metavar="N", type=int, help="合言葉を1行に1つ、このファイル番号から読む"
    )
    parser.set_defaults(does=does)
    return parser


def _add_machine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--machine", metavar="DIR", type=Path, help="ここにある役場の機械のフォルダー"
    )


def _add_key_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--key", metavar="FILE", type=Path, dest="key_file", help="使う鍵（既定: ふだんの鍵）"
    )


def _new(told: argparse.Namespace) -> None:
    if not is_town(told.town):
        raise Refused(f"{told.town} は団体コードではありません（検査数字まで6桁です）。")
    asked = Passphrases(told.passphrase_fd)
    passphrases = [asked.choose(PLACES[place]) for place in Place]
    if passphrases[Place.DAILY] == passphrases[Place.RESERVE]:
        raise Refused("2つの鍵には、別々の合言葉をつけてください。")
    desk = found(told.authority, code=told.town, name=told.name, passphrases=passphrases)
    print(f"{desk.name}の鍵を2つ作りました。")
    for place in Place:
        print(f"  {PLACES[place]}  {fingerprint(desk.keys[place])}  {desk.key_file(place)}")
    print(
        "\nつぎにすること\n"
        "  1. 2つの紙（.html）を印刷し、合言葉を手で書き、封をして金庫へしまう。\n"
        f"  2. {desk.key_file(Place.RESERVE).parent} を USB メモリーに移し、"
        "紙と一緒にしまって、ここから消す。\n"
        "  3. 印刷した .html を消す。"
    )


def _restore(told: argparse.Namespace) -> None:
    if not (told.authority / AUTHORITY_FILE).exists():
        if told.machine is None:
            raise Refused("町の鍵のフォルダーもないときは、--machine で町の機械を教えてください。")
        node = open_node(told.machine)
        town, trust = node.settings.town, node.ledger.trust()
        adopt(
            told.authority,
            code=town,
            name=node.town_name,
            first=node.settings.authorities[town],
            said=trust.ordered(s for s in trust.statements if town in trust.towns_of(s)),
        )
    desk = open_authority(told.authority)
    try:
        sealed = _typed() if told.text is None else read_sealed(_read_text(told.text))
    except MistypedLine as wrong:
        raise Refused(
            f"{wrong.number}行目が、紙と違います。確かめて、打ち直してください。"
        ) from wrong
    except Malformed as wrong:
        raise Refused("これは町の鍵の控えではありません。") from wrong
    identity = _open(sealed, Passphrases(told.passphrase_fd), PLACES[sealed.place])
    if sealed.town != desk.code or identity.public not in desk.keys:
        raise Refused("この鍵は、いまの町の鍵ではありません（ほかの町のものか、替わった鍵です）。")
    path = keep_key(desk.folder, sealed, identity.public, town_name=desk.name)
    print(f"{PLACES[sealed.place]}（{fingerprint(identity.public)}）を {path} に戻しました。")


def _typed() -> SealedKey:
    """Line by line, each asked again until it is right; or a QR's text, pasted at once."""
    lines: list[str] = []
    number = 1
    while number <= LINES:
        try:
            typed = input(f"{number}行目: ")
        except EOFError as wrong:
            raise Refused(f"{number}行目からが足りません。") from wrong
        if "/" in typed:
            return read_sealed(typed)
        try:
            read_line(number, typed)
        except Malformed:
            print(f"{number}行目が、紙と違います。もう一度打ってください。")
            continue
        lines.append(f"{number}: {typed}")
        number += 1
    return read_sealed("\n".join(lines))


def _read_text(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text()
    except (OSError, UnicodeDecodeError) as wrong:
        raise Refused(f"{path} を読めません。") from wrong


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
    _say(told, desk, [certify(certificate, _signer(told, desk).private)])
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
        after = make_seed(desk, plan, None if told.blank else _signer(told, desk))
    except FileExistsError as wrong:
        raise Refused(f"{told.out} には、もう機械があります。") from wrong
    node = _node(told)
    _take_in(node, after.standing())
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
            told.machine, names=told.name, daily=_signer(told, desk), town=desk.name
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


def _revoke(told: argparse.Namespace) -> None:
    desk = open_authority(told.authority)
    node = _node(told)
    known = _known(desk, node)
    key = _machine(known, told.which)
    found_cuts = {}
    if node is not None:
        found_cuts = cuts(node.ledger, key, desk.code, keep=told.keep == "held", chosen=told.cut)
    elif told.keep == "held" or told.cut:
        raise Refused("どこまで残すかは台帳で決まります。--machine で町の機械を教えてください。")
    by, counter = _signer(told, desk), next_counter(known)
    statement = revoke(key, counter, found_cuts, by.private)
    if len(statement) > STATEMENT_BYTES_MAX:
        raise Refused("列が多すぎて、一度に書ききれません。残す列を --cut で選んでください。")
    _say(told, desk, [*without_its_seed(known, key, by, counter), statement])
    print(f"{_called(known, key)} を止めました。")
    for lane, cut in found_cuts.items():
        print(f"  残した分: {lane.class_.name.lower()} の{cut.number}番まで")


def _succeed(told: argparse.Namespace) -> None:
    desk = open_authority(told.authority)
    known = _known(desk, _node(told))
    old, new = _machine(known, told.old), _machine(known, told.new)
    if old == new:
        raise Refused("同じ機械です。")
    counter = next_counter(known)
    _say(told, desk, [name_successor(old, new, counter, _signer(told, desk).private)])
    print(f"{_called(known, old)} の後を、{_called(known, new)} が継ぎます。")


def _unseal(told: argparse.Namespace) -> None:
    desk, node = open_authority(told.authority), open_node(told.machine)
    if node.settings.town != desk.code:
        raise Refused(f"{told.machine} は、ほかの町の機械です。")
    sealed = read_key(told.key_file)
    reserve = _open(sealed, Passphrases(told.passphrase_fd), PLACES[sealed.place])
    found_keys = unseal(node, reserve)
    if not found_keys:
        raise Refused(
            "この鍵で開けられるものは、ありませんでした。控えの鍵を使い、"
            "kairan authority succeed で後を継がせてから、もう一度お試しください。"
        )
    print(f"手紙を読む鍵を{found_keys}本、{node.settings.name}に戻しました。")


def _replace(told: argparse.Namespace) -> None:
    desk, place = open_authority(told.authority), Place[told.place.upper()]
    node = _node(told)
    if told.key_file is None:
        raise Refused(
            "どの鍵で替えるかを --key で教えてください（なくした、盗まれたときは、控えの鍵です）。"
        )
    asked = Passphrases(told.passphrase_fd)
    sealed = read_key(told.key_file)
    by = _open(sealed, asked, PLACES[sealed.place])
    again, others = to_say_again(desk, _known(desk, node), desk.keys[place])
    if told.all:
        again, others = [*again, *others], []
    identity = make_identity()
    closed = seal(
        identity,
        asked.choose(PLACES[place]),
        town=desk.code,
        place=place,
        cost=sealed.cost,
    )
    path = keep_key(desk.folder, closed, identity.public, town_name=desk.name)
    try:
        after = replaced(desk, by=by, place=place, new=identity, again=again)
    except NoAuthority:
        for file in (path, path.with_suffix(".html")):
            file.unlink()  # a key of nobody's
        raise
    _take_in(node, after.standing())
    print(f"{PLACES[place]}を替えました。指紋 {fingerprint(identity.public)}（{path}）")
    print(f"前の鍵で決めたことのうち{len(again)}件を、新しい鍵で言い直しました。")
    for statement in others:
        print(f"  手もとの控えになく、言い直さなかったもの: {_in_short(statement)}")
    print(_how_to_carry(after, node))


def _list(told: argparse.Namespace) -> None:
    desk = open_authority(told.authority)
    node = _node(told)
    known = _known(desk, node)
    if told.lanes:
        if node is None:
            raise Refused("列は台帳にあります。--machine で町の機械を教えてください。")
        for history in histories(node.ledger, _machine(known, told.lanes), desk.code):
            print(f"{history.lane.class_.name.lower():8} {history.cut.number}番まで  {history.end}")
        return
    found_here = listing(known, desk.code)
    if told.json:
        json.dump(found_here.as_json(), sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        print(in_words(found_here, desk.name))


# what they share


def _say(told: argparse.Namespace, desk: Authority, statements: Iterable[bytes]) -> None:
    """Into the folder, the file, and the ledger of the machine here, if one was named."""
    after = desk.say(*statements)
    node = _node(told)
    _take_in(node, after.standing())
    print(_how_to_carry(after, node))


def _take_in(node: Node | None, statements: Iterable[bytes]) -> None:
    if node is not None:
        take(node.ledger, Parcel(statements=tuple(statements)), source="authority")


def _how_to_carry(desk: Authority, node: Node | None) -> str:
    path = desk.folder / CARRIED_FILE
    if node is not None:
        return f"{node.settings.name} の台帳に入れました。ほかの機械にも、つながりしだい届きます。"
    return (
        f"{path} を、USBメモリーの kairan フォルダーに入れるか、"
        "kairan import で取りこんでください。"
    )


def _node(told: argparse.Namespace) -> Node | None:
    return None if told.machine is None else open_node(told.machine)


def _known(desk: Authority, node: Node | None) -> Trust:
    """What the folder knows, and the machine."""
    return desk.trust.with_statements(node.ledger.trust().statements if node else ())


def _signer(told: argparse.Namespace, desk: Authority) -> Identity:
    sealed = read_key(told.key_file or desk.key_file(Place.DAILY))
    identity = _open(sealed, Passphrases(told.passphrase_fd), PLACES[sealed.place])
    if identity.public not in desk.keys:
        raise Refused("この鍵は、いまの町の鍵ではありません（ほかの町のものか、替わった鍵です）。")
    return identity


def _open(sealed: SealedKey, asked: Passphrases, what: str) -> Identity:
    try:
        return sealed.open(asked.ask(what))
    except WrongPassphrase as wrong:
        raise Refused("合言葉が違います。") from wrong


def _machine(known: Trust, wanted: str) -> bytes:
    """The machine of that name, fingerprint or key."""
    typed = as_meant(wanted.replace(" ", ""))
    keys = [
        key
        for key in sorted(known.keys())
        if (wanted == known.name(key) and not _is_seed(known, key))
        or wanted.lower() == key.hex()
        or typed == as_meant(fingerprint(key).replace(" ", ""))
    ]
    if len(keys) == 1:
        return keys[0]
    if keys:
        choices = "、".join(f"{_called(known, key)}" for key in keys)
        raise Refused(f"「{wanted}」は2台以上あります。指紋で選んでください: {choices}")
    raise Refused(f"「{wanted}」という機械はありません。kairan authority list で確かめてください。")


def _is_seed(known: Trust, key: bytes) -> bool:
    return all(c.role is Role.ENROLMENT for c in known.certificates(key))


def _called(known: Trust, key: bytes) -> str:
    roles = "・".join(sorted({str(c.role) for c in known.certificates(key)}))
    return f"{known.name(key)}（{roles}、{fingerprint(key)}）"


def _in_short(statement: Statement) -> str:
    match statement.says:
        case Certificate(name=name, role=role, key=key):
            return f"{name}（{role}）の証明、指紋 {fingerprint(key)}"
        case Revocation(key=key):
            return f"取り消し、指紋 {fingerprint(key)}"
        case Succession(old=old, new=new):
            return f"後任、{fingerprint(old)} から {fingerprint(new)}"
        case _:
            return statement.type


def _key(text: str) -> bytes:
    key = bytes.fromhex(text)
    if len(key) != 32:
        raise ValueError
    return key
