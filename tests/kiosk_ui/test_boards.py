from datetime import timedelta

from flask.testing import FlaskClient

from kiosk_ui.app import create_app
from kiosk_ui.reach import Reach
from tests.kiosk_ui.reading import words
from tests.kiosk_ui.town import EVENT, JOB, NOW, Town


def test_every_board_is_found_from_home(browser: FlaskClient) -> None:
    home = browser.get("/").text
    for name in ("disaster", "event", "job", "guide"):
        assert f'href="/boards/{name}"' in home
        assert browser.get(f"/boards/{name}").status_code == 200


def test_past_events_are_not_on_home_but_can_be_found(browser: FlaskClient, town: Town) -> None:
    town.post("event", **EVENT | {"title": "夏祭り", "starts_on": "2026-08-01"})
    town.post(
        "event", **EVENT | {"title": "作品展", "starts_on": "2026-11-01", "ends_on": "2026-11-22"}
    )
    assert "夏祭り" not in words(browser.get("/"))
    assert "夏祭り" not in words(browser.get("/boards/event"))
    assert "夏祭り" in words(browser.get("/boards/event?past="))
    assert "作品展" in words(browser.get("/"))
    assert "作品展" not in words(browser.get("/boards/event?past="))


def test_the_page_of_a_past_event_says_that_it_is_over_and_not_that_it_goes_as_planned(
    browser: FlaskClient, town: Town
) -> None:
    over = town.post("event", **EVENT | {"starts_on": "2026-11-21"})
    today = town.post("event", **EVENT | {"starts_on": "2026-11-22"})
    assert "終わりました" in words(browser.get(f"/records/{over.address}"))
    assert "予定どおり" not in words(browser.get(f"/records/{over.address}"))
    assert "終わりました" not in words(browser.get(f"/records/{today.address}"))
    assert "予定どおり" in words(browser.get(f"/records/{today.address}"))


def test_a_cancelled_event_stays_on_home_and_says_so(browser: FlaskClient, town: Town) -> None:
    town.post("event", **EVENT | {"state": "cancelled"})
    home = browser.get("/")
    assert "もちつき大会" in words(home)
    assert '<strong class="mark loud">' in home.text
    assert "中止" in words(home)


def test_a_closed_job_is_not_on_home_but_on_its_board(browser: FlaskClient, town: Town) -> None:
    town.post("job", **JOB | {"state": "closed"})
    assert "直売所の店番" not in words(browser.get("/"))
    assert "締め切りました" in words(browser.get("/boards/job"))


def test_today_and_tomorrow_are_called_so(browser: FlaskClient, town: Town) -> None:
    town.post("event", **EVENT | {"starts_on": "2026-11-22"})
    assert "今日 11月22日（日）午前10時" in words(browser.get("/boards/event"))


def test_what_runs_for_weeks_does_not_hide_what_is_on_tomorrow(
    browser: FlaskClient, town: Town
) -> None:
    for number in range(6):
        title = f"常設展{number}"
        town.post(
            "event", **EVENT | {"title": title, "starts_on": "2026-04-01", "ends_on": "2027-03-31"}
        )
    town.post("event", **EVENT | {"starts_on": "2026-11-23"})
    home = words(browser.get("/"))
    assert home.index("もちつき大会") < home.index("常設展0")
    assert "開催中" in home


def test_another_year_is_named(browser: FlaskClient, town: Town) -> None:
    post = town.post("event", **EVENT | {"starts_on": "2027-04-01", "starts_at": "13:30"})
    assert "2027年4月1日（木）午後1時30分" in words(browser.get(f"/records/{post.address}"))


def test_long_lists_come_in_pages_of_fifty(browser: FlaskClient, town: Town) -> None:
    town.feed("guide", [{"title": f"避難所{n:03}", "category": "shelter"} for n in range(120)])
    index = browser.get("/boards/guide")
    assert "避難場所 120件" in words(index)
    assert "避難所001" not in index.text
    first = browser.get("/boards/guide?section=shelter")
    assert first.text.count('class="card ') == 50
    assert "1 / 3 ページ" in words(first)
    assert "前へ" not in words(first)
    last = browser.get("/boards/guide?section=shelter&page=3")
    assert last.text.count('class="card ') == 20
    assert "次へ" not in words(last)
    assert browser.get("/boards/guide?section=shelter&page=99").text.count("card ") >= 20
    assert browser.get("/boards/guide?section=shelter&page=x").status_code == 200


