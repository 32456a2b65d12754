"""Four machines that run for all stories of a file, and who sits at the town's desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.desk import Desk
from tests.stories.machines import FourMachines, town


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FourMachines]:
    with town(tmp_path_factory.mktemp("town")) as made:
        for machine in made:
            machine.start()
        yield made


@pytest.fixture
def desk(machines: FourMachines, tmp_path: Path) -> Desk:
    return Desk(machines.hub.folder.parent, tmp_path)
