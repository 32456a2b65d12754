"""What a machine keeps outside its ledger and can't get from others: taken along, and put back.

Never a signing key: a machine that is made anew has its own. What lies here already stays: a word
that was said later, at this machine, is not undone by an older one from a stick.
"""

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from node.calling import CALL_FILE
from node.handling import HANDLING_FILE
from node.language.names import NAMES_FILE
from node.moderation.keeping import taken_along
from node.node import Node
from node.pins import PINS_FILE, Pins
from node.reading import own_keys
from node.reading_files import secrets_of
from sync import cbor, sealing
from sync.errors import Malformed
from sync.machine.files import read_bounded, write_whole
from sync.machine.mishap import Lives
from sync.machine.settings import SETTINGS_FILE
from sync.machine.toml import added

FILE_BYTES_MAX = 1 << 20

OF_THE_PLACE = ("sticks", "pixel_millimetres", "screen_off", "called", "metered", "wifi")
"""Settings that people make where the machine stands; the others are the desk's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One that opens what is sealed to this place, or to one account of it."""

    secret: bytes
    account: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """All of it."""

    settings: str = ""  # the text of machine.toml
    names: bytes = b""  # readings.txt
    pins: bytes = b""
    lives: Mapping[bytes, int] = field(default_factory=dict)
    secrets: tuple[Secret, ...] = ()
    desk: object = field(default_factory=dict)
    call: bytes = b""  # call.json
    handling: bytes = b""  # handling.json


def gather(node: Node) -> Local:
    """What this machine has."""
    folder = node.settings.folder
    return Local(
        settings=_file(folder / SETTINGS_FILE).decode(errors="replace"),
        names=_file(folder / NAMES_FILE),
        pins=_file(folder / PINS_FILE),
        lives={node.identity.public: Lives(node.database.path).largest(node.identity.public)},
        secrets=_secrets(node),
        desk=taken_along(node.database),
        call=_file(folder / CALL_FILE),
        handling=_file(folder / HANDLING_FILE),
    )


def _secrets(node: Node) -> tuple[Secret, ...]:
    """Those for the place and its accounts. One for a single post is destroyed with that post, and
    must not lie on a stick: the town's reserve key opens it as long as it may be opened.
    """
    held = secrets_of(node)
    tags = [sealing.tag(key.key) for key in own_keys(node) if key.about is None]
    return tuple(
        Secret(secret=secret, account=held.account(tag))
        for tag in dict.fromkeys(tags)
        if (secret := held.of(tag)) is not None
    )


def _file(path: Path) -> bytes:
    with suppress(FileNotFoundError):
        return read_bounded(path, FILE_BYTES_MAX) or b""
    return b""


def encode(local: Local) -> bytes:
    """As it stands in a backup."""
    return cbor.encode(
        {
            1: local.settings,
            2: local.names,
            3: local.pins,
            4: [[author, ordinal] for author, ordinal in sorted(local.lives.items())],
            5: [[each.secret, each.account] for each in local.secrets],
            6: local.desk,
            7: local.call,
            8: local.handling,
        }
    )


def decode(encoded: bytes) -> Local:
    """What `encode` made. Raises Malformed."""
    match cbor.decode(encoded, bytes_max=len(encoded)):
        case {
            1: str(settings),
            2: bytes(names),
            3: bytes(pins),
            4: list(lives),
            5: list(secrets),
            6: dict(desk),
            **later,
        } if isinstance(call := later.get(7, b""), bytes) and isinstance(
            handling := later.get(8, b""), bytes
        ):
            return Local(
                settings=settings,
                names=names,
                pins=pins,
                lives=dict(_life(each) for each in lives),
                secrets=tuple(_secret(each) for each in secrets),
                desk=desk,
                call=call,
                handling=handling,
            )
        case _:
            raise Malformed("not what a machine keeps")


def _life(value: object) -> tuple[bytes, int]:
    match value:
        case [bytes(author), int(ordinal)] if len(author) == 32 and cbor.are_integers(ordinal):
            return author, ordinal
        case _:
            raise Malformed("not a life")


def _secret(value: object) -> Secret:
    match value:
        case [bytes(secret), None] if len(secret) == sealing.KEY_BYTES:
            return Secret(secret=secret, account=None)
        case [bytes(secret), bytes(account)] if len(secret) == sealing.KEY_BYTES:
            return Secret(secret=secret, account=account)
        case _:
            raise Malformed("not a reading key")


def put_back(node: Node, local: Local) -> list[str]:
    """The files; names of what came back, for a person. What is there stays."""
    folder, back = node.settings.folder, list[str]()
    if local.names and not (folder / NAMES_FILE).exists():
        write_whole(folder / NAMES_FILE, local.names)
        back.append("読みがなの一覧")
    for file, content, name in (
        (CALL_FILE, local.call, "困ったときの電話"),
        (HANDLING_FILE, local.handling, "個人の情報の扱い"),
    ):
        if content and not (folder / file).exists():
            write_whole(folder / file, content, mode=0o600)
            back.append(name)
    if pins := Pins(folder).take_back(local.pins):
        back.append(f"暗証番号（{pins}人）")
    held = secrets_of(node)
    new = [each for each in local.secrets if held.of(_tag(each)) is None]
    for each in new:
        held.keep(each.secret, account=each.account)
    if new:
        back.append(f"手紙を読む鍵（{len(new)}本）")
    if _add_settings(folder / SETTINGS_FILE, local.settings):
        back.append("この場所の設定")
    return back


def take_back_lives(node: Node, local: Local) -> None:
    """Whatever life this machine had begun then, it begins none of that number again."""
    lives, own = Lives(node.database.path), node.identity.public
    if (ordinal := local.lives.get(own, 0)) > lives.largest(own):
        lives.begin(own, ordinal)


def _tag(secret: Secret) -> bytes:
    return sealing.tag(sealing.public(secret.secret))


def _add_settings(path: Path, told: str) -> bool:
    """What people set at the place, where the desk said nothing else of it. Raises Malformed."""
    text = path.read_text()
    here, there = tomllib.loads(text), _settings(told)
    new = {name: there[name] for name in OF_THE_PLACE if name in there and name not in here}
    if not new:
        return False
    try:
        write_whole(path, added(text, new).encode())
    except ValueError as wrong:
        raise Malformed("not a setting of a place") from wrong
    return True


def _settings(told: str) -> dict[str, object]:
    try:
        return tomllib.loads(told)
    except tomllib.TOMLDecodeError as wrong:
        raise Malformed("not settings") from wrong
