"""One unit per process, with the same name; sound, and starting what we have."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from node.carrying.watching import FILE
from node.language.line import SOCKET_FILE
from provisioning.root_file_system import FILES_OF_DISKS
from sync.machine.form import RELEASES
from sync.machine.settings import SETTINGS_FILE
from tests.cli.kairan import here

FOLDER = Path(__file__).resolve().parents[2] / "systemd"
ON_DISKS = FOLDER.parent / "provisioning/image/disk_files/usr/lib/systemd/system"
UNITS = sorted(FOLDER.glob("*.service"))
SOCKET = FOLDER / "kairan-language.socket"
PROGRAM = "/opt/kairan/bin/kairan"
APART = frozenset({"kairan-kiosk", "kairan-wifi"})
"""Users of their own, without the machine's folder."""

ROOT = frozenset({"kairan-update"})
"""Who asks systemd to start others, and writes where those may not."""

ENDS_BY_ITSELF = frozenset({"kairan-language", "kairan-wifi"})
EXPOSURE_MAX = 2.0
"""By `systemd-analyze security`: 0 has no rights, 10 has all."""

each_unit = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.stem))


def said(unit: Path, key: str) -> str:
    """What a unit says once."""
    (value,) = re.findall(rf"^{key}=(.*)$", unit.read_text(), re.MULTILINE)
    return str(value)


def arguments(unit: Path, state: Path) -> list[str]:
    """What the unit starts our program with, for a machine whose state is kept there."""
    text = unit.read_text()
    told = dict(re.findall(r"\b(KAIRAN_\w+)=(\S+)", text))
    started = said(unit, "ExecStart")
    for sign, there in (("%S", state), ("%d", state / "kairan"), ("%t", state)):
        started = started.replace(sign, str(there))
    program, *rest = started.split()
    assert program == PROGRAM
    return [re.sub(r"\$\{(\w+)\}", lambda name: told[name[1]], word) for word in rest]


def test_there_is_one_unit_for_each_process() -> None:
    assert [unit.name for unit in UNITS] == [
        "kairan-hub.service",
        "kairan-kiosk.service",
        "kairan-language.service",
        "kairan-sync.service",
        "kairan-update.service",
        "kairan-web.service",
        "kairan-wifi.service",
    ]


def analyzed(*arguments: str) -> str:
    """What systemd's own checker says; it must be content."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    command = ["systemd-analyze", *arguments]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return checked.stdout + checked.stderr


@each_unit
def test_a_unit_is_sound(unit: Path, tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    there = tmp_path / unit.name
    there.write_text(unit.read_text().replace(PROGRAM, str(Path(sys.executable))))
    assert analyzed("verify", "--man=no", "--recursive-errors=no", str(there)) == ""


@each_unit
def test_a_unit_has_next_to_no_rights(unit: Path) -> None:
    at_most = f"--threshold={EXPOSURE_MAX * 10:.0f}"
    analyzed("security", "--offline=true", "--no-pager", at_most, str(unit))


@pytest.mark.parametrize(
    ("name", "command"),
    [("first-boot", "first-boot"), ("seal", "seal"), ("settle", "update"), ("try", "try")],
)
def test_what_does_not_stay_is_sound_and_has_next_to_no_rights(
    name: str, command: str, tmp_path: Path
) -> None:
    """It begins a machine, or tries a version; so it is beside what else a disk alone has."""
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    shutil.copytree(FILES_OF_DISKS / "usr/lib/systemd/system", tmp_path, dirs_exist_ok=True)
    unit = tmp_path / f"kairan-{name}.service"
    at_most = f"--threshold={EXPOSURE_MAX * 10:.0f}"
    analyzed("security", "--offline=true", "--no-pager", at_most, str(unit))
    assert said(unit, "ExecStart").split()[:2] == [PROGRAM, command]
    unit.write_text(unit.read_text().replace(PROGRAM, str(Path(sys.executable))))
    assert analyzed("verify", "--man=no", "--recursive-errors=no", str(unit)) == ""


def test_who_may_type_commands_is_settled_with_next_to_no_rights_and_before_anybody_can(
    tmp_path: Path,
) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    shutil.copytree(ON_DISKS, tmp_path, dirs_exist_ok=True)
    unit = tmp_path / "kairan-console.service"
    at_most = f"--threshold={EXPOSURE_MAX * 10:.0f}"
    analyzed("security", "--offline=true", "--no-pager", at_most, str(unit))
    assert analyzed("verify", "--man=no", "--recursive-errors=no", str(unit)) == ""
    assert "getty@tty1.service" in said(unit, "Before").split()


def test_who_needs_a_device_is_given_it_where_that_counts() -> None:
    """Of what is added to a unit the last by name holds; before, all devices are taken from it."""
    (hardened,) = (FOLDER / "kairan-.service.d").iterdir()
    assert "PrivateDevices=yes" in hardened.read_text()
    for command, device in (("first-boot", "/dev/kairan/NODESEED"), ("seal", "/dev/tpmrm0")):
        unit = ON_DISKS / f"kairan-{command}.service"
        (more,) = unit.with_name(f"{unit.name}.d").iterdir()
        assert more.name > hardened.name
        assert said(more, "PrivateDevices") == "no"
        assert said(more, "DevicePolicy") == "closed"
        assert f"DeviceAllow={device} rw" in more.read_text()


def test_on_our_disks_nothing_waits_for_what_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where some do, systemd drops one of them, as it likes, and goes on."""
    for folder in (FOLDER, ON_DISKS):
        shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    for unit in (*tmp_path.glob("*.service"), *tmp_path.glob("*.socket")):
        unit.write_text(unit.read_text().replace(PROGRAM, sys.executable))
        wanted = re.search(r"^WantedBy=(.+)$", unit.read_text(), re.MULTILINE)
        for target in wanted[1].split() if wanted else ():
            (tmp_path / f"{target}.wants").mkdir(exist_ok=True)
            (tmp_path / f"{target}.wants" / unit.name).symlink_to(unit)
    monkeypatch.setenv("SYSTEMD_UNIT_PATH", f"{tmp_path}:/lib/systemd/system")
    checked = analyzed("verify", "--man=no", "default.target")
    assert "cycle" not in checked


