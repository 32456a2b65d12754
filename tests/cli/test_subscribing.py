"""`kairan subscribe`, as it is typed at an office while somebody is on the telephone."""

from io import StringIO
from pathlib import Path

import pytest

from node.subscribing import own_card
from tests.cli.kairan import here, message
from tests.node.builders import OTHER_TOWN, OTHER_TOWN_NAME, Village


@pytest.fixture
def office(tmp_path: Path) -> Path:
    return Village(tmp_path / "b").office().settings.folder


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    there = Village(tmp_path / "a", OTHER_TOWN, OTHER_TOWN_NAME).office().settings.folder
    told = here("subscriptions", "--data", there).out
    (card,) = [line for line in told.splitlines() if "kairan-town" in line]
    path = tmp_path / "波音町.txt"
    path.write_text(card)
    return path


def number(tmp_path: Path) -> str:
    card = own_card(Village(tmp_path / "a", OTHER_TOWN, OTHER_TOWN_NAME).office())
    return card.number


def hears(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(text))


def test_the_number_is_asked_for_and_not_shown(
    office: Path, letter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits = number(tmp_path)
    hears(monkeypatch, f"{digits}\n")
    said = here("subscribe", "--data", office, letter)
    assert said.code == 0
    assert "電話" in said.out
    assert digits not in said.out
    assert f"「{OTHER_TOWN_NAME}」を読むことにしました" in said.out
    hears(monkeypatch, f"{digits}\n")
    assert "もう読んでいます" in here("subscribe", "--data", office, letter).out


@pytest.mark.parametrize("typed", ["", "\n", "はい\n", "00000 00000 00000 00000 00000 00000\n"])
def test_another_number_or_none_begins_nothing(
    office: Path, letter: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    hears(monkeypatch, typed)
    assert "番号が違う" in message(here("subscribe", "--data", office, letter))
    assert "まだありません" in here("subscriptions", "--data", office).out


def test_what_is_no_card_is_said_so(office: Path, tmp_path: Path) -> None:
    for content in (b"", b"\xff\xfe", b"x" * 100_000, "波音町のものです".encode()):
        (tmp_path / "x").write_bytes(content)
        assert "名札" in message(here("subscribe", "--data", office, tmp_path / "x"))
    missing = message(here("subscribe", "--data", office, tmp_path / "nowhere"))
    assert "読めません" in missing


def test_a_town_is_left_by_its_name_or_its_code(office: Path, letter: Path, tmp_path: Path) -> None:
    for town in (OTHER_TOWN_NAME, OTHER_TOWN):
        here("subscribe", "--data", office, letter, "--number", number(tmp_path))
        assert OTHER_TOWN_NAME in here("subscriptions", "--data", office).out
        assert "やめました" in here("unsubscribe", "--data", office, town).out
        assert "読んでいません" in message(here("unsubscribe", "--data", office, town))
