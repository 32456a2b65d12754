"""A small town for the screens: a centre's node, an office with a feed, and what they post."""

import atexit
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import mkdtemp

from node.node import SOFTWARE, Change, Node, open_node
from node.post import Post
from provisioning.town import Plan, make_machines, open_town
from sync.machine.exchanging import converse
from sync.machine.opening import open_identity
from sync.machine.responding import respond
from sync.machine.settings import FEED_KEY_FILE, Part

MACHINES = {"kamigo": ("上郷公民館", Part.NODE), "office": ("霧沢町役場", Part.OFFICE)}
NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)  # 10:30 on a Sunday in Japan

PIN, OTHER_PIN = "280417", "975310"
"""Of whoever signs in, anywhere."""

EVENT = {
    "title": "もちつき大会",
    "state": "planned",
    "starts_on": "2026-11-28",
    "starts_at": "10:00",
    "place": "上郷公民館 前庭",
}

JOB = {
    "title": "直売所の店番",
    "state": "open",
    "employer": "道の駅きりさわ",
    "work": "野菜の陳列、レジ",
    "work_changes": "なし",
    "term": "fixed",
    "term_note": "1年ごとに更新",
    "trial": "なし",
    "place": "霧沢町上郷",
    "place_changes": "なし",
    "hours": "9時から13時まで",
    "breaks": "10分",
    "overtime": "なし",
    "holidays": "水曜日",
    "pay": "時給1,100円",
    "insurance": "労災",
    "smoking": "敷地内禁煙",
    "apply": "お電話ください。",
    "as_of": "2026-11-20",
}

ALERT = {
    "title": "霧沢地方大雨警報",
    "operation": "live",
    "state": "issued",
    "level": "3",
    "issuer": "霧沢地方気象台",
    "issued": "2026-11-22T07:00:00+09:00",
    "headline": "霧沢町では、低い土地の浸水や河川の増水に警戒してください。",
    "kinds": [["霧沢町", "レベル３大雨警報（発表）\n雷注意報（継続）"]],
    "text": "昼前から夕方にかけて、\n激しい雨が降る見込みです。",
}


@dataclass(frozen=True, slots=True)
class Town:
    """Two machines that know each other."""

    kamigo: Node
    office: Node

    def exchange(self) -> None:
        """Both hold the same afterwards."""
        converse(
            self.kamigo.ledger,
            lambda offer: respond(
                self.office.ledger, offer, me=self.office.identity, software=SOFTWARE
            ),
            me=self.kamigo.identity,
            to=self.office.identity.public,
            software=SOFTWARE,
        )

    def post(self, board: str, **fields: object) -> Post:
        """A person at the centre posts it."""
        return self.kamigo.add(self.kamigo.boards[board], fields)

    def alert(self, *, key: str = "", serial: int = 1, **fields: object) -> Post:
        """The office's feed passes it on, and the centre receives it."""
        (post,) = self.feed("disaster", [{**ALERT, **fields}], key=key, serial=serial)
        return post

    def feed(
        self, board: str, rows: list[dict[str, object]], *, key: str = "", serial: int = 1
    ) -> list[Post]:
        """The office's feed passes on all of them, and the centre receives them."""
        identity = open_identity(self.office.settings, FEED_KEY_FILE)
        changes = [
            Change(
                board=self.office.boards[board],
                fields={**row, **(_outside(key, serial, row) if key else {})},
            )
            for row in rows
        ]
        records = self.office.write(changes, identity=identity)
        self.exchange()
        posts = [self.kamigo.views.by_id(record) for record in records]
        return [post for post in posts if post is not None]


def _outside(key: str, serial: int, row: Mapping[str, object]) -> dict[str, object]:
    return {
        "outside": {
            "key": key,
            "serial": serial,
            "issued": "",
            "sent": "",
            "cancels": False,
            "digest": sha256(repr(row).encode()).digest(),
        }
    }