def test_a_stick_is_written_to_no_more_once_the_screen_says_so() -> None:
    at = f"/var/lib/kairan/{FILE}"
    assert said(ON_DISKS / "stick-done.path", "PathChanged") == at
    unless, then = said(ON_DISKS / "stick-done.service", "ExecStart").split(" || ", 1)
    assert unless.endswith(f"grep -q working {at}")
    assert "mount -o remount,ro" in then
    preset = FILES_OF_DISKS / "usr/lib/systemd/system-preset/09-kairan-disk.preset"
    assert "enable stick-done.path\n" in preset.read_text()


def test_what_is_not_hardened_is_noticed(tmp_path: Path) -> None:
    alone = tmp_path / "kairan-web.service"
    alone.write_text((FOLDER / alone.name).read_text())
    with pytest.raises(AssertionError, match="Overall exposure level"):
        analyzed("security", "--offline=true", "--no-pager", "--threshold=20", str(alone))


@each_unit
def test_a_unit_has_its_bounds_and_is_watched(unit: Path) -> None:
    assert said(unit, "Type") == "notify"
    for bound in ("WatchdogSec", "MemoryHigh", "MemoryMax", "TasksMax", "CPUWeight"):
        assert said(unit, bound)


def test_what_is_said_is_bounded_and_the_user_has_no_way_in() -> None:
    assert "SystemMaxUse=64M" in (FOLDER / "journald.conf.d/kairan.conf").read_text()
    user = (FOLDER / "sysusers.d/kairan.conf").read_text()
    assert re.search(r"^u kairan - ", user, re.MULTILINE), "no shell, no password"


def test_systemd_makes_everybody_that_units_run_as(tmp_path: Path) -> None:
    """It leaves out who is described wrongly, and goes on."""
    if shutil.which("systemd-sysusers") is None:
        pytest.skip("systemd-sysusers is not here")
    (tmp_path / "etc").mkdir()
    command = ["systemd-sysusers", f"--root={tmp_path}", str(FOLDER / "sysusers.d/kairan.conf")]
    made = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stderr
    users = {line.split(":")[0] for line in (tmp_path / "etc/passwd").read_text().splitlines()}
    assert users == {said(unit, "User") for unit in UNITS if unit.stem not in ROOT}


