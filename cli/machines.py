"""The commands that any machine has: `kairan node|office|hub` run it, `kairan web` its screens
alone, `kairan sync` its exchange, `kairan language` reads Japanese, `kairan wifi` tends the network
that phones join, `kairan kiosk` the machine's own screen, `kairan status` says how it is.

The first process of a machine only waits, for years, so it loads as little as it can: what looks at
the machine's folder, and what serves, is imported in processes of their own.
"""

import argparse
import os
import signal
import sqlite3
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from cli.lingering import THIS_MACHINE
from cli.opening import ONCE_OPEN, OPENS, say_open, start_in_order, wait_until_open
from cli.ports import check_port
from cli.supervise import OnDemand, Process, kairan, supervise, told_to_stop
from cli.watching import SILENT_SECONDS_MAX, Silence, Watch
from node.language.line import listen
from node.refused import Refused, Subparsers
from sync.machine.own_keys import opens_by_now
from sync.machine.pin import PAGES_FILE, TLS_FILE
from sync.machine.process import apart, end_soon, give_back_what_was_large, loading
from sync.machine.settings import KEY_FILE, Part, read_address, read_settings
from sync.machine.starter import who_started_us

if TYPE_CHECKING:
    from flask import Flask

KIOSK = "127.0.0.1"
"""Where the machine's own browser asks, whatever the network does."""

KEY_SECONDS = 1.0
"""How often it is looked whether a key opens that didn't."""

DEVELOPMENT = "KAIRAN_DEVELOPMENT"
"""Set by who builds the screens: `/design` shows every piece of them in every state."""

_PARTS = {
    Part.NODE: "公民館の機械を動かします。",
    Part.OFFICE: "役場の機械を動かします。",
    Part.HUB: "ハブを動かします。",
}


def add_commands(commands: Subparsers) -> None:
    """Put them beside those of other packages."""
    for part, help_ in _PARTS.items():
        parser = _command(commands, part, help_)
        parser.set_defaults(does=_run_hub if part is Part.HUB else _run_machine, part=part)
        if part is not Part.HUB:
            _add_peers(parser)
    web = _command(commands, "web", "機械の画面だけを動かします。")
    web.add_argument("--beside", metavar="IP", help=argparse.SUPPRESS)  # where the network asks
    web.add_argument("--closed", action="store_true", help=argparse.SUPPRESS)  # over TLS
    for told in (OPENS, ONCE_OPEN):
        web.add_argument(told, type=int, metavar="N", help=argparse.SUPPRESS)
    web.add_argument(  # the seconds for which those may be silent
        "--patience", type=float, default=SILENT_SECONDS_MAX, help=argparse.SUPPRESS
    )
    web.set_defaults(does=_run_web)
    help_ = "ほかの機械とやりとりします（常に動かしておきます）。"
    sync = commands.add_parser("sync", help=help_, description=help_)
    sync.add_argument("--data", metavar="DIR", type=Path, required=True, help="機械のフォルダー")
    _add_peers(sync)
    sync.add_argument(
        "--port", metavar="N", type=int, help="この機械の画面のポート（近くの機械に知らせます）"
    )
    sync.add_argument(
        "--address", metavar="IP", default="127.0.0.1", help="この機械の画面が待ち受ける番地"
    )
    sync.set_defaults(does=_run_sync)
    help_ = "よみがなを作ります（ふだんは、いるときだけ自動で動きます）。"
    language = commands.add_parser("language", help=help_, description=help_)
    language.add_argument(
        "--data", metavar="DIR", type=Path, required=True, help="機械のフォルダー"
    )
    language.add_argument(
        "--descriptor", metavar="N", type=int, help="待ち受けに使うソケットの番号"
    )
    language.set_defaults(does=_run_language)
    help_ = "スマートフォンがつなぐWi-Fiを出すか、公民館のWi-Fiにつなぎます。"
    wifi = commands.add_parser("wifi", help=help_, description=help_)
    wifi.add_argument("--data", metavar="DIR", type=Path, required=True, help="設定のフォルダー")
    help_ = "動いているあいだだけ使うフォルダー"
    wifi.add_argument("--runtime", metavar="DIR", type=Path, required=True, help=help_)
    wifi.set_defaults(does=_run_wifi)
    help_ = "この機械につないだ画面に、掲示板を出します。"
    kiosk = commands.add_parser("kiosk", help=help_, description=help_)
    kiosk.add_argument("--port", metavar="N", type=_port, required=True, help="掲示板のポート")
    help_ = "動いているあいだだけ使うフォルダー（メモリーの上のもの）"
    kiosk.add_argument("--runtime", metavar="DIR", type=Path, required=True, help=help_)
    kiosk.add_argument("--waits-at", metavar="N", type=_port, help=argparse.SUPPRESS)
    kiosk.set_defaults(does=_run_kiosk)
    help_ = "この機械の様子を表示します。"
    status = commands.add_parser("status", help=help_, description=help_)
    status.add_argument("--data", metavar="DIR", type=Path, required=True, help="機械のフォルダー")
    status.add_argument("--json", action="store_true", help="プログラム向けの形で")
    status.set_defaults(does=_print_status)


