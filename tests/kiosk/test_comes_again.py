"""The machine's own screen shows the boards again by itself, whatever became of its browser."""

import signal
from contextlib import suppress

import psutil
import pytest

from tests.kiosk.place import MIDDLE, Place
from tests.kiosk_ui.browsing import served

pytestmark = pytest.mark.slow

FOR_EVER = "onclick = async () => { await fetch('/hangs'); for (;;); };"
ALL = "html, body { height: 100% }"


def test_a_browser_that_ends_or_hangs_is_replaced(place: Place) -> None:
    place.add_page("/hangs-at-a-touch", FOR_EVER, sheet=ALL)
    place.add("/hangs")
    with served(place.app, place.port):
        browser = place.wait_for_idle_screen()
        browser.kill()
        browser = place.wait_for_another(browser)
        compositor_of(browser).kill()
        browser = place.wait_for_another(browser)
        for process in (compositor_of(browser), browser, *browser.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGSTOP)
        assert place.wait_for_another(browser) == place.go_to("/hangs-at-a-touch")
        browser = place.browser()
        place.screen.touch(*MIDDLE)
        place.wait_for("/hangs")
        place.wait_for_another(browser)
        place.leads_to = ""
        place.go_to_first_screen()
    assert place.screen.switch_off() == 0
    assert place.screen.left() == []


def compositor_of(browser: psutil.Process) -> psutil.Process:
    """What shows it."""
    above = browser.parent()
    assert above is not None
    assert above.name() == "cage"
    return above
