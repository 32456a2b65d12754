"""The readings of posts: made once, where a post is written, and carried in its record.

The author's own よみがな of a title goes before what anybody else makes of it. Where no reading can
be had, or it would make the post too large, the post goes without.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from node.boards.declaration import READING, Board, Field, FieldType
from node.language.asking import Language, Spans
from node.language.kana import plain
from node.language.names import kana_of, named, occurring
from node.language.spans import has_kanji, in_kana, pack, spread, unpack
from sync import cbor

PAYLOAD_BYTES_MAX = 56_000
"""All fields of a record with their readings; what is sealed around them must fit into 60,000."""

_READ = (FieldType.TEXT, FieldType.LONG_TEXT, FieldType.TABLE)

Fields = Mapping[str, object]


class Readings:
    """Makes them with the help of whoever reads Japanese."""

    def __init__(self, language: Language, names: Callable[[], Mapping[str, str]]) -> None:
        """`names`: how names are read here, asked for when they are needed."""
        self._language = language
        self._names = names

    def added(self, board: Board, fields: Fields) -> dict[str, object]:
        """The fields, and the readings of their texts."""
        (whole,) = self.added_to_all([(board, fields)])
        return whole

    def added_to_all(self, posts: Sequence[tuple[Board, Fields]]) -> list[dict[str, object]]:
        """Likewise for many posts, in one question."""
        if not self._language.can_be_asked():
            return [_fitting(fields, _readings(board, fields, {})) for board, fields in posts]
        texts = {
            text: None
            for board, fields in posts
            for field in _read_fields(board)
            for text in _texts(fields.get(field.name))
            if has_kanji(text)
        }
        names = occurring(self._names(), texts) if texts else {}
        spans = dict(zip(texts, self._language.read(list(texts), names), strict=True))
        return [_fitting(fields, _readings(board, fields, spans)) for board, fields in posts]


def reading_of(board: Board, fields: Fields, name: str) -> Spans:
    """How one of a record's texts is read; the author's own word for a title is enough for that."""
    text = fields.get(name)
    if not isinstance(text, str):
        return ()
    read = unpack(fields.get(READING + name), text)
    return _title(board, fields, read) if name == board.title else read


def reading_of_table(fields: Fields, name: str) -> list[list[Spans]] | None:
    """How the cells of a table are read, row by row; None where nobody said it for all of them."""
    rows, packed = fields.get(name), fields.get(READING + name)
    cells = _texts(rows)
    if not isinstance(rows, list) or not isinstance(packed, list) or len(packed) != len(cells):
        return None
    spans = iter([unpack(one, cell) for one, cell in zip(packed, cells, strict=True)])
    return [[next(spans) for _ in row] for row in rows]


def confirmed_names(board: Board, posts: Iterable[Fields]) -> dict[str, str]:
    """Names as the posts of a board read their titles, where only the office writes."""
    if board.open_to_anyone:
        return {}
    pairs = (
        tuple(str(each.get(n, "")) for n in (board.title, board.title_reading)) for each in posts
    )
    return named(pairs)


def _title(board: Board, fields: Fields, read: Spans) -> Spans:
    """The author's own word; where a reading says the same, that, for it knows the words apart."""
    own = _own_title(board, fields)
    title, kana = str(fields.get(board.title, "")), str(fields.get(board.title_reading, ""))
    agrees = "".join(plain(in_kana(title, read)).split()) == kana_of(kana)
    return read if agrees or not own else own


def _own_title(board: Board, fields: Fields) -> Spans:
    title, kana = fields.get(board.title), fields.get(board.title_reading)
    if not isinstance(title, str) or not isinstance(kana, str) or not has_kanji(title):
        return ()
    # Where both have gaps between words, these say what is read how.
    return spread(title, " ".join(plain(kana).split())) or spread(title, kana_of(kana))


def _read_fields(board: Board) -> list[Field]:
    return [
        field
        for field in board.fields
        if field.type in _READ and (field.shown or field.name == board.title)
    ]


def _texts(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case list():
            return [str(cell) for row in value if isinstance(row, list) for cell in row]
        case _:
            return []


def _readings(board: Board, fields: Fields, spans: Mapping[str, Spans]) -> dict[str, object]:
    made: dict[str, object] = {}
    for field in _read_fields(board):
        value = fields.get(field.name)
        if isinstance(value, str):
            found = spans.get(value, ())
            if field.name == board.title:
                found = _title(board, fields, found)
            if found:
                made[READING + field.name] = pack(found)
        elif isinstance(value, list):
            cells = [pack(spans.get(text, ())) for text in _texts(value)]
            if any(cells):
                made[READING + field.name] = cells
    return made


def _fitting(fields: Fields, readings: Mapping[str, object]) -> dict[str, object]:
    """The fields with as many readings as there is room for, the shortest first."""
    whole = dict(fields)
    room = PAYLOAD_BYTES_MAX - len(cbor.encode(whole))
    for size, name in sorted((len(cbor.encode(value)), name) for name, value in readings.items()):
        room -= size + len(name) + 4
        if room < 0:
            break
        whole[name] = readings[name]
    return whole
