"""The registers of a ledger in SQLite: of each author and name the newest alone."""

from collections.abc import Sequence

from sync.machine.changing import Changing
from sync.register import Register, kept_register, one_too_many


class RegisterRows(Changing):
    """Numbered as they come, so that what is new since a number is found at once."""

    def register(self, register: Register, source: str = "") -> bool:
        row = self._first(
            "SELECT register FROM registers WHERE town = ? AND author = ? AND name = ?",
            *register.place,
        )
        if row and kept_register(row[0]).order >= register.order:
            return False
        of_author = "registers WHERE town = ? AND author = ?"
        names = self._all(f"SELECT name FROM {of_author}", *register.place[:2])
        crowded_out = one_too_many({register.name, *(name for (name,) in names)})
        if crowded_out == register.name:
            return False
        self._execute(
            "INSERT OR REPLACE INTO registers VALUES (?, ?, ?, ?,"
            " (SELECT coalesce(max(sequence), 0) + 1 FROM registers))",
            *register.place,
            register.encoded,
        )
        if crowded_out is not None:  # it goes last, so that no sequence number is given twice
            self._execute(f"DELETE FROM {of_author} AND name = ?", *register.place[:2], crowded_out)
        self._changes.registers, self._changes.source = True, source
        return True

    def registers(self, since: int = 0) -> Sequence[Register]:
        rows = self._all("SELECT register FROM registers WHERE sequence > ?", since)
        return [kept_register(row[0]) for row in rows]

    def registers_kept(self) -> int:
        (newest,) = self._one("SELECT coalesce(max(sequence), 0) FROM registers")
        return int(newest)