def _command(commands: Subparsers, name: str, help_: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_, description=help_)
    parser.add_argument("--data", metavar="DIR", type=Path, required=True, help="機械のフォルダー")
    parser.add_argument("--port", metavar="N", type=_port, required=True)
    parser.add_argument("--address", metavar="IP", default="127.0.0.1", help="待ち受ける番地")
    return parser


def _add_peers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--peer", metavar="URL", type=read_address, action="append", default=[], help="相手の番地"
    )


def _run_machine(told: argparse.Namespace) -> None:
    _check_part(told)
    _keep_private(told.data)
    screens = _screens(told)
    sync = ["sync", "--data", str(told.data), "--port", str(told.port), "--address", told.address]
    for peer in told.peer:
        sync += ["--peer", peer]
    processes = [*screens, Process("sync", kairan(*sync))]
    with told_to_stop() as stop, ExitStack() as held:
        with suppress(
            OSError
        ):  # on a disk that can't be written nothing is posted, so nothing read
            listener = held.enter_context(listen(told.data))
            asked = ["--data", str(told.data), "--descriptor", str(listener.fileno())]
            language = kairan("language", *asked)
            processes.append(OnDemand("language", language, listener=listener))
        supervise(processes, stop)


def _screens(told: argparse.Namespace) -> list[Process]:
    """The processes that show them. Raises Refused where the port can't be had.

    Whoever stands at the machine is served by a process that nobody on the network reaches: what
    they do to theirs, its threads, connections and memory, isn't done to the kiosk.
    """
    asked = ["web", "--data", str(told.data), "--port", str(told.port)]
    check_port(told.address, told.port)  # say so once, instead of trying again for ever
    closed = _closed(told)
    if told.address in THIS_MACHINE:
        return [Process("web", kairan(*asked, "--address", told.address)), *closed]
    check_port(KIOSK, told.port)
    return [
        Process(name, kairan(*asked, "--address", address, "--beside", told.address))
        for name, address in (("kiosk", KIOSK), ("web", told.address))
    ] + closed


def _closed(told: argparse.Namespace) -> list[Process]:
    """The process whose pages are closed to whoever listens, where the desk gave a certificate."""
    port = read_settings(told.data).https
    if port is None or not (told.data / PAGES_FILE).exists():
        return []
    check_port(told.address, port)
    asked = ["web", "--data", str(told.data), "--port", str(port), "--address", told.address]
    patience = str(getattr(told, "patience", SILENT_SECONDS_MAX))
    return [Process("closed", kairan(*asked, "--closed", "--patience", patience))]


def _run_language(told: argparse.Namespace) -> None:
    if read_settings(told.data).part is Part.HUB:
        raise Refused("これはハブです。ハブに、よみがなはいりません。")

    from node.language.process import run

    run(told.data, descriptor=told.descriptor, starter=who_started_us())


def _run_wifi(told: argparse.Namespace) -> None:
    from cli.wifi import run

    run(told.data, told.runtime, who_started_us())


def _run_kiosk(told: argparse.Namespace) -> None:
    from cli.kiosk import run
    from cli.kiosk_waiting import WAITS_AT

    run(told.port, told.runtime, who_started_us(), waits_at=told.waits_at or WAITS_AT)


