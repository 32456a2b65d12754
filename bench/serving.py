"""What pages cost the machine, and how soon they come: to a crowd, on streams, on a slow phone.

    python bench/serving.py --posts 200 --seconds 5

500 phones keep their connections and ask for the same board as fast as they can; nginx gives the
same bytes as a packed file, in the same run, and is the limit. wrk asks, from the other core.
Needs wrk of Debian, and Chromium; nginx-light of Debian for the limit (it is no part of a checkout:
installed, it serves a page of its own at port 80).
"""

import argparse
import http.client
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import psutil

from bench import slow_phone, streams, table
from bench.children import Child, free_port
from bench.crowd import PHONE, Answered, Nginx, ask, check_tools
from bench.town import write_posts
from bench.usage import machine_in_words
from node.node import Change, open_node
from provisioning.town import Plan, make_machines, open_town
from sync.machine.opening import open_identity
from sync.machine.settings import FEED_KEY_FILE, Part

_BOARD = "/boards/event"
_START_SECONDS_MAX = 30.0
_NOWHERE, _ELSEWHERE = "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--posts", type=int, default=200, help="on the board")
    parser.add_argument("--connections", type=int, default=500, help="phones that ask at once")
    parser.add_argument("--seconds", type=int, default=5, help="of each load")
    parser.add_argument("--alerts", type=int, default=20, help="that are told on streams")
    parser.add_argument("--phones", type=int, default=3, help="slow ones, one after another")
    told = parser.parse_args(arguments)
    check_tools()
    print(f"{machine_in_words()}; {told.posts} posts, {told.connections} connections")
    with (
        TemporaryDirectory(prefix="kairan-bench-") as folder,
        _kept_compiled(Path(folder) / "compiled"),
    ):
        office = _make_office(Path(folder), told.posts)
        port = free_port()
        web_command = ("-m", "cli.main", "web", "--data", str(office), "--port", str(port))
        with Child(*web_command):
            _wait_for_page(port)
        with Child(*web_command) as web:
            started = _wait_for_page(port)
            _read(port)
            time.sleep(2)
            _show_start(started, web.id)
            _show_crowd(web.id, port, Path(folder), told)
            _show_streams(office, port, told.alerts)
            _show_phone(port, told.phones)


@contextmanager
def _kept_compiled(folder: Path) -> Iterator[None]:
    """Modules are compiled once, as on a machine, whatever whoever runs this wants elsewhere."""
    wished = {name: os.environ.pop(name, None) for name in (_NOWHERE, _ELSEWHERE)}
    os.environ[_ELSEWHERE] = str(folder)
    try:
        yield
    finally:
        del os.environ[_ELSEWHERE]
        os.environ.update({name: value for name, value in wished.items() if value is not None})


def _make_office(folder: Path, posts: int) -> Path:
    """A machine with a feed, so that it has alerts of its own."""
    plan = Plan(folder=folder / "office", name="見本町役場", part=Part.OFFICE)
    make_machines(open_town(folder / "authority", code="990019", name="見本町"), [plan])
    node = open_node(plan.folder)
    write_posts(node, count=posts, seed=1, authors=[])
    node.database.close()
    return plan.folder


def _wait_for_page(port: int) -> float:
    """Seconds until the first page came."""
    began = time.perf_counter()
    while time.perf_counter() - began < _START_SECONDS_MAX:
        try:
            _read(port, "/")
        except OSError:
            time.sleep(0.01)
        else:
            return time.perf_counter() - began
    raise AssertionError("no page came")


