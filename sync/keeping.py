"""That a post stays though its time is over: a decision about it (docs/spec/4-ledger.md)."""

from collections.abc import Mapping

from sync.decision import Decision, groups, read_of_an_office
from sync.record import Record
from sync.trust import Trust

KEEP = "keep"
WRITE_KEEP = f"{KEEP}/write"
POST = "post"

GROUPS: Mapping[str, Mapping[str, str]] = {KEEP: groups(POST)}


def read_keeping(record: Record, trust: Trust) -> Decision | None:
    """An office's decision to keep a post that a record is; None if it is none."""
    return read_of_an_office(record, trust, board=KEEP, name=POST)
