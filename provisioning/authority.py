"""A town's authority at the desk: a folder with its keys, closed, and all that it has said.

    authority.toml             the town, and the keys that its machines were told at first
    daily-FINGERPRINT.key      closed by a passphrase, as is reserve/reserve-FINGERPRINT.key
    statements.cbor            what it has said, in order; what a machine is provisioned with
    statements.kairan          the same as a file for a stick, a phone or `kairan import`

Whoever speaks for the town now follows from what was said (sync/authority.py). A key is on the
disk before a word is said with it or of it.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from provisioning.paper import PLACES, page
from provisioning.sealed_key import COST, Place, SealedKey, read_sealed, seal
from sync import cbor, cose
from sync.authority import Replacement, replace_authority
from sync.carrier import pack
from sync.certificate import Certificate, Role, Voucher, certify
from sync.errors import Malformed
from sync.letters import fingerprint
from sync.limits import COUNTER_MAX, STATEMENT_BYTES_MAX
from sync.machine import clock
from sync.machine.files import write_whole
from sync.machine.keys import Identity, make_identity
from sync.machine.opening import read_statements
from sync.machine.settings import STATEMENTS_FILE
from sync.machine.toml import quoted
from sync.release import Release
from sync.revocation import Revocation, Succession, revoke
from sync.statement import Statement, read_statement
from sync.trust import Trust

AUTHORITY_FILE = "authority.toml"
CARRIED_FILE = "statements.kairan"
RESERVE_FOLDER = "reserve"


class NoAuthority(Exception):
    """The folder is not that of an authority, or a key isn't there. The message is for a person."""


@dataclass(frozen=True)
class Authority:
    """Who speaks for a town, and what was said so far."""

    folder: Path
    code: str  # LG code
    name: str
    first: tuple[bytes, ...]  # the keys that machines were told, by place
    said: tuple[bytes, ...]

    @cached_property
    def trust(self) -> Trust:
        """What stands of it."""
        return Trust({self.code: self.first}).with_statements(map(read_statement, self.said))

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Those that speak for the town now, by place."""
        return self.trust.in_office(self.code).keys

    @property
    def counter(self) -> int:
        """For what it says next, by what it has said."""
        return next_counter(self.trust)

    def standing(self) -> list[bytes]:
        """What stands of what it has said, fit to be taken in from first to last."""
        return self.trust.ordered(s for s in self.trust.statements if self.trust.towns_of(s))

    def key_file(self, place: Place) -> Path:
        """Where the key of that place is, if it wasn't carried away."""
        return _key_file(self.folder, place, self.keys[place])

    def say(self, *statements: bytes) -> "Authority":
        """The same having said these too; on the disk when this returns."""
        new = [each for each in statements if each not in self.said]
        after = replace(self, said=(*self.said, *new))
        if new:
            after.write()
        return after

    def write(self) -> None:
        """Write down what was said."""
        write_whole(self.folder / STATEMENTS_FILE, b"".join(map(cbor.encode, self.said)))
        carried = pack(
            self.standing(),
            (),
            writer=self.keys[Place.DAILY],
            towns=[self.code],
            written=clock.now().written,
        )
        write_whole(self.folder / CARRIED_FILE, b"".join(carried))


def next_counter(known: Trust) -> int:
    """Larger than any in what stands."""
    said = (_counter(s) for s in known.statements if known.towns_of(s))
    return min(1 + max(said, default=0), COUNTER_MAX)


def found(
    folder: Path, *, code: str, name: str, passphrases: Sequence[str], cost: int = COST
) -> Authority:
    """A new authority: both its keys, their papers, and nothing said. `passphrases` by place."""
    if (folder / AUTHORITY_FILE).exists():
        raise NoAuthority(f"{folder} には、もう町の鍵があります。")
    identities = [make_identity() for _ in Place]
    for place, identity, passphrase in zip(Place, identities, passphrases, strict=True):
        sealed = seal(identity, passphrase, town=code, place=place, cost=cost)
        keep_key(folder, sealed, identity.public, town_name=name)
    first = tuple(identity.public for identity in identities)
    made = Authority(folder=folder, code=code, name=name, first=first, said=())
    _write_settings(made)
    made.write()
    return made


