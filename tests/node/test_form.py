"""What people type becomes fields, or sentences beside what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.boards import BOARDS
from node.boards.declaration import Board, Choice, Field, FieldType, Order, Writer
from node.boards.event import EVENT
from node.boards.job import JOB
from node.form import Problems, parse
from tests.node.builders import CHOIR, JOB_FIELDS

EVERY_TYPE = Board(
    name="every",
    label="すべて",
    reading="すべて",
    purpose="どの種類の欄も一つずつあります。",
    lane_class="board",
    audience="town",
    writers=frozenset({Writer.ANYONE}),
    order=Order(field=""),
    fields=(
        Field(name="text", label="一行", length_max=10),
        Field(name="long_text", label="何行も", type=FieldType.LONG_TEXT),
        Field(name="date", label="日", type=FieldType.DATE),
        Field(name="time", label="時刻", type=FieldType.TIME),
        Field(name="moment", label="日時", type=FieldType.MOMENT),
        Field(
            name="choice",
            label="どれか",
            type=FieldType.CHOICE,
            choices=(Choice(key="a", label="甲"), Choice(key="b", label="乙")),
        ),
        Field(name="flag", label="はい", type=FieldType.FLAG),
        Field(name="number", label="数", type=FieldType.NUMBER),
        Field(name="phone", label="電話", type=FieldType.PHONE),
        Field(name="link", label="ページ", type=FieldType.LINK),
        Field(name="table", label="表", type=FieldType.TABLE),
        Field(name="fed", label="取り込み", in_form=False),
    ),
)


def problems(board: Board, form: dict[str, str]) -> dict[str, str]:
    parsed = parse(board, form)
    assert isinstance(parsed, Problems), parsed
    return dict(parsed.by_field)


RIGHT = [
    ("text", "合唱", "合唱"),
    ("text", "  合唱　", "合唱"),
    ("text", "ﾊﾞｽ１０本", "ﾊﾞｽ１０本"),  # a person's own words are not respelled
    ("text", "か\u3099っき", "がっき"),  # but one letter is one character
    ("text", "一\r\n二", "一 二"),
    ("text", "あ\x00\x1b\x7fい", "あい"),
    ("text", "料\u202e金\u2066\u061c\u200b\ufeff", "料金"),
    ("text", "👩\u200d🌾", "👩\u200d🌾"),
    ("long_text", "一\r\n二\r三\u2028四\n", "一\n二\n三\n四"),
    ("long_text", "あ" * 200, "あ" * 200),
    ("date", "2026-04-01", "2026-04-01"),
    ("date", "２０２６－０４－０１", "2026-04-01"),
    ("date", "2026/4/1", "2026-04-01"),
    ("date", "2028-02-29", "2028-02-29"),
    ("time", "09:30", "09:30"),
    ("time", "9:30", "09:30"),
    ("time", "１３：３０", "13:30"),
    ("time", "09:30:00", "09:30"),
    ("moment", "2026-04-01T13:30+09:00", "2026-04-01T13:30:00+09:00"),
    ("moment", "２０２６-０４-０１T１３:３０+０９:００", "2026-04-01T13:30:00+09:00"),
    ("choice", "b", "b"),
    ("flag", "on", True),
    ("number", "30", "30"),
    ("number", "１，２００", "1200"),
    ("phone", "０１２３-４５-６７８９", "0123-45-6789"),
    ("phone", "+81 (123) 45 6789", "+81 (123) 45 6789"),
    ("link", "https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
    ("link", "http://192.0.2.1:8080/", "http://192.0.2.1:8080/"),
]


@pytest.mark.parametrize(("name", "typed", "kept"), RIGHT)
def test_what_is_typed_rightly_is_kept(name: str, typed: str, kept: object) -> None:
    assert parse(EVERY_TYPE, {name: typed}) == {name: kept}


WRONG = [
    ("text", "一二三四五六七八九十百"),
    ("long_text", "あ" * 201),
    ("date", "2026-02-30"),
    ("date", "4月1日"),
    ("date", "2026-13-01"),
    ("time", "24:00"),
    ("time", "午後1時"),
    ("time", "9:5"),
    ("moment", "2026-04-01T13:30"),
    ("moment", "きのう"),
    ("choice", "c"),
    ("choice", "甲"),
    ("number", "三十"),
    ("number", "-5"),
    ("number", "1.5"),
    ("number", "٣"),
    ("phone", "役場まで"),
    ("phone", "1" * 31),
    ("link", "javascript:alert(1)"),
    ("link", "example.org"),
    ("link", "https://"),
    ("link", "https://["),
    ("link", "https://example.org/\nhttps://example.net/"),
    ("table", "一|二"),
]


@pytest.mark.parametrize(("name", "typed"), WRONG)
def test_what_is_typed_wrongly_is_told_beside_the_field(name: str, typed: str) -> None:
    assert list(problems(EVERY_TYPE, {name: typed})) == [name]


NOTHING_TO_SEE = ["", " ", "\u3000\n", "\u200b", "\u200e \u200e", "\u200d", "\x00"]


@pytest.mark.parametrize("typed", NOTHING_TO_SEE)
@pytest.mark.parametrize("field", EVERY_TYPE.fields, ids=lambda field: str(field.name))
def test_what_nobody_can_see_is_nothing(field: Field, typed: str) -> None:
    assert parse(EVERY_TYPE, {field.name: typed}) == {}


def test_only_what_the_form_asks_for_is_kept() -> None:
    assert parse(EVERY_TYPE, {"fed": "電文", "withdrawn": "true", "outside": "x"}) == {}


@given(st.dictionaries(st.sampled_from([f.name for f in EVERY_TYPE.fields]), st.text()))
def test_whatever_is_typed_becomes_fields_or_problems(form: dict[str, str]) -> None:
    match parse(EVERY_TYPE, form):
        case Problems(by_field):
            assert by_field.keys() <= form.keys()
            assert all(by_field.values())
        case fields:
            assert fields.keys() <= form.keys()
            again = {k: v if isinstance(v, str) else "on" for k, v in fields.items()}
            assert parse(EVERY_TYPE, again) == fields


@pytest.mark.parametrize(
    "form",
    [
        {"ends_on": "2026-12-04"},
        {"starts_on": "2026-12-05", "ends_on": "２０２６／１２／０４"},
    ],
)
def test_an_event_does_not_end_on_a_day_before_it_begins(form: dict[str, str]) -> None:
    told = problems(EVENT, {**CHOIR, **form})
    assert list(told) == ["ends_on"]
    assert "日にち" in told["ends_on"]


@pytest.mark.parametrize(
    "form",
    [
        {"ends_on": "2026-12-05"},
        {"ends_on": "2026-12-06", "starts_at": "22:00", "ends_at": "05:00"},
        {"starts_at": "22:00", "ends_at": "05:00"},  # over midnight
    ],
)
def test_an_event_may_end_on_its_day_or_later_at_any_hour(form: dict[str, str]) -> None:
    assert parse(EVENT, {**CHOIR, **form}) == {**CHOIR, **form}


def test_a_day_that_cannot_be_read_is_not_also_called_too_early() -> None:
    assert list(problems(EVENT, {**CHOIR, "starts_on": "あす", "ends_on": "2026-01-01"})) == [
        "starts_on"
    ]


REQUIRED = [
    (board, field) for board in BOARDS.values() for field in board.form_fields() if field.required
]


@pytest.mark.parametrize(
    ("board", "field"), REQUIRED, ids=[f"{board.name}-{field.name}" for board, field in REQUIRED]
)
def test_nothing_required_may_be_left_out(board: Board, field: Field) -> None:
    assert field.label in problems(board, {})[field.name]


# 職業安定法5条の3 and 施行規則4条の2, 健康増進法: what a posting must say.
WANTED_BY_LAW = {
    *("employer", "work", "work_changes", "term", "trial", "place", "place_changes", "hours"),
    *("breaks", "overtime", "holidays", "pay", "insurance", "smoking", "as_of"),
}
SAID_WHERE_IT_APPLIES = {"term_note", "pay_fixed_overtime", "dispatch"}


@pytest.mark.parametrize("name", sorted(WANTED_BY_LAW))
def test_a_job_without_an_item_that_the_law_wants_is_not_posted(name: str) -> None:
    form = {key: value for key, value in JOB_FIELDS.items() if key != name}
    assert list(problems(JOB, form)) == [name]


def test_the_declaration_cites_the_law_for_what_it_wants_and_for_nothing_else() -> None:
    assert {f.name for f in JOB.fields if f.law} == WANTED_BY_LAW | SAID_WHERE_IT_APPLIES


def test_a_job_that_says_all_the_law_wants_is_posted() -> None:
    assert parse(JOB, JOB_FIELDS) == JOB_FIELDS
