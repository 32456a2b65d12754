"""What is done with what concerns people, as an official prints it."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from node.backup.local import decode, encode, gather, put_back
from node.handling import HANDLING_FILE, NOTE_CHARACTERS_MAX, handled, notes, write_notes
from node.mail.ending import LETTERS_DAYS
from node.people import begin
from node.pins import Pins
from node.retaining import in_words
from sync import cbor
from sync.account import Account
from sync.errors import Malformed
from sync.sealed_record import SEALED_KINDS
from tests.kiosk_ui.reading import typed, words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import PIN, Town

PROCESSORS = "霧沢データ株式会社（ハブを置く）。令和8年4月1日の契約による。"


@pytest.fixture
def staff(town: Town, desk: FlaskClient) -> Account:
    made = begin(town.office, "佐藤")
    Pins(town.office.settings.folder).choose(made.address, PIN)
    sign_in(desk, made)
    return made


def test_it_says_of_each_board_and_of_letters_when_they_go(
    town: Town, desk: FlaskClient, staff: Account
) -> None:
    page = words(desk.get("/handling"))
    for board in town.office.boards.values():
        assert board.purpose in page
        assert in_words(board) in page
    assert f"終わってから{LETTERS_DAYS}日" in page
    assert len(list(handled(town.office.boards))) >= len(town.office.boards) + len(SEALED_KINDS)


def test_what_the_town_writes_stays_until_it_is_written_over(
    town: Town, desk: FlaskClient, staff: Account
) -> None:
    assert "まだ書いてありません" in words(desk.get("/handling"))
    form = typed(desk.get("/handling"))
    answer = desk.post("/handling", data=form | {"processors": PROCESSORS, "window": "総務係"})
    assert answer.status_code == 303
    assert PROCESSORS in words(desk.get("/handling"))
    assert notes(town.office.settings.folder) == {"processors": PROCESSORS, "window": "総務係"}
    desk.post("/handling", data=form | {"processors": "", "window": "あ" * 5_000})
    assert notes(town.office.settings.folder) == {"window": "あ" * NOTE_CHARACTERS_MAX}


def test_it_is_the_offices_staff_that_writes_and_reads_it(
    town: Town, browser: FlaskClient, desk: FlaskClient, keeper: Account
) -> None:
    assert desk.get("/handling").status_code == 303
    assert desk.post("/handling", data={"window": "だれか"}).status_code == 303
    sign_in(browser, keeper)
    assert browser.get("/handling").status_code == 403
    assert notes(town.office.settings.folder) == {}


def test_a_form_without_the_mark_of_its_page_changes_nothing(
    town: Town, desk: FlaskClient, staff: Account
) -> None:
    assert desk.post("/handling", data={"window": "だれか"}).status_code == 403
    assert notes(town.office.settings.folder) == {}


def test_it_comes_back_from_a_backup_also_of_before_there_was_such_a_thing(town: Town) -> None:
    write_notes(town.office.settings.folder, {"window": "総務係"})
    encoded = encode(gather(town.office))
    assert "個人の情報の扱い" in put_back(town.kamigo, decode(encoded))
    assert notes(town.kamigo.settings.folder) == {"window": "総務係"}
    before: Any = cbor.decode(encoded, bytes_max=len(encoded))
    old = decode(cbor.encode({key: before[key] for key in range(1, 7)}))
    assert (old.call, old.handling) == (b"", b"")
    with pytest.raises(Malformed):
        decode(cbor.encode({**before, 8: "text"}))


@pytest.mark.parametrize("content", [b"", b"[", b"[]", b'{"window": 3}', b"\xff"])
def test_a_damaged_file_stops_nothing(
    town: Town, desk: FlaskClient, staff: Account, content: bytes
) -> None:
    (town.office.settings.folder / HANDLING_FILE).write_bytes(content)
    assert desk.get("/handling").status_code == 200
