from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest

from node.boards import BOARDS
from node.feed.fitting import payload_bytes
from node.feed.item import Unreadable
from node.feed.reading import read
from tests.node.feed.telegrams import last_word, record, sample, telegram


def jma_files(shared_data: Path) -> list[Path]:
    files = sorted((shared_data / "jma-xml").rglob("*.xml"))
    assert len(files) > 70
    return files


def test_every_telegram_of_the_jma_becomes_one_record(shared_data: Path) -> None:
    for path in jma_files(shared_data):
        taken = read(path.name, path.read_bytes())
        assert len(taken.items) == 1, path.name
        fields = taken.items[0].fields
        for required in ("title", "operation", "issuer", "issued", "telegram", "source"):
            assert fields[required], (path.name, required)


def test_every_record_says_only_what_its_board_declares_and_fits_into_a_payload(
    shared_data: Path,
) -> None:
    board = BOARDS["disaster"]
    for path in jma_files(shared_data):
        fields = record(path.read_bytes(), path.name).fields
        assert payload_bytes(fields.items()) < 60_000
        for name, value in fields.items():
            declared = board.field(name)
            assert declared is not None
            assert value
            if isinstance(value, str):
                assert len(value) <= declared.length_max
            if declared.choices:
                assert value in {choice.key for choice in declared.choices}


def test_the_type_in_a_file_name_of_the_jma_is_the_type_of_the_record(shared_data: Path) -> None:
    for path in jma_files(shared_data):
        assert str(record(path.read_bytes(), path.name).fields["telegram"]) in path.name


def test_the_type_is_known_from_the_title_even_under_another_name(shared_data: Path) -> None:
    (path,) = (shared_data / "jma-xml").rglob("15_17_01_241226_VPWW55.xml")
    assert record(path.read_bytes(), "download (3).xml").fields["telegram"] == "VPWW55"
    assert record(path.read_bytes(), "x_VXSE53_y.xml").fields["telegram"] == "VPWW55"


def test_a_type_nobody_knows_is_kept_under_its_title() -> None:
    fields = record(telegram(title="新しい情報")).fields
    assert fields["telegram"] == "新しい情報"
    assert fields["headline"] == "香川県では大雨に注意してください。"


def test_words_are_kept_as_sent_and_only_white_space_around_them_goes() -> None:
    said = "［概況］\n　梅雨前線が、四国地方に\n停滞しています。１時間に４０ミリ\u200b"
    fields = record(telegram(body=f"<Comment><Text>\n{said}\n </Text></Comment>")).fields
    assert fields["text"] == said


def test_a_paragraph_keeps_its_indent(shared_data: Path) -> None:
    text = str(sample(shared_data, "23_02_01_110126_VPFG50").fields["text"])
    assert "\n　このため九州北部地方は、雨の" in text


def test_a_drill_is_a_drill_on_the_board_and_in_the_line_for_the_office(shared_data: Path) -> None:
    (path,) = (shared_data / "jma-xml").rglob("32-39_12_02_250206_VTSE41.xml")
    taken = read(path.name, path.read_bytes())
    assert taken.items[0].fields["operation"] == "drill"
    assert taken.kind == "【訓練】津波警報・注意報・予報a"


@pytest.mark.parametrize(("status", "operation"), [("訓練", "drill"), ("試験", "test")])
def test_a_drill_or_test_never_replaces_or_cancels_the_real_thing(
    status: str, operation: str
) -> None:
    real = record(telegram(event="20260701100000", serial="1"))
    pretended = record(telegram(event="20260701100000", serial="9", status=status))
    cancelled = record(
        telegram(event="20260701100000", serial="9", status=status, info_type="取消")
    )
    assert pretended.fields["operation"] == operation
    assert real.outside.key not in {pretended.outside.key, cancelled.outside.key}


def test_a_telegram_that_does_not_say_whether_it_is_real_is_refused() -> None:
    for status in ("", "通常？", "訓 練"):
        with pytest.raises(Unreadable, match="通常・訓練・試験"):
            read("x.xml", telegram(status=status))


