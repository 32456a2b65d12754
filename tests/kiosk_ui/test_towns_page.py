"""`/towns`: at the office people decide which town to read; elsewhere they see it."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kiosk_ui.app import create_app
from node.node import Node
from node.subscribing import own_card, subscriptions
from tests.kiosk_ui.reading import words
from tests.kiosk_ui.town import NOW
from tests.node.builders import OTHER_TOWN, OTHER_TOWN_NAME
from tests.node.test_subscribing import TwoTowns


@pytest.fixture
def towns(tmp_path: Path) -> TwoTowns:
    return TwoTowns(tmp_path)


def at(node: Node) -> FlaskClient:
    return create_app(node, now=lambda: NOW).test_client()


def test_the_office_begins_and_ends_reading_a_town(towns: TwoTowns) -> None:
    office, card = at(towns.b_office), own_card(towns.a_office)
    assert "まだありません" in words(office.get("/towns"))
    sent = office.post("/towns", data={"card": str(card), "number": card.number})
    assert sent.status_code == 303
    assert "読むことにしました" in words(office.get(sent.headers["Location"]))
    assert OTHER_TOWN_NAME in words(office.get("/towns"))
    assert [each.town for each in subscriptions(towns.b_office)] == [OTHER_TOWN]
    sent = office.post("/towns/leave", data={"town": OTHER_TOWN})
    assert "読むのをやめました" in words(office.get(sent.headers["Location"]))
    assert subscriptions(towns.b_office) == []


@pytest.mark.parametrize("number", ["", "12345", "0" * 30])
def test_with_another_number_nothing_begins_and_the_card_stays_typed(
    towns: TwoTowns, number: str
) -> None:
    office, card = at(towns.b_office), own_card(towns.a_office)
    page = office.post("/towns", data={"card": str(card), "number": number})
    assert page.status_code == 422
    assert "番号が合わない" in words(page)
    assert str(card) in page.text
    assert card.number not in page.text
    assert subscriptions(towns.b_office) == []


@pytest.mark.parametrize("card", ["", "波音町", "<b>", "kairan-town 990027 00 波音町"])
def test_what_is_no_card_is_said_so(towns: TwoTowns, card: str) -> None:
    page = at(towns.b_office).post("/towns", data={"card": card, "number": "0" * 30})
    assert page.status_code == 422
    assert "名札" in words(page)
    assert "<b></b>" not in page.text


def test_at_a_centre_it_is_seen_and_not_decided(towns: TwoTowns) -> None:
    towns.subscribe()
    node, card = at(towns.b_node), own_card(towns.a_office)
    page = words(node.get("/towns"))
    assert OTHER_TOWN_NAME in page
    assert "役場の機械で決めます" in page
    assert own_card(towns.b_node).number in page
    asked = {"card": str(card), "number": card.number}
    assert node.post("/towns", data=asked).status_code == 403
    assert node.post("/towns/leave", data={"town": OTHER_TOWN}).status_code == 403
    assert len(subscriptions(towns.b_node)) == 1


def test_a_form_of_another_site_decides_nothing(towns: TwoTowns) -> None:
    office, card = at(towns.b_office), own_card(towns.a_office)
    page = office.post(
        "/towns",
        data={"card": str(card), "number": card.number},
        headers={"Origin": "http://elsewhere.example"},
    )
    assert page.status_code == 403
    assert subscriptions(towns.b_office) == []


def test_the_status_page_leads_there(towns: TwoTowns) -> None:
    assert 'href="/towns"' in at(towns.b_node).get("/status").text
