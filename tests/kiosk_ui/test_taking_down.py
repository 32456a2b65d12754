"""Taking down: one's own without a word; somebody else's with a reason that they may read."""

import pytest
from flask.testing import FlaskClient

from node.node import Node, NotSignedIn, edition
from node.people import begin, let_in
from node.pins import Pins
from node.post import Post
from node.taking_down import REASONS, NoReason, take_down, taken_down_in_words
from sync.account import Account, Duty
from tests.kiosk_ui.reading import typed, words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.test_waiting import SECRET, post, titles, wish
from tests.kiosk_ui.town import ALERT, EVENT, OTHER_PIN, PIN, Town

ASKS = "ほかの方がのせた投稿です"
DUPLICATE = REASONS["duplicate"]


@pytest.fixture
def staff(town: Town, desk: FlaskClient) -> Account:
    made = begin(town.office, "佐藤")
    Pins(town.office.settings.folder).choose(made.address, PIN)
    sign_in(desk, made)
    return made


def remove(browser: FlaskClient, found: Post, **form: str) -> str:
    """What comes of it, in words."""
    page = f"/records/{found.address}/remove"
    asked = typed(browser.get(page))
    asked.pop("reason", None)
    return words(browser.post(page, data=asked | form, follow_redirects=True))


def test_a_keeper_gives_a_reason_and_whoever_opens_the_post_reads_it_on_every_machine(
    town: Town, browser: FlaskClient, desk: FlaskClient, keeper: Account
) -> None:
    theirs = town.post("event", **EVENT)  # a visitor's: nobody was signed in
    sign_in(browser, keeper)
    asked = browser.get(f"/records/{theirs.address}/remove")
    assert ASKS in words(asked)
    assert all(reason in words(asked) for reason in REASONS.values())
    assert "わけを、1つえらんでください" in remove(browser, theirs)
    assert "わけを、1つえらんでください" in remove(browser, theirs, reason="because")
    assert titles(town) == [SECRET], "nothing is done without one"
    assert "取り下げました。" in remove(browser, theirs, reason="duplicate")
    assert titles(town) == []
    town.exchange()
    for visitor in (browser, desk):
        gone = visitor.get(f"/records/{theirs.address}")
        assert gone.status_code == 410
        assert f"{DUPLICATE}、「上郷公民館」の担当者が取り下げました。" in words(gone)
        assert "もちつき" not in gone.text
    decided = words(browser.get("/decisions"))
    assert "ほかの方の投稿を取り下げる：もちつき大会" in decided
    assert DUPLICATE in decided
    assert "山田 花" in decided


def test_an_owner_is_asked_for_none(town: Town, browser: FlaskClient, keeper: Account) -> None:
    club = let_in(town.kamigo, "婦人会", Duty.ORGANISATION, frozenset({"event"}), by=keeper)
    Pins(town.kamigo.settings.folder).choose(club.address, OTHER_PIN)
    for who, pin in ((keeper, PIN), (club, OTHER_PIN)):
        sign_in(browser, who, pin)
        own = town.kamigo.add(town.kamigo.boards["event"], EVENT, by=who)
        assert ASKS not in words(browser.get(f"/records/{own.address}/remove"))
        assert "取り下げました。" in remove(browser, own)
        said = words(browser.get(f"/records/{own.address}"))
        assert "のせた人が取り下げたので" in said
        assert "担当者が" not in said
    assert "ほかの方の投稿を取り下げる" not in words(browser.get("/decisions"))


