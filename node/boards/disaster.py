"""Disaster information: official words as they came, with issuer, time and status."""

from node.boards.declaration import (
    Board,
    Choice,
    Field,
    FieldType,
    Order,
    Retained,
    Writer,
    in_easy_japanese,
)
from node.boards.superseding import superseded

DISASTER = Board(
    name="disaster",
    label="防災",
    reading="ぼうさい",
    purpose="気象庁や町役場が出した情報を、そのままの言葉でお知らせします。",
    lane_class="alert",
    audience="town",
    writers=frozenset({Writer.OFFICE, Writer.FEED}),
    order=Order(field="issued", newest_first=True),
    state="state",
    urgency="level",
    retention_days=365,
    retained=Retained.WHILE_IT_STANDS,
    retention_why=(
        "出ているあいだは、けっして消えません。終わったものは、次の年の備えに見返せるように1年です。"
        "もとの記録は、出した役所に残ります。"
    ),
    left_out=superseded,
    fields=(
        Field(name="title", label="表題", required=True, length_max=200),
        Field(
            name="operation",
            label="扱い",
            type=FieldType.CHOICE,
            group="status",
            default="live",
            choices=(
                Choice(key="live", label="通常"),
                Choice(key="drill", label="訓練", loud=True, practice=True),
                Choice(key="test", label="試験", loud=True, practice=True),
            ),
            in_list=True,
        ),
        Field(
            name="state",
            label="状態",
            type=FieldType.CHOICE,
            group="status",
            default="issued",
            choices=(
                Choice(key="issued", label="発表"),
                Choice(key="corrected", label="訂正"),
                Choice(key="lifted", label="解除", over=True),
                Choice(key="cancelled", label="取消", loud=True, over=True),
            ),
            in_list=True,
        ),
        Field(name="level", label="警戒レベル", type=FieldType.NUMBER, in_form=False, in_list=True),
        Field(
            name="issuer",
            label="発表",
            required=True,
            hint="発表したところの名前です。「町役場」など。",
            in_list=True,
        ),
        Field(
            name="issued", label="発表の時刻", type=FieldType.MOMENT, required=True, in_list=True
        ),
        Field(name="target", label="対象の時刻", type=FieldType.MOMENT, in_form=False),
        Field(name="valid_until", label="有効期限", type=FieldType.MOMENT, in_form=False),
        Field(name="headline", label="見出し", type=FieldType.LONG_TEXT, length_max=8000),
        Field(
            name="kinds", label="種類と地域", type=FieldType.TABLE, in_form=False, length_max=40000
        ),
        Field(name="text", label="本文", type=FieldType.LONG_TEXT, length_max=40000),
        Field(name="telegram", label="電文の種類", in_form=False),
        Field(name="source", label="出典", in_form=False),
        Field(
            name="areas",
            label="地域コード",
            type=FieldType.TABLE,
            in_form=False,
            shown=False,
            length_max=40000,
        ),
        in_easy_japanese(),
    ),
)
