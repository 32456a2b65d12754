"""Who comes next to the machine's own screen finds nothing of who was there before."""

import pytest

from tests.kiosk.place import MIDDLE, Place, differ
from tests.kiosk_ui.browsing import served
from tests.patience import until

pytestmark = pytest.mark.slow

LANGUAGES, ENGLISH = (950, 36), (608, 408)
"""Where they are, on the boards' first screen and on the page that it leads to."""

LEAVES_THINGS = """
document.cookie = "left=behind; max-age=86400";
localStorage.left = sessionStorage.left = "behind";
(async () => {
  await (await caches.open("left")).put("/left", new Response("behind"));
  await fetch("/looks/size?to=larger&next=/left");
})();
onclick = () => location.replace("/attract");
"""
LOOKS_AROUND = """
(async () => {
  const folders = (await caches.keys()).filter((name) => name !== "kairan");
  const found = [document.cookie, localStorage.left, sessionStorage.left, ...folders];
  fetch(`/found/${encodeURIComponent(found.filter(Boolean).join() || "nothing")}`);
})();
onclick = () => location.replace("/");
"""
ALL = "html, body { height: 100% }"


def test_the_next_visitor_finds_nothing_of_the_one_before(place: Place) -> None:
    place.add_page("/leaves-things", LEAVES_THINGS, sheet=ALL)
    place.add_page("/looks-around", LOOKS_AROUND)
    place.add("/left")
    place.add("/found/<what>")
    with served(place.app, place.port):
        browser, boards = place.go_to_first_screen()
        place.screen.touch(*LANGUAGES)
        place.wait_for("/languages")
        place.still()
        place.leads_to = "/leaves-things"
        place.screen.touch(*ENGLISH)
        place.wait_for("/left")
        place.still()
        assert {"language=en", "left=behind", "size=larger"} <= {*place.cookies[-1].split("; ")}
        place.screen.touch(*MIDDLE)
        place.wait_for_another(browser)
        before = len(place.asked)
        place.go_to("/looks-around")
        place.wait_for("/found/nothing")
        assert {*place.cookies[before:]} == {""}
        place.leads_to = ""
        place.screen.touch(*MIDDLE)
        until(lambda: differ(place.still(), boards) is None, otherwise=place.said)
