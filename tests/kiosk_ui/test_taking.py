"""What people take along on their own phones: a date, a number, some words, without a network."""

import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar

from kiosk_ui.app import create_app
from kiosk_ui.reach import Reach
from kiosk_ui.taking import TEXT_BYTES_MAX, wifi_code
from node.lan.interfaces import Interface
from node.node import edition, open_node
from tests.kiosk_ui.reading import words
from tests.kiosk_ui.town import EVENT, JOB, NOW, Town

EVERYWHERE = "0.0.0.0"  # noqa: S104
PHONE = {"base_url": "http://192.168.1.20"}


def entries(file: bytes) -> list[dict[str, Any]]:
    """What a calendar reads of a file."""
    found = Calendar.from_ical(file.decode()).walk("VEVENT")
    return [{name: event.decoded(name) for name in event} for event in found]


def test_an_event_goes_into_the_calendar_with_its_day_time_and_place(
    browser: FlaskClient, town: Town
) -> None:
    post = town.post("event", **EVENT | {"title": "もち, つき; 大会", "ends_at": "12:30"})
    file = browser.get(f"/records/{post.address}/calendar.ics", **PHONE)
    assert file.content_type == "text/calendar; charset=utf-8"
    assert file.headers["Content-Disposition"] == f"attachment; filename={post.address}.ics"
    (entry,) = entries(file.data)
    assert entry["SUMMARY"] == "もち, つき; 大会"
    assert entry["LOCATION"] == "上郷公民館 前庭"
    assert entry["DTSTART"].isoformat() == "2026-11-28T01:00:00+00:00"
    assert entry["DTEND"].isoformat() == "2026-11-28T03:30:00+00:00"
    assert "STATUS" not in entry


def test_what_has_no_time_takes_whole_days(browser: FlaskClient, town: Town) -> None:
    post = town.post(
        "event", title="作品展", starts_on="2026-11-28", ends_on="2026-11-30", place="和室"
    )
    (entry,) = entries(browser.get(f"/records/{post.address}/calendar.ics").data)
    assert (str(entry["DTSTART"]), str(entry["DTEND"])) == ("2026-11-28", "2026-12-01")


def test_a_cancelled_event_says_so_and_replaces_the_one_that_was_taken(
    browser: FlaskClient, town: Town
) -> None:
    post = town.post("event", **EVENT)
    (before,) = entries(browser.get(f"/records/{post.address}/calendar.ics").data)
    town.kamigo.edit(post, EVENT | {"state": "cancelled"}, seen=edition(post))
    (after,) = entries(browser.get(f"/records/{post.address}/calendar.ics").data)
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["STATUS"] == "CANCELLED"
    assert after["SUMMARY"] == "【中止】もちつき大会"


def test_a_board_of_events_is_a_calendar_to_follow(browser: FlaskClient, town: Town) -> None:
    for title in ("朝市", "体操"):
        town.post("event", **EVENT | {"title": title})
    town.post("event", **EVENT | {"starts_on": "そのうち", "title": "いつか"})
    gone = town.post("event", **EVENT | {"title": "なくなった会"})
    town.kamigo.remove(gone, seen=edition(gone))
    file = browser.get("/boards/event/calendar.ics")
    assert {entry["SUMMARY"] for entry in entries(file.data)} == {"朝市", "体操"}
    assert Calendar.from_ical(file.text)["X-WR-CALNAME"] == "霧沢町 イベント"
    again = browser.get(
        "/boards/event/calendar.ics", headers={"If-None-Match": file.headers["ETag"]}
    )
    assert again.status_code == 304
    assert browser.get("/boards/job/calendar.ics").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"starts_on": "9999-12-31", "starts_at": "23:59", "ends_on": "0001-01-01"},
        {"starts_on": "2026-11-28", "starts_at": "25:00", "ends_at": "nonsense"},
        {"starts_on": "2026-11-28", "starts_at": "10:00+09:00"},
        {"title": "改行\r\nDTSTART:19700101\nEND:VEVENT\x00", "starts_on": "2026-11-28"},
    ],
    ids=["end of time", "no time", "with an offset", "lines of its own"],
)
def test_whatever_a_machine_sends_is_one_entry_or_none(
    browser: FlaskClient, town: Town, fields: dict[str, object]
) -> None:
    (post,) = town.feed("event", [{**EVENT, **fields}])
    assert browser.get(f"/records/{post.address}/take").status_code == 200
    file = browser.get(f"/records/{post.address}/calendar.ics")
    assert file.status_code == 404 or len(entries(file.data)) == 1


