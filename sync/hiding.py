"""That a post isn't to be seen: a decision about it (docs/spec/3-trust.md, "Hiding")."""

from collections.abc import Mapping

from sync.decision import Decision, groups, read_decision
from sync.record import Record
from sync.trust import Trust

HIDE = "hide"
WRITE_HIDE = f"{HIDE}/write"
POST = "post"

GROUPS: Mapping[str, Mapping[str, str]] = {HIDE: groups(POST)}


def read_hiding(record: Record, trust: Trust) -> Decision | None:
    """The decision to hide a post that a record is; None if it is none."""
    return read_decision(record, trust, board=HIDE, name=POST, may_be_opened=True)


def hides(decision: Decision, trust: Trust, *, author: bytes, town: str, here: bytes) -> bool:
    """Whether it hides a post of that author and town on the machine with the key `here`.

    An office's hides it in all its town; a node's, where the post is its own; and on its screens.
    What is said to other towns hides just what its own town opened to them.
    """
    by = decision.author
    if decision.opened and decision.town != town:
        return False
    return decision.stands and (
        trust.is_office(by, decision.town)
        or (decision.town == town and (by == author or trust.succeeds(by, author, town)))
        or by == here
        or trust.succeeds(here, by, decision.town)
    )
