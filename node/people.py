"""Who may sign in at this machine: made, changed and stopped by what it signs, without a line.

A centre's node makes its own keepers and organisations, the office makes all others. What opens an
account is `node.pins`.
"""

from collections.abc import Mapping, Sequence

from node.deciding import is_ours
from node.form import readable
from node.node import Node, NotAllowed, NotSignedIn
from node.own_lane import write_decision
from node.words import say
from sync.account import OF_CENTRES, WRITE_ACCOUNT, Account, Duty, as_fields
from sync.limits import NAME_CHARACTERS_MAX
from sync.machine.settings import Part
from sync.record import WITHDRAWN
from sync.writing import Draft

ACCOUNTS_MAX = 200
OF_ALL_BOARDS = frozenset({Duty.KEEPER, Duty.STAFF})
"""Those who may act on all boards unless some are named."""

DUTIES: Mapping[Duty, str] = {
    Duty.KEEPER: say("公民館の管理人"),
    Duty.ORGANISATION: say("団体の担当者"),
    Duty.COORDINATOR: say("世話役"),
    Duty.STAFF: say("役場の職員"),
}


class NoName(Exception):
    """A name that can't be shown."""


class TooMany(Exception):
    """There are more accounts here than anybody can tend."""


class Oneself(Exception):
    """Who stops the account that is signed in might leave nobody."""


def duties(node: Node) -> Sequence[Duty]:
    """Those whom this machine may let in; the first is that of whoever begins."""
    if node.settings.part is Part.OFFICE:
        return (Duty.STAFF, Duty.COORDINATOR, Duty.ORGANISATION)
    return tuple(sorted(OF_CENTRES))


def begin(node: Node, name: str) -> Account:
    """The account of whoever proved to have been let in by provisioning.

    Raises NoName, NotAllowed, TooMany.
    """
    return _add(node, name, duties(node)[0], None, by=None)


def let_in(
    node: Node, name: str, duty: Duty, boards: frozenset[str] | None, *, by: Account
) -> Account:
    """Somebody new. Raises NoName, NotAllowed, NotSignedIn, TooMany."""
    tending(node, by)
    return _add(node, name, duty, boards, by=by)


def stop(node: Node, account: Account, *, by: Account) -> None:
    """Let somebody act here no more. Raises NotAllowed, NotSignedIn, Oneself."""
    _change(node, account, {WITHDRAWN: True}, by=by)


def change_rights(
    node: Node, account: Account, boards: frozenset[str] | None, *, by: Account
) -> None:
    """On which boards somebody may act; None: all. Raises NotAllowed, NotSignedIn, Oneself."""
    if boards is None and account.duty not in OF_ALL_BOARDS:
        boards = frozenset()
    if boards == account.boards:
        return
    rights = as_fields(name=account.name, duty=account.duty, place=account.place, boards=boards)
    del rights["name"]  # a group of its own: who mends it meanwhile isn't undone
    _change(node, account, {"boards": None, **rights}, by=by)


def may_change(node: Node, account: Account) -> bool:
    """Whether this machine's word changes it: what the office made, only the office changes."""
    stretch = node.ledger.stretch(account.id.lane)
    return node.is_office or (stretch is not None and is_ours(node, stretch.lane.author))


def _change(node: Node, account: Account, fields: Mapping[str, object], *, by: Account) -> None:
    tending(node, by)
    if account.address == by.address:
        raise Oneself
    with node.ledger.transaction():
        now = node.known(account.address)
        if now is None:
            return
        if not may_change(node, now):
            raise NotAllowed
        draft = Draft(
            kind=WRITE_ACCOUNT,
            fields=fields,
            record=now.id,
            parents=now.versions,
            counter=now.counter + 1,
            account=by.in_headers,
        )
        write_decision(node, draft)


def readable_name(typed: str) -> str:
    """What was typed, as it can be shown. Raises NoName."""
    plain = " ".join(readable(typed).split())
    if not 0 < len(plain) <= NAME_CHARACTERS_MAX:
        raise NoName
    return plain


def tending(node: Node, by: Account | None) -> Account:
    """Who keeps the place, looked up anew. Raises NotSignedIn."""
    now = node.account(by.address) if by else None
    if now is None or not now.tends_people:
        raise NotSignedIn
    return now


def _add(
    node: Node, name: str, duty: Duty, boards: frozenset[str] | None, *, by: Account | None
) -> Account:
    plain = readable_name(name)
    if duty not in duties(node):
        raise NotAllowed
    with node.ledger.transaction():
        if sum(account.stands for account in node.accounts()) >= ACCOUNTS_MAX:
            raise TooMany
        fields = as_fields(name=plain, duty=duty, place=node.identity.public, boards=boards)
        draft = Draft(kind=WRITE_ACCOUNT, fields=fields, account=by.in_headers if by else None)
        id_ = write_decision(node, draft)
    return next(account for account in node.accounts() if account.id == id_)
