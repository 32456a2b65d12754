"""What this software does with what concerns people: what for, who reads it, when it goes.

What boards keep follows from their declarations; the rest is said here once, beside the days that
the code holds to. What only the town knows (on what ground, who works for it) its office writes
down at its machine, for the page that it prints.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from node.boards.declaration import Board
from node.form import readable
from node.mail.ending import LETTERS_DAYS
from node.moderation.waiting import DECLINED_DAYS, DECLINED_KEPT_MAX, WAITS_DAYS
from node.retaining import REPORT_DAYS, REQUEST_DAYS, in_words
from node.words import say
from sync.machine.files import read_bounded, write_whole

HANDLING_FILE = "handling.json"
NOTE_CHARACTERS_MAX = 1_000
_FILE_BYTES_MAX = 64_000

NOTES: Mapping[str, str] = {
    "ground": say("扱うことの根拠（条例、計画、協定など）"),
    "processors": say("預けて扱わせている相手（ハブを置く会社、機械を直す会社など）と、その約束"),
    "window": say("個人の情報についての窓口"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """One kind of thing that concerns people."""

    what: str
    purpose: str
    readers: str
    stays: str


def handled(boards: Mapping[str, Board]) -> Iterator[Handled]:
    """All of them."""
    for board in boards.values():
        yield Handled(
            what=say("「{label}」の投稿と写真", label=board.label),
            purpose=board.purpose,
            readers=say("だれでも。町のすべての機械と、運ぶファイルの中にあります。"),
            stays=in_words(board),
        )
    yield Handled(
        what=say("投稿についての手紙（応募、問い合わせ、その返事）"),
        purpose=say("のせた人に伝え、返事をもらうため。"),
        readers=say("のせた人の側の担当者と、受付のことばを持つ本人だけ。鍵で閉じて運びます。"),
        stays=say("投稿が終わってから{days}日で、鍵ごと消えます。", days=LETTERS_DAYS),
    )
    yield Handled(
        what=say("消してほしいという依頼"),
        purpose=say("消すかどうかを決め、返事をするため。"),
        readers=say("役場の職員だけ。鍵で閉じて運びます。"),
        stays=say("役場が返事をしてから{days}日で消えます。", days=REQUEST_DAYS),
    )
    yield Handled(
        what=say("まちがい・困ったことの知らせ（名前は聞きません）"),
        purpose=say("投稿を確かめるため。"),
        readers=say("その公民館の管理人と、役場の職員だけ。"),
        stays=say(
            "言葉は、受けた機械では答えたときに、閉じて送った分は{days}日で消えます。",
            days=REPORT_DAYS,
        ),
    )
    yield Handled(
        what=say("確かめてからのせる投稿"),
        purpose=say("のせる前に、担当者が確かめるため。"),
        readers=say("その公民館の管理人だけ（いない公民館では、役場の職員だけ）。"),
        stays=say(
            "のせたとき、本人が控えの番号で取り下げたとき、だれも確かめないまま{waits}日たったとき、"
            "のせないと決めて{days}日たったときに、待っていた分が消えます"
            "（のせない分は、新しい{most}件まで）。",
            waits=WAITS_DAYS,
            days=DECLINED_DAYS,
            most=DECLINED_KEPT_MAX,
        ),
    )
    yield Handled(
        what=say("だれが、いつ、なぜ手紙や依頼を開いたか"),
        purpose=say("見なくてよいものを見ていないか、あとから確かめるため。"),
        readers=say("役場の職員と、その公民館の管理人だけ。"),
        stays=say("消えません。書きかえられません。"),
    )
    yield Handled(
        what=say("担当者の名前と、決めたこと"),
        purpose=say("だれの権限で何を決めたかを、確かめるため。"),
        readers=say("町のすべての機械の担当者。"),
        stays=say("消えません。役目の名で登録できます。"),
    )
    yield Handled(
        what=say("担当者の暗証番号と合言葉"),
        purpose=say("本人かどうかを確かめるため。"),
        readers=say("だれも読めません（元にもどせない形で、その機械だけが持ちます）。"),
        stays=say("その機械で担当を終わりにすると消えます。"),
    )
    yield Handled(
        what=say("見に来た人、つないだスマートフォン"),
        purpose=say("数えも、追いもしません。"),
        readers=say("記録がありません。"),
        stays=say("なし。"),
    )


def notes(folder: Path) -> dict[str, str]:
    """What the office wrote down at the machine in that folder."""
    with suppress(OSError, ValueError):
        said = json.loads(read_bounded(folder / HANDLING_FILE, _FILE_BYTES_MAX) or b"{}")
        if isinstance(said, dict):
            return {name: str(said[name])[:NOTE_CHARACTERS_MAX] for name in NOTES if name in said}
    return {}


def write_notes(folder: Path, typed: Mapping[str, str]) -> None:
    """In the place of what was written before. Raises OSError."""
    said = {name: readable(typed.get(name, ""))[:NOTE_CHARACTERS_MAX] for name in NOTES}
    content = json.dumps({name: text for name, text in said.items() if text}, ensure_ascii=False)
    write_whole(folder / HANDLING_FILE, content.encode(), mode=0o600)
