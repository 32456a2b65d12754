"""Who may sign in where: the table of accounts."""

from collections.abc import Mapping, Sequence
from typing import Any

from sync import cbor
from sync.account import ACCOUNT, GROUPS, Account, Duty, read_account
from sync.entry import EntryId, RecordId
from sync.machine.database import Database
from sync.record import Record
from sync.trust import Trust

_COLUMNS = "lane, number, town, name, duty, place, boards, stands, versions, counter"


class Accounts:
    """Everybody who may sign in somewhere, or might once."""

    board = ACCOUNT
    groups: Mapping[str, str] = GROUPS[ACCOUNT]

    def __init__(self, database: Database) -> None:
        """Over the tables in that database."""
        self._database = database

    def clear(self) -> None:
        """Empty the table."""
        self._database.connection.execute("DELETE FROM accounts")

    def follow(
        self, id_: RecordId, record: Record | None, trust: Trust
    ) -> frozenset[tuple[bytes, int]]:
        """Write one account anew; it is about no post."""
        connection = self._database.connection
        connection.execute("DELETE FROM accounts WHERE lane = ? AND number = ?", id_)
        account = read_account(record, trust) if record else None
        if account is not None:
            connection.execute(
                f"INSERT INTO accounts (address, {_COLUMNS})"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    account.address,
                    *id_,
                    account.town,
                    account.name,
                    account.duty,
                    account.place,
                    None if account.boards is None else cbor.encode(sorted(account.boards)),
                    account.stands,
                    cbor.encode([list(version) for version in account.versions]),
                    account.counter,
                ),
            )
        return frozenset()

    def places(self, town: str) -> Sequence[bytes]:
        """The machines in a town for which there are accounts."""
        sql = "SELECT DISTINCT place FROM accounts WHERE town = ?"
        return [place for (place,) in self._database.connection.execute(sql, (town,))]

    def at(self, town: str, place: bytes) -> Sequence[Account]:
        """Everybody who may sign in at that machine, or might once."""
        sql = (
            f"SELECT {_COLUMNS} FROM accounts WHERE town = ? AND place = ?"
            " ORDER BY name, lane, number"
        )
        return [_read(row) for row in self._database.connection.execute(sql, (town, place))]


def _read(row: tuple[Any, ...]) -> Account:
    lane, number, town, name, duty, place, boards, stands, versions, counter = row
    parents: Any = cbor.decode(versions, bytes_max=len(versions))
    named: Any = None if boards is None else cbor.decode(boards, bytes_max=len(boards))
    return Account(
        id=EntryId(lane, number),
        town=town,
        name=name,
        duty=Duty(duty),
        place=place,
        boards=None if named is None else frozenset(named),
        stands=bool(stands),
        versions=tuple(EntryId(*parent) for parent in parents),
        counter=counter,
    )
