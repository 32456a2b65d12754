"""From a form to fields, or to problems that are shown beside them; nothing typed is lost.

The one place where what a person typed is checked; whatever got through is not checked again.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import assert_never
from urllib.parse import urlsplit

from node.boards.declaration import Board, Field, FieldType
from node.words import say

_PHONE = re.compile(r"[0-9+()\-\s#*]{3,30}")
_SPACE = re.compile(r"\s")
_NO_LINK = say("「https://」で始まるアドレスを書いてください。")
_UNSEEN = {"Cc", "Cf", "Cs"}  # control, direction and lone surrogates (Unicode §4.5)
_JOINERS = "\u200c\u200d"  # unseen too, but emoji and some scripts are written with them
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Problems:
    """Field name to what is wrong with it and what to do, in a sentence for a person."""

    by_field: Mapping[str, str]


class _Problem(Exception):
    def __init__(self, sentence: str) -> None:
        self.sentence = sentence


def parse(board: Board, form: Mapping[str, str]) -> dict[str, object] | Problems:
    """The fields a filled-in form stands for. Fields left empty are left out."""
    fields: dict[str, object] = {}
    problems: dict[str, str] = {}
    for field in board.form_fields():
        try:
            value = _value(field, form.get(field.name, ""))
        except _Problem as problem:
            problems[field.name] = problem.sentence
            continue
        if value is not None:
            fields[field.name] = value
        elif field.required:
            problems[field.name] = _missing(field)
    for field in board.form_fields():
        value, earlier = fields.get(field.name), fields.get(field.not_before)
        if isinstance(value, str) and isinstance(earlier, str) and value < earlier:
            other = board.field(field.not_before)
            assert other is not None
            problems.setdefault(
                field.name,
                say("「{label}」より前になっています。確かめてください。", label=other.label),
            )
    return Problems(problems) if problems else fields


def _value(field: Field, typed: str) -> object:
    """What was typed as a value of the field's type; None for nothing."""
    text = readable(typed)
    if field.type is FieldType.FLAG:
        return True if text else None
    if not text:
        return None
    if len(text) > field.length_max:
        raise _Problem(
            say(
                "{length_max}文字までです。今は{text}文字あります。",
                length_max=field.length_max,
                text=len(text),
            )
        )
    match field.type:
        case FieldType.LONG_TEXT:
            return text
        case FieldType.TEXT:
            return " ".join(text.split("\n"))
        case FieldType.DATE:
            return _date(text)
        case FieldType.TIME:
            return _time(text)
        case FieldType.MOMENT:
            return _moment(text)
        case FieldType.CHOICE:
            if text not in {choice.key for choice in field.choices}:
                raise _Problem(say("選択肢の中からえらんでください。"))
            return text
        case FieldType.NUMBER:
            return _number(text)
        case FieldType.PHONE:
            return _phone(text)
        case FieldType.LINK:
            return _link(text)
        case FieldType.TABLE:
            raise _Problem(say("この欄は、ここでは書けません。"))
        case _:
            assert_never(field.type)


def readable(typed: str) -> str:
    """What was typed, without what nobody can see; empty if nothing is left to see."""
    text = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", typed))
    seen = "".join(
        c for c in text if c in "\n\t" or c in _JOINERS or unicodedata.category(c) not in _UNSEEN
    )
    return seen.strip() if any(not c.isspace() and c not in _JOINERS for c in seen) else ""


def _date(text: str) -> str:
    parts = unicodedata.normalize("NFKC", text).replace("/", "-").split("-")
    try:
        return date.fromisoformat("-".join(part.zfill(2) for part in parts)).isoformat()
    except ValueError as wrong:
        raise _Problem(say("日にちを「2026-04-01」のように書いてください。")) from wrong


def _time(text: str) -> str:
    digits = unicodedata.normalize("NFKC", text)
    try:
        return time.fromisoformat(digits.zfill(5)).strftime("%H:%M")
    except ValueError as wrong:
        raise _Problem(say("時刻を「13:30」のように書いてください。")) from wrong


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(unicodedata.normalize("NFKC", text))
    except ValueError as wrong:
        raise _Problem(say("日時を「2026-04-01T13:30+09:00」のように書いてください。")) from wrong
    if moment.tzinfo is None:
        raise _Problem(say("日時に時差（日本は +09:00）を付けてください。"))
    return moment.isoformat()


def _number(text: str) -> str:
    digits = unicodedata.normalize("NFKC", text).replace(",", "")
    if not (digits.isascii() and digits.isdigit()):
        raise _Problem(say("数字で書いてください。"))
    return digits


def _phone(text: str) -> str:
    digits = unicodedata.normalize("NFKC", text)
    if not _PHONE.fullmatch(digits):
        raise _Problem(say("電話番号を「0123-45-6789」のように書いてください。"))
    return digits


def _link(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError as wrong:  # a bracket that is never closed
        raise _Problem(_NO_LINK) from wrong
    if parts.scheme not in ("http", "https") or not parts.hostname or _SPACE.search(text):
        raise _Problem(_NO_LINK)
    return text


def _missing(field: Field) -> str:
    if field.type is FieldType.CHOICE:
        return say("「{label}」をえらんでください。", label=field.label)
    return say("「{label}」を書いてください。", label=field.label)