def adopt(
    folder: Path, *, code: str, name: str, first: Sequence[bytes], said: Iterable[bytes]
) -> Authority:
    """The folder of an authority that was lost, from what a machine of the town holds."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Authority(folder=folder, code=code, name=name, first=tuple(first), said=tuple(said))
    _write_settings(made)
    made.write()
    return made


def open_authority(folder: Path) -> Authority:
    """The authority in that folder. Raises NoAuthority."""
    path = folder / AUTHORITY_FILE
    try:
        told = tomllib.loads(path.read_text())
        first = tuple(bytes.fromhex(key) for key in told["keys"])
        if [len(key) for key in first] != [32] * len(Place):
            raise ValueError("keys")
        return Authority(
            folder=folder,
            code=str(told["code"]),
            name=str(told["name"]),
            first=first,
            said=tuple(read_statements(folder / STATEMENTS_FILE)),
        )
    except FileNotFoundError as wrong:
        raise NoAuthority(
            f"{folder} に町の鍵がありません。はじめは kairan authority new で作ります。"
        ) from wrong
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise NoAuthority(f"{path} を読めません: {wrong}") from wrong


def read_key(path: Path) -> SealedKey:
    """The closed key in a file. Raises NoAuthority."""
    try:
        return read_sealed(path.read_text())
    except FileNotFoundError as wrong:
        raise NoAuthority(
            f"鍵のファイル（{path}）がありません。しまってあれば --key で場所を教えてください。"
            "紙からは kairan authority restore で戻せます。"
        ) from wrong
    except (OSError, ValueError, Malformed) as wrong:
        raise NoAuthority(f"鍵のファイル（{path}）を読めません。") from wrong


def keep_key(folder: Path, key: SealedKey, public: bytes, *, town_name: str) -> Path:
    """Write a closed key and its paper; the key's file."""
    path = _key_file(folder, key.place, public)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, key.text().encode(), mode=0o600)
    paper = page(key, public=public, town_name=town_name)
    write_whole(path.with_suffix(".html"), paper.encode(), mode=0o600)
    return path


def replaced(
    authority: Authority,
    *,
    by: Identity,
    place: Place,
    new: Identity,
    again: Iterable[Statement],
) -> Authority:
    """Another key in that place, which says again what should stand. Raises NoAuthority."""
    old = authority.keys[place]
    step = replace_authority(old, new.public, authority.counter, by.private)
    after = authority.trust.with_statements([read_statement(step)])
    if after.in_office(authority.code).keys[place] != new.public:
        raise NoAuthority(f"{PLACES[place]}を替えることは、この鍵ではできません。")
    return authority.say(step, *(said_again(statement, new) for statement in again))


def to_say_again(
    desk: Authority, known: Trust, old: bytes
) -> tuple[list[Statement], list[Statement]]:
    """What stands of that key's word: what the folder has, and what only others have.

    Of the latter a thief may have said some, so a person looks at it. Seeds aren't among them: with
    one that was used another machine could be made, and nobody would be in doubt.
    """
    doubted = {child for children in known.in_doubt.values() for child in children}
    ours: list[Statement] = []
    others: list[Statement] = []
    for statement in sorted(known.statements, key=lambda s: (_counter(s), s.encoded)):
        match statement.says:
            case Certificate(role=Role.ENROLMENT):
                continue
            case Certificate(by=Voucher() as seed, key=key) if seed.signer == old:
                said_here = seed.encoded in desk.said and key not in doubted
            case Certificate() | Revocation() | Succession() if statement.signer == old:
                said_here = statement.encoded in desk.said
            case _:
                continue
        if known.towns_of(statement):
            (ours if said_here else others).append(statement)
    return ours, others


def without_its_seed(known: Trust, key: bytes, by: Identity, counter: int) -> list[bytes]:
    """That a machine is one by the authority's own word, and what it was set up with is none more.

    Who has the machine may find its seed on the disk.
    """
    return [
        statement
        for certificate in known.certificates(key)
        if certificate.by is not None
        for statement in (
            certify(replace(certificate, by=None, counter=counter), by.private),
            revoke(certificate.by.certificate.key, counter, {}, by.private),
        )
    ]


def said_again(statement: Statement, by: Identity) -> bytes:
    """The same, signed by another key; also of what a machine said of itself with a seed."""
    if statement.certificate is not None:
        return certify(replace(statement.certificate, by=None), by.private)
    sealed = cose.read(statement.encoded, bytes_max=STATEMENT_BYTES_MAX)
    return cose.sign(sealed.payload, type_=sealed.type, key_id=by.public, key=by.private)


def _key_file(folder: Path, place: Place, public: bytes) -> Path:
    short = fingerprint(public).replace(" ", "").lower()[:8]
    name = f"{place.name.lower()}-{short}.key"
    return folder / RESERVE_FOLDER / name if place is Place.RESERVE else folder / name


def _counter(statement: Statement) -> int:
    match statement.says:
        case Certificate(counter=counter) | Revocation(counter=counter):
            return counter
        case Succession(counter=counter) | Replacement(counter=counter) | Release(counter=counter):
            return counter
        case _:
            return 0


def _write_settings(authority: Authority) -> None:
    keys = ", ".join(f'"{key.hex()}"' for key in authority.first)
    lines = f"code = {quoted(authority.code)}\nname = {quoted(authority.name)}\nkeys = [{keys}]\n"
    authority.folder.mkdir(parents=True, exist_ok=True)
    write_whole(authority.folder / AUTHORITY_FILE, lines.encode())
