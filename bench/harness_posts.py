"""The posts of the harness of peers as ours, and back: nothing of one is lost on the way.

Its board's own fields under the names that our event board has for them; what no board of ours
declares (id, author, tags, kind) as fields of those names, in bytes what it writes out as text. Its
`created` is when the entry was written.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from sync.entry import Quality, Written, read_header, read_payload
from sync.lane import Audience, Class, Lane
from sync.ledger import Ledger
from sync.machine import keys
from sync.machine.keys import Identity
from sync.writing import Draft, write

_KIND = "event/write"
_JAPAN = timezone(timedelta(hours=9))
_SAME = ("kind", "title", "place", "organiser", "tags")

Document = Mapping[str, Any]


def write_documents(
    ledger: Ledger, documents: Iterable[Document], *, town: str, authors: list[Identity]
) -> None:
    """Each in the lane of one of the authors, and signed by itself; on the disk all at once."""
    with ledger.transaction():
        lanes = {author.public: _lane(ledger, town, author) for author in authors}
        for document in documents:
            author = authors[int(document["id"][:8], 16) % len(authors)]
            write(
                ledger,
                lanes[author.public],
                [Draft(kind=_KIND, fields=_fields(document))],
                key=author.private,
                written=Written(
                    int(datetime.fromisoformat(document["created"]).timestamp()), Quality.TRUSTED
                ),
                salt=keys.salt,
            )


def documents(ledger: Ledger) -> Iterator[Document]:
    """All that are held, as the harness has them."""
    for record in ledger.records():
        for stored in ledger.record(record):
            assert stored.payload is not None, "a payload is missing"
            written = read_header(stored.header, stored.lane.id).written
            yield _document(read_payload(stored.payload).fields, written)


def _lane(ledger: Ledger, town: str, author: Identity) -> Lane:
    ordinal, random = ledger.own_incarnation(author.public)
    return Lane(
        town=town,
        author=author.public,
        ordinal=ordinal,
        random=random,
        class_=Class.BOARD,
        audience=Audience.TOWN,
    )


def _fields(document: Document) -> dict[str, object]:
    start, end = (datetime.fromisoformat(document[name]) for name in ("start", "end"))
    return {
        "id": bytes.fromhex(document["id"]),
        "author": base64.urlsafe_b64decode(document["author"] + "="),
        "description": document["body"],
        "starts_on": start.date().isoformat(),
        "starts_at": f"{start:%H:%M}",
        "ends_on": end.date().isoformat(),
        "ends_at": f"{end:%H:%M}",
        **{name: document[name] for name in _SAME},
    }


def _document(fields: Mapping[str, Any], written: Written) -> Document:
    return {
        "id": fields["id"].hex(),
        "body": fields["description"],
        "start": f"{fields['starts_on']}T{fields['starts_at']}:00+09:00",
        "end": f"{fields['ends_on']}T{fields['ends_at']}:00+09:00",
        "created": datetime.fromtimestamp(written.seconds, _JAPAN).isoformat(),
        "author": base64.urlsafe_b64encode(fields["author"]).decode().rstrip("="),
        **{name: fields[name] for name in _SAME},
    }
