"""`kairan kiosk`: the machine's own screen, which shows the boards, and which nobody gets out of.

One browser at a time, with nothing in it of whoever was there before. It is begun anew when it
ends, when its page is not heard of any more, and once a visitor has left. Until the machine answers
it shows a page of ours (`cli/kiosk_waiting.py`); what it may show at all, Chromium's policies say
(`provisioning/image/screen_files/`).
"""

import http.client
import json
import shutil
import sys
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from cli.kiosk_browser import COMPOSITOR, Browser
from cli.kiosk_waiting import WaitingPage
from cli.supervise import supervise, told_to_stop
from node.refused import Refused
from sync.machine import clock
from sync.machine.starter import Starter

HERE = "127.0.0.1"
FIRST_PAGE = "/attract"
LOOK_SECONDS = 1.0
ANSWER_SECONDS_MAX = 5.0
BEGIN_SECONDS_MAX = 120.0  # until a browser is heard of that was just begun, from a slow disk
SILENT_SECONDS_MAX = 20.0  # without word of a page that tells every five seconds that it lives
SETTLES_SECONDS = 15.0  # by then its worker stands between the browser and the machine
ON_THE_WAY_SECONDS_MAX = 5.0  # from our page to the machine's

_NOTHING_SHOWN = (
    "画面に何も出せないまま、ブラウザーが終わりました。理由は、この前の行にあります。"
    "画面がつながっているか、seatd が動いているかを確かめてください。くりかえし試します。"
)


@dataclass(slots=True, kw_only=True)
class Life:
    """What is known of one browser; each moment in seconds by `clock.running`, None if never."""

    begun: float
    waiting: float | None = None  # when our own page was last heard of
    first_page: float | None = None  # when the machine's was first
    page: float | None = None  # and last
    answers_since: float | None = None  # the machine, without a break until now
    may_show_error: bool = False  # the machine went before its page could have said so by itself
    was_used: bool = False
    rests: bool = False  # it shows what is on, and nobody is there

    @property
    def was_heard(self) -> bool:
        """Whether it showed a page."""
        return self.page is not None or self.waiting is not None

    def is_over(self, now: float) -> bool:
        """Whether another is to be begun."""
        if self.page is not None:
            if self.may_show_error or (self.rests and self.was_used):
                return True
            # While the machine is away, the page says so by itself, and nothing is heard of it.
            heard = max(self.page, now if self.answers_since is None else self.answers_since)
            return now - heard > SILENT_SECONDS_MAX
        if self.waiting is not None:
            # Sent on to a machine that is gone again, a browser shows an error of its own.
            answers = self.answers_since is not None
            patience = SILENT_SECONDS_MAX if answers else ON_THE_WAY_SECONDS_MAX
            return now - self.waiting > patience
        return now - self.begun > BEGIN_SECONDS_MAX


@dataclass(slots=True)
class Watch:
    """Over the browser of one machine; asks the machine what it heard of the page."""

    port: int
    browser: Browser
    waiting: WaitingPage
    starter: Starter
    _life: Life | None = None
    _told: bool = False
    _due: float = 0.0

    def look(self) -> None:
        """Ask, if it is time to, and end a browser whose time is over. May be called often."""
        self.starter.well()
        now = clock.running()
        if now < self._due:
            return
        self._due = now + LOOK_SECONDS
        life = self._life
        if life is None or life.begun != self.browser.begun:
            if life is not None and not life.was_heard:
                self._tell()
            since = None if life is None else life.answers_since
            self._life = life = Life(begun=self.browser.begun, answers_since=since)
        self._hear(life)
        if life.was_heard:
            self.starter.ready()
            self._told = False
        if life.is_over(clock.running()):
            self.browser.end_all()

    def _tell(self) -> None:
        """That a browser ended which had shown nothing: once, however many do."""
        if not self._told:
            print(_NOTHING_SHOWN, file=sys.stderr, flush=True)
            self._told = True

    def _hear(self, life: Life) -> None:
        told = health(self.port)
        now = clock.running()
        self.waiting.goes_on = told is not None
        if told is not None:
            self.waiting.call = told.call
        if told is None:
            is_new = life.first_page is not None and now - life.first_page < SETTLES_SECONDS
            life.may_show_error |= is_new and life.answers_since is not None
            life.answers_since = None
        elif life.answers_since is None:
            life.answers_since = now
        if (heard := self.waiting.heard) is not None and heard >= life.begun:
            life.waiting = heard
        # A second less is told than it is; an older browser's word isn't this one's.
        if told is not None and told.ago is not None and now - told.ago - 1 > life.begun:
            life.page = now - told.ago
            life.first_page = life.first_page or life.page
            life.rests = told.rests
            life.was_used = life.was_used or not told.rests


@dataclass(frozen=True, slots=True)
class Health:
    """What a machine that answers heard of the page."""

    ago: float | None  # seconds
    rests: bool
    call: str = ""  # whom, when something is wrong


def health(port: int) -> Health | None:
    """Of the machine there; None where it doesn't answer, or isn't well."""
    with (
        closing(http.client.HTTPConnection(HERE, port, timeout=ANSWER_SECONDS_MAX)) as line,
        suppress(OSError, http.client.HTTPException, ValueError),
    ):
        line.request("GET", "/healthz")
        answer = line.getresponse()
        told = json.loads(answer.read())
        if answer.status == http.HTTPStatus.OK and isinstance(told, dict):
            ago = told.get("screen")
            return Health(
                None if ago is None else float(ago),
                bool(told.get("rests")),
                _call(told.get("call")),
            )
    return None


def _call(told: object) -> str:
    """As people read it; nothing of a machine that says nothing of it."""
    match told:
        case {"who": str(who), "telephone": str(telephone)}:
            return f"{who} {telephone}".strip()
        case _:
            return ""


def run(port: int, runtime: Path, starter: Starter, *, waits_at: int) -> None:
    """Until told to stop. `port`: the machine's; `runtime`: ours while we run; `waits_at`: a port.

    Raises Refused where there is nothing to show anything with.
    """
    for program in (COMPOSITOR, "chromium"):
        if shutil.which(program) is None:
            raise Refused(f"画面を出すプログラム（{program}）が、この機械に入っていません。")
    goes_to = f"http://{HERE}:{port}{FIRST_PAGE}"
    with (
        told_to_stop() as stop,
        WaitingPage(waits_at, goes_to=goes_to) as waiting,
        closing(Browser("screen", waiting.address, runtime)) as browser,
    ):
        supervise([browser], stop, look=Watch(port, browser, waiting, starter).look)
