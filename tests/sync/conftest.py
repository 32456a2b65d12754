"""Both ledgers, for tests that hold either to its promises."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from sync.ledger import Changes, Ledger
from tests.sync.builders import TOWN, Town, ignore, memory, sqlite


class Ledgers:
    """Makes ledgers of one kind."""

    def __init__(self, kind: str, folder: Path) -> None:
        self._kind = kind
        self._folder = folder
        self._made = 0

    def __call__(
        self,
        towns: Iterable[Town] = (TOWN,),
        project: Callable[[Changes], None] = ignore,
    ) -> Ledger:
        self._made += 1
        if self._kind == "memory":
            return memory(towns, project)
        return sqlite(self._folder / f"{self._made}.sqlite", towns, project)


@pytest.fixture(params=["memory", "sqlite"])
def ledgers(request: pytest.FixtureRequest, tmp_path: Path) -> Ledgers:
    return Ledgers(request.param, tmp_path)


@pytest.fixture
def ledger(ledgers: Ledgers) -> Ledger:
    return ledgers()
