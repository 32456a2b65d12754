"""When a browser's time is over, what its keyboard has, and what its machine's policies say."""

import ctypes
import ctypes.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from cli.kiosk import (
    BEGIN_SECONDS_MAX,
    ON_THE_WAY_SECONDS_MAX,
    SILENT_SECONDS_MAX,
    Life,
    Watch,
    health,
)
from cli.kiosk_browser import ENVIRONMENT, Browser
from cli.kiosk_waiting import WAITS_AT, WaitingPage
from cli.supervise import QUICK_STARTS_MAX
from kiosk_ui.app import create_app
from node.calling import write_down
from provisioning.root_file_system import FILES, FILES_OF_SCREENS
from sync.machine.starter import who_started_us
from tests.kiosk_ui.browsing import served
from tests.kiosk_ui.town import make_town
from tests.patience import until
from tests.stories.machines import Running, free_ports

LONG = 10_000.0
SHORT = 1.0


def at_the_machine(**more: float | bool | None) -> Life:
    """A browser whose page was heard of a moment ago, at 100."""
    told = {"first_page": 50.0, "page": 100.0, "answers_since": 20.0, **more}
    return Life(begun=10.0, waiting=40.0, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("life", "silent"),
    [
        (Life(begun=100.0), BEGIN_SECONDS_MAX),
        (Life(begun=10.0, waiting=100.0, answers_since=90.0), SILENT_SECONDS_MAX),
        (Life(begun=10.0, waiting=100.0), ON_THE_WAY_SECONDS_MAX),
        (at_the_machine(), SILENT_SECONDS_MAX),
        (at_the_machine(page=60.0, answers_since=100.0), SILENT_SECONDS_MAX),
    ],
    ids=["just begun", "waits", "sent on in vain", "silent", "silent after the machine was away"],
)
def test_who_is_silent_for_too_long_is_over(life: Life, silent: float) -> None:
    assert not life.is_over(100.0 + silent - SHORT)
    assert life.is_over(100.0 + silent + SHORT)


def test_while_the_machine_is_away_nothing_is_expected_of_its_page() -> None:
    assert not at_the_machine(answers_since=None).is_over(100.0 + LONG)


def test_a_visitors_browser_is_over_once_they_left() -> None:
    assert not at_the_machine(was_used=True).is_over(100.0)
    assert not at_the_machine(rests=True).is_over(100.0)
    assert at_the_machine(was_used=True, rests=True).is_over(100.0)


def test_a_browser_that_may_show_an_error_of_its_own_is_over() -> None:
    assert at_the_machine(may_show_error=True, answers_since=None).is_over(100.0)


def test_that_nothing_can_be_shown_is_said_once_however_often_it_is_tried(tmp_path: Path) -> None:
    for program in ("cage", "chromium"):
        (tmp_path / program).write_text("#!/bin/sh\necho tried\nexit 1\n")
        (tmp_path / program).chmod(0o755)
    (tmp_path / "runtime").mkdir()
    port = free_ports(2)
    asked = ["kiosk", "--port", str(port), "--waits-at", str(port + 1)]
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with Running(
        *asked, "--runtime", tmp_path / "runtime", log=tmp_path / "log", told=path
    ) as kiosk:
        until(lambda: "何も出せない" in kiosk.said())
        until(lambda: kiosk.said().count("tried") >= QUICK_STARTS_MAX)
        assert kiosk.said().count("何も出せない") == 1


def test_until_the_machine_answers_its_screen_says_whom_to_call_as_it_was_told_last(
    tmp_path: Path,
) -> None:
    town, port = make_town(tmp_path), free_ports(1)
    (tmp_path / "runtime").mkdir()

    def says(page: WaitingPage) -> object:
        with urlopen(f"{page.address}answers") as answer:  # noqa: S310  # our own
            return json.loads(answer.read())["call"]

    with WaitingPage(0, goes_to="/") as page:
        browser = Browser("screen", page.address, tmp_path / "runtime")  # it is never begun
        watch = Watch(port, browser, page, who_started_us())

        def looks() -> None:
            watch._due = 0.0
            watch.look()

        looks()
        assert says(page) == ""
        with served(create_app(town.kamigo), port):
            looks()
            assert says(page) == ""
            write_down(town.kamigo.settings.folder, "館長の山田", "0265-12-3456")
            looks()
            assert says(page) == "館長の山田 0265-12-3456"
        looks()
        assert health(port) is None
        assert says(page) == "館長の山田 0265-12-3456"
        with served(create_app(town.kamigo), port):
            write_down(town.kamigo.settings.folder, "", "")
            looks()
            assert says(page) == ""
    town.kamigo.database.close()
    town.office.database.close()


_PRINT_KEYS = """
import ctypes
library = ctypes.CDLL("libxkbcommon.so.0")
for name in ("xkb_context_new", "xkb_keymap_new_from_names"):
    getattr(library, name).restype = ctypes.c_void_p
library.xkb_keymap_get_as_string.restype = ctypes.c_char_p
context = ctypes.c_void_p(library.xkb_context_new(0))
keys = ctypes.c_void_p(library.xkb_keymap_new_from_names(context, None, 0))
print(library.xkb_keymap_get_as_string(keys, 1).decode())
"""


def test_the_keyboard_has_what_one_writes_with_and_no_key_that_leads_anywhere() -> None:
    if ctypes.util.find_library("xkbcommon") is None:
        pytest.skip("libxkbcommon is not here")
    environment = {**os.environ, **ENVIRONMENT}
    done = subprocess.run(
        [sys.executable, "-c", _PRINT_KEYS], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    codes, symbols = done.stdout.replace("[Group1]", "").split("xkb_symbols")
    keys = {
        name: re.findall(r"[A-Za-z]\w*|\d", each)
        for name, each in re.findall(r"key <([^>]+)>[^\[]*\[([^\]]*)\]", symbols)
    }
    assert {*keys} == {*re.findall(r"^\s*<([^>]+)> *=", codes, re.MULTILINE)}, (
        "of a key without symbols a browser takes what is printed on it"
    )
    letters = {one for each in keys.values() for one in each if re.fullmatch("[a-z0-9]", one)}
    assert letters == set("abcdefghijklmnopqrstuvwxyz0123456789")
    assert {"Return", "BackSpace", "Tab", "space", "Left"} <= {s for k in keys.values() for s in k}
    leading = re.compile(
        r"Control|Alt|Super|Meta|Hyper|^F\d|Escape|Print|Execute|Menu|XF86|Mode_|Symbol"
    )
    assert not [each for each in keys.values() for one in each if leading.search(one)]
    held = re.findall(r"modifier_map (\w+)", symbols)
    assert set(held) == {"Shift", "Lock"}


def test_the_browser_may_ask_for_nothing_but_the_machine_and_the_page_that_waits() -> None:
    folder = FILES_OF_SCREENS / "etc/chromium/policies/managed"
    (told,) = (json.loads(path.read_text()) for path in folder.iterdir())
    listens = (FILES / "etc/kairan.env").read_text()
    (port,) = re.findall(r"^KAIRAN_PORT=(\d+)$", listens, re.MULTILINE)
    assert told["URLBlocklist"] == ["*"]
    assert told["URLAllowlist"] == [f"http://127.0.0.1:{at}" for at in (int(port), WAITS_AT)]
