"""A telegram of the JMA becomes one record of the disaster board, in the JMA's own words.

Every type is taken: warnings and earthquakes with their tables, all others with headline and
text. Status is read first: what is neither 通常, 訓練 nor 試験 is refused, not guessed.
Source: 気象庁防災情報XMLフォーマット 技術資料 (Control, Head, Body). 出典：気象庁ホームページ.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain
from xml.etree.ElementTree import Element

from node.boards import BOARDS
from node.feed import earthquake, warning, wording
from node.feed.document import local, namespace, report, words
from node.feed.fitting import fitted_rows, fitted_text, payload_bytes, payload_bytes_max
from node.feed.item import Doubt, Item, Outside, Taken, Unreadable, Value
from node.feed.naming import (
    key,
    plain_title,
    serial_number,
    telegram_type,
    type_by_title,
)

headline_bytes_max = 8_000
text_bytes_max = 22_000
moment_characters_max = 40
line_characters_max = 80  # of what is shown to the person who handed the file in
areas_bytes_kept = 4_000  # of the payload, for the codes of the areas

_BOARD = BOARDS["disaster"]
_OPERATIONS = {"通常": "live", "訓練": "drill", "試験": "test"}
_STATES = {"発表": "issued", "遅延": "issued", "訂正": "corrected", "取消": "cancelled"}
_WARNINGS = frozenset({"VPWW50", "VPWW53", "VPWW54", *(f"VPWW{n}" for n in range(55, 62))})
_METEOROLOGY = "/body/meteorology1/"
_SOURCE = "出典：気象庁ホームページ"


def telegram(name: str, content: bytes) -> Taken:
    """The one record a telegram holds; Unreadable where it does not say whether it is real."""
    root = report(content)
    head = root.find("{*}Head")
    body = next((part for part in root if local(part) == "Body"), None)
    title, status = words(root, "Control/Title"), words(root, "Control/Status")
    if head is None or not title:
        raise Unreadable("電文の表題が書かれていません。もう一度受け取ってください。")
    if status not in _OPERATIONS:
        raise Unreadable(
            f"通常・訓練・試験のどれかが分からない電文です（「{status[:20]}」）。"
            "本物かどうか確かめられないため、載せません。気象庁の発表を確かめてください。"
        )
    item = Item(
        board=_BOARD.name,
        fields=_fields(name, root, head, body),
        outside=_outside(root, head, body, content),
    )
    mark = "" if status == "通常" else f"【{status}】"
    return Taken(
        kind=(mark + plain_title(title))[:line_characters_max],
        items=(item,),
        doubts=tuple(
            Doubt(row=1, text=(words(head, "Title") or title)[:line_characters_max], why=why)
            for why in _doubts(root, head, body)
        ),
    )


def _fields(name: str, root: Element, head: Element, body: Element | None) -> dict[str, Value]:
    control_title = words(root, "Control/Title")
    known = type_by_title(control_title)
    level = _level(body, head, known)
    fields: dict[str, Value] = {
        "title": words(head, "Title") or control_title,
        "operation": _OPERATIONS[words(root, "Control/Status")],
        "state": _state(body, head, known),
        "level": str(level) if level else "",
        "issuer": words(root, "Control/PublishingOffice") or words(root, "Control/EditorialOffice"),
        "issued": words(head, "ReportDateTime"),
        "target": _moment_or_nothing(words(head, "TargetDateTime")),
        "valid_until": _moment_or_nothing(words(head, "ValidDateTime")),
        "telegram": telegram_type(control_title, name),
        "source": _SOURCE,
    }
    for field, text, bytes_max in (
        ("headline", words(head, "Headline/Text"), headline_bytes_max),
        ("text", wording.body_text(body), text_bytes_max),
    ):
        fields[field] = _bounded(field, text, bytes_max)
    for field in ("title", "issuer", "telegram"):
        fields[field] = _bounded(field, str(fields[field]), 4 * _characters_max(field))
    room = payload_bytes_max - payload_bytes(fields.items())
    fields["kinds"] = fitted_rows(
        _kinds(body, head, known),
        bytes_max=room - areas_bytes_kept,
        left_out=lambda rows: ["ほか", f"長いため、あと{rows}行を省きました。"],
    )
    fields["areas"] = fitted_rows(
        _areas(body, head, known),
        bytes_max=payload_bytes_max - payload_bytes(fields.items()),
        left_out=lambda rows: ["", f"ほかに{rows}の地域"],
    )
    return {field: value for field, value in fields.items() if value}


def _outside(root: Element, head: Element, body: Element | None, content: bytes) -> Outside:
    title, event = words(root, "Control/Title"), words(head, "EventID")
    status = words(root, "Control/Status")
    office = words(root, "Control/EditorialOffice")
    if event:
        # Offices number their own JP… events; all others have one name for the whole country.
        names = (event, office) if event.startswith("JP") else (event,)
    elif type_by_title(title) in _WARNINGS:
        names = (warning.region(body) or office,)
    else:
        names = (office, words(head, "Title"))
    return Outside(
        key=key("" if status == "通常" else status, title, *names),
        serial=serial_number(words(head, "Serial"), event=event),
        issued=_utc(words(head, "ReportDateTime")),
        sent=_utc_or_nothing(words(root, "Control/DateTime")),
        cancels=words(head, "InfoType") == "取消",
        digest=sha256(content).digest(),
    )


def _state(body: Element | None, head: Element, known: str) -> str:
    state = _STATES.get(words(head, "InfoType"), "")
    if state == "cancelled":
        return state
    over = (
        warning.everything_is_over(body)
        if known in _WARNINGS
        else wording.everything_is_lifted(head)
    )
    return "lifted" if over else state


def _level(body: Element | None, head: Element, known: str) -> int | None:
    # A volcano's レベル is 噴火警戒レベル, another scale.
    if not _is_meteorology(body):
        return None
    return warning.level(body, known) if known in _WARNINGS else wording.level(head)


def _kinds(body: Element | None, head: Element, known: str) -> Iterator[list[str]]:
    if known in _WARNINGS:
        return warning.rows(body)
    felt = list(earthquake.rows(body))
    # Where it was felt is all in the body; the headline names only the strongest.
    return chain(felt, () if earthquake.was_felt(body) else wording.kinds(head))


def _areas(body: Element | None, head: Element, known: str) -> Iterable[list[str]]:
    found = chain(
        wording.areas(head),
        warning.areas(body) if known in _WARNINGS else (),
        earthquake.areas(body),
    )
    return ([code, name] for code, name in dict.fromkeys(found) if code)


def _doubts(root: Element, head: Element, body: Element | None) -> Iterator[str]:
    info_type = words(head, "InfoType")
    if info_type not in _STATES:
        yield f"電文の種別「{info_type[:20]}」を知りません。内容を見て、状態を確かめてください。"
    if any(word in wording.notice(body) for word in ("テスト", "サンプル", "訓練", "試験")):
        yield (
            "通常の電文ですが、本文にテストやサンプルと書かれています。本物かどうかを確かめてください。"
            if words(root, "Control/Status") == "通常"
            else "本文にテストやサンプルと書かれています。"
        )
    if (
        info_type == "取消"
        and type_by_title(words(root, "Control/Title")) in _WARNINGS
        and not warning.region(body)
    ):
        yield "取消の電文ですが、どの地域のものかが書かれていません。前の発表を確かめてください。"


def _is_meteorology(body: Element | None) -> bool:
    return body is not None and namespace(body).endswith(_METEOROLOGY)


def _characters_max(field: str) -> int:
    declared = _BOARD.field(field)
    assert declared is not None
    return declared.length_max


def _bounded(field: str, text: str, bytes_max: int) -> str:
    return fitted_text(text, characters_max=_characters_max(field), bytes_max=bytes_max)


def _utc(text: str) -> str:
    """The issuer's time in UTC, so that it sorts as text."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None or len(text) > moment_characters_max:
            raise ValueError(text)
        return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    except (ValueError, OverflowError) as error:
        raise Unreadable(
            "発表の時刻が読めない電文です。新しいかどうかが分からないため、載せません。"
            "もう一度受け取ってください。"
        ) from error


def _utc_or_nothing(text: str) -> str:
    try:
        return _utc(text)
    except Unreadable:
        return ""


def _moment_or_nothing(text: str) -> str:
    return text if _utc_or_nothing(text) else ""
