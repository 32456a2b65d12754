"""What several people wrote of one record, entry by entry, valid or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sync import cbor
from sync.certificate import Role
from sync.chain import next_head
from sync.entry import CHECK_BYTES, EntryId, Reference, make_header, make_payload
from sync.lane import Audience, Class, Lane
from sync.ledger import Stored
from sync.record import Record, resolve
from sync.statement import read_statement
from sync.trust import Trust
from tests.sync.builders import (
    GROUPS,
    OTHER_TOWN,
    TOWN,
    WRITTEN,
    Town,
    authorities,
    key,
    lane,
    salt,
)

ROLES = {"上郷": Role.NODE, "下郷": Role.NODE, "役場": Role.OFFICE}


def trust() -> Trust:
    """All of ROLES are what they are in both towns."""
    towns = (TOWN, OTHER_TOWN)
    certificates = [town.certify(key(name), ROLES[name]) for town in towns for name in ROLES]
    return Trust(authorities(towns)).with_statements(map(read_statement, certificates))


TRUST = trust()


@dataclass
class Story:
    """Lanes that grow as people write; the first entry written begins the record."""

    told: list[Stored] = field(default_factory=list)
    heads: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)

    def write(
        self,
        who: str,
        fields: Mapping[str, object],
        *parents: Stored,
        kind: str = "event/write",
        counter: int | None = None,
        record: Reference | None = None,
        also: Sequence[Reference] = (),
        class_: Class = Class.BOARD,
        audience: Audience = Audience.TOWN,
        town: Town = TOWN,
        life: int = 1,
        header: Mapping[int, object] | None = None,
    ) -> Stored:
        """An entry; what it names and its counter are right, unless told otherwise."""
        of = lane(who, class_, audience, town=town, life=life)
        number, head = self.heads.get(of.id, (0, of.id))
        number += 1
        if record is None and self.told:
            record = reference(self.told[0], of)
        if counter is None:
            counter = 1 + max((self._counter(parent) for parent in parents), default=0)
        payload = make_payload(fields, salt=salt((who, number, life)))
        made = make_header(
            lane=of.id,
            kind=kind,
            payload=payload,
            written=WRITTEN,
            record=record,
            parents=[*(reference(parent, of) for parent in parents), *also],
            counter=counter,
        )
        if header is not None:
            decoded = cbor.decode(made, bytes_max=4_096)
            assert isinstance(decoded, dict)
            made = cbor.encode(decoded | dict(header))
        head = next_head(head, made)
        self.heads[of.id] = (number, head)
        stored = Stored(
            id=EntryId(of.id, number),
            lane=of,
            header=made,
            payload=payload,
            head=head,
            path=(of.id,),
        )
        self.told.append(stored)
        return stored

    def read(self) -> Record | None:
        return read(self.told)

    def fields(self) -> Mapping[str, object]:
        found = self.read()
        assert found is not None
        return found.fields

    def _counter(self, stored: Stored) -> int:
        header = cbor.decode(stored.header, bytes_max=4_096)
        assert isinstance(header, dict)
        return int(header[4])


def reference(stored: Stored, of: Lane) -> Reference:
    """How an entry in the lane `of` names another."""
    check = b"" if stored.id.lane == of.id else stored.head[:CHECK_BYTES]
    return Reference(stored.id, check)


def read(told: Sequence[Stored]) -> Record | None:
    return resolve(told, trust=TRUST, groups=GROUPS)
