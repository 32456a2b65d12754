"""A version's file is given to whoever asks, a piece at a time, while a machine should run it."""

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from hub.app import create_app as hub_app
from hub.hub import Hub
from kiosk_ui.app import create_app
from node.node import Node
from node.updating.coming import put_down
from node.updating.inbox import INBOX_FOLDER
from sync.bundle import Parcel
from sync.ingest import take
from sync.limits import PIECE_BYTES_MAX
from sync.machine import handing_on
from sync.machine.handing_on import HandingOn
from sync.machine.keys import make_identity
from sync.machine.memory import MemoryLedger
from sync.machine.version_files import (
    FOR_OTHERS,
    NotNamed,
    name_of,
)
from sync.release import sign_release
from tests.node.builders import OTHER_TOWN, OTHER_TOWN_NAME, TOWN, Village
from tests.node.updating.by_line import CONTENT, OTHER_CONTENT, SIZE, at, decide, put, word


@pytest.fixture(params=["hub", "node"])
def asked(
    request: pytest.FixtureRequest, village: Village, hub: Hub, node: Node
) -> tuple[Hub | Node, FlaskClient]:
    """A machine that has been told to have the file run, and who asks it."""
    machine: Hub | Node = hub if request.param == "hub" else node
    app = hub_app(hub) if request.param == "hub" else create_app(node)
    decide(village, machine)
    return machine, app.test_client()


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
