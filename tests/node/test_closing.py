"""A machine's keys, closed to its TPM: a real one as far as software is, asked by systemd."""

import shutil
import stat
from pathlib import Path

import pytest

from node.closing import seal
from node.membership import Membership
from node.node import Node, NotAllowed, open_node
from node.people import begin
from node.reading import begin_reading, readers_at
from node.reading_files import READING_FOLDER, secrets_of
from node.refused import Refused
from node.sealed import open_here
from provisioning.disk import first_boot
from sync import sealing
from sync.machine import tpm as asking
from sync.machine.keys import KeyClosed, load_identity, secret
from sync.machine.own_keys import own_key
from sync.machine.seal import SEAL_FILE, opened_seal
from sync.machine.settings import FEED_KEY_FILE, KEY_FILE
from sync.machine.tpm import CannotAsk, Tpm
from sync.sealing import NotForUs
from tests.cli.kairan import here, message
from tests.node.builders import Village, post_event, titles
from tests.node.test_reading import closed, letter
from tests.provisioning.test_authority import Desk
from tests.provisioning.test_enrolment import seeded
from tests.provisioning.test_first_boot import partition
from tests.raw import files_with
from tests.tpm import SoftwareTpm, needs_a_tpm

NO_TPM = "/dev/no-tpm"


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """One that ran where its keys lay open, with somebody who reads letters."""
    node = Village(tmp_path / "village").node()
    begin(node, "山田 花")
    begin_reading(node)
    return node


def again(node: Node, in_memory: Path, *, asked: SoftwareTpm | None) -> Node:
    """After its power went and came back; `asked`: by what it opens its keys at its start."""
    node.database.close()
    shutil.rmtree(in_memory, ignore_errors=True)
    if asked is not None:
        asked.switch_on()
        seal(node.settings.folder, Tpm(asked.device))
    return open_node(node.settings.folder)


def secrets_in(node: Node) -> list[bytes]:
    """What the disk of that machine must not have: what signs, and what opens letters."""
    held = secrets_of(node)
    opens = [held.of(tag) for tag in held.tags()]
    assert opens
    assert None not in opens
    return [secret(node.identity), *(each for each in opens if each)]


def pem_of(path: Path) -> bytes:
    """The line of a key's file that is the key."""
    return path.read_bytes().splitlines()[1]


def test_a_key_that_is_made_where_there_is_a_tpm_is_closed_from_its_first_day(
    tmp_path: Path, tpm: SoftwareTpm, in_memory: Path
) -> None:
    """That it never lay open on the disk either: tests/power/test_closing.py."""
    machine = tmp_path / "machine"
    machine.mkdir()
    disk = partition(seeded(Desk(tmp_path)))
    assert here("seal", "--data", machine, "--tpm", tpm.device).code == 0
    first_boot.begin(machine, disk)
    node = open_node(machine)
    assert node.membership is Membership.MEMBER
    post_event(node)
    begin(node, "山田 花")
    begin_reading(node)
    for each in secrets_in(node):
        assert files_with(machine, each) == []
    assert again(node, in_memory, asked=tpm).identity.public == node.identity.public


