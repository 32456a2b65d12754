"""From the root file system to the disk: one image for the town; what `write` does and refuses."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path

import pytest

from node.membership import Membership
from node.node import open_node
from node.pins import Pins
from node.refused import Refused
from provisioning.disk.bios import STARTER_BYTES, Starter
from provisioning.disk.console import make_word
from provisioning.disk.description import DESCRIBED_AT
from provisioning.disk.devices import find
from provisioning.disk.first_boot import begin
from provisioning.disk.layout import (
    DATA,
    DISK_BYTES_MIN,
    ESP,
    HEAD_BYTES,
    ROOT,
    SEED,
    disk_of,
    read,
)
from provisioning.disk.making import LOADER, image_of
from provisioning.disk.planning import plan
from provisioning.disk.seed_partition import noted
from provisioning.disk.writing import carry_out
from provisioning.root_file_system import FILES_OF_DISKS
from provisioning.town import Plan, Town, make_seed, open_town
from sync.machine.settings import SEED_FILE, SETTINGS_FILE, Part
from tests.image.conftest import BUILD_SECONDS_MAX
from tests.lan.machines import KAIRAN, TOWN, TOWN_NAME
from tests.patience import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * BUILD_SECONDS_MAX)]

DISK_BYTES = DISK_BYTES_MIN + (100 << 20) + 4_096
BEGINNING_BYTES = 320 << 20
WRITE_SECONDS_MAX = 300
WORD = re.compile(r"名前は root、合言葉は ([0-9a-z-]{19}) です")
CONSOLE = FILES_OF_DISKS / "usr/lib/systemd/system/kairan-console.service"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return open_town(tmp_path_factory.mktemp("desk") / "authority", code=TOWN, name=TOWN_NAME)


@pytest.fixture(scope="module")
def small_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with next to nothing in it, for what doesn't depend on that."""
    return make_small_image(tmp_path_factory.mktemp("small"))


def make_small_image(folder: Path) -> Path:
    """Another one each time."""
    for name in ("boot/vmlinuz-6", "boot/initrd.img-6", LOADER, "etc/os-release"):
        path = folder / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(1_000_000))
    archive, out = folder / "root.tar", folder / "small.img"
    said_by("tar", "--create", f"--file={archive}", f"--directory={folder / 'root'}", ".")
    image_of(
        archive, out, made=1_700_000_000, starter=Starter(os.urandom(STARTER_BYTES), b"module")
    )
    return out


@pytest.fixture
def seed(town: Town, tmp_path: Path) -> Path:
    """Of one machine."""
    folder = tmp_path / "奥郷公民館"
    make_seed(town.desk, Plan(folder=folder, name=folder.name, part=Part.NODE), town.authority)
    Pins(folder).make_code()
    return folder


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A file in the place of a disk, with something on it."""
    return blank_disk(tmp_path / "disk")


def blank_disk(path: Path, size: int = DISK_BYTES) -> Path:
    with path.open("wb") as file:
        file.write(b"something of somebody's " * 100_000)
        file.truncate(size)
    return path


def write(
    *words: object, typed: str = "disk", seconds: int = WRITE_SECONDS_MAX, act: str = "write"
) -> subprocess.CompletedProcess[str]:
    """`kairan provision write`, or another that asks for a disk's name."""
    command = [str(KAIRAN), "provision", act, *map(str, words)]
    return subprocess.run(
        command, input=f"{typed}\n", capture_output=True, text=True, timeout=seconds
    )


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def ends(disk: Path) -> str:
    """A digest of what it begins and ends with: tables, the first partitions, part of the next."""
    with disk.open("rb") as file:
        found = sha256(file.read(BEGINNING_BYTES))
        file.seek(-HEAD_BYTES, os.SEEK_END)
        found.update(file.read())
    return found.hexdigest()


def part_of(disk: Path, name: str, out: Path) -> Path:
    """A part of it, as a file of its own."""
    table = read(disk)
    assert table is not None
    with disk.open("rb") as source, out.open("wb") as part:
        source.seek(table[name].start)
        left = table[name].size
        while left:
            left -= part.write(source.read(min(left, 1 << 20)))
    return out


