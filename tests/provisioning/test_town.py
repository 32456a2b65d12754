"""A town's machines are made at the desk, once, and know each other."""

import stat
from pathlib import Path

import pytest

from node.node import open_node
from provisioning.sealed_key import Place
from provisioning.town import Plan, Town, make_machines, open_town
from sync.certificate import CLASSES_OF, Role
from sync.machine.keys import load_identity
from sync.machine.opening import read_statements
from sync.machine.pin import TLS_FILE
from sync.machine.settings import (
    FEED_KEY_FILE,
    KEY_FILE,
    SETTINGS_FILE,
    STATEMENTS_FILE,
    NotProvisioned,
    Part,
    read_address,
    read_settings,
)
from sync.machine.tls import NEXT_TLS_FILE, pins
from sync.statement import read_statement

CODE, NAME = "990019", "霧沢町"


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return open_town(tmp_path / "authority", code=CODE, name=NAME)


def plans(folder: Path) -> list[Plan]:
    return [
        Plan(folder=folder / "hub", name="ハブ", part=Part.HUB),
        Plan(folder=folder / "office", name="役場", part=Part.OFFICE, hub="http://hub:8700"),
        Plan(
            folder=folder / "kamigo",
            name="上郷",
            part=Part.NODE,
            hub="https://hub.example/kairan",
            peers=["http://192.0.2.7:8702"],
            offer_seconds=5,
        ),
    ]


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_making_a_town_twice_changes_not_a_byte(town: Town, tmp_path: Path) -> None:
    make_machines(town, plans(tmp_path))
    before = content(tmp_path)
    again = open_town(tmp_path / "authority", code=CODE, name=NAME)
    make_machines(again, plans(tmp_path))
    assert content(tmp_path) == before


def test_a_key_is_read_by_its_owner_alone(town: Town, tmp_path: Path) -> None:
    make_machines(town, plans(tmp_path))
    closed = [town.desk.key_file(place) for place in Place]
    keys = [
        *(tmp_path / name / KEY_FILE for name in ("hub", "office", "kamigo")),
        tmp_path / "office" / FEED_KEY_FILE,
    ]
    tls = [tmp_path / "hub" / name for name in (TLS_FILE, NEXT_TLS_FILE)]
    assert {path for path in content(tmp_path) if path.suffix == ".key"} == {*keys, *closed}
    assert {path for path in content(tmp_path) if path.suffix == ".pem"} == set(tls)
    assert {stat.S_IMODE(path.stat().st_mode) for path in [*keys, *closed, *tls]} == {0o600}
    assert len({load_identity(path).public for path in keys}) == 4


def test_every_machine_is_certified_for_what_it_is_and_no_more(town: Town, tmp_path: Path) -> None:
    make_machines(town, plans(tmp_path))
    for name in ("hub", "office", "kamigo"):  # each knows all
        statements = map(read_statement, read_statements(tmp_path / name / STATEMENTS_FILE))
        certificates = [s.certificate for s in statements if s.certificate]
        assert sorted((c.counter, c.name, c.role) for c in certificates) == [
            (1, "ハブ", Role.HUB),
            (2, "役場", Role.OFFICE),
            (3, "役場", Role.FEED),
            (4, "上郷", Role.NODE),
        ]
        assert all(c.towns == {CODE} and c.classes == CLASSES_OF[c.role] for c in certificates)


def test_settings_say_what_was_planned(town: Town, tmp_path: Path) -> None:
    make_machines(town, plans(tmp_path))
    settings = read_settings(tmp_path / "kamigo")
    assert (settings.name, settings.part, settings.town) == ("上郷", Part.NODE, CODE)
    assert settings.town_names == {CODE: NAME}
    assert settings.authorities == {CODE: town.desk.first}
    assert settings.hub == "https://hub.example/kairan"
    assert settings.peers == ("http://192.0.2.7:8702",)
    assert settings.offer_seconds == 5
    assert read_settings(tmp_path / "hub").hub is None


