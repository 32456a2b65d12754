"""That somebody wants a post erased, and what the office decides (docs/spec/4-ledger.md).

What is asked, by whom and why, is sealed to the office. Its answer is a decision about the request,
and says nothing of the post.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from sync import cbor
from sync.about import About, read_about
from sync.decision import Decision, groups, read_of_an_office
from sync.entry import RecordId
from sync.errors import Malformed
from sync.limits import SEALED_PLAIN_BYTES_MAX
from sync.record import Record
from sync.trust import Trust

GRANT, DECLINE = "erasure-grant", "erasure-decline"
WRITE_GRANT, WRITE_DECLINE = f"{GRANT}/write", f"{DECLINE}/write"
REQUEST = "request"
CODE_DIGITS = 8

GROUPS: Mapping[str, Mapping[str, str]] = {GRANT: groups(REQUEST), DECLINE: groups(REQUEST)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks."""

    post: About
    whose: str  # about whom it is: a key of a list on the screens
    why: str  # likewise
    words: str = ""
    name: str = ""
    contact: str = ""

    @property
    def plain(self) -> bytes:
        """As it is sealed."""
        said = [self.whose, self.why, self.words, self.name, self.contact]
        return cbor.encode([1, self.post.as_array, *said])


def read_wish(plain: bytes) -> Wish:
    """What was sealed. Raises Malformed."""
    match cbor.decode(plain, bytes_max=SEALED_PLAIN_BYTES_MAX):
        case [1, about, str(whose), str(why), str(words), str(name), str(contact)] if (
            post := read_about(about)
        ):
            return Wish(post=post, whose=whose, why=why, words=words, name=name, contact=contact)
        case _:
            raise Malformed("not a wish to have something erased")


def read_grant(record: Record, trust: Trust) -> Decision | None:
    """An office's word that what was asked is done; None if a record is none."""
    return read_of_an_office(record, trust, board=GRANT, name=REQUEST)


def read_decline(record: Record, trust: Trust) -> Decision | None:
    """An office's word that it isn't; None if a record is none."""
    return read_of_an_office(record, trust, board=DECLINE, name=REQUEST)


def code(request: RecordId) -> str:
    """By which its receipt is found; it opens nothing, so that it may be short."""
    digest = sha256(b"kairan/1 erasure receipt" + cbor.encode(list(request))).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}}"
