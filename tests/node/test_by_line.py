"""A version's file comes by line, a piece at a time, from whoever has it, and never in the way."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Protocol

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from hub.app import create_app as hub_app
from hub.hub import Hub, open_hub
from kiosk_ui.app import create_app
from node.addresses import addresses
from node.doctor.known import known
from node.neighbourhood import Neighbourhood
from node.node import Node
from node.notebook import Notebook
from node.road import HttpRoad
from node.status import status
from node.updating import coming, fetching
from node.updating.coming import half_of, put_down
from node.updating.fetching import ALONE_SECONDS_MAX, Fetching, Source
from node.updating.guardian import BASE
from node.updating.inbox import INBOX_FOLDER, waiting_file
from provisioning.town import Town
from sync.bundle import Parcel
from sync.ingest import take
from sync.limits import PIECE_BYTES_MAX
from sync.machine import clock, handing_on
from sync.machine.form import RELEASES
from sync.machine.handing_on import HandingOn
from sync.machine.keys import make_identity
from sync.machine.memory import MemoryLedger
from sync.machine.settings import NOTEBOOK_FILE, Part
from sync.machine.version_files import (
    FOR_OTHERS,
    NotNamed,
    current,
    name_of,
    put_for_others,
)
from sync.release import Release, sign_release
from tests.node.breaking import breaking
from tests.node.builders import OTHER_TOWN, OTHER_TOWN_NAME, TOWN, Village, post_event
from tests.node.serving import End, saying, served
from tests.patience import until

CONTENT = Random(7).randbytes(5 * PIECE_BYTES_MAX // 2)
OTHER_CONTENT = Random(8).randbytes(len(CONTENT))


class HasTown(Protocol):
    """A village."""

    @property
    def town(self) -> Town: ...


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path)


@pytest.fixture
def hub(village: Village) -> Hub:
    return open_hub(village.make("hub", Part.HUB))


@pytest.fixture
def node(village: Village, monkeypatch: pytest.MonkeyPatch) -> Node:
    """One where versions are tried, and that has none yet."""
    releases = village.folder / "releases"
    releases.mkdir()
    monkeypatch.setenv(RELEASES, str(releases))
    return village.node()


def word(**other: object) -> Release:
    """That machines should run the file."""
    said: dict[str, object] = {
        "counter": 1,
        "number": 1,
        "version": "0.2.0",
        "digest": sha256(CONTENT).digest(),
        "size": len(CONTENT),
        "base": BASE,
        **other,
    }
    return Release(**said)  # type: ignore[arg-type]


def decide(village: HasTown, *machines: Hub | Node, **other: object) -> Release:
    """The town's word, and who hears of it at once."""
    release = word(**other)
    statement = sign_release(release, village.town.authority.private)
    for machine in machines:
        take(machine.ledger, Parcel(statements=(statement,)), source="")
    return release


def put(machine: Hub | Node, content: bytes = CONTENT) -> Path:
    """Somebody has put the file there for others."""
    folder = machine.settings.folder
    file = folder.with_suffix(".file")
    file.write_bytes(content)
    release = put_for_others(folder, file, current(machine.ledger.trust(), machine.settings.towns))
    return folder / FOR_OTHERS / name_of(release.digest)


def waiting(node: Node, release: Release) -> Path:
    """Where it lies once it came."""
    return waiting_file(node.settings.folder / INBOX_FOLDER, release)


@contextmanager
def source(address: str, name: str = "one", *, near: bool = True) -> Iterator[Source]:
    """Whoever is there."""
    road = HttpRoad(address)
    try:
        yield Source(name, road, near=near)
    finally:
        road.close()


def fetch_all(fetching: Fetching, one: Source) -> None:
    """Until there is nothing to fetch; it may never have to wait."""
    while (wait := fetching.piece(one)) is not None:
        assert wait == 0


# handing on


@pytest.fixture(params=["hub", "node"])
def asked(
    request: pytest.FixtureRequest, village: Village, hub: Hub, node: Node
) -> tuple[Hub | Node, FlaskClient]:
    """A machine that has been told to have the file run, and who asks it."""
    machine: Hub | Node = hub if request.param == "hub" else node
    app = hub_app(hub) if request.param == "hub" else create_app(node)
    decide(village, machine)
    return machine, app.test_client()


def at(release: Release) -> str:
    return f"/sync/release/{release.digest.hex()}"


