"""Two processes write into one ledger at once: a feed, and people at the office's screens."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.stories.ledger_file import check_ledger
from tests.stories.machines import Machine, town, wait_until_all_hold_the_same

pytestmark = pytest.mark.slow

POSTERS = 3
POSTS_EACH = 40


def test_a_feed_and_people_write_at_once_and_no_number_is_missing(
    shared_data: Path, tmp_path: Path
) -> None:
    telegrams = sorted((shared_data / "jma-xml").rglob("*.xml"))
    with town(tmp_path) as machines:
        for machine in machines:
            machine.start()
        office = machines.office
        with ThreadPoolExecutor() as pool:
            fed = [pool.submit(office.kairan, "feed", *telegrams[turn::2]) for turn in range(2)]
            posted = [pool.submit(_post_all, office, poster) for poster in range(POSTERS)]
            lines = [line for said in fed for line in said.result().splitlines()]
            records = [record for done in posted for record in done.result()]
        assert sum(line.endswith("取り込みました（新しく1件）。") for line in lines) == len(
            telegrams
        )
        assert len(set(records)) == POSTERS * POSTS_EACH

        wait_until_all_hold_the_same(machines)
        for node in (machines.here, machines.there):
            board = {f"/records/{post['address']}" for post in node.board("event")}
            assert set(records) <= board
            assert node.visitor.open(records[-1]).status == 200
        for machine in machines:
            machine.stop()
        assert len({check_ledger(machine.folder) for machine in machines}) == 1


def _post_all(office: Machine, poster: int) -> list[str]:
    return [
        office.visitor.post(
            "event", title=f"{poster}の{number}", starts_on="2031-04-05", place="役場"
        )
        for number in range(POSTS_EACH)
    ]
