"""A town may do without what the law leaves to it: letters to those who look for staff."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kiosk_ui.app import create_app
from node.boards.job import JOB as JOB_BOARD
from node.mail.letters import open_for_letters
from node.node import NotAllowed, NotSignedIn, open_node
from node.people import begin, let_in
from node.pins import Pins
from node.post import Post
from node.reading import begin_reading
from node.sealed import all_sealed
from node.switching import NoReason, letters_are_off, switch_off, switch_on
from sync.account import Account, Duty
from sync.decision import REASON_CHARACTERS_MAX
from sync.sealed_record import LETTER
from tests.kiosk_ui.reading import elements, typed, words
from tests.kiosk_ui.test_letters import ANSWER, MESSAGE, job, keeper, opened, read, six_words, write
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, NOW, PIN, Town
from tests.node.builders import JOB_FIELDS
from tests.node.test_subscribing import TwoTowns

__all__ = ["job", "keeper"]  # they are fixtures

WHAT, PAGE = "letters/job", "/switches/letters/job"
REASON = "県の労働局に、令和8年11月に確かめたため"


@pytest.fixture
def staff(town: Town, desk: FlaskClient) -> Account:
    made = begin(town.office, "佐藤")
    Pins(town.office.settings.folder).choose(made.address, PIN)
    begin_reading(town.office)
    sign_in(desk, made)
    return made


def off(town: Town, staff: Account) -> None:
    switch_off(town.office, WHAT, REASON, by=staff)
    town.exchange()


def test_staff_give_a_reason_see_what_it_does_and_then_it_is_off_for_the_whole_town(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account, job: Post
) -> None:
    there = "応募する・質問する"
    assert "取りついでいます" in words(desk.get("/handling"))
    asked = desk.get(PAGE)
    assert "募集情報等提供" in words(asked)
    sure = desk.post(f"{PAGE}/off", data=typed(asked) | {"reason": REASON})
    assert "取りつがないことにしますか" in words(sure)
    assert REASON in words(sure)
    assert not letters_are_off(town.office, JOB_BOARD), "nothing is done yet"
    done = desk.post(f"{PAGE}/off", data=typed(sure), follow_redirects=True)
    assert "取りつがないことにしました" in words(done)
    assert f"取りついでいません。わけ：{REASON}（霧沢町役場）" in words(done)
    page = f"/records/{job.address}"
    assert there in words(browser.get(page)), "the centre hasn't heard of it"
    town.exchange()
    for visitor in (browser, desk):
        said = words(visitor.get(page))
        assert there not in said
        assert "ここから手紙を送れません" in said
        assert f"{REASON}（霧沢町役場）" in said
        assert "お電話ください。" in said, "how to reach the employer"
        assert "/write" not in visitor.get(page).text
    decided = words(browser.get("/decisions"))
    assert "町では使わない：「求人」への手紙" in decided
    assert REASON in decided
    assert "佐藤" in decided


def test_the_forms_address_refuses_and_says_why_and_what_was_typed_stays(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account, job: Post
) -> None:
    page = f"/records/{job.address}/write"
    form = typed(browser.get(page)) | {"message": MESSAGE}
    off(town, staff)
    refused = browser.post(page, data=form)
    assert refused.status_code == 403
    assert "こうした手紙を取りつがないことにしたので、送れませんでした" in words(refused)
    assert REASON in words(refused)
    assert MESSAGE in refused.text
    bare = typed(browser.get("/")) | {"message": MESSAGE}
    for answer in (browser.get(page), browser.post(page, data=bare)):
        assert answer.status_code == 403
        assert "この町では、ここから手紙を送れません" in words(answer)
        assert "f-message" not in answer.text
    assert all_sealed(town.kamigo, LETTER) == []


def test_letters_that_were_written_are_read_and_answered_and_nothing_new_is_passed_on(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account, job: Post
) -> None:
    receipt = six_words(write(desk, job))
    off(town, staff)
    page = opened(browser, job)
    assert MESSAGE in words(page)
    (answer_at,) = [
        form["action"] for form in elements(page, "form") if "answer" in form.get("action", "")
    ]
    browser.post(answer_at, data=typed(page) | {"message": ANSWER})
    town.exchange()
    told = read(desk, receipt)
    assert ANSWER in words(told)
    assert "つづきは送れません" in words(told)
    assert "f-message" not in told.text
    slip = {"typed": receipt, "message": "では土曜に伺います。"}
    refused = desk.post("/receipt", data=typed(desk.get("/receipt")) | slip)
    assert refused.status_code == 422
    assert "つづきは送れません" in words(refused)
    assert "では土曜に伺います。" in refused.text, "what was typed isn't lost"
    assert len(all_sealed(town.office, LETTER)) == 2


def test_other_boards_letters_go_on(
    town: Town, browser: FlaskClient, staff: Account, keeper: Account
) -> None:
    off(town, staff)
    event = town.post("event", **EVENT)
    assert "問い合わせる" in words(browser.get(f"/records/{event.address}"))
    assert write(browser, event).status_code == 200


def test_it_is_switched_on_again_and_both_stay_readable(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account, job: Post
) -> None:
    off(town, staff)
    asked = desk.get(PAGE)
    assert "また取りつぎますか" in words(asked)
    assert REASON in words(asked)
    done = desk.post(f"{PAGE}/on", data=typed(asked), follow_redirects=True)
    assert "取りついでいます" in words(done)
    town.exchange()
    assert write(browser, job).status_code == 200
    decided = words(browser.get("/decisions"))
    assert REASON in decided
    assert "また使うようにした：" in decided


@pytest.mark.parametrize("reason", ["", " 　", "あ" * (REASON_CHARACTERS_MAX + 1)])
def test_without_a_reason_that_fits_nothing_is_switched_off(
    town: Town, desk: FlaskClient, staff: Account, reason: str
) -> None:
    form = typed(desk.get(PAGE)) | {"reason": reason, "sure": "1"}
    refused = desk.post(f"{PAGE}/off", data=form)
    assert refused.status_code == 422
    assert reason.strip() in refused.text
    with pytest.raises(NoReason):
        switch_off(town.office, WHAT, reason, by=staff)
    assert not letters_are_off(town.office, JOB_BOARD)


def test_it_is_the_offices_staff_who_decide_and_only_what_there_is(
    town: Town, browser: FlaskClient, desk: FlaskClient, keeper: Account, staff: Account
) -> None:
    club = let_in(town.office, "商工会", Duty.ORGANISATION, frozenset({"job"}), by=staff)
    for answer in (browser.get(PAGE), browser.post(f"{PAGE}/off", data={"reason": REASON})):
        assert answer.status_code == 403
    form = typed(desk.get(PAGE))
    for what in ("letters/event", "letters/nothing", "roster"):
        assert desk.get(f"/switches/{what}").status_code == 404
        assert desk.post(f"/switches/{what}/off", data=form | {"reason": "x"}).status_code == 404
        with pytest.raises(KeyError):
            switch_off(town.office, what, REASON, by=staff)
    assert desk.post(f"{PAGE}/off", data={"reason": REASON, "sure": "1"}).status_code == 403
    desk.post("/sign-out", data=form)
    for answer in (desk.get(PAGE), desk.post(f"{PAGE}/on"), desk.post(f"{PAGE}/off")):
        assert answer.status_code == 303
    for node, by in ((town.office, club), (town.office, None), (town.kamigo, keeper)):
        with pytest.raises((NotSignedIn, NotAllowed)):
            switch_off(node, WHAT, REASON, by=by)
    assert not letters_are_off(town.kamigo, JOB_BOARD)


def test_a_centre_that_came_by_it_takes_it_back_for_nobody(
    town: Town, keeper: Account, staff: Account
) -> None:
    off(town, staff)
    with pytest.raises(NotSignedIn):
        switch_on(town.kamigo, WHAT, by=keeper)
    assert letters_are_off(town.kamigo, JOB_BOARD)


def test_views_that_are_made_anew_know_it_and_so_does_the_next_start(
    town: Town, staff: Account
) -> None:
    off(town, staff)
    town.kamigo.rebuild()
    assert letters_are_off(town.kamigo, JOB_BOARD)
    again = open_node(town.kamigo.settings.folder)
    assert letters_are_off(again, JOB_BOARD)
    again.database.close()


def test_a_machine_whose_tables_are_of_software_before_it_learns_it_when_it_is_made_new(
    town: Town, staff: Account
) -> None:
    """As older software leaves its views: without the table, the record one of no board."""
    off(town, staff)
    connection = town.kamigo.database.connection
    connection.execute("DROP TABLE switches")
    connection.commit()
    again = open_node(town.kamigo.settings.folder)
    assert letters_are_off(again, JOB_BOARD)
    again.database.close()


def test_a_town_that_reads_another_keeps_its_own_letters_and_never_hears_of_it(
    tmp_path: Path,
) -> None:
    towns = TwoTowns(tmp_path)
    towns.subscribe()
    staff = begin(towns.a_office, "浜の職員")
    switch_off(towns.a_office, WHAT, REASON, by=staff)
    towns.exchange()
    assert letters_are_off(towns.a_node, JOB_BOARD)
    for node in (towns.b_office, towns.b_node):
        assert not letters_are_off(node, JOB_BOARD)
        assert node.views.switches.of(towns.a_office.settings.town) == []
    begin(towns.b_node, "山田")
    begin_reading(towns.b_node)
    own = towns.b_node.add(JOB_BOARD, JOB_FIELDS)
    open_for_letters(towns.b_node, own)
    visitor = create_app(towns.b_node, now=lambda: NOW).test_client()
    assert write(visitor, own).status_code == 200


def test_what_the_town_has_none_of_is_said_where_switches_are(
    town: Town, desk: FlaskClient, staff: Account
) -> None:
    said = words(desk.get("/handling"))
    assert "避難するときに手助けが要る方の名簿 ありません。" in said