def test_what_another_posted_at_the_same_place_is_somebody_elses(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    club = let_in(town.kamigo, "婦人会", Duty.ORGANISATION, frozenset({"event"}), by=keeper)
    clubs = town.kamigo.add(town.kamigo.boards["event"], EVENT, by=club)
    with pytest.raises(NoReason):
        take_down(town.kamigo, clubs, seen=edition(clubs), by=keeper)
    with pytest.raises(NotSignedIn):
        take_down(town.kamigo, clubs, seen=edition(clubs), by=None)
    take_down(town.kamigo, clubs, seen=edition(clubs), by=keeper, reason="over")
    sign_in(browser, keeper)
    assert REASONS["over"] in words(browser.get(f"/records/{clubs.address}"))


def what_was_let_in(town: Town, browser: FlaskClient, keeper: Account) -> tuple[str, Post]:
    """The receipt of a post that waited, and the post; the keeper is signed in."""
    wish(town, keeper, "event")
    receipt = post(browser).partition("?")[0]
    sign_in(browser, keeper)
    browser.post("/waiting/1/let-in", data=typed(browser.get("/waiting/1")))
    (made,) = town.kamigo.posts(town.kamigo.boards["event"])
    return receipt, made


def test_what_waited_is_its_writers_whose_receipt_says_why_it_is_gone(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    receipt, made = what_was_let_in(town, browser, keeper)
    assert ASKS in words(browser.get(f"/records/{made.address}/remove")), "though let in by them"
    assert "のりました" in words(browser.get(receipt))
    remove(browser, made, reason="asked")
    told = words(browser.get(receipt))
    assert f"{REASONS['asked']}、「上郷公民館」の担当者が取り下げました。" in told
    assert "のりました" not in told


def test_the_receipt_of_who_reported_it_says_why_it_is_gone(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    theirs = town.post("event", **EVENT)
    page = f"/records/{theirs.address}/report"
    answer = browser.post(page, data=typed(browser.get(page)) | {"reason": "false", "words": ""})
    sign_in(browser, keeper)
    remove(browser, theirs, reason="false")
    assert f"{REASONS['false']}、「上郷公民館」の担当者が" in words(
        browser.get(answer.headers["Location"])
    )


def test_the_receipt_of_what_waited_says_too_that_it_was_hidden(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    receipt, made = what_was_let_in(town, browser, keeper)
    form = typed(browser.get(f"/records/{made.address}/hide")) | {"reason": "personal"}
    browser.post(f"/records/{made.address}/hide", data=form)
    told = words(browser.get(receipt))
    assert "個人のことが書かれているため、「上郷公民館」が隠しました" in told


def test_the_office_says_why_it_takes_a_centres_post_down_and_its_own_needs_none(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account
) -> None:
    theirs = town.post("event", **EVENT)
    town.exchange()
    there = town.office.post(theirs.address)
    assert there is not None
    assert "わけを、1つえらんでください" in remove(desk, there)
    assert "取り下げました。" in remove(desk, there, reason="advertising")
    official = town.office.add(town.office.boards["disaster"], ALERT, by=staff)
    assert ASKS not in words(desk.get(f"/records/{official.address}/remove"))
    town.exchange()
    assert f"{REASONS['advertising']}、「霧沢町役場」の担当者が" in words(
        browser.get(f"/records/{theirs.address}")
    )


def test_where_nobody_signs_in_nobody_is_asked(town: Town, browser: FlaskClient) -> None:
    theirs = town.post("event", **EVENT)
    assert ASKS not in words(browser.get(f"/records/{theirs.address}/remove"))
    assert "取り下げました。" in remove(browser, theirs)


def test_of_two_who_take_it_down_at_once_the_reason_is_told_whoever_came_first(
    town: Town, browser: FlaskClient, keeper: Account, staff: Account
) -> None:
    own = town.kamigo.add(town.kamigo.boards["event"], EVENT, by=keeper)
    town.exchange()
    there = town.office.post(own.address)
    assert there is not None
    take_down(town.office, there, seen=edition(there), by=staff, reason="false")
    take_down(town.kamigo, own, seen=edition(own), by=keeper)
    town.exchange()
    told = {_said(node, own) for node in (town.kamigo, town.office)}
    assert told == {f"{REASONS['false']}、「霧沢町役場」の担当者が取り下げました。"}


def _said(node: Node, found: Post) -> str:
    now = node.post(found.address)
    assert now is not None
    return str(taken_down_in_words(node, now))