def test_a_telegram_without_a_readable_time_is_refused() -> None:
    for reported in ("", "きのう", "2026-07-01T10:00:00"):
        with pytest.raises(Unreadable, match="時刻"):
            read("x.xml", telegram(reported=reported))


def test_a_real_telegram_that_calls_itself_a_sample_is_looked_at_by_a_person(
    shared_data: Path,
) -> None:
    (path,) = (shared_data / "jma-xml").rglob("16_02_01_220728_VXKOii.xml")
    (doubt,) = read(path.name, path.read_bytes()).doubts
    assert "本物かどうか" in doubt.why


@pytest.mark.parametrize(
    ("info_type", "state"),
    [("発表", "issued"), ("訂正", "corrected"), ("取消", "cancelled"), ("遅延", "issued")],
)
def test_the_state_is_the_issuers(info_type: str, state: str) -> None:
    item = record(telegram(info_type=info_type))
    assert item.fields["state"] == state
    assert item.outside.cancels == (info_type == "取消")


def test_a_state_nobody_knows_is_not_guessed() -> None:
    taken = read("x.xml", telegram(info_type="更新"))
    assert "state" not in taken.items[0].fields
    assert "更新" in taken.doubts[0].why


def test_a_cancel_is_the_last_word_in_whatever_order_the_telegrams_arrive(
    shared_data: Path,
) -> None:
    series = [
        sample(shared_data, f"32-39_05_{n}_VXSE53")
        for n in ("01_100831", "08_100831", "12_100831", "12_100915")
    ]
    for arrived in permutations(series):
        shown = last_word(*arrived)
        assert shown.fields["state"] == "cancelled"
        assert shown.fields["text"] == "先ほどの、遠地地震に関する情報を取り消します。"


def test_the_latest_of_telegrams_without_a_serial_wins_even_within_a_minute(
    shared_data: Path,
) -> None:
    series = [sample(shared_data, f"32-35_07_0{n}_100915_VXSE51") for n in (1, 2, 3)]
    assert {item.outside.issued for item in series} == {"2009-08-10T20:09:00Z"}
    for arrived in permutations(series):
        assert last_word(*arrived) is series[2]


def test_a_second_correction_wins_though_it_keeps_serial_and_time_of_the_first(
    shared_data: Path,
) -> None:
    first = sample(shared_data, "07_04_02_200826_VPTI51")
    second = sample(shared_data, "07_04_03_200826_VPTI51")
    assert last_word(second, first) is second
    assert last_word(first, second) is second


def test_within_one_event_the_serial_decides_before_the_time() -> None:
    later = record(telegram(event="JPTK260001", serial="10"))
    earlier = record(telegram(event="JPTK260001", serial="9", reported="2026-07-01T10:30:00+09:00"))
    assert last_word(later, earlier) is later


@pytest.mark.parametrize(
    ("title", "event"),
    [
        ("指定河川洪水予報", "890904000100"),
        ("水位周知河川に関する情報", "8201813100"),
        ("土砂災害警戒情報", "渡島・檜山地方土砂災害警戒情報"),
        ("火山の状況に関する解説情報", "350"),
        ("竜巻注意情報", ""),
    ],
)
def test_a_river_begins_again_at_one_and_its_old_flood_does_not_hide_the_new(
    title: str, event: str
) -> None:
    last_year = record(
        telegram(title=title, event=event, serial="7", reported="2025-07-01T10:00:00+09:00")
    )
    today = record(telegram(title=title, event=event, serial="1"))
    assert last_word(last_year, today) is today


def test_times_are_ordered_in_utc_and_shown_as_the_issuer_wrote_them() -> None:
    item = record(telegram(reported="2026-07-01T08:59:00+09:00"))
    assert item.outside.issued == "2026-06-30T23:59:00Z"
    assert item.fields["issued"] == "2026-07-01T08:59:00+09:00"


def test_two_offices_that_number_their_events_alike_do_not_replace_each_other() -> None:
    here = record(telegram(event="JPOA202607011000", office="高松地方気象台"))
    there = record(telegram(event="JPOA202607011000", office="徳島地方気象台"))
    assert here.outside.key != there.outside.key


