"""`kairan update`: the guardian's process. It looks at what `kairan sync` put down for it, and asks
systemd to start anew what serves.

It opens no ledger and listens to nobody. Whatever it can't do it does at a later look.
"""

import argparse
import logging
import shlex
import signal
import subprocess
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from cli.watching import answers
from node.refused import Refused, Subparsers
from sync.machine import clock
from sync.machine.settings import Part, Settings, read_settings
from sync.machine.starter import Starter, who_started_us

if TYPE_CHECKING:
    from node.updating.guardian import Guardian

LOOK_SECONDS = 5.0
WELL_SECONDS = 60.0
"""So long its pages must come, one after another, in the old version's place."""

FIRST_PAGE_SECONDS_MAX = 600.0
AFTER_A_TRY_SECONDS = 120.0
"""So much longer than on the copy, where it began twice and went last, it may take to begin."""

TRY_SECONDS_MAX = 3_600.0
MISSED_MAX = 3
"""In a row; a busy machine may miss one."""

UNITS = "kairan-web.service kairan-sync.service kairan-language.service kairan-wifi.service"
CHOSEN = "run-kairan-chosen.mount"
ANEW = f"sh -c 'systemctl restart {CHOSEN}; exec systemctl try-restart {UNITS}'"
"""What can't be mounted doesn't keep the image's version from serving."""

TRY = "systemctl start kairan-try.service"
PAGES = ("/", "/healthz")
KIOSK = "127.0.0.1"

_log = logging.getLogger(__name__)


def add_commands(commands: Subparsers) -> None:
    """Put it beside those of other packages."""
    help_ = "新しい版を入れ、だめなら前の版に戻します（専用機で常に動いています）。"
    command = commands.add_parser("update", help=help_, description=help_)
    command.add_argument("--data", metavar="DIR", type=Path, required=True)
    command.add_argument("--releases", metavar="DIR", type=Path, required=True, help="版の置き場")
    command.add_argument("--port", metavar="N", type=int, default=80, help="この機械の画面のポート")
    settle = "電源が入ったとき、どの版で始めるかを決めるだけ"
    command.add_argument("--settle", action="store_true", help=settle)
    command.add_argument("--anew", default=ANEW, help=argparse.SUPPRESS)
    command.add_argument("--try", dest="tries", default=TRY, help=argparse.SUPPRESS)
    command.add_argument("--well", type=float, default=WELL_SECONDS, help=argparse.SUPPRESS)
    patience = FIRST_PAGE_SECONDS_MAX
    command.add_argument("--patience", type=float, default=patience, help=argparse.SUPPRESS)
    command.set_defaults(does=_update)


def _update(told: argparse.Namespace) -> None:
    """Raises Refused, NotProvisioned."""
    settings = read_settings(told.data)
    if settings.part is Part.HUB:
        raise Refused("これはハブです。ハブの更新は、管理する人がします。")
    starter, stop = who_started_us(), Event()
    guardian = _guardian(told, settings, starter)
    if told.settle:
        guardian.settle()
        return
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    starter.ready()
    while not stop.is_set():
        starter.well()
        try:
            if guardian.look():
                continue
        except (OSError, ValueError) as wrong:
            _log.warning("versions can't be looked at: %s", wrong)
        stop.wait(LOOK_SECONDS)
    starter.ending()


def _guardian(told: argparse.Namespace, settings: Settings, starter: Starter) -> "Guardian":
    from node.updating.guardian import Guardian, Hands

    def done(command: str, seconds_max: float) -> bool:
        """Whether it ended well, in that time; whoever waits for word of us hears it meanwhile."""
        with subprocess.Popen(shlex.split(command), stdin=subprocess.DEVNULL) as process:
            until = clock.running() + seconds_max
            while process.poll() is None:
                starter.well()
                if clock.running() > until:
                    process.kill()
                Event().wait(0.1)
            return process.returncode == 0

    patience = told.patience

    def try_on_a_copy(_file: Path) -> bool:
        nonlocal patience
        began = clock.running()
        went_well = done(told.tries, TRY_SECONDS_MAX)
        patience = min(told.patience, clock.running() - began + AFTER_A_TRY_SECONDS)
        return went_well

    return Guardian(
        told.data,
        told.releases,
        town=settings.town,
        authorities=settings.authorities[settings.town],
        hands=Hands(
            try_on_a_copy=try_on_a_copy,
            start_anew=lambda on_trial: done(told.anew, patience if on_trial else told.patience),
            stays_well=lambda: _stays_well(told.port, patience, told.well, starter),
        ),
    )


def _stays_well(port: int, patience: float, seconds: float, starter: Starter) -> bool:
    """Whether pages begin to come before patience ends, and then keep coming for those seconds."""
    until = clock.running() + patience
    while not _well(port):
        starter.well()
        if clock.running() > until:
            return False
        Event().wait(1)
    until, missed = clock.running() + seconds, 0
    while clock.running() < until:
        starter.well()
        missed = 0 if _well(port) else missed + 1
        if missed >= MISSED_MAX:
            return False
        Event().wait(1)
    return missed == 0


def _well(port: int) -> bool:
    return all(answers(KIOSK, port, page) for page in PAGES)
