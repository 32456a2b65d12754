from collections.abc import Mapping
from pathlib import Path

import pytest

from node.feed.item import Item, Value
from node.feed.position import Position, position
from node.feed.reading import read
from tests.node.feed.lists import only, taken


def city(shared_data: Path, name: str) -> tuple[Item, ...]:
    path = shared_data / "opendata-csv" / "takamatsu-city" / name
    return read(name, path.read_bytes()).items


def shown(item: Item) -> Mapping[str, Value]:
    return {name: value for name, value in item.fields.items() if name != "as_listed"}


def test_a_shelter_says_for_which_disasters_it_may_be_used(shared_data: Path) -> None:
    shelter = city(shared_data, "old_data_0060.csv")[0]
    assert shelter.board == "guide"
    assert shown(shelter) == {
        "title": "日新小学校跡施設",
        "category": "shelter",
        "address": "高松市瀬戸内町18-2",
        "phone": "087-839-2611",
        "hazards": "洪水（L1）、内水氾濫、土砂災害、大規模な火事、地震　"
        "（△：洪水（L2）、高潮、津波）",
        "capacity": "238",
        "description": "担当：地域振興課\n標高：1.7\n"
        "対象となる町会・自治会：日新地区コミュニティ協議会",
        "latitude": "34.34753333",
        "longitude": "134.03003917",
        "source": "出典：高松市",
    }


@pytest.mark.parametrize(
    ("name", "category", "rows"),
    [
        ("aed_location_2025-03-19_bc0322d.xlsx", "aed", 445),
        ("community_center_2023-11-30_2acf0cd.xlsx", "facility", 52),
        ("evacuation_space_2026-06-17_80ba6f1.xlsx", "shelter", 195),
        ("old_data_0013.csv", "childcare", 115),
        ("old_data_0060.csv", "shelter", 193),
        ("old_data_0064.csv", "wifi", 25),
        ("old_data_0074.csv", "garbage", 606),
        ("old_data_0090.csv", "garbage", 8),
    ],
)
def test_a_list_is_known_by_its_columns(
    shared_data: Path, name: str, category: str, rows: int
) -> None:
    items = city(shared_data, name)
    assert len(items) == rows
    assert {item.fields["category"] for item in items} == {category}


def test_opening_hours_are_one_line(shared_data: Path) -> None:
    centre = city(shared_data, "old_data_0003.csv")[0]
    assert centre.fields["hours"] == (
        "月火水木金土日　10:00～21:00　祝日は開館（10:00～21:00）。年末年始（12/29～1/3）は休館。"
    )


def test_how_to_put_out_a_thing_is_told(shared_data: Path) -> None:
    things = {
        i.fields["title"]: i.fields["description"] for i in city(shared_data, "old_data_0074.csv")
    }
    assert things["アイロン"] == "分別：破砕ごみ"
    assert things["ＩＣレコーダー"] == ("分別：破砕ごみ\n小型家電として回収ボックスに投入できます")


def test_collection_days_are_told_for_each_area(shared_data: Path) -> None:
    area = city(shared_data, "old_data_0090.csv")[7]
    assert area.fields["title"] == "屋島・古高松・牟礼南部"
    assert area.fields["description"] == (
        "燃やせるごみ：毎週火・金曜日\n破砕ごみ：第２・４木曜日\n"
        "缶・びん・ペットボトル：第１・３月曜日\n紙・布：第２・４月曜日\n"
        "プラスチック容器包装：毎週水曜日"
    )


