"""What the columns of a list mean, by their names and never by their place.

The names are those of 自治体標準オープンデータセット (デジタル庁, 2026-08-01), of the former
推奨データセット, of 高松市's lists (English property names) and of its monthly events.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from node.feed.table import Row
from node.feed.times import says_nothing

heading_rows_max = 30
"""A heading is looked for in so many rows; above it may stand a title or a preamble."""


class Role(Enum):
    """What a column says about its row."""

    NUMBER = "number"  # the row's number in this edition: names nothing
    CODE = "code"
    ID = "id"
    TITLE = "title"
    READING = "reading"
    WHEN = "when"
    STARTS_ON = "starts_on"
    ENDS_ON = "ends_on"
    STARTS_AT = "starts_at"
    ENDS_AT = "ends_at"
    DAYS = "days"
    WHEN_NOTE = "when_note"
    STATE = "state"
    PLACE = "place"
    ADDRESS = "address"
    ADDRESS_PART = "address_part"
    BUILDING = "building"
    LATITUDE = "latitude"
    LONGITUDE = "longitude"
    LOCATION = "location"
    PHONE = "phone"
    EXTENSION = "extension"
    CONTACT = "contact"
    ORGANISER = "organiser"
    AUDIENCE = "audience"
    FEE = "fee"
    CAPACITY = "capacity"
    APPLY = "apply"
    BRING = "bring"
    DESCRIPTION = "description"
    NOTE = "note"
    LINK = "link"
    HAZARD = "hazard"
    TOLD = "told"  # worth reading: goes into the description with its name
    KEPT = "kept"  # known, and kept as listed only


_NAMES: Mapping[Role, str] = {
    Role.NUMBER: "no no. 番号 項番 連番 通し番号 #property",
    Role.CODE: "全国地方公共団体コード 都道府県コード又は市区町村コード prefcode",
    Role.ID: "id identification 共通id 施設id イベントid",
    Role.TITLE: """行事名 行事名称 イベント名 イベント名称 催し名 講座名 名称 施設名 施設名称 name
        介護サービス事業所名称 事業所名 医療機関名 避難所名 避難場所名 公園名 店舗名 品目 品名
        地区名 データ名称 タイトル(制度名)""",
    Role.READING: """名称_カナ 名称(カナ) 名称_かな イベント名_カナ 施設名称_カナ フリガナ ふりがな
        介護サービス事業所名称_カナ fullnameinkana""",
    Role.WHEN: "開催日 開催日時 開催期間 開催日程 日程 日時",
    Role.STARTS_ON: "開始日 開催開始日",
    Role.ENDS_ON: "終了日 開催終了日",
    Role.STARTS_AT: "開始時間 開始時刻 starttime 利用開始時間 診療開始時間",
    Role.ENDS_AT: "終了時間 終了時刻 endtime 利用終了時間 診療終了時間",
    Role.DAYS: "利用可能曜日 診療曜日 availabledate",
    Role.WHEN_NOTE: """開始日時特記事項 開催日時特記事項 日時特記事項 日時備考 開催日一覧
        利用可能日時特記事項 利用可能時間特記事項 利用可能曜日特記事項 診療日時特記事項
        availabledatenote""",
    Role.STATE: "状態 開催状況",
    Role.PLACE: "場所名称 場所 会場 会場名 開催場所",
    Role.ADDRESS: "所在地_連結表記 住所 所在地 施設所在地 address",
    Role.ADDRESS_PART: """所在地_都道府県 所在地_市区町村 所在地_町字 所在地_番地以下
        住所都道府県 住所市区町村 住所町名 住所丁目以下""",
    Role.BUILDING: "建物名等(方書) 建物名等 方書 施設方書 katagaki",
    Role.LATITUDE: "緯度 latitude",
    Role.LONGITUDE: "経度 longitude",
    Role.LOCATION: "location 緯度経度",
    Role.PHONE: "電話番号 tel 電話 連絡先電話番号 施設電話番号 telephonenumber",
    Role.EXTENSION: "内線番号 連絡先内線番号 extensionnumber",
    Role.CONTACT: "問い合わせ先(市の担当課) 問い合わせ先 問合せ先 お問い合わせ先 連絡先名称 担当課",
    Role.ORGANISER: "主催者 主催 主催団体",
    Role.AUDIENCE: "対象 対象者 参加条件_詳細",
    Role.FEE: "料金 料金(基本) 料金(詳細) 費用 参加費",
    Role.CAPACITY: "定員 想定収容人数 収容定員 収容人数 capacity",
    Role.APPLY: """申込期間 申込方法 申込み方法 参加申込方法 参加申込終了日 参加申込終了時間
        申込期限日 申込期限時刻""",
    Role.BRING: "持ち物 持参品",
    Role.DESCRIPTION: "説明 概要 内容 description",
    Role.NOTE: "備考 特記事項 note",
    Role.LINK: "url referenceobject 関連url ホームページ",
    Role.HAZARD: "flood_l1 flood_l2 inundation sedimentdisaster stormsurge tunami fire earthquake",
    Role.TOLD: """種別 certifiedtype 受入年齢 acceptedage 一時預かりの有無 temporarykeeping
        設置位置 installationposition 小児対応設備の有無 equipmentforchildren ssid 提供エリア area
        設置者 installer 診療科目 医療機関の種類 時間外における対応 実施サービス アクセス方法 access
        駐車場情報 parkinginformation バリアフリー情報
        classification 分別区分 分別 ごみの種類 出し方
        指定避難所との重複 対象となる町会・自治会 residentsassociation 管理者 jurisdiction 標高
        elevation burnablegarbage crushablegarbage cansglassplastic paperandcloth
        plasticcontainers 共催団体 外国語対応 集合場所""",
    Role.KEPT: """都道府県名 市区町村名 地方公共団体名 市区町村コード 所在地_全国地方公共団体コード
        町字id 名称_英字 名称_英語 名称_通称 イベント名_英語 法人番号 団体名 郵便番号 画像
        画像_ライセンス poiコード pref city fullnameinromaji evacuationspace 口径 総人口 地域名
        調査年月日 データ概要 営業の種類 許可番号""",
}
_ROLES: Mapping[str, Role] = MappingProxyType(
    {name: role for role, names in _NAMES.items() for name in names.split()}
)
_HAZARD_PREFIX = "災害種別_"

# What residents read instead of an English property name.
_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "#property": "番号",
        "prefCode": "都道府県コード又は市区町村コード",
        "pref": "都道府県名",
        "city": "市区町村名",
        "name": "名称",
        "fullNameInKana": "名称_カナ",
        "address": "住所",
        "katagaki": "方書",
        "telephoneNumber": "電話番号",
        "extensionNumber": "内線番号",
        "latitude": "緯度",
        "longitude": "経度",
        "location": "緯度経度",
        "referenceObject": "URL",
        "note": "備考",
        "availableDate": "利用可能曜日",
        "startTime": "開始時間",
        "endTime": "終了時間",
        "availableDateNote": "利用可能日時特記事項",
        "capacity": "収容人数",
        "elevation": "標高",
        "residentsAssociation": "対象となる町会・自治会",
        "jurisdiction": "担当",
        "flood_L1": "洪水（L1）",
        "flood_L2": "洪水（L2）",
        "inundation": "内水氾濫",
        "sedimentDisaster": "土砂災害",
        "stormSurge": "高潮",
        "tunami": "津波",
        "fire": "大規模な火事",
        "earthquake": "地震",
        "installationPosition": "設置位置",
        "equipmentForChildren": "小児対応設備の有無",
        "certifiedType": "種別",
        "acceptedAge": "受入年齢",
        "temporaryKeeping": "一時預かりの有無",
        "access": "アクセス方法",
        "parkingInformation": "駐車場情報",
        "installer": "設置者",
        "ssid": "SSID",
        "area": "提供エリア",
        "classification": "分別",
        "burnableGarbage": "燃やせるごみ",
        "crushableGarbage": "破砕ごみ",
        "cansGlassPlastic": "缶・びん・ペットボトル",
        "paperAndCloth": "紙・布",
        "plasticContainers": "プラスチック容器包装",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of one list: how each is called, and what it means."""

    heading: int  # the number of the row they were read from
    names: tuple[str, ...]
    roles: tuple[Role | None, ...]

    def has(self, *names: str) -> bool:
        """Whether a column is called by one of these names."""
        return any(plain_name(name) in names for name in self.names)

    def texts(self, row: Row, role: Role) -> list[str]:
        """What the row says in the columns of that role; dashes say nothing."""
        return [text for _, text in self.labelled(row, role)]

    def text(self, row: Row, role: Role) -> str:
        """The first of them."""
        return next(iter(self.texts(row, role)), "")

    def labelled(self, row: Row, *roles: Role) -> list[tuple[str, str]]:
        """What the row says in the columns of those roles, each with its column's name."""
        return [
            (label(self.names[column]), text)
            for column, role in enumerate(self.roles)
            if role in roles and not says_nothing(text := row.cell(column))
        ]

    def as_listed(self, row: Row) -> list[list[str]]:
        """Every cell that is not empty, with its column's name, as it came."""
        return [[self._name(column), text] for column, text in enumerate(row.cells) if text]

    def unnamed(self, row: Row) -> list[str]:
        """What stands beside the list, in columns without a name."""
        return [
            text
            for column, text in enumerate(row.cells)
            if text and self._name(column) == unnamed_label
        ]

    def _name(self, column: int) -> str:
        name = self.names[column] if column < len(self.names) else ""
        return label(name) if name and not name.startswith("←") else unnamed_label


unnamed_label = "（見出しなし）"


def columns(rows: Iterable[Row]) -> Columns | None:
    """The first row that names at least two columns we know."""
    for row in rows:
        if row.number > heading_rows_max:
            break
        roles = tuple(_role(cell) for cell in row.cells)
        if len({role for role in roles if role}) >= 2:
            return Columns(heading=row.number, names=row.cells, roles=roles)
    return None


def label(name: str) -> str:
    """A column's name on one line, in Japanese where we know how."""
    return _LABELS.get(name, re.sub(r"\s+", "", name))


def plain_name(name: str) -> str:
    """A column's name for comparing: 料金（基本） is 料金(基本), № is no."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()


def _role(name: str) -> Role | None:
    plain = plain_name(name)
    return Role.HAZARD if plain.startswith(_HAZARD_PREFIX) else _ROLES.get(plain)
