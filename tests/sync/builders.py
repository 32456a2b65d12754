"""Valid things, made short: towns, machines, posts, and roads between machines.

Keys come from names, so that every run makes the same bytes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cose
from sync.bundle import Bundle, Entry
from sync.carrier import pack
from sync.certificate import CLASSES_OF, Certificate, Role, certify
from sync.chain import fold, sign_head
from sync.entry import (
    EntryId,
    Quality,
    RecordId,
    Reference,
    Written,
    make_header,
    make_payload,
)
from sync.frontier import Summary
from sync.ingest import Kept, ingest_statement
from sync.lacking import held_digest, held_summary, runs
from sync.lane import Audience, Class, Lane
from sync.ledger import Changes, Ledger
from sync.machine.database import Database
from sync.machine.exchanging import Exchanged, Road, converse
from sync.machine.keys import Identity
from sync.machine.memory import MemoryLedger
from sync.machine.pace import Pace
from sync.machine.responding import respond
from sync.machine.sqlite import SqliteLedger
from sync.record import Record, resolve
from sync.writing import Draft, write

WRITTEN = Written(1_790_000_000, Quality.TRUSTED)
GROUPS: Mapping[str, Mapping[str, str]] = {
    "event": {"title": "title", "begins": "when", "ends": "when", "status": "status"}
}
NOTHING = Summary(statements=frozenset(), lanes={})
SOFTWARE = "test"


def key(name: str) -> Ed25519PrivateKey:
    """The key of that name."""
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())


@dataclass(frozen=True)
class Town:
    """A town and the key of its authority."""

    code: str

    @property
    def authority(self) -> Ed25519PrivateKey:
        return key(f"authority of {self.code}")

    def certify(self, machine: Ed25519PrivateKey, role: Role = Role.NODE, **other: object) -> bytes:
        """The widest certificate of that role; `other` replaces some of it."""
        widest = Certificate(
            key=cose.public(machine),
            name=str(role),
            role=role,
            towns=frozenset({self.code}),
            classes=CLASSES_OF[role],
            audiences=frozenset(Audience) if CLASSES_OF[role] else frozenset(),
            counter=1,
        )
        return certify(replace(widest, **other), self.authority)  # type: ignore[arg-type]


TOWN = Town("131016")
OTHER_TOWN = Town("011002")


def authorities(towns: Iterable[Town] = (TOWN,)) -> dict[str, tuple[bytes, ...]]:
    return {town.code: (cose.public(town.authority),) for town in towns}


def ignore(changes: Changes) -> None:
    """The projection of a machine without views."""


def memory(
    towns: Iterable[Town] = (TOWN,), project: Callable[[Changes], None] = ignore
) -> MemoryLedger:
    return MemoryLedger(authorities(towns), project)


def sqlite(
    path: Path, towns: Iterable[Town] = (TOWN,), project: Callable[[Changes], None] = ignore
) -> SqliteLedger:
    return SqliteLedger(Database(path), authorities(towns), project)


def lane(
    author: str = "上郷",
    class_: Class = Class.BOARD,
    audience: Audience = Audience.TOWN,
    *,
    town: Town = TOWN,
    ordinal: int = 1,
    life: int = 1,
) -> Lane:
    """A lane of whoever has the key of that name."""
    return Lane(
        town=town.code,
        author=cose.public(key(author)),
        ordinal=ordinal,
        random=life.to_bytes(8, "big"),
        class_=class_,
        audience=audience,
    )


def salt(text: object) -> bytes:
    return sha256(repr(text).encode()).digest()[:8]


def entries(in_lane: Lane, drafts: Sequence[Draft]) -> list[Entry]:
    """What those drafts are as the first entries of a lane; they refer to nothing outside it."""
    made: list[Entry] = []
    for number, draft in enumerate(drafts, 1):
        payload = make_payload(draft.fields, salt=salt((in_lane.id, number)))
        header = make_header(
            lane=in_lane.id,
            kind=draft.kind,
            payload=payload,
            written=WRITTEN,
            record=draft.record and Reference(draft.record),
            parents=[Reference(parent) for parent in draft.parents],
            counter=draft.counter,
        )
        made.append(Entry(header, payload))
    return made


def posts(count: int, *, about: str = "回覧") -> list[Draft]:
    return [Draft(kind="event/write", fields={"title": f"{about}{n}"}) for n in range(1, count + 1)]


def run(
    author: str = "上郷",
    drafts: Sequence[Draft] | None = None,
    *,
    of: Lane | None = None,
    first: int = 1,
    last: int | None = None,
    empty: Iterable[int] = (),
    signer: str | None = None,
) -> Bundle:
    """A run of an author's lane, signed; by somebody else, or with payloads left out, if told so.

    `drafts` are all that the lane has from number 1 on; three posts if not told.
    """
    in_lane = of or lane(author)
    every = entries(in_lane, posts(3) if drafts is None else drafts)
    last = len(every) if last is None else last
    head = fold(in_lane.id, (entry.header for entry in every[:last]))
    bare = set(empty)
    return Bundle(
        lane=in_lane,
        first=first,
        before=fold(in_lane.id, (entry.header for entry in every[: first - 1])),
        entries=tuple(
            Entry(entry.header, None) if number in bare else entry
            for number, entry in enumerate(every[first - 1 : last], first)
        ),
        signature=sign_head(in_lane, last, head, key(signer or author)),
    )


@dataclass
class Machine:
    """A machine of a town, with a ledger of its own."""

    name: str
    ledger: Ledger
    role: Role = Role.NODE
    towns: tuple[Town, ...] = (TOWN,)
    made: int = field(default=0)

    def __post_init__(self) -> None:
        self.meet(self)

    @property
    def identity(self) -> Identity:
        return Identity(key(self.name))

    @property
    def certificates(self) -> list[bytes]:
        """One of each of its towns."""
        return [town.certify(key(self.name), self.role, name=self.name) for town in self.towns]

    def meet(self, *others: "Machine") -> None:
        """Hold the certificates of other machines, as far as this one knows their towns."""
        for other in others:
            for statement in other.certificates:
                ingest_statement(self.ledger, statement)

    def write(
        self,
        *drafts: Draft,
        class_: Class = Class.BOARD,
        audience: Audience = Audience.TOWN,
        town: Town | None = None,
        life: int = 1,
    ) -> list[EntryId]:
        return write(
            self.ledger,
            lane(self.name, class_, audience, town=town or self.towns[0], life=life),
            drafts,
            key=self.identity.private,
            written=WRITTEN,
            salt=self._salt,
        )

    def post(self, kind: str = "event/write", **fields: object) -> RecordId:
        """A new post on its own board lane."""
        return self.write(Draft(kind=kind, fields=fields))[0]

    def edit(self, record: RecordId, **fields: object) -> EntryId:
        """An edit of all versions of a record that this machine sees, for whom the record is."""
        seen = self.read(record)
        assert seen is not None
        return self.write(
            Draft(
                kind=f"{seen.board}/write",
                fields=fields,
                record=record,
                parents=seen.versions,
                counter=seen.counter + 1,
            ),
            audience=seen.lane.audience,
        )[0]

    def read(self, record: RecordId) -> Record | None:
        return resolve(self.ledger.record(record), trust=self.ledger.trust(), groups=GROUPS)

    def boards(self) -> dict[RecordId, Record | None]:
        """All that its boards could show."""
        return {record: self.read(record) for record in self.ledger.records()}

    def bundles(self) -> list[Bundle]:
        """All it holds, as runs."""
        return list(runs(self.ledger, NOTHING, self.codes))

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(town.code for town in self.towns)

    def digest(self, *towns: Town) -> bytes:
        return held_digest(self.ledger, frozenset(t.code for t in towns) or self.codes)

    def summary(self) -> Summary:
        return held_summary(self.ledger, self.codes)

    def exchange(
        self, other: "Machine", road: Road | None = None, *, pace: Pace | None = None, **how: int
    ) -> Exchanged:
        """Offer to another machine until both hold the same, or nothing moves."""
        return converse(
            self.ledger,
            road or to(other),
            me=self.identity,
            to=other.identity.public,
            software=SOFTWARE,
            pace=pace,
            **how,
        )

    def _salt(self) -> bytes:
        self.made += 1
        return salt((self.name, self.made))


def to(machine: Machine, **how: int) -> Road:
    """The road to a machine that loses nothing."""
    return lambda message: respond(
        machine.ledger, message, me=machine.identity, software=SOFTWARE, **how
    )


def node(name: str = "上郷", *towns: Town) -> Machine:
    towns = towns or (TOWN,)
    return Machine(name, memory(towns), towns=towns)


def office(name: str = "役場", town: Town = TOWN) -> Machine:
    return Machine(name, memory((town,)), Role.OFFICE, (town,))


def hub(name: str = "中継", *towns: Town) -> Machine:
    towns = towns or (TOWN,)
    return Machine(name, memory(towns), Role.HUB, towns)


def keep(ledger: Ledger, *statements: bytes) -> None:
    """Hold statements that must be good."""
    for statement in statements:
        assert isinstance(ingest_statement(ledger, statement), Kept)


def carrier_file(statements: Iterable[bytes], bundles: Iterable[Bundle]) -> bytes:
    """A stick's file with a right checksum, whatever is in it."""
    return b"".join(
        pack(
            statements,
            bundles,
            writer=cose.public(key("上郷")),
            towns=[TOWN.code],
            written=WRITTEN,
        )
    )
