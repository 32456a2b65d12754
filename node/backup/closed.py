"""A file that a few may open: who has the town's reserve key, or a passphrase.

    file  = MARK ‖ length of head (4) ‖ head ‖ first 8 bytes of its SHA-256 ‖ chunk …
    head  = CBOR {1: version, 2: town, 3: the machine's key, 4: its name, 5: [seconds, quality],
                  6: [way, …]}
    way   = [1, tag, wrapped]: the content key, by HPKE to the reserve (sync/escrow.py)
          | [2, cost, salt, box]: the same under a passphrase (sync/machine/passphrase.py)
    chunk = ChaCha20-Poly1305 of 64 KiB, the last one of less, if need be of nothing;
            nonce = its number from 0 (11 bytes) ‖ 1 in the last, else 0
    key   = HKDF-SHA256 of the content key, info = "kairan/1 backup" ‖ SHA-256(all before chunks)

So a chunk that is changed, moved, doubled or missing is noticed, and a head that was changed. It
says to whoever finds it whose it is and from when.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync import cbor, sealing
from sync.entry import Quality, Written
from sync.errors import Malformed, Unverified
from sync.escrow import escrow_public, escrow_secret
from sync.lane import is_town
from sync.limits import NAME_CHARACTERS_MAX
from sync.machine import keys, passphrase
from sync.machine.passphrase import COST, COST_MAX, COST_MIN, PROOF_BYTES, SALT_BYTES
from sync.sealing import KEY_BYTES, TAG_BYTES, WRAPPED_BYTES, Place

MARK = b"KAIRAN BACKUP\n"
CHUNK_BYTES = 64 << 10
_VERSION = 1
_LENGTH_BYTES, _CHECK_BYTES, _TAG = 4, 8, 16
_HEAD_BYTES_MAX = 4_096
_RESERVE, _PASSPHRASE = 1, 2
_BOX_BYTES = KEY_BYTES + PROOF_BYTES


class NotOurs(Exception):
    """It is no such file, or one of a later version."""


class Changed(Exception):
    """It is damaged, cut short, or was changed."""


class NoSuchWay(Exception):
    """It was not closed to that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What anybody reads who finds it."""

    town: str
    machine: bytes  # its public key
    name: str
    written: Written


@dataclass(frozen=True, slots=True)
class _ToReserve:
    tag: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class _ToPassphrase:
    cost: int
    salt: bytes
    box: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """A file before its chunks, and what opens these if somebody knows it."""

    label: Label
    ways: tuple[_ToReserve | _ToPassphrase, ...]
    before: bytes

    @property
    def takes_passphrase(self) -> bool:
        """Whether a passphrase opens it too."""
        return any(isinstance(way, _ToPassphrase) for way in self.ways)

    def by_reserve(self, authority: bytes) -> bytes:
        """The content key, by the 32 bytes of a reserve key. Raises NoSuchWay, Changed."""
        opener = escrow_secret(authority)
        tag = sealing.tag(sealing.public(opener))
        for way in self.ways:
            if isinstance(way, _ToReserve) and way.tag == tag:
                try:
                    return sealing.unwrap(way.wrapped, opener, at=_place(self.label))
                except Unverified as wrong:
                    raise Changed from wrong
        raise NoSuchWay

    def by_passphrase(self, typed: str) -> bytes:
        """The content key. Raises NoSuchWay, WrongPassphrase."""
        for way in self.ways:
            if isinstance(way, _ToPassphrase):
                return passphrase.open_(
                    way.box, typed, salt=way.salt, cost=way.cost, bound_to=_place(self.label).info
                )
        raise NoSuchWay

    def close(self, content: Iterable[bytes], content_key: bytes) -> Iterator[bytes]:
        """The whole file, piece by piece."""
        yield self.before
        cipher = self._cipher(content_key)
        waiting, number = bytearray(), 0
        for piece in content:
            waiting += piece
            while len(waiting) > CHUNK_BYTES:
                yield cipher.encrypt(_nonce(number), bytes(waiting[:CHUNK_BYTES]), None)
                del waiting[:CHUNK_BYTES]
                number += 1
        yield cipher.encrypt(_nonce(number, last=True), bytes(waiting), None)

    def open(self, file: BinaryIO, content_key: bytes) -> Iterator[bytes]:
        """What is in it, behind the head; nothing is true before all came. Raises Changed."""
        cipher, number = self._cipher(content_key), 0
        chunk = file.read(CHUNK_BYTES + _TAG)
        while True:
            following = file.read(CHUNK_BYTES + _TAG)
            try:
                yield cipher.decrypt(_nonce(number, last=not following), chunk, None)
            except InvalidTag as wrong:
                raise Changed(f"chunk {number}") from wrong
            if not following:
                return
            chunk, number = following, number + 1

    def _cipher(self, content_key: bytes) -> ChaCha20Poly1305:
        info = b"kairan/1 backup" + sha256(self.before).digest()
        return ChaCha20Poly1305(HKDF(SHA256(), KEY_BYTES, None, info).derive(content_key))


def begin(
    label: Label, *, reserve: bytes, typed: str | None = None, cost: int = COST
) -> tuple[Closed, bytes]:
    """A new file's head, and its content key. `reserve`: the public key; `typed`: a passphrase."""
    content_key, place = keys.content_key(), _place(label)
    opener = escrow_public(reserve)
    wrapped = sealing.wrap(content_key, to=opener, at=place)
    ways: list[_ToReserve | _ToPassphrase] = [_ToReserve(sealing.tag(opener), wrapped)]
    if typed is not None:
        salt = keys.key_salt(SALT_BYTES)
        box = passphrase.close(content_key, typed, salt=salt, cost=cost, bound_to=place.info)
        ways.append(_ToPassphrase(cost, salt, box))
    head = cbor.encode(
        {
            1: _VERSION,
            2: label.town,
            3: label.machine,
            4: label.name,
            5: list(label.written),
            6: [_as_array(way) for way in ways],
        }
    )
    check = sha256(head).digest()[:_CHECK_BYTES]
    before = MARK + len(head).to_bytes(_LENGTH_BYTES, "big") + head + check
    return Closed(label, tuple(ways), before), content_key