SIZE = len(CONTENT)
RANGES = {
    "bytes=0-99": (0, 100),
    "bytes=100-100": (100, 101),
    "BYTES= 7-9 ": (7, 10),
    "bytes=0-": (0, PIECE_BYTES_MAX),
    f"bytes=5-{SIZE}": (5, 5 + PIECE_BYTES_MAX),
    f"bytes={SIZE - 10}-": (SIZE - 10, SIZE),
    f"bytes={SIZE - 10}-999999999999": (SIZE - 10, SIZE),
    "bytes=-10": (SIZE - 10, SIZE),
    f"bytes=-{10 * SIZE}": (0, PIECE_BYTES_MAX),
}


def test_whoever_asks_is_given_that_range_and_never_more_than_a_piece(
    village: Village, asked: tuple[Hub | Node, FlaskClient]
) -> None:
    machine, client = asked
    put(machine)
    for said, (first, end) in RANGES.items():
        given = client.get(at(decide(village)), headers={"Range": said})
        assert (given.status_code, given.data) == (206, CONTENT[first:end]), said
        assert given.headers["Content-Range"] == f"bytes {first}-{end - 1}/{SIZE}"
        assert given.content_length == end - first
        assert not given.headers.getlist("Set-Cookie")


@pytest.mark.parametrize("said", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 9}", "bytes=-0"])
def test_bytes_that_the_file_has_not_are_said_to_be_none(
    village: Village, asked: tuple[Hub | Node, FlaskClient], said: str
) -> None:
    machine, client = asked
    put(machine)
    given = client.get(at(decide(village)), headers={"Range": said})
    assert (given.status_code, given.headers["Content-Range"]) == (416, f"bytes */{SIZE}")


NO_RANGE = ["", "bytes=", "bytes=-", "bytes=9-8", "bytes=0-1,3-4", "lines=0-9", "bytes=٣-٤"]


@pytest.mark.parametrize("said", [*NO_RANGE, "bytes=0x1-2", "bytes=1", f"bytes=0-{'9' * 40}"])
def test_what_is_no_one_range_is_refused_with_a_sentence(
    village: Village, asked: tuple[Hub | Node, FlaskClient], said: str
) -> None:
    machine, client = asked
    put(machine)
    given = client.get(at(decide(village)), headers={"Range": said.encode().decode("latin-1")})
    assert given.status_code == 400
    assert "range" in given.text


A_RANGE = st.from_regex(r"bytes=[0-9]{0,20}-[0-9]{0,20}", fullmatch=True)


@given(said=st.text() | A_RANGE | st.integers(0, 2 * SIZE).map(lambda n: f"bytes={n}-{n + 9}"))
def test_whatever_is_asked_some_of_the_file_is_given_or_it_is_refused(said: str) -> None:
    with TemporaryDirectory() as folder:
        authority = make_identity()
        ledger = MemoryLedger({TOWN: (authority.public,)})
        statement = sign_release(word(), authority.private)
        take(ledger, Parcel(statements=(statement,)), source="")
        (Path(folder) / name_of(word().digest)).write_bytes(CONTENT)
        answered = HandingOn(ledger, [TOWN], [Path(folder)]).answer(word().digest.hex(), said)
    assert answered.status in (206, 400, 416)
    if answered.status == 206:
        assert answered.content
        assert answered.content in CONTENT
        assert len(answered.content) <= PIECE_BYTES_MAX


def test_only_what_a_machine_should_run_now_is_given_and_only_whole(
    village: Village, asked: tuple[Hub | Node, FlaskClient], tmp_path: Path
) -> None:
    machine, client = asked
    release = decide(village)

    def status() -> int:
        return client.get(at(release), headers={"Range": "bytes=0-9"}).status_code

    assert status() == 404
    file = put(machine)
    assert status() == 206
    file.write_bytes(CONTENT[:-1])
    assert status() == 404
    (tmp_path / "elsewhere").write_bytes(CONTENT)
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere")
    assert status() == 404
    file.unlink()
    put(machine)
    assert status() == 206
    decide(village, machine, counter=2, number=2, digest=bytes(32))
    assert status() == 404, "no machine should run it any more"


@pytest.mark.parametrize("digest", ["", "0" * 63, "0" * 64, "F" * 64, "%2e%2e%2fmachine.key"])
def test_no_name_leads_to_another_file(asked: tuple[Hub | Node, FlaskClient], digest: str) -> None:
    machine, client = asked
    put(machine)
    assert client.get(f"/sync/release/{digest}", headers={"Range": "bytes=0-9"}).status_code == 404


