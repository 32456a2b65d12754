from pathlib import Path

from node.feed.earthquake import intensity
from tests.node.feed.telegrams import record, sample, telegram


def test_an_earthquake_says_where_how_strong_and_that_no_tsunami_is_feared(
    shared_data: Path,
) -> None:
    fields = sample(shared_data, "20210217140958_0_VXSE53").fields
    assert fields["title"] == "震源・震度情報"
    assert fields["headline"] == "１７日２３時０６分ころ、地震がありました。"
    kinds = fields["kinds"]
    assert isinstance(kinds, list)
    assert kinds[:6] == [
        ["発生した時刻", "2021年2月17日23時06分ころ"],
        ["震源", "福島県沖"],
        ["震源の位置", "北緯３７．６度　東経１４１．６度　深さ　５０ｋｍ"],
        ["地震の規模", "Ｍ４．５"],
        ["最大震度", "３"],
        ["津波など", "この地震による津波の心配はありません。"],
    ]
    assert [row[0] for row in kinds[6:]] == [
        "宮城県",
        "福島県",
        "岩手県",
        "山形県",
        "茨城県",
        "栃木県",
    ]
    assert kinds[6][1].startswith("震度３　石巻市\n震度２　東松島市、松島町、利府町、")
    assert kinds[-1] == ["栃木県", "震度１　宇都宮市"]
    areas = fields["areas"]
    assert isinstance(areas, list)
    assert ["0920100", "宇都宮市"] in areas


def test_a_quake_abroad_keeps_the_unknown_depth_and_the_detailed_place(shared_data: Path) -> None:
    kinds = sample(shared_data, "32-39_05_12_100831_VXSE53").fields["kinds"]
    assert isinstance(kinds, list)
    assert kinds[1] == ["震源", "南米西部（チリ中部沿岸）"]
    assert kinds[2] == ["震源の位置", "南緯３６．１度　西経　７２．６度　深さ不明"]
    assert kinds[3] == ["地震の規模", "Ｍ８．６"]


def test_the_first_report_of_shaking_names_areas_by_intensity(shared_data: Path) -> None:
    kinds = sample(shared_data, "32-35_07_05_100915_VXSE51").fields["kinds"]
    assert isinstance(kinds, list)
    assert kinds[0] == ["最大震度", "６弱"]
    assert kinds[1] == [
        "静岡県",
        "震度６弱　静岡県伊豆、静岡県中部、静岡県西部\n震度５強　静岡県東部",
    ]


def test_intensities_are_written_as_people_say_them() -> None:
    signs = ["1", "4", "5-", "5+", "6-", "6+", "7", "?"]
    assert [intensity(sign) for sign in signs] == [
        *("１", "４", "５弱", "５強", "６弱", "６強", "７", "?")
    ]


def test_a_town_that_could_not_report_comes_first() -> None:
    towns = "".join(
        f"<City><Name>{name}</Name><Code>{n}</Code>{felt}</City>"
        for n, (name, felt) in enumerate(
            [
                ("弱い町", "<MaxInt>4</MaxInt>"),
                ("強い町", "<MaxInt>6+</MaxInt>"),
                ("中の町", "<MaxInt>6-</MaxInt>"),
                ("届かぬ町", "<Condition>震度５弱以上未入電</Condition>"),
            ]
        )
    )
    body = (
        "<Intensity><Observation><MaxInt>6+</MaxInt><Pref><Name>香川県</Name>"
        f"<Area><Name>香川県東部</Name>{towns}</Area></Pref></Observation></Intensity>"
    )
    content = telegram(title="震源・震度に関する情報", body=body, body_of="seismology1")
    kinds = record(content).fields["kinds"]
    assert kinds == [
        ["最大震度", "６強"],
        [
            "香川県",
            "震度５弱以上未入電　届かぬ町\n震度６強　強い町\n震度６弱　中の町\n震度４　弱い町",
        ],
    ]
