"""Who may sign in at a machine: a record of class trust (docs/spec/3-trust.md, "Accounts").

What an account is follows from the entries held, in whatever order they came. Nothing that opens it
is here: PINs stay on the machine where they are typed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sync.certificate import Role
from sync.entry import EntryId, RecordId
from sync.lane import Audience, Class
from sync.limits import ACCOUNT_BOARDS_MAX, KIND_BYTES_MAX, NAME_CHARACTERS_MAX
from sync.record import Record, address
from sync.trust import Trust

ACCOUNT = "account"
WRITE_ACCOUNT = f"{ACCOUNT}/write"

GROUPS: Mapping[str, Mapping[str, str]] = {
    ACCOUNT: {"name": "name", "duty": "rights", "place": "rights", "boards": "rights"}
}
"""What somebody may do where doesn't change in parts."""


class Duty(StrEnum):
    """What somebody is there for."""

    KEEPER = "keeper"
    ORGANISATION = "organisation"
    COORDINATOR = "coordinator"
    STAFF = "staff"


OF_CENTRES = frozenset({Duty.KEEPER, Duty.ORGANISATION})
"""Those whom a centre's node makes for itself; all others are the office's to make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in at one place."""

    id: RecordId
    town: str
    name: str
    duty: Duty
    place: bytes  # the key of the machine
    boards: frozenset[str] | None  # on which it may act; None: all
    stands: bool  # False: it was withdrawn, or isn't all there
    versions: tuple[EntryId, ...]
    counter: int

    @property
    def address(self) -> str:
        """What names it in links and files."""
        return address(self.id)

    @property
    def in_headers(self) -> bytes:
        """As entries name it that it wrote."""
        return self.id.lane + self.id.number.to_bytes(8, "big")

    @property
    def tends_people(self) -> bool:
        """Whether it may let others sign in at its place, and stop them."""
        return self.duty in (Duty.KEEPER, Duty.STAFF)

    def may_act_on(self, board: str) -> bool:
        """Whether the board is among its own."""
        return self.stands and (self.boards is None or board in self.boards)


def as_fields(
    *, name: str, duty: Duty, place: bytes, boards: frozenset[str] | None
) -> dict[str, object]:
    """What the entry says."""
    fields: dict[str, object] = {"name": name, "duty": str(duty), "place": place}
    return fields if boards is None else {**fields, "boards": sorted(boards)}


def read_account(record: Record, trust: Trust) -> Account | None:
    """The account that a record is; None if it is none, or not its author's to make."""
    lane = record.lane
    if (record.board, lane.class_, lane.audience) != (ACCOUNT, Class.TRUST, Audience.TOWN):
        return None
    roles = trust.roles(lane.author, lane.town)
    match record.fields:
        case {"name": str(name), "duty": str(said), "place": bytes(place)} if (
            0 < len(name) <= NAME_CHARACTERS_MAX and said in set(Duty) and len(place) == 32
        ):
            duty = Duty(said)
        case _:
            return None
    ours = Role.NODE in roles and duty in OF_CENTRES and place == lane.author
    if Role.OFFICE not in roles and not ours:
        return None
    try:
        boards = _read_boards(record.fields.get("boards"))
    except ValueError:
        return None
    if boards is None and duty not in (Duty.KEEPER, Duty.STAFF):
        boards = frozenset()
    return Account(
        id=record.id,
        town=lane.town,
        name=name,
        duty=duty,
        place=place,
        boards=boards,
        stands=record.complete and record.understood and not record.withdrawn,
        versions=record.versions,
        counter=record.counter,
    )


def _read_boards(said: object) -> frozenset[str] | None:
    """Raises ValueError for anything but names of boards, or nothing at all."""
    if said is None:
        return None
    if not isinstance(said, list) or len(said) > ACCOUNT_BOARDS_MAX:
        raise ValueError
    names = [name for name in said if isinstance(name, str) and len(name) <= KIND_BYTES_MAX]
    if len(names) != len(said):
        raise ValueError
    return frozenset(names)
