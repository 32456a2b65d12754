"""What a table of decisions promises to the views that keep it up to date.

A decision is a record that is no post: who may sign in, what isn't to be seen. Each kind has a
table and a file of its own here.
"""

from collections.abc import Mapping
from typing import Protocol

from sync.entry import RecordId
from sync.record import Record
from sync.trust import Trust


class Decisions(Protocol):
    """One table, of the decisions of one kind."""

    @property
    def board(self) -> str:
        """The board in the kind of their entries."""

    @property
    def groups(self) -> Mapping[str, str]:
        """Per field of such a record, the group it changes with."""

    def clear(self) -> None:
        """Empty the table."""

    def follow(
        self, id_: RecordId, record: Record | None, trust: Trust
    ) -> frozenset[tuple[bytes, int]]:
        """Write one record anew; `None`: it is none of these, or not there any more.

        Lane ids and numbers of the posts that it is about, or was: how they stand may have changed.
        """