def test_an_earthquake_goes_by_its_event_whichever_office_edits(shared_data: Path) -> None:
    item = sample(shared_data, "20210217140958_0_VXSE53")
    assert item.outside.key == "jma/震源・震度に関する情報/20210217230627"
    assert item.outside.serial == 1
    assert item.outside.issued == "2021-02-17T14:09:00Z"


def test_a_landslide_warning_that_ended_everywhere_is_lifted(shared_data: Path) -> None:
    states = [sample(shared_data, f"17_02_0{n}_190529_VXWW50").fields["state"] for n in (1, 2, 3)]
    assert states == ["issued", "issued", "lifted"]


def test_a_volcanos_level_is_not_taken_for_an_evacuation_level(shared_data: Path) -> None:
    fields = sample(shared_data, "45_02_01_200522_VFVO50").fields
    assert fields["kinds"][0] == ["レベル５（避難）（引上げ）", "箱根山"]  # type: ignore[index]
    assert "level" not in fields


def test_a_rivers_level_is_the_one_in_its_name(shared_data: Path) -> None:
    assert sample(shared_data, "91_01_01_241031_VXSUii").fields["level"] == "2"
    assert "level" not in sample(shared_data, "16_02_02_220728_VXKOii").fields


def kind(*names: str) -> str:
    kinds = "".join(f"<Kind><Name>{name}</Name><Code>1</Code></Kind>" for name in names)
    area = "<Area><Name>香東川</Name><Code>1</Code></Area>"
    return (
        '<Information type="指定河川洪水予報（河川）">'
        f"<Item>{kinds}<Areas>{area}</Areas></Item></Information>"
    )


@pytest.mark.parametrize(
    ("names", "level"),
    [
        (["レベル４氾濫危険警報"], "4"),
        (["レベル２氾濫注意報", "レベル３氾濫警報"], "3"),
        (["レベル２氾濫注意報（警報解除）"], "2"),
        (["レベル２氾濫注意報解除"], None),
        (["氾濫警戒情報"], None),
    ],
)
def test_a_level_is_read_only_where_the_name_states_it_and_it_stands(
    names: Sequence[str], level: str | None
) -> None:
    fields = record(telegram(title="指定河川洪水予報", information=kind(*names))).fields
    assert fields.get("level") == level


def test_a_telegram_with_endless_names_makes_no_endless_record() -> None:
    long = "あ" * 100_000
    item = record(
        telegram(
            title=long, head_title=long, event=long, office=long, headline="", serial="9" * 999
        )
    )
    assert payload_bytes(item.fields.items()) < 60_000
    assert len(item.outside.key) < 300
    assert item.outside.serial == 0
    with pytest.raises(Unreadable, match="時刻"):
        read("x.xml", telegram(reported=f"2026-07-01T10:00:00.{'0' * 100_000}+09:00"))


def test_a_telegram_that_does_not_say_when_it_was_sent_is_taken_all_the_same() -> None:
    item = record(telegram(sent=""))
    assert (item.outside.issued, item.outside.sent) == ("2026-07-01T01:00:00Z", "")


def test_what_is_too_long_for_a_payload_is_cut_and_says_so() -> None:
    long = "川の水が増えています。" * 20_000
    areas = "".join(
        f"<Item><Kind><Name>レベル{n % 5 + 1}大雨警報</Name></Kind><Areas><Area>"
        f"<Name>{'あ' * 30}{n}</Name><Code>{n:07}</Code></Area></Areas></Item>"
        for n in range(4_000)
    )
    content = telegram(
        headline=long,
        body=f"<Comment><Text>{long}</Text></Comment>",
        information=f'<Information type="（市町村等）">{areas}</Information>',
    )
    fields = record(content).fields
    assert payload_bytes(fields.items()) < 60_000
    assert "長いため省きました" in str(fields["headline"])
    assert "長いため省きました" in str(fields["text"])
    kinds, codes = fields["kinds"], fields["areas"]
    assert isinstance(kinds, list)
    assert isinstance(codes, list)
    assert kinds[-1] == ["ほか", f"長いため、あと{4_000 - (len(kinds) - 1)}行を省きました。"]
    assert codes[-1] == ["", f"ほかに{4_000 - (len(codes) - 1)}の地域"]
