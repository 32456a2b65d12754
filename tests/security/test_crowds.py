"""Whoever asks for much, slowly, or for nothing at all keeps nobody else from being answered."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from cli.bodies import Places
from cli.lingering import OF_ADDRESS_MAX, Lingering
from kiosk_ui.allowances import FORMS, RECEIPTS, SEARCHES, SIGN_INS, Allowance, Rate
from tests.node.builders import Village
from tests.patience import until
from tests.security.doors import HERE, NETWORK, Doors, open_doors

SLOW = 500
STRANGER = "127.0.1.1"
PHONE = "127.0.9.9"
POST = b"POST /boards/event/new HTTP/1.1\r\nHost: 127.0.0.2\r\n"
BODY = POST + b"Content-Length: 1000\r\n\r\ntitle="
NO_LENGTH = POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nti"
HALF = b"GET / HTTP/1.1\r\nHost: 127.0."


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    node = Village(tmp_path_factory.mktemp("village")).node()
    node.database.close()
    with open_doors(node.settings.folder, address=NETWORK) as opened:
        yield opened


def ended(connections: list[socket.socket]) -> int:
    """How many the machine has ended, without a word to those it hasn't."""
    return sum(_is_ended(connection) for connection in connections)


def _is_ended(connection: socket.socket) -> bool:
    connection.setblocking(False)
    with suppress(BlockingIOError):
        try:
            return connection.recv(1, socket.MSG_PEEK) == b""
        except ConnectionError:
            return True
    return False


@pytest.mark.parametrize(
    "says",
    [
        pytest.param(b"", id="nothing", marks=pytest.mark.slow),
        pytest.param(HALF, id="half", marks=pytest.mark.slow),
        pytest.param(BODY, id="body"),
        pytest.param(NO_LENGTH, id="chunks", marks=pytest.mark.slow),
    ],
)
def test_500_who_say_it_slowly_keep_nobody_from_reading(doors: Doors, says: bytes) -> None:
    with ExitStack() as held:
        slow = []
        for number in range(SLOW):
            source = f"127.0.{1 + number // 20}.{1 + number % 20}"
            slow.append(held.enter_context(doors.reach(source)))
            if says:
                slow[-1].sendall(says)
        assert doors.get("/boards/event", at=NETWORK, source=PHONE) == 200
        assert doors.get("/boards/event") == 200


def test_who_opens_more_connections_than_a_phone_needs_loses_them(doors: Doors) -> None:
    with ExitStack() as held:
        many = [held.enter_context(doors.reach(STRANGER)) for _ in range(3 * OF_ADDRESS_MAX)]
        until(lambda: ended(many) >= 2 * OF_ADDRESS_MAX)
        assert doors.get("/", at=NETWORK, source=PHONE) == 200


@pytest.mark.slow
def test_the_kiosk_is_answered_whatever_is_done_to_the_door_of_the_network(doors: Doors) -> None:
    """More than it takes connections, from addresses without end: its own process is another."""
    with ExitStack() as held:
        for number in range(1_100):
            source = f"127.{1 + number // 250}.3.{1 + number % 250}"
            with suppress(OSError):
                held.enter_context(doors.reach(source)).sendall(BODY)
        assert [doors.get("/") for _ in range(5)] == [200] * 5
    until(lambda: doors.get("/", at=NETWORK, source=PHONE) == 200)


def test_an_answer_that_nobody_reads_and_a_body_that_drips_are_ended() -> None:
    """The same watch as in the server, with a shorter patience: nothing else ends these."""
    with socket.create_server((HERE, 0)) as listening, ExitStack() as held:
        port = listening.getsockname()[1]
        pairs = []
        for _ in range(3):
            there = held.enter_context(socket.create_connection((HERE, port)))
            here = held.enter_context(listening.accept()[0])
            pairs.append((there, here))
        (unread, sender), (drip, _), (lively, answering) = pairs
        sender.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                sender.send(bytes(1 << 16))
        watch = Lingering(port, places_max=1_000, still_seconds_max=10)
        for now in range(30):
            with suppress(ConnectionError):
                drip.sendall(b"x")
            answering.sendall(b": still here\n")
            lively.recv(100)
            watch.look(float(now))
        assert ended([drip]) == 1
        assert sender.fileno() > 0
        with pytest.raises(OSError, match="pipe"):
            sender.send(b"x")
        assert ended([lively]) == 0
        assert unread.fileno() > 0


def test_of_a_full_house_those_go_first_of_whom_there_are_most() -> None:
    with socket.create_server((HERE, 0), backlog=200) as listening, ExitStack() as held:
        port = listening.getsockname()[1]

        def come(source: str) -> socket.socket:
            made = socket.create_connection((HERE, port), source_address=(source, 0))
            held.enter_context(listening.accept()[0])
            return held.enter_context(made)

        crowd = [come(f"127.7.7.{number}") for number in range(1, 91)]
        others = [come(f"127.8.{number}.1") for number in range(1, 6)]
        Lingering(port, places_max=100).look(0.0)
        assert ended(others) == 0
        assert ended(crowd) == 45


def test_from_one_address_few_bodies_are_awaited() -> None:
    async def come() -> None:
        places = Places(4, of_address_max=2)
        async with places.place("10.0.0.1") as first, places.place("10.0.0.1") as second:
            assert first
            assert second
            async with places.place("10.0.0.1") as third, places.place("10.0.0.2") as other:
                assert not third
                assert other
        async with places.place("10.0.0.1") as again:
            assert again

    asyncio.run(come())


@pytest.mark.parametrize("rate", [FORMS, RECEIPTS, SEARCHES, SIGN_INS])
def test_ten_thousand_addresses_use_up_no_more_than_their_networks_part(rate: Rate) -> None:
    time = [0.0]
    allowance = Allowance(rate, running=lambda: time[0])
    told = [allowance.take(f"2001:db8::{number:x}") for number in range(10_000)]
    assert told.count(0) == rate.network
    assert allowance.take("192.168.1.20") == 0


@pytest.mark.parametrize("rate", [FORMS, RECEIPTS, SEARCHES, SIGN_INS])
def test_networks_without_end_use_up_no_more_than_the_whole_and_it_comes_back(rate: Rate) -> None:
    time = [0.0]
    allowance = Allowance(rate, running=lambda: time[0])
    told = [allowance.take(f"10.{n >> 8}.{n & 255}.1") for n in range(10_000)]
    assert told.count(0) == rate.everybody
    wait = allowance.take("192.168.1.20")
    assert 0 < wait <= rate.seconds / rate.everybody
    time[0] += wait
    assert allowance.take("192.168.1.20") == 0


def test_one_address_is_one_however_it_is_written() -> None:
    allowance = Allowance(FORMS, running=lambda: 0.0)
    told = [allowance.take("192.168.1.20") for _ in range(FORMS.address)]
    assert told == [0] * FORMS.address
    assert allowance.take("::ffff:192.168.1.20") > 0
    assert allowance.take("192.168.1.21") == 0