def test_whom_to_ask_goes_into_the_address_book(browser: FlaskClient, town: Town) -> None:
    post = town.post("job", **JOB | {"employer": "道の駅; きりさわ, 店", "phone": "0999-00-1001"})
    card = browser.get(f"/records/{post.address}/contact.vcf", **PHONE)
    lines = dict(line.split(":", 1) for line in card.text.splitlines())
    assert lines["TEL"] == "0999-00-1001"
    assert lines["FN"] == "道の駅\\; きりさわ\\, 店"
    assert lines["VERSION"] == "3.0"


def test_who_names_no_number_has_no_card(browser: FlaskClient, town: Town) -> None:
    post = town.post("event", **EVENT)
    assert browser.get(f"/records/{post.address}/contact.vcf").status_code == 404
    assert "連絡先" not in words(browser.get(f"/records/{post.address}/take"))


def test_a_hidden_or_removed_post_gives_nothing_to_take(browser: FlaskClient, town: Town) -> None:
    post = town.post("event", **EVENT)
    town.kamigo.remove(post, seen=edition(post))
    for way in ("take", "calendar.ics", "contact.vcf"):
        assert browser.get(f"/records/{post.address}/{way}").status_code == 404


def test_the_words_fit_a_code_and_begin_with_what_matters(browser: FlaskClient, town: Town) -> None:
    post = town.post("event", **EVENT | {"state": "cancelled", "description": "長い話。" * 900})
    page = browser.get(f"/records/{post.address}/take", **PHONE)
    (written,) = re.findall(r'text-to-copy"[^>]*>(.*?)</p>', page.text, re.DOTALL)
    text = unescape(written)
    assert text.startswith("【中止】もちつき大会\n")
    assert "上郷公民館 前庭" in text
    assert text.endswith("（上郷公民館の回覧より）")
    assert len(text.encode()) <= TEXT_BYTES_MAX


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [
        ("kairan", "himitsu-12", "WIFI:T:WPA;S:kairan;P:himitsu-12;;"),
        ('a;b,c:"d\\', "p;a,s:s\\w", 'WIFI:T:WPA;S:a\\;b\\,c\\:\\"d\\\\;P:p\\;a\\,s\\:s\\\\w;;'),
        ("kairan", "", "WIFI:T:nopass;S:kairan;;"),
    ],
    ids=["plain", "with signs that end things", "open"],
)
def test_the_code_that_joins_the_wifi(name: str, password: str, code: str) -> None:
    assert wifi_code(name, password) == code


def test_the_wifi_is_told_at_the_kiosk_and_to_nobody_who_is_far(town: Town) -> None:
    settings = town.kamigo.settings.folder / "machine.toml"
    settings.write_text(
        settings.read_text() + '\n[wifi]\nname = "kairan"\npassword = "himitsu-12"\n'
    )
    app = create_app(open_node(settings.parent), now=lambda: NOW)
    post = town.post("event", **EVENT)
    assert "himitsu-12" in words(app.test_client().get(f"/records/{post.address}/take"))
    assert "himitsu" not in app.test_client().get(f"/records/{post.address}/take", **PHONE).text


# by which address phones find the machine


def reach(*addresses: str, named: str | None = None) -> Reach:
    found = frozenset(Interface(at, each, 24) for at, each in enumerate(addresses))
    return Reach(listens=EVERYWHERE, port=8700, look=lambda: found, named=named)


def test_the_kiosk_tells_phones_the_address_that_the_machine_has_on_the_lan(town: Town) -> None:
    app = create_app(town.kamigo, reach=reach("192.168.1.20"), now=lambda: NOW)
    kiosk = app.test_client().get("/", base_url="http://127.0.0.1:8700")
    assert "http://192.168.1.20:8700/" in words(kiosk)
    assert "127.0.0.1" not in words(kiosk)


def test_a_name_comes_before_addresses_and_a_makeshift_address_last() -> None:
    assert reach("169.254.3.4", "192.168.1.20", named="http://kairan.home").addresses() == (
        "http://kairan.home",
        "http://192.168.1.20:8700",
        "http://169.254.3.4:8700",
    )


def test_an_address_that_changed_is_told_soon() -> None:
    moments = iter((0.0, 1.0, 6.0))
    found = iter(("192.168.1.20", "192.168.7.7"))
    changing = Reach(
        listens=EVERYWHERE,
        port=80,
        look=lambda: frozenset({Interface(1, next(found), 24)}),
        running=lambda: next(moments),
    )
    told = [changing.addresses() for _ in range(3)]
    assert told == [("http://192.168.1.20",), ("http://192.168.1.20",), ("http://192.168.7.7",)]


def test_where_only_this_machine_listens_it_tells_of_no_other_address() -> None:
    assert Reach(listens="127.0.0.1", port=8700).addresses() == ()
    assert Reach(listens="192.0.2.7", port=80).addresses() == ("http://192.0.2.7",)
