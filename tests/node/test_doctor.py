"""Each thing that may be wrong with a machine is made so, and the doctor says it and what to do."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from node.backup.making import back_up
from node.closing import close_keys
from node.doctor import known as knowing
from node.doctor import running
from node.doctor.command import examine
from node.doctor.finding import Finding, Grave, in_words
from node.doctor.known import BACKUP_DAYS, LOOK_DAYS, known
from node.lan.bell import Bell
from node.moderation.desk import Desk
from node.moderation.sources import KIOSK
from node.moderation.wishing import say
from node.node import Node, open_node
from node.notebook import Neighbour, Notebook
from node.people import begin
from node.status import status
from node.wifi.guests import Guests
from node.wifi.line import answered
from node.wifi.plan import plan
from sync.entry import Quality
from sync.machine.clock import Moment
from sync.machine.passphrase import COST_MIN
from sync.machine.seal import SEAL_BYTES, SEAL_FILE, place_of
from sync.machine.settings import (
    KEY_FILE,
    LEDGER_FILE,
    NOTEBOOK_FILE,
    SETTINGS_FILE,
    Part,
    read_settings,
)
from tests.cli.kairan import here
from tests.node.builders import Village, meet, post_event
from tests.stories.machines import copied
from tests.stories.small_disk import SmallDisk, small_disk

NOW = datetime(2031, 4, 5, tzinfo=UTC)
SURE = Moment(NOW, Quality.TRUSTED)


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path / "town")


@pytest.fixture
def folder(village: Village) -> Path:
    """A machine with a post, switched off."""
    node = village.node()
    post_event(node)
    node.database.close()
    node.settings.folder.chmod(0o700)
    return node.settings.folder


def found(folder: Path) -> dict[str, Finding]:
    return {each.name: each for each in examine(folder, None)}


def told(node: Node, moment: Moment = SURE) -> dict[str, Finding]:
    return {each.name: each for each in known(status(node, moment), moment)}


def says(findings: dict[str, Finding], name: str, *words: str) -> None:
    assert name in findings, findings.keys()
    said = in_words("上郷", [findings[name]])
    for word in words:
        assert word in said, said


def ago(days: int) -> str:
    return (NOW - timedelta(days=days)).isoformat()


# the folder


def test_nothing_but_what_everybody_is_told_at_first_is_wrong_with_a_new_machine(
    folder: Path,
) -> None:
    """No process runs, no backup was made, and nobody set this clock."""
    assert found(folder).keys() - {"clock"} == {"sync", "language", "backup"}


def test_a_folder_that_is_no_machines(tmp_path: Path, folder: Path) -> None:
    says(found(tmp_path), "settings", "機械の設定", "フォルダーの場所")
    (folder / SETTINGS_FILE).write_text("name = ")
    says(found(folder), "settings", "を読めません", "kairan restore")


def test_a_machine_that_never_ran_is_left_as_it_is(village: Village, folder: Path) -> None:
    blank = folder.with_name("blank")
    blank.mkdir()
    (blank / SETTINGS_FILE).write_bytes((folder / SETTINGS_FILE).read_bytes())
    says(found(blank), "not begun", "まだ一度も動いていません")
    assert [path.name for path in blank.iterdir()] == [SETTINGS_FILE]


def test_a_key_that_is_gone_or_broken(folder: Path) -> None:
    (folder / KEY_FILE).write_bytes(b"nonsense")
    says(found(folder), "key", "壊れています", "後を継がせて")
    (folder / KEY_FILE).unlink()
    says(found(folder), "key", "がありません", "後を継がせて")


@pytest.mark.parametrize("there", [True, False])
def test_a_key_that_its_tpm_does_not_open(
    folder: Path, there: bool, in_memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory.mkdir()
    (folder / SEAL_FILE).write_bytes(b"what a TPM closed")
    place_of(b"what a TPM closed").write_bytes(bytes(SEAL_BYTES))
    close_keys(folder)
    assert "closed key" not in found(folder)
    shutil.rmtree(in_memory)
    device = folder / KEY_FILE if not there else folder
    monkeypatch.setattr("node.doctor.folder.DEVICE", str(device))
    why = "この機械の TPM では開きません" if there else "TPM が見つかりません"
    says(found(folder), "closed key", "開きません", why, "元の機械に戻して", "docs/BACKUP.md")
    says(found(folder), "membership", "掲示板は見られますが")
    assert "sync" not in found(folder), "it hears nobody now, and nothing is wrong with it"


def test_a_tpm_that_closed_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the unit ran, for the machine has one; and there is no seal."""
    assert "tpm" not in found(folder)
    monkeypatch.setattr("node.doctor.folder.OPENED", tmp_path)
    says(found(folder), "tpm", "鍵は閉じていません", "systemctl status kairan-seal")


