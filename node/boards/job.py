"""Jobs: what Japanese law wants a posting to say, field by field.

Sources: 職業安定法 5条の3 and 施行規則 4条の2 (items to be stated, as amended for 2024-04-01),
健康増進法 (smoking, 2020-04). Whether passing applications on is 職業紹介, or 募集情報等提供 that
has to be notified, no law says of a board like this: so a town may switch it off.
"""

from node.boards.declaration import (
    Board,
    Choice,
    Contact,
    Field,
    FieldType,
    Order,
    Writer,
    in_easy_japanese,
)

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
    contact=Contact(name="employer", phone="phone"),
    retention_days=180,
    retention_why=(
        "古い働き方や賃金がそのまま伝わらないように、半年です（職業安定法5条の4は、求人を正確で"
        "新しいものに保つよう求めています）。職業紹介をしたときの帳簿は、ここではなく、した人が持ちます。"
    ),
    letters="応募する・質問する",
    letters_apart=True,
    letters_left_to_town=(
        "応募を取りつぐと、職業安定法の職業紹介にあたるか、応募する人の情報を集める募集情報等提供の"
        "届け出が要ることがあります。あたるかどうかは、やり方によるので、町が労働局に確かめて決めます。"
    ),
    pictures=True,
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
        Field(name="place", label="働く場所", required=True, law=_LAW, in_list=True, narrows=True),
        Field(
            name="telework",
            label="在宅の仕事",
            type=FieldType.CHOICE,
            narrows=True,
            choices=(
                Choice(key="yes", label="在宅でできる"),
                Choice(key="partly", label="一部は在宅"),
                Choice(key="no", label="通う仕事"),
            ),
        ),
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
        Field(
            name="day_part",
            label="時間帯",
            group="hours",
            type=FieldType.CHOICE,
            narrows=True,
            choices=(
                Choice(key="morning", label="午前だけ"),
                Choice(key="afternoon", label="午後だけ"),
                Choice(key="evening", label="夕方・夜"),
                Choice(key="day", label="一日"),
                Choice(key="any", label="えらべる"),
            ),
        ),
        Field(
            name="week_days",
            label="曜日",
            group="hours",
            type=FieldType.CHOICE,
            narrows=True,
            choices=(
                Choice(key="weekdays", label="平日"),
                Choice(key="weekend", label="土日・祝日"),
                Choice(key="few", label="週に1日から3日"),
                Choice(key="once", label="その日だけ"),
                Choice(key="any", label="えらべる"),
            ),
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
            name="pay_by",
            label="賃金のきまり方",
            group="pay",
            type=FieldType.CHOICE,
            narrows=True,
            choices=(
                Choice(key="hour", label="時給"),
                Choice(key="day", label="日給"),
                Choice(key="month", label="月給"),
                Choice(key="piece", label="1回・1件ごと"),
            ),
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
        Field(
            name="licence",
            label="免許や資格",
            type=FieldType.CHOICE,
            narrows=True,
            choices=(
                Choice(key="none", label="いらない"),
                Choice(key="car", label="普通自動車の免許"),
                Choice(key="other", label="ほかの資格"),
            ),
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
        in_easy_japanese(),
    ),
)
