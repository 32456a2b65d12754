"""What a machine without a seed shows, so that the desk can certify it (docs/spec/3-trust.md).

Signed with its own key: whoever bears it can't put another name to that key. That it is the
machine's own, and not the bearer's, people see by its fingerprint.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cbor, cose
from sync.errors import Malformed
from sync.lane import is_town
from sync.letters import letters, read_letters
from sync.limits import NAME_CHARACTERS_MAX, STATEMENT_BYTES_MAX

REQUEST = "kairan-request"
_MARK = "KAIRAN JOIN/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A machine that wants to be one of a town's."""

    key: bytes
    name: str
    town: str


def ask_to_join(name: str, town: str, key: Ed25519PrivateKey) -> str:
    """As text, in the letters that a QR holds most of."""
    body = cbor.encode({1: name, 2: town})
    return _MARK + letters(cose.sign(body, type_=REQUEST, key_id=cose.public(key), key=key))


def read_request(text: str) -> Request:
    """Who asks. Raises Malformed or Unverified."""
    typed = "".join(text.split()).upper()
    mark = "".join(_MARK.split())
    if not typed.startswith(mark):
        raise Malformed("not a request to join")
    if len(typed) > 2 * STATEMENT_BYTES_MAX:
        raise Malformed("a request that is too long")
    sealed = cose.read(read_letters(typed.removeprefix(mark)), bytes_max=STATEMENT_BYTES_MAX)
    if sealed.type != REQUEST or len(sealed.key_id) != 32:
        raise Malformed("not a request to join")
    cose.verify(sealed, sealed.key_id)
    match cbor.decode(sealed.payload, bytes_max=STATEMENT_BYTES_MAX):
        case {1: str(name), 2: str(town), **others} if (
            not others and 0 < len(name) <= NAME_CHARACTERS_MAX and is_town(town)
        ):
            return Request(key=sealed.key_id, name=name, town=town)
        case _:
            raise Malformed("not a request to join")
