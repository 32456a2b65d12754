"""A disk's first start: who its seed says it is, once, whenever the power goes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from node.membership import Membership
from node.node import open_node
from node.pins import FIRST, Pins
from provisioning.disk import first_boot, seed_partition
from provisioning.disk.first_boot import DONE_FILE
from provisioning.disk.seed_partition import is_wiped, make_seed_partition
from sync.machine import enrolling
from sync.machine.keys import load_identity
from sync.machine.opening import read_statements
from sync.machine.settings import KEY_FILE, SEED_FILE, SETTINGS_FILE, STATEMENTS_FILE
from sync.statement import read_statement
from tests.cli.kairan import Said, here, message
from tests.provisioning.test_authority import Desk
from tests.provisioning.test_enrolment import PowerCut, blank, cut_before, seeded

MADE = 1_700_000_000


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Its folder, empty."""
    folder = tmp_path / "machine"
    folder.mkdir()
    return folder


def partition(folder: Path) -> Path:
    """What a seed's part of a disk holds."""
    path = folder.with_suffix(".fat")
    make_seed_partition(path, folder, made=MADE)
    return path


def start(machine: Path, seed: Path) -> Said:
    return here("first-boot", "--data", machine, "--seed", seed)


def test_it_becomes_who_the_seed_says_with_no_question_and_wipes_it(
    desk: Desk, machine: Path
) -> None:
    folder = seeded(desk)
    secret = (folder / SEED_FILE).read_bytes().splitlines()[1]
    seed = partition(folder)
    assert secret in seed.read_bytes()
    said = start(machine, seed)
    assert (said.code, said.out, said.err) == (0, "", "")
    assert is_wiped(seed)
    node = open_node(machine)
    assert node.membership is Membership.MEMBER
    assert node.settings.name == "上郷公民館"
    assert FIRST in Pins(machine).coded()
    assert not any(path.stat().st_mode & 0o077 for path in machine.glob("*.json"))


def test_a_second_start_changes_nothing(desk: Desk, machine: Path) -> None:
    seed = partition(seeded(desk))
    start(machine, seed)
    before = {path: path.read_bytes() for path in machine.iterdir()}
    assert start(machine, seed).code == 0
    assert {path: path.read_bytes() for path in machine.iterdir()} == before


@pytest.mark.parametrize(
    "moment",
    [
        (first_boot, "write_whole", 0),
        (first_boot, "write_whole", 2),
        (first_boot, "write_whole", 3),
        (first_boot, "grow_up", 0),
        (enrolling, "keep_key", 0),
        (enrolling, "write_whole", 0),
        (enrolling, "_wipe", 0),
        (first_boot, "wipe", 0),
        (seed_partition, "os.fsync", 0),
        (first_boot, "write_whole", 4),
    ],
    ids=lambda moment: f"{moment[1]} {moment[2]}",
)
def test_wherever_the_power_goes_one_seed_makes_one_machine(
    desk: Desk,
    machine: Path,
    moment: tuple[object, str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seed = partition(seeded(desk))
    module, name, times = moment
    *path, last = name.split(".")
    for each in path:
        module = getattr(module, each)
    with monkeypatch.context() as patched:
        patched.setattr(module, last, after(getattr(module, last), times))
        with pytest.raises(PowerCut):
            first_boot.begin(machine, seed)
    assert not (machine / DONE_FILE).exists()
    key = load_identity(machine / KEY_FILE).public if (machine / KEY_FILE).exists() else None
    assert start(machine, seed).code == 0
    assert is_wiped(seed)
    node = open_node(machine)
    assert key in (None, node.identity.public)
    assert node.membership is Membership.MEMBER
    children = {
        s.certificate.key
        for s in map(read_statement, read_statements(machine / STATEMENTS_FILE))
        if s.certificate and s.certificate.by
    }
    assert children == {node.identity.public}


def after(function: Callable[..., object], times: int) -> Callable[..., object]:
    """It does what it does so many times; then the power goes."""
    cut, left = cut_before(function), iter(range(times))

    def until_then(*words: object, **more: object) -> object:
        return cut() if next(left, None) is None else function(*words, **more)

    return until_then


def test_a_disk_without_a_seed_or_with_a_broken_one_says_so_and_nothing_is_wiped(
    desk: Desk, machine: Path
) -> None:
    seed = partition(seeded(desk))
    whole = seed.read_bytes()
    for content, why in (
        (bytes(len(whole)), "準備ファイルがありません"),
        (b"x" * 99, "読めません"),
    ):
        seed.write_bytes(content)
        assert why in message(start(machine, seed))
        assert seed.read_bytes() == content
        assert not (machine / SETTINGS_FILE).exists()
    seed.write_bytes(whole)
    assert start(machine, seed).code == 0


def test_a_seed_whose_key_nobody_certified_is_kept_and_makes_no_machine(
    desk: Desk, machine: Path
) -> None:
    folder = seeded(desk)
    (folder / STATEMENTS_FILE).write_bytes(b"")
    seed = partition(folder)
    assert "町の証明がありません" in message(start(machine, seed))
    assert not is_wiped(seed)


def test_a_disk_with_settings_alone_asks_by_its_qr(desk: Desk, machine: Path) -> None:
    seed = partition(blank(desk))
    assert start(machine, seed).code == 0
    assert open_node(machine).membership is Membership.STRANGER
    assert is_wiped(seed)


def test_what_a_pc_leaves_there_does_no_harm(desk: Desk, machine: Path) -> None:
    folder = seeded(desk)
    (folder / "覚え書き.txt").write_text("奥の棚の機械")
    seed = partition(folder)
    assert start(machine, seed).code == 0
    assert open_node(machine).membership is Membership.MEMBER