def said_by(*command: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_disk_is_written_read_again_and_whole(
    small_image: Path, disk: Path, seed: Path, tmp_path: Path
) -> None:
    planned = write(small_image, disk, "--seed", seed, "--dry-run", typed="")
    assert (planned.returncode, planned.stderr) == (0, "")
    assert "奥郷公民館" in planned.stdout
    assert read(disk) is None
    assert noted(seed) is None
    done = write(small_image, disk, "--seed", seed)
    assert done.returncode == 0, done.stderr
    assert "取り外してよいです" in done.stdout
    assert re.search(r"書いています: +\d+%  毎秒[\d.,]+ MB  あと", done.stderr)
    assert "読み直しています: 終わりました" in done.stderr
    said_by("sfdisk", "--verify", disk)
    table = read(disk)
    assert table is not None
    assert table.names == (ESP, SEED, ROOT, "root-b", DATA)
    said_by("e2fsck", "-f", "-n", f"{disk}?offset={table[DATA].start}")
    image_root, root = (
        part_of(path, ROOT, tmp_path / f"root-{number}")
        for number, path in enumerate((small_image, disk))
    )
    assert digest(image_root) == digest_of_beginning(root, image_root.stat().st_size)
    held = said_by("unsquashfs", "-l", image_root)
    assert LOADER in held
    assert not re.search("vmlinuz|initrd", held), "these lie where firmware can read them"
    esp = part_of(disk, ESP, tmp_path / "esp")
    told = said_by("mtype", "-i", esp, "::/loader/entries/kairan-a.conf")
    assert f"kairan_disk={table.disk} " in told
    # what a machine makes of it
    machine = tmp_path / "machine"
    machine.mkdir()
    begin(machine, part_of(disk, SEED, tmp_path / "seed"))
    assert open_node(machine).membership is Membership.MEMBER
    # a second time
    before = ends(disk)
    again = write(small_image, disk, "--seed", seed, typed="")
    assert (again.returncode, "何もしません" in again.stdout) == (0, True), again
    assert ends(disk) == before


def digest_of_beginning(path: Path, size: int) -> str:
    os.truncate(path, size)
    return digest(path)


def test_two_disks_of_one_image_are_two(
    small_image: Path, disk: Path, seed: Path, town: Town, tmp_path: Path
) -> None:
    other_seed, other = tmp_path / "下郷", blank_disk(tmp_path / "other")
    make_seed(town.desk, Plan(folder=other_seed, name="下郷", part=Part.NODE), town.authority)
    for to, of in ((disk, seed), (other, other_seed)):
        assert write(small_image, to, "--seed", of, typed=to.name).returncode == 0
    tables = [read(path) for path in (disk, other)]
    assert tables[0] is not None
    assert tables[1] is not None
    assert tables[0].disk != tables[1].disk
    refused = write(small_image, other, "--seed", seed, typed="other")
    assert refused.returncode == 1
    assert "もう別のディスクに書いてあります" in refused.stderr
    # whoever takes another seed for a disk that was written is told what is lost
    asked = write(small_image, other, "--seed", other_seed, typed="")
    assert "何もしません" in asked.stdout
    fresh = tmp_path / "里"
    make_seed(town.desk, Plan(folder=fresh, name="里", part=Part.NODE), town.authority)
    asked = write(small_image, other, "--seed", fresh, "--dry-run", typed="")
    assert "投稿などがすべて消えます" in asked.stdout


def test_nothing_is_written_without_the_disks_name(
    small_image: Path, disk: Path, seed: Path
) -> None:
    before = ends(disk)
    for typed in ("", "はい", "sda"):
        refused = write(small_image, disk, "--seed", seed, typed=typed)
        assert (refused.returncode, "何も書いていません" in refused.stderr) == (1, True)
    assert ends(disk) == before
    assert noted(seed) is None


def test_what_is_no_whole_image_is_not_written(
    small_image: Path, disk: Path, seed: Path, tmp_path: Path
) -> None:
    before = ends(disk)
    damaged = tmp_path / "image"
    shutil.copy(small_image, damaged)
    with damaged.open("r+b") as file:
        file.seek(100 << 20)
        file.write(b"x")
    cut = tmp_path / "cut"
    shutil.copy(small_image, cut)
    os.truncate(cut, small_image.stat().st_size // 2)
    other = tmp_path / "photo"
    other.write_bytes(bytes(DESCRIBED_AT + 1_000))
    for image, why in (
        (damaged, "壊れている"),
        (cut, "壊れている"),
        (other, "イメージではありません"),
    ):
        refused = write(image, disk, "--seed", seed)
        assert (refused.returncode, why in refused.stderr) == (1, True), refused
    assert ends(disk) == before


def test_a_seed_that_is_broken_or_was_used_is_not_written(
    small_image: Path, disk: Path, seed: Path, tmp_path: Path
) -> None:
    used = Path(shutil.copytree(seed, tmp_path / "used"))
    open_node(used).database.close()
    broken = Path(shutil.copytree(seed, tmp_path / "broken"))
    (broken / SEED_FILE).write_bytes(b"x")
    none = Path(shutil.copytree(seed, tmp_path / "none"))
    (none / SETTINGS_FILE).unlink()
    for folder, why in ((used, "一度使ったもの"), (broken, "読めません"), (none, "使えません")):
        refused = write(small_image, disk, "--seed", folder)
        assert (refused.returncode, why in refused.stderr) == (1, True), refused
    assert disk_of(disk.read_bytes()[:HEAD_BYTES]) is None


def test_a_disk_that_is_too_small_is_not_written(
    small_image: Path, seed: Path, tmp_path: Path
) -> None:
    small = blank_disk(tmp_path / "small", DISK_BYTES_MIN - 512)
    refused = write(small_image, small, "--seed", seed, typed="small")
    assert (refused.returncode, "小さすぎます" in refused.stderr) == (1, True)


def test_a_disk_in_use_is_not_written(small_image: Path, seed: Path, tmp_path: Path) -> None:
    with loop_device(blank_disk(tmp_path / "held")) as device:
        said_by("mke2fs", "-q", "-F", device)
        at = tmp_path / "mounted"
        at.mkdir()
        said_by("mount", device, at)
        try:
            refused = write(small_image, device, "--seed", seed, typed=device.name)
            assert (refused.returncode, str(at) in refused.stderr) == (1, True)
        finally:
            said_by("umount", at)
        said_by("e2fsck", "-f", "-n", device)
        refused = write(small_image, device, "--seed", seed, typed=device.name)
        assert "取り外せるディスクではありません" in refused.stderr


@contextmanager
def loop_device(file: Path) -> Iterator[Path]:
    device = Path(said_by("losetup", "--find", "--show", file).strip())
    try:
        yield device
    finally:
        said_by("losetup", "--detach", device)


def test_where_writing_was_cut_off_it_is_said_and_begun_again(
    small_image: Path, disk: Path, seed: Path
) -> None:
    command = [str(KAIRAN), "provision", "write", *map(str, (small_image, disk, "--seed", seed))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as writing:
        assert writing.stdin is not None
        assert writing.stderr is not None
        writing.stdin.write("disk\n")
        writing.stdin.flush()
        assert "書いています" in writing.stderr.readline()
        writing.send_signal(signal.SIGKILL)
    assert read(disk) is None, "it starts nothing"
    planned = write(small_image, disk, "--seed", seed, "--dry-run", typed="")
    assert "途中で止まっています" in planned.stdout
    assert write(small_image, disk, "--seed", seed).returncode == 0
    until(lambda: read(disk))


def test_a_disk_that_forgets_what_it_was_given_is_noticed_and_starts_nothing(
    small_image: Path, disk: Path, seed: Path, tmp_path: Path
) -> None:
    def forgetting(what: str, total: int, counts: Iterable[int]) -> Iterator[int]:
        yield from counts
        if what == "書いています":
            with disk.open("r+b") as file:
                file.seek(planned.table[ROOT].start + 512)
                file.write(bytes(512))

    planned = plan(small_image, find(disk), seed, tmp_path)
    with pytest.raises(Refused, match="壊れかけています"):
        carry_out(planned, forgetting, word="word")
    assert read(disk) is None
    assert noted(seed) is None, "another disk may have it"


def test_each_disk_has_a_word_of_its_own_that_opens_its_console_and_is_told_once(
    small_image: Path, disk: Path, seed: Path, tmp_path: Path
) -> None:
    done = write(small_image, disk, "--seed", seed)
    assert done.returncode == 0, done.stderr
    (word,) = WORD.findall(done.stdout)
    assert word.encode() not in part_of(disk, SEED, tmp_path / "seed").read_bytes()
    data = part_of(disk, DATA, tmp_path / "data")
    listed = said_by("debugfs", "-R", "ls -l /console", data)
    assert re.search(r"100600 +\(1\) +0 +0 .* word$", listed, re.MULTILINE), listed
    crypted = said_by("debugfs", "-R", "cat /console/word", data).strip()
    told = said_by("perl", "-e", "print crypt($ARGV[0], $ARGV[1])", word, crypted)
    assert told == crypted
    assert make_word() != make_word()


def test_only_what_is_a_crypted_word_comes_into_the_list_of_users(tmp_path: Path) -> None:
    (command,) = re.findall(r"^ExecStart=/bin/sh -euc '(.*)'$", CONSOLE.read_text(), re.MULTILINE)
    shadow, word = tmp_path / "shadow", tmp_path / "word"
    users = "root:*:20787:0:99999:7:::\nkairan:!*:20787::::::\n"
    for as_a_unit, as_it_is in (("$$", "$"), ("%%", "%"), ("\\\\", "\\")):
        command = command.replace(as_a_unit, as_it_is)
    here = command.replace("/etc/shadow", str(shadow)).replace("/data/console/word", str(word))
    for line, becomes in {
        "$6$SALT$a.b/C": users.replace("root:*", "root:$6$SALT$a.b/C"),
        "$6$x|e touch /tmp/x": users,
        "": users,
    }.items():
        shadow.write_text(users)
        word.write_text(f"{line}\n")
        subprocess.run(["sh", "-euc", here], check=False)
        assert shadow.read_text() == becomes
