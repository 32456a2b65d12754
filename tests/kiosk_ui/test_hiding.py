"""What is hidden is seen nowhere, and shows why; whoever may lifts it, and nothing else does."""

import io
from argparse import Namespace
from contextlib import redirect_stdout

import pytest
from flask.testing import FlaskClient

from node import commands
from node.carrying.file import export
from node.hiding import hide, lift, may_hide
from node.node import Node, NotAllowed, NotSignedIn, edition, open_node
from node.people import begin, let_in
from node.pins import Pins
from node.post import Post, PostState
from node.status import status
from sync.account import Account, Duty
from tests.kiosk_ui.reading import typed, words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, JOB, PIN, Town

SECRET = "もちつき大会"


@pytest.fixture
def staff(town: Town) -> Account:
    made = begin(town.office, "佐藤")
    Pins(town.office.settings.folder).choose(made.address, PIN)
    return made


@pytest.fixture
def post(town: Town) -> Post:
    made = town.post("event", **EVENT)
    town.exchange()
    return made


def state(node: Node, post: Post) -> PostState:
    found = node.post(post.address)
    assert found is not None
    return found.state


def test_hidden_at_the_screen_and_lifted_again(
    browser: FlaskClient, keeper: Account, post: Post
) -> None:
    page = f"/records/{post.address}"
    assert "隠す" not in words(browser.get(page))
    sign_in(browser, keeper)
    assert "隠す" in words(browser.get(page))
    form = typed(browser.get(f"{page}/hide")) | {"reason": "personal"}
    assert browser.post(f"{page}/hide", data=form).headers["Location"] == "/hidden?done=hidden"
    gone = browser.get(page)
    assert gone.status_code == 403
    assert "個人のことが書かれているため" in words(gone)
    assert "上郷公民館" in words(gone)
    listed = browser.get("/hidden")
    assert SECRET in words(listed)
    mark = {"csrf": typed(listed)["csrf"]}
    assert browser.post(f"{page}/lift", data=mark).headers["Location"] == "/hidden?done=lifted"
    assert SECRET in words(browser.get(page))


def test_only_who_keeps_the_place_hides_and_lifts(
    town: Town, browser: FlaskClient, keeper: Account, post: Post
) -> None:
    page = f"/records/{post.address}"
    for act in ("hide", "lift"):
        answer = browser.post(f"{page}/{act}", data={"reason": "false"})
        assert answer.headers["Location"].startswith("/sign-in")
    assert browser.get("/hidden").headers["Location"].startswith("/sign-in")
    club = let_in(town.kamigo, "婦人会", Duty.ORGANISATION, frozenset({"event"}), by=keeper)
    for nobody in (None, club):
        with pytest.raises(NotSignedIn):
            hide(town.kamigo, post, "false", by=nobody)
    assert state(town.kamigo, post) is PostState.SHOWN


WAYS_OUT = {
    "/": "home",
    "/boards/event": "the list",
    "/boards/event?past=": "the list of what is past",
    "/status": "counts",
}


@pytest.mark.parametrize("page", WAYS_OUT)
def test_no_page_shows_it(
    town: Town, browser: FlaskClient, keeper: Account, post: Post, page: str
) -> None:
    before = browser.get(page)
    hide(town.kamigo, post, "false", by=keeper)
    after = browser.get(page)
    assert SECRET not in after.text
    assert before.text != after.text or page.endswith("past=")


@pytest.mark.parametrize("act", ["", "/edit", "/remove", "?from=home", "?done=posted"])
def test_its_own_pages_say_nothing_of_it(
    town: Town, browser: FlaskClient, keeper: Account, post: Post, act: str
) -> None:
    hide(town.kamigo, post, "false", by=keeper)
    for signed in (False, True):
        if signed:
            sign_in(browser, keeper)
        answer = browser.get(f"/records/{post.address}{act}", follow_redirects=True)
        assert SECRET not in answer.text
        assert EVENT["place"] not in answer.text
        assert browser.get(f"/records/{post.address}/hide").status_code in (303, 403)


def test_who_has_its_edit_form_open_learns_and_changes_nothing(
    town: Town, browser: FlaskClient, keeper: Account, post: Post
) -> None:
    sign_in(browser, keeper)
    form = typed(browser.get(f"/records/{post.address}/edit")) | {"title": "別の題"}
    hide(town.kamigo, post, "false", by=keeper)
    answer = browser.post(f"/records/{post.address}/edit", data=form, follow_redirects=True)
    assert SECRET not in answer.text
    with pytest.raises(NotAllowed):
        town.kamigo.edit(post, {**EVENT, "title": "別の題"}, seen=edition(post), by=keeper)


def test_no_count_counts_it(town: Town, keeper: Account, post: Post) -> None:
    job = town.post("job", **JOB)
    hide(town.kamigo, post, "false", by=keeper)
    hide(town.kamigo, job, "false", by=keeper)
    board = town.kamigo.boards["event"]
    assert town.kamigo.posts(board) == []
    assert town.kamigo.sections(board) == {}
    assert town.kamigo.sections(town.kamigo.boards["job"]) == {}
    told = status(town.kamigo)
    assert sum(told.records.values()) == 0
    assert told.not_shown == {"hidden": 2}


