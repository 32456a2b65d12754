"""Many at once: chosen on one page, over some twenty with a second person's PIN, all or none."""

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from node.decided import decided
from node.hiding import MANY, MOST, TakesTwo, hide, hide_all, lift_all
from node.node import NotAllowed
from node.people import let_in
from node.pins import Pins
from node.post import Post, PostState
from sync.account import Account, Duty
from tests.kiosk_ui.reading import elements, typed, words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, OTHER_PIN, PIN, Town


@pytest.fixture
def other(town: Town, keeper: Account) -> Account:
    made = let_in(town.kamigo, "田中 実", Duty.KEEPER, None, by=keeper)
    Pins(town.kamigo.settings.folder).choose(made.address, OTHER_PIN)
    return made


def posts(town: Town, count: int) -> list[Post]:
    return [town.post("event", **EVENT | {"title": f"{n}の会"}) for n in range(count)]


def hidden(town: Town, among: list[Post]) -> int:
    found = (town.kamigo.post(post.address) for post in among)
    return sum(post is not None and post.state is PostState.HIDDEN for post in found)


def send(browser: FlaskClient, page: str, chosen: list[Post], **more: str) -> TestResponse:
    form = MultiDict({"csrf": typed(browser.get("/people"))["csrf"], **more})
    for post in chosen:
        form.add("post", post.address)
    return browser.post(page, data=form)


def test_a_few_are_hidden_and_lifted_at_once_by_one(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    made = posts(town, 4)
    sign_in(browser, keeper)
    page = "/boards/event/choose"
    assert "3の会" in words(browser.get(page))
    assert send(browser, page, [], reason="false").status_code == 422
    assert send(browser, page, made[:3], reason="false").status_code == 303
    assert hidden(town, made) == 3
    assert "3の会" not in words(browser.get("/hidden/choose"))
    assert send(browser, "/hidden/choose", made[:2]).status_code == 303
    assert hidden(town, made) == 1


def test_it_is_narrowed_by_where_it_was_posted_and_by_day(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    posts(town, 2)
    town.office.add(town.office.boards["event"], EVENT | {"title": "役場の会"})
    town.exchange()
    sign_in(browser, keeper)
    office = town.office.identity.public.hex()
    shown = browser.get(f"/boards/event/choose?place={office}&all=")
    assert "役場の会" in words(shown)
    assert "0の会" not in words(shown)
    ticked = [field for field in elements(shown, "input") if field["type"] == "checkbox"]
    assert len(ticked) == 1
    assert "checked" in ticked[0]
    assert "0の会" not in words(browser.get("/boards/event/choose?day=きのう"))


def test_many_take_a_second_persons_pin_at_the_same_screen(
    town: Town, browser: FlaskClient, keeper: Account, other: Account
) -> None:
    made = posts(town, MANY + 1)
    sign_in(browser, keeper)
    page, said = "/boards/event/choose", {"reason": "duplicate"}
    asked = send(browser, page, made, **said)
    assert "もう1人の方が要ります" in words(asked)
    assert "田中 実さん" in words(asked)
    assert "山田 花さん（" not in words(asked)
    said["second"] = other.address
    assert "田中 実さんの暗証番号" in words(send(browser, page, made, **said))
    for wrong in (PIN, "000000"):
        assert send(browser, page, made, typed=wrong, **said).status_code == 403
    mine = said | {"second": keeper.address}
    assert "もう1人の方が要ります" in words(send(browser, page, made, typed=PIN, **mine))
    assert hidden(town, made) == 0
    pressed = send(browser, page, made, press="9", typed="7", **said)
    assert typed(pressed)["typed"] == "79"
    assert send(browser, page, made, typed=OTHER_PIN, **said).status_code == 303
    assert hidden(town, made) == len(made)
    assert {each.second for each in decided(town.kamigo)} == {"田中 実（公民館の管理人）"}
    assert "もう1人：田中 実" in words(browser.get("/decisions"))
    assert "もう1人の方が要ります" in words(send(browser, "/hidden/choose", made))


def test_the_node_itself_asks_for_two_and_for_somebody_else_who_may(
    town: Town, keeper: Account, other: Account
) -> None:
    made = [post.address for post in posts(town, MANY + 1)]
    club = let_in(town.kamigo, "婦人会", Duty.ORGANISATION, frozenset({"event"}), by=keeper)
    jobs = let_in(town.kamigo, "求人係", Duty.KEEPER, frozenset({"job"}), by=keeper)
    for nobody in (None, keeper, club):
        with pytest.raises(TakesTwo):
            hide_all(town.kamigo, made, "false", by=keeper, second=nobody)
    with pytest.raises(NotAllowed):
        hide_all(town.kamigo, made, "false", by=keeper, second=jobs)
    assert hide_all(town.kamigo, made, "false", by=keeper, second=other) == len(made)
    with pytest.raises(TakesTwo):
        lift_all(town.kamigo, made, by=keeper)
    assert lift_all(town.kamigo, made, by=keeper, second=other) == len(made)


def test_all_of_them_or_none(town: Town, keeper: Account) -> None:
    made = posts(town, 3)
    hide(town.kamigo, made[1], "false", by=keeper)
    addresses = [post.address for post in made]
    with pytest.raises(NotAllowed):
        hide_all(town.kamigo, addresses, "false", by=keeper)
    assert hidden(town, made) == 1
    with pytest.raises(NotAllowed):
        lift_all(town.kamigo, addresses, by=keeper)
    assert hidden(town, made) == 1
    with pytest.raises(NotAllowed):
        hide_all(town.kamigo, [f"{n}" for n in range(MOST + 1)], "false", by=keeper)