def test_what_lay_open_is_closed_and_opens_at_each_start(
    node: Node, tpm: SoftwareTpm, in_memory: Path
) -> None:
    folder = node.settings.folder
    (before,) = readers_at(node, node.identity.public)
    id_, public, secrets = letter(node, before), node.identity.public, secrets_in(node)
    pem = pem_of(folder / KEY_FILE)
    assert files_with(folder, pem) == [KEY_FILE], "else nothing would be shown by its absence"
    for _ in range(3):
        node = again(node, in_memory, asked=tpm)
        assert node.identity.public == public
        post_event(node)
        assert open_here(node, closed(node, id_)) == b"words"
        for each in (pem, *secrets):
            assert files_with(folder, each) == []
    assert not (folder / KEY_FILE).exists()
    assert {path.suffix for path in (folder / READING_FOLDER).iterdir()} == {".closed"}
    for path in (folder / SEAL_FILE, folder / "machine.closed", *in_memory.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(in_memory.stat().st_mode) == 0o700


def test_the_key_of_an_offices_feed_is_closed_too(
    tmp_path: Path, tpm: SoftwareTpm, in_memory: Path
) -> None:
    office = Village(tmp_path / "village").office()
    folder = office.settings.folder
    public, pem = load_identity(folder / FEED_KEY_FILE).public, pem_of(folder / FEED_KEY_FILE)
    again(office, in_memory, asked=tpm).database.close()
    assert files_with(folder, pem, b"PRIVATE KEY") == []
    alert = tmp_path / "一覧.csv"
    alert.write_text("名称,所在地\n")
    assert "feed.key" not in here("feed", alert, "--data", folder).err
    office = again(office, in_memory, asked=None)
    assert "鍵が開きません" in message(here("feed", alert, "--data", folder))
    assert own_key(folder, FEED_KEY_FILE).public == public


def test_without_a_tpm_everything_is_as_it_was(
    node: Node, in_memory: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sync.machine.tpm.FIRMWARE_SAYS", tmp_path / "no-table")
    folder = node.settings.folder
    node.database.close()
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert here("seal", "--data", folder, "--tpm", NO_TPM).code == 0
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert not in_memory.exists()
    post_event(open_node(folder))


def test_a_tpm_that_the_firmware_speaks_of_and_nobody_finds_is_said(
    node: Node, in_memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.machine.tpm.FIRMWARE_SAYS", tmp_path)
    monkeypatch.setattr("node.closing.WAIT_SECONDS_MAX", 0.1)
    node.database.close()
    said = message(here("seal", "--data", node.settings.folder, "--tpm", NO_TPM))
    assert "TPM がありますが、使えません" in said
    post_event(open_node(node.settings.folder))


def test_a_tpm_that_does_not_do_what_it_is_asked_leaves_keys_open_and_says_so(
    node: Node, in_memory: Path, tmp_path: Path
) -> None:
    needs_a_tpm()
    folder = node.settings.folder
    node.database.close()
    said = message(here("seal", "--data", folder, "--tpm", f"swtpm:path={tmp_path / 'gone'}"))
    assert "TPM がありますが、使えません" in said
    assert not (folder / SEAL_FILE).exists()
    post_event(open_node(folder))


@pytest.mark.parametrize("why", ["no tpm", "another", "cleared"])
def test_where_the_tpm_is_gone_the_boards_are_shown_and_nothing_is_signed_or_opened(
    why: str,
    node: Node,
    tpm: SoftwareTpm,
    in_memory: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("node.closing.WAIT_SECONDS_MAX", 0.1)
    monkeypatch.setattr("node.closing.TRY_SECONDS", 0.0)
    folder = node.settings.folder
    (before,) = readers_at(node, node.identity.public)
    id_ = letter(node, before)
    node = again(node, in_memory, asked=tpm)
    post_event(node)
    device, shown = tpm.device, titles(node)
    match why:
        case "no tpm":
            device = NO_TPM
        case "another" | "cleared":
            tpm.clear()
            tpm.switch_on()
    again(node, in_memory, asked=None).database.close()
    said = message(here("seal", "--data", folder, "--tpm", device))
    assert "鍵が開きません" in said
    assert ("見つかりません" in said) is (why == "no tpm")
    mute = open_node(folder)
    assert titles(mute) == shown
    assert (mute.membership, mute.identity.public) == (Membership.MUTE, node.identity.public)
    with pytest.raises(NotAllowed):
        post_event(mute)
    with pytest.raises(KeyClosed):
        mute.identity.private  # noqa: B018
    with pytest.raises(NotForUs):
        open_here(mute, closed(mute, id_))


def test_back_in_its_machine_a_disk_is_what_it_was(
    node: Node, tpm: SoftwareTpm, in_memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.closing.WAIT_SECONDS_MAX", 0.1)
    node = again(node, in_memory, asked=tpm)
    node.database.close()
    shutil.rmtree(in_memory)
    with pytest.raises(Refused):
        seal(node.settings.folder, Tpm(NO_TPM))
    back = again(node, in_memory, asked=tpm)
    assert back.identity.public == node.identity.public
    post_event(back)


def test_a_machine_whose_plug_is_pulled_again_and_again_is_opened_by_its_tpm(
    node: Node, tpm: SoftwareTpm, in_memory: Path
) -> None:
    """A TPM takes power that goes without a word for somebody who guesses, and locks."""
    node = again(node, in_memory, asked=tpm)
    for _ in range(8):
        tpm.pull_the_plug()
        node = again(node, in_memory, asked=tpm)
        assert not node.identity.is_closed


def test_a_tpm_that_took_cuts_for_guesses_is_told_that_nobody_guessed(
    node: Node, tpm: SoftwareTpm, in_memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.closing.TRY_SECONDS", 0.0)
    node = again(node, in_memory, asked=tpm)
    locked = Tpm(tpm.device)
    with pytest.raises(CannotAsk, match="lockout"):  # noqa: PT012
        for _ in range(8):  # it is used, and nothing said
            tpm.pull_the_plug()
            tpm.switch_on()
            locked.open((node.settings.folder / SEAL_FILE).read_bytes())
    assert not again(node, in_memory, asked=tpm).identity.is_closed


def test_a_seal_of_another_machine_that_closed_nothing_yet_is_replaced(
    tmp_path: Path, tpm: SoftwareTpm, in_memory: Path
) -> None:
    """The power went before there was a key, and the disk was put into another machine."""
    folder = Village(tmp_path / "village").node().settings.folder
    (folder / SEAL_FILE).write_bytes(b"what another TPM closed")
    seal(folder, Tpm(tpm.device))
    assert opened_seal(folder) is not None
    assert not (folder / KEY_FILE).exists()


def test_another_folder_on_the_same_machine_is_not_opened_by_it(
    tmp_path: Path, tpm: SoftwareTpm, in_memory: Path
) -> None:
    village = Village(tmp_path / "village")
    one, other = village.node("上郷"), village.node("下郷")
    for each in (one, other):
        seal(each.settings.folder, Tpm(tpm.device))
        each.database.close()
    assert open_node(one.settings.folder).identity.public == one.identity.public
    shutil.copy(one.settings.folder / SEAL_FILE, other.settings.folder / SEAL_FILE)
    assert open_node(other.settings.folder).identity.is_closed


def test_what_lies_closed_is_no_other_key_and_none_that_was_changed(
    node: Node, tpm: SoftwareTpm, in_memory: Path
) -> None:
    folder = node.settings.folder
    node = again(node, in_memory, asked=tpm)
    path = folder / "machine.closed"
    whole = path.read_bytes()
    for changed in (whole[:-1], bytes([whole[0] ^ 1]) + whole[1:], whole[:-1] + b"\0" + b"\0"):
        path.write_bytes(changed)
        assert open_node(folder).identity.is_closed
    path.write_bytes(whole)
    path.rename(folder / "feed.closed")
    assert own_key(folder, FEED_KEY_FILE).is_closed


def test_who_asks_systemd_names_the_machines_device_as_tpm2_tss_wants_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    program = tmp_path / "systemd-creds"
    program.write_text(f'#!/bin/sh\necho "$SYSTEMD_TPM2_DEVICE $*" > {told}\necho done\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    Tpm(asking.DEVICE).close(b"x")
    assert told.read_text() == (
        "device:/dev/tpmrm0 encrypt --name=kairan-seal --with-key=tpm2 --tpm2-pcrs=23 - -\n"
    )


def test_the_tag_of_a_reading_key_is_part_of_what_it_is_closed_about(
    node: Node, tpm: SoftwareTpm, in_memory: Path
) -> None:
    (key,) = readers_at(node, node.identity.public)
    node = again(node, in_memory, asked=tpm)
    tag = sealing.tag(key.key)
    folder = node.settings.folder / READING_FOLDER
    other = bytes(len(tag))
    (folder / f"{tag.hex()}.closed").rename(folder / f"{other.hex()}.closed")
    assert secrets_of(node).of(other) is None
