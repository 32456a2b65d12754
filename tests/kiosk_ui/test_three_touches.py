"""What most people come for is three touches away, done with a finger in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from bench.walk import SCREENS, TOUCHES_MAX, walk
from kiosk_ui.app import create_app
from node.people import begin
from node.reading import begin_reading
from tests.everyday import one_a_day
from tests.kiosk_ui.browsing import ON_THE_WIFI, on_the_wifi, served
from tests.kiosk_ui.town import JOB, NOW, fill, make_town


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A centre on an ordinary day: there are jobs with and without a licence."""
    town = make_town(tmp_path_factory.mktemp("town"))
    fill(town)
    begin(town.office, "佐藤 茂")
    begin_reading(town.office)
    town.exchange()
    town.post("job", **JOB | {"title": "バスの運転", "licence": "car", "place": "霧沢町下郷"})
    town.post("job", **JOB | {"title": "袋詰め", "licence": "none"})
    with served(create_app(on_the_wifi(town.kamigo), now=lambda: NOW)) as port:
        yield port


@pytest.mark.parametrize("screen", one_a_day(sorted(SCREENS)))
def test_what_people_come_for_is_there_after_three_touches(
    chromium: Browser, port: int, screen: str
) -> None:
    walked = list(walk(chromium, port, [screen], phone=ON_THE_WIFI))
    assert len(walked) == 5
    assert {each.task: each.found_after for each in walked if each.found_after > TOUCHES_MAX} == {}
    assert all(each.letters > 20 for each in walked)
