"""Suspending somebody, and letting them act again: by whoever keeps the place, or by the office.

docs/spec/3-trust.md, "Suspension". A centre suspends whoever signs in there, the office anybody in
its town; what the office decided no centre lifts. What was written before stays.
"""

from collections.abc import Mapping, Sequence

from node.deciding import about, may_lift, withdrawal
from node.node import Node, NotAllowed
from node.own_lane import write_decision, write_decisions
from node.people import Oneself, tending
from node.words import say
from sync.account import Account
from sync.decision import Decision
from sync.suspension import GROUPS, WHO, WRITE_SUSPEND

REASONS: Mapping[str, str] = {
    "away": say("本人が休んでいるため"),
    "pin": say("暗証番号がほかの人に知られたおそれがあるため"),
    "asked": say("本人から申し出があったため"),
    "rules": say("掲示板の決まりが守られなかったため"),
    "checking": say("事情を確かめているため"),
}


def people(node: Node) -> Sequence[Account]:
    """Those whom this machine may suspend: who signs in here; at the office, anybody in town."""
    if not node.is_office:
        return [account for account in node.accounts() if account.stands]
    town = node.settings.town
    return [
        account
        for place in node.views.accounts.places(town)
        for account in node.views.accounts.at(town, place)
        if account.stands
    ]


def suspend(node: Node, address: str, reason: str, *, by: Account | None) -> None:
    """Raises NotAllowed, NotSignedIn, Oneself; KeyError for no reason of ours."""
    person, said = tending(node, by), REASONS[reason]
    if address == person.address:
        raise Oneself
    with node.ledger.transaction():
        account = _found(node, address)
        if any(may_lift(node, each) for each in node.suspended(account)):
            return
        draft = about(
            node, account.id, kind=WRITE_SUSPEND, field=WHO, reason=said, by=person.in_headers
        )
        write_decision(node, draft)


def reinstate(node: Node, address: str, *, by: Account | None) -> None:
    """Let somebody act again, as far as that is ours to say. Raises NotAllowed, NotSignedIn."""
    person = tending(node, by)
    with node.ledger.transaction():
        ours = [each for each in _suspended(node, address) if may_lift(node, each)]
        if not ours:
            raise NotAllowed
        drafts = [
            withdrawal(node, each.id, kind=WRITE_SUSPEND, groups=GROUPS, by=person.in_headers)
            for each in ours
        ]
        write_decisions(node, drafts)


def _suspended(node: Node, address: str) -> Sequence[Decision]:
    return node.suspended(_found(node, address))


def _found(node: Node, address: str) -> Account:
    account = next((each for each in people(node) if each.address == address), None)
    if account is None:
        raise NotAllowed
    return account
