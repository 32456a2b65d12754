"""Jobs: what Japanese law wants a posting to say, field by field.

Sources: 職業安定法 5条の3 and 施行規則 4条の2 (items to be stated, as amended for 2024-04-01),
健康増進法 (smoking, 2020-04).
"""

from node.boards.declaration import Board, Choice, Field, FieldType, Order, Writer

_LAW = "職業安定法5条の3"

JOB = Board(
    name="job",
    label="求人",
    reading="きゅうじん",
    purpose="町の会社や団体、ご近所の仕事の募集です。",
    lane_class="board",
    audience="open",
    writers=frozenset({Writer.ANYONE, Writer.OFFICE, Writer.FEED}),
    order=Order(field="", newest_first=True),
    state="state",
    retention_days=180,
    fields=(
        Field(name="title", label="仕事の名前", required=True, length_max=80),
        Field(
            name="title_reading",
            label="名前のよみがな",
            hint="ひらがなで書いてください。",
            length_max=120,
            shown=False,
        ),
        Field(
            name="state",
            label="募集",
            type=FieldType.CHOICE,
            default="open",
            choices=(
                Choice(key="open", label="募集中"),
                Choice(key="closed", label="締め切りました", loud=True, over=True),
            ),
            in_list=True,
        ),
        Field(
            name="employer", label="募集する人・会社の名前", required=True, law=_LAW, in_list=True
        ),
        Field(
            name="work",
            label="仕事の内容",
            type=FieldType.LONG_TEXT,
            required=True,
            law=_LAW,
            length_max=2000,
        ),
        Field(
            name="work_changes",
            label="仕事の内容が変わる範囲",
            required=True,
            law=_LAW,
            hint="変わらないときは「なし」。",
            length_max=400,
        ),
        Field(
            name="term",
            label="働く期間",
            required=True,
            law=_LAW,
            group="term",
            type=FieldType.CHOICE,
            choices=(
                Choice(key="open_ended", label="期間の定めなし"),
                Choice(key="fixed", label="期間の定めあり"),
            ),
        ),
        Field(
            name="term_note",
            label="期間と更新のきまり",
            law=_LAW,
            group="term",
            hint="期間の定めがあるときは、更新の条件と上限も書いてください。",
            length_max=400,
        ),
        Field(name="trial", label="試用期間", required=True, law=_LAW, hint="ないときは「なし」。"),
        Field(name="place", label="働く場所", required=True, law=_LAW, in_list=True),
        Field(
            name="place_changes",
            label="働く場所が変わる範囲",
            required=True,
            law=_LAW,
            hint="変わらないときは「なし」。",
            length_max=400,
        ),
        Field(
            name="hours",
            label="働く時間",
            required=True,
            law=_LAW,
            group="hours",
            in_list=True,
            hint="「9時から15時まで」など。",
        ),
        Field(name="breaks", label="休憩", required=True, law=_LAW, group="hours"),
        Field(
            name="overtime",
            label="時間外の仕事",
            required=True,
            law=_LAW,
            group="hours",
            hint="ないときは「なし」。",
        ),
        Field(name="holidays", label="休日", required=True, law=_LAW, group="hours"),
        Field(
            name="pay",
            label="賃金",
            required=True,
            law=_LAW,
            group="pay",
            in_list=True,
            hint="「時給1,100円」など。",
        ),
        Field(
            name="pay_fixed_overtime",
            label="固定残業代",
            law=_LAW,
            group="pay",
            hint="あるときは、金額と時間数、超えた分を払うことを書いてください。",
            length_max=400,
        ),
        Field(
            name="insurance",
            label="加入する保険",
            required=True,
            law=_LAW,
            hint="「雇用・労災・健康・厚生」「労災のみ」など。",
        ),
        Field(name="dispatch", label="派遣として雇う", type=FieldType.FLAG, law=_LAW),
        Field(
            name="smoking",
            label="たばこの煙への対策",
            required=True,
            law=_LAW,
            hint="「屋内禁煙」など。",
        ),
        Field(name="apply", label="応募のしかた", required=True, length_max=400),
        Field(name="phone", label="電話", type=FieldType.PHONE),
        Field(name="closes_on", label="締切の日", type=FieldType.DATE, in_list=True),
        Field(
            name="as_of",
            label="この内容の時点",
            type=FieldType.DATE,
            law="職業安定法5条の4",
            hint="いつの時点で正しい内容かを書きます。",
            required=True,
        ),
    ),
)
