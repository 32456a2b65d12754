"""What a ledger lets go of when its towns subscribe to something else than before.

What lies in our own towns is never touched by it.
"""

from sync.certificate import Certificate, Voucher
from sync.enrolment import Confirmation
from sync.fork import ForkProof
from sync.lane import Lane
from sync.statement import Statement
from sync.trust import Trust


def still_taken(trust: Trust, before: Trust) -> frozenset[Statement]:
    """The statements of `before`, without those that only a subscription gave a say."""
    strangers = before.ever_in_office - trust.ever_in_office
    return frozenset(each for each in before.statements if not _is_of(each, strangers, trust))


def _is_of(statement: Statement, strangers: frozenset[bytes], trust: Trust) -> bool:
    match statement.says:
        case ForkProof(lane=lane):
            return is_gone(trust, lane)
        case Certificate(by=Voucher(signer=signer)) | Confirmation(by=Voucher(signer=signer)):
            return signer in strangers
        case _:
            return statement.signer in strangers


def is_gone(trust: Trust, lane: Lane) -> bool:
    """Whether a lane is another town's, and no subscription covers it."""
    return lane.town not in trust.authorities and trust.refusal(lane) is not None
