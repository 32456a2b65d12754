"""A machine's first start, far from the desk: by a seed, or by the QR that it shows."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk_ui.app import create_app
from node.membership import Membership
from node.node import NotAllowed, open_node
from provisioning.authority import open_authority
from provisioning.sealed_key import Place
from sync import cbor
from sync.joining import ask_to_join, read_request
from sync.letters import fingerprint
from sync.machine import enrolling
from sync.machine.keys import load_identity, make_identity, save_identity
from sync.machine.opening import read_statements
from sync.machine.settings import KEY_FILE, SEED_FILE, STATEMENTS_FILE, NotProvisioned
from sync.statement import read_statement
from tests.cli.kairan import here, message
from tests.node.builders import CHOIR, TOWN, meet, post_event, titles
from tests.provisioning.test_authority import NEXT, RESERVE, Desk
from tests.provisioning.test_paper import scanned


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def seeded(desk: Desk, name: str = "上郷公民館") -> Path:
    folder = desk.folder / f"種-{name}"
    desk.said("seed", "--name", name, "--out", folder)
    return folder


def copied(folder: Path, name: str) -> Path:
    """The same disk again, in another machine."""
    there = folder.with_name(name)
    there.mkdir()
    for file in folder.iterdir():
        (there / file.name).write_bytes(file.read_bytes())
    return there


def test_a_machine_with_a_seed_is_a_member_at_its_first_start_with_no_line(desk: Desk) -> None:
    office = desk.machine("役場", "office")
    folder = seeded(desk)
    assert not (folder / KEY_FILE).exists()
    node = open_node(folder)
    assert node.membership is Membership.MEMBER
    post_event(node)
    assert titles(node) == [CHOIR["title"]]
    meet(node, office)  # which has never heard of it, nor of its seed
    assert titles(office) == [CHOIR["title"]]
    assert office.ledger.trust().name(node.identity.public) == "上郷公民館"


def test_of_the_seed_nothing_is_left(desk: Desk) -> None:
    folder = seeded(desk)
    secret = (folder / SEED_FILE).read_bytes().splitlines()[1]
    open_node(folder)
    assert not (folder / SEED_FILE).exists()
    assert not any(secret in path.read_bytes() for path in folder.iterdir())


def test_a_second_start_changes_nothing(desk: Desk) -> None:
    folder = seeded(desk)
    first = open_node(folder).identity.public
    before = (folder / STATEMENTS_FILE).read_bytes()
    assert open_node(folder).identity.public == first
    assert (folder / STATEMENTS_FILE).read_bytes() == before


class PowerCut(Exception):
    pass


def cut_before(function: Callable[..., object]) -> Callable[..., object]:
    def cut(*_: object, **__: object) -> object:
        raise PowerCut(function)

    return cut


@pytest.mark.parametrize("moment", ["keep_key", "enrol", "write_whole", "_wipe"])
def test_wherever_the_power_goes_one_seed_makes_one_machine(
    desk: Desk, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = seeded(desk)
    with monkeypatch.context() as patched:
        patched.setattr(enrolling, moment, cut_before(getattr(enrolling, moment)))
        with pytest.raises(PowerCut):
            enrolling.grow_up(folder)
    key = load_identity(folder / KEY_FILE).public if (folder / KEY_FILE).exists() else None
    node = open_node(folder)
    assert key in (None, node.identity.public)
    assert not (folder / SEED_FILE).exists()
    children = {
        s.certificate.key
        for s in map(read_statement, read_statements(folder / STATEMENTS_FILE))
        if s.certificate and s.certificate.by
    }
    assert children == {node.identity.public}
    assert node.membership is Membership.MEMBER


@pytest.mark.parametrize("left", [b"", bytes(119), bytes(60) + b"half of it"])
def test_a_seed_that_was_half_wiped_is_wiped(desk: Desk, left: bytes) -> None:
    folder = seeded(desk)
    key = open_node(folder).identity.public
    (folder / SEED_FILE).write_bytes(left)
    assert open_node(folder).identity.public == key
    assert not (folder / SEED_FILE).exists()


def test_a_seed_without_its_certificate_is_refused_and_stays(desk: Desk) -> None:
    folder = seeded(desk)
    save_identity(make_identity(), folder / SEED_FILE)
    with pytest.raises(NotProvisioned):
        open_node(folder)
    assert (folder / SEED_FILE).exists()


def test_two_processes_that_start_at_once_make_one_machine(desk: Desk) -> None:
    folder = seeded(desk)
    children = []
    for _ in range(6):
        child = os.fork()
        if child == 0:
            try:
                enrolling.grow_up(folder)
            finally:
                os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 6
    node = open_node(folder)
    (own,) = node.ledger.trust().certificates(node.identity.public)
    assert own.by is not None
    assert node.ledger.trust().in_doubt == {}
    assert node.membership is Membership.MEMBER


def test_a_copied_seed_is_found_out_and_settled_at_the_office_by_fingerprint(desk: Desk) -> None:
    office, folder = desk.machine("役場", "office"), seeded(desk)
    copy = copied(folder, "写し")
    node, thief = open_node(folder), open_node(copy)
    post_event(node)
    post_event(thief, title="嘘の行事")
    for machine in (node, thief, node):
        meet(machine, office)
    for machine in (node, thief):
        assert machine.membership is Membership.IN_DOUBT
        own = fingerprint(machine.identity.public)
        told = here("status", "--data", machine.settings.folder).out
        assert f"指紋「{own}」" in told
        assert own in create_app(machine).test_client().get("/").text
    listed = here("confirm", "--data", office.settings.folder).out
    assert "2台できています" in listed
    assert (
        "「上郷公民館」と名のる機械が2台以上"
        in here("status", "--data", office.settings.folder).out
    )
    assert "確かめ待ち" in desk.said("list", "--machine", office.settings.folder)
    # a keeper reads the fingerprint to the office over the telephone
    own = fingerprint(node.identity.public).lower().replace("0", "o")
    done = here("confirm", "--data", office.settings.folder, own)
    assert (done.code, done.err) == (0, "")
    meet(node, office)
    assert node.membership is Membership.MEMBER
    assert titles(office) == titles(node) == [CHOIR["title"]]
    with pytest.raises(Exception, match="unknown"):
        meet(thief, office)
    assert here("confirm", "--data", office.settings.folder).out.startswith("確かめ待ちの機械は")


def test_only_an_office_confirms_and_only_whom_there_is(desk: Desk) -> None:
    office, folder = desk.machine("役場", "office"), seeded(desk)
    copy = copied(folder, "写し")
    node, thief = open_node(folder), open_node(copy)
    meet(node, office)
    meet(thief, office)
    meet(thief, office)
    wanted = fingerprint(thief.identity.public)
    assert "役場の機械だけ" in message(here("confirm", "--data", thief.settings.folder, wanted))
    unknown = fingerprint(make_identity().public)
    assert "確かめ待ちの機械はありません" in message(
        here("confirm", "--data", office.settings.folder, unknown)
    )


def test_after_the_daily_key_was_replaced_an_enrolled_machine_is_certified_by_the_next(
    desk: Desk,
) -> None:
    office, node = desk.machine("役場", "office"), open_node(seeded(desk))
    post_event(node)
    meet(node, office)
    at = ("--machine", office.settings.folder)
    desk.said("replace", "--key", desk.key(Place.RESERVE), *at, passphrases=(RESERVE, NEXT))
    meet(node, office)
    assert node.membership is Membership.MEMBER
    assert titles(office) == titles(node) == [CHOIR["title"]]


def test_the_seed_of_a_machine_that_was_stolen_makes_no_other(desk: Desk) -> None:
    office, folder = desk.machine("役場", "office"), seeded(desk)
    found_on_the_disk = copied(folder, "泥棒の機械")
    node = open_node(folder)
    post_event(node)
    meet(node, office)
    at = ("--machine", office.settings.folder)
    desk.said("revoke", "上郷公民館", "--keep", "held", *at)
    assert titles(office) == [CHOIR["title"]]
    thief = open_node(found_on_the_disk)
    with pytest.raises(Exception, match="unknown"):
        meet(thief, office)
    assert office.ledger.trust().certificates(thief.identity.public) == ()


def test_a_used_seed_is_of_no_use_after_the_daily_key_was_replaced(desk: Desk) -> None:
    office, folder = desk.machine("役場", "office"), seeded(desk)
    copy = copied(folder, "写し")
    node = open_node(folder)
    meet(node, office)
    at = ("--machine", office.settings.folder)
    desk.said("replace", "--key", desk.key(Place.RESERVE), *at, passphrases=(RESERVE, NEXT))
    statements = b"".join(map(cbor.encode, open_authority(desk.authority).standing()))
    (copy / STATEMENTS_FILE).write_bytes(statements)
    with pytest.raises(NotProvisioned):
        open_node(copy)
    meet(node, office)
    assert node.membership is Membership.MEMBER


# by the QR that a machine shows


def blank(desk: Desk, name: str = "下郷公民館") -> Path:
    folder = desk.folder / name
    desk.said("seed", "--blank", "--name", name, "--out", folder, passphrases=())
    return folder


def test_a_machine_without_a_seed_shows_a_qr_and_what_was_signed_comes_back_by_any_road(
    desk: Desk,
) -> None:
    office, node = desk.machine("役場", "office"), open_node(blank(desk))
    assert node.membership is Membership.STRANGER
    browser = create_app(node).test_client()
    assert 'href="/joining"' in browser.get("/").text
    page = browser.get("/joining").text
    own = fingerprint(node.identity.public)
    assert own in page
    text = scanned(page)
    said = desk.said("certify", "--request", text, "--fingerprint", own)
    assert "下郷公民館（node）" in said
    back = here("import", "--data", node.settings.folder, desk.authority / "statements.kairan")
    assert back.code == 0
    assert "この機械は、町の仲間に入りました。" in back.out
    assert node.membership.value == "member"
    assert browser.get("/joining").status_code == 404
    post_event(node)
    meet(node, office)
    assert titles(office) == [CHOIR["title"]]


def test_it_comes_back_by_a_phone_too(desk: Desk) -> None:
    node = open_node(blank(desk))
    text = ask_to_join(node.settings.name, TOWN, node.identity.private)
    desk.said("certify", "--request", text, "--fingerprint", fingerprint(node.identity.public))
    with (desk.authority / "statements.kairan").open("rb") as file:
        browser = create_app(node).test_client()
        thanks = browser.post(
            "/carry",
            data={"file": (file, "statements.kairan")},
            content_type="multipart/form-data",
            headers={"Sec-Fetch-Site": "same-origin"},
            follow_redirects=True,
        )
    assert node.membership is Membership.MEMBER
    assert "この機械は、町の仲間に入りました。" in thanks.text


def test_it_comes_back_on_a_stick_too(desk: Desk) -> None:
    node = open_node(blank(desk))
    text = ask_to_join(node.settings.name, TOWN, node.identity.private)
    desk.said("certify", "--request", text, "--fingerprint", fingerprint(node.identity.public))
    stick = desk.folder / "stick"
    (stick / "kairan").mkdir(parents=True)
    shutil.copy(desk.authority / "statements.kairan", stick / "kairan")
    said = here("carrier", "--data", node.settings.folder, stick)
    assert said.code == 0
    assert "この機械は町の仲間に入り、" in said.out
    assert "町の仲間に入り" not in here("carrier", "--data", node.settings.folder, stick).out


def test_it_comes_back_by_a_line_too(desk: Desk) -> None:
    office, node = desk.machine("役場", "office"), open_node(blank(desk))
    text = ask_to_join(node.settings.name, TOWN, node.identity.private)
    own = fingerprint(node.identity.public)
    at = ("--machine", office.settings.folder)
    with pytest.raises(Exception, match="unknown"):
        meet(node, office)
    desk.said("certify", "--request", text, "--fingerprint", own, *at)
    meet(node, office)
    assert node.membership is Membership.MEMBER


def test_a_request_whose_fingerprint_is_another_is_refused(desk: Desk) -> None:
    """Whoever bore it may have brought one of their own in its place."""
    text = ask_to_join("下郷公民館", TOWN, make_identity().private)
    other = fingerprint(make_identity().public)
    said = desk.refused("certify", "--request", text, "--fingerprint", other)
    assert "指紋が違います" in said


def test_a_request_that_was_changed_is_refused(desk: Desk) -> None:
    text = ask_to_join("下郷公民館", TOWN, make_identity().private)
    for wrong in (text[:-1], text[:40] + ("0" if text[40] != "0" else "1") + text[41:], "なにか"):
        said = desk.refused("certify", "--request", wrong, "--fingerprint", "0000")
        assert "読み取り直してください" in said
    abroad = ask_to_join("下郷公民館", "131016", make_identity().private)
    assert "ほかの町" in desk.refused("certify", "--request", abroad, "--fingerprint", "0000")
    assert read_request(text.lower().replace(" ", "")).name == "下郷公民館"


def test_a_machine_that_is_no_member_takes_no_posts(desk: Desk) -> None:
    """They would be acknowledged, and stand nowhere."""
    node = open_node(blank(desk))
    with pytest.raises(NotAllowed):
        post_event(node)


def test_a_machine_that_ran_and_lost_its_key_is_given_no_other(desk: Desk) -> None:
    folder = seeded(desk)
    open_node(folder)
    (folder / KEY_FILE).unlink()
    with pytest.raises(NotProvisioned):
        open_node(folder)