@pytest.mark.parametrize("name", [KEY_FILE, "."])
def test_what_other_users_of_the_machine_may_read(folder: Path, name: str) -> None:
    (folder / name).chmod(0o750)
    says(found(folder), "permissions", name if name != "." else folder.name, "chmod -R go-rwx")


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user(folder: Path) -> None:
    os.chown(folder / LEDGER_FILE, 12_345, 12_345)
    says(found(folder), "owner", LEDGER_FILE, "chown")


def test_a_ledger_that_is_damaged_is_not_moved(folder: Path) -> None:
    ledger = folder / LEDGER_FILE
    with closing(sqlite3.connect(ledger)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = ledger.read_bytes()
    damaged = content[:4096] + b"\x5a" * (len(content) - 4096)
    ledger.write_bytes(damaged)
    says(found(folder), "ledger", "壊れています", "取り戻します")
    assert ledger.read_bytes() == damaged
    ledger.write_bytes(b"no database at all" * 1_000)
    says(found(folder), "ledger", "壊れています")


def test_a_ledger_that_newer_software_has_used(folder: Path) -> None:
    with closing(sqlite3.connect(folder / LEDGER_FILE)) as file:
        file.execute("UPDATE views SET software = '99.10.2'")
        file.commit()
    says(found(folder), "schema", "99.10.2", "新しいものに戻して")
    with closing(sqlite3.connect(folder / LEDGER_FILE)) as file:
        assert file.execute("SELECT software FROM views").fetchone() == ("99.10.2",)


def test_a_disk_that_is_small_full_and_cannot_be_written(folder: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=12) as disk:
        there = copied(folder, disk.folder)
        disk.folder.chmod(0o700)
        says(found(there), "room", "MBしかありません", "片づけ")
        disk.fill()
        says(found(there), "disk", "空きがほとんどありません")
        disk.empty()
        disk.allow_writing(False)
        says(found(there), "disk", "書けなくなっています")
        disk.allow_writing(True)


@contextmanager
def failing_disk(folder: Path) -> Iterator[tuple[Path, SmallDisk]]:
    """A file system in an image on another one: once that is full, nothing new is written here."""
    with small_disk(folder, megabytes=6) as below:
        image, at = below.folder / "image", below.folder / "at"
        at.mkdir()
        with image.open("wb") as file:
            file.truncate(32 << 20)
        subprocess.run(["mkfs.ext2", "-q", "-F", "-m", "0", image], check=True)
        subprocess.run(["mount", "-o", "loop", image, at], check=True)
        try:
            yield at, below
        finally:
            subprocess.run(["umount", "--lazy", at], check=True)


def test_a_disk_that_fails_while_it_is_written(folder: Path, tmp_path: Path) -> None:
    with failing_disk(tmp_path / "disk") as (at, below):
        there = copied(folder, at)
        subprocess.run(["sync", "--file-system", at], check=True)
        below.fill()
        says(found(there), "damaged disk", "壊れかけています", "すぐに控えを書き")


def test_a_hub_is_looked_at_too(village: Village) -> None:
    folder = village.make("ハブ", Part.HUB)
    folder.chmod(0o700)
    assert found(folder).keys() == set()
    (folder / KEY_FILE).chmod(0o644)
    says(found(folder), "permissions", KEY_FILE)


# what should run


def test_screens_that_do_not_answer_and_a_port_that_somebody_else_has(folder: Path) -> None:
    node = open_node(folder)
    settings, own = node.settings, node.identity.public
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as stranger:
        port = stranger.server_address[1]
        thread = Thread(target=stranger.serve_forever)
        thread.start()
        taken = {each.name: each for each in running.look(settings, own, port)}
        stranger.shutdown()
        thread.join()
    says(taken, "port", "ほかのものが使っています", f"{port}")
    silent = {each.name: each for each in running.look(settings, own, port)}
    says(silent, "screens", "応えません", "systemctl status kairan-web")


def test_sync_is_there_as_long_as_it_listens(folder: Path) -> None:
    node = open_node(folder)
    bell = Bell(folder)
    found_now = running.look(node.settings, node.identity.public, None)
    assert "sync" not in {each.name for each in found_now}
    bell.close()
    says(found(folder), "sync", "動いていません", "systemctl status kairan-sync")


def test_a_network_that_nobody_tends(folder: Path) -> None:
    with (folder / SETTINGS_FILE).open("a") as settings:
        settings.write('\n[wifi]\nname = "kairan"\nradio = "makes"\n')
        settings.write(f'device = "{LEDGER_FILE}"\n')  # it needn't be an interface to be asked for
    says(found(folder), "wifi", "スマートフォンがつながりません", "systemctl status kairan-wifi")
    planned = plan(read_settings(folder), folder)
    assert planned is not None
    with answered(folder, Guests(planned)):
        assert "wifi" not in found(folder)


# what its status says


def test_a_machine_that_nobody_certified(village: Village, folder: Path) -> None:
    other = folder.with_name("よそ")
    other.mkdir()
    (other / SETTINGS_FILE).write_bytes((folder / SETTINGS_FILE).read_bytes())
    says(told(open_node(other)), "membership", "町の仲間に入っていません")


def test_a_ledger_that_was_lost_once(folder: Path) -> None:
    for path in folder.glob(f"{LEDGER_FILE}*"):
        path.unlink()
    says(told(open_node(folder)), "mishap", "なくなっていた", "mishap.json")


def test_a_clock_that_nobody_set(folder: Path) -> None:
    node = open_node(folder)
    says(told(node, Moment(NOW, Quality.UNKNOWN)), "clock", "日時未確認", "時刻")
    assert "clock" not in told(node)


def test_nobody_was_heard_for_days_or_ever(village: Village, folder: Path) -> None:
    node, office = open_node(folder), village.office()
    meet(node, office)
    says(told(node), "unheard", "まだ一度もやりとりがありません")
    notebook = Notebook(folder / NOTEBOOK_FILE)
    key = office.identity.public.hex()
    peer = Neighbour(address="http://office:1", road="peer", key=key, clock="trusted")
    for days, is_quiet in ((2, False), (5, True)):
        notebook.note(Neighbour(**{**_fields(peer), "reached": ago(days), "tried": ago(0)}))
        assert ("unheard" in told(node)) is is_quiet
    says(told(node), "unheard", "5日のあいだ", "USBメモリー")
    assert "unheard" not in told(node, Moment(NOW, Quality.UNKNOWN)), "nobody knows how long"


def _fields(peer: Neighbour) -> dict[str, str]:
    return {name: getattr(peer, name) for name in Neighbour.__dataclass_fields__}


def test_posts_that_wait_for_long(village: Village, folder: Path) -> None:
    node = open_node(folder)
    keeper = begin(node, "管理人")
    say(node, node.identity.public, waits=frozenset({"event"}), allowance=1, by=keeper)
    desk, board = Desk(node), node.boards["event"]
    for days in (1, LOOK_DAYS + 1):
        desk.take_in(
            board,
            {"title": "もちつき", "starts_on": "2031-04-05", "place": "庭"},
            opened=False,
            by=None,
            source=KIOSK,
            moment=Moment(NOW - timedelta(days=days), Quality.TRUSTED),
        )
        if days < LOOK_DAYS:
            assert "waiting posts" not in told(node)
    node.database.connection.execute("UPDATE desk_posts SET id = -id")  # the oldest first
    says(told(node), "waiting posts", "2件", f"{LOOK_DAYS + 1}日", "管理人")


def test_a_backup_that_is_old_or_was_never_made(folder: Path, tmp_path: Path) -> None:
    node = open_node(folder)
    says(told(node), "backup", "まだ一度も", "kairan backup")
    stick = tmp_path / "stick"
    stick.mkdir()
    back_up(node, stick, cost=COST_MIN, same_disk=True)
    assert "backup" not in told(node)
    noted = folder / "backup.json"
    text = noted.read_text().replace('"unknown"', '"trusted"')
    when = text.split('"when": "')[1].split('"')[0]
    noted.write_text(text.replace(when, ago(BACKUP_DAYS - 1)))
    assert "backup" not in told(node)
    noted.write_text(text.replace(when, ago(BACKUP_DAYS + 5)))
    says(told(node), "backup", f"{BACKUP_DAYS + 5}日たっています")


def test_a_log_that_nobody_empties(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = open_node(folder)
    monkeypatch.setattr(knowing, "LOG_BYTES", 100_000)
    with closing(sqlite3.connect(folder / LEDGER_FILE)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entries").fetchone()
        for number in range(20):
            post_event(node, title=f"{number}の会")
        says(told(node), "log", "-wal", "kairan sync")
    assert node.database.empty_log()
    assert "log" not in told(node)


# the command


def test_it_says_the_gravest_first_and_ends_with_1_where_something_cannot_wait(
    folder: Path,
) -> None:
    (folder / KEY_FILE).chmod(0o644)
    said = here("doctor", "--data", folder)
    assert said.code == 1
    assert said.out.index("いますぐ直すこと") < said.out.index("近いうちにすること")
    assert "→ chmod -R go-rwx" in said.out
    listed = here("doctor", "--data", folder, "--json").json
    assert {"name", "grave", "said", "todo"} == set(listed[0])
    assert {each["grave"] for each in listed} <= {str(grave) for grave in Grave}
    assert "permissions" in {each["name"] for each in listed}
