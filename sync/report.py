"""That something is wrong with a post: what is sealed to whoever may see to it.

docs/spec/3-trust.md, "Reports". Who said so is in none of it.
"""

from dataclasses import dataclass

from sync import cbor
from sync.about import About, read_about
from sync.errors import Malformed
from sync.limits import SEALED_PLAIN_BYTES_MAX

REASON_CHARACTERS_MAX = 32
WORDS_CHARACTERS_MAX = 300
COUNT_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPost:
    """What one machine was told of a post since it said so last."""

    post: About
    reason: str  # a key of a list on the screens
    words: str
    count: int

    @property
    def plain(self) -> bytes:
        """As it is sealed."""
        return cbor.encode([1, self.post.as_array, self.reason, self.words, self.count])


def read_report(plain: bytes) -> ReportedPost:
    """What was sealed. Raises Malformed."""
    match cbor.decode(plain, bytes_max=SEALED_PLAIN_BYTES_MAX):
        case [1, about, str(reason), str(words), int(count)] if (
            (post := read_about(about))
            and len(reason) <= REASON_CHARACTERS_MAX
            and len(words) <= WORDS_CHARACTERS_MAX
            and not isinstance(count, bool)
            and 1 <= count <= COUNT_MAX
        ):
            return ReportedPost(post=post, reason=reason, words=words, count=count)
        case _:
            raise Malformed("not a report of a post")