@pytest.mark.parametrize("as_json", [False, True])
def test_no_command_prints_it(town: Town, keeper: Account, post: Post, as_json: bool) -> None:
    hide(town.kamigo, post, "false", by=keeper)
    said = io.StringIO()
    with redirect_stdout(said):
        commands._board(Namespace(data=town.kamigo.settings.folder, name="event", json=as_json))
    assert SECRET not in said.getvalue()


def test_a_post_says_nothing_to_who_asks_for_it_by_address_or_id(
    town: Town, keeper: Account, post: Post
) -> None:
    hide(town.kamigo, post, "false", by=keeper)
    for found in (town.kamigo.post(post.address), town.kamigo.views.by_id(post.id)):
        assert found is not None
        assert found.fields == {}


def test_machines_pass_it_on_with_its_decision_so_no_file_brings_it_back(
    town: Town, keeper: Account, post: Post, browser: FlaskClient, desk: FlaskClient
) -> None:
    hide(town.kamigo, post, "false", by=keeper)
    export(town.kamigo, town.kamigo.settings.folder / "all.kairan")
    town.exchange()
    assert state(town.office, post) is PostState.HIDDEN
    assert SECRET not in desk.get("/boards/event").text


# order of office


def test_no_later_edit_undoes_it(town: Town, keeper: Account, staff: Account, post: Post) -> None:
    hide(town.kamigo, post, "false", by=keeper)
    there = town.office.post(post.address)  # the line is cut: the office sees it still
    assert there is not None
    town.office.edit(there, {**EVENT, "title": "なおした題"}, seen=edition(there), by=staff)
    town.exchange()
    for node in (town.kamigo, town.office):
        assert state(node, post) is PostState.HIDDEN


def test_what_the_office_hid_no_centre_lifts_and_what_a_centre_hid_the_office_may(
    town: Town, keeper: Account, staff: Account, post: Post
) -> None:
    hide(town.office, post, "false", by=staff)
    town.exchange()
    assert state(town.kamigo, post) is PostState.HIDDEN
    with pytest.raises(NotAllowed):
        lift(town.kamigo, post.address, by=keeper)
    lift(town.office, post.address, by=staff)
    town.exchange()
    assert state(town.kamigo, post) is PostState.SHOWN
    hide(town.kamigo, post, "false", by=keeper)
    town.exchange()
    lift(town.office, post.address, by=staff)
    town.exchange()
    assert state(town.kamigo, post) is PostState.SHOWN


def test_two_that_hid_it_apart_both_have_to_lift(
    town: Town, keeper: Account, staff: Account, post: Post
) -> None:
    hide(town.kamigo, post, "false", by=keeper)
    hide(town.office, post, "personal", by=staff)
    town.exchange()
    lift(town.kamigo, post.address, by=keeper)
    assert state(town.kamigo, post) is PostState.HIDDEN


def test_a_centre_hides_anothers_post_on_its_own_screens_only(
    town: Town, keeper: Account, staff: Account
) -> None:
    theirs = town.office.add(town.office.boards["event"], EVENT)
    town.exchange()
    hide(town.kamigo, theirs, "duplicate", by=keeper)
    town.exchange()
    assert state(town.kamigo, theirs) is PostState.HIDDEN
    assert state(town.office, theirs) is PostState.SHOWN


def test_no_centre_keeps_a_warning_from_its_people(
    town: Town, keeper: Account, staff: Account
) -> None:
    alert = town.alert()
    assert not may_hide(town.kamigo, alert, keeper)
    with pytest.raises(NotAllowed):
        hide(town.kamigo, alert, "false", by=keeper)
    there = town.office.post(alert.address)
    assert there is not None
    hide(town.office, there, "false", by=staff)
    town.exchange()
    assert state(town.kamigo, alert) is PostState.HIDDEN


def test_an_older_word_takes_no_hidden_ones_place(town: Town, staff: Account) -> None:
    older = town.alert(key="大雨", serial=1, title="大雨注意報")
    newer = town.alert(key="大雨", serial=2, title="大雨警報")
    there = town.office.post(newer.address)
    assert there is not None
    hide(town.office, there, "false", by=staff)
    town.exchange()
    board = town.kamigo.boards["disaster"]
    assert town.kamigo.posts(board) == []
    assert state(town.kamigo, older) is PostState.SUPERSEDED
    lift(town.office, newer.address, by=staff)
    town.exchange()
    assert [post.address for post in town.kamigo.posts(board)] == [newer.address]


def test_a_phone_that_brings_it_is_not_told_of_it(town: Town, keeper: Account, post: Post) -> None:
    hide(town.kamigo, post, "false", by=keeper)
    town.exchange()
    found = town.office.views.by_id(post.id)
    assert found is not None
    assert found.state is PostState.HIDDEN


def test_views_made_anew_hide_the_same(town: Town, keeper: Account, post: Post) -> None:
    hide(town.kamigo, post, "false", by=keeper)
    town.kamigo.rebuild()
    assert state(town.kamigo, post) is PostState.HIDDEN
    again = open_node(town.kamigo.settings.folder)
    assert state(again, post) is PostState.HIDDEN
    again.database.close()


def test_a_decision_that_came_before_its_post_waits_for_it(
    town: Town, keeper: Account, staff: Account
) -> None:
    post = town.post("event", **EVENT)
    hide(town.kamigo, post, "false", by=keeper)
    town.exchange()  # class trust goes first
    assert state(town.office, post) is PostState.HIDDEN