def test_machines_are_told_the_keys_of_the_hub_that_is_made_beside_them(
    town: Town, tmp_path: Path
) -> None:
    make_machines(town, plans(tmp_path))
    assert read_settings(tmp_path / "kamigo").hub_pins == pins(tmp_path / "hub")
    assert read_settings(tmp_path / "office").hub_pins == ()  # its plan says http://


def test_a_hub_may_be_planned_without_keys(town: Town, tmp_path: Path) -> None:
    make_machines(town, [Plan(folder=tmp_path / "hub", name="ハブ", part=Part.HUB, plain=True)])
    assert pins(tmp_path / "hub") == ()


@pytest.mark.parametrize("name", ['「"上郷"」', "C:\\kairan", "上郷\n公民館", "\t\x7f", "🏔"])
def test_a_machine_may_have_any_name(town: Town, tmp_path: Path, name: str) -> None:
    make_machines(town, [Plan(folder=tmp_path / "node", name=name, part=Part.NODE)])
    assert read_settings(tmp_path / "node").name == name
    node = open_node(tmp_path / "node")
    assert node.ledger.trust().name(node.identity.public) == name


DAMAGED = {
    "not TOML": "name = ",
    "no role": 'name = "上郷"\ntowns = ["990019"]\n[authorities]\n',
    "a role unknown": 'name = "上郷"\nrole = "king"\ntowns = ["990019"]\n[authorities]\n',
    "a town that is none": 'name = "上郷"\nrole = "node"\ntowns = ["990010"]\n[authorities]\n',
    "no town": 'name = "上郷"\nrole = "node"\ntowns = []\n[authorities]\n',
    "a key that is none": 'name = "上郷"\nrole = "node"\ntowns = ["990019"]\n'
    '[authorities]\n990019 = ["zz"]\n',
    "a hub without an address": 'name = "上郷"\nrole = "node"\ntowns = ["990019"]\n'
    'hub = "ftp://hub"\n[authorities]\n',
    "a pin that is none": 'name = "上郷"\nrole = "node"\ntowns = ["990019"]\n'
    'hub = "https://hub"\nhub_pins = ["AAAA"]\n[authorities]\n',
    "a pin that guards nothing": 'name = "上郷"\nrole = "node"\ntowns = ["990019"]\n'
    f'hub = "http://hub"\nhub_pins = ["{"A" * 43}="]\n[authorities]\n',
    "a port that is none": 'name = "上郷"\nrole = "node"\ntowns = ["990019"]\n'
    'peers = ["http://a:99999"]\n[authorities]\n',
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED.keys())
def test_settings_that_cannot_be_read_are_refused_with_their_path(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / SETTINGS_FILE).write_text(text)
    with pytest.raises(NotProvisioned, match=SETTINGS_FILE.replace(".", r"\.") + "|団体コード"):
        read_settings(tmp_path)


@pytest.mark.parametrize(
    "address", ["", "hub", "http://", "http://a:0", "http://[::1", "file:///x"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"http|Port|IPv6"):
        read_address(address)


@pytest.mark.parametrize("file", [KEY_FILE, STATEMENTS_FILE])
def test_a_machine_with_a_damaged_file_says_which(town: Town, tmp_path: Path, file: str) -> None:
    make_machines(town, plans(tmp_path))
    (tmp_path / "kamigo" / file).write_bytes(b"\xff\x00")
    with pytest.raises(NotProvisioned, match=file.replace(".", r"\.")):
        open_node(tmp_path / "kamigo")


def test_papers_of_another_town_are_refused(town: Town, tmp_path: Path) -> None:
    make_machines(town, plans(tmp_path))
    stranger = open_town(tmp_path / "elsewhere", code=CODE, name="偽")
    make_machines(stranger, [Plan(folder=tmp_path / "forged", name="偽", part=Part.OFFICE)])
    forged = (tmp_path / "forged" / STATEMENTS_FILE).read_bytes()
    (tmp_path / "kamigo" / STATEMENTS_FILE).write_bytes(forged)
    with pytest.raises(NotProvisioned, match="証明"):
        open_node(tmp_path / "kamigo")
