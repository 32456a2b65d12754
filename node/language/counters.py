"""What people count in notices, and how it is read after a number; data and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from node.language.numbers import Sound

_FOUR = {4: "よ"}
_HOURS = {4: "よ", 7: "しち", 9: "く"}
_NATIVE = {1: "ひと", 2: "ふた"}


@dataclass(frozen=True, slots=True)
class Counter:
    """What stands after a number."""

    kana: str
    sound: Sound = Sound.PLAIN
    ones: Mapping[int, str] = field(default_factory=dict)  # 1 to 9, where they are read otherwise
    whole: Mapping[int, str] = field(default_factory=dict)  # numbers read as one with it
    in_kanji: bool = (
        False  # also after 一, 二, 三: elsewhere that is a word of its own (一番, 十分)
    )


DAYS = {
    2: "ふつか",
    3: "みっか",
    4: "よっか",
    5: "いつか",
    6: "むいか",
    7: "なのか",
    8: "ようか",
    9: "ここのか",
    10: "とおか",
    14: "じゅうよっか",
    17: "じゅうしちにち",
    19: "じゅうくにち",
    20: "はつか",
    24: "にじゅうよっか",
    27: "にじゅうしちにち",
    29: "にじゅうくにち",
}
_PEOPLE = {1: "ひとり", 2: "ふたり"}
_THINGS = {
    1: "ひとつ",
    2: "ふたつ",
    3: "みっつ",
    4: "よっつ",
    5: "いつつ",
    6: "むっつ",
    7: "ななつ",
    8: "やっつ",
    9: "ここのつ",
}


def _with(endings: str, whole: Mapping[int, str]) -> dict[int, str]:
    return {number: kana + endings for number, kana in whole.items()}


def _months(ending: str = "") -> Counter:
    return Counter("かげつ" + ending, Sound.K, in_kanji=True)


COUNTERS: dict[str, Counter] = {
    # days and times
    "日": Counter("にち", whole=DAYS, in_kanji=True),
    "日間": Counter("にちかん", whole=_with("かん", DAYS), in_kanji=True),
    "日目": Counter("にちめ", whole=_with("め", DAYS), in_kanji=True),
    "日分": Counter("にちぶん", whole=_with("ぶん", DAYS), in_kanji=True),
    "日前": Counter("にちまえ", whole=_with("まえ", DAYS), in_kanji=True),
    "日後": Counter("にちご", whole=_with("ご", DAYS), in_kanji=True),
    "月": Counter("がつ", ones={4: "し", 7: "しち", 9: "く"}, in_kanji=True),
    "か月": _months(),
    "カ月": _months(),
    "ヶ月": _months(),
    "ヵ月": _months(),
    "ケ月": _months(),
    "箇月": _months(),
    "か月間": _months("かん"),
    "ヶ月間": _months("かん"),
    "か月分": _months("ぶん"),
    "年": Counter("ねん", ones=_FOUR, in_kanji=True),
    "年間": Counter("ねんかん", ones=_FOUR, in_kanji=True),
    "年生": Counter("ねんせい", ones=_FOUR, in_kanji=True),
    "年度": Counter("ねんど", ones=_FOUR, in_kanji=True),
    "年目": Counter("ねんめ", ones=_FOUR, in_kanji=True),
    "年前": Counter("ねんまえ", ones=_FOUR, in_kanji=True),
    "年後": Counter("ねんご", ones=_FOUR, in_kanji=True),
    "時": Counter("じ", ones=_HOURS, whole={0: "れいじ"}, in_kanji=True),
    "時半": Counter("じはん", ones=_HOURS, whole={0: "れいじはん"}, in_kanji=True),
    "時頃": Counter("じごろ", ones=_HOURS, whole={0: "れいじごろ"}, in_kanji=True),
    "時間": Counter("じかん", ones=_HOURS, in_kanji=True),
    "時間半": Counter("じかんはん", ones=_HOURS, in_kanji=True),
    "時間目": Counter("じかんめ", ones=_HOURS, in_kanji=True),
    "分": Counter("ふん", Sound.H_PLOSIVE),
    "分間": Counter("ふんかん", Sound.H_PLOSIVE),
    "分前": Counter("ふんまえ", Sound.H_PLOSIVE),
    "分後": Counter("ふんご", Sound.H_PLOSIVE),
    "秒": Counter("びょう"),
    "週": Counter("しゅう", Sound.S),
    "週間": Counter("しゅうかん", Sound.S, in_kanji=True),
    "泊": Counter("はく", Sound.H_PLOSIVE, in_kanji=True),
    "学期": Counter("がっき", in_kanji=True),
    # people and homes
    "人": Counter("にん", ones=_FOUR, whole=_PEOPLE, in_kanji=True),
    "人目": Counter("にんめ", ones=_FOUR, whole=_with("め", _PEOPLE), in_kanji=True),
    "人分": Counter("にんぶん", ones=_FOUR, whole=_with("ぶん", _PEOPLE), in_kanji=True),
    "人前": Counter("にんまえ", ones=_FOUR, in_kanji=True),
    "人組": Counter("にんぐみ", ones=_FOUR, whole=_with("ぐみ", _PEOPLE), in_kanji=True),
    "名": Counter("めい", in_kanji=True),
    "名様": Counter("めいさま"),
    "歳": Counter("さい", Sound.S, whole={20: "はたち"}, in_kanji=True),
    "才": Counter("さい", Sound.S, whole={20: "はたち"}, in_kanji=True),
    "歳児": Counter("さいじ", Sound.S, in_kanji=True),
    "世帯": Counter("せたい", Sound.S),
    "戸": Counter("こ", Sound.K),
    "軒": Counter("けん", Sound.K_VOICED),
    "棟": Counter("とう", Sound.S),
    "部屋": Counter("へや", ones=_NATIVE),
    "班": Counter("はん", Sound.H),
    "組": Counter("くみ"),
    "区": Counter("く", Sound.K),
    "社": Counter("しゃ", Sound.S),
    "校": Counter("こう", Sound.K),
    # places
    "階": Counter("かい", Sound.K_VOICED, in_kanji=True),
    "丁目": Counter("ちょうめ", Sound.S, in_kanji=True),
    "番": Counter("ばん"),
    "番地": Counter("ばんち"),
    "番目": Counter("ばんめ", in_kanji=True),
    "番線": Counter("ばんせん"),
    "号": Counter("ごう"),
    "号室": Counter("ごうしつ"),
    "号車": Counter("ごうしゃ"),
    "号線": Counter("ごうせん"),
    "席": Counter("せき", Sound.S),
    "列": Counter("れつ"),
    "畳": Counter("じょう", ones=_FOUR),
    # times over, ranks, parts
    "回": Counter("かい", Sound.K, in_kanji=True),
    "回目": Counter("かいめ", Sound.K, in_kanji=True),
    "回分": Counter("かいぶん", Sound.K),
    "度": Counter("ど"),
    "倍": Counter("ばい"),
    "割": Counter("わり"),
    "位": Counter("い"),
    "級": Counter("きゅう", Sound.K),
    "段": Counter("だん"),
    "点": Counter("てん", Sound.S),
    "円": Counter("えん", ones=_FOUR),
    "円分": Counter("えんぶん", ones=_FOUR),
    "票": Counter("ひょう", Sound.H_VOICED),
    "条": Counter("じょう"),
    "項": Counter("こう", Sound.K),
    "章": Counter("しょう", Sound.S),
    "曲": Counter("きょく", Sound.K),
    "種類": Counter("しゅるい", Sound.S),
    # things
    "つ": Counter("つ", whole=_THINGS, in_kanji=True),
    "個": Counter("こ", Sound.K),
    "箇所": Counter("かしょ", Sound.K),
    "か所": Counter("かしょ", Sound.K),
    "カ所": Counter("かしょ", Sound.K),
    "ヶ所": Counter("かしょ", Sound.K),
    "ヵ所": Counter("かしょ", Sound.K),
    "件": Counter("けん", Sound.K),
    "本": Counter("ほん", Sound.H_VOICED),
    "匹": Counter("ひき", Sound.H_VOICED),
    "杯": Counter("はい", Sound.H_VOICED),
    "枚": Counter("まい"),
    "台": Counter("だい"),
    "冊": Counter("さつ", Sound.S),
    "部": Counter("ぶ"),
    "頭": Counter("とう", Sound.S),
    "羽": Counter("わ"),
    "足": Counter("そく", Sound.S_VOICED),
    "着": Counter("ちゃく", Sound.S),
    "通": Counter("つう", Sound.S),
    "袋": Counter("ふくろ", ones=_NATIVE),
    "箱": Counter("はこ", ones=_NATIVE),
    "束": Counter("たば", ones=_NATIVE),
    "株": Counter("かぶ", ones=_NATIVE),
    "口": Counter("くち", ones=_NATIVE),
    "食": Counter("しょく", Sound.S),
    "食分": Counter("しょくぶん", Sound.S),
    "便": Counter("びん"),
    "両": Counter("りょう"),
    "合": Counter("ごう"),
    "升": Counter("しょう", Sound.S),
}
