"""Events: what is on, when, where, and loudly whether it is off."""

from node.boards.declaration import Board, Choice, Field, FieldType, Order, Writer

EVENT = Board(
    name="event",
    label="イベント",
    reading="いべんと",
    purpose="町の行事や集まりのお知らせです。",
    lane_class="board",
    audience="town",
    writers=frozenset({Writer.ANYONE, Writer.OFFICE, Writer.FEED}),
    order=Order(field="starts_on", until="ends_on"),
    state="state",
    fields=(
        Field(name="title", label="行事の名前", required=True, length_max=200),
        Field(
            name="title_reading",
            label="名前のよみがな",
            hint="ひらがなで書いてください。",
            length_max=200,
            shown=False,
        ),
        Field(
            name="state",
            label="開催",
            type=FieldType.CHOICE,
            group="when",
            default="planned",
            choices=(
                Choice(key="planned", label="予定どおり"),
                Choice(key="cancelled", label="中止", loud=True),
                Choice(key="postponed", label="延期", loud=True),
            ),
            in_list=True,
        ),
        Field(
            name="starts_on",
            label="日にち",
            type=FieldType.DATE,
            group="when",
            required=True,
            in_list=True,
        ),
        Field(
            name="starts_at", label="始まる時刻", type=FieldType.TIME, group="when", in_list=True
        ),
        Field(
            name="ends_on",
            label="終わる日",
            type=FieldType.DATE,
            group="when",
            hint="一日だけのときは、書かなくてかまいません。",
        ),
        Field(name="ends_at", label="終わる時刻", type=FieldType.TIME, group="when"),
        Field(
            name="when_note",
            label="日時について",
            group="when",
            length_max=1000,
            hint="「雨のときは翌日」など。",
        ),
        Field(name="place", label="場所", required=True, in_list=True),
        Field(name="address", label="所在地"),
        Field(name="organiser", label="主催"),
        Field(name="fee", label="費用", hint="「無料」「500円」など。"),
        Field(name="bring", label="持ち物"),
        Field(name="audience", label="対象", length_max=400),
        Field(name="capacity", label="定員"),
        Field(name="apply", label="申込み方法", length_max=400),
        Field(name="contact", label="問い合わせ先", length_max=200),
        Field(name="phone", label="電話", type=FieldType.PHONE),
        Field(name="description", label="くわしい内容", type=FieldType.LONG_TEXT, length_max=4000),
        Field(name="link", label="関連ページ", type=FieldType.LINK, in_form=False, length_max=500),
        Field(name="source", label="出典", in_form=False),
        Field(
            name="as_listed",
            label="もとの一覧の記載",
            type=FieldType.TABLE,
            in_form=False,
            length_max=8000,
        ),
    ),
)