def read_head(file: BinaryIO) -> Closed:
    """The head, and the file stands behind it. Raises NotOurs, Changed."""
    mark = file.read(len(MARK))
    if mark != MARK:
        raise NotOurs
    length = file.read(_LENGTH_BYTES)
    size = int.from_bytes(length, "big")
    if size > _HEAD_BYTES_MAX:
        raise Changed("a head larger than any")
    head, check = file.read(size), file.read(_CHECK_BYTES)
    if check != sha256(head).digest()[:_CHECK_BYTES]:
        raise Changed("its head")
    return _read(head, mark + length + head + check)


def open_whole(content: bytes, content_key: bytes) -> bytes:
    """All that is in such a file. Raises NotOurs, Changed."""
    file = io.BytesIO(content)
    return b"".join(read_head(file).open(file, content_key))


def _read(head: bytes, before: bytes) -> Closed:
    try:
        told = cbor.decode(head, bytes_max=_HEAD_BYTES_MAX)
    except Malformed as wrong:
        raise Changed("its head") from wrong
    match told:
        case {
            1: int(version),
            2: str(town),
            3: bytes(machine),
            4: str(name),
            5: [int(seconds), int(quality)],
            6: list(ways),
        } if (
            cbor.are_integers(version, seconds, quality)
            and version == _VERSION
            and is_town(town)
            and len(machine) == 32
            and 0 < len(name) <= NAME_CHARACTERS_MAX
            and quality in set(Quality)
        ):
            label = Label(
                town=town, machine=machine, name=name, written=Written(seconds, Quality(quality))
            )
            return Closed(label, tuple(_read_ways(ways)), before)
        case _:
            raise NotOurs


def _read_ways(ways: Iterable[object]) -> Iterator[_ToReserve | _ToPassphrase]:
    """What isn't one, a later version may know."""
    for way in ways:
        match way:
            case [1, bytes(tag), bytes(wrapped)] if (
                len(tag) == TAG_BYTES and len(wrapped) == WRAPPED_BYTES
            ):
                yield _ToReserve(tag, wrapped)
            case [2, int(cost), bytes(salt), bytes(box)] if (
                COST_MIN <= cost <= COST_MAX and len(salt) == SALT_BYTES and len(box) == _BOX_BYTES
            ):
                yield _ToPassphrase(cost, salt, box)


def _as_array(way: _ToReserve | _ToPassphrase) -> list[object]:
    match way:
        case _ToReserve(tag, wrapped):
            return [_RESERVE, tag, wrapped]
        case _ToPassphrase(cost, salt, box):
            return [_PASSPHRASE, cost, salt, box]


def _place(label: Label) -> Place:
    """What binds a content key to one machine's file of one moment."""
    return Place(
        town=label.town, kind="backup", lane=label.machine, number=max(0, label.written.seconds)
    )


def _nonce(number: int, *, last: bool = False) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
