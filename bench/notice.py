"""How long until the sync process notices what the web process committed, and has sent it.

    python bench/notice.py --posts 50

A form is sent to `kairan web`; `kairan sync` beside it watches the same ledger and offers to a
hub through a proxy that looks at the clock. From the answer to the form until the first byte of
the offer, and until the last byte of the hub's answer. The limit is half of the interval at which
the ledger is looked at.
"""

import argparse
import time
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from bench import table
from bench.children import Child, free_port, serving
from bench.form import Form
from bench.proxy import CountingProxy
from bench.town import make_town
from bench.usage import Watch, machine_in_words
from bench.village_text import posts
from node.syncing import WATCH_SECONDS

_SECONDS_MAX = 20.0
_QUIET_SECONDS = 0.5


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--posts", type=int, default=50, help="how many are timed")
    parser.add_argument("--idle", type=float, default=10.0, help="seconds in which nothing happens")
    told = parser.parse_args(arguments)
    print(f"{machine_in_words()}; {told.posts} posts")
    hub_port, web_port = free_port(), free_port()
    with TemporaryDirectory(prefix="kairan-bench-") as folder:
        proxy = CountingProxy(hub_port)
        town = make_town(Path(folder), peer_of_here=proxy.url)
        with (
            serving("hub", town.hub, hub_port),
            serving("web", town.here, web_port),
            Child("-m", "cli.main", "sync", "--data", str(town.here)) as sync,
        ):
            _wait_for_answer(proxy)
            form = Form(web_port, "event")
            noticed, arrived = _measure(form, proxy, told.posts)
            form.close()
            idle = _idle_cpu(sync, told.idle)
        proxy.close()
    _show(noticed, arrived, idle)


def _measure(form: Form, proxy: CountingProxy, count: int) -> tuple[list[float], list[float]]:
    noticed, arrived = [], []
    random = Random(1)
    for fields in islice(posts(seed=1), count):
        time.sleep(_QUIET_SECONDS + random.random() * WATCH_SECONDS)
        proxy.look()
        form.send(fields)
        acknowledged = time.perf_counter()
        first_up, last_down = _wait_for_answer(proxy)
        noticed.append(first_up - acknowledged)
        arrived.append(last_down - acknowledged)
    return noticed, arrived


def _wait_for_answer(proxy: CountingProxy) -> tuple[float, float]:
    """When an offer began, and when its answer had come and nothing followed."""
    deadline = time.perf_counter() + _SECONDS_MAX
    while time.perf_counter() < deadline:
        seen = proxy.now()
        if (
            seen.first_up is not None
            and seen.last_down is not None
            and time.perf_counter() - seen.last_down > _QUIET_SECONDS
        ):
            return seen.first_up, seen.last_down
        time.sleep(0.01)
    raise AssertionError("no offer was made")


def _idle_cpu(sync: Child, seconds: float) -> float:
    """CPU seconds of the sync process in a second in which nothing happens."""
    watch = Watch(sync.id)
    time.sleep(seconds)
    return watch.spent().cpu_seconds / seconds


def _show(noticed: list[float], arrived: list[float], idle: float) -> None:
    half, whole = WATCH_SECONDS / 2, WATCH_SECONDS
    rows = [("half the interval, the interval (limit)", half, whole, whole)]
    for name, seconds in (("the offer begins", noticed), ("the hub has answered", arrived)):
        rows.append(
            (name, median(seconds), quantiles(seconds, n=20, method="inclusive")[-1], max(seconds))
        )
    table.show(
        "After the form was answered",
        ("", "median", "p95", "most"),
        [(name, *map(table.milliseconds, seconds)) for name, *seconds in rows],
    )
    print(f"CPU of the sync process while nothing happens: {idle * 1e3:.1f} ms a second")


if __name__ == "__main__":
    main()
