"""Ten real nodes on a LAN that misbehaves: after each mishap all exchange with all again."""

import os
import random
import shutil
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from node.lan.service import TYPE, txt
from node.neighbourhood import LAN_NEIGHBOURS_MAX
from sync import cose
from tests.lan.avahi import avahi
from tests.lan.liar import liar
from tests.lan.machines import PORT, TOWN, Machine, Village, village
from tests.patience import until

pytestmark = pytest.mark.slow

COUNT = 10
STRANGERS = 3_000
MEMORY_BYTES_MAX = 64 << 20  # that strangers may cost us, and their places in caches do
THREADS_MAX = LAN_NEIGHBOURS_MAX + 40


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("village"), COUNT) as made:
        made.start()
        until(made.all_know_each_other)
        yield made


def test_every_post_is_on_all_ten_boards(ten: Village) -> None:
    ten.all_exchange_again("お知らせ")


def test_avahi_sees_every_node_and_what_it_says(ten: Village, tmp_path: Path) -> None:
    if shutil.which("avahi-browse") is None or shutil.which("avahi-daemon") is None:
        pytest.skip("avahi is not here")
    machines = {cose.short(machine.key).hex(): machine for machine in ten}
    with avahi(ten.machines[0].host, tmp_path / "avahi") as browser:

        def all_equal() -> dict[str, tuple[str, int, dict[str, str]]]:
            found = browser.services()
            said = {told["d"] for _, _, told in found.values()}
            return found if len(found) == COUNT and len(said) == 1 else {}

        found = until(all_equal)
    assert {told["id"] for _, _, told in found.values()} == machines.keys()
    for instance, (address, port, told) in found.items():
        assert instance.startswith(told["id"])
        assert (address, port) == (machines[told["id"]].host.address, PORT)
        assert (told["v"], told["town"]) == ("1", TOWN)
        assert len(told["d"]) == 16


def test_an_interface_that_flaps_and_comes_back_as_another(ten: Village) -> None:
    flapping, pulled = ten.machines[1], ten.machines[2]
    for _ in range(20):
        flapping.host.cable(whole=False)
        time.sleep(random.uniform(0.05, 0.6))
        flapping.host.cable(whole=True)
        time.sleep(random.uniform(0.05, 0.6))
    for seconds in (0.1, 1.0, 4.0):
        pulled.host.pull_out()
        time.sleep(seconds)
        pulled.host.plug_in()
        time.sleep(seconds)
    ten.all_exchange_again("線がゆるい")


def test_a_machine_that_was_cut_off_meets_all_again(ten: Village) -> None:
    alone = ten.machines[3]
    alone.host.cable(whole=False)
    time.sleep(5.0)  # longer than a change of the interface is doubted
    alone.post("ひとりのあいだ")
    ten.machines[0].post("だれかのいないあいだ")
    alone.host.cable(whole=True)
    for machine in ten:
        until(partial(machine.shows, "ひとりのあいだ", "だれかのいないあいだ"))
    ten.all_exchange_again("線がつながった")


def test_a_machine_that_gets_another_address(ten: Village) -> None:
    moved, *others = ten.machines[4:]
    moved.host.move_to(104)
    ten.all_exchange_again("番地がかわった")
    assert all(other.neighbours()[moved.key].address == moved.url for other in others)


def test_somebody_with_the_same_instance_name(ten: Village, tmp_path: Path) -> None:
    victim = ten.machines[5]
    machine = cose.short(victim.key)
    host = ten.lan.host()
    with avahi(ten.machines[0].host, tmp_path / "avahi") as browser, liar(host) as says:

        def names() -> set[str]:
            return {name for name in browser.services() if name.startswith(machine.hex())}

        (name,) = until(names)
        told = txt(town=TOWN, machine=machine, digest=bytes(8))
        for _ in range(3):
            says.says(f"{name}.{TYPE}", txt=told, port=9)
            time.sleep(1.0)
        until(lambda: names() - {name})  # it took another one
    ten.all_exchange_again("同じ名前")


def test_a_stranger_that_says_to_be_thousands_of_ours_and_each_of_us(ten: Village) -> None:
    host = ten.lan.host()
    before = [_syncing(machine).memory_info().rss for machine in ten]
    with liar(host) as says:
        for _ in range(STRANGERS):
            machine = os.urandom(8)
            told = txt(town=TOWN, machine=machine, digest=os.urandom(8))
            says.says(f"{machine.hex()}-{os.urandom(4).hex()}.{TYPE}", txt=told, port=9)
        for _ in range(5):  # and to be each of us, with news
            for victim in ten:
                machine = cose.short(victim.key)
                told = txt(town=TOWN, machine=machine, digest=os.urandom(8))
                says.says(f"{machine.hex()}-{os.urandom(4).hex()}.{TYPE}", txt=told, port=9)
            time.sleep(0.5)
        ten.all_exchange_again("知らない人がいる")
    after = [_syncing(machine) for machine in ten]
    grown = [process.memory_info().rss - was for process, was in zip(after, before, strict=True)]
    assert max(grown) < MEMORY_BYTES_MAX, grown
    assert max(process.num_threads() for process in after) <= THREADS_MAX


def _syncing(machine: Machine) -> psutil.Process:
    (found,) = (process for process in machine.processes() if "sync" in process.cmdline())
    return found
