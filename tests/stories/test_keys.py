"""A town whose daily key is stolen, and one whose seed was copied; real machines, real commands."""

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from provisioning.authority import open_authority
from provisioning.sealed_key import Place
from provisioning.town import NO_SECRET, Plan, make_machines, open_town
from sync.machine.pin import pin_in_words
from sync.machine.settings import KEY_FILE, SEED_FILE, SETTINGS_FILE, Part
from sync.machine.tls import pins
from tests.patience import until
from tests.stories.machines import (
    COMMAND_SECONDS_MAX,
    KAIRAN,
    TOWN,
    FourMachines,
    Machine,
    copied,
    free_ports,
    titles,
    wait_until_all_hold_the_same,
)

pytestmark = pytest.mark.slow

EVENT = {"starts_on": "2031-04-05", "place": "上郷公民館"}
NEXT = "あたらしい合言葉です"


def authority(folder: Path, what: str, *words: str | Path, passphrases: tuple[str, ...]) -> str:
    """`kairan authority`, as whoever keeps the keys types it."""
    reading, writing = os.pipe()
    os.write(writing, "".join(f"{each}\n" for each in passphrases).encode())
    os.close(writing)
    told = ["authority", what, "--authority", folder, "--passphrase-fd", str(reading), *words]
    done = subprocess.run(
        [KAIRAN, *told],
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS_MAX,
        stdin=subprocess.DEVNULL,
        pass_fds=[reading],
    )
    os.close(reading)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def shows(machine: Machine, *wanted: str) -> bool:
    return set(wanted) <= titles(machine)


def answers(machine: Machine, page: str, status: int) -> bool:
    return machine.visitor.open(page).status == status


def is_well(machine: Machine, membership: str) -> bool:
    return machine.status().membership == membership


def ended(machine: Machine) -> None:
    if machine.running is not None:
        machine.running.kill()


def test_whoever_stole_the_daily_key_is_put_out_with_the_reserve(
    machines: FourMachines, tmp_path: Path
) -> None:
    hub, office, here, there = machines
    keys = hub.folder.parent / "authority"
    honest = here.visitor.post("event", title="ほんとうの会", **EVENT)
    until(partial(shows, there, "ほんとうの会"))

    # The thief has the desk's folder and its passphrase, and makes an office.
    loot = shutil.copytree(keys, tmp_path / "loot", ignore=shutil.ignore_patterns("reserve*"))
    false = Machine(Part.OFFICE, tmp_path / "false", free_ports(1))
    plan = Plan(
        folder=false.folder,
        name="偽の役場",
        part=Part.OFFICE,
        hub=hub.url,
        hub_pins=pins(hub.folder),
        offer_seconds=1,
    )
    make_machines(open_town(loot, code=TOWN, name="霧沢町"), [plan])
    try:
        false.start()
        until(partial(shows, false, "ほんとうの会"))
        false.visitor.remove(honest)
        lie = false.visitor.post("event", title="うその会", **EVENT)
        for machine in (office, here, there):
            until(partial(answers, machine, honest, 410))
            until(partial(answers, machine, lie, 200))

        # The desk opens the safe, at the office, while all is running.
        there.stop()
        said = authority(
            keys,
            "replace",
            "--key",
            open_authority(keys).key_file(Place.RESERVE),
            "--machine",
            office.folder,
            passphrases=(NO_SECRET[Place.RESERVE], NEXT),
        )
        assert "言い直さなかったもの: 偽の役場（office）の証明" in said
        for machine in (office, here):
            until(partial(answers, machine, honest, 200))
            until(partial(answers, machine, lie, 404))
        false.visitor.post("event", title="うその会の二日目", **EVENT)
        there.start()  # it knew only the thief's word
        until(partial(answers, there, honest, 200))
        wait_until_all_hold_the_same((office, here, there))
        for machine in (office, here, there):
            assert not {"うその会", "うその会の二日目"} & titles(machine)
        # Life goes on, for the machines of the town.
        there.visitor.post("event", title="あくる日の会", **EVENT)
        until(partial(shows, here, "あくる日の会", "ほんとうの会"))
    finally:
        ended(false)


def test_of_a_copied_seed_the_machine_that_people_know_goes_on(
    machines: FourMachines, tmp_path: Path
) -> None:
    hub, office, here, _ = machines
    keys = hub.folder.parent / "authority"
    daily = NEXT if open_authority(keys).trust.was_replaced(open_authority(keys).first[0]) else ""
    node = Machine(Part.NODE, tmp_path / "okugo", free_ports(1))
    authority(
        keys,
        "seed",
        *("--name", "奥郷公民館", "--out", node.folder, "--hub", hub.url),
        *(word for pin in pins(hub.folder) for word in ("--hub-pin", pin_in_words(pin))),
        passphrases=(daily or NO_SECRET[Place.DAILY],),
    )
    settings = node.folder / SETTINGS_FILE
    settings.write_text(settings.read_text().replace("offer_seconds = 60", "offer_seconds = 1"))
    copy = Machine(Part.NODE, copied(node.folder, tmp_path / "copy"), free_ports(1))
    try:
        # No line at first: it is a member by itself, and takes posts.
        hub.stop()
        node.start()
        assert not (node.folder / SEED_FILE).exists()
        assert (node.folder / KEY_FILE).exists()
        assert is_well(node, "member")
        node.visitor.post("event", title="奥郷の会", **EVENT)
        copy.start()
        copy.visitor.post("event", title="写しの会", **EVENT)
        hub.start()
        for machine in (node, copy):
            until(partial(is_well, machine, "in doubt"))
            assert machine.status().fingerprint in machine.visitor.reads("/")
        until(partial(shows, office, "奥郷の会", "写しの会"))

        # Over the telephone the keeper reads what the screen shows.
        assert "2台できています" in office.kairan("confirm")
        office.kairan("confirm", node.status().fingerprint)
        until(partial(is_well, node, "member"))
        for machine in (office, here, node):
            until(_lost(machine, "写しの会"))
            assert shows(machine, "奥郷の会")
        wait_until_all_hold_the_same((office, here, node))
        assert "確かめ待ちの機械はありません" in office.kairan("confirm")
    finally:
        ended(node)
        ended(copy)


def _lost(machine: Machine, title: str) -> Callable[[], bool]:
    return lambda: not shows(machine, title)
