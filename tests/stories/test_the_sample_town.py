"""`./run` as its user meets it: `kairan village`, which it becomes."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.patience import until
from tests.stories.machines import Running, Village, free_ports, is_well, kairan, village

MACHINES = {"hub", "office", "kamigo", "shimogo"}


@pytest.fixture(scope="module")
def port() -> int:
    return free_ports(8)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("sample") / "village", port) as running:
        yield running


def test_each_machine_has_an_address_that_is_printed_and_written_down(
    town: Village, port: int
) -> None:
    assert town.addresses == {
        name: f"{'https' if name == 'hub' else 'http'}://127.0.0.1:{port + at}"
        for at, name in enumerate(("hub", "office", "kamigo", "shimogo"))
    }
    said = town.running.said()
    for name, address in town.addresses.items():
        assert said.count(f"{address}\n") == 1
        assert is_well(address)
        assert f"--stop {name}" in said


def test_each_machine_shows_what_it_is(town: Village) -> None:
    assert "掲示板はありません" in town.visitor("hub").reads("/")
    assert "朝の体操の会" in town.visitor("kamigo").reads("/")


def test_no_two_machines_share_a_file(town: Village) -> None:
    inodes = {
        (status.st_dev, status.st_ino, status.st_nlink)
        for path in town.folder.rglob("*")
        if path.is_file()
        for status in [path.lstat()]
    }
    assert all(links == 1 for _, _, links in inodes)
    assert not [path for path in town.folder.rglob("*") if path.is_symlink()]
    assert {path.name for path in town.folder.iterdir() if path.is_dir()} == {
        *MACHINES,
        "authority",
    }


def test_every_process_keeps_to_the_folder_of_its_machine(town: Village) -> None:
    machines = {
        process.pid: name
        for process in psutil.Process(town.running.pid).children()
        for name in MACHINES
        if str(town.folder / name) in process.cmdline()
    }
    assert set(machines.values()) == MACHINES
    opened: dict[str, set[Path]] = {name: set() for name in MACHINES}
    for pid, name in machines.items():
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            opened[name] |= _files_of(one)
    for name, paths in opened.items():
        inside = {path for path in paths if path.is_relative_to(town.folder)}
        assert town.folder / name / "kairan.sqlite" in inside
        assert [path for path in inside if not path.is_relative_to(town.folder / name)] == []
    supervisor = psutil.Process(town.running.pid)
    assert not {path for path in _files_of(supervisor) if path.suffix in {".sqlite", ".json"}}


def _files_of(process: psutil.Process) -> set[Path]:
    paths: set[Path] = set()
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            paths.add(link.readlink())
    return {path for path in paths if path.is_file()}


def test_a_machine_can_be_switched_off_and_on_while_the_others_run(town: Village) -> None:
    kairan("village", "--data", town.folder, "--stop", "shimogo")
    until(lambda: not is_well(town.addresses["shimogo"]))
    assert is_well(town.addresses["kamigo"])
    town.visitor("kamigo").post(
        "event", title="留守のあいだの会", starts_on="2030-01-01", place="庭"
    )
    kairan("village", "--data", town.folder, "--start", "shimogo")
    until(lambda: is_well(town.addresses["shimogo"]))
    board = town.visitor("shimogo")
    until(lambda: "留守のあいだの会" in board.reads("/boards/event"))


def test_a_town_that_runs_is_not_started_twice(town: Village) -> None:
    other = str(free_ports(8))
    said = kairan("village", "--data", town.folder, "--port", other, code=1)
    assert "もう動いています" in said
    assert json.loads((town.folder / "addresses.json").read_text()) == town.addresses


def test_another_town_at_the_same_ports_is_refused_and_disturbs_nobody(
    town: Village, port: int, tmp_path: Path
) -> None:
    said = kairan("village", "--data", tmp_path / "other", "--port", str(port), code=1)
    assert f"ポート {port} は、ほかで使われています" in said
    assert not (tmp_path / "other" / "kamigo").exists()
    said = kairan(
        "node", "--data", town.folder / "kamigo", "--port", str(port + 2), "--peer", "http://[::1]",
        code=1,
    )  # fmt: skip
    assert f"ポート {port + 2} は、ほかで使われています" in said
    assert "朝の体操の会" in town.visitor("kamigo").reads("/")


def test_a_port_that_another_program_has_is_named(tmp_path: Path) -> None:
    first = free_ports(8)
    with socket.socket() as other:
        other.bind(("127.0.0.1", first + 3))
        other.listen()
        said = kairan("village", "--data", tmp_path / "village", "--port", str(first), code=1)
    assert f"ポート {first + 3} は、ほかで使われています" in said
    assert not (tmp_path / "village" / "kamigo").exists()


def test_help_names_every_way_to_change_it() -> None:
    said = kairan("village", "--help")
    for option in ("--data", "--port", "--stop", "--start", "--setup"):
        assert option in said


def test_what_it_can_not_do_it_says(tmp_path: Path) -> None:
    assert "ありません" in kairan("village", "--data", tmp_path, "--stop", "kamigo", code=1)
    assert "ポート" in kairan("village", "--data", tmp_path, "--port", "65535", code=1)
    assert "設定" in kairan("node", "--data", tmp_path, "--port", "8700", code=1)
    assert "invalid choice" in kairan("village", "--stop", "nowhere", code=2)
    assert "--port" in kairan("node", "--data", tmp_path, "--port", "0", code=2)


@pytest.fixture(scope="module")
def second(town: Village, port: int) -> Iterator[Village]:
    """The same town, after Ctrl-C ended the first run of it."""
    assert town.running.interrupt() == 0
    with village(town.folder, port) as running:
        yield running


def test_ctrl_c_ends_all_and_a_second_start_has_every_post(
    town: Village, request: pytest.FixtureRequest
) -> None:
    address = town.visitor("kamigo").post(
        "event", title="二度目もある会", starts_on="2030-01-01", place="上郷公民館"
    )
    second: Village = request.getfixturevalue("second")
    assert town.running.processes() == []
    assert "すべて止めました" in town.running.said()
    assert "Traceback" not in town.running.said()
    # To start its processes, three of them for pages over TLS, and not to make a town again.
    assert _seconds_of_work(second.running) < 40
    assert "二度目もある会" in second.visitor("kamigo").reads(address)
    until(lambda: "二度目もある会" in second.visitor("shimogo").reads("/boards/event"))
    assert "朝の体操の会" in second.visitor("kamigo").reads("/")
    assert second.visitor("kamigo").reads("/boards/event").count("朝の体操の会") == 1


def _seconds_of_work(running: Running) -> float:
    """What all of its processes have cost so far, however busy the machine was meanwhile."""
    return sum(sum(process.cpu_times()[:4]) for process in running.processes())


def test_ctrl_c_while_it_still_starts_ends_all_too(tmp_path: Path) -> None:
    port = str(free_ports(8))
    with Running(
        "village", "--data", tmp_path / "village", "--port", port, log=tmp_path / "log"
    ) as running:
        until(lambda: len(running.processes()) > 3)
        assert running.interrupt() == 0
        assert running.processes() == []
        assert "Traceback" not in running.said()


def test_when_the_supervisor_is_killed_nothing_is_left_half_alive(second: Village) -> None:
    psutil.Process(second.running.pid).kill()
    until(lambda: not second.running.processes())