def _run_web(told: argparse.Namespace) -> None:
    def screens() -> "Flask":  # refuses, with a message, what can't be served
        with loading():
            from kiosk_ui.app import create_app
            from kiosk_ui.reach import Reach
            from node.node import open_node
            from node.reading_files import secrets_of

        if told.once_open is not None:
            wait_until_open(told.once_open)
        node = open_node(told.data)
        secrets_of(node).close()
        if told.opens is not None:
            say_open(told.opens)
        if node.identity.is_closed:
            Thread(target=_end_once_it_opens, args=(told.data,), daemon=True).start()
        wifi = node.settings.wifi
        return create_app(
            node,
            reach=Reach(
                listens=told.beside or told.address,
                port=told.port,
                named=node.settings.called,
                made_here=wifi.address.ip if wifi and wifi.made_here else None,
            ),
            start_anew=end_soon,
            development=DEVELOPMENT in os.environ,
            closed=told.closed,
        )

    starter = who_started_us()
    # Refused before anything is done to the folder; the rest, once it is opened.
    if read_settings(told.data).part is Part.HUB:
        raise Refused("これはハブです。ハブに掲示板はありません。")
    _keep_private(told.data)
    if told.closed or told.beside or told.address in THIS_MACHINE:
        from cli.serving import serve
    if told.closed:
        silence = Silence(told.address, told.port, folder=told.data, seconds_max=told.patience)
        silence.look_on()
        serve(screens, address=told.address, port=told.port, tls=told.data / PAGES_FILE)
        return
    if told.beside or told.address in THIS_MACHINE:
        Watch(starter, [told.address], told.port).look_on()
        serve(screens, address=told.address, port=told.port, beside=bool(told.beside))
        return
    screens_of_each = _screens(told)
    watch = Watch(starter, [KIOSK, told.address], told.port)
    with told_to_stop() as stop:
        supervise(start_in_order(screens_of_each, stop), stop, look=watch.look)


def _end_once_it_opens(folder: Path) -> None:
    """The machine's key, that is: whoever is started then has it."""
    while not opens_by_now(folder, KEY_FILE):
        Event().wait(KEY_SECONDS)
    end_soon()


def _run_sync(told: argparse.Namespace) -> None:
    from node.node import open_node
    from node.syncing import Answering, run

    give_back_what_was_large()
    node = open_node(told.data)
    answering = None if told.port is None else Answering(told.port, told.address)
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    run(
        node,
        peers=tuple(told.peer),
        stop=stop,
        answering=answering,
        starter=who_started_us(),
    )


def _run_hub(told: argparse.Namespace) -> None:
    def mailbox() -> "Flask":
        with loading():
            from hub.app import create_app
            from hub.hub import open_hub

        return create_app(open_hub(told.data), start_anew=end_soon)

    from cli.serving import MACHINES, serve

    _check_part(told)
    _keep_private(told.data)
    starter = who_started_us()
    apart(lambda: _check_ledger(told.data))
    tls = told.data / TLS_FILE
    known_by = told.data if tls.exists() else None
    Watch(starter, [told.address], told.port, known_by=known_by).look_on()
    serve(
        mailbox,
        address=told.address,
        port=told.port,
        crowd=MACHINES,
        tls=tls if tls.exists() else None,
    )


def _keep_private(folder: Path) -> None:
    """What lies there is for the user alone whose processes run it, however it was unpacked."""
    os.umask(0o077)
    with suppress(OSError):  # somebody else's folder, or a disk that takes no note of anything
        folder.chmod(0o700)


def _check_ledger(folder: Path) -> None:
    """Look for damage where nobody may read for years; what is found is dealt with at opening."""
    from hub.hub import open_hub

    database = open_hub(folder).database
    try:
        database.check()
    except sqlite3.DatabaseError as wrong:
        if not database.give_up(wrong):
            raise


def _print_status(told: argparse.Namespace) -> None:
    if read_settings(told.data).part is Part.HUB:
        from hub.commands import print_status
    else:
        from node.commands import print_status
    print_status(told)


def _check_part(told: argparse.Namespace) -> None:
    settings = read_settings(told.data)
    if settings.part is not told.part:
        raise Refused(f"{told.data} は {settings.part} です。kairan {settings.part} で動かします。")


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 1 << 16:
        raise ValueError
    return port