def make_town(folder: Path) -> Town:
    """Made in that folder, with nothing on its boards; each time the same two machines."""
    for name in (*MACHINES, "authority"):
        copytree(_made_once() / name, folder / name)
    return Town(*(open_node(folder / name) for name in MACHINES))


@cache
def _made_once() -> Path:
    folder = Path(mkdtemp(prefix="kairan-town-"))
    atexit.register(rmtree, folder)
    town = open_town(folder / "authority", code="990019", name="霧沢町")
    make_machines(
        town,
        [
            Plan(folder=folder / name, name=called, part=part)
            for name, (called, part) in MACHINES.items()
        ],
    )
    made = Town(*(open_node(folder / name) for name in MACHINES))
    made.exchange()
    made.kamigo.database.close()
    made.office.database.close()
    return folder


def fill(town: Town) -> None:
    """What a town of that size has on its boards in an ordinary week, and a drill."""
    for day, title, place, state in (
        (0, "日曜朝市", "道の駅きりさわ", "planned"),
        (1, "朝の体操の会", "上郷公民館 前庭", "planned"),
        (2, "健康相談（血圧・お薬・なんでも）", "保健センター", "planned"),
        (4, "ふれあい食堂", "上郷公民館 調理室", "planned"),
        (6, "もちつき大会と新米の試食、昔あそびの会", "上郷公民館 前庭", "planned"),
        (7, "秋の山歩き", "見晴峠 登山口", "cancelled"),
        (9, "スマートフォン相談会", "下郷公民館 会議室", "planned"),
        (12, "古文書を読む会", "上郷公民館 和室", "postponed"),
        (20, "クリスマス音楽会", "町民ホール", "planned"),
        (52, "出初式", "霧沢小学校 校庭", "planned"),
        (-3, "文化祭の片付け", "上郷公民館", "planned"),
    ):
        starts_on = (NOW + timedelta(days=day)).date().isoformat()
        town.post(
            "event",
            **EVENT
            | {"title": title, "place": place, "state": state, "starts_on": starts_on}
            | {
                "organiser": "上郷自治会",
                "fee": "無料",
                "bring": "タオル、飲み物",
                "phone": "0999-00-1001",
                "description": "どなたでもご参加いただけます。\nいすに座ったままの体操もあります。",
            },
        )
    for title, employer, pay in (
        ("直売所の店番", "道の駅きりさわ", "時給1,100円"),
        ("除雪の手伝い", "下郷自治会", "1回2,000円"),
        ("経理（在宅でも可）", "霧沢木材株式会社", "月給190,000円から"),
        ("りんごの収穫と箱詰め（11月末まで、短い時間でもかまいません）", "佐藤農園", "時給1,050円"),
        ("送迎バスの運転", "霧沢病院", "日給9,800円"),
    ):
        town.post(
            "job", **JOB | {"title": title, "employer": employer, "pay": pay, "phone": "0999002001"}
        )
    town.post("job", **JOB | {"title": "夏祭りの設営", "state": "closed"})
    town.alert(operation="drill", title="霧沢地方大雨警報", issued="2026-11-22T09:00:00+09:00")
    town.alert(title="霧沢地方大雨警報・洪水注意報")
    town.alert(title="震度速報", level="", issued="2026-11-21T23:12:00+09:00", issuer="気象庁")
    town.alert(title="霧沢地方強風注意報", level="", state="lifted")
    town.alert(title="土砂災害警戒情報", level="4", state="cancelled")
    town.feed(
        "guide",
        [
            {
                "title": f"{name}{number}",
                "category": category,
                "address": f"霧沢町大字{name[:2]}{number}番地",
                "phone": f"0999-00-{3000 + number}",
                "hazards": "洪水、土砂災害、地震" if category == "shelter" else "",
            }
            for number in range(1, 71)
            for category, name in (
                ("shelter", "上郷避難場所"),
                ("facility", "下郷集会所"),
                ("medical", "霧沢診療所"),
            )
        ],
    )
