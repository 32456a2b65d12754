"""A reading lies beside its text; one that doesn't fit it is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.language.spans import Span, in_kana, pack, pieces, spread, unpack

TEXT = "12月5日に合唱の会"
SPANS = (
    Span(0, 3, "じゅうにがつ"),
    Span(3, 2, "いつか"),
    Span(6, 2, "がっしょう"),
    Span(9, 1, "かい"),
)
PACKED = "0.3じゅうにがつ0.2いつか1.2がっしょう1.1かい"


def test_a_reading_is_written_as_the_specification_has_it() -> None:
    assert pack(SPANS) == PACKED
    assert unpack(PACKED, TEXT) == SPANS
    assert in_kana(TEXT, SPANS) == "じゅうにがついつかにがっしょうのかい"


@pytest.mark.parametrize(
    "packed",
    [
        None,
        7,
        ["0.3じゅうにがつ"],
        "",
        "じゅうにがつ",
        "0.3",
        "0.0かい",
        "-1.3かい",
        "00.3かい",
        "0.3kai",
        "0.3カイ",
        "0.3<b>かい",
        "0.99かい",
        "10.2かい",
        f"{PACKED}1.1かい",
        "0.1" + "か" * 65,
        "0.3かい ",
    ],
)
def test_what_does_not_fit_the_text_says_nothing(packed: object) -> None:
    assert unpack(packed, TEXT) == ()


@given(st.one_of(st.text(), st.from_regex(r"([0-9]{1,3}\.[0-9]{1,3}[ぁ-ん]{1,3}){0,9}")), st.text())
def test_whatever_somebody_wrote_as_a_reading_the_text_stays_whole(packed: str, text: str) -> None:
    spans = unpack(packed, text)
    assert "".join(stretch for stretch, _ in pieces(text, spans)) == text
    assert unpack(pack(spans), text) == spans


@pytest.mark.parametrize(
    ("word", "kana", "over"),
    [
        ("お知らせ", "おしらせ", [(1, 1, "し")]),
        ("取り組み", "とりくみ", [(0, 1, "と"), (2, 1, "く")]),
        (
            "下郷 秋の祭り",
            "しもごう あきのまつり",
            [(0, 2, "しもごう"), (3, 1, "あき"), (5, 1, "まつ")],
        ),
        ("りんご狩り", "りんごがり", [(3, 1, "が")]),
        ("カラオケ会", "からおけかい", [(4, 1, "かい")]),
    ],
)
def test_kana_are_spread_over_the_kanji(
    word: str, kana: str, over: list[tuple[int, int, str]]
) -> None:
    assert list(spread(word, kana)) == over
