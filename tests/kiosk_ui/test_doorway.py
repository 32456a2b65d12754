"""A neighbour says that something changed there; the process that exchanges hears of it."""

from flask.testing import FlaskClient

from node.lan.bell import Bell, Heard
from sync import cose
from sync.announcement import announce
from sync.machine.keys import Identity, make_identity
from tests.kiosk_ui.town import Town

DIGEST = bytes(range(8))


def word(sender: Identity, to: Identity) -> bytes:
    return announce(key=sender.private, to=to.public, digest=DIGEST, port=8701)


def test_a_word_of_a_machine_of_the_town_is_handed_on(browser: FlaskClient, town: Town) -> None:
    bell = Bell(town.kamigo.settings.folder)
    said = word(town.office.identity, town.kamigo.identity)
    answer = browser.post("/sync/changed", data=said, headers={"Origin": "http://elsewhere"})
    assert (answer.status_code, answer.data) == (204, b"")
    assert bell.hear(1.0) == Heard(
        machine=cose.short(town.office.identity.public),
        digest=DIGEST,
        url="http://127.0.0.1:8701",
    )
    bell.close()


def test_where_nobody_listens_the_neighbour_is_told_to_come_itself(
    browser: FlaskClient, town: Town
) -> None:
    said = word(town.office.identity, town.kamigo.identity)
    assert browser.post("/sync/changed", data=said).status_code == 503


def test_strangers_forgers_and_words_for_others_are_not_handed_on(
    browser: FlaskClient, town: Town
) -> None:
    bell = Bell(town.kamigo.settings.folder)
    true = word(town.office.identity, town.kamigo.identity)
    for said, status in (
        (word(make_identity(), town.kamigo.identity), 403),
        (word(town.office.identity, town.office.identity), 403),
        (true[:-1] + bytes([true[-1] ^ 1]), 400),
        (b"", 400),
        (b"knock", 400),
        (bytes(9_000_000), 400),
    ):
        assert browser.post("/sync/changed", data=said).status_code == status
    assert bell.hear(0.1) is None
    bell.close()
