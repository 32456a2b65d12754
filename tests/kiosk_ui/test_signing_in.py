"""At the machine's own screen: who is let in, what that changes, and how it ends."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk_ui.app import create_app
from kiosk_ui.sessions import IDLE_SECONDS
from node.node import NotSignedIn, edition
from node.people import begin, let_in
from node.pins import FREE_TRIES, Pins
from node.post import Post
from sync.account import WRITE_ACCOUNT, Account, Duty
from sync.entry import read_header
from sync.lane import Audience, Class, Lane
from sync.machine import clock, keys
from sync.writing import Draft, write
from tests.kiosk_ui.reading import elements, typed, words
from tests.kiosk_ui.town import EVENT, NOW, OTHER_PIN, PIN, Town


@pytest.fixture
def post(town: Town) -> Post:
    return town.post("event", **EVENT)


def sign_in(browser: FlaskClient, who: Account, pin: str = PIN, to: str = "/") -> TestResponse:
    page = f"/sign-in/{who.address}?next={to}"
    return browser.post(page, data=typed(browser.get(page)) | {"typed": pin, "next": to})


def remove(browser: FlaskClient, post: Post) -> TestResponse:
    page = f"/records/{post.address}/remove"
    return browser.post(page, data=typed(browser.get(page)))


def stop_at_the_office(town: Town, who: Account) -> None:
    draft = Draft(
        kind=WRITE_ACCOUNT,
        fields={"withdrawn": True},
        record=who.id,
        parents=who.versions,
        counter=who.counter + 1,
    )
    own = town.office.identity
    ordinal, random = town.office.ledger.own_incarnation(own.public)
    code = town.office.settings.town
    lane = Lane(
        town=code,
        author=own.public,
        ordinal=ordinal,
        random=random,
        class_=Class.TRUST,
        audience=Audience.TOWN,
    )
    write(
        town.office.ledger,
        lane,
        [draft],
        key=own.private,
        written=clock.now().written,
        salt=keys.salt,
    )


def cookie(browser: FlaskClient, town: Town) -> str:
    found = browser.get_cookie(f"session-{town.kamigo.identity.public[:4].hex()}")
    return found.value if found else ""


def test_a_code_of_provisioning_makes_the_first_keeper_and_no_password_is_there_before(
    town: Town, browser: FlaskClient
) -> None:
    assert "まだいません" in words(browser.get("/sign-in"))
    code = Pins(town.kamigo.settings.folder).make_code()
    asked = browser.post("/sign-in/first", data={"typed": code, "next": "/people"})
    page = asked.headers["Location"]
    asked = browser.post(page, data=typed(browser.get(page)) | {"name": "山田 花"})
    page = asked.headers["Location"]
    for _ in range(2):
        asked = browser.post(page, data=typed(browser.get(page)) | {"typed": PIN})
    assert asked.headers["Location"] == "/people"
    assert "山田 花さん" in words(browser.get("/people"))
    (account,) = town.kamigo.accounts()
    assert (account.name, account.duty) == ("山田 花", Duty.KEEPER)
    again = browser.get("/sign-in/first")
    assert browser.post("/sign-in/first", data=typed(again) | {"typed": code}).status_code == 403


def test_who_goes_away_before_a_pin_is_chosen_leaves_all_as_it_was(town: Town, app: Flask) -> None:
    code = Pins(town.kamigo.settings.folder).make_code()
    for _ in range(2):
        browser = app.test_client()
        page = browser.post("/sign-in/first", data={"typed": code}).headers["Location"]
        form = typed(browser.get(page)) | {"name": "山田"}
        page = browser.post(page, data=form).headers["Location"]
        browser.post(page, data=typed(browser.get(page)) | {"typed": PIN})
        assert not town.kamigo.is_guarded
        assert browser.get("/people").status_code == 303


def test_a_code_used_by_two_at_once_makes_one_keeper(town: Town, app: Flask) -> None:
    code = Pins(town.kamigo.settings.folder).make_code()
    two = [app.test_client(), app.test_client()]
    pages = []
    for browser in two:
        page = browser.post("/sign-in/first", data={"typed": code}).headers["Location"]
        answer = browser.post(page, data=typed(browser.get(page)) | {"name": "山田"})
        pages.append(answer.headers["Location"])
    said = []
    for browser, page in zip(two, pages, strict=True):
        form = typed(browser.get(page)) | {"typed": PIN}
        browser.post(page, data=form)
        said.append(browser.post(page, data=form).status_code)
    assert said == [303, 403]
    assert len(town.kamigo.accounts()) == 1


def test_nobody_chooses_a_pin_without_a_code(browser: FlaskClient, keeper: Account) -> None:
    for page in ("/sign-in-pin", "/sign-in-name"):
        assert browser.get(page).status_code == 403
        assert browser.post(page, data={"typed": PIN, "name": "x"}).status_code == 403
    sign_in(browser, keeper)
    mark = typed(browser.get("/"))["csrf"]
    for page in ("/sign-in-pin", "/sign-in-name"):
        assert browser.post(page, data={"typed": PIN, "csrf": mark}).status_code == 403


def test_digit_by_digit_without_a_script(browser: FlaskClient, keeper: Account) -> None:
    page = f"/sign-in/{keeper.address}"
    answer = browser.get(page)
    for key in [*"28", "back", *"80417"]:
        answer = browser.post(page, data=typed(answer) | {"press": key})
        assert answer.status_code == 200
    assert browser.post(page, data=typed(answer)).status_code == 303


def test_where_there_is_a_keeper_nobody_else_takes_a_post_down(
    town: Town, browser: FlaskClient, keeper: Account, post: Post
) -> None:
    asked = browser.get(f"/records/{post.address}/remove")
    assert asked.headers["Location"] == f"/sign-in?next=%2Frecords%2F{post.address}%2Fremove"
    assert remove(browser, post).status_code in (302, 303)
    assert town.kamigo.posts(town.kamigo.boards["event"])
    assert sign_in(browser, keeper).status_code == 303
    assert remove(browser, post).headers["Location"] == "/boards/event?done=removed"
    assert not town.kamigo.posts(town.kamigo.boards["event"])


def test_where_nobody_was_ever_let_in_all_stays_as_it_was(
    browser: FlaskClient, town: Town, post: Post
) -> None:
    assert remove(browser, post).headers["Location"] == "/boards/event?done=removed"


def test_visitors_post_as_before(browser: FlaskClient, keeper: Account) -> None:
    form = typed(browser.get("/boards/event/new")) | EVENT
    assert browser.post("/boards/event/new", data=form).status_code == 303


def test_the_node_itself_refuses_too(town: Town, keeper: Account, post: Post) -> None:
    with pytest.raises(NotSignedIn):
        town.kamigo.remove(post, seen=edition(post))
    with pytest.raises(NotSignedIn):
        town.kamigo.edit(post, {**EVENT, "title": "別"}, seen=edition(post))


def test_official_words_and_the_towns_read_are_staffs(town: Town, desk: FlaskClient) -> None:
    staff = begin(town.office, "佐藤")
    Pins(town.office.settings.folder).choose(staff.address, PIN)
    assert "/sign-in?next=" in desk.get("/boards/disaster/new").headers["Location"]
    alert = {"title": "断水", "issuer": "水道係", "issued": "2026-11-22T09:05"}
    assert desk.post("/boards/disaster/new", data=alert).headers["Location"].startswith("/sign-in")
    assert desk.post("/towns", data={}).headers["Location"].startswith("/sign-in")
    assert not town.office.posts(town.office.boards["disaster"])
    sign_in(desk, staff)
    form = typed(desk.get("/boards/disaster/new")) | alert
    assert desk.post("/boards/disaster/new", data=form).status_code == 303
    assert desk.post("/towns", data=typed(desk.get("/towns"))).status_code == 422


def test_who_has_some_boards_acts_on_no_other(
    town: Town, browser: FlaskClient, keeper: Account, post: Post
) -> None:
    club = let_in(town.kamigo, "婦人会", Duty.ORGANISATION, frozenset({"job"}), by=keeper)
    Pins(town.kamigo.settings.folder).choose(club.address, OTHER_PIN)
    sign_in(browser, club, OTHER_PIN)
    answer = browser.get(f"/records/{post.address}/remove")
    assert answer.status_code == 403
    assert "受け持ちの方だけ" in words(answer)
    assert browser.get("/people").status_code == 403
    with pytest.raises(NotSignedIn):
        town.kamigo.remove(post, seen=edition(post), by=club)


def test_what_somebody_did_names_the_account(
    town: Town, browser: FlaskClient, keeper: Account, post: Post
) -> None:
    sign_in(browser, keeper)
    remove(browser, post)
    *_, last = town.kamigo.ledger.record(post.id)
    assert read_header(last.header, last.lane.id).account == keeper.in_headers


# the way in


def test_a_wrong_pin_is_told_and_then_slow(browser: FlaskClient, keeper: Account) -> None:
    for _ in range(FREE_TRIES):
        answer = sign_in(browser, keeper, "000001")
        assert answer.status_code == 403
        assert "番号が違います" in words(answer)
    answer = sign_in(browser, keeper)
    assert answer.status_code == 429
    assert "長くはなりません" in words(answer)


@pytest.mark.parametrize(
    ("base", "environ", "headers"),
    [
        ("http://192.168.1.20", {"REMOTE_ADDR": "192.168.1.77"}, {}),
        ("http://localhost", {"REMOTE_ADDR": "192.168.1.77"}, {}),
        ("http://localhost", {}, {"X-Forwarded-For": "192.168.1.77"}),
        ("http://localhost", {}, {"Forwarded": "for=192.168.1.77"}),
    ],
)
def test_over_a_network_nobody_signs_in(
    browser: FlaskClient,
    keeper: Account,
    post: Post,
    base: str,
    environ: dict[str, str],
    headers: dict[str, str],
) -> None:
    asked = [f"/sign-in/{keeper.address}", "/sign-in", f"/records/{post.address}/remove", "/people"]
    for page in asked:
        answer = browser.get(page, base_url=base, environ_overrides=environ, headers=headers)
        assert answer.status_code == 403
        assert "機械の画面で入ってください" in words(answer)
    answer = browser.post(
        f"/sign-in/{keeper.address}",
        data={"typed": PIN},
        base_url=base,
        environ_overrides=environ,
        headers=headers,
    )
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_a_session_brought_from_elsewhere_is_none(
    browser: FlaskClient, town: Town, keeper: Account, post: Post
) -> None:
    sign_in(browser, keeper)
    answer = browser.get(
        f"/records/{post.address}/remove", environ_overrides={"REMOTE_ADDR": "192.168.1.77"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("away", ["https://elsewhere.example/", "//elsewhere.example", "/\\x", ""])
def test_signing_in_leads_nowhere_else(browser: FlaskClient, keeper: Account, away: str) -> None:
    assert sign_in(browser, keeper, to=away).headers["Location"] == "/"


def test_a_session_laid_out_for_somebody_is_not_taken(
    app: Flask, town: Town, keeper: Account
) -> None:
    name = f"session-{town.kamigo.identity.public[:4].hex()}"
    browser = app.test_client()
    browser.set_cookie(name, "laid-out")
    sign_in(browser, keeper)
    first = cookie(browser, town)
    assert first not in ("", "laid-out")
    page = f"/sign-in/{keeper.address}"
    browser.post(page, data=typed(browser.get(page)) | {"typed": PIN})
    assert cookie(browser, town) != first
    stale = app.test_client()
    stale.set_cookie(name, first)
    assert "山田" not in words(stale.get("/"))


def test_the_cookie_is_for_this_browser_and_site_alone(
    browser: FlaskClient, keeper: Account
) -> None:
    (told,) = sign_in(browser, keeper).headers.getlist("Set-Cookie")
    for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert word in told
    assert "Domain" not in told
    assert "Expires" not in told


# while it lasts


def test_every_form_that_a_person_is_shown_has_the_mark(
    browser: FlaskClient, keeper: Account, post: Post, town: Town
) -> None:
    sign_in(browser, keeper)
    for page in (
        "/boards/event/new",
        f"/records/{post.address}/edit",
        f"/records/{post.address}/remove",
        "/people",
    ):
        text = browser.get(page).text
        forms = re.findall(r"<form [^>]*method=\"post\".*?</form>", text, re.DOTALL)
        assert len(forms) >= 2  # the one to end it is on every page
        assert all('name="csrf"' in form for form in forms), page


@pytest.mark.parametrize("mark", ["", "x", "ほ"])
def test_a_form_without_the_mark_changes_nothing(
    browser: FlaskClient, keeper: Account, post: Post, town: Town, mark: str
) -> None:
    sign_in(browser, keeper)
    page = f"/records/{post.address}/remove"
    form = typed(browser.get(page)) | {"csrf": mark}
    assert browser.post(page, data=form).status_code == 403
    assert browser.post("/sign-out", data={"csrf": mark}).status_code == 403
    assert browser.post("/people", data={"name": "x", "duty": "keeper"}).status_code == 403
    assert town.kamigo.posts(town.kamigo.boards["event"])


def test_it_ends_when_nobody_is_there_and_what_the_screen_asks_by_itself_is_nobody(
    browser: FlaskClient, keeper: Account, monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    sign_in(browser, keeper)
    began = clock.running()
    for later in (0.4, 0.8, 1.1):
        monkeypatch.setattr("sync.machine.clock.time.monotonic", lambda t=later: began + t * 600)
        assert IDLE_SECONDS == 600
        browser.get("/stick")
        browser.get("/", headers={"Sec-Fetch-Mode": "cors"})
    assert "山田" not in words(browser.get("/"))


def test_it_ends_when_its_person_says_so(
    browser: FlaskClient, app: Flask, town: Town, keeper: Account
) -> None:
    sign_in(browser, keeper)
    held = cookie(browser, town)
    page = browser.get("/people")
    assert page.headers["Cache-Control"] == "no-store"
    browser.post("/sign-out", data={"csrf": typed(page)["csrf"]})
    assert not cookie(browser, town)
    stale = app.test_client()
    stale.set_cookie(f"session-{town.kamigo.identity.public[:4].hex()}", held)
    assert "山田" not in words(stale.get("/"))


def test_nobody_else_is_shown_a_page_with_a_name_on_it(
    browser: FlaskClient, app: Flask, keeper: Account
) -> None:
    sign_in(browser, keeper)
    assert "山田" in words(browser.get("/"))
    assert "山田" not in words(app.test_client().get("/"))
    assert "Refresh" in browser.get("/").headers


# people change


def test_a_forgotten_pin_the_next_keeper_and_a_leaving_one(
    town: Town, app: Flask, browser: FlaskClient, keeper: Account, post: Post
) -> None:
    sign_in(browser, keeper)
    form = typed(browser.get("/people")) | {"name": "川上 次郎", "duty": "keeper"}
    form.pop("board", None)
    page = browser.post("/people", data=form)
    code = re.sub(r"\D", "", words(page).split("さんの登録コード")[1][:20])
    (after,) = [a for a in town.kamigo.accounts() if a.name == "川上 次郎"]
    new = app.test_client()
    led = sign_in(new, after, code).headers["Location"]
    for _ in range(2):
        answer = new.post(led, data=typed(new.get(led)) | {"typed": OTHER_PIN})
    assert answer.status_code == 303
    # the new one gives the old one a code: the old PIN and its session hold no more
    mark = typed(new.get("/people"))["csrf"]
    new.post(f"/people/{keeper.address}/code", data={"csrf": mark})
    assert "山田" not in words(browser.get("/"))
    assert sign_in(browser, keeper).status_code == 403
    # and lets it end
    assert new.post(f"/people/{keeper.address}/stop", data={"csrf": mark}).status_code == 303
    assert browser.get(f"/sign-in/{keeper.address}").status_code == 404
    assert new.post(f"/people/{after.address}/stop", data={"csrf": mark}).status_code == 409


def test_whom_the_office_stopped_acts_no_more_though_still_signed_in(
    town: Town, browser: FlaskClient, keeper: Account, post: Post
) -> None:
    sign_in(browser, keeper)
    town.exchange()
    stop_at_the_office(town, keeper)
    town.exchange()
    assert browser.get(f"/records/{post.address}/remove").status_code == 303
    assert sign_in(browser, keeper).status_code == 404
    assert town.kamigo.is_guarded


def test_a_name_is_text(town: Town, browser: FlaskClient, keeper: Account) -> None:
    name = "<script>alert(1)</script>"
    let_in(town.kamigo, name, Duty.KEEPER, None, by=keeper)
    sign_in(browser, keeper)
    page = browser.get("/people")
    assert name in words(page) or "&lt;script&gt;" in page.text
    assert all("alert" not in str(each) for each in elements(page, "script"))


def test_an_app_made_anew_knows_no_session(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    sign_in(browser, keeper)
    again = create_app(town.kamigo, now=lambda: NOW).test_client()
    again.set_cookie(f"session-{town.kamigo.identity.public[:4].hex()}", cookie(browser, town))
    assert "山田" not in words(again.get("/"))