def test_what_another_town_decided_makes_nobody_here_hand_anything_on(
    village: Village, asked: tuple[Hub | Node, FlaskClient], tmp_path: Path
) -> None:
    machine, client = asked
    theirs = Village(tmp_path / "theirs", OTHER_TOWN, OTHER_TOWN_NAME)
    release = decide(theirs, machine, digest=sha256(OTHER_CONTENT).digest())
    with pytest.raises(NotNamed):
        put(machine, OTHER_CONTENT)
    folder = machine.settings.folder / FOR_OTHERS
    folder.mkdir()
    (folder / name_of(release.digest)).write_bytes(OTHER_CONTENT)
    assert client.get(at(release), headers={"Range": "bytes=0-9"}).status_code == 404


def test_who_asks_without_end_is_told_to_come_back_and_pages_are_given_all_the_while(
    village: Village,
    asked: tuple[Hub | Node, FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine, client = asked
    put(machine)
    assert client.get(at(decide(village)), headers={"Range": "bytes=0-9"}).status_code == 206
    monkeypatch.setattr(handing_on, "PIECES_PER_SECOND", 0)
    given = client.get(at(decide(village)), headers={"Range": "bytes=0-9"})
    assert (given.status_code, given.headers["Retry-After"]) == (503, "1")
    assert client.get("/").status_code == 200


def test_what_a_machine_runs_or_was_given_on_a_stick_it_hands_on(
    village: Village, node: Node
) -> None:
    release = decide(village, node)
    put_down(node)
    client = create_app(node).test_client()
    for folder in (node.settings.folder / INBOX_FOLDER, village.folder / "releases"):
        file = folder / name_of(release.digest)
        file.write_bytes(CONTENT)
        given = client.get(at(release), headers={"Range": "bytes=-9"})
        assert (given.status_code, given.data) == (206, CONTENT[-9:])
        file.unlink()


# fetching


@pytest.mark.parametrize("near", [True, False])
def test_it_comes_piece_by_piece_and_is_put_down_where_the_guardian_looks(
    village: Village, hub: Hub, node: Node, near: bool
) -> None:
    release = decide(village, hub, node)
    put(hub)
    fetching = Fetching(node)
    assert fetching.is_wanted()
    with served(hub_app(hub)) as address, source(address, near=near) as one:
        fetch_all(fetching, one)
    assert waiting(node, release).read_bytes() == CONTENT
    assert not half_of(waiting(node, release)).exists()
    assert not fetching.is_wanted()


def test_who_should_not_run_it_does_not_fetch_it(village: Village, hub: Hub, node: Node) -> None:
    decide(village, hub, node, machines=(hub.identity.public,))
    assert not Fetching(node).is_wanted()
    decide(village, hub, node, counter=2, base="another system")
    assert not Fetching(node).is_wanted()


def test_what_was_cut_goes_on_where_it_broke_after_a_restart_and_with_another_who_has_it(
    village: Village, hub: Hub, node: Node
) -> None:
    release = decide(village, hub, node)
    put(hub)
    with served(hub_app(hub)) as address:
        with breaking(address, SIZE // 2) as (broken, _), source(broken) as one:
            while Fetching(node).piece(one) == 0:
                pass
        half = half_of(waiting(node, release))
        had = half.stat().st_size
        assert SIZE // 4 < had < SIZE // 2
        put_down(node)
        assert half.read_bytes() == CONTENT[:had], "it is left there"
        with breaking(address, 1 << 30) as (whole, line), source(whole, "another") as one:
            fetch_all(Fetching(node), one)
    assert waiting(node, release).read_bytes() == CONTENT
    assert line.passed < SIZE - had + 10_000


def test_over_a_line_that_breaks_at_each_sixteen_kilobytes_it_comes_in_the_end(
    village: Village, hub: Hub, node: Node
) -> None:
    release = decide(village, hub, node)
    put(hub)
    fetching, tries = Fetching(node), 0
    with served(hub_app(hub)) as address:
        while fetching.is_wanted():
            tries += 1
            assert tries < 60, half_of(waiting(node, release)).stat().st_size
            with breaking(address, 16_000) as (broken, _), source(broken, near=False) as one:
                while fetching.piece(one) == 0:
                    pass
    assert waiting(node, release).read_bytes() == CONTENT


def a_liar_at_the_hub_and_an_honest_node(
    village: Village, hub: Hub, node: Node
) -> tuple[Release, Node]:
    """What `node` waits for, and who has it; the hub has something else of that name."""
    release = decide(village, hub, node)
    put(hub).write_bytes(OTHER_CONTENT)
    good = village.node("下郷")
    decide(village, good)
    put(good)
    return release, good


def test_a_file_that_is_not_what_was_signed_is_thrown_away_and_its_giver_asked_no_more(
    village: Village, hub: Hub, node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    release, good = a_liar_at_the_hub_and_an_honest_node(village, hub, node)
    fetching = Fetching(node)
    with served(hub_app(hub)) as address, source(address, "liar") as liar:
        with caplog.at_level(logging.WARNING):
            while fetching.piece(liar) == 0:
                pass
        assert "not the file that was signed" in caplog.text
        assert not half_of(waiting(node, release)).exists()
        assert (fetching.piece(liar) or 0) > 600
        with served(create_app(good)) as other, source(other, "good") as one:
            fetch_all(fetching, one)
    assert waiting(node, release).read_bytes() == CONTENT


def test_where_several_gave_of_a_wrong_file_one_who_is_honest_gets_its_turn_alone(
    village: Village, hub: Hub, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, good = a_liar_at_the_hub_and_an_honest_node(village, hub, node)
    now = clock.running()
    monkeypatch.setattr(clock, "running", lambda: now)
    with (
        served(hub_app(hub)) as address,
        source(address, "liar") as liar,
        served(create_app(good)) as other,
        source(other, "good") as one,
    ):
        half = half_of(waiting(node, release))
        fetching = Fetching(node)
        assert fetching.piece(liar) == 0
        now += 60
        while fetching.piece(one) == 0 and half.exists():
            pass
        assert not half.exists(), "nobody knows whose fault it was"
        now += 60
        assert fetching.piece(liar) == 0
        now += 60
        assert fetching.piece(one), "this one is to be of the other alone"
        while fetching.piece(liar) == 0:
            pass
        assert not half.exists()
        assert (fetching.piece(liar) or 0) > 600, "now it is known"
        fetch_all(fetching, one)
    assert waiting(node, release).read_bytes() == CONTENT


def test_one_who_never_comes_to_an_end_does_not_keep_the_others_away_for_good(
    village: Village, hub: Hub, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = decide(village, hub, node)
    put(hub)
    now = clock.running()
    monkeypatch.setattr(clock, "running", lambda: now)
    fetching = Fetching(node)
    fetching._of_one_alone = True
    with (
        served(hub_app(hub)) as address,
        source(address, "one") as one,
        source(address, "another") as another,
    ):
        assert fetching.piece(one) == 0
        now += 60
        assert fetching.piece(another)
        now += ALONE_SECONDS_MAX
        fetch_all(fetching, another)
    assert waiting(node, release).read_bytes() == CONTENT


def reply(content: bytes, given: str, status: str = "206 Partial Content") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\nContent-Range: {given}\r\n\r\n"
    return head.encode() + content


LIES = {
    "another place": reply(CONTENT[10:20], f"bytes 10-19/{SIZE}"),
    "another size": reply(CONTENT[:10], f"bytes 0-9/{SIZE + 1}"),
    "more than was asked": reply(CONTENT, f"bytes 0-{SIZE - 1}/{SIZE}"),
    "beyond its end": reply(CONTENT[:10], f"bytes 0-{SIZE}/{SIZE}"),
    "backwards": reply(CONTENT[:10], f"bytes 0--1/{SIZE}"),
    "no range": reply(CONTENT[:10], "lines 0-9"),
    "all of it": reply(CONTENT, f"bytes 0-9/{SIZE}", "200 OK"),
    "elsewhere": b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("said", LIES.values(), ids=LIES.keys())
def test_who_gives_other_bytes_than_were_asked_for_is_asked_no_more_for_a_while(
    village: Village, node: Node, said: bytes
) -> None:
    release = decide(village, node)
    fetching = Fetching(node)
    with saying(said) as address, source(address) as one:
        assert (fetching.piece(one) or 0) > 600
        assert (fetching.piece(one) or 0) > 600
    assert not half_of(waiting(node, release)).exists()


def test_of_an_answer_without_end_no_more_is_read_than_was_asked_for(
    village: Village, node: Node
) -> None:
    release = decide(village, node)
    endless = reply(CONTENT[:PIECE_BYTES_MAX], f"bytes 0-{PIECE_BYTES_MAX - 1}/{SIZE}")
    endless = re.sub(rb"Content-Length: \d+\r\n", b"", endless) + bytes(1 << 20)
    with saying(endless) as address, source(address) as one:
        assert Fetching(node).piece(one) == 0
    half = half_of(waiting(node, release))
    assert half.read_bytes() == CONTENT[:PIECE_BYTES_MAX]


def test_who_sends_a_byte_at_a_time_is_left_and_what_came_is_kept(
    village: Village, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = decide(village, node)
    monkeypatch.setattr("node.road.PIECE_SECONDS_MAX", 2.0)
    begun = reply(CONTENT[:PIECE_BYTES_MAX], f"bytes 0-{PIECE_BYTES_MAX - 1}/{SIZE}")[:9_000]
    with saying(begun, b"", then=End.KEPT) as address, source(address) as one:
        assert (Fetching(node).piece(one) or 0) > 0
    assert 0 < half_of(waiting(node, release)).stat().st_size < 9_000


def test_who_has_it_not_yet_is_asked_again_later_and_no_old_machine_is_blamed(
    village: Village, hub: Hub, node: Node
) -> None:
    decide(village, hub, node)
    old = Flask("old")
    fetching = Fetching(node)
    for app in (hub_app(hub), old):
        with served(app) as address, source(address) as one:
            assert fetching.piece(one) == one.again_seconds
    put(hub)
    with served(hub_app(hub)) as address, source(address) as one:
        fetch_all(fetching, one)


def test_two_who_have_it_take_turns_and_a_neighbour_goes_before_the_hub(
    village: Village, hub: Hub, node: Node
) -> None:
    decide(village, hub, node)
    put(hub)
    fetching = Fetching(node)
    with (
        served(hub_app(hub)) as address,
        source(address, "hub", near=False) as far,
        source(address, "one") as one,
        source(address, "another") as another,
    ):
        assert fetching.piece(far) == 0
        assert fetching.piece(one) == 0
        assert (fetching.piece(far) or 0) > 0
        assert (fetching.piece(another) or 0) > 0
        fetch_all(fetching, one)


def test_on_a_full_disk_nothing_is_begun_and_the_keeper_is_told(
    village: Village, hub: Hub, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = decide(village, hub, node)
    put(hub)
    fetching = Fetching(node)
    with served(hub_app(hub)) as address, source(address) as one:
        assert fetching.piece(one) == 0
        said = [line for found in known(status(node), clock.now()) for line in found.lines]
        assert "（0.3MBのうち0.1MB）" in "".join(said)
        monkeypatch.setattr(coming, "ROOM_BYTES", 1 << 60)
        assert (fetching.piece(one) or 0) > 0
        said = [line for found in known(status(node), clock.now()) for line in found.lines]
        assert "受け取る空きが、記憶装置にありません" in "".join(said)
        assert half_of(waiting(node, release)).stat().st_size == PIECE_BYTES_MAX
        monkeypatch.undo()


def test_the_half_of_a_file_that_nobody_waits_for_any_more_goes(
    village: Village, hub: Hub, node: Node
) -> None:
    release = decide(village, hub, node)
    put(hub)
    with served(hub_app(hub)) as address, source(address) as one:
        assert Fetching(node).piece(one) == 0
    decide(village, node, counter=2, number=2, digest=bytes(32))
    put_down(node)
    assert not half_of(waiting(node, release)).exists()


def test_what_lies_here_for_others_serves_this_machine_too_and_goes_with_its_word(
    village: Village, node: Node
) -> None:
    release = decide(village, node)
    file = put(node)
    put_down(node)
    assert waiting(node, release).read_bytes() == CONTENT
    decide(village, node, counter=2, number=2, digest=bytes(32))
    put_down(node)
    assert not file.exists()
    assert not waiting(node, release).exists()


def test_what_was_posted_meanwhile_goes_before_the_next_piece(
    village: Village, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    (village.folder / "releases").mkdir()
    monkeypatch.setenv(RELEASES, str(village.folder / "releases"))
    monkeypatch.setattr(fetching, "FAR_BYTES", 16 << 10)
    app = hub_app(hub)
    asked: list[str] = []
    done: list[Neighbourhood] = []

    with served(app) as address:
        node = village.node(hub=address)
        release = decide(village, hub, node)
        put(hub)
        notebook = Notebook(node.settings.folder / NOTEBOOK_FILE)
        neighbourhood = Neighbourhood(node, notebook, addresses(node))

        def note() -> None:
            asked.append(f"{request.method} {request.path}")
            if asked.count(f"GET {at(release)}") == 3 and not done:
                done.append(neighbourhood)
                post_event(node, title="避難してください")
                neighbourhood.changed()
                node.database.close()

        app.before_request(note)

        def came() -> bool:
            neighbourhood.fetch()
            return waiting(node, release).exists()

        neighbourhood.start()
        try:
            until(came)
        finally:
            neighbourhood.stop()
    third = [i for i, said in enumerate(asked) if said == f"GET {at(release)}"][2]
    assert asked[third + 1] == "POST /sync"
    assert asked.count(f"GET {at(release)}") > 10
