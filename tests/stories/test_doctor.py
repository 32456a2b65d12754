"""What the doctor says of a machine that runs, while its processes, its port and its hub fail."""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from provisioning.town import Plan, make_machines, open_town
from sync.machine.settings import Part
from tests.patience import until
from tests.stories.machines import KAIRAN, Machine, town
from tests.stories.test_backup import told

EVENT = {"starts_on": "2031-04-05", "place": "上郷公民館"}


def said(machine: Machine) -> dict[str, str]:
    """By name, what is wrong."""
    done = subprocess.run(
        [KAIRAN, "doctor", "--data", machine.folder, "--port", str(machine.port), "--json"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.stderr == ""
    listed = json.loads(done.stdout)
    assert done.returncode == int(any(each["grave"] == "now" for each in listed))
    assert all(each["todo"] or each["name"] == "hub" for each in listed)
    return {each["name"]: each["said"] + each["todo"] for each in listed}


def hub_is(machine: Machine, words: str) -> bool:
    return words in said(machine).get("hub", "")


@pytest.mark.slow
def test_what_fails_while_a_machine_runs_is_found_and_explained(tmp_path: Path) -> None:
    with town(tmp_path / "town") as machines:
        hub, here = machines.hub, machines.here
        hub.start()
        here.start()
        here.visitor.post("event", title="前からの会", **EVENT)
        until(lambda: any(peer.synced for peer in here.status().peers))
        told("backup", here.folder, tmp_path, "--same-disk")
        # Nobody has set this clock, perhaps.
        assert said(here).keys() <= {"clock"}

        hub.stop()
        here.visitor.post("event", title="そのあとの会", **EVENT)
        until(partial(hub_is, here, "つながりません"))
        other = Machine(Part.HUB, tmp_path / "other", hub.port)
        away = open_town(tmp_path / "away", code="990027", name="波音町")
        make_machines(away, [Plan(folder=other.folder, name="よそのハブ", part=Part.HUB)])
        other.start()
        try:
            until(partial(hub_is, here, "ハブの鍵が、教えられているものと違います"))
        finally:
            other.stop()

        here.stop()
        found = said(here)
        assert found.keys() >= {"screens", "sync", "language"}
        assert "systemctl status kairan-web" in found["screens"]
        listening = [sys.executable, "-m", "http.server", str(here.port), "--bind", "127.0.0.1"]
        with subprocess.Popen(
            listening, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as stranger:
            try:
                until(lambda: "port" in said(here))
                assert "ほかのものが使っています" in said(here)["port"]
            finally:
                stranger.terminate()
