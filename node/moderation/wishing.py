"""Saying what a place wishes of residents' posts: its keeper of itself, the office of any place.

A signed decision, so it is there again after a broken disk, and the office's counts over a
centre's (docs/spec/3-trust.md, "What waits for a look").
"""

from collections.abc import Mapping, Sequence

from node.deciding import is_ours
from node.node import Node, NotAllowed
from node.own_lane import write_decision
from node.people import tending
from sync.account import Account
from sync.admission import ALLOWANCE_MAX, GROUPS, WRITE_ADMIT, Admission, Wish, as_fields, wish
from sync.certificate import Role
from sync.record import resolve
from sync.writing import Draft


class TooMany(Exception):
    """No number of posts that a day can have."""


def places(node: Node) -> Mapping[str, bytes]:
    """By the key's name in forms: those that this machine may speak for, itself first."""
    own, town, trust = node.identity.public, node.settings.town, node.ledger.trust()
    certified = trust.keys()
    others = (
        key
        for key in certified
        if key != own and Role.NODE in trust.roles(key, town) and not trust.is_revoked(key, town)
    )
    return {key.hex(): key for key in (own, *(sorted(others) if node.is_office else ()))}


def wish_of(node: Node, place: bytes) -> Wish:
    """What is wished of a place by all who said something."""
    return wish(_about(node, place), node.ledger.trust())


def said_here(node: Node, place: bytes) -> Admission | None:
    """What this machine said of that place."""
    ours = [each for each in _about(node, place) if is_ours(node, each.author)]
    return max(ours, key=lambda each: (each.counter, each.id), default=None)


def say(
    node: Node, place: bytes, *, waits: frozenset[str], allowance: int, by: Account | None
) -> None:
    """Say it, in the place of what was said here before. Raises NotAllowed, NotSignedIn, TooMany.

    Saying the same again is a new decision too: it fills the allowance up.
    """
    person = tending(node, by)
    if not 0 <= allowance <= ALLOWANCE_MAX:
        raise TooMany
    if place not in places(node).values():
        raise NotAllowed
    with node.ledger.transaction():
        before = said_here(node, place)
        of = before.place if before else place  # perhaps of the machine whose place it took
        fields = as_fields(place=of, waits=waits, allowance=allowance)
        draft = Draft(kind=WRITE_ADMIT, fields=fields, account=person.in_headers)
        if before is not None:
            found = resolve(node.ledger.record(before.id), trust=node.ledger.trust(), groups=GROUPS)
            assert found is not None, "what stands in the views resolves"
            draft = Draft(
                kind=WRITE_ADMIT,
                fields=fields,
                record=found.id,
                parents=found.versions,
                counter=found.counter + 1,
                account=person.in_headers,
            )
        write_decision(node, draft)


def _about(node: Node, place: bytes) -> Sequence[Admission]:
    town, trust = node.settings.town, node.ledger.trust()
    return [
        each
        for each in node.views.admissions.of(town)
        if each.place == place or trust.succeeds(place, each.place, town)
    ]
