"""What travels beside the lanes and is verified one by one (docs/spec/3-trust.md).

Signed by an authority, but for fork proofs, which prove themselves.
"""

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from sync import cbor, cose
from sync.authority import Replacement, read_replacement
from sync.certificate import Certificate, read_certificate
from sync.enrolment import Confirmation, read_confirmation
from sync.errors import Malformed
from sync.fork import FORK, ForkProof, is_fork_proof, read_fork_proof
from sync.limits import STATEMENT_BYTES_MAX
from sync.register import REGISTER, Register, read_register
from sync.release import Release, read_release
from sync.revocation import Revocation, Succession, read_revocation, read_succession

Says = Certificate | Revocation | Succession | Replacement | Confirmation | Release | ForkProof


@dataclass(frozen=True, kw_only=True)
class Statement:
    """Signed by an authority, or a proof that needs none; or of a type that is only passed on."""

    encoded: bytes
    signer: bytes
    type: str
    says: Says | None = field(compare=False)

    @property
    def certificate(self) -> Certificate | None:
        """What it certifies, if it is a certificate."""
        return self.says if isinstance(self.says, Certificate) else None

    @cached_property
    def digest(self) -> bytes:
        """By which a summary names it."""
        return sha256(self.encoded).digest()


def read_statement(encoded: bytes) -> Statement:
    """A statement whose signature holds; whether its signer has a say, `Trust` tells.

    Raises Malformed or Unverified.
    """
    match open_beside(encoded):
        case Statement() as statement:
            return statement
        case Register():
            raise Malformed("a register in the place of a statement")


def open_beside(encoded: bytes) -> Statement | Register:
    """What travels beside the lanes. Raises Malformed or Unverified."""
    if is_fork_proof(encoded):
        proof = read_fork_proof(encoded)
        return Statement(encoded=encoded, signer=proof.lane.author, type=FORK, says=proof)
    sealed = cose.read(encoded, bytes_max=STATEMENT_BYTES_MAX)
    if len(sealed.key_id) != 32:
        raise Malformed("a statement that doesn't name its signer")
    cose.verify(sealed, sealed.key_id)
    if sealed.type == REGISTER:
        return read_register(sealed, encoded)
    return Statement(
        encoded=encoded, signer=sealed.key_id, type=sealed.type, says=_read_says(sealed)
    )


def _read_says(sealed: cose.Sealed) -> Says | None:
    match sealed.type:
        case "kairan-certificate":
            return read_certificate(_body(sealed), signer=sealed.key_id)
        case "kairan-revocation":
            return read_revocation(_body(sealed))
        case "kairan-successor":
            return read_succession(_body(sealed))
        case "kairan-confirmation":
            return read_confirmation(_body(sealed), signer=sealed.key_id)
        case "kairan-authority":
            return read_replacement(_body(sealed))
        case "kairan-release":
            return read_release(_body(sealed))
        case _:
            return None


def _body(sealed: cose.Sealed) -> object:
    return cbor.decode(sealed.payload, bytes_max=STATEMENT_BYTES_MAX)