def test_the_way_back_leads_to_the_list_one_came_from(browser: FlaskClient, town: Town) -> None:
    (post,) = town.feed("guide", [{"title": "診療所", "category": "medical"}])
    page = f"/records/{post.address}"
    assert 'href="/boards/guide?section=medical&amp;page=2"' in browser.get(f"{page}?from=2").text
    event = f"/records/{town.post('event', **EVENT).address}"
    assert '<a class="way" href="/">' in browser.get(f"{event}?from=home").text
    assert 'href="/boards/event?past=&amp;page=2"' in browser.get(f"{event}?from=past2").text


def test_what_has_not_wholly_arrived_is_not_half_shown(town: Town, browser: FlaskClient) -> None:
    post = town.post("event", **EVENT)
    with town.kamigo.ledger.transaction():
        town.kamigo.database.connection.execute("UPDATE entries SET payload = NULL")
    town.kamigo.rebuild()
    page = browser.get(f"/records/{post.address}")
    assert "まだ全部は届いていません" in words(page)
    assert "もちつき" not in page.text


def test_every_record_has_its_address_as_a_qr(browser: FlaskClient, town: Town) -> None:
    post = town.post("event", **EVENT)
    page = browser.get(f"/records/{post.address}", base_url="http://192.168.1.20")
    assert '<svg class="qr"' in page.text
    assert f"http://192.168.1.20/records/{post.address}" in words(page)


def test_the_kiosk_shows_the_address_that_phones_can_reach(town: Town) -> None:
    app = create_app(town.kamigo, reach=Reach(named="http://kamigo.local"), now=lambda: NOW)
    post = town.post("event", **EVENT)
    at_the_kiosk = app.test_client().get(f"/records/{post.address}", base_url="http://127.0.0.1")
    assert f"http://kamigo.local/records/{post.address}" in words(at_the_kiosk)
    phone = app.test_client().get("/", base_url="http://192.168.1.20:8080")
    assert "http://192.168.1.20:8080/" in words(phone)


def test_links_lead_to_the_web_or_nowhere(browser: FlaskClient, town: Town) -> None:
    good, bad = town.feed(
        "guide",
        [
            {"title": "町のページ", "category": "other", "link": "https://town.example/a?b=1&c"},
            {"title": "わるいページ", "category": "other", "link": "javascript:alert(1)"},
        ],
    )
    phone = {"base_url": "http://192.168.1.20"}
    shown = browser.get(f"/records/{good.address}", **phone).text
    assert '<a href="https://town.example/a?b=1&amp;c" rel="noreferrer noopener">' in shown
    assert 'href="javascript' not in browser.get(f"/records/{bad.address}", **phone).text
    kiosk = browser.get(f"/records/{good.address}", base_url="http://127.0.0.1:8701")
    assert 'href="https://town.example' not in kiosk.text


def test_values_of_the_wrong_kind_do_no_harm(browser: FlaskClient, town: Town) -> None:
    post = town.post(
        "event",
        title=7,
        state="wat",
        starts_on="2026-99-99",
        starts_at="xx",
        place=["a"],
        phone="☎",
        as_listed=[["a"], "b", ["c", "d"], 7],
        description=b"\x00",
    )
    for page in ("/", "/boards/event", f"/records/{post.address}", f"/records/{post.address}/edit"):
        assert browser.get(page).status_code == 200


def test_a_page_kept_by_a_poller_is_sent_once(town: Town) -> None:
    clock = [NOW]
    browser = create_app(town.kamigo, now=lambda: clock[0]).test_client()
    town.alert(issued="2026-11-22T07:00:00+09:00")
    first = browser.get("/")
    etag = {"If-None-Match": first.headers["ETag"]}
    assert browser.get("/", headers=etag).status_code == 304
    clock[0] += timedelta(minutes=3)
    assert browser.get("/", headers=etag).status_code == 304
    clock[0] += timedelta(hours=1)
    assert browser.get("/", headers=etag).status_code == 200
    town.post("event", **EVENT)
    assert "もちつき大会" in words(browser.get("/", headers=etag))


def test_a_larger_size_is_another_page(browser: FlaskClient) -> None:
    etag = browser.get("/").headers["ETag"]
    chosen = browser.get("/looks/size?to=large&next=/boards/event?past=")
    assert (chosen.status_code, chosen.headers["Location"]) == (303, "/boards/event?past=")
    larger = browser.get("/", headers={"If-None-Match": etag})
    assert larger.status_code == 200
    assert 'class="size-large' in larger.text
    assert "Cookie" in larger.headers["Vary"]
