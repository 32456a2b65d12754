"""Posts of a made-up village, the same for the same seed: what people there might write.

Names are our own and of no real place. A post is about 500 bytes, and a hundred of them pack about
as well as a hundred posts of a real board do: three to four to one.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

_FIRST_HALVES = (
    "梨 沢 上 下 大 日 柏 鳥 石 川 宮 杉 滝 松 竹 小 古 水 桑 栗 南 北 荒 岩 井 千 戸 藤 片 瀬"
)
_SECOND_HALVES = "ノ木 渡 原 久保 向 組 平 越 坂 端 前 沼 田 野 内 窪 尾 根 谷 島 淵 畑 口 倉"
_PLACES = (
    "集会所 公民館 公会堂 小学校跡 農村広場 神社境内 多目的センター ふれあい館 消防詰所 加工所"
    " 展望台 共同作業場 保育所跡 診療所待合室 直売所前 河川公園 駅前広場 生活改善センター"
)
_GIVEN = (
    "和子 正一 幸枝 茂 節子 勝 美代子 実 千恵 修 文江 博 久美 豊 弘子 誠 敏江 進 光男 静 清 春江 昭"
)
_WHEN = (
    "朝のうち 昼すぎ 夕方 日が暮れてから 雨が上がったら 稲刈りの前 雪がとけるころ 彼岸のあと"
    " 月末までに 来週から 今月いっぱい お盆の前 一時間ほど 半日かけて 毎週火曜 第二土曜 週明けに"
    " 学校が終わってから 祭りの翌日 農閑期に 連休の初日 その日のうちに 例年より早く 二回に分けて"
)
_HOW = (
    "みんなで ゆっくり 無理のない範囲で 交代しながら 声をかけ合って 手分けして できるだけ 静かに"
    " 楽しく 安全第一で 分かりやすく 少しずつ 順番に 一から もう一度 丁寧に 気軽に 力を合わせて"
    " 昔ながらに 初めて 改めて 念のため 例年どおり 思い切って"
)
_THINGS = (
    "合唱 囲碁 折り紙 そば打ち 用水路 花壇 健康相談 読み聞かせ 編み物 防災倉庫 獅子舞 味噌 書道"
    " 古い映画 スマートフォン 草刈り 盆踊り 血圧測定 体操 写真 しめ縄 山菜 石仏 子ども食堂 交換市"
    " 太鼓 干し柿 野鳥 炭焼き 漬物 俳句 竹細工 紙芝居 将棋 木工 郷土料理 獣害対策の柵 遊歩道"
    " 消火栓 街灯 回覧板 空き家 井戸 水車 棚田 ホタル 紅葉 雪囲い 除雪機 笹だんご 炊き出し"
)
_ABOUT = (
    "練習 教室 体験 清掃 大会 説明会 集い 講習 点検 発表会 見学 展示 相談 手入れ 準備 反省会 当番"
    " 植えかえ 下見 勉強会 持ち寄り 後片づけ 試食 交流会 修理 調べもの 記録 募集 お披露目"
)
_DOING = (
    "行います 開きます 始めます 続けます 手伝います 見て回ります 話し合います 教わります 直します"
    " 作ります 片づけます 比べます 味わいます 覚えます 写真に残します 次の世代へ伝えます 見直します"
    " 試します 確かめます 届けます 集めます 分け合います 祝います 休みます 再開します"
)
_ASKING = (
    "お知らせください 持ってきてください 気をつけてください 早めにお越しください 声をかけてください"
    " えんりょなくどうぞ 家の人に伝えてください 電話でどうぞ お待ちしています 助けてください"
    " 乗り合わせでお願いします 静かにお願いします 見学だけでもどうぞ 一度おいでください"
    " 名前を書いておいてください 忘れずにお願いします 無理はしないでください"
)
_NEEDED = (
    "長ぐつ 軍手 かま 上ばき 手ぬぐい 飲み物 筆記用具 老眼鏡 帽子 空の容器 はさみ タオル ひざ掛け"
    " 懐中電灯 熊よけの鈴 米一合 材料代 座布団 名札 雨具 お茶わん 古新聞 ひも 虫よけ 図かん"
)
_WHO = (
    "初めての方 お年寄り 小学生 若い人 移り住んだ方 近所の方 家族連れ 足の悪い方 男の方 親子"
    " 役員 班長 車のある方 お隣の区の人 中学生 農家の方 帰省中の方 お一人の方"
)
_WHY = (
    "道がせまい 足元がすべりやすい 人手が足りない 去年は好評だった 席に限りがある 雨が続いた"
    " 熊の足あとがあった 機械が古くなった 先生の都合がつかない 台風で傷んだ 参加が減ってきた"
    " 大勢が集まる 日が短くなった 風邪がはやっている 予算が決まった 水が冷たい"
)
_GROUPS = (
    "自治会 老人クラブ 婦人会 子ども会 消防団 水利組合 青年部 保存会 連絡会 育成会 森林組合 神楽会"
)
_SENTENCES = (
    "{when}、{place}で{thing}の{about}を{doing}。",
    "{who}も{how}{doing}ので、{asking}。",
    "{needed}と{needed}を{asking}。",
    "{why}ので、{how}{asking}。",
    "{name}さんが{thing}の{about}を{how}{doing}。",
    "{hamlet}では{when}{thing}を{doing}。",
    "{who}は{n}日までに{name}へ{asking}。",
    "前回は{hamlet}から{n}人、{hamlet}から{n}人が来ました。",
    "{thing}と{thing}の{about}は{when}、{group}が{doing}。",
    "{why}ときは{place}に移します。",
    "{needed}は{n}人分あります。",
    "{how}{thing}を{doing}。{who}、{asking}。",
    "{name}、{name}、{name}が{thing}を{doing}。",
    "{time}に{hamlet}、{time}に{place}を車が出ます。",
    "費用は{who}{yen}円、{who}{yen}円です。",
    "{time}から{time}までは{thing}の{about}、{how}{doing}。",
    "今年は{thing}が{yen}、{thing}が{yen}でした。",
    "{about}は{name}（{hamlet}、{phone}）へ。",
)
_TEXT_CHARACTERS = 100
_FIRST_DAY = date(2026, 4, 1)


def posts(seed: int) -> Iterator[dict[str, object]]:
    """Events for the board, without end; every one has fields that the form would let through."""
    random = Random(seed)
    while True:
        yield _event(random)


def _event(random: Random) -> dict[str, object]:
    fields: dict[str, object] = {
        "title": _said(random, random.choice(("{thing}の{about}", "{hamlet}の{thing}{about}"))),
        "state": "planned",
        "starts_on": (_FIRST_DAY + timedelta(days=random.randrange(365))).isoformat(),
        "starts_at": f"{random.randrange(8, 20):02d}:{random.randrange(0, 60, 15):02d}",
        "place": _said(random, "{place}"),
        "organiser": _said(random, "{group}"),
        "phone": _word(random, "phone"),
    }
    if random.random() < 0.5:
        fields["bring"] = _said(random, "{needed}、{needed}")
    length = random.randrange(_TEXT_CHARACTERS // 2, _TEXT_CHARACTERS * 3 // 2)
    description = ""
    while len(description) < length:
        description += _said(random, random.choice(_SENTENCES))
    fields["description"] = description
    return fields


def _said(random: Random, sentence: str) -> str:
    """A sentence with every blank filled, each on its own."""
    parts = sentence.split("{")
    return parts[0] + "".join(
        _word(random, blank) + rest for blank, rest in (part.split("}") for part in parts[1:])
    )


def _word(random: Random, blank: str) -> str:
    match blank:
        case "hamlet":
            return random.choice(_HAMLETS)
        case "place":
            return random.choice(_HAMLETS) + random.choice(_WORDS["place"])
        case "group":
            return random.choice(_HAMLETS) + random.choice(_WORDS["group"])
        case "name":
            return random.choice(_FAMILIES) + random.choice(_WORDS["given"])
        case "n":
            return str(random.randrange(2, 60))
        case "time":
            return f"{random.randrange(7, 21)}時{random.randrange(1, 60)}分"
        case "yen":
            return f"{random.randrange(100, 10_000):,}"
        case "phone":
            return f"0990-{random.randrange(20, 90)}-{random.randrange(10_000):04d}"
        case _:
            return random.choice(_WORDS[blank])


_WORDS = {
    name: words.split()
    for name, words in {
        "place": _PLACES,
        "given": _GIVEN,
        "when": _WHEN,
        "how": _HOW,
        "thing": _THINGS,
        "about": _ABOUT,
        "doing": _DOING,
        "asking": _ASKING,
        "needed": _NEEDED,
        "who": _WHO,
        "why": _WHY,
        "group": _GROUPS,
    }.items()
}
_PAIRS = [first + second for first in _FIRST_HALVES.split() for second in _SECOND_HALVES.split()]
_HAMLETS = Random(1).sample(_PAIRS, 90)
_FAMILIES = Random(2).sample(_PAIRS, 400)
