"""Who is suspended is out at once, learns why, and comes back only by who may say so."""

import pytest
from flask.testing import FlaskClient

from node.node import NotAllowed, NotSignedIn, edition, open_node
from node.own_lane import write_decision
from node.people import begin, change_rights, let_in, may_change, stop
from node.pins import Pins
from node.suspending import people, reinstate, suspend
from sync.account import WRITE_ACCOUNT, Account, Duty, as_fields
from sync.writing import Draft
from tests.kiosk_ui.reading import typed, words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, PIN, Town


@pytest.fixture
def other(town: Town, keeper: Account) -> Account:
    made = let_in(town.kamigo, "田中 実", Duty.KEEPER, None, by=keeper)
    Pins(town.kamigo.settings.folder).choose(made.address, PIN)
    return made


@pytest.fixture
def staff(town: Town) -> Account:
    return begin(town.office, "佐藤")


def send(browser: FlaskClient, page: str, **more: str | list[str]) -> int:
    mark = {"csrf": typed(browser.get("/people"))["csrf"]}
    return browser.post(page, data=mark | more).status_code


def test_suspended_at_the_screen_the_session_ends_and_the_post_stays(
    town: Town, browser: FlaskClient, keeper: Account, other: Account
) -> None:
    theirs = town.kamigo.add(town.kamigo.boards["event"], EVENT, by=other)
    second = browser.application.test_client()
    sign_in(second, other)
    assert "田中" in words(second.get("/"))
    sign_in(browser, keeper)
    assert send(browser, f"/people/{other.address}/suspend", reason="checking") == 303
    assert "田中 実さん" not in words(second.get("/"))  # at once
    assert EVENT["title"] in words(second.get(f"/records/{theirs.address}"))
    with pytest.raises(NotSignedIn):
        town.kamigo.edit(theirs, {**EVENT, "title": "別の題"}, seen=edition(theirs), by=other)
    told = sign_in(second, other)
    assert told.status_code == 403
    assert "事情を確かめているため" in words(told)
    assert "上郷公民館" in words(told)
    assert "事情を確かめているため" in words(browser.get("/people"))
    assert send(browser, f"/people/{other.address}/reinstate") == 303
    assert sign_in(second, other).status_code == 303


def test_why_is_told_to_nobody_without_the_pin(
    town: Town, browser: FlaskClient, keeper: Account, other: Account
) -> None:
    suspend(town.kamigo, other.address, "rules", by=keeper)
    for answer in (browser.get("/sign-in"), sign_in(browser, other, "111222")):
        assert "守られなかった" not in words(answer)
        assert "いまは入れません" not in words(answer)


def test_what_the_office_suspended_no_centre_lifts(
    town: Town, browser: FlaskClient, keeper: Account, other: Account, staff: Account
) -> None:
    town.exchange()
    assert other.address in {each.address for each in people(town.office)}
    suspend(town.office, other.address, "rules", by=staff)
    assert town.kamigo.account(other.address)  # the line is cut
    town.exchange()
    assert town.kamigo.account(other.address) is None
    with pytest.raises(NotAllowed):
        reinstate(town.kamigo, other.address, by=keeper)
    sign_in(browser, keeper)
    page = browser.get("/people")
    assert "役場で、また入れるように" in words(page)
    assert send(browser, f"/people/{other.address}/reinstate") == 403
    reinstate(town.office, other.address, by=staff)
    town.exchange()
    assert town.kamigo.account(other.address)


def test_nobody_suspends_themselves_or_without_keeping_the_place(
    town: Town, browser: FlaskClient, keeper: Account, other: Account
) -> None:
    club = let_in(town.kamigo, "婦人会", Duty.ORGANISATION, frozenset({"event"}), by=keeper)
    suspend(town.kamigo, other.address, "away", by=keeper)
    for nobody in (None, club, other):
        with pytest.raises(NotSignedIn):
            suspend(town.kamigo, keeper.address, "rules", by=nobody)
    sign_in(browser, keeper)
    assert send(browser, f"/people/{keeper.address}/suspend", reason="rules") == 409
    assert send(browser, f"/people/{other.address}/suspend", reason="無い") == 400
    assert town.kamigo.account(keeper.address)


def test_boards_are_given_and_taken_without_making_the_person_anew(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    club = let_in(town.kamigo, "婦人会", Duty.ORGANISATION, frozenset({"event"}), by=keeper)
    sign_in(browser, keeper)
    page = f"/people/{club.address}/boards"
    for chosen in (frozenset({"job"}), frozenset({"event", "job"}), frozenset[str]()):
        assert send(browser, page, board=sorted(chosen)) == 303
        now = town.kamigo.account(club.address)
        assert now is not None
        assert now.boards == chosen
        assert now.name == "婦人会"
    town.exchange()
    (there,) = [each for each in people(town.office) if each.id == club.id]
    assert there.boards == frozenset()
    second = let_in(town.kamigo, "副館長", Duty.KEEPER, frozenset({"job"}), by=keeper)
    change_rights(town.kamigo, second, None, by=keeper)
    now = town.kamigo.account(second.address)
    assert now is not None
    assert now.boards is None


def test_whom_the_office_let_in_here_only_the_office_changes_and_ends(
    town: Town, keeper: Account, staff: Account
) -> None:
    theirs = let_in_for(town, staff)
    town.exchange()
    found = town.kamigo.account(theirs.address)
    assert found is not None
    assert not may_change(town.kamigo, found)
    with pytest.raises(NotAllowed):
        stop(town.kamigo, found, by=keeper)
    with pytest.raises(NotAllowed):
        change_rights(town.kamigo, found, frozenset({"job"}), by=keeper)
    suspend(town.kamigo, theirs.address, "checking", by=keeper)
    assert town.kamigo.account(theirs.address) is None


def let_in_for(town: Town, staff: Account) -> Account:
    """The office lets somebody in who signs in at the centre."""
    fields = as_fields(
        name="世話役",
        duty=Duty.COORDINATOR,
        place=town.kamigo.identity.public,
        boards=frozenset({"event"}),
    )
    draft = Draft(kind=WRITE_ACCOUNT, fields=fields, account=staff.in_headers)
    id_ = write_decision(town.office, draft)
    return next(each for each in people(town.office) if each.id == id_)


def test_views_made_anew_know_the_same(town: Town, keeper: Account, other: Account) -> None:
    suspend(town.kamigo, other.address, "away", by=keeper)
    town.kamigo.rebuild()
    assert town.kamigo.account(other.address) is None
    again = open_node(town.kamigo.settings.folder)
    assert again.account(other.address) is None
    again.database.close()