@each_unit
def test_a_unit_starts_the_command_of_its_name(
    unit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = arguments(unit, tmp_path)
    assert unit.stem == f"kairan-{started[0]}"
    (tmp_path / "kairan").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = here(*started)
    assert refused.code == 1, "the command line is right, and the folder is no machine's yet"
    missing = "（cage）" if unit.stem == "kairan-kiosk" else f"{tmp_path}/kairan に機械の設定"
    assert missing in refused.err


@each_unit
def test_a_unit_keeps_to_its_own_user_and_folder_and_comes_back(unit: Path) -> None:
    if unit.stem in ROOT:
        assert (said(unit, "User"), said(unit, "StateDirectory")) == ("root", "kairan-releases")
        assert said(unit, "CapabilityBoundingSet") == "CAP_DAC_READ_SEARCH"
        assert "%S/kairan" in said(unit, "ReadOnlyPaths").split()
    elif unit.stem in APART:
        assert said(unit, "User") == said(unit, "RuntimeDirectory") == unit.stem
    else:
        assert said(unit, "User") == said(unit, "StateDirectory") == "kairan"
        assert said(unit, "StateDirectoryMode") == "0700"
    by_itself = "on-failure" if unit.stem in ENDS_BY_ITSELF else "always"
    assert said(unit, "Restart") == by_itself
    assert said(unit, "StartLimitIntervalSec") == "0"


def test_a_version_is_mounted_on_our_disks_where_it_serves_and_never_in_the_guardians_place() -> (
    None
):
    over = "-/run/kairan/chosen/{0}:/opt/kairan/{0}"
    chosen = f"BindReadOnlyPaths={over.format('bin')} {over.format('lib')}\n"
    added = {path.parent.name for path in ON_DISKS.glob("*.d/version.conf")}
    serve = {"kairan-web", "kairan-sync", "kairan-language", "kairan-wifi"}
    assert added == {f"{name}.service.d" for name in serve}
    for path in ON_DISKS.glob("*.d/version.conf"):
        assert chosen in path.read_text()
    for unit in UNITS:
        assert "/run/kairan/chosen" not in unit.read_text()
    for name in ("kairan-web", "kairan-sync"):  # they open the ledger
        text = (FOLDER / f"{name}.service").read_text()
        assert f" {RELEASES}=/var/lib/kairan-releases\n" in text


def test_who_hands_versions_on_may_read_the_shelf_and_not_write_there() -> None:
    guardian, web = (FOLDER / f"kairan-{name}.service" for name in ("update", "web"))
    assert (said(guardian, "StateDirectoryMode"), said(guardian, "UMask")) == ("0755", "0022")
    assert said(guardian, "StateDirectory") == "kairan-releases"
    assert "kairan-releases" not in said(web, "StateDirectory")
    assert "ReadWritePaths" not in web.read_text()


def test_who_tends_the_network_sees_the_settings_alone() -> None:
    unit = FOLDER / "kairan-wifi.service"
    assert said(unit, "LoadCredential") == f"{SETTINGS_FILE}:%S/kairan/{SETTINGS_FILE}"
    assert "-%S/kairan" in said(unit, "InaccessiblePaths").split()
    assert said(unit, "User") != "kairan"
    user = (FOLDER / "sysusers.d/kairan.conf").read_text()
    assert re.search(r"^u kairan-wifi - ", user, re.MULTILINE), "no shell, no password"


def test_who_shows_the_boards_sees_no_folder_and_asks_nobody_but_the_machine() -> None:
    unit = FOLDER / "kairan-kiosk.service"
    assert {"-%S/kairan", "-/media/kairan"} <= set(said(unit, "InaccessiblePaths").split())
    assert said(unit, "IPAddressDeny") == "any"
    assert said(unit, "IPAddressAllow") == "localhost"
    assert said(unit, "CapabilityBoundingSet") == ""


def test_a_browser_may_close_its_pages_in_and_see_what_the_processor_can() -> None:
    """Seen where it began under all of the unit; without one of these Chromium ends at once."""
    more = FOLDER / "kairan-kiosk.service.d/screen.conf"
    assert {"chroot", "capset"} <= set(said(more, "SystemCallFilter").split())
    assert said(more, "ProcSubset") == "all"


def test_readings_are_asked_for_at_a_socket_that_starts_who_makes_them(tmp_path: Path) -> None:
    asked = said(SOCKET, "ListenStream").replace("%S", str(tmp_path))
    assert Path(asked) == tmp_path / "kairan" / SOCKET_FILE
    assert said(SOCKET, "SocketMode") == "0600"
    assert "--descriptor 3" in said(SOCKET.with_suffix(".service"), "ExecStart")


@pytest.mark.parametrize("name", ["web", "hub"])
def test_nobody_outside_is_let_in_unless_it_is_said(name: str) -> None:
    (unit,) = (unit for unit in UNITS if unit.stem == f"kairan-{name}")
    assert said(unit, "Environment").split()[0] == "KAIRAN_ADDRESS=127.0.0.1"
