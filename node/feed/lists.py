"""A list of a town becomes records of the event board or of the guide, row by row.

No row is dropped: it becomes a record, or a person is asked to look at it, or both. Two rows of
one file never share a key, and next month's edition of a list finds the records of this one.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from node.boards import BOARDS
from node.boards.declaration import FieldType
from node.feed import events, places
from node.feed.columns import Columns, Role, columns, plain_name
from node.feed.fitting import fitted_rows, fitted_text
from node.feed.item import Doubt, Item, Outside, Taken, Unreadable, Value
from node.feed.read_row import ReadRow
from node.feed.table import Row, Sheet

key_characters_max = 160
gist_characters_max = 60

_DASH_IN_NUMBER = re.compile(r"(?<=\d)[‐-―−ー](?=\d)")
_LINE_BREAK = re.compile(r"[ \t]*\n\s*")
_ATTRIBUTION = "#attribution_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    name: str  # in keys: it must not change
    label: str
    signs: tuple[str, ...]  # column names that only this kind has, as plain_name() gives them


# The first whose sign is there. 推奨データセット and 標準 name these columns; English are 高松市's.
_KINDS = (
    _Kind(
        name="event",
        label="行事の一覧",
        signs=("行事名", "行事名称", "イベント名", "イベント名称", "催し名", "講座名", "開催日"),
    ),
    _Kind(
        name="shelter",
        label="避難場所の一覧",
        signs=(
            *("災害種別_洪水", "指定避難所との重複", "flood_l1", "evacuationspace"),
            *("避難所名", "避難場所名"),
        ),
    ),
    _Kind(name="aed", label="AEDの一覧", signs=("小児対応設備の有無", "equipmentforchildren")),
    _Kind(name="wifi", label="公衆無線LANの一覧", signs=("ssid",)),
    _Kind(name="medical", label="医療機関の一覧", signs=("診療科目", "医療機関名", "診療曜日")),
    _Kind(
        name="childcare",
        label="子育て施設の一覧",
        signs=("受入年齢", "一時預かりの有無", "acceptedage"),
    ),
    _Kind(name="welfare", label="福祉・介護の一覧", signs=("実施サービス",)),
    _Kind(
        name="garbage",
        label="ごみの一覧",
        signs=("classification", "burnablegarbage", "分別区分", "分別", "ごみの種類", "出し方"),
    ),
    _Kind(name="sightseeing", label="観光施設の一覧", signs=("説明_英語", "文化財分類")),
    _Kind(name="facility", label="施設の一覧", signs=()),
)


def listed(sheet: Sheet) -> Taken:
    """The records of a list; Unreadable where no row names its columns."""
    found = columns(sheet.rows)
    if found is None:
        raise Unreadable(
            "一覧の見出し（「名称」「開催日」など）が見つかりません。"
            "1行目に列の名前がある表かどうかを確かめてください。"
        )
    kind = _kind(found)
    source = _source(sheet.rows, found.heading)
    rows = [row for row in sheet.rows if row.number > found.heading and not _is_preamble(row)]
    years = events.years(sheet.saved_year, rows, found)
    items: list[Item] = []
    doubts: list[Doubt] = []
    taken: Counter[str] = Counter()
    for row in rows:
        read = (
            events.read(row, found, years)
            if kind.name == "event"
            else places.read(row, found, category=kind.name)
        )
        whys = [*read.doubts, *_beside(row, found)]
        if read.fields:
            key = _key(kind, row, found)
            taken[key] += 1
            if taken[key] > 1:
                whys.append("同じ行がほかにもあります。重なりでないかを確かめてください。")
                key = f"{key}#{taken[key]}"
            item = _item(kind, read, row, found, key=key, source=source)
            whys.extend(_cut(item, read))
            items.append(item)
        if whys:
            doubts.append(Doubt(row=row.number, text=_gist(row, found), why="".join(whys)))
    doubts.extend(
        Doubt(
            row=1,
            text=title,
            why="このシートは読んでいません。必要なら、別のファイルにして読ませてください。",
        )
        for title in sheet.unread
    )
    return Taken(kind=kind.label, items=tuple(items), doubts=tuple(doubts))


def _item(kind: _Kind, read: ReadRow, row: Row, found: Columns, *, key: str, source: str) -> Item:
    board = "event" if kind.name == "event" else "guide"
    fields: dict[str, Value] = {**read.fields, "source": source, "as_listed": found.as_listed(row)}
    return Item(
        board=board,
        fields=_fitted(board, fields),
        outside=Outside(key=key, serial=0, issued="", cancels=False, digest=_digest(row, found)),
    )


def _fitted(board: str, fields: Mapping[str, Value]) -> dict[str, Value]:
    """Every value as the board declares it: on one line where it is one, and no longer."""
    fitted: dict[str, Value] = {}
    for declared in BOARDS[board].fields:
        match fields.get(declared.name):
            case None | "":
                continue
            case str() as text:
                one_line = declared.type is not FieldType.LONG_TEXT
                fitted[declared.name] = fitted_text(
                    _LINE_BREAK.sub(" ", text) if one_line else text,
                    characters_max=declared.length_max,
                    bytes_max=3 * declared.length_max,
                )
            case list() as rows:
                fitted[declared.name] = fitted_rows(
                    rows,
                    bytes_max=3 * declared.length_max,
                    left_out=lambda left: ["ほか", f"長いため、あと{left}項目を省きました。"],
                )
            case bool() as flag:
                fitted[declared.name] = flag
    return fitted


def _cut(item: Item, read: ReadRow) -> Iterator[str]:
    for name, value in read.fields.items():
        declared = BOARDS[item.board].field(name)
        if declared and isinstance(value, str) and len(value) > declared.length_max:
            yield f"「{declared.label}」が長いため、途中までを載せました。"


def _key(kind: _Kind, row: Row, found: Columns) -> str:
    """By the list's own ID; else by name, place and date. A row's number is not a name."""
    if own := found.text(row, Role.ID):
        names = [found.text(row, Role.CODE), own]
    else:
        names = [
            found.text(row, Role.TITLE),
            found.text(row, Role.PLACE) or places.address(row, found),
            *found.texts(row, Role.WHEN),
            *found.texts(row, Role.STARTS_ON),
        ]
    plain = "/".join(_plain(name) for name in names if name)
    if len(plain) > key_characters_max:
        plain = sha256(plain.encode()).hexdigest()
    return f"list/{kind.name}/{plain}"


def _plain(name: str) -> str:
    """A name or an address for comparing: 762−2 is 762-2, however the dash was typed."""
    return _DASH_IN_NUMBER.sub("-", plain_name(name)).replace("/", "／")


def _digest(row: Row, found: Columns) -> bytes:
    """Over the cells, but for the number of the row, which changes from edition to edition."""
    numbers = {n for n, role in enumerate(found.roles) if role is Role.NUMBER}
    cells = [cell for n, cell in enumerate(row.cells) if n not in numbers]
    return sha256("\x1f".join(cells).encode()).digest()


def _kind(found: Columns) -> _Kind:
    return next(kind for kind in _KINDS if not kind.signs or found.has(*kind.signs))


def _source(rows: tuple[Row, ...], heading: int) -> str:
    for row in rows:
        if row.number < heading and row.cell(0) == _ATTRIBUTION and row.cell(1):
            return f"出典：{row.cell(1)}"
    return ""


def _is_preamble(row: Row) -> bool:
    return row.cell(0).startswith("#")


def _beside(row: Row, found: Columns) -> Iterator[str]:
    if beside := found.unnamed(row):
        yield f"見出しのない列に「{beside[0][:20]}」とあります。載せてよいか確かめてください。"


def _gist(row: Row, found: Columns) -> str:
    text = found.text(row, Role.TITLE) or "　".join(cell for cell in row.cells if cell)
    return unicodedata.normalize("NFC", " ".join(text.split()))[:gist_characters_max]
