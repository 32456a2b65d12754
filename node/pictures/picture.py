"""What a post says of its pictures, and the entries that bear them.

A post names each picture by what is in it. Its bytes are entries of the same record, in a lane of
class picture, which is sent last: so news comes first, and what becomes of a post, an order to
erase it above all, becomes of its pictures. Whose entry it is doesn't matter: the digest says
whether it is the picture that the post means.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from node.boards.declaration import PICTURES
from node.pictures.jpeg import SIDE_MAX, size_of
from sync import cbor
from sync.entry import read_header, read_payload
from sync.errors import Malformed
from sync.lane import Class
from sync.ledger import Stored
from sync.writing import Draft

PICTURES_MAX = 3  # of a post
PICTURE_BYTES_MAX = 160_000
PART_BYTES_MAX = 16_000  # so that whoever is cut off goes on soon, and an alert waits for little
WORDS_CHARACTERS_MAX = 100
_ACT = "picture"
_DIGEST, _AT, _BYTES = "of", "at", "jpeg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One, as a post names it."""

    digest: bytes  # SHA-256 of its bytes
    length: int
    width: int
    height: int
    words: str  # for who can't see it; empty where its author wrote none

    @property
    def name(self) -> str:
        """In addresses."""
        return self.digest.hex()

    @property
    def item(self) -> list[object]:
        """As it stands in the field."""
        return [self.digest, self.length, self.width, self.height, self.words]


def picture_of(content: bytes, words: str) -> Picture:
    """The picture with these bytes. Raises Malformed if they aren't one as we make them."""
    width, height = size_of(content)
    if len(content) > PICTURE_BYTES_MAX:
        raise Malformed("a picture of more bytes than any of ours")
    return Picture(
        digest=sha256(content).digest(),
        length=len(content),
        width=width,
        height=height,
        words=words,
    )


def pictures_in(fields: Mapping[str, object]) -> list[Picture]:
    """Those that a post names; what isn't named as it should be is passed over."""
    listed = fields.get(PICTURES)
    found = [_read(item) for item in listed[:PICTURES_MAX]] if isinstance(listed, list) else []
    return [picture for picture in found if picture is not None]


def _read(item: object) -> Picture | None:
    match item:
        case [bytes(digest), int(length), int(width), int(height), str(words)] if (
            len(digest) == 32
            and cbor.are_integers(length, width, height)
            and 0 < length <= PICTURE_BYTES_MAX
            and 0 < width <= SIDE_MAX
            and 0 < height <= SIDE_MAX
            and len(words) <= WORDS_CHARACTERS_MAX
        ):
            return Picture(digest=digest, length=length, width=width, height=height, words=words)
        case _:
            return None


def parts(board: str, content: bytes) -> Iterator[Draft]:
    """The entries that bear a picture; the record is still to be named."""
    digest = sha256(content).digest()
    for at in range(0, len(content), PART_BYTES_MAX):
        said = {_DIGEST: digest, _AT: at, _BYTES: content[at : at + PART_BYTES_MAX]}
        yield Draft(kind=f"{board}/{_ACT}", fields=said)


def joined(stored: Iterable[Stored], picture: Picture) -> bytes | None:
    """Its bytes, of the entries of its post's record; None where some haven't come, or are gone."""
    found: dict[int, bytes] = {}
    for entry in stored:
        if entry.lane.class_ is not Class.PICTURE or entry.payload is None:
            continue
        part = _part(entry, picture.digest)
        if part is not None:
            found.setdefault(*part)
    content = b"".join(found[at] for at in sorted(found))
    if len(content) != picture.length or sha256(content).digest() != picture.digest:
        return None
    try:
        shown = picture_of(content, picture.words)
    except Malformed:  # by a machine that isn't what it should be: no browser is given that
        return None
    return content if shown == picture else None


def _part(entry: Stored, digest: bytes) -> tuple[int, bytes] | None:
    try:
        if read_header(entry.header, entry.lane.id).kind.partition("/")[2] != _ACT:
            return None
        said = read_payload(entry.payload or b"").fields
    except Malformed:
        return None
    match said:
        case {"of": bytes(of), "at": int(at), "jpeg": bytes(part)} if (
            of == digest and cbor.are_integers(at)
        ):
            return at, part
        case _:
            return None
