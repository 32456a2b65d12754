from pathlib import Path

import pytest

from node.feed.reading import read
from tests.node.feed.telegrams import record, sample, telegram, warnings

HEAVY_RAIN = "気象警報・注意報（Ｒ０６）（大雨）"
STORM_SURGE = "気象警報・注意報（Ｒ０６）（高潮）"


def test_a_heavy_rain_warning_says_town_by_town_what_stands(shared_data: Path) -> None:
    item = sample(shared_data, "15_17_01_241226_VPWW55")
    fields = item.fields
    assert fields["title"] == "島根県大雨警報・注意報"
    assert fields["issuer"] == "松江地方気象台"
    assert fields["issued"] == "2024-11-02T11:19:00+09:00"
    assert fields["state"] == "issued"
    assert fields["level"] == "3"
    assert fields["headline"] == "東部、西部では、低い土地の浸水や河川の増水に警戒して下さい。"
    kinds = fields["kinds"]
    assert isinstance(kinds, list)
    assert len(kinds) == 19
    assert kinds[0] == ["松江市", "レベル３大雨警報（継続）"]
    assert kinds[8] == ["奥出雲町", "レベル２大雨注意報（継続）"]
    assert kinds[15] == ["海士町", "発表警報・注意報はなし"]
    assert kinds[18] == ["隠岐の島町", "レベル２大雨注意報（解除）"]
    areas = fields["areas"]
    assert isinstance(areas, list)
    assert ["3220100", "松江市"] in areas
    assert ["3252500", "海士町"] not in areas


def test_the_line_for_the_office_names_the_hazard(shared_data: Path) -> None:
    (path,) = (shared_data / "jma-xml").rglob("15_17_01_241226_VPWW55.xml")
    assert read(path.name, path.read_bytes()).kind == "気象警報・注意報（大雨）"


def test_a_landslide_warning_comes_with_what_to_do(shared_data: Path) -> None:
    fields = sample(shared_data, "15_16_01_241031_VPWW56").fields
    assert fields["level"] == "4"
    assert str(fields["text"]).startswith("避難が必要となる危険な状況となっています。崖の近くや")


def test_a_storm_surge_warning_says_when_the_water_may_come_over_the_dyke(
    shared_data: Path,
) -> None:
    fields = sample(shared_data, "15_16_02_250630_VPWW57").fields
    assert fields["issuer"] == "京都府 京都地方気象台"
    kinds = fields["kinds"]
    assert isinstance(kinds, list)
    assert kinds[2] == [
        "舞鶴市",
        "レベル４高潮危険警報（発表）\n舞鶴湾　２３日６時から１２時まで、警戒レベル４相当",
    ]
    assert kinds[-1][0] == "舞鶴湾（高潮予報区間）"
    assert "堤防を越え、舞鶴市では浸水する恐れがあります。" in kinds[-1][1]


def test_a_warning_of_the_old_form_keeps_its_conditions_and_states_no_level(
    shared_data: Path,
) -> None:
    fields = sample(shared_data, "15_12_01_161130_VPWW54").fields
    kinds = fields["kinds"]
    assert isinstance(kinds, list)
    assert kinds[1] == [
        "浜田市",
        "大雨特別警報〔土砂災害、浸水害〕（発表）　土砂災害警戒、浸水警戒\n"
        "洪水警報（継続）　氾濫\n"
        "雷注意報（継続）　突風",
    ]
    assert "level" not in fields


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("15_16_01_241031_VPWW56", "4"),
        ("15_16_02_241031_VPWW57", "4"),
        ("15_16_03_241226_VPWW55", "4"),
        ("15_16_04_241226_VPWW58", None),
        ("15_16_07_241226_VPWW61", None),
    ],
)
def test_the_level_is_the_highest_the_warning_states(
    shared_data: Path, name: str, level: str | None
) -> None:
    assert sample(shared_data, name).fields.get("level") == level


def test_a_code_tells_the_level_where_the_name_does_not() -> None:
    body = warnings(("大雨危険警報", "43", "発表"))
    assert record(telegram(title=HEAVY_RAIN, body=body)).fields["level"] == "4"


def test_a_code_of_another_hazard_tells_no_level() -> None:
    body = warnings(("濃霧注意報", "20", "発表"), ("土砂災害警報", "09", "発表"))
    assert "level" not in record(telegram(title=HEAVY_RAIN, body=body)).fields


def test_what_is_lifted_states_no_level() -> None:
    body = warnings(
        ("レベル４大雨危険警報", "43", "解除"), ("レベル２大雨注意報", "10", "警報から注意報")
    )
    fields = record(telegram(title=HEAVY_RAIN, body=body)).fields
    assert fields["level"] == "2"
    assert fields["state"] == "issued"


@pytest.mark.parametrize(
    "kind", [("レベル３高潮警報", "08", "解除"), ("", "", "発表警報・注意報はなし")]
)
def test_a_warning_in_which_everything_is_over_is_lifted(kind: tuple[str, str, str]) -> None:
    fields = record(telegram(title=STORM_SURGE, body=warnings(kind))).fields
    assert fields["state"] == "lifted"
    assert "level" not in fields


def test_a_later_warning_of_the_region_replaces_the_earlier_whichever_office_edits() -> None:
    first = record(telegram(title=HEAVY_RAIN, body=warnings(("レベル３大雨警報", "03", "発表"))))
    second = record(
        telegram(
            title=HEAVY_RAIN,
            office="広島地方気象台",
            reported="2026-07-01T12:00:00+09:00",
            body=warnings(("レベル３大雨警報", "03", "解除")),
        )
    )
    assert first.outside.key == f"jma/{HEAVY_RAIN}/370000" == second.outside.key
    assert first.outside.order < second.outside.order


def test_two_regions_of_one_office_are_two_things() -> None:
    kind = ("レベル３大雨警報", "03", "発表")
    keys = {
        record(telegram(title=HEAVY_RAIN, body=warnings(kind, region=region))).outside.key
        for region in ("460100", "460040")
    }
    assert len(keys) == 2


def test_two_hazards_of_one_region_are_two_things(shared_data: Path) -> None:
    rain = sample(shared_data, "15_16_03_241226_VPWW55")
    landslide = sample(shared_data, "15_16_01_241031_VPWW56")
    assert rain.outside.key != landslide.outside.key


def test_a_cancel_that_names_no_region_is_looked_at_by_a_person() -> None:
    taken = read("x.xml", telegram(title=HEAVY_RAIN, info_type="取消", body="<Text>取消</Text>"))
    assert taken.items[0].fields["state"] == "cancelled"
    assert "どの地域" in taken.doubts[0].why
