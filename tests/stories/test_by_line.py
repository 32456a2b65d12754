"""A version is carried to one machine, and goes on from there by itself: to a neighbour, and from
the hub to a centre far off, over lines that are cut half-way.
"""

import http.client
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from node.updating.inbox import INBOX_FOLDER
from provisioning.town import Plan, Town, make_machines, open_town
from sync.machine.files import HALF
from sync.machine.form import RELEASES
from sync.machine.settings import SETTINGS_FILE, Part
from sync.machine.version_files import FOR_OTHERS, digest_of, name_of
from tests.node.breaking import Line, breaking
from tests.patience import until
from tests.stories.machines import KAIRAN, TOWN, Machine, Running, free_ports
from tests.stories.versions import carried, decided, guarded, make_version

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_800)]


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return open_town(tmp_path / "authority", code=TOWN, name="霧沢町")


def exchanging(data: Path, releases: Path, *peers: str) -> Running:
    """What `kairan-sync` does there."""
    told = [word for peer in peers for word in ("--peer", peer)]
    log = data.with_suffix(".sync.log")
    return Running("sync", "--data", data, *told, log=log, told={RELEASES: str(releases)})


@contextmanager
def cut_half_way(url: str, file: Path) -> Iterator[tuple[str, Line]]:
    """A line on which half of the file comes through, and then nothing."""
    with breaking(url, file.stat().st_size // 2) as (broken, line):
        yield broken, line


def exchanging_by(url: str, data: Path, releases: Path) -> Running:
    """The same, over that line to the hub."""
    settings = data / SETTINGS_FILE
    by_line = f'hub = "{url.replace("http:", "https:")}"'
    settings.write_text(re.sub(r'^hub = ".*"$', by_line, settings.read_text(), flags=re.MULTILINE))
    return exchanging(data, releases)


def put(hub: Machine, file: Path) -> str:
    """What the hub's keeper is told who puts the file there."""
    command = [str(KAIRAN), "release", str(file), "--data", str(hub.folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout + done.stderr


def half(data: Path, file: Path) -> int:
    """How much of it has come there."""
    path = data / INBOX_FOLDER / (name_of(digest_of(file)) + HALF)
    return path.stat().st_size if path.exists() else 0


def gives(port: int, file: Path) -> bytes:
    """What is answered to who asks for its first bytes."""
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        path = f"/sync/release/{digest_of(file).hex()}"
        connection.request("GET", path, headers={"Range": "bytes=0-99"})
        return connection.getresponse().read()


def test_what_came_to_one_on_a_stick_comes_to_its_neighbour_by_line_and_runs_there(
    tmp_path: Path, town: Town
) -> None:
    file = make_version(tmp_path, "0.2.0")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with (
        guarded(tmp_path / "one", town=town) as one,
        guarded(tmp_path / "two", town=town, name="下郷公民館") as two,
    ):
        assert "新しい版（0.2.0）を受け取り" in carried(one, file)
        one.wait_for("0.2.0", number=1)
        url = f"http://127.0.0.1:{one.port}"
        with (
            cut_half_way(url, file) as (broken, line),
            exchanging(two.data, two.releases, broken) as running,
        ):
            until(lambda: line.passed == file.stat().st_size // 2, otherwise=running.said)
            assert running.terminate() == 0
        had = half(two.data, file)
        assert had > file.stat().st_size // 4
        assert two.runs == ""
        with (
            breaking(url, 1 << 30) as (whole, line),
            exchanging(two.data, two.releases, whole),
        ):
            two.wait_for("0.2.0", number=1)
        assert line.passed < file.stat().st_size - had // 2, "the beginning isn't fetched again"
        content = file.read_bytes()
        assert gives(two.port, file) == content[:100], "now it hands on what it runs"


def test_what_the_desk_decided_comes_from_the_hub_to_a_centre_far_off(
    tmp_path: Path, town: Town
) -> None:
    file = make_version(tmp_path, "0.2.0")
    hub = Machine(Part.HUB, tmp_path / "hub", free_ports(1))
    office, far, releases = (tmp_path / name for name in ("office", "far", "releases"))
    releases.mkdir()
    make_machines(
        town,
        [
            Plan(folder=hub.folder, name="ハブ", part=Part.HUB),
            Plan(folder=office, name="役場", part=Part.OFFICE, hub=hub.url),
            Plan(folder=far, name="奥郷公民館", part=Part.NODE, hub=hub.url),
        ],
    )
    hub.start()
    try:
        assert "版のファイルも入れました" in decided(town, file, "--all", "--machine", office)
        assert (office / FOR_OTHERS / name_of(digest_of(file))).read_bytes() == file.read_bytes()
        assert "まだ知りません" in put(hub, file)
        with exchanging(office, releases):
            until(lambda: "置きました" in put(hub, file))
        with (
            cut_half_way(hub.url, file) as (broken, line),
            exchanging_by(broken, far, releases) as running,
        ):
            until(lambda: line.passed == file.stat().st_size // 2, otherwise=running.said)
            assert running.terminate() == 0
        had = half(far, file)
        assert had > file.stat().st_size // 4
        arrived = far / INBOX_FOLDER / name_of(digest_of(file))
        with breaking(hub.url, 1 << 30) as (whole, line), exchanging_by(whole, far, releases):
            until(arrived.exists)
        assert arrived.read_bytes() == file.read_bytes()
        assert line.passed < file.stat().st_size - had // 2
    finally:
        hub.stop()
