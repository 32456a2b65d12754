"""That somebody may not act for a while: a decision about an account (docs/spec/3-trust.md).

What that account wrote before stays as it is.
"""

from collections.abc import Mapping

from sync.account import Account
from sync.decision import Decision, groups, read_decision
from sync.record import Record
from sync.trust import Trust

SUSPEND = "suspend"
WRITE_SUSPEND = f"{SUSPEND}/write"
WHO = "account"

GROUPS: Mapping[str, Mapping[str, str]] = {SUSPEND: groups(WHO)}


def read_suspension(record: Record, trust: Trust) -> Decision | None:
    """The decision to suspend somebody that a record is; None if it is none."""
    return read_decision(record, trust, board=SUSPEND, name=WHO)


def suspends(decision: Decision, trust: Trust, account: Account, *, head: bytes) -> bool:
    """Whether that account may not act; `head`: of its lane, at its first entry.

    An office's word counts anywhere in its town; a node's, where people sign in at that node.
    """
    by, town = decision.author, decision.town
    return (
        decision.stands
        and town == account.town
        and head.startswith(decision.about.check)
        and (
            trust.is_office(by, town)
            or by == account.place
            or trust.succeeds(by, account.place, town)
        )
    )
