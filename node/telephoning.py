"""How somebody is let in where nobody who could do that is there: by a call to the town hall.

The machine shows a number, the office's staff work out the code that answers it, and the machine
knows it without having heard from them: neither side needs a line. Who it is that calls, only
people can tell.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from node.node import Node, NotAllowed, NotSignedIn
from node.pins import Pins
from sync.account import Account, Duty
from sync.certificate import Role
from sync.errors import Malformed
from sync.letters import fingerprint
from sync.machine import keys
from sync.telephone_code import ASKED_DIGITS, telephone_code

TELEPHONE = "telephone"
"""In the place of an account, with an office's key behind it: what that says makes an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What this machine shows, for one office to answer."""

    opens: str  # where the answer is kept, as `Pins` names it
    office: str
    number: str


def is_by_telephone(opens: str) -> bool:
    """Whether that is the place of such an answer."""
    return opens.startswith(f"{TELEPHONE}-")


@dataclass(slots=True)
class Telephone:
    """The numbers that are shown: of each office one, until its answer was used up."""

    _shown: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, node: Node, pins: Pins) -> Sequence[Asked]:
        """What to say to each office of the town."""
        trust, town, own = node.ledger.trust(), node.settings.town, node.identity
        offices = [key for key in offices_of(node) if key != own.public]
        found = []
        with self._lock:
            for office in offices:
                opens = f"{TELEPHONE}-{office.hex()}"
                if opens not in self._shown or opens not in pins.coded():
                    number = keys.digits(ASKED_DIGITS)
                    code = telephone_code(
                        number,
                        own=keys.secret(own),
                        other=office,
                        town=town,
                        office=office,
                        place=own.public,
                    )
                    pins.change_code(opens, code)
                    self._shown[opens] = number
                found.append(
                    Asked(opens=opens, office=trust.name(office), number=self._shown[opens])
                )
            for gone in pins.coded():
                if is_by_telephone(gone) and gone not in {each.opens for each in found}:
                    pins.forget(gone)  # an office that has no say any more
        return found


def offices_of(node: Node) -> Sequence[bytes]:
    """The keys of the town's offices that have a say."""
    trust, town = node.ledger.trust(), node.settings.town
    return [
        key
        for key in sorted(trust.keys())
        if trust.is_office(key, town) and not trust.is_revoked(key, town)
    ]


def places(node: Node) -> Sequence[tuple[bytes, str, str]]:
    """The machines whose number somebody may read out: key, name, fingerprint."""
    trust, town = node.ledger.trust(), node.settings.town
    nodes = [
        key
        for key in sorted(trust.keys())
        if Role.NODE in trust.roles(key, town) and not trust.is_revoked(key, town)
    ]
    return sorted(((key, trust.name(key), fingerprint(key)) for key in nodes), key=itemgetter(1))


def answer(node: Node, place: str, asked: str, *, by: Account | None) -> str:
    """The code for the machine of that key (in hex) which shows `asked`.

    Raises Malformed for what no machine shows, NotSignedIn, NotAllowed.
    """
    person = node.account(by.address) if by else None
    if person is None or person.duty is not Duty.STAFF or not node.is_office:
        raise NotSignedIn
    key = next((key for key, _, _ in places(node) if key.hex() == place), None)
    if key is None:
        raise NotAllowed
    digits = "".join(str(int(sign)) for sign in asked if sign.isdecimal())
    if len(digits) != ASKED_DIGITS:
        raise Malformed("not what a machine shows")
    return telephone_code(
        digits,
        own=keys.secret(node.identity),
        other=key,
        town=node.settings.town,
        office=node.identity.public,
        place=key,
    )