def test_a_shelter_of_the_standard_dataset_is_read() -> None:
    header = (
        "全国地方公共団体コード,ID,名称,名称_カナ,名称_英字,所在地_全国地方公共団体コード,町字ID,"
        "所在地_連結表記,所在地_都道府県,所在地_市区町村,所在地_町字,所在地_番地以下,建物名等(方書),"
        "緯度,経度,標高,電話番号,内線番号,連絡先メールアドレス,連絡先FormURL,"
        "連絡先備考（その他、SNSなど）,郵便番号,市区町村コード,地方公共団体名,災害種別_洪水,"
        "災害種別_崖崩れ、土石流及び地滑り,災害種別_高潮,災害種別_地震,災害種別_津波,"
        "災害種別_大規模な火事,災害種別_内水氾濫,災害種別_火山現象,指定避難所との重複,想定収容人数,"
        "対象となる町会・自治会,URL,画像,画像_ライセンス,備考\n"
    )
    row = (
        "372013,S1,上郷小学校,ｶﾐｺﾞｳｼｮｳｶﾞｯｺｳ,,372013,,,香川県,高松市,上郷町,1-2,体育館,34.3,134.0,12,"
        "(087)123-4567,,,,,,,,1,1,,1,,,,,1,屋内480人／屋外3350人,,,,,鍵は町内会長\n"
    )
    assert shown(only(taken(header + row))) == {
        "title": "上郷小学校",
        "title_reading": "かみごうしょうがっこう",
        "category": "shelter",
        "address": "香川県高松市上郷町1-2　体育館",
        "phone": "(087)123-4567",
        "hazards": "洪水、崖崩れ、土石流及び地滑り、地震",
        "capacity": "屋内480人／屋外3350人",
        "description": "標高：12\n指定避難所との重複：1\n鍵は町内会長",
        "latitude": "34.3",
        "longitude": "134.0",
    }


@pytest.mark.parametrize(
    ("header", "category"),
    [
        ("NO,名称,名称_カナ,住所,方書,災害種別_洪水,災害種別_津波,想定収容人数", "shelter"),
        ("名称,住所,設置位置,小児対応設備の有無", "aed"),
        ("名称,医療機関の種類,住所,診療曜日,診療科目", "medical"),
        ("名称,種別,住所,受入年齢,一時預かりの有無", "childcare"),
        ("介護サービス事業所名称,実施サービス,住所", "welfare"),
        ("名称,住所,SSID,提供エリア", "wifi"),
        ("名称,住所,料金（基本）,説明,説明_英語", "sightseeing"),
        ("名称,名称_通称,POIコード,住所,利用可能時間特記事項", "facility"),
        ("品目,分別区分,出し方", "garbage"),
    ],
)
def test_the_former_datasets_each_find_their_place_in_the_guide(header: str, category: str) -> None:
    row = ",".join(["何か"] * len(header.split(",")))
    item = only(taken(f"{header}\n{row}\n"))
    assert (item.fields["title"], item.fields["category"]) == ("何か", category)


def test_a_telephone_number_with_words_is_told_instead() -> None:
    item = only(taken("名称,住所,電話番号\n公園,高松市,087-839-2416（公園緑地課）\n"))
    assert "phone" not in item.fields
    assert item.fields["description"] == "電話番号：087-839-2416（公園緑地課）"


def test_a_place_outside_japan_is_looked_at_and_not_put_on_the_map() -> None:
    found = taken("名称,緯度,経度\n公園,34.3,34.3\n")
    assert "latitude" not in only(found).fields
    assert "緯度" in found.doubts[0].why


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (("34.3", "134.0", ""), ("34.3", "134.0")),
        (("134.0", "34.3", ""), ("34.3", "134.0")),
        (("", "", "34.34,134.03"), ("34.34", "134.03")),
        (("", "", "34.34, 134.03"), ("34.34", "134.03")),
        (("", "", ","), ("", "")),
        (("", "", ""), ("", "")),
        (("34.17572481570000000", "134.08", ""), ("34.17572481570000000", "134.08")),
    ],
)
def test_a_position_is_kept_as_written_and_a_swapped_pair_put_right(
    written: tuple[str, str, str], read_as: tuple[str, str]
) -> None:
    assert position(*written) == Position(latitude=read_as[0], longitude=read_as[1])


@pytest.mark.parametrize(
    "written", [("34.3", ""), ("34.3", "34.3"), ("0", "0"), ("北", "東"), ("-34.3", "134")]
)
def test_a_position_that_cannot_be_is_none(written: tuple[str, str]) -> None:
    assert position(*written) is None
