"""The machines that stand where the town's keys are: an office and a hub, made by command."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.hub import open_hub
from node.membership import Membership
from node.node import open_node
from node.pins import FIRST, Pins
from provisioning import machine_commands
from provisioning.authority import open_authority
from provisioning.town import make_machines
from sync.certificate import Role
from sync.machine.pin import read_pin
from sync.machine.settings import SETTINGS_FILE, Part, read_settings
from tests.cli.kairan import Said, message
from tests.provisioning.test_authority import Desk
from tests.provisioning.test_seeds import provision


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def made(desk: Desk, what: str, name: str, *words: object, out: str = "made") -> Said:
    return provision(desk, what, "--name", name, "--out", desk.folder / out, *words)


def test_a_new_town_has_its_hub_and_its_office_by_commands_alone(desk: Desk) -> None:
    said = made(desk, "hub", "霧沢ハブ", out="hub")
    assert (said.code, said.err) == (0, "")
    hub = open_hub(desk.folder / "hub")
    pins = [word for word in said.out.split() if len(word) == 44 and word.endswith("=")]
    told = [word for pin in pins for word in ("--hub-pin", pin)]
    said = made(desk, "office", "霧沢町役場", "--hub", "https://hub:8700", *told, out="office")
    assert (said.code, said.err) == (0, "")
    office = open_node(desk.folder / "office")
    town, trust = office.settings.town, office.ledger.trust()
    assert office.settings.part is Part.OFFICE
    assert office.settings.hub_pins == tuple(map(read_pin, pins))
    assert len(office.settings.hub_pins) == 2
    assert office.membership is Membership.MEMBER
    assert trust.roles(office.identity.public, town) == {Role.OFFICE}
    assert trust.roles(hub.identity.public, town) == {Role.HUB}


def test_whoever_begins_at_the_office_has_a_code(desk: Desk) -> None:
    said = made(desk, "office", "霧沢町役場")
    code = said.out.split("（1回だけ使えます）: ")[1].split("\n")[0].replace(" ", "")
    assert not Pins(desk.folder / "made").try_(FIRST, code), "a code, and no PIN yet"


def test_asked_what_it_would_make_it_makes_nothing(desk: Desk) -> None:
    before = open_authority(desk.authority).said
    assert "まだ作っていません" in made(desk, "office", "霧沢町役場", "--dry-run").out
    assert not (desk.folder / "made").exists()
    assert open_authority(desk.authority).said == before


def test_what_is_there_stays(desk: Desk) -> None:
    assert made(desk, "office", "霧沢町役場").code == 0
    before = read_settings(desk.folder / "made")
    assert "もうあります" in message(made(desk, "hub", "霧沢ハブ"))
    assert "この町にもうあります" in message(made(desk, "hub", "霧沢町役場", out="other"))
    assert read_settings(desk.folder / "made") == before
    (desk.folder / "somebodys").mkdir()
    assert "もうあります" in message(made(desk, "office", "出張所", out="somebodys"))


@pytest.mark.parametrize("name", ["", "あ" * 101, "a/b", ".隠し"])
def test_a_name_that_cannot_be_is_refused(desk: Desk, name: str) -> None:
    assert message(made(desk, "office", name))
    assert not (desk.folder / "made").exists()


def test_one_that_the_power_left_half_made_is_finished_with_the_same_key(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(Exception):
        pass

    def then_dark(*told: object, made: Callable[..., None] = make_machines) -> None:
        made(*told)
        (desk.folder / "made" / SETTINGS_FILE).unlink()
        raise Cut

    with monkeypatch.context() as dark:
        dark.setattr(machine_commands, "make_machines", then_dark)
        with pytest.raises(Cut):
            made(desk, "office", "霧沢町役場")
    assert made(desk, "office", "霧沢町役場").code == 0
    office = open_node(desk.folder / "made")
    certified = open_authority(desk.authority).trust
    assert certified.roles(office.identity.public, office.settings.town) == {Role.OFFICE}
    assert len(set(certified.keys())) == 2, "its own and its feed's, once"
