"""That a post stays though its time is over: a decision about it (docs/spec/4-ledger.md)."""

from collections.abc import Mapping

from sync.decision import Decision, groups, read_decision
from sync.record import Record
from sync.trust import Trust

KEEP = "keep"
WRITE_KEEP = f"{KEEP}/write"
POST = "post"

GROUPS: Mapping[str, Mapping[str, str]] = {KEEP: groups(POST)}


def read_keeping(record: Record, trust: Trust) -> Decision | None:
    """An office's decision to keep a post that a record is; None if it is none."""
    decision = read_decision(record, trust, board=KEEP, name=POST)
    if decision is None or not trust.is_office(decision.author, decision.town):
        return None
    return decision
