"""A newer image comes onto the disk of a machine that goes on as who it is."""

import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest

from provisioning.disk.boot import told_root
from provisioning.disk.fat import read_file
from provisioning.disk.layout import DATA, ESP, NEXT_ROOT, ROOT, SEED, Table, read
from provisioning.disk.pieces import digest_of
from provisioning.town import Plan, make_seed, open_town
from sync.machine.settings import Part
from tests.image.conftest import BUILD_SECONDS_MAX
from tests.image.test_disk import blank_disk, ends, make_small_image, write
from tests.lan.machines import KAIRAN, TOWN, TOWN_NAME

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * BUILD_SECONDS_MAX)]

KERNEL = "kairan/a/vmlinuz"

renew = partial(write, act="renew")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An old one and a new one."""
    old, new = (make_small_image(tmp_path_factory.mktemp(name)) for name in ("old", "new"))
    return old, new


@pytest.fixture
def disk(images: tuple[Path, Path], tmp_path: Path) -> Path:
    """Of a machine that was written of the old one, and keeps something."""
    town = open_town(tmp_path / "authority", code=TOWN, name=TOWN_NAME)
    seed = tmp_path / "奥郷公民館"
    make_seed(town.desk, Plan(folder=seed, name=seed.name, part=Part.NODE), town.authority)
    path = blank_disk(tmp_path / "disk")
    assert write(images[0], path, "--seed", seed).returncode == 0
    return path


def table_of(disk: Path) -> Table:
    table = read(disk)
    assert table is not None
    return table


def part(path: Path, name: str, size: int | None = None) -> str:
    """A digest of that part, or of its beginning."""
    there = table_of(path)[name]
    return digest_of(path, start=there.start, size=size or there.size)


def kept(disk: Path) -> list[str]:
    """Digests of all that a machine keeps."""
    return [part(disk, name) for name in (SEED, DATA)]


def holds(disk: Path, name: str, image: Path) -> bool:
    """Whether that part holds the root file system of that image."""
    return part(disk, name, table_of(image)[ROOT].size) == part(image, ROOT)


def test_all_that_the_machine_keeps_stays_and_it_starts_from_the_other_part(
    images: tuple[Path, Path], disk: Path, tmp_path: Path
) -> None:
    old, new = images
    table, before, all_before = table_of(disk), kept(disk), ends(disk)
    planned = renew(new, disk, "--dry-run", typed="")
    assert (planned.returncode, "そのままです" in planned.stdout) == (0, True)
    for typed in ("", "はい", "sda"):
        assert renew(new, disk, typed=typed).returncode == 1
    assert ends(disk) == all_before
    done = renew(new, disk)
    assert (done.returncode, "取り外してよいです" in done.stdout) == (0, True), done
    assert table_of(disk) == table
    assert kept(disk) == before
    assert told_root(disk, table) == NEXT_ROOT
    assert holds(disk, NEXT_ROOT, new)
    assert holds(disk, ROOT, old), "what ran before isn't touched"
    kernels = [read_file(path, KERNEL, at=table_of(path)[ESP].start) for path in (disk, new)]
    assert kernels[0] == kernels[1]
    again = renew(new, disk, typed="")
    assert (again.returncode, "何もしません" in again.stdout) == (0, True), again
    assert renew(old, disk).returncode == 0, "and back, in the same way"
    assert told_root(disk, table) == ROOT
    assert kept(disk) == before


@pytest.mark.parametrize("after", ["中身を書いています", "起動するものを書いています"])
def test_where_it_was_cut_off_it_is_done_once_more_and_nothing_is_lost(
    images: tuple[Path, Path], disk: Path, tmp_path: Path, after: str
) -> None:
    old, new = images
    before = kept(disk)
    command = [str(KAIRAN), "provision", "renew", str(new), str(disk)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as writing:
        assert writing.stdin is not None
        assert writing.stderr is not None
        writing.stdin.write("disk\n")
        writing.stdin.flush()
        while after not in writing.stderr.readline():
            pass
        writing.send_signal(signal.SIGKILL)
    assert kept(disk) == before
    assert holds(disk, ROOT, old)
    assert renew(new, disk).returncode == 0
    assert told_root(disk, table_of(disk)) == NEXT_ROOT
    assert holds(disk, NEXT_ROOT, new)
    assert kept(disk) == before


def test_what_is_no_machines_disk_or_no_whole_image_is_refused(
    images: tuple[Path, Path], disk: Path, tmp_path: Path
) -> None:
    before = ends(disk)
    other = blank_disk(tmp_path / "other")
    refused = renew(images[1], other, typed="other")
    assert (refused.returncode, "機械のディスクではありません" in refused.stderr) == (1, True)
    assert read(other) is None
    damaged = tmp_path / "image"
    damaged.write_bytes(images[1].read_bytes()[: -(2 << 20)])
    refused = renew(damaged, disk)
    assert (refused.returncode, "壊れている" in refused.stderr) == (1, True)
    assert ends(disk) == before
