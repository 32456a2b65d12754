"""`kairan village`, which `./run` calls: a hub, an office and two village nodes on this machine."""

import argparse
import fcntl
import http.client
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from cli.ports import check_port
from cli.supervise import Process, end, kairan, told_to_stop
from node.people_commands import has_somebody
from node.pins import Pins, grouped
from node.refused import Refused, Subparsers
from provisioning.authority import NoAuthority
from provisioning.sample_town import MACHINES, make_sample_town
from sync.errors import NotEncrypted, WrongKey
from sync.machine import clock
from sync.machine.files import write_whole
from sync.machine.settings import Part
from sync.machine.tls import connection, pins

FIRST_PORT = 8700
OFFER_SECONDS = 2
READY_SECONDS_MAX = 60.0
LOOK_SECONDS = 0.05

refusals = (NoAuthority,)

_SCHEMES = {"hub": "https"}
_STOPPED = "stopped"  # a file in a machine's folder: it is to stay off


def add_commands(commands: Subparsers) -> None:
    """Put it beside those of other packages."""
    help_ = "見本の町（ハブ、役場、公民館2つ）を、この一台の上で動かします。"
    parser = commands.add_parser(
        "village", prog=os.environ.get("KAIRAN_PROG"), help=help_, description=help_
    )
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=Path("village"),
        help="データの置き場所（既定: village）",
    )
    parser.add_argument(
        "--port",
        metavar="N",
        type=int,
        default=FIRST_PORT,
        help=f"はじめのポート。ハブが N、役場が N+1、公民館が N+2 と N+3、"
        f"暗号の画面が N+5 から N+7（既定: {FIRST_PORT}）",
    )
    ids = [machine.id for machine in MACHINES]
    parser.add_argument(
        "--stop", metavar="NAME", choices=ids, help="動いている町の、一台だけを止めます"
    )
    parser.add_argument("--start", metavar="NAME", choices=ids, help="止めた一台を、また動かします")
    parser.add_argument("--setup", action="store_true", help="準備だけをします（./run のとき）")
    parser.set_defaults(does=_village)


def _village(told: argparse.Namespace) -> None:
    folder: Path = told.data.resolve()
    if told.stop or told.start:
        _switch(folder, told.stop or told.start, off=bool(told.stop))
        return
    ports = {machine.id: told.port + at for at, machine in enumerate(MACHINES)}
    https = {
        machine.id: told.port + at
        for at, machine in enumerate(MACHINES, len(MACHINES))
        if machine.part is not Part.HUB
    }
    if not all(0 < port < 1 << 16 for port in (*ports.values(), *https.values())):
        raise Refused("ポートの番号は、1から65528までです。")
    with _alone(folder), told_to_stop() as stop:
        for port in (*ports.values(), *https.values()):
            check_port("127.0.0.1", port)
        _run(folder, ports, https, stop)
    print("すべて止めました。", flush=True)


def _run(folder: Path, ports: Mapping[str, int], https: Mapping[str, int], stop: Event) -> None:
    addresses = {
        name: f"{_SCHEMES.get(name, 'http')}://127.0.0.1:{port}" for name, port in ports.items()
    }
    make_sample_town(folder, addresses, now=clock.now(), offer_seconds=OFFER_SECONDS, https=https)
    write_whole(folder / "addresses.json", json.dumps(addresses, indent=1).encode() + b"\n")
    processes = {
        machine.id: Process(
            machine.id,
            kairan(
                machine.part,
                "--data",
                str(folder / machine.id),
                "--port",
                str(ports[machine.id]),
            ),
        )
        for machine in MACHINES
    }
    _keep_running(folder, processes, ports, addresses, stop)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Refuse to run one town twice at once."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as wrong:
            raise Refused(f"{folder} の町は、もう動いています。") from wrong
        yield
    finally:
        os.close(descriptor)


def _keep_running(
    folder: Path,
    processes: Mapping[str, Process],
    ports: Mapping[str, int],
    addresses: Mapping[str, str],
    stop: Event,
) -> None:
    told = False
    began = clock.running()
    try:
        while not stop.wait(LOOK_SECONDS):
            for name, process in processes.items():
                if not (folder / name / _STOPPED).exists():
                    process.keep_running()
                elif process.child is not None:
                    end([process])
                    process.child = None
            wanted = [name for name in processes if not (folder / name / _STOPPED).exists()]
            if not told and all(_answers(folder / name, ports[name]) for name in wanted):
                _tell(folder, addresses, wanted)
                told = True
            if not told and clock.running() - began > READY_SECONDS_MAX:
                raise Refused(
                    "機械が動き出しません。ポートがほかで使われていないか、確かめてください。"
                )
    finally:
        end(list(processes.values()))


def _switch(folder: Path, name: str, *, off: bool) -> None:
    if not (folder / name).is_dir():
        raise Refused(f"{folder} に {name} はありません。--data を確かめてください。")
    flag = folder / name / _STOPPED
    if off:
        flag.touch()
        print(f"{name} を止めます。")
    else:
        flag.unlink(missing_ok=True)
        print(f"{name} を動かします。")


def _tell(folder: Path, addresses: Mapping[str, str], running: list[str]) -> None:
    prog = os.environ.get("KAIRAN_PROG", "kairan village")
    where = "" if folder == Path("village").resolve() else f" --data {folder}"
    codes = _first_codes(folder)
    print("\n見本の町が動いています。\n")
    for machine in MACHINES:
        state = addresses[machine.id] if machine.id in running else "（止めてあります）"
        print(f"  {machine.name:　<8}{state}")
        print(f"  {'':　<8}止める: {prog}{where} --stop {machine.id}")
        print(f"  {'':　<8}動かす: {prog}{where} --start {machine.id}")
        if machine.id in codes:
            print(f"  {'':　<8}はじめの担当者の登録コード: {grouped(codes[machine.id])}")
    node = next(machine for machine in MACHINES if machine.part is Part.NODE)
    print(
        f"""
試すこと
  1. {node.name}（{addresses[node.id]}）で「イベント」を開き、「新しくのせる」でお知らせを書く。
  2. 数秒のうちに、下郷公民館（{addresses["shimogo"]}）にも載る。
  3. ハブを止めても（{prog}{where} --stop hub）、公民館どうしは直接つながる。
  4. 担当者を決めると、取り下げや役場のお知らせに暗証番号がいるようになる: 「つながりのようす」
     →「担当者の方」→「はじめての方」で、上の登録コードを押す。決めなければ、今までどおり使える。
  5. 担当者の方は、機械の画面で合言葉を決めると、{addresses[node.id]} とは別の、暗号のアドレスからも
     入れる（担当者のページの「ほかの場所から入る」に出ます）。
  6. 役場に電文や一覧を取り込む: .venv/bin/kairan feed --data {folder}/office ファイル…
終えるときは Ctrl-C。
""",
        flush=True,
    )


def _first_codes(folder: Path) -> Mapping[str, str]:
    """Of each machine where nobody can sign in yet; those of an earlier start hold no more."""
    every = {m.id: Pins(folder / m.id) for m in MACHINES if m.part is not Part.HUB}
    return {id_: pins.make_code() for id_, pins in every.items() if not has_somebody(pins)}


def _answers(machine: Path, port: int) -> bool:
    asked = connection("127.0.0.1", port, pins=pins(machine), timeout=2)
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().status == 200
    except (OSError, http.client.HTTPException, NotEncrypted, WrongKey):
        return False
    finally:
        asked.close()