def _read(port: int, path: str = _BOARD, *, accept: str = "identity") -> tuple[bytes, str]:
    """A page as phones get it, and its ETag."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Host": PHONE, "Accept-Encoding": accept, "Referer": f"http://{PHONE}/"}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, answer.status
        return body, answer.headers.get("ETag", "")
    finally:
        connection.close()


def _show_start(started: float, web: int) -> None:
    root = psutil.Process(web)
    processes = [root, *root.children(recursive=True)]
    memory = [process.memory_full_info() for process in processes]
    spent = sum(sum(process.cpu_times()[:4]) for process in processes)
    table.show(
        "Start and rest",
        ("", "reached", "to reach"),
        [
            ("start to the first page", table.milliseconds(started), "1,000 ms"),
            ("CPU until then, and of one board", table.milliseconds(spent), ""),
            ("shared pages once (PSS)", table.megabytes(sum(m.pss for m in memory)), "80 MB"),
            ("of the process that serves (RSS)", table.megabytes(max(m.rss for m in memory)), ""),
        ],
    )


def _show_crowd(web: int, port: int, folder: Path, told: argparse.Namespace) -> None:
    page, etag = _read(port)
    packed, _ = _read(port, accept="gzip")
    url = f"http://127.0.0.1:{port}{_BOARD}"
    first = f"http://127.0.0.1:{port}/"
    many = {"connections": told.connections, "seconds": told.seconds}
    rows = {
        "kept": ask(url, of=web, **many),
        "kept, with its style sheet": ask(url, of=web, first=True, **many),
        "304 to who has it": ask(url, of=web, etag=etag, **many),
        # Its code for phones is the same whatever is asked for, so that is remembered.
        "the first page, drawn each time": ask(first, of=web, anew=folder / "anew.lua", **many),
    }
    limit = None
    if Nginx.is_there():
        with Nginx(page, folder / "nginx") as nginx:
            limit = ask(nginx.url, of=nginx.id, **many)
        rows = {"nginx, the same bytes as a file (limit)": limit, **rows}
    else:
        print("nginx is not here: apt-get install --no-install-recommends nginx-light")
    _wait_for_calm(port)
    plain, sent = table.number_of_bytes(len(page)), table.number_of_bytes(len(packed))
    table.show(
        f"The board, {plain}, packed {sent}",
        ("", "a second", "a CPU second", "of the limit", "median", "p99", "wrong"),
        [_row(name, each, limit) for name, each in rows.items()],
    )


def _wait_for_calm(port: int) -> None:
    """What the last crowd asked for and went away from is drawn all the same."""
    calm = 0
    while calm < 5:
        began = time.perf_counter()
        _read(port)
        calm = calm + 1 if time.perf_counter() - began < 0.1 else 0


def _row(name: str, each: Answered, limit: Answered | None) -> Sequence[str]:
    return (
        name,
        f"{each.a_second:,.0f}",
        f"{each.a_cpu_second:,.0f}",
        f"{each.a_cpu_second / limit.a_cpu_second:.0%}" if limit else "–",
        table.milliseconds(each.median),
        table.milliseconds(each.p99),
        each.wrong or "–",
    )


def _show_streams(office: Path, port: int, times: int) -> None:
    node = open_node(office)
    feed = open_identity(node.settings, FEED_KEY_FILE)

    def alert(number: int) -> None:
        fields = {
            "title": f"alert {number} of the bench",
            "operation": "live",
            "state": "issued",
            "level": "3",
            "issuer": "見本地方気象台",
            "issued": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        node.write([Change(board=node.boards["disaster"], fields=fields)], identity=feed)

    heard = streams.listen(port, alert, times=times)
    node.database.close()
    rows = [
        (name, *map(table.milliseconds, (median(some), _p95(some), max(some))))
        for name, some in (
            ("a stream hears of it (to reach: 100 ms)", heard.late),
            ("the last of them", heard.last),
            ("a page, asked for when all have heard", heard.pages),
        )
    ]
    table.show(f"{times} alerts, all streams taken", ("", "median", "p95", "most"), rows)
    print(f"one stream more is answered with {heard.one_more}")


def _p95(some: list[float]) -> float:
    return quantiles(some, n=20, method="inclusive")[-1] if len(some) > 1 else some[0]


def _show_phone(port: int, times: int) -> None:
    rows = []
    with slow_phone.bare_page() as bare:
        pages = (
            ("one sentence, one rule (limit)", bare, "/"),
            ("first page", port, "/"),
            ("board", port, _BOARD),
        )
        all_seen = [(name, slow_phone.see(at, path, times=times)) for name, at, path in pages]
    for name, seen in all_seen:
        rows.append(
            (
                name,
                f"{median(one.requests for one in seen):.0f}",
                table.number_of_bytes(median(one.received for one in seen)),
                table.number_of_bytes(median(one.script for one in seen)),
                table.milliseconds(median(one.first_paint for one in seen)),
                table.milliseconds(median(one.largest_paint for one in seen)),
            )
        )
    table.show(
        "A slow phone that was never there (400 kbit/s, 400 ms, CPU x 6)",
        ("", "requests", "bytes", "of script", "first paint", "largest paint"),
        rows,
    )


if __name__ == "__main__":
    main()
